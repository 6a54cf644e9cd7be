//! Who speaks on a socket, and until when.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::start;
use crate::support::socket::{MODERN, Socket};

const RENEW: &str = "mutation($t: String!) {
    renewConnection(input: { accessToken: $t }) { expiresAt errors { code path } } }";

async fn renew(socket: &mut Socket, token: &str) -> Value {
    socket.ask(RENEW, json!({ "t": token })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_taken_from_where_clients_put_it() {
    let app = start(&[]).await;
    let token = app.user("amber").await.token.unwrap();
    let bearer = format!("Bearer {token}");
    for payload in [
        json!({ "Authorization": bearer }),
        json!({ "authorization": bearer }),
        json!({ "token": token }),
        json!({ "headers": { "Authorization": bearer } }),
    ] {
        let mut socket = Socket::open(&app, MODERN, &[]).await.unwrap();
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await["type"], "connection_ack", "{payload}");
        assert_eq!(
            socket.ask("{ viewer { username } }", json!({})).await["data"]["viewer"]["username"],
            "amber"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_expired_or_revoked_token_closes_with_4403() {
    let app = start(&[]).await;
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    birch.mutate("logout", json!({}), "loggedOut").await;
    let refused = async |token: &str| {
        let mut socket = Socket::open(&app, MODERN, &[]).await.unwrap();
        socket.say(json!({ "type": "connection_init", "payload": { "token": token } })).await;
        socket.closed().await.0
    };
    assert_eq!(refused("no.token.atall").await, 4403);
    assert_eq!(refused(&birch.token.unwrap()).await, 4403);
    app.pass(TimeDelta::minutes(16));
    assert_eq!(refused(&amber.token.unwrap()).await, 4403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_runs_out_is_warned_of_renewed_and_without_renewal_closes_with_4403() {
    let app =
        start(&[("ACCESS_TOKEN_TTL", "1s"), ("LIVE_RENEW_WARNING", "200ms"), ("LIVE_RENEW_GRACE", "500ms")])
            .await;
    let amber = app.user("amber").await;
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    let warning = socket.hear().await;
    assert_eq!((&warning["type"], &warning["payload"]["warning"]), (&json!("ping"), &json!("TOKEN_EXPIRES")));
    assert_eq!(warning["payload"]["closesInMs"], 700);
    app.pass(TimeDelta::seconds(1));
    let fresh = app.login("amber", crate::support::app::PASSWORD).await.token.unwrap();
    let renewed = renew(&mut socket, &fresh).await;
    let expires = &renewed["data"]["renewConnection"]["expiresAt"];
    assert!(expires.is_string() && *expires != warning["payload"]["expiresAt"], "{renewed}");
    // The first token's grace is over before the second one is warned of.
    let warning = socket.hear().await;
    assert_eq!(warning["payload"]["warning"], "TOKEN_EXPIRES", "{warning}");
    assert_eq!(socket.closed().await.0, 4403);
    assert_eq!(super::metric(&app, "tertulia_sockets_closed_total{why=\"forbidden\"}").await, "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_not_renewed_with_the_token_of_someone_else() {
    let app = start(&[]).await;
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    let refused = renew(&mut socket, birch.token.as_deref().unwrap()).await;
    let errors = json!([{ "code": "FORBIDDEN", "path": ["input", "accessToken"] }]);
    assert_eq!(refused["data"]["renewConnection"], json!({ "expiresAt": null, "errors": errors }));
    let refused = renew(&mut socket, "no token").await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(socket.ask("{ viewer { username } }", json!({})).await["data"]["viewer"]["username"], "amber");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_socket_is_renewed() {
    let app = start(&[]).await;
    let amber = app.user("amber").await;
    let token = amber.token.clone().unwrap();
    assert_eq!(amber.refused("renewConnection", json!({ "accessToken": token })).await, ["BAD_INPUT"]);
}
