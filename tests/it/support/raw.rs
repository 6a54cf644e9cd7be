//! A server on a port of its own, and a caller who may send any bytes at any pace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use tertulia::metrics::Metrics;
use tertulia::server::middleware::{Settings, layer};
use tertulia::server::{Bounds, Drained, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Longer than any deadline under test; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub fn bounds() -> Bounds {
    Bounds {
        connections_max: 100,
        header_timeout: Duration::from_secs(5),
        body_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(5),
        body_bytes_max: 10_000,
        header_bytes_max: 16_384,
        drain_timeout: Duration::from_secs(5),
    }
}

pub fn settings(bounds: Bounds, metrics: Metrics) -> Settings {
    let next = AtomicUsize::new(1);
    Settings {
        bounds,
        bounds_of_route: None,
        allowed_origins: Vec::new(),
        https: false,
        request_ids: Arc::new(move || format!("made-{}", next.fetch_add(1, Ordering::Relaxed))),
        metrics,
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub metrics: Metrics,
    pub stop: watch::Sender<bool>,
    pub done: JoinHandle<Drained>,
}

impl Server {
    pub async fn start(app: Router, bounds: Bounds) -> Self {
        let metrics = Metrics::new();
        let router = layer(app, Router::new(), &settings(bounds, metrics.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let done = tokio::spawn(serve(listener, router, bounds, metrics.clone(), stopped));
        Self { address, metrics, stop, done }
    }

    pub async fn connect(&self) -> Caller {
        Caller(TcpStream::connect(self.address).await.unwrap())
    }

    pub async fn wait_for_metric(&self, line: &str) {
        let started = Instant::now();
        while !self.metrics.render().lines().any(|shown| shown == line) {
            assert!(started.elapsed() < PATIENCE, "never saw {line} in {}", self.metrics.render());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn drained(self) -> Drained {
        self.stop.send_replace(true);
        timeout(PATIENCE, self.done).await.unwrap().unwrap()
    }
}

pub struct Caller(pub TcpStream);

impl Caller {
    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends one byte every 20 ms until the server has had enough or says something.
    pub async fn trickle(&mut self, text: &str) -> String {
        let (mut read, mut write) = self.0.split();
        let sending = async {
            for byte in text.as_bytes().chunks(1) {
                if write.write_all(byte).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut answer = Vec::new();
        tokio::select! {
            () = sending => unreachable!(),
            result = timeout(PATIENCE, read.read_to_end(&mut answer)) => drop(result.expect("the server never closed")),
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Everything until the server closes. A reset counts as closing.
    pub async fn rest(&mut self) -> String {
        let mut answer = Vec::new();
        drop(timeout(PATIENCE, self.0.read_to_end(&mut answer)).await.expect("the server never closed"));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Reads until `end` has come.
    pub async fn read_until(&mut self, end: &str) -> String {
        let mut answer = String::new();
        let mut chunk = [0; 4096];
        while !answer.contains(end) {
            let read =
                timeout(PATIENCE, self.0.read(&mut chunk)).await.expect("the server is silent").unwrap();
            assert!(read > 0, "closed after {answer}");
            answer.push_str(&String::from_utf8_lossy(&chunk[..read]));
        }
        answer
    }
}
