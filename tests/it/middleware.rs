//! What every answer has, and what never reaches a route.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use serde_json::Value;
use tertulia::http::headers::Origin;
use tertulia::metrics::{Levels, Metrics};
use tertulia::server::health;
use tertulia::server::middleware::{Settings, fallbacks, layer};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::support::raw::{bounds, settings};

fn app() -> Router {
    let sse = || async {
        let events = futures_util::stream::iter((0..100).map(|_| Event::default().data("x".repeat(100))));
        Sse::new(futures_util::StreamExt::map(events, Ok::<_, std::io::Error>))
    };
    let page = || async {
        (
            [(header::CONTENT_SECURITY_POLICY, "default-src 'self'"), (header::CACHE_CONTROL, "max-age=60")],
            "page",
        )
    };
    fallbacks(
        Router::new()
            .route("/rooms/{id}", get(|| async { "room" }))
            .route("/panic", get(|| async { panic!("the inside of it") as () }))
            .route("/never", get(std::future::pending::<()>))
            .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
            .route("/large", get(|| async { axum::Json("x".repeat(5000)) }))
            .route("/small", get(|| async { axum::Json("x".repeat(100)) }))
            .route("/sse", get(sse))
            .route("/page", get(page)),
    )
}

fn router(change: impl FnOnce(&mut Settings)) -> Router {
    let mut settings = settings(bounds(), Metrics::new());
    change(&mut settings);
    let (_, stopped) = watch::channel(false);
    layer(
        app(),
        health::routes(Vec::new(), stopped, Some((settings.metrics.clone(), Arc::new(Levels::default)))),
        &settings,
    )
}

