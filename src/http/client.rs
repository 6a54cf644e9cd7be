//! Who calls: the address behind trusted proxies, and the address under which the caller knows us.
//!
//! Forwarding headers are believed only when the peer that sent them is a configured proxy. Decides
//! nothing about limits; it only gives the key under which they count.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, Uri, header};

use super::headers::checked_host;

/// More hops than this are no real chain of proxies.
const HOPS_MAX: usize = 16;

/// The address of a caller; an IPv4 address never stands in its IPv6 disguise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress {
    pub ip: IpAddr,
}

impl ClientAddress {
    pub fn new(ip: IpAddr) -> Self {
        Self { ip: ip.to_canonical() }
    }

    /// The key for limits: one IPv4 address, or the /64 that a single IPv6 subscriber is given.
    pub fn limit_key(self) -> LimitKey {
        LimitKey(match self.ip {
            IpAddr::V4(_) => self.ip,
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        })
    }
}

/// What limits by address count under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey(pub IpAddr);

/// How the caller reached the outermost server of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A caller as far as the connection and trusted proxies tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub address: ClientAddress,
    pub scheme: Scheme,
    /// The host the caller asked for, in lower case and well formed, but still the caller's claim.
    pub host: Option<String>,
}

impl Client {
    /// Reads the caller of one request. `is_trusted` knows the configured proxies.
    pub fn resolve(
        peer: SocketAddr,
        uri: &Uri,
        headers: &HeaderMap,
        is_trusted: impl Fn(IpAddr) -> bool,
    ) -> Self {
        let peer = peer.ip().to_canonical();
        let asked = uri.authority().map(axum::http::uri::Authority::as_str);
        let asked = asked.or_else(|| one(headers, header::HOST.as_str())).and_then(checked_host);
        if !is_trusted(peer) {
            return Self { address: ClientAddress::new(peer), scheme: Scheme::Http, host: asked };
        }
        let (ip, proxies) = walk(peer, &list(headers, "x-forwarded-for"), is_trusted);
        let scheme = match facing(&list(headers, "x-forwarded-proto"), proxies) {
            Some(word) if word.eq_ignore_ascii_case("https") => Scheme::Https,
            _ => Scheme::Http,
        };
        let forwarded = facing(&list(headers, "x-forwarded-host"), proxies).and_then(checked_host);
        Self { address: ClientAddress::new(ip), scheme, host: forwarded.or(asked) }
    }

    /// The beginning of links to this server, without a trailing slash.
    ///
    /// The configured public address wins. Without one the caller's host is taken if `is_known` has it;
    /// an unknown host gives no link at all.
    pub fn base_url(&self, public_url: Option<&str>, is_known: impl Fn(&str) -> bool) -> Option<String> {
        if let Some(url) = public_url {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let host = self.host.as_deref().filter(|host| is_known(host))?;
        Some(format!("{}://{host}", self.scheme.as_str()))
    }
}

/// Goes from the peer leftwards while the hops are ours. Gives the first that is not, or the last one
/// that could be read, and how many of our proxies the request crossed.
fn walk(peer: IpAddr, hops: &[&str], is_trusted: impl Fn(IpAddr) -> bool) -> (IpAddr, usize) {
    let mut current = peer;
    let mut proxies = 1;
    for hop in hops.iter().rev().take(HOPS_MAX) {
        let Some(ip) = hop_address(hop) else { break };
        current = ip;
        if !is_trusted(ip) {
            break;
        }
        proxies += 1;
    }
    (current, proxies)
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(ip.to_canonical())
}

/// The value that the proxy facing the caller wrote: each proxy of ours wrote at most one, from the right.
fn facing<'a>(values: &[&'a str], proxies: usize) -> Option<&'a str> {
    values.get(values.len().saturating_sub(proxies)).copied()
}

/// A comma-separated header over all its lines; an unreadable line makes it empty.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let lines: Result<Vec<&str>, _> = headers.get_all(name).iter().map(|value| value.to_str()).collect();
    let lines = lines.unwrap_or_default();
    lines.into_iter().flat_map(|line| line.split(',')).map(str::trim).collect()
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, pairs: &[(&'static str, &str)]) -> Client {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let is_trusted = |ip: IpAddr| ip.to_string().starts_with("10.") || ip.is_loopback();
        Client::resolve(
            SocketAddr::new(peer.parse().unwrap(), 4000),
            &Uri::from_static("/"),
            &headers,
            is_trusted,
        )
    }

    #[test]
    fn the_caller_is_the_rightmost_hop_that_is_not_ours() {
        let for_ = "x-forwarded-for";
        for (peer, hops, expected) in [
            ("198.51.100.9", &["203.0.113.7"][..], "198.51.100.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["10.0.0.9, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["203.0.113.7:5000"], "203.0.113.7"),
            ("10.0.0.1", &["[2001:db8::1]:5000"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7, _hidden, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["' or 1=1"], "10.0.0.1"),
        ] {
            let pairs: Vec<_> = hops.iter().map(|hop| (for_, *hop)).collect();
            assert_eq!(client(peer, &pairs).address.ip.to_string(), expected, "{peer} {hops:?}");
        }
    }

    #[test]
    fn limits_count_an_ipv6_subscriber_once() {
        let key = |text: &str| ClientAddress::new(text.parse().unwrap()).limit_key();
        assert_eq!(key("2001:db8:1:2:aaaa::1"), key("2001:db8:1:2:bbbb::2"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:203.0.113.7"), key("203.0.113.7"));
        assert_ne!(key("203.0.113.7"), key("203.0.113.8"));
    }

    #[test]
    fn links_are_built_from_checked_values_only() {
        let forwarded = [
            ("host", "inner:8080"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "Chat.Example"),
        ];
        let known = |host: &str| host == "chat.example";
        let proxied = client("10.0.0.1", &forwarded);
        assert_eq!(proxied.base_url(None, known).as_deref(), Some("https://chat.example"));
        assert_eq!(proxied.base_url(Some("https://x.example/"), known).as_deref(), Some("https://x.example"));
        let direct = client("203.0.113.7", &forwarded);
        assert_eq!((direct.scheme, direct.host.as_deref()), (Scheme::Http, Some("inner:8080")));
        assert_eq!(direct.base_url(None, known), None);
        for host in ["evil.example/path", "a@b", "chat.example\"", "", "a:b:c", "chat.example:"] {
            assert_eq!(client("203.0.113.7", &[("host", host)]).host, None, "{host}");
        }
    }

    #[test]
    fn the_proxy_that_faces_the_caller_names_the_scheme() {
        let chain = |proto: &str| {
            client("10.0.0.1", &[("x-forwarded-for", "203.0.113.7, 10.0.0.2"), ("x-forwarded-proto", proto)])
                .scheme
        };
        assert_eq!(chain("https, http"), Scheme::Https);
        assert_eq!(chain("https, http, http"), Scheme::Http);
        assert_eq!(chain("https"), Scheme::Https);
        assert_eq!(chain("ftp"), Scheme::Http);
    }
}
