//! `Authorization: Bearer` as djangorestframework-simplejwt reads it, and the bodies with which it refuses.

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use serde::Serialize;

use crate::auth::credential::Credential;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Text};
use crate::rest::call::Call;
use crate::rest::reply::Refusal;

/// The challenge of servers that ask for such a token.
pub(in crate::rest) const CHALLENGE: &str = "Bearer realm=\"api\"";

/// In which words a dialect refuses.
#[derive(Debug, Clone, Copy)]
pub(in crate::rest) struct Words {
    pub(in crate::rest) status: StatusCode,
    pub(in crate::rest) invalid: &'static str,
    pub(in crate::rest) expired: &'static str,
}

impl Words {
    /// `401` with a challenge, and one text for tokens that are old or none.
    pub(in crate::rest) const USUAL: Self =
        Self { status: StatusCode::UNAUTHORIZED, invalid: INVALID, expired: INVALID };
}

const INVALID: &str = "Token is invalid or expired";
const WRONG_TYPE: &str = "Token has wrong type";
const BLACKLISTED: &str = "Token is blacklisted";
/// The code of most refusals.
const NOT_VALID: &str = "token_not_valid";

/// Who calls with an access token in the header; anonymous where there is none, or another scheme.
pub(in crate::rest) async fn caller(call: &Call, words: Words) -> Result<Viewer, Refusal> {
    let Some(value) = call.headers.get(AUTHORIZATION) else { return Ok(Viewer::Anonymous) };
    let value = String::from_utf8_lossy(value.as_bytes());
    let mut parts = value.split_whitespace();
    // Unlike elsewhere, its case matters.
    if parts.next() != Some("Bearer") {
        return Ok(Viewer::Anonymous);
    }
    let (Some(token), None) = (parts.next(), parts.next()) else {
        let text = "Authorization header must contain two space-delimited values";
        return Err(refuse(words, Refusal::coded(words.status, text, "bad_authorization_header")));
    };
    let credential = Credential::Bearer(token.to_owned());
    match call.app().identify_from(&call.origin, &credential).await {
        Ok(identity) => Ok(identity.viewer),
        Err(error) => Err(refusal(error, words)),
    }
}

/// What is said of an access token that is not good.
fn refusal(error: Error, words: Words) -> Refusal {
    #[derive(Serialize)]
    struct Refused {
        detail: &'static str,
        code: &'static str,
        messages: [Message; 1],
    }
    #[derive(Serialize)]
    #[expect(clippy::struct_field_names, reason = "the originals' words")]
    struct Message {
        token_class: &'static str,
        token_type: &'static str,
        message: &'static str,
    }
    let message = match (error.code(), error.text()) {
        (Code::Unauthenticated, Text::AccountGone) => {
            return refuse(words, Refusal::coded(words.status, "User not found", "user_not_found"));
        }
        (Code::Unauthenticated, Text::TokenWrongType) => WRONG_TYPE,
        (Code::Unauthenticated, _) => words.invalid,
        (Code::TokenExpired, _) => words.expired,
        _ => return error.into(),
    };
    let body = Refused {
        detail: "Given token not valid for any token type",
        code: NOT_VALID,
        messages: [Message { token_class: "AccessToken", token_type: "access", message }],
    };
    refuse(words, Refusal::said(words.status, &body))
}

/// What is said of a refresh token in a body that is not good.
pub(in crate::rest) fn refresh_refusal(error: Error) -> Refusal {
    let text = match (error.code(), error.text()) {
        (Code::Unauthenticated, Text::TokenWrongType) => WRONG_TYPE,
        (Code::Unauthenticated, Text::SessionOver) => BLACKLISTED,
        (Code::Unauthenticated | Code::TokenExpired, _) => INVALID,
        _ => return error.into(),
    };
    Refusal::coded(StatusCode::UNAUTHORIZED, text, NOT_VALID).challenge(CHALLENGE)
}

/// What is said of a name and a password that open nothing.
pub(in crate::rest) fn no_active_account() -> Refusal {
    let text = "No active account found with the given credentials";
    Refusal::detail(StatusCode::UNAUTHORIZED, text).challenge(CHALLENGE)
}

/// What a caller without a token is told where one is needed.
pub(in crate::rest) fn needed() -> Refusal {
    Refusal::detail(StatusCode::UNAUTHORIZED, super::NOT_AUTHENTICATED).challenge(CHALLENGE)
}

fn refuse(words: Words, refusal: Refusal) -> Refusal {
    if words.status == StatusCode::UNAUTHORIZED { refusal.challenge(CHALLENGE) } else { refusal }
}
