//! GraphQL over WebSocket from outside, a test for each rule.

mod handshake;
mod legacy;
mod limits;
mod tokens;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::app::PASSWORD;
use crate::support::socket::{MODERN, Socket};
use crate::support::{Db, TestApp};

const VIEWER: &str = "{ viewer { username } }";

/// Takes long enough, with the cost of [`slow`], for other things to happen meanwhile.
const LOGIN: &str = "mutation($p: String!) { login(input: { usernameOrEmail: \"amber\", password: $p }) {
    user { username } errors { code } } }";

async fn start(settings: &[(&str, &str)]) -> TestApp {
    TestApp::with(Db::Sqlite, settings).await
}

/// Passwords take some tenths of a second.
async fn slow(settings: &[(&str, &str)]) -> TestApp {
    let settings: Vec<_> = settings.iter().copied().chain([("BCRYPT_COST", "11")]).collect();
    start(&settings).await
}

/// The value of a metric, with its labels as they are shown.
pub(crate) async fn metric(app: &TestApp, line: &str) -> String {
    let text = app.http.get(format!("{}/metrics", app.base)).send().await.unwrap().text().await.unwrap();
    let value = text.lines().find_map(|shown| shown.strip_prefix(line)?.strip_prefix(' '));
    value.unwrap_or("none").to_owned()
}

