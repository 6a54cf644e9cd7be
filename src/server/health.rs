//! Probes: is the process alive, may it be sent work, and its metrics.
//!
//! Answers name the checks and whether they passed, never why not; the log has that. These routes need
//! no credentials and count against no limit, so readiness is looked into at most once a second.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};

use crate::metrics::{Levels, Metrics};

/// How long a check may take, and how long its result stands.
#[derive(Debug, Clone, Copy)]
struct Pace {
    patience: Duration,
    fresh: Duration,
}

const PACE: Pace = Pace { patience: Duration::from_secs(2), fresh: Duration::from_secs(1) };

/// Something the server needs did not answer. Why is for whoever checked to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotReady;

type Checking = Pin<Box<dyn Future<Output = Result<(), NotReady>> + Send>>;

/// A thing the server cannot work without, such as `database`.
pub struct Check {
    name: &'static str,
    run: Box<dyn Fn() -> Checking + Send + Sync>,
}

impl Check {
    pub fn new<F, Fut>(name: &'static str, run: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), NotReady>> + Send + 'static,
    {
        Self { name, run: Box::new(move || Box::pin(run())) }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads the numbers that other parts keep.
pub type ReadLevels = Arc<dyn Fn() -> Levels + Send + Sync>;

struct Probes {
    checks: Vec<Check>,
    stop: watch::Receiver<bool>,
    pace: Pace,
    /// Held while the checks run, so that many probes at once make one round of checks.
    last: Mutex<Option<(Instant, Vec<bool>)>>,
}

/// `/health/live`, `/health/ready` and, if `metrics` is given, `/metrics`.
///
/// `levels` reads the numbers that other parts keep, at each scrape.
pub fn routes(
    checks: Vec<Check>,
    stop: watch::Receiver<bool>,
    metrics: Option<(Metrics, ReadLevels)>,
) -> Router {
    routes_at(PACE, checks, stop, metrics)
}

fn routes_at(
    pace: Pace,
    checks: Vec<Check>,
    stop: watch::Receiver<bool>,
    metrics: Option<(Metrics, ReadLevels)>,
) -> Router {
    let probes = Arc::new(Probes { checks, stop, pace, last: Mutex::new(None) });
    let router =
        Router::new().route("/health/live", get(live)).route("/health/ready", get(ready).with_state(probes));
    match metrics {
        Some(metrics) => router.route("/metrics", get(numbers).with_state(metrics)),
        None => router,
    }
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn ready(State(probes): State<Arc<Probes>>) -> Response {
    // A sender that is gone means a stop to the listener, so it does here.
    if *probes.stop.borrow() || probes.stop.has_changed().is_err() {
        return unavailable(&json!({ "serving": "draining" }));
    }
    let passed = probes.passed().await;
    if passed.iter().all(|passed| *passed) {
        return Json(json!({ "status": "ok" })).into_response();
    }
    let word = |passed: bool| Value::from(if passed { "ok" } else { "failed" });
    let checks =
        probes.checks.iter().zip(passed).map(|(check, passed)| (check.name.to_owned(), word(passed)));
    unavailable(&Value::Object(checks.collect::<Map<_, _>>()))
}

fn unavailable(checks: &Value) -> Response {
    let body = Json(json!({ "status": "unavailable", "checks": checks }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

async fn numbers(State((metrics, levels)): State<(Metrics, ReadLevels)>) -> Response {
    metrics.observe(levels());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
}

impl Probes {
    async fn passed(&self) -> Vec<bool> {
        let mut last = self.last.lock().await;
        if let Some((at, passed)) = last.as_ref()
            && at.elapsed() < self.pace.fresh
        {
            return passed.clone();
        }
        let running = self.checks.iter().map(|check| timeout(self.pace.patience, (check.run)()));
        let passed: Vec<bool> =
            join_all(running).await.into_iter().map(|result| result == Ok(Ok(()))).collect();
        for (check, _) in self.checks.iter().zip(&passed).filter(|(_, passed)| !**passed) {
            tracing::warn!(check = check.name, "a readiness check failed");
        }
        *last = Some((Instant::now(), passed.clone()));
        passed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readiness_names_what_failed_and_nothing_more() {
        let (_stop, stopped) = watch::channel(false);
        let checks =
            vec![Check::new("bus", || async { Ok(()) }), Check::new("database", || async { Err(NotReady) })];
        let router = routes(checks, stopped, None);
        let (status, body) = ask(&router, "/health/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let expected = json!({ "status": "unavailable", "checks": { "bus": "ok", "database": "failed" } });
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
        assert_eq!(ask(&router, "/health/live").await, (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()));
        assert_eq!(ask(&router, "/metrics").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_check_that_hangs_has_failed() {
        let (_stop, stopped) = watch::channel(false);
        let pace = Pace { patience: Duration::from_millis(20), ..PACE };
        let router = routes_at(pace, vec![Check::new("database", std::future::pending)], stopped, None);
        assert_eq!(ask(&router, "/health/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn draining_is_not_ready_but_alive() {
        let (stop, stopped) = watch::channel(false);
        let router = routes(Vec::new(), stopped, None);
        assert_eq!(ask(&router, "/health/ready").await.0, StatusCode::OK);
        stop.send_replace(true);
        let (status, body) = ask(&router, "/health/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("draining"), "{body}");
        assert_eq!(ask(&router, "/health/live").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn many_probes_make_one_round_of_checks() {
        let (_stop, stopped) = watch::channel(false);
        let runs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&runs);
        let check = Check::new("database", move || {
            counter.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        });
        let fresh = Duration::from_millis(200);
        let router = routes_at(Pace { fresh, ..PACE }, vec![check], stopped, None);
        join_all((0..10).map(|_| ask(&router, "/health/ready"))).await;
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        tokio::time::sleep(fresh).await;
        ask(&router, "/health/ready").await;
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn metrics_are_served_as_prometheus_text() {
        let (_stop, stopped) = watch::channel(false);
        let router = routes(Vec::new(), stopped, Some((Metrics::new(), Arc::new(Levels::default))));
        let (status, body) = ask(&router, "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("tertulia_connections_open 0\n"), "{body}");
    }
}
