//! What one socket may take from the server.

use serde_json::json;

use super::{LOGIN, VIEWER, slow, start, until_metric};
use crate::support::app::PASSWORD;
use crate::support::socket::Socket;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_over_the_limit_are_refused_with_rate_limited() {
    let app = slow(&[("LIVE_OPERATIONS_MAX", "1")]).await;
    app.user("amber").await;
    let mut socket = Socket::ready(&app, None).await;
    socket.subscribe("1", LOGIN, json!({ "p": PASSWORD })).await;
    socket.subscribe("2", VIEWER, json!({})).await;
    let refused = socket.hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("2")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert!(refused["payload"][0]["extensions"]["retryAfterMs"].is_u64());
    assert_eq!(socket.hear().await["id"], "1");
    socket.hear().await;
    socket.ask(VIEWER, json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_counts_as_a_request() {
    let app = start(&[
        ("RATE_LIMITS", "on"),
        ("LIMITS_REQUEST_PER_ADDRESS_PER_SECOND", "1"),
        ("LIMITS_REQUEST_PER_ADDRESS_BURST", "5"),
    ])
    .await;
    let mut socket = Socket::ready(&app, None).await;
    let mut codes = Vec::new();
    for id in 0..10 {
        socket.subscribe(&id.to_string(), VIEWER, json!({})).await;
    }
    while codes.len() < 10 {
        let message = socket.hear().await;
        match message["type"].as_str().unwrap() {
            "next" => codes.push("OK".to_owned()),
            "error" => codes.push(message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()),
            _ => {}
        }
    }
    assert!(codes.contains(&"OK".to_owned()) && codes.contains(&"RATE_LIMITED".to_owned()), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_bound_closes_with_1009() {
    let app = start(&[("LIVE_MESSAGE_BYTES_MAX", "2000")]).await;
    let ping = |bytes: usize| json!({ "type": "ping", "payload": { "a": "x".repeat(bytes) } });
    for bytes in [2_000, 100_000] {
        let mut socket = Socket::ready(&app, None).await;
        socket.say(ping(1_900)).await;
        assert_eq!(socket.hear().await["type"], "pong");
        socket.say(ping(bytes)).await;
        assert_eq!(socket.closed().await.0, 1009, "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_does_not_read_is_closed_and_harms_nobody() {
    let app = start(&[("LIVE_STALL_TIMEOUT", "500ms")]).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    for _ in 0..40 {
        amber.say(&room, &"😀".repeat(4_000)).await;
    }
    let mut stalled = Socket::ready(&app, amber.token.as_deref()).await;
    let mut reading = Socket::ready(&app, amber.token.as_deref()).await;
    let page = "query($r: ID!) { messages(roomId: $r, first: 50) { nodes { text } } }";
    for id in 0..30 {
        stalled.subscribe(&id.to_string(), page, json!({ "r": room })).await;
    }
    assert_eq!(reading.ask(VIEWER, json!({})).await["data"]["viewer"]["username"], "amber");
    until_metric(&app, "tertulia_sockets_closed_total{why=\"unresponsive\"}", "1").await;
    until_metric(&app, "tertulia_sockets_open", "1").await;
    assert_eq!(reading.ask(VIEWER, json!({})).await["data"]["viewer"]["username"], "amber");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadlines_of_http_do_not_end_a_socket() {
    let app = start(&[
        ("HTTP_REQUEST_TIMEOUT", "100ms"),
        ("HTTP_IDLE_TIMEOUT", "100ms"),
        ("HTTP_HEADER_TIMEOUT", "100ms"),
        ("LIVE_PING_INTERVAL", "200ms"),
        ("LIVE_PONG_TIMEOUT", "200ms"),
    ])
    .await;
    let mut socket = Socket::ready(&app, None).await;
    for _ in 0..3 {
        assert_eq!(socket.hear().await["type"], "ping");
        socket.say(json!({ "type": "pong" })).await;
    }
    socket.ask(VIEWER, json!({})).await;
}
