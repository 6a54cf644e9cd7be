//! Shapes answers: the status, the media type, and errors with their code.

use async_graphql::{Response as Executed, ServerError, Value as GqlValue};
use async_graphql_axum::GraphQLResponse;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{Code, Error, Language, Text};
use crate::graphql::error::{extensions, log_once};
use crate::graphql::guard::Refusal;
use crate::graphql::http::negotiate::Media;

/// Errors of one document that are told; a short document can earn thousands.
const ERRORS_TOLD_MAX: usize = 10;

/// How this request is answered, whatever the answer is.
#[derive(Debug, Clone)]
pub(super) struct Face {
    pub(super) media: Media,
    pub(super) language: Language,
    pub(super) request_id: String,
}

/// The outcome of one call.
pub(super) enum Answer {
    /// Something ran; there is a `data`.
    Executed(Box<Executed>),
    /// Nothing ran.
    Refused { errors: Vec<Told>, status: Option<StatusCode>, fault: Option<Box<Error>> },
}

/// One error of a call that did not run.
pub(super) struct Told {
    message: String,
    code: &'static str,
    locations: Vec<(usize, usize)>,
}

impl Answer {
    /// The guard or the document store said no.
    pub(super) fn refused(refusal: &Refusal) -> Self {
        let told = Told {
            message: refusal.message().into_owned(),
            code: refusal.code_name(),
            locations: refusal.at().map(|at| (at.line, at.column)).into_iter().collect(),
        };
        Self::Refused { errors: vec![told], status: None, fault: None }
    }

    pub(super) fn fault(error: Error) -> Self {
        Self::Refused { errors: Vec::new(), status: None, fault: Some(Box::new(error)) }
    }

    pub(super) fn unauthenticated(error: Error) -> Self {
        let status = match error.code() {
            Code::Unauthenticated | Code::TokenExpired => StatusCode::UNAUTHORIZED,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::Refused { errors: Vec::new(), status: Some(status), fault: Some(Box::new(error)) }
    }

    pub(super) fn not_by_get() -> Self {
        let error = Error::plain(Code::BadInput, "A mutation is sent by POST.");
        Self::Refused {
            errors: Vec::new(),
            status: Some(StatusCode::METHOD_NOT_ALLOWED),
            fault: Some(Box::new(error)),
        }
    }

    /// The executor's answer. A document that failed validation did not run, and has no `data`.
    ///
    /// Faults of ours have a code; those of the executor itself have none, and mean an argument that
    /// validation let pass: a variable that is missing, a number out of range. Where nothing but that
    /// came of a `harmless` operation, it counts as not run either.
    pub(super) fn executed(mut executed: Executed, helpful: bool, harmless: bool, request_id: &str) -> Self {
        let ran = executed
            .errors
            .iter()
            .any(|error| if harmless { known_code(error).is_some() } else { !error.path.is_empty() });
        if executed.errors.is_empty() || ran || executed.data != GqlValue::Null {
            for error in executed.errors.iter_mut().filter(|error| known_code(error).is_none()) {
                Told::of(error, helpful).label(error, request_id);
            }
            return Self::Executed(Box::new(executed));
        }
        let errors =
            executed.errors.iter().take(ERRORS_TOLD_MAX).map(|error| Told::of(error, helpful)).collect();
        Self::Refused { errors, status: None, fault: None }
    }

    /// The code that stands for the answer, for metrics.
    pub(super) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Executed(executed) => {
                executed.errors.first().map(|error| known_code(error).map_or("INTERNAL", Code::as_str))
            }
            Self::Refused { errors, fault, .. } => {
                let told = errors.first().map(|told| told.code);
                told.or_else(|| fault.as_ref().map(|fault| fault.code().as_str()))
            }
        }
    }

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

fn known_code(error: &ServerError) -> Option<Code> {
    let GqlValue::String(name) = error.extensions.as_ref()?.get("code")? else { return None };
    Code::ALL.into_iter().find(|code| code.as_str() == name)
}

impl Told {
    /// An error of validation, or of an argument. Where the schema is not shown, errors do not show it either.
    fn of(error: &ServerError, helpful: bool) -> Self {
        let message =
            if helpful { error.message.clone() } else { "The document does not fit the schema.".to_owned() };
        Self {
            message,
            code: Code::BadInput.as_str(),
            locations: error.locations.iter().map(|at| (at.line, at.column)).collect(),
        }
    }

    /// Gives an error of the executor this text and code.
    fn label(self, error: &mut ServerError, request_id: &str) {
        error.message = self.message;
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.code);
        extensions.set("requestId", request_id);
    }

    fn to_json(&self, request_id: &str) -> Value {
        let extensions = json!({ "code": self.code, "requestId": request_id });
        let at = self.locations.iter().map(|(line, column)| json!({ "line": line, "column": column }));
        match at.collect::<Vec<_>>().as_slice() {
            [] => json!({ "message": self.message, "extensions": extensions }),
            at => json!({ "message": self.message, "locations": at, "extensions": extensions }),
        }
    }
}

impl Face {
    pub(super) fn respond(&self, answer: Answer) -> Response {
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
    pub(super) fn refuse(&self, error: &Error) -> Response {
        let status = match error.code() {
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        self.refuse_with(status, error)
    }

    pub(super) fn not_acceptable(&self) -> Response {
        let text = "Accept application/graphql-response+json or application/json.";
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
        match answer {
            Answer::Executed(_) => Value::Null,
            Answer::Refused { errors, fault, .. } => {
                let faults = fault.as_deref().map(|fault| self.fault(fault));
                let told = errors.iter().map(|told| told.to_json(&self.request_id));
                json!({ "errors": told.chain(faults).collect::<Vec<_>>() })
            }
        }
    }

    fn fault(&self, error: &Error) -> Value {
        log_once(error, &self.request_id);
        let values = serde_json::to_value(extensions(error, &self.request_id)).unwrap_or(Value::Null);
        let text = match error.code() {
            Code::Internal => Text::Internal.render(self.language),
            _ => error.text().render(self.language),
        };
        json!({ "message": text, "extensions": values })
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
