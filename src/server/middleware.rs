//! What every request passes through on its way to a route, in one order.
//!
//! From outside in: observation and default headers, CORS, compression, then method, body and time
//! bounds with the net for panics. Probes pass through all but CORS and compression. Limits by caller
//! are not here; they need to know who calls.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures_util::FutureExt;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::answer::Asked;
use super::body::{Broken, bound, linger};
use super::listener::Bounds;
use super::observe::{Observer, observe};
use crate::http::headers::{Origin, RequestId};
use crate::metrics::Metrics;

pub use super::observe::RequestIds;

/// Below this gzip saves less than its trouble.
const COMPRESSED_BYTES_MIN: u64 = 1024;
const PREFLIGHT_MAX_AGE: Duration = Duration::from_hours(1);

/// Types worth compressing, none of which is a stream of events.
const COMPRESSED_TYPES: [&str; 9] = [
    "application/json",
    "application/graphql-response+json",
    "application/vnd.oai.openapi",
    "application/vnd.oai.openapi+json",
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
];

/// What one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestBounds {
    pub body_bytes_max: usize,
    pub body_timeout: Duration,
    /// From the end of the body to the head of the answer, so it never ends a stream or a socket that
    /// has begun. `None` waits as long as the handler does.
    pub request_timeout: Option<Duration>,
}

impl From<&Bounds> for RequestBounds {
    fn from(bounds: &Bounds) -> Self {
        Self {
            body_bytes_max: bounds.body_bytes_max,
            body_timeout: bounds.body_timeout,
            request_timeout: Some(bounds.request_timeout),
        }
    }
}

/// Gives a route its own bounds: takes the route, such as `/media/{id}`, the headers and the default.
pub type BoundsOfRoute = Arc<dyn Fn(&str, &HeaderMap, RequestBounds) -> RequestBounds + Send + Sync>;

/// What the layers need to know.
#[derive(Clone)]
pub struct Settings {
    pub bounds: Bounds,
    /// `None` gives every route the default.
    pub bounds_of_route: Option<BoundsOfRoute>,
    /// Exact origins whose pages may read answers; none turns CORS off.
    pub allowed_origins: Vec<Origin>,
    /// Whether the public address is https, which callers are then told to keep to.
    pub https: bool,
    pub request_ids: RequestIds,
    pub metrics: Metrics,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("bounds", &self.bounds)
            .field("allowed_origins", &self.allowed_origins)
            .field("https", &self.https)
            .finish_non_exhaustive()
    }
}

/// Wraps the routes of the application and the probes, and makes one router of them.
///
/// Call it last: layers cover the routes, and the fallback, that a router has when it gets them.
pub fn layer(app: Router, probes: Router, settings: &Settings) -> Router {
    let limits = Arc::new(Limits {
        default: RequestBounds::from(&settings.bounds),
        of_route: settings.bounds_of_route.clone(),
    });
    let observer = Arc::new(Observer {
        request_ids: Arc::clone(&settings.request_ids),
        metrics: settings.metrics.clone(),
        https: settings.https,
    });
    let bounded = |router: Router| {
        // axum's own limit of 2 MB would come before a larger one of ours.
        router.layer(DefaultBodyLimit::disable()).layer(from_fn_with_state(Arc::clone(&limits), guard))
    };
    let app = bounded(app).layer(compression());
    let app = match cors(&settings.allowed_origins) {
        Some(cors) => app.layer(cors),
        None => app,
    };
    app.merge(bounded(probes)).layer(from_fn_with_state(observer, observe))
}

/// Answers unknown paths with 404 and known ones asked in the wrong way with 405, as JSON.
///
/// Apart from [`layer`], because a page router may have a fallback of its own.
pub fn fallbacks(app: Router) -> Router {
    app.fallback(unknown_path).method_not_allowed_fallback(method_not_allowed)
}

async fn unknown_path(request: Request) -> Response {
    asked(&request).unknown_path()
}

async fn method_not_allowed(request: Request) -> Response {
    asked(&request).method_not_allowed()
}

fn asked(request: &Request) -> Asked {
    Asked::of(request.headers(), request.extensions().get::<RequestId>(), request.uri().path())
}

