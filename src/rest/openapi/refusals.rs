//! What any operation of a kind may be refused with, described once.

use axum::http::StatusCode;
use utoipa::openapi::Content;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::ComponentsBuilder;

use crate::rest::openapi::schemas::{self, DETAIL, FIELD_ERRORS, SERVER_ERRORS};

pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What the document calls it.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Any of these.
    pub(super) bodies: &'static [&'static str],
}

const fn refusal(
    status: StatusCode,
    name: &'static str,
    about: &'static str,
    bodies: &'static [&'static str],
) -> Refusal {
    Refusal { status, name, about, bodies }
}

/// Some come from outside the dialects, and some from either side.
const EITHER: &[&str] = &[DETAIL, SERVER_ERRORS];

pub(super) const REFUSALS: [Refusal; 11] = [
    refusal(
        StatusCode::BAD_REQUEST,
        "Wrong",
        "What is wrong with each field, or with the body.",
        &[FIELD_ERRORS],
    ),
    refusal(StatusCode::UNAUTHORIZED, "Unknown", "A credential is missing, or not good.", &[DETAIL]),
    refusal(StatusCode::FORBIDDEN, "Forbidden", "Not for this caller, whoever it is.", &[DETAIL]),
    refusal(StatusCode::NOT_FOUND, "NotFound", "There is none, or not for this caller.", &[DETAIL]),
    refusal(
        StatusCode::NOT_ACCEPTABLE,
        "NotAcceptable",
        "The answer is JSON, and `Accept` will not have it.",
        &[DETAIL],
    ),
    refusal(StatusCode::REQUEST_TIMEOUT, "TooSlow", "The body did not arrive in time.", &[SERVER_ERRORS]),
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", "The body is larger than the server reads.", EITHER),
    refusal(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "Unreadable",
        "Send JSON, a form or multipart, without encoding.",
        EITHER,
    ),
    refusal(StatusCode::TOO_MANY_REQUESTS, "TooOften", "Too often.", &[DETAIL]),
    refusal(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Fault",
        "A fault of the server, which its log explains.",
        EITHER,
    ),
    refusal(StatusCode::SERVICE_UNAVAILABLE, "Busy", "Too busy; nothing was stored.", EITHER),
];

/// All of them, for operations to refer to.
pub(super) fn described(components: ComponentsBuilder) -> ComponentsBuilder {
    REFUSALS.iter().fold(components, |components, refusal| {
        let bodies = refusal.bodies.iter().map(|name| schemas::reference(name)).collect();
        let content = Content::new(Some(schemas::any_of(bodies)));
        let response = ResponseBuilder::new().description(refusal.about).content("application/json", content);
        let waits =
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&refusal.status);
        let seconds = HeaderBuilder::new().schema(Some(schemas::whole_number()));
        let seconds = seconds.description(Some("Seconds to wait.")).build();
        let response = if waits { response.header("Retry-After", seconds) } else { response };
        components.response(refusal.name, response.build())
    })
}
