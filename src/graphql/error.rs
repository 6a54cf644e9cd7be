//! Faults in the words of GraphQL: `errors` of a payload, and top-level errors.

use async_graphql::{Context, Enum, ErrorExtensionValues, SimpleObject, Value};
use serde_json::{Value as Json, json};

use crate::error::{Code, Error, Fault, Language, Result, Text};
use crate::graphql::context::caller;
use crate::http::log::log_fault;

/// Why something was refused. New values may appear: treat an unknown one as BAD_INPUT.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Code")]
pub(super) enum ErrorCode {
    BadInput,
    Empty,
    TooLong,
    UsernameTaken,
    EmailTaken,
    WeakPassword,
    BadCredentials,
    Unauthenticated,
    TokenExpired,
    Forbidden,
    NotFound,
    Conflict,
    #[graphql(name = "NOT_A_MEMBER")]
    NotAMember,
    RoomFull,
    RoomPasswordWrong,
    CursorInvalid,
    CursorExpired,
    RateLimited,
    QueryTooComplex,
    DocumentNotTrusted,
    PayloadTooLarge,
    Unavailable,
    Internal,
}

/// A fault the caller can put right. All other faults come in top-level errors, same code in extensions.code.
#[derive(SimpleObject, Debug)]
pub(super) struct UserError {
    code: ErrorCode,
    /// For people, in the language the request asked for.
    message: String,
    /// Path to the input at fault, such as [input, username]; empty when none is.
    path: Vec<String>,
}

impl UserError {
    fn of(fault: &Fault, language: Language) -> Self {
        let path = match fault.path.as_slice() {
            [] => Vec::new(),
            fields => std::iter::once("input").chain(fields.iter().copied()).map(str::to_owned).collect(),
        };
        Self { code: fault.code.into(), message: fault.text.render(language).into_owned(), path }
    }
}

/// Splits a use case's outcome: a result or expected faults go into the payload, the rest is a
/// top-level error.
pub(super) fn settle<T>(
    ctx: &Context<'_>,
    outcome: Result<T>,
) -> async_graphql::Result<std::result::Result<T, Vec<UserError>>> {
    match outcome {
        Ok(result) => Ok(Ok(result)),
        Err(error) if error.is_expected() => {
            let language = caller(ctx).language;
            Ok(Err(error.faults().map(|fault| UserError::of(fault, language)).collect()))
        }
        Err(error) => Err(top_level(ctx, &error)),
    }
}

/// A use case's outcome where there is no payload to hold faults.
pub(super) fn expose<T>(ctx: &Context<'_>, outcome: Result<T>) -> async_graphql::Result<T> {
    outcome.map_err(|error| top_level(ctx, &error))
}

/// What a nullable field that can fail resolves to. A plain `Result<Option<T>>` would take the parent
/// with it when it fails, and the parent's other fields; this becomes null with an error beside it.
pub(super) type Nullable<T> = Option<async_graphql::Result<T>>;

pub(super) fn top_level(ctx: &Context<'_>, error: &Error) -> async_graphql::Error {
    let caller = caller(ctx);
    log_fault(error, &caller.request_id);
    let mut answer = async_graphql::Error::new(error.text().render(caller.language));
    answer.extensions = Some(extensions(error, &caller.request_id));
    answer
}

/// `code`, `requestId`, and `retryAfterMs` where waiting helps.
pub(super) fn extensions(error: &Error, request_id: &str) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("code", error.code().as_str());
    values.set("requestId", request_id);
    if let Some(wait) = error.wait() {
        values.set("retryAfterMs", Value::from(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
    }
    values
}

/// A fault as one GraphQL error in JSON, for answers that the executor did not make.
pub(super) fn error_json(error: &Error, language: Language, request_id: &str) -> Json {
    log_fault(error, request_id);
    let values = serde_json::to_value(extensions(error, request_id)).unwrap_or(Json::Null);
    let text = match error.code() {
        Code::Internal => Text::Internal.render(language),
        _ => error.text().render(language),
    };
    json!({ "message": text, "extensions": values })
}