async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn text(response: Response<Body>) -> String {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn error(response: Response<Body>) -> (String, String) {
    let body: Value = serde_json::from_str(&text(response).await).unwrap();
    let extensions = &body["errors"][0]["extensions"];
    assert!(body["errors"][0]["message"].as_str().is_some_and(|message| !message.is_empty()));
    (extensions["code"].as_str().unwrap().to_owned(), extensions["requestId"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_panic_is_answered_without_its_words() {
    let router = router(|_| ());
    let response = ask(&router, "GET", "/panic", &[("x-request-id", "edge-7")]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(header(&response, "x-request-id"), Some("edge-7"));
    let body = text(response).await;
    assert!(!body.contains("inside"), "{body}");
    assert!(body.contains(r#""code":"INTERNAL""#) && body.contains(r#""requestId":"edge-7""#), "{body}");
}

#[tokio::test]
async fn a_request_id_is_kept_if_safe_and_made_if_not() {
    let router = router(|_| ());
    for (sent, expected) in [("edge-7", "edge-7"), ("a b", "made-1"), ("\"x\"", "made-2")] {
        let response = ask(&router, "GET", "/rooms/7", &[("x-request-id", sent)]).await;
        assert_eq!(header(&response, "x-request-id"), Some(expected));
    }
    let response = ask(&router, "GET", "/rooms/7", &[]).await;
    assert_eq!(header(&response, "x-request-id"), Some("made-3"));
}

#[tokio::test]
async fn a_trace_that_is_handed_in_is_handed_back_if_it_is_one() {
    let router = router(|_| ());
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let response = ask(&router, "GET", "/rooms/7", &[("traceparent", trace)]).await;
    assert_eq!(header(&response, "traceparent"), Some(trace));
    let response = ask(&router, "GET", "/rooms/7", &[("traceparent", "00-nonsense")]).await;
    assert_eq!(header(&response, "traceparent"), None);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_shape_of_errors() {
    let router = router(|_| ());
    for (method, path, status, code) in [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("PUT", "/rooms/7", 405, "BAD_INPUT"),
        ("TRACE", "/rooms/7", 405, "BAD_INPUT"),
        ("TRACE", "/nowhere", 405, "BAD_INPUT"),
        ("CONNECT", "/rooms/7", 405, "BAD_INPUT"),
        ("BREW", "/health/live", 405, "BAD_INPUT"),
        ("POST", "/health/live", 405, ""),
    ] {
        let response = ask(&router, method, path, &[]).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(header(&response, "allow").is_some(), status == 405, "{method} {path}");
        if !code.is_empty() {
            assert_eq!(error(response).await.0, code, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_handler_that_never_answers_is_given_up() {
    let router = router(|settings| settings.bounds.request_timeout = Duration::from_millis(50));
    let response = ask(&router, "GET", "/never", &[]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "retry-after"), Some("1"));
    assert_eq!(error(response).await.0, "UNAVAILABLE");
}

#[tokio::test]
async fn a_route_may_have_its_own_bounds() {
    let router = router(|settings| {
        settings.bounds.request_timeout = Duration::from_millis(50);
        settings.bounds_of_route = Some(Arc::new(|route, _, default| match route {
            "/body" => tertulia::server::middleware::RequestBounds { body_bytes_max: 3_000_000, ..default },
            "/never" => tertulia::server::middleware::RequestBounds { request_timeout: None, ..default },
            _ => default,
        }));
    });
    let request = Request::post("/body").body(Body::from("x".repeat(2_500_000))).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!((response.status(), text(response).await.as_str()), (StatusCode::OK, "2500000"));
    let waiting = tokio::time::timeout(Duration::from_millis(200), ask(&router, "GET", "/never", &[]));
    assert!(waiting.await.is_err());
}

#[tokio::test]
async fn an_encoded_body_is_refused_unread() {
    let router = router(|_| ());
    let response = ask(&router, "POST", "/body", &[("content-encoding", "gzip")]).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn every_answer_has_the_default_headers_and_a_handler_may_have_its_own() {
    let router = router(|settings| settings.https = true);
    for path in ["/rooms/7", "/nowhere", "/panic", "/health/live"] {
        let response = ask(&router, "GET", path, &[]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(header(&response, name), Some(value), "{name} of {path}");
        }
    }
    let page = ask(&router, "GET", "/page", &[]).await;
    assert_eq!(header(&page, "content-security-policy"), Some("default-src 'self'"));
    assert_eq!(header(&page, "cache-control"), Some("max-age=60"));
}

#[tokio::test]
async fn only_listed_origins_may_read_answers_and_probes_never_may_be_read() {
    let router =
        router(|settings| settings.allowed_origins = vec![Origin::parse("https://app.example").unwrap()]);
    let preflight = |origin| {
        let pairs = [("origin", origin), ("access-control-request-method", "POST")];
        let router = router.clone();
        async move { ask(&router, "OPTIONS", "/body", &pairs).await }
    };
    let granted = preflight("https://app.example").await;
    assert_eq!(header(&granted, "access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(header(&granted, "access-control-allow-methods"), Some("GET,POST,PUT,PATCH,DELETE"));
    assert_eq!(header(&granted, "access-control-allow-credentials"), None);
    assert!(header(&granted, "x-request-id").is_some());
    for origin in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"] {
        assert_eq!(header(&preflight(origin).await, "access-control-allow-origin"), None, "{origin}");
    }
    let origin = [("origin", "https://app.example")];
    let panic = ask(&router, "GET", "/panic", &origin).await;
    assert_eq!(header(&panic, "access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(header(&panic, "access-control-expose-headers"), Some("x-request-id,retry-after"));
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(header(&ask(&router, "GET", path, &origin).await, "access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn only_large_answers_of_fitting_types_are_compressed() {
    let router = router(|_| ());
    for (path, encoding) in [("/large", Some("gzip")), ("/small", None), ("/sse", None), ("/metrics", None)] {
        let response = ask(&router, "GET", path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(header(&response, "content-encoding"), encoding, "{path}");
    }
    assert_eq!(header(&ask(&router, "GET", "/large", &[]).await, "content-encoding"), None);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_class() {
    let router = router(|_| ());
    ask(&router, "GET", "/rooms/7", &[]).await;
    ask(&router, "GET", "/rooms/8?a=1", &[]).await;
    ask(&router, "BREW", "/nowhere", &[]).await;
    let never = tokio::time::timeout(Duration::from_millis(20), ask(&router, "GET", "/never", &[]));
    assert!(never.await.is_err());
    let shown = text(ask(&router, "GET", "/metrics", &[]).await).await;
    for line in [
        r#"tertulia_http_requests_total{method="GET",route="/rooms/{id}",status="2xx"} 2"#,
        r#"tertulia_http_requests_total{method="other",route="none",status="4xx"} 1"#,
        r#"tertulia_http_requests_total{method="GET",route="/never",status="aborted"} 1"#,
        "tertulia_http_requests_in_flight 1",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in {shown}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_route_status_and_ids_but_no_query_body_or_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let router = router(|_| ());
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("authorization", "Bearer s3cret"), ("traceparent", trace), ("x-request-id", "edge-7")];
    ask(&router, "GET", "/rooms/s3cret?token=s3cret", &headers).await;
    ask(&router, "GET", "/nowhere/s3cret", &headers).await;
    ask(&router, "GET", "/panic", &headers).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("s3cret"), "{log}");
    for part in
        ["/rooms/{id}", "edge-7", "0af7651916cd43dd8448eb211c80319c", r#""status":200"#, "duration_ms"]
    {
        assert!(log.contains(part), "{part} in {log}");
    }
    assert_eq!(log.matches("a handler panicked").count(), 1, "{log}");
}

#[tokio::test]
async fn a_refusal_speaks_the_language_of_the_caller() {
    let router = router(|_| ());
    let english = text(ask(&router, "GET", "/nowhere", &[]).await).await;
    let spanish = text(ask(&router, "GET", "/nowhere", &[("accept-language", "es")]).await).await;
    assert_ne!(english.replace("made-1", ""), spanish.replace("made-2", ""));
}