fn cors(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let request_id = HeaderName::from_static("x-request-id");
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::CONTENT_TYPE,
                header::AUTHORIZATION,
                header::ACCEPT,
                header::ACCEPT_LANGUAGE,
                HeaderName::from_static("apollo-require-preflight"),
                HeaderName::from_static("x-requested-with"),
                HeaderName::from_static("traceparent"),
                HeaderName::from_static("last-event-id"),
                HeaderName::from_static("x-graphql-event-stream-token"),
                HeaderName::from_static("x-chat-dialect"),
                request_id.clone(),
            ])
            .expose_headers([request_id, header::RETRY_AFTER])
            .max_age(PREFLIGHT_MAX_AGE),
    )
}

fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = |_: StatusCode, _: Version, headers: &HeaderMap, _: &axum::http::Extensions| {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        COMPRESSED_TYPES.iter().any(|known| known.eq_ignore_ascii_case(essence))
    };
    CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN).and(worth_it))
}

struct Limits {
    default: RequestBounds,
    of_route: Option<BoundsOfRoute>,
}

impl Limits {
    fn of(&self, request: &Request) -> RequestBounds {
        match (&self.of_route, request.extensions().get::<MatchedPath>()) {
            (Some(of_route), Some(path)) => of_route(path.as_str(), request.headers(), self.default),
            _ => self.default,
        }
    }
}

async fn guard(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let asked = asked(&request);
    if !is_known(request.method()) {
        return with_allow(asked.method_not_allowed());
    }
    let bounds = limits.of(&request);
    // On HTTP/2 a stream is reset without harm to its answer. A caller that waits for 100 Continue has
    // sent nothing yet, and reading would ask for it.
    let lingers = request.version() < Version::HTTP_2 && !request.headers().contains_key(header::EXPECT);
    if request.body().size_hint().lower() > bounds.body_bytes_max as u64 {
        if lingers {
            linger(request.into_body());
        }
        return asked.body_too_large(bounds.body_bytes_max);
    }
    if has_content_encoding(request.headers()) {
        return asked.body_encoded();
    }
    run(request, next, &asked, bounds, lingers).await
}

async fn run(request: Request, next: Next, asked: &Asked, bounds: RequestBounds, lingers: bool) -> Response {
    let (parts, body) = request.into_parts();
    let (body, mut progress) = bound(body, bounds.body_bytes_max, bounds.body_timeout, lingers);
    let handler = AssertUnwindSafe(next.run(Request::from_parts(parts, body))).catch_unwind();
    let overdue = async {
        match bounds.request_timeout {
            Some(limit) => {
                progress.over().await;
                tokio::time::sleep(limit).await;
            }
            None => std::future::pending().await,
        }
    };
    let response = tokio::select! {
        biased;
        result = handler => result.unwrap_or_else(|panic| panicked(asked, panic.as_ref())),
        () = overdue => {
            tracing::warn!("the request took too long and was given up");
            return asked.timed_out();
        }
    };
    // A handler that failed on the body cannot know why; one that answered for itself is left alone.
    match progress.broken() {
        Some(Broken::Size) if replaces(&response, StatusCode::PAYLOAD_TOO_LARGE) => {
            asked.body_too_large(bounds.body_bytes_max)
        }
        Some(Broken::Time) if replaces(&response, StatusCode::REQUEST_TIMEOUT) => asked.body_too_slow(),
        _ => response,
    }
}

fn replaces(response: &Response, status: StatusCode) -> bool {
    let given = response.status();
    (given.is_client_error() || given.is_server_error()) && given != status
}

/// The caller learns the request id, under which the log has the rest.
fn panicked(asked: &Asked, panic: &(dyn Any + Send)) -> Response {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words");
    tracing::error!(request.id = asked.request_id(), panic = words, "a handler panicked");
    asked.panicked()
}

/// Whether any route could have a use for the method. TRACE and CONNECT have none.
fn is_known(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        .contains(method)
}

fn with_allow(mut response: Response) -> Response {
    let known = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    response.headers_mut().entry(header::ALLOW).or_insert(known);
    response
}

/// Bodies are read as they come, so an encoding could only hide a bomb from the bound.
fn has_content_encoding(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}
