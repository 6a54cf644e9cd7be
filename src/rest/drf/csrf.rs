//! Django's guard of cookies: who writes with a session cookie also shows the other cookie's value.

use axum::http::{Method, StatusCode};

use crate::rest::body::Given;
use crate::rest::call::Call;
use crate::rest::reply::Refusal;

pub(in crate::rest) const COOKIE: &str = "csrftoken";
const HEADER: &str = "x-csrftoken";
pub(in crate::rest) const FIELD: &str = "csrfmiddlewaretoken";

/// Refuses a write by cookie that another site may have caused.
pub(in crate::rest) async fn check(call: &Call) -> Result<(), Refusal> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(&call.method) {
        return Ok(());
    }
    check_page(call)?;
    let Some(expected) = call.cookie(COOKIE).filter(|value| !value.is_empty()) else {
        return Err(failed("CSRF cookie not set."));
    };
    let Some(given) = call.header(HEADER) else {
        return match shown_in_form(call).await {
            Some(given) if given == expected => Ok(()),
            Some(_) => Err(failed("CSRF token from POST incorrect.")),
            None => Err(failed("CSRF token missing.")),
        };
    };
    if given == expected {
        Ok(())
    } else {
        Err(failed("CSRF token from the 'X-Csrftoken' HTTP header incorrect."))
    }
}

/// Refuses what a page that is neither ours nor an allowed one has sent.
pub(in crate::rest) fn check_page(call: &Call) -> Result<(), Refusal> {
    if call.from_known_page {
        return Ok(());
    }
    let origin = call.header("origin").unwrap_or_default();
    Err(failed(&format!("Origin checking failed - {origin} does not match any trusted origins.")))
}

/// A form may carry the value as a field. JSON may not: a browser cannot be made to send it from elsewhere.
async fn shown_in_form(call: &Call) -> Option<String> {
    let data = call.data().await.ok().filter(super::super::body::Data::is_form)?;
    match data.get(FIELD) {
        Given::Text(text) => Some(text.to_owned()),
        _ => None,
    }
}

fn failed(why: &str) -> Refusal {
    Refusal::detail(StatusCode::FORBIDDEN, &format!("CSRF Failed: {why}"))
}
