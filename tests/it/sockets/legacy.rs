//! The older sub-protocol.

use serde_json::json;

use super::{VIEWER, start};
use crate::support::TestApp;
use crate::support::socket::{LEGACY, Socket};

async fn open(app: &TestApp, token: Option<&str>) -> Socket {
    let mut socket = Socket::open(app, LEGACY, &[]).await.unwrap();
    let payload = token.map_or(json!({}), |token| json!({ "Authorization": format!("Bearer {token}") }));
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_client_starts_at_once_and_gets_data_and_complete() {
    let app = start(&[]).await;
    let amber = app.user("amber").await;
    let mut socket = open(&app, amber.token.as_deref()).await;
    socket.say(json!({ "type": "start", "id": "1", "payload": { "query": VIEWER } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    assert_eq!(socket.hear().await, json!({ "type": "ka" }));
    let data = json!({ "data": { "viewer": { "username": "amber" } } });
    assert_eq!(socket.hear().await, json!({ "type": "data", "id": "1", "payload": data }));
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "1" }));
    socket.say(json!({ "type": "start", "id": "2", "payload": { "query": "{ nothing }" } })).await;
    let error = socket.hear().await;
    assert_eq!(
        (&error["type"], &error["payload"]["extensions"]["code"]),
        (&json!("error"), &json!("BAD_INPUT"))
    );
    socket.say(json!({ "type": "stop", "id": "2" })).await;
    socket.say(json!({ "type": "connection_terminate" })).await;
    assert_eq!(socket.closed().await.0, 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_client_with_a_bad_token_gets_a_connection_error_and_4403() {
    let app = start(&[]).await;
    let mut socket = open(&app, Some("no.token.atall")).await;
    let error = socket.hear().await;
    assert_eq!(error["type"], "connection_error");
    assert_eq!(error["payload"]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_client_is_kept_alive_and_pongs_without_knowing() {
    let app = start(&[("LIVE_PING_INTERVAL", "100ms"), ("LIVE_PONG_TIMEOUT", "100ms")]).await;
    let mut socket = open(&app, None).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    for _ in 0..5 {
        assert_eq!(socket.hear().await, json!({ "type": "ka" }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_client_is_told_what_was_no_message() {
    let app = start(&[]).await;
    let mut socket = open(&app, None).await;
    for expected in ["connection_ack", "ka"] {
        assert_eq!(socket.hear().await["type"], expected);
    }
    socket.say(json!({ "type": "subscribe", "id": "1", "payload": { "query": VIEWER } })).await;
    assert_eq!(socket.hear().await["type"], "connection_error");
    socket.say(json!({ "type": "start", "id": "1", "payload": { "query": VIEWER } })).await;
    assert_eq!(socket.hear().await["type"], "data");
}
