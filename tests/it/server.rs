//! The listener over raw TCP: deadlines, the cap, draining, upgrades, HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use hyper_util::rt::TokioIo;
use tertulia::server::{Bounds, Drained};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::support::raw::{Server, bounds};

const SHORT: Duration = Duration::from_millis(200);

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/peer", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }))
        .route("/echo", post(|body: Bytes| async move { body }))
        .route("/ignore", post(|| async { StatusCode::UNAUTHORIZED }))
        .route("/flood", get(|| async { Body::from_stream(flood()) }))
        .route("/upgrade", get(upgrade))
}

fn flood() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 16_384])))
}

async fn upgrade(mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut io = TokioIo::new(upgrade.await.unwrap());
        let mut byte = [0];
        while io.read_exact(&mut byte).await.is_ok() {
            io.write_all(&byte).await.unwrap();
        }
    });
    let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    let response = response.header(header::CONNECTION, "upgrade").header(header::UPGRADE, "echo");
    response.body(Body::empty()).unwrap()
}

fn overdue(which: &str) -> String {
    format!("tertulia_connections_overdue_total{{deadline=\"{which}\"}} 1")
}

#[tokio::test]
async fn a_head_at_a_byte_at_a_time_is_closed_at_its_deadline() {
    let server = Server::start(app(), Bounds { header_timeout: SHORT, ..bounds() }).await;
    let started = Instant::now();
    let answer = server
        .connect()
        .await
        .trickle("GET / HTTP/1.1\r\nhost: a\r\nx-padding: aaaaaaaaaaaaaaaaaaaaaaa")
        .await;
    assert_eq!(answer, "");
    assert!(started.elapsed() >= SHORT && started.elapsed() < SHORT * 4, "{:?}", started.elapsed());
    server.wait_for_metric(&overdue("head")).await;
    server.wait_for_metric("tertulia_connections_open 0").await;
}

#[tokio::test]
async fn a_silent_connection_and_half_a_preface_are_closed_as_a_slow_head() {
    let server = Server::start(app(), Bounds { header_timeout: SHORT, ..bounds() }).await;
    assert_eq!(server.connect().await.rest().await, "");
    let mut half = server.connect().await;
    half.send("PRI * HTTP/2.0\r\n").await;
    assert_eq!(half.rest().await, "");
}

