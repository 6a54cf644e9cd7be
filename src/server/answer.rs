//! The refusals that come from the server itself, before or after any handler, in the shape of GraphQL
//! errors; off GraphQL's path also with the sentence where callers of the REST faces look for it.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, json};

use crate::error::{Code, Language, Text};
use crate::http::headers::RequestId;

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a connection over the cap gets, whatever it asked for.
pub(super) const OVERLOADED: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\n",
    "content-type: application/json\r\n",
    "content-length: 138\r\n",
    "retry-after: 1\r\n",
    "cache-control: no-store\r\n",
    "x-content-type-options: nosniff\r\n",
    "referrer-policy: no-referrer\r\n",
    "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n",
    "connection: close\r\n",
    "\r\n",
    r#"{"errors":[{"message":"The server has too many connections. Try again shortly.","#,
    r#""extensions":{"code":"UNAVAILABLE","retryAfterMs":1000}}]}"#,
);

/// What of a request its refusal needs to know.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    language: Language,
    request_id: Option<RequestId>,
    /// GraphQL allows no other keys beside its own.
    is_graphql: bool,
}

impl Asked {
    pub(super) fn of(headers: &HeaderMap, request_id: Option<&RequestId>, path: &str) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self {
            language: accepted.map_or(Language::English, Language::negotiate),
            request_id: request_id.cloned(),
            is_graphql: path.starts_with("/graphql"),
        }
    }

    pub(super) fn request_id(&self) -> &str {
        self.request_id.as_ref().map_or("", RequestId::as_str)
    }

    fn refuse(&self, status: StatusCode, code: Code, text: &Text) -> Response {
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), code.as_str().into());
        if let Some(id) = &self.request_id {
            extensions.insert("requestId".to_owned(), id.as_str().into());
        }
        if code == Code::Unavailable {
            extensions.insert("retryAfterMs".to_owned(), (RETRY_AFTER.as_secs() * 1000).into());
        }
        let message = text.render(self.language);
        let errors = json!([{ "message": message, "extensions": extensions }]);
        let mut body = Map::from_iter([("errors".to_owned(), errors)]);
        if !self.is_graphql {
            body.insert("detail".to_owned(), message.into());
        }
        let mut response = (status, Json(body)).into_response();
        if code == Code::Unavailable {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
        }
        response
    }

    pub(super) fn panicked(&self) -> Response {
        self.refuse(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, &Text::Internal)
    }

    pub(super) fn timed_out(&self) -> Response {
        self.refuse(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, &Text::Unavailable)
    }

    pub(super) fn body_too_slow(&self) -> Response {
        let text = Text::Plain("The request body did not arrive in time; nothing was stored.".into());
        self.refuse(StatusCode::REQUEST_TIMEOUT, Code::Unavailable, &text)
    }

    pub(super) fn body_too_large(&self, bytes_max: usize) -> Response {
        let text = Text::Plain(format!("The request body may have at most {bytes_max} bytes.").into());
        self.refuse(StatusCode::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge, &text)
    }

    pub(super) fn body_encoded(&self) -> Response {
        let text = Text::Plain("Send the request body without a content encoding.".into());
        self.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadInput, &text)
    }

    pub(super) fn method_not_allowed(&self) -> Response {
        let text = Text::Plain("This method is not allowed here.".into());
        self.refuse(StatusCode::METHOD_NOT_ALLOWED, Code::BadInput, &text)
    }

    pub(super) fn unknown_path(&self) -> Response {
        self.refuse(StatusCode::NOT_FOUND, Code::NotFound, &Text::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_over_the_cap_is_as_long_as_it_says() {
        let (head, body) = OVERLOADED.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], Code::Unavailable.as_str());
    }
}
