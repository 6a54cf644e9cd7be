//! One request as a dialect sees it.

use std::sync::Arc;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, Method, Uri};
use bytes::Bytes;

use crate::app::App;
use crate::app::auth::Origin;
use crate::domain::sessions::Viewer;
use crate::error::Language;
use crate::rest::Rest;
use crate::rest::body::{Data, unsupported};
use crate::rest::drf::fields::{Form, Input};
use crate::rest::reply::Refusal;

/// A request, who sends it, and where it fits.
pub(super) struct Call {
    pub(super) rest: Arc<Rest>,
    /// Who calls, once the dialect's credentials were looked at.
    pub(super) viewer: Viewer,
    /// What limits count by.
    pub(super) origin: Origin,
    pub(super) language: Language,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    /// The beginning of links to this server, without a slash at its end.
    pub(super) base: String,
    /// Whether the page that the headers name, if any, is ours or an allowed one.
    pub(super) from_known_page: bool,
    /// Whether a session cookie came whose session is over.
    pub(super) session_is_over: bool,
    pub(super) params: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// What answers and log lines call the request.
    pub(super) request_id: String,
}

impl Call {
    pub(super) fn app(&self) -> &Arc<App> {
        &self.rest.app
    }

    /// A part of the path, by its name in the route.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }

    /// A part of the path that is a row's number; nothing else is one.
    pub(super) fn key(&self, name: &str) -> Option<i64> {
        let text = self.param(name);
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    }

    /// A parameter of the query string; of several the last counts.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        self.queries().filter(|(given, _)| given == name).last().map(|(_, value)| value)
    }

    pub(super) fn queries(&self) -> impl Iterator<Item = (String, String)> {
        let query = self.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned()))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.headers, name)
    }

    /// What the body says.
    pub(super) async fn data(&self) -> Result<Data, Refusal> {
        Data::read(&self.headers, &self.body).await
    }

    /// What the body says, where it has to be multipart.
    pub(super) async fn multipart(&self) -> Result<Data, Refusal> {
        Data::read_multipart(&self.headers, &self.body).await
    }

    /// What the body says, where no JSON is taken.
    pub(super) async fn form(&self) -> Result<Data, Refusal> {
        let data = self.data().await?;
        if data.is_form() || self.body.is_empty() {
            return Ok(data);
        }
        Err(unsupported(self.header("content-type").unwrap_or_default()))
    }

    /// The fields of the body, checked.
    pub(super) async fn input(&self, form: &'static Form) -> Result<Input, Refusal> {
        form.read(&self.data().await?)
    }

    /// As [`Call::input`], where fields that are absent stay as they were.
    pub(super) async fn changes(&self, form: &'static Form) -> Result<Input, Refusal> {
        form.read_partly(&self.data().await?)
    }

    /// A path of the caller's dialect as an absolute link: below `/compat/NAME` where the request is.
    pub(super) fn route_link(&self, path: &str) -> String {
        let asked = self.uri.path().strip_prefix("/compat/").and_then(|rest| rest.split('/').next());
        match asked {
            Some(name) => self.link(&format!("/compat/{name}{path}")),
            None => self.link(path),
        }
    }

    /// A path of this server as an absolute link.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The cookie of that name; of several the first.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(given, _)| *given == name)?;
    Some(value.trim_matches('"'))
}
