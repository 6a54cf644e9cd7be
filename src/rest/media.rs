//! Files over HTTP: the bytes of announced uploads come in, and files go out to those who hold a link.
//!
//! Nothing that someone sent is ever run here: all but pictures of the server's own making is saved, not
//! shown, and a browser is told to guess no types and to run nothing.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::app::media::{Asked, Incoming, Opened, Part, Proof};
use crate::domain::media::ByteRange;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Language, Result};
use crate::http::caching::knows;

/// The route that takes larger bodies than all others.
pub const UPLOAD_ROUTE: &str = "/media/uploads/{id}";

/// A page that is opened from here can do nothing.
const SANDBOX: &str = "sandbox; default-src 'none'";

pub(super) fn routes(app: &Arc<App>) -> Router {
    Router::new()
        .route("/media/{folder}/{name}", get(show))
        .route(UPLOAD_ROUTE, put(receive))
        .with_state(Arc::clone(app))
}

async fn receive(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let received = async {
        let id: Uuid = id.parse().map_err(|_| Error::not_found())?;
        let said = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let incoming =
            Incoming { length: said.and_then(|length| length.parse().ok()), bytes: body.into_data_stream() };
        let (proof, _) = read_query(query.as_deref());
        app.receive_upload(&Viewer::Anonymous, id, &proof, incoming).await
    };
    match received.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error, &parts.headers),
    }
}

async fn show(
    State(app): State<Arc<App>>,
    method: Method,
    Path((folder, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let (proof, saved_as) = read_query(query.as_deref());
    let etag = format!("\"{name}\"");
    let text = |header: header::HeaderName| headers.get(header).and_then(|value| value.to_str().ok());
    // A name never gets other bytes, so whoever has some of it has the right ones.
    let known = knows(&headers, &etag);
    let continues = text(header::IF_RANGE).is_none_or(|known| known == etag);
    let asked = Asked {
        path: format!("{folder}/{name}"),
        name: saved_as.clone(),
        proof,
        range: text(header::RANGE).filter(|_| continues && !known).and_then(ByteRange::parse),
        without_bytes: known || method == Method::HEAD,
    };
    match app.open_media(&Viewer::Anonymous, &asked).await {
        Ok(opened) => {
            answer(opened, &etag, saved_as.as_deref(), known).unwrap_or_else(|error| refuse(&error, &headers))
        }
        Err(error) => refuse(&error, &headers),
    }
}

fn answer(opened: Opened, etag: &str, saved_as: Option<&str>, known: bool) -> Result<Response> {
    let Opened { path, size, part, good_for_s, bytes } = opened;
    let (status, length) = match &part {
        _ if known => (StatusCode::NOT_MODIFIED, None),
        Part::All => (StatusCode::OK, Some(size)),
        Part::Some(range) => (StatusCode::PARTIAL_CONTENT, Some(range.end - range.start)),
        Part::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, Some(0)),
    };
    let file_type = path.file_type();
    let caching = match good_for_s {
        None => "public, max-age=31536000, immutable".to_owned(),
        Some(seconds) => format!("private, max-age={seconds}, immutable"),
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::ETAG, etag)
        .header(header::CACHE_CONTROL, caching)
        .header(header::CONTENT_SECURITY_POLICY, SANDBOX)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header("cross-origin-resource-policy", "cross-origin");
    if !known {
        let inline = if file_type.is_picture() { "inline" } else { "attachment" };
        response = response
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::CONTENT_TYPE, file_type.content_type())
            .header(header::CONTENT_DISPOSITION, disposition(inline, saved_as));
    }
    match part {
        Part::Some(range) if !known => {
            let shown = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            response = response.header(header::CONTENT_RANGE, shown);
        }
        Part::Nothing => response = response.header(header::CONTENT_RANGE, format!("bytes */{size}")),
        Part::All | Part::Some(_) => {}
    }
    if let Some(length) = length {
        response = response.header(header::CONTENT_LENGTH, length);
    }
    let body = bytes.map_or_else(Body::empty, Body::from_stream);
    response.body(body).map_err(Error::internal)
}

/// A name in the two forms of RFC 6266: plain for old clients, and as it is.
fn disposition(kind: &str, saved_as: Option<&str>) -> String {
    let Some(name) = saved_as else { return kind.to_owned() };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || " .-_()".contains(c) { c } else { '_' })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            let _ = write!(whole, "%{byte:02X}");
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// What of a link stands behind its path: the proof, and the name to save the file under.
fn read_query(query: Option<&str>) -> (Proof, Option<String>) {
    let (mut proof, mut name) = (Proof::default(), None);
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*key {
            "expires" => proof.expires = value.parse().unwrap_or_default(),
            "signature" => proof.signature = value.into_owned(),
            "name" => name = Some(value.into_owned()),
            _ => {}
        }
    }
    (proof, name)
}

fn refuse(error: &Error, headers: &HeaderMap) -> Response {
    let status = match error.code() {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Unauthenticated | Code::TokenExpired => StatusCode::UNAUTHORIZED,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    if let Some(inside) = error.inside() {
        tracing::warn!(code = %error.code(), cause = %inside, "a file was refused");
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = accepted.map_or(Language::English, Language::negotiate);
    let fault = json!({
        "message": error.text().render(language),
        "extensions": { "code": error.code().as_str() },
    });
    let mut response = (status, Json(json!({ "errors": [fault] }))).into_response();
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    if let Some(wait) = error.wait() {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            disposition("attachment", Some("a\"; b\r\nx: ü.txt")),
            "attachment; filename=\"a__ b__x_ _.txt\"; filename*=UTF-8''a%22%3B%20b%0D%0Ax%3A%20%C3%BC.txt"
        );
        assert_eq!(disposition("inline", None), "inline");
    }
}