/// Waits until a metric has a value.
pub(crate) async fn until_metric(app: &TestApp, line: &str, wanted: &str) {
    let wait = async {
        while metric(app, line).await != wanted {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::raw::PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("{line} {wanted}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_mutations_run_over_a_socket() {
    let app = start(&[]).await;
    let amber = app.user("amber").await;
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    let answer = socket.ask(VIEWER, json!({})).await;
    assert_eq!(answer, json!({ "data": { "viewer": { "username": "amber" } } }));
    let made = "mutation { createRoom(input: { name: \"Den\" }) { room { name } errors { code } } }";
    assert_eq!(socket.ask(made, json!({})).await["data"]["createRoom"]["room"]["name"], "Den");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_without_a_token_may_sign_up_and_go_on_with_the_token() {
    let app = start(&[]).await;
    let mut socket = Socket::ready(&app, None).await;
    let refused = socket.ask("{ rooms { nodes { id } } }", json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let signup = "mutation($p: String!) { signup(input: { username: \"amber\", email: \"a@example.com\", password: $p }) {
        tokens { accessToken } errors { code } } }";
    let answer = socket.ask(signup, json!({ "p": PASSWORD })).await;
    let token = &answer["data"]["signup"]["tokens"]["accessToken"];
    let renew =
        "mutation($t: String!) { renewConnection(input: { accessToken: $t }) { expiresAt errors { code } } }";
    let renewed = socket.ask(renew, json!({ "t": token })).await;
    assert_eq!(renewed["data"]["renewConnection"]["errors"], json!([]), "{renewed}");
    assert_eq!(socket.ask(VIEWER, json!({})).await["data"]["viewer"]["username"], "amber");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_operations_run_at_once_and_the_quick_one_does_not_wait() {
    let app = slow(&[]).await;
    let amber = app.user("amber").await;
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    socket.subscribe("slow", LOGIN, json!({ "p": PASSWORD })).await;
    socket.subscribe("quick", VIEWER, json!({})).await;
    let mut order = Vec::new();
    for _ in 0..4 {
        let message = socket.hear().await;
        order
            .push((message["type"].as_str().unwrap().to_owned(), message["id"].as_str().unwrap().to_owned()));
    }
    let expected = [("next", "quick"), ("complete", "quick"), ("next", "slow"), ("complete", "slow")];
    assert_eq!(order, expected.map(|(kind, id)| (kind.to_owned(), id.to_owned())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_of_a_running_operation_closes_with_4409() {
    let app = slow(&[]).await;
    app.user("amber").await;
    let mut socket = Socket::ready(&app, None).await;
    for _ in 0..2 {
        socket.subscribe("1", LOGIN, json!({ "p": PASSWORD })).await;
    }
    assert_eq!(socket.closed().await.0, 4409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_invalid_is_an_error_without_a_complete_and_frees_its_id() {
    let app = start(&[]).await;
    let mut socket = Socket::ready(&app, None).await;
    for query in ["{ nothing }", "{", "", "{ a }{ b }", "subscription { messageAdded }"] {
        socket.subscribe("1", query, json!({})).await;
        let message = socket.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("1")), "{query}: {message}");
        let error = &message["payload"][0];
        assert!(error["message"].is_string() && error["extensions"]["code"].is_string(), "{message}");
    }
    socket.subscribe("1", VIEWER, json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_clients_complete_nothing_more_comes_for_the_id() {
    let app = slow(&[]).await;
    app.user("amber").await;
    let mut socket = Socket::ready(&app, None).await;
    socket.subscribe("dropped", LOGIN, json!({ "p": PASSWORD })).await;
    socket.say(json!({ "type": "complete", "id": "dropped" })).await;
    until_metric(&app, "tertulia_socket_operations_open", "0").await;
    // Takes as long as the first would have.
    socket.ask(LOGIN, json!({ "p": PASSWORD })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_in_the_language_of_the_handshake() {
    let app = start(&[]).await;
    let mut socket = Socket::open(&app, MODERN, &[("accept-language", "es")]).await.unwrap();
    socket.say(json!({ "type": "connection_init" })).await;
    socket.hear().await;
    let answer = socket.ask("{ rooms { nodes { id } } }", json!({})).await;
    assert_eq!(answer["errors"][0]["message"], "Inicia sesión primero y envía el token de acceso.");
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 4429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_is_answered_with_its_payload() {
    let app = start(&[]).await;
    let mut socket = Socket::ready(&app, None).await;
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_pongs_is_closed_and_one_that_does_is_not() {
    let settings = [("LIVE_PING_INTERVAL", "300ms"), ("LIVE_PONG_TIMEOUT", "200ms")];
    let app = start(&settings).await;
    let (mut silent, mut lively) = (Socket::ready(&app, None).await, Socket::ready(&app, None).await);
    for _ in 0..3 {
        assert_eq!(lively.hear().await, json!({ "type": "ping" }));
        lively.say(json!({ "type": "pong" })).await;
    }
    assert_eq!(silent.closed().await.0, 1013);
    lively.say(json!({ "type": "ping" })).await;
    assert_eq!(lively.hear_past_pings().await, json!({ "type": "pong" }));
    assert_eq!(metric(&app, "tertulia_sockets_closed_total{why=\"unresponsive\"}").await, "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_closes_with_4400() {
    let app = start(&[]).await;
    for text in ["", "{", "[]", r#"{"type":"nothing"}"#, r#"{"type":"subscribe","id":""}"#] {
        let mut socket = Socket::ready(&app, None).await;
        socket.frame(Message::text(text)).await;
        assert_eq!(socket.closed().await.0, 4400, "{text}");
    }
    let mut socket = Socket::ready(&app, None).await;
    socket.frame(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(socket.closed().await.0, 4400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_frames_close_with_the_codes_of_websocket() {
    let app = start(&[]).await;
    // Not masked; a reserved kind of frame; text that is not UTF-8, in one frame and across two.
    let mask = [0; 4];
    let text = |first: u8, bytes: &[u8]| {
        [&[first, 0x80 | u8::try_from(bytes.len()).unwrap()][..], &mask[..], bytes].concat()
    };
    for (bytes, code) in [
        (vec![0x81, 0x02, b'{', b'}'], 1002),
        (text(0x83, b"{}"), 1002),
        (text(0x81, b"\xff\xff"), 1007),
        ([text(0x01, b"\xc3"), text(0x80, b"\x28")].concat(), 1007),
    ] {
        let mut socket = Socket::ready(&app, None).await;
        socket.bytes(&bytes).await;
        assert_eq!(socket.closed().await.0, code, "{bytes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_closes_with_1012_and_lets_a_running_mutation_end() {
    let app = slow(&[]).await;
    app.user("amber").await;
    let (mut idle, mut busy) = (Socket::ready(&app, None).await, Socket::ready(&app, None).await);
    busy.subscribe("1", LOGIN, json!({ "p": PASSWORD })).await;
    until_metric(&app, "tertulia_socket_operations_open", "1").await;
    let seen = async {
        let result: Value = busy.hear().await;
        assert_eq!(result["payload"]["data"]["login"]["user"]["username"], "amber", "{result}");
        assert_eq!(busy.hear().await["type"], "complete");
        assert_eq!(busy.closed().await.0, 1012);
        assert_eq!(idle.closed().await.0, 1012);
    };
    tokio::join!(app.stop(), seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_and_their_operations_are_counted_while_they_live() {
    let app = slow(&[]).await;
    app.user("amber").await;
    let mut socket = Socket::ready(&app, None).await;
    assert_eq!(metric(&app, "tertulia_sockets_open").await, "1");
    socket.subscribe("1", LOGIN, json!({ "p": PASSWORD })).await;
    until_metric(&app, "tertulia_socket_operations_open", "1").await;
    drop(socket);
    until_metric(&app, "tertulia_sockets_open", "0").await;
    until_metric(&app, "tertulia_socket_operations_open", "0").await;
    assert_eq!(metric(&app, "tertulia_sockets_closed_total{why=\"peer\"}").await, "1");
}
