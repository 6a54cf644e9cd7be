//! What request headers say, as pure decisions: whose origin, cross-site or not, which id, which trace.
//!
//! Answers no request and knows no route: the callers turn a decision into a refusal.

use std::fmt;
use std::sync::Arc;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, header};

/// Headers that a browser never adds to a cross-site request without asking first.
const PREFLIGHTED: [&str; 2] = ["apollo-require-preflight", "x-requested-with"];

/// Schemes of `Authorization` that a browser may send by itself, from its password store or the system.
const AMBIENT_SCHEMES: [&str; 4] = ["basic", "digest", "negotiate", "ntlm"];

/// The body types that a plain HTML form can send.
const FORM_TYPES: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

const REQUEST_ID_CHARS_MAX: usize = 64;

/// A web origin, `scheme://host[:port]`, in the form in which browsers write it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads exactly one http or https origin; `null`, lists, paths and user names are none.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = checked_host(rest)?;
        let authority: Authority = host.parse().ok()?;
        let name = authority.host();
        match authority.port_u16() {
            Some(port) if port != default_port => Some(Self(format!("{scheme}://{name}:{port}"))),
            _ => Some(Self(format!("{scheme}://{name}"))),
        }
    }

    /// The origin of this server as a caller reached it, for installations without a configured address.
    pub fn of_host(scheme: &str, host: &str) -> Option<Self> {
        Self::parse(&format!("{scheme}://{host}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host with an optional port, in lower case, if it is one and nothing else: no user name, no path,
/// no character that could break out of a link.
pub fn checked_host(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    if text.is_empty() || text.len() > 255 || !plain {
        return None;
    }
    let authority: Authority = text.parse().ok()?;
    // `host:` and `host:99999` parse as authorities, and `[::1]x` must not.
    let port = text.strip_prefix(authority.host())?;
    let port_is_good = port.is_empty() || (port.len() > 1 && authority.port_u16().is_some());
    (port_is_good && !authority.host().is_empty()).then(|| text.to_ascii_lowercase())
}

/// Whether a foreign page may have caused this request through a browser without asking first.
///
/// Such a request carries the caller's cookies, so it must not be executed. Requests that need a
/// preflight pass, because CORS has answered for them; so do callers that are no browsers, which send
/// neither `Sec-Fetch-Site` nor `Origin`.
pub fn is_cross_site(headers: &HeaderMap, method: &Method, own: &[Origin], allowed: &[Origin]) -> bool {
    if needs_preflight(headers, method) {
        return false;
    }
    let site = headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes);
    match site {
        // First, because a form on a page with `Referrer-Policy: no-referrer` posts `Origin: null`.
        Some(b"same-origin" | b"none") => false,
        Some(_) => !headers.contains_key(header::ORIGIN) || !origin_allowed(headers, own, allowed),
        None => !origin_allowed(headers, own, allowed),
    }
}

/// Whether a socket may be opened from where the handshake says it comes.
///
/// No `Origin` at all is no browser, and fine; `null`, several, a foreign or a look-alike one is not.
pub fn origin_allowed(headers: &HeaderMap, own: &[Origin], allowed: &[Origin]) -> bool {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let Some(value) = values.next() else { return true };
    if values.next().is_some() {
        return false;
    }
    let origin = value.to_str().ok().and_then(Origin::parse);
    origin.is_some_and(|origin| own.contains(&origin) || allowed.contains(&origin))
}

fn needs_preflight(headers: &HeaderMap, method: &Method) -> bool {
    let form_method = [Method::GET, Method::HEAD, Method::POST].contains(method);
    let custom = PREFLIGHTED.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()));
    !form_method || custom || has_own_credential(headers) || !has_form_type(headers)
}

fn has_own_credential(headers: &HeaderMap) -> bool {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let scheme = value.split_whitespace().next().unwrap_or_default();
        !scheme.is_empty() && !AMBIENT_SCHEMES.iter().any(|ambient| ambient.eq_ignore_ascii_case(scheme))
    })
}

/// Whether the body could come from a form. An unreadable or repeated type counts as one.
fn has_form_type(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return true };
    let Ok(text) = only.to_str() else { return true };
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.is_empty() || FORM_TYPES.iter().any(|form| form.eq_ignore_ascii_case(essence))
}

/// The name under which one request stands in the log and in its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Takes a caller's id if it is short and plain, so that it can neither fill nor forge a log line.
    pub fn accept(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        (plain && !text.is_empty() && text.len() <= REQUEST_ID_CHARS_MAX).then(|| Self(text.into()))
    }

    /// The id that the headers propose, if there is exactly one and it is acceptable.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("x-request-id").iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        Self::accept(value.to_str().ok()?)
    }

    /// One of our own making.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a request stands in a trace of several services (W3C Trace Context, version 00).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent<'a> {
    pub trace_id: &'a str,
    pub parent_id: &'a str,
    pub sampled: bool,
}

impl<'a> TraceParent<'a> {
    pub fn of(headers: &'a HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        Self::parse(value.to_str().ok()?)
    }

    /// Later versions may add fields at the end; version 00 may not, and ff is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let version = parts.next().filter(|v| is_lower_hex(v, 2) && *v != "ff")?;
        let trace_id = parts.next().filter(|id| is_lower_hex(id, 32) && !is_zero(id))?;
        let parent_id = parts.next().filter(|id| is_lower_hex(id, 16) && !is_zero(id))?;
        let flags = parts.next().filter(|flags| is_lower_hex(flags, 2))?;
        if version == "00" && parts.next().is_some() {
            return None;
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self { trace_id, parent_id, sampled })
    }
}

fn is_lower_hex(text: &str, chars: usize) -> bool {
    text.len() == chars && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|b| b == b'0')
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
