//! What every answer shares: a request id, a span, one line in the log, its metrics and its headers.
//!
//! Paths and query strings are never logged, for they may hold tokens; routes are.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Span, field};

use crate::http::headers::{RequestId, TraceParent};
use crate::metrics::Metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Set unless the handler has its own: pages have another policy, and media may be kept.
const DEFAULTS: [(HeaderName, HeaderValue); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Makes a fresh request id; chance and time belong to the caller.
pub type RequestIds = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
pub(super) struct Observer {
    pub(super) request_ids: RequestIds,
    pub(super) metrics: Metrics,
    pub(super) https: bool,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("https", &self.https).finish_non_exhaustive()
    }
}

pub(super) async fn observe(
    State(observer): State<Arc<Observer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(request.headers()).unwrap_or_else(|| RequestId::new((observer.request_ids)()));
    let sighting = Sighting::new(&observer.metrics, &request, &id);
    request.extensions_mut().insert(id.clone());
    // A trace that was handed in is handed back, so that the caller finds our log lines under it.
    let trace = TraceParent::of(request.headers()).and_then(|_| request.headers().get(TRACE_PARENT).cloned());
    let span = sighting.span.clone();
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if let Some(trace) = trace {
        response.headers_mut().insert(TRACE_PARENT, trace);
    }
    protect(response.headers_mut(), observer.https);
    sighting.answered(response.status());
    response
}

/// One request, seen until it is answered or its caller has gone away, which drops the handler.
struct Sighting {
    metrics: Metrics,
    span: Span,
    method: &'static str,
    route: Option<MatchedPath>,
    started: Instant,
    status: Option<StatusCode>,
    _in_flight: crate::metrics::Counted,
}

impl Sighting {
    fn new(metrics: &Metrics, request: &Request, id: &RequestId) -> Self {
        let method = method_name(request.method());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let span = tracing::info_span!(
            "request",
            method,
            route = route_name(route.as_ref()),
            request.id = id.as_str(),
            trace.id = field::Empty,
            trace.parent = field::Empty,
            status = field::Empty,
            duration_ms = field::Empty,
        );
        if let Some(parent) = TraceParent::of(request.headers()) {
            span.record("trace.id", parent.trace_id).record("trace.parent", parent.parent_id);
        }
        let in_flight = metrics.http_in_flight();
        let metrics = metrics.clone();
        Self { metrics, span, method, route, started: Instant::now(), status: None, _in_flight: in_flight }
    }

    fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Sighting {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let route = route_name(self.route.as_ref());
        self.metrics.http_request(self.method, route, self.status.map(|status| status.as_u16()), took);
        self.span.record("duration_ms", millis(took));
        let _entered = self.span.enter();
        let Some(status) = self.status else {
            tracing::info!("the caller went away before the answer");
            return;
        };
        self.span.record("status", status.as_u16());
        // Probes come every few seconds and say nothing new.
        if route.starts_with("/health/") || route == "/metrics" {
            tracing::debug!("request answered");
        } else {
            tracing::info!("request answered");
        }
    }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

fn route_name(route: Option<&MatchedPath>) -> &str {
    route.map_or("none", MatchedPath::as_str)
}

/// Callers may invent methods, so the names that become labels are listed.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn protect(headers: &mut HeaderMap, https: bool) {
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(value);
    }
    if https {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(ONE_YEAR);
    }
}
