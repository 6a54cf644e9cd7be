//! The pages: built by Vite into `web/dist`, carried inside the binary, and served with a strict policy.
//!
//! A binary that was built without them says on their addresses how to get them.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Pages;

/// Scripts, styles and connections of our own origin only, which for `connect-src` has its WebSockets in it; the
/// editor's workers come from there too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    font-src 'self' data:; img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Names with a hash of their content in them never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tertulia</title>\
    <h1>This page is not in this binary</h1>\
    <p>It was built without Node. The API works all the same: POST to <code>/graphql</code>; the document of the \
    REST faces is at <a href=\"/api/schema/\">/api/schema/</a>.</p>\
    <p>To get the pages, install Node 20.19 or newer and start the server with <code>make run</code>, \
    or build them with <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and then the \
    server with <code>cargo build</code>.</p></html>\n";

/// Whether the pages are in this binary.
pub fn is_built() -> bool {
    Pages::get("playground.html").is_some()
}

/// `/`, and the files that pages load.
pub fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphql") }))
        .route("/assets/{*path}", get(asset))
        .merge(pages("/api/docs", "docs.html"))
        .merge(pages("/api/redoc", "redoc.html"))
        .route("/licenses.md", get(|| async { file("licenses.md", "no-cache") }))
}

/// Whether a request for `/graphql` comes from a browser that wants to show a page.
pub fn wants_page(headers: &HeaderMap, uri: &Uri) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    let first_known = media.into_iter().find(|media| {
        matches!(*media, "text/html" | "application/json" | "application/graphql-response+json" | "*/*")
    });
    let asks = uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("query=")));
    first_known == Some("text/html") && !asks
}

/// The GraphQL playground.
pub fn playground() -> Response {
    page("playground.html")
}

/// A page at a path, with and without the slash at its end.
fn pages(path: &str, name: &'static str) -> Router {
    let serve = move || async move { page(name) };
    Router::new().route(path, get(serve)).route(&format!("{path}/"), get(serve))
}

fn page(name: &str) -> Response {
    let mut page = match Pages::get(name) {
        Some(page) => answer(page, "no-cache"),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    };
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    page
}

/// The path as sent: no name of a file needs decoding, and a page is no asset, however one gets to it.
async fn asset(uri: Uri) -> Response {
    match uri.path().trim_start_matches('/') {
        path if path.contains("..") => StatusCode::NOT_FOUND.into_response(),
        path => file(path, FOR_EVER),
    }
}

fn file(path: &str, cache: &'static str) -> Response {
    match Pages::get(path) {
        Some(found) => answer(found, cache),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(file: EmbeddedFile, cache: &'static str) -> Response {
    let mut response = Body::from(file.data.into_owned()).into_response();
    let media = HeaderValue::from_str(file.metadata.mimetype());
    let media = media.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_page_that_is_not_built_says_how_to_get_it() {
        let (parts, body) = page("none.html").into_parts();
        assert_eq!(parts.status, StatusCode::OK);
        assert_eq!(parts.headers[header::CONTENT_SECURITY_POLICY], POLICY);
        let text = String::from_utf8(to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap();
        for hint in ["npm ci &amp;&amp; npm run build", "make run", "href=\"/api/schema/\""] {
            assert!(text.contains(hint), "{hint} in {text}");
        }
    }
}
