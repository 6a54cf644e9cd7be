//! What a handler gives back: an answer, or a refusal in the words of Django REST framework.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::SerializeMap as _;
use utoipa::ToSchema;

use crate::error::{Error, Language};

/// An answer as it goes out.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    /// `200`, or whatever [`Reply::status`] says, with JSON as the originals write it: no spaces, no charset.
    pub(super) fn json(body: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self::of(StatusCode::OK, "application/json", body))
    }

    pub(super) fn created(body: &impl Serialize) -> Result<Self, Refusal> {
        Self::json(body).map(|reply| reply.status(StatusCode::CREATED))
    }

    /// A body that has its form already.
    pub(super) fn raw(media: &'static str, body: String) -> Self {
        Self::of(StatusCode::OK, media, body.into_bytes())
    }

    pub(super) fn html(page: impl Into<String>) -> Self {
        Self::of(StatusCode::OK, "text/html; charset=utf-8", page.into().into_bytes())
    }

    /// A picture in PNG.
    pub(super) fn png(picture: &[u8]) -> Self {
        Self::of(StatusCode::OK, "image/png", picture.to_vec())
    }

    /// An answer with no body.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new() }
    }

    /// Sends a browser elsewhere on this server.
    pub(super) fn redirect(path: &str) -> Self {
        Self::empty(StatusCode::FOUND).header(LOCATION, path)
    }

    fn of(status: StatusCode, media: &'static str, body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        Self { status, headers, body }
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a header; a value that no header may have is left out.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    pub(super) fn cookie(self, cookie: &str) -> Self {
        self.header(SET_COOKIE, cookie)
    }

    pub(super) fn sets_cookie(&self, name: &str) -> bool {
        let mut lines = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.any(|line| line.split_once('=').is_some_and(|(given, _)| given == name))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The body of most refusals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Detail)]
pub(super) struct Detail {
    detail: String,
}

/// Why a request is not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// `400` with what is wrong with each field.
    Fields(FieldErrors),
    /// A status with a body of its own.
    Said(Box<Reply>),
    /// What the product refuses, for the dialect or `drf` to put into words.
    App(Box<Error>),
}

impl Refusal {
    /// The body `{"detail": …}`.
    pub(super) fn detail(status: StatusCode, detail: &str) -> Self {
        Self::said(status, &Detail { detail: detail.to_owned() })
    }

    /// The body `{"detail": …, "code": …}`.
    pub(super) fn coded(status: StatusCode, detail: &str, code: &str) -> Self {
        #[derive(Serialize)]
        struct Coded<'d> {
            detail: &'d str,
            code: &'d str,
        }
        Self::said(status, &Coded { detail, code })
    }

    /// The body `{"error": …}`.
    pub(super) fn error(status: StatusCode, error: &str) -> Self {
        #[derive(Serialize)]
        struct Failed<'e> {
            error: &'e str,
        }
        Self::said(status, &Failed { error })
    }

    /// Any other body.
    pub(super) fn said(status: StatusCode, body: &impl Serialize) -> Self {
        match Reply::json(body) {
            Ok(reply) => Self::Said(Box::new(reply.status(status))),
            Err(refusal) => refusal,
        }
    }

    /// One field is at fault.
    pub(super) fn field(name: &str, text: impl Into<String>) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(name, text);
        Self::Fields(errors)
    }

    /// Adds a header to a refusal that has its words already.
    pub(super) fn header(self, name: HeaderName, value: &str) -> Self {
        match self {
            Self::Said(reply) => Self::Said(Box::new(reply.header(name, value))),
            other => other,
        }
    }

    pub(super) fn challenge(self, value: &str) -> Self {
        self.header(WWW_AUTHENTICATE, value)
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, &seconds.to_string())
    }

    /// The answer, where the refusal has been put into words.
    pub(super) fn into_reply(self, language: Language) -> Reply {
        match self {
            Self::Fields(errors) => Reply::json(&errors)
                .map_or_else(|_| Reply::empty(StatusCode::INTERNAL_SERVER_ERROR), Self::bad_request),
            Self::Said(reply) => *reply,
            Self::App(error) => super::drf::refusal(&error, language).into_reply(language),
        }
    }

    fn bad_request(reply: Reply) -> Reply {
        reply.status(StatusCode::BAD_REQUEST)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::App(Box::new(error))
    }
}

/// What is wrong with the fields of a body, in the order in which they are declared.
#[derive(Debug, Default)]
pub(super) struct FieldErrors(Vec<(String, FieldError)>);

/// Sentences about a field, or about its items by their place.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum FieldError {
    Texts(Vec<String>),
    Items(std::collections::BTreeMap<usize, Vec<String>>),
}

impl FieldErrors {
    pub(super) fn add(&mut self, field: &str, text: impl Into<String>) {
        let text = text.into();
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, FieldError::Texts(texts))) => texts.push(text),
            _ => self.0.push((field.to_owned(), FieldError::Texts(vec![text]))),
        }
    }

    /// Something is wrong with an item of a list.
    pub(super) fn add_item(&mut self, field: &str, place: usize, text: impl Into<String>) {
        let text = text.into();
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, FieldError::Items(items))) => items.entry(place).or_default().push(text),
            _ => self.0.push((field.to_owned(), FieldError::Items([(place, vec![text])].into()))),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses, if anything is wrong.
    pub(super) fn check(self) -> Result<(), Refusal> {
        if self.is_empty() { Ok(()) } else { Err(Refusal::Fields(self)) }
    }
}

impl Serialize for FieldErrors {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, errors) in &self.0 {
            map.serialize_entry(name, errors)?;
        }
        map.end()
    }
}
