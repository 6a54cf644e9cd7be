//! From the request to the acknowledgement.

use serde_json::json;
use tokio::net::TcpStream;

use super::start;
use crate::support::TestApp;
use crate::support::raw::Caller;
use crate::support::socket::{LEGACY, MODERN, Socket};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_both_sub_protocols_the_newer_is_spoken() {
    let app = start(&[]).await;
    for (offered, chosen) in [
        (MODERN, MODERN),
        (LEGACY, LEGACY),
        ("graphql-ws, graphql-transport-ws", MODERN),
        ("soap,graphql-ws,x", LEGACY),
    ] {
        let socket = Socket::open(&app, offered, &[]).await.unwrap();
        assert_eq!(socket.protocol.as_deref(), Some(chosen), "{offered}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_known_sub_protocol_the_close_is_4406_and_names_them() {
    let app = start(&[]).await;
    let mut none = Socket::open(&app, "", &[]).await.unwrap();
    let (code, reason) = none.closed().await;
    assert_eq!(code, 4406);
    assert!(reason.contains(MODERN) && reason.contains(LEGACY), "{reason}");
    // A client that offered something refuses an answer without a choice, so this one reads the bytes.
    let answer = exchange(&app, &handshake("sec-websocket-protocol: soap\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    // 4406, big-endian.
    assert!(answer.ends_with(&format!("\u{11}6{reason}")), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_origin_is_refused_before_the_upgrade() {
    let app = start(&[("ALLOWED_ORIGINS", "https://chat.example.org")]).await;
    let own = app.base.clone();
    for (origin, expected) in [
        (own.as_str(), Ok(())),
        ("https://chat.example.org", Ok(())),
        ("https://evil.example", Err(403)),
        ("https://chat.example.org.evil.example", Err(403)),
        ("http://chat.example.org", Err(403)),
        ("null", Err(403)),
    ] {
        let opened = Socket::open(&app, MODERN, &[("origin", origin)]).await;
        assert_eq!(opened.map(|_| ()), expected, "{origin}");
    }
}

async fn exchange(app: &TestApp, request: &str) -> String {
    let mut caller = Caller(TcpStream::connect(app.address).await.unwrap());
    caller.send(request).await;
    caller.rest().await
}

fn handshake(headers: &str) -> String {
    format!(
        "GET /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n{headers}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_is_none_is_400_or_426() {
    let app = start(&[]).await;
    let whole =
        handshake("accept: text/html\r\nconnection: close\r\n").replace("connection: upgrade\r\n", "");
    for (request, status) in [
        (whole.clone(), "400"),
        (
            handshake("").replace("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "connection: close\r\n"),
            "400",
        ),
        (handshake("").replace("version: 13", "version: 12\r\nconnection: close"), "426"),
    ] {
        let answer = exchange(&app, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}\n{answer}");
        assert!(answer.contains("\"code\":\"BAD_INPUT\""), "{answer}");
        assert_eq!(answer.contains("sec-websocket-version: 13"), status == "426", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_init_in_time_closes_with_4408() {
    let app = start(&[("LIVE_INIT_TIMEOUT", "200ms")]).await;
    let mut socket = Socket::open(&app, MODERN, &[]).await.unwrap();
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    assert_eq!(socket.closed().await.0, 4408);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_connection_init_closes_with_4429() {
    let app = start(&[]).await;
    let mut socket = Socket::ready(&app, None).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 4429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribe_before_the_ack_closes_with_4401() {
    let app = start(&[]).await;
    let mut socket = Socket::open(&app, MODERN, &[]).await.unwrap();
    socket.subscribe("1", "{ viewer { id } }", json!({})).await;
    assert_eq!(socket.closed().await.0, 4401);
}
