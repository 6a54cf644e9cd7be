//! A subscription that always has something leaves room for all else on its socket.

use futures_util::future::join_all;

use super::*;

const VIEWER: &str = "{ viewer { username } }";

on_both!(a_long_replay_lets_a_query_and_a_ping_of_the_same_socket_through, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    let last: i64 = 1200;
    for _ in 0..last / 50 {
        join_all((0..50).map(|_| amber.say(&room, "more"))).await;
    }
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
    socket.subscribe("q", VIEWER, json!({})).await;
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    let (mut at, mut answered, mut ponged) = (0, None, None);
    while at < last {
        let message = socket.hear_past_pings().await;
        match (message["type"].as_str().unwrap(), message["id"].as_str()) {
            ("next", Some("s")) => {
                at = message["payload"]["data"]["messageAdded"]["message"]["seq"].as_i64().unwrap();
            }
            ("next", Some("q")) => answered = Some(at),
            ("pong", None) => ponged = Some(at),
            ("complete", Some("q")) => {}
            _ => panic!("{message}"),
        }
    }
    let before_the_end = |seen: Option<i64>| seen.is_some_and(|at| at < last);
    assert!(
        before_the_end(answered) && before_the_end(ponged),
        "answered at {answered:?}, pong at {ponged:?}"
    );
});

on_both!(a_client_can_end_a_subscription_that_never_pauses, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    for _ in 0..24 {
        join_all((0..50).map(|_| amber.say(&room, "more"))).await;
    }
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
    let first = next(&mut socket).await;
    assert_eq!(first["message"]["seq"], 1);
    socket.say(json!({ "type": "complete", "id": "s" })).await;
    socket.subscribe("q", VIEWER, json!({})).await;
    let (mut at, mut over) = (1, false);
    while !over {
        let message = socket.hear_past_pings().await;
        match message["id"].as_str() {
            Some("s") => at = message["payload"]["data"]["messageAdded"]["message"]["seq"].as_i64().unwrap(),
            _ => over = message["type"] == "complete",
        }
    }
    assert!(at < 1200, "it went on to {at}");
});
