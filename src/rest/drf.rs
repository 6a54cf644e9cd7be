//! What callers of Django REST framework share: the texts, the shapes and the habits of its answers.
//!
//! `drf/fields.rs` checks bodies, `drf/paging.rs` cuts lists; `drf/bearer.rs` and `drf/session.rs` say who calls,
//! `drf/csrf.rs` guards cookies; `drf/times.rs` and `drf/python.rs` write what JSON has no form for.

pub(super) mod bearer;
pub(super) mod csrf;
pub(super) mod fields;
pub(super) mod paging;
pub(super) mod pictures;
pub(super) mod python;
pub(super) mod session;
mod spaced;
pub(super) mod times;

use axum::http::StatusCode;

pub(super) use spaced::spaced;

use crate::error::{Code, Error, Fault, Language, Text};
use crate::rest::reply::{FieldErrors, Refusal};

/// What is said where a credential is needed and none came.
pub(super) const NOT_AUTHENTICATED: &str = "Authentication credentials were not provided.";

/// What the product refuses, where a dialect has no words of its own for it.
pub(super) fn refusal(error: &Error, language: Language) -> Refusal {
    let text = |error: &Error| error.text().render(language).into_owned();
    match error.code() {
        _ if is_of_fields(error) => fields(error, language, |_| None),
        Code::BadCredentials | Code::Unauthenticated | Code::TokenExpired => {
            Refusal::detail(StatusCode::UNAUTHORIZED, &text(error))
        }
        Code::Forbidden if *error.text() == Text::RoomArchived => {
            Refusal::detail(StatusCode::FORBIDDEN, &text(error))
        }
        Code::Forbidden | Code::NotAMember => {
            Refusal::detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
        }
        Code::NotFound => not_found("Not found."),
        Code::Conflict => Refusal::detail(StatusCode::CONFLICT, &text(error)),
        Code::PayloadTooLarge => Refusal::detail(StatusCode::PAYLOAD_TOO_LARGE, &text(error)),
        Code::RateLimited => {
            let seconds = error.wait().map_or(1, |wait| wait.as_secs().saturating_add(1));
            let unit = if seconds == 1 { "second" } else { "seconds" };
            let text = format!("Request was throttled. Expected available in {seconds} {unit}.");
            Refusal::detail(StatusCode::TOO_MANY_REQUESTS, &text).retry_after(seconds)
        }
        Code::Unavailable => {
            let seconds = error.wait().map_or(1, |wait| wait.as_secs().saturating_add(1));
            Refusal::detail(StatusCode::SERVICE_UNAVAILABLE, &text(error)).retry_after(seconds)
        }
        // Those of fields are answered above, and the last four are of GraphQL's alone.
        Code::BadInput
        | Code::Empty
        | Code::TooLong
        | Code::WeakPassword
        | Code::UsernameTaken
        | Code::EmailTaken
        | Code::RoomPasswordWrong
        | Code::RoomFull
        | Code::Internal
        | Code::CursorInvalid
        | Code::CursorExpired
        | Code::QueryTooComplex
        | Code::DocumentNotTrusted => {
            Refusal::detail(StatusCode::INTERNAL_SERVER_ERROR, "A server error occurred.")
        }
    }
}

/// Whether the fields of a body are at fault.
pub(super) fn is_of_fields(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::BadInput
            | Code::Empty
            | Code::TooLong
            | Code::WeakPassword
            | Code::UsernameTaken
            | Code::EmailTaken
            | Code::RoomPasswordWrong
            | Code::RoomFull
    )
}

/// As [`refusal`], where whatever is wrong is told under one field.
pub(super) fn in_field(error: &Error, language: Language, field: &'static str) -> Refusal {
    if is_of_fields(error) {
        return fields(error, language, |fault| Some((field, fault_text(fault, language))));
    }
    refusal(error, language)
}

/// `404` with its reason.
pub(super) fn not_found(detail: &str) -> Refusal {
    Refusal::detail(StatusCode::NOT_FOUND, detail)
}

/// Faults of the product as field errors. `own` says under which field and in which words a dialect tells of one;
/// where it has none, the field's name is the product's in snake case.
pub(super) fn fields(
    error: &Error,
    language: Language,
    own: impl Fn(&Fault) -> Option<(&'static str, String)>,
) -> Refusal {
    let mut errors = FieldErrors::default();
    for fault in error.faults() {
        match own(fault) {
            Some((field, text)) => errors.add(field, text),
            None => errors.add(&field_name(fault), fault_text(fault, language)),
        }
    }
    Refusal::Fields(errors)
}

/// A fault in the words of the framework, where it has some.
pub(super) fn fault_text(fault: &Fault, language: Language) -> String {
    match &fault.text {
        Text::PasswordTooShort { chars_min } => {
            format!("This password is too short. It must contain at least {chars_min} characters.")
        }
        Text::PasswordCommon => "This password is too common.".to_owned(),
        Text::PasswordAllDigits => "This password is entirely numeric.".to_owned(),
        Text::UsernameTaken => "A user with that username already exists.".to_owned(),
        Text::EmailTaken => "This field must be unique.".to_owned(),
        Text::EmailInvalid => fields::EMAIL_INVALID.to_owned(),
        Text::UsernameCharacters => fields::USERNAME_INVALID.to_owned(),
        Text::Empty => fields::BLANK.to_owned(),
        Text::HasNul => fields::NUL.to_owned(),
        Text::TooLong { chars_max } => fields::too_long(*chars_max),
        other => other.render(language).into_owned(),
    }
}

fn field_name(fault: &Fault) -> String {
    let Some(name) = fault.path.last() else { return "non_field_errors".to_owned() };
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