#[tokio::test]
async fn the_second_head_of_a_connection_has_the_same_deadline() {
    let server = Server::start(app(), Bounds { header_timeout: SHORT, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    caller.read_until("hello").await;
    caller.send("GET / HT").await;
    assert_eq!(caller.rest().await, "");
    server.wait_for_metric(&overdue("head")).await;
}

#[tokio::test]
async fn an_idle_connection_outlives_the_head_deadline_and_is_closed_at_its_own() {
    let idle = Duration::from_millis(500);
    let server = Server::start(app(), Bounds { header_timeout: SHORT, idle_timeout: idle, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    caller.read_until("hello").await;
    let quiet_since = Instant::now();
    assert_eq!(caller.rest().await, "");
    assert!(quiet_since.elapsed() > SHORT * 2, "{:?}", quiet_since.elapsed());
    server.wait_for_metric(&overdue("idle")).await;
}

#[tokio::test]
async fn a_peer_that_takes_nothing_of_its_answer_is_closed() {
    let server = Server::start(app(), Bounds { idle_timeout: SHORT, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send("GET /flood HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.wait_for_metric(&overdue("stalled")).await;
    server.wait_for_metric("tertulia_connections_open 0").await;
}

#[tokio::test]
async fn a_head_over_its_size_is_refused() {
    let server = Server::start(app(), Bounds { header_bytes_max: 8192, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send(&format!("GET / HTTP/1.1\r\nhost: a\r\nx-padding: {}\r\n\r\n", "a".repeat(9000))).await;
    let answer = caller.rest().await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_body_at_a_byte_at_a_time_ends_in_408() {
    let server = Server::start(app(), Bounds { body_timeout: SHORT, ..bounds() }).await;
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 500\r\n\r\n";
    let mut caller = server.connect().await;
    caller.send(head).await;
    let answer = caller.trickle(&"x".repeat(500)).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains(r#""code":"UNAVAILABLE""#), "{answer}");
    server.wait_for_metric("tertulia_connections_open 0").await;
}

#[tokio::test]
async fn a_body_over_its_size_is_refused_by_length_and_while_it_streams() {
    let server = Server::start(app(), bounds()).await;
    let mut by_length = server.connect().await;
    by_length.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 10001\r\n\r\n").await;
    let answer = by_length.read_until("}]}").await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains(r#""code":"PAYLOAD_TOO_LARGE""#),
        "{answer}"
    );

    let mut streaming = server.connect().await;
    streaming.send("POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for _ in 0..11 {
        streaming.send(&format!("3e8\r\n{}\r\n", "x".repeat(1000))).await;
    }
    let answer = streaming.read_until("}]}").await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains(r#""code":"PAYLOAD_TOO_LARGE""#),
        "{answer}"
    );

    let mut fits = server.connect().await;
    fits.send(&format!(
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 10000\r\n\r\n{}",
        "y".repeat(10_000)
    ))
    .await;
    assert!(fits.read_until("yyy").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_caller_that_sends_all_before_it_reads_gets_its_refusal() {
    let server = Server::start(app(), bounds()).await;
    for (path, status, bytes) in [("/echo", "413", 10_000_000), ("/ignore", "401", 10_000)] {
        let mut caller = server.connect().await;
        caller.send(&format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {bytes}\r\n\r\n")).await;
        caller.send(&"x".repeat(bytes)).await;
        let answer = caller.read_until("\r\n\r\n").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[tokio::test]
async fn a_caller_that_waits_for_100_continue_is_refused_without_it() {
    let server = Server::start(app(), bounds()).await;
    let mut caller = server.connect().await;
    caller
        .send("POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 99999\r\n\r\n")
        .await;
    let answer = caller.rest().await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && !answer.contains(" 100 "), "{answer}");
}

#[tokio::test]
async fn over_the_cap_a_connection_is_told_so_until_a_seat_is_free() {
    let server = Server::start(app(), Bounds { connections_max: 1, ..bounds() }).await;
    let mut first = server.connect().await;
    first.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    first.read_until("hello").await;

    let mut second = server.connect().await;
    second.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let answer = second.rest().await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1\r\n"), "{answer}");
    server.wait_for_metric("tertulia_connections_refused_total 1").await;

    drop(first);
    server.wait_for_metric("tertulia_connections_open 0").await;
    let mut third = server.connect().await;
    third.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    third.read_until("hello").await;
}

#[tokio::test]
async fn an_upgraded_connection_keeps_its_seat_and_no_deadline() {
    let server =
        Server::start(app(), Bounds { header_timeout: SHORT, idle_timeout: SHORT, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send("GET /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await;
    assert!(caller.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
    tokio::time::sleep(SHORT * 2).await;
    caller.send("ping").await;
    caller.read_until("ping").await;
    server.wait_for_metric("tertulia_connections_open 1").await;
    drop(caller);
    server.wait_for_metric("tertulia_connections_open 0").await;
}

#[tokio::test]
async fn an_upgraded_connection_that_ignores_the_drain_is_cut() {
    let server = Server::start(app(), Bounds { drain_timeout: SHORT, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send("GET /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await;
    caller.read_until("\r\n\r\n").await;
    assert_eq!(server.drained().await, Drained::Cut);
    let _ = caller.0.write_all(b"ping").await;
    assert_eq!(caller.rest().await.replace("ping", ""), "");
}

#[tokio::test]
async fn draining_finishes_what_is_in_flight_and_accepts_nothing_new() {
    let (entered, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_handler, go_on) = (Arc::clone(&entered), Arc::clone(&finish));
    let slow = get(move || async move {
        in_handler.notify_one();
        go_on.notified().await;
        "done"
    });
    let server = Server::start(app().route("/slow", slow), bounds()).await;
    let mut idle = server.connect().await;
    idle.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    idle.read_until("hello").await;
    let mut silent = server.connect().await;
    let mut busy = server.connect().await;
    busy.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    entered.notified().await;
    server.wait_for_metric("tertulia_connections_open 3").await;

    server.stop.send_replace(true);
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
    assert!(!server.done.is_finished());
    finish.notify_one();
    let answer = busy.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("done"), "{answer}");
    assert_eq!(server.drained().await, Drained::Completely);
}

#[tokio::test]
async fn what_does_not_finish_is_cut_at_the_drain_deadline() {
    let app = app().route("/never", get(std::future::pending::<()>));
    let server = Server::start(app, Bounds { drain_timeout: SHORT, ..bounds() }).await;
    let mut caller = server.connect().await;
    caller.send("GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.wait_for_metric("tertulia_http_requests_in_flight 1").await;
    server.stop.send_replace(true);
    assert_eq!(caller.rest().await, "");
    server.wait_for_metric(&overdue("drain")).await;
    server.wait_for_metric("tertulia_http_requests_in_flight 0").await;
    assert_eq!(server.drained().await, Drained::Cut);
}

#[tokio::test]
async fn http_2_without_tls_works_and_is_closed_when_idle() {
    let server =
        Server::start(app(), Bounds { header_timeout: SHORT, idle_timeout: SHORT * 2, ..bounds() }).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let response = client.get(format!("http://{}/peer", server.address)).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert!(response.text().await.unwrap().starts_with("127.0.0.1:"));
    let big =
        client.post(format!("http://{}/echo", server.address)).body("x".repeat(20_000)).send().await.unwrap();
    assert_eq!(big.status().as_u16(), 413);
    server.wait_for_metric("tertulia_connections_open 0").await;
    server.wait_for_metric(&overdue("idle")).await;
    assert_eq!(server.drained().await, Drained::Completely);
}

/// Starts itself again, in a process that may open few descriptors.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn running_out_of_descriptors_is_survived() {
    const NAME: &str = "server::running_out_of_descriptors_is_survived";
    const FEW: &str = "TERTULIA_TEST_FEW_DESCRIPTORS";
    if tertulia_test_set(FEW) {
        return with_few_descriptors().await;
    }
    let this = std::env::current_exe().unwrap();
    let script = format!(r#"ulimit -n 32; {FEW}=1 exec "$0" --exact {NAME} --test-threads 1"#);
    let output = tokio::process::Command::new("sh").arg("-c").arg(script).arg(this).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
async fn with_few_descriptors() {
    let server = Server::start(app(), bounds()).await;
    let mut callers = Vec::new();
    while let Ok(caller) = tokio::net::TcpStream::connect(server.address).await {
        callers.push(caller);
        tokio::task::yield_now().await;
    }
    server.wait_for_metric("tertulia_connection_accept_errors_total{kind=\"resources\"} 1").await;
    drop(callers);
    let mut caller = server.connect().await;
    caller.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    caller.read_until("hello").await;
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
fn tertulia_test_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_to_terminate_flips_the_watch() {
    let mut stopped = tertulia::server::shutdown_signal(tertulia::server::Hangup::IsElsewhere).unwrap();
    assert!(!*stopped.borrow());
    let killed = std::process::Command::new("kill").arg("-TERM").arg(std::process::id().to_string()).status();
    assert!(killed.unwrap().success());
    let seen = tokio::time::timeout(crate::support::raw::PATIENCE, stopped.wait_for(|stop| *stop)).await;
    assert!(seen.expect("the signal was not seen").is_ok());
}
