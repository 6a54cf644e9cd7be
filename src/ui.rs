//! The pages: built by Vite into `web/dist`, carried inside the binary, and served with a strict policy each.
//!
//! A binary that was built without them says on their addresses how to get them.

mod files;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use files::Kept;

/// Where the chat shows something, as its own router knows it.
const CHAT_PATHS: [&str; 10] = [
    "/",
    "/sign-in",
    "/sign-up",
    "/sign-out",
    "/find",
    "/join/{code}",
    "/setup/{code}",
    "/rooms/{*path}",
    "/settings",
    "/settings/{*path}",
];

/// Nothing but what is ours, for the chat and the administrator's desk.
const STRICT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Scripts, styles and connections of our own origin only, which for `connect-src` has its WebSockets in it; the
/// editor's workers come from there too.
const TOOLS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    font-src 'self' data:; img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tertulia</title>\
    <h1>This page is not in this binary</h1>\
    <p>It was built without Node. The API works all the same: POST to <code>/graphql</code>; the document of the \
    REST faces is at <a href=\"/api/schema/\">/api/schema/</a>.</p>\
    <p>To get the pages, install Node 20.19 or newer and start the server with <code>make run</code>, \
    or build them with <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and then the \
    server with <code>cargo build</code>.</p></html>\n";

/// Whether the pages are in this binary.
pub fn is_built() -> bool {
    files::has("index.html")
}

/// The pages, and the files that they load.
pub fn routes() -> Router {
    let chat = CHAT_PATHS.map(|path| page_at(path, "index.html", STRICT_POLICY));
    let desk = ["/admin", "/admin/{*path}"].map(|path| page_at(path, "admin.html", STRICT_POLICY));
    let tools = [("/api/docs", "docs.html"), ("/api/redoc", "redoc.html")]
        .map(|(path, name)| page_at(path, name, TOOLS_POLICY));
    let files = files::at_top().fold(Router::new(), |router, name| {
        let path = format!("/{name}");
        router.route(&path, get(async move |headers: HeaderMap| file(&name, Kept::WhileTheSame, &headers)))
    });
    let pages = chat.into_iter().chain(desk).chain(tools);
    pages.fold(files, Router::merge).route("/assets/{*path}", get(asset))
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
pub fn playground(headers: &HeaderMap) -> Response {
    page("playground.html", TOOLS_POLICY, headers)
}

/// A page at a path, with and without the slash at its end; or at all paths below one.
fn page_at(path: &str, name: &'static str, policy: &'static str) -> Router {
    let serve = move |headers: HeaderMap| async move { page(name, policy, &headers) };
    let router = Router::new().route(path, get(serve));
    if path.ends_with('/') || path.contains("{*") {
        return router;
    }
    router.route(&format!("{path}/"), get(serve))
}

fn page(name: &str, policy: &'static str, headers: &HeaderMap) -> Response {
    let mut page = files::answer(name, Kept::WhileTheSame, headers)
        .unwrap_or_else(|| ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response());
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    page
}

/// The path as sent: no name of a file needs decoding, and a page is no asset, however one gets to it.
async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    match uri.path().trim_start_matches('/') {
        path if path.contains("..") => StatusCode::NOT_FOUND.into_response(),
        path => file(path, Kept::ForEver, &headers),
    }
}

fn file(path: &str, kept: Kept, headers: &HeaderMap) -> Response {
    files::answer(path, kept, headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}
