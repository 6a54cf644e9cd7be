//! Shapes answers for HTTP: the status, the media type, and what stands round the errors.

use async_graphql::Value as GqlValue;
use async_graphql_axum::GraphQLResponse;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{Code, Error, Language};
use crate::graphql::answer::{Answer, known_code};
use crate::graphql::error::error_json;
use crate::graphql::http::negotiate::Media;

/// How this request is answered, whatever the answer is.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct Face {
    pub(super) media: Media,
    pub(super) language: Language,
    pub(super) request_id: String,
}

impl Answer {
    /// A whole request that failed for want of time or room says so in its status too.
    fn status(&self, media: Media) -> StatusCode {
        match self {
            Self::Executed(executed) if holds_nothing(&executed.data) => {
                match executed.errors.first().and_then(known_code) {
                    Some(Code::RateLimited) => StatusCode::TOO_MANY_REQUESTS,
                    Some(Code::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::OK,
                }
            }
            Self::Executed(_) => StatusCode::OK,
            Self::Refused { status: Some(status), .. } => *status,
            Self::Refused { status: None, .. } => match media {
                Media::GraphqlResponse => StatusCode::BAD_REQUEST,
                Media::Json => StatusCode::OK,
            },
        }
    }

    /// Seconds to wait, rounded up.
    fn retry_after(&self) -> Option<u64> {
        let wait = match self {
            Self::Executed(executed) => {
                let values = executed.errors.first()?.extensions.as_ref()?;
                match values.get("retryAfterMs")? {
                    GqlValue::Number(wait) => wait.as_u64()?,
                    _ => return None,
                }
            }
            Self::Refused { fault, .. } => u64::try_from(fault.as_ref()?.wait()?.as_millis()).ok()?,
        };
        Some(whole_seconds(wait))
    }
}

/// Milliseconds as seconds, rounded up, since a caller that comes too early is refused again.
fn whole_seconds(millis: u64) -> u64 {
    millis.div_ceil(1000).max(1)
}

/// Whether no field of the answer has a value.
fn holds_nothing(data: &GqlValue) -> bool {
    match data {
        GqlValue::Object(fields) => fields.values().all(|value| *value == GqlValue::Null),
        data => *data == GqlValue::Null,
    }
}

impl Face {
    pub(in crate::graphql) fn respond(&self, answer: Answer) -> Response {
        let (status, retry_after) = (answer.status(self.media), answer.retry_after());
        let mut response = match answer {
            Answer::Executed(executed) => {
                let mut response = GraphQLResponse::from(*executed).into_response();
                self.label(&mut response);
                response
            }
            Answer::Refused { .. } => self.json(&self.refusal(&answer)),
        };
        *response.status_mut() = status;
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    pub(super) fn respond_batch(&self, answers: Vec<Answer>) -> Response {
        let answers = answers.into_iter().map(|answer| match answer {
            Answer::Executed(executed) => serde_json::to_value(*executed).unwrap_or(Value::Null),
            Answer::Refused { .. } => self.refusal(&answer),
        });
        self.json(&Value::Array(answers.collect()))
    }

    /// A request that is no GraphQL request at all: 400, or the status of its fault, in both media types.
    pub(in crate::graphql) fn refuse(&self, error: &Error) -> Response {
        let status = match error.code() {
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Conflict => StatusCode::CONFLICT,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        self.refuse_with(status, error)
    }

    pub(super) fn not_acceptable(&self) -> Response {
        let text = "Accept application/graphql-response+json or application/json; for subscriptions, text/event-stream \
                    or multipart/mixed;subscriptionSpec=1.0.";
        self.refuse_with(StatusCode::NOT_ACCEPTABLE, &Error::plain(Code::BadInput, text))
    }

    pub(super) fn unsupported_media(&self) -> Response {
        let text = "Send the request as JSON, with Content-Type: application/json.";
        self.refuse_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, &Error::plain(Code::BadInput, text))
    }

    pub(super) fn refuse_cross_site(&self) -> Response {
        let text = "A page of another origin sent this without asking first. Send Content-Type: application/json, \
                    or the header Apollo-Require-Preflight, and allow the origin in allowed_origins.";
        self.refuse_with(StatusCode::FORBIDDEN, &Error::plain(Code::Forbidden, text))
    }

    fn refuse_with(&self, status: StatusCode, error: &Error) -> Response {
        let mut response = self.json(&json!({ "errors": [self.fault(error)] }));
        *response.status_mut() = status;
        if let Some(wait) = error.wait() {
            let seconds = whole_seconds(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn refusal(&self, answer: &Answer) -> Value {
        json!({ "errors": answer.errors(self.language, &self.request_id) })
    }

    fn fault(&self, error: &Error) -> Value {
        error_json(error, self.language, &self.request_id)
    }

    fn json(&self, body: &Value) -> Response {
        let mut response = body.to_string().into_response();
        self.label(&mut response);
        response
    }

    fn label(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media.content_type()));
        headers.append(header::VARY, HeaderValue::from_static("accept, accept-language"));
    }
}
