//! What those who follow a room are told of who has read how far.

use super::*;
use crate::support::socket::Socket;

const EVENTS: &str = "subscription($r: ID!, $a: String) { roomEvents(roomId: $r, after: $a) {
    __typename cursor replayed roomId
    ... on SubscriptionStarted { backlog }
    ... on MessageAdded { message { text } }
    ... on MemberChanged { user { username } }
    ... on RoomChanged { room { name } }
    ... on ReadMoved { user { username } lastReadSeq } } }";
const INBOX: &str = "subscription($a: String) { inboxEvents(after: $a) { __typename cursor roomId
    ... on MessageAdded { message { text } }
    ... on ReadMoved { user { username } lastReadSeq } } }";
const MESSAGES: &str =
    "subscription($r: ID!, $a: String!) { messageAdded(roomId: $r, after: $a) { message { text } } }";

/// Who read how far, by an event that must say so.
fn told(event: &Value) -> (String, i64) {
    assert_eq!(event["__typename"], "ReadMoved", "{event}");
    (event["user"]["username"].as_str().unwrap().to_owned(), event["lastReadSeq"].as_i64().unwrap())
}

fn by(name: &str, seq: i64) -> (String, i64) {
    (name.to_owned(), seq)
}

on_both! {
    async fn a_mark_is_told_in_the_order_of_the_log_live_and_later(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let start = head(&amber, &room).await;
        let mut live = Socket::follow(&app, &amber, EVENTS, json!({ "r": room })).await;
        let mut inbox = Socket::follow(&app, &amber, INBOX, json!({})).await;
        let mut messages = Socket::follow(&app, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
        for socket in [&mut live, &mut inbox] {
            socket.until("CaughtUp").await;
        }
        amber.say(&room, "one").await;
        assert_eq!(messages.told().await["message"]["text"], "one");
        mark(&basil, &room, 1).await;
        amber.say(&room, "two").await;
        mark(&amber, &room, 2).await;
        let mut cursor = Value::Null;
        for socket in [&mut live, &mut inbox] {
            assert_eq!(socket.told().await["message"]["text"], "one");
            let mut moved = socket.told().await;
            assert_eq!(told(&moved), by("basil", 1));
            assert_eq!(moved["roomId"], json!(room));
            assert_eq!(socket.told().await["message"]["text"], "two");
            assert_eq!(told(&socket.told().await), by("amber", 2), "other devices of one's own learn it, too");
            if cursor.is_null() {
                cursor = moved["cursor"].take();
            }
        }
        assert_eq!(messages.told().await["message"]["text"], "two", "a mark is no message");
        for from in ["the ring", "the database"] {
            if from == "the database" {
                app.app.hub().tidy(tokio::time::Instant::now() + std::time::Duration::from_hours(24));
            }
            let mut again = Socket::follow(&app, &amber, EVENTS, json!({ "r": room, "a": start })).await;
            assert_eq!(again.told().await["backlog"], 4, "from {from}");
            assert_eq!(again.told().await["message"]["text"], "one", "from {from}");
            let moved = again.told().await;
            assert_eq!((told(&moved), &moved["replayed"]), (by("basil", 1), &json!(true)), "from {from}");
            let mut on = Socket::follow(&app, &amber, EVENTS, json!({ "r": room, "a": cursor })).await;
            assert_eq!(on.told().await["backlog"], 2, "from {from}");
            assert_eq!(on.told().await["message"]["text"], "two", "from {from}");
            assert_eq!(told(&on.told().await), by("amber", 2), "from {from}");
        }
    }

    async fn what_was_read_then_is_told_though_more_was_read_since(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        for text in ["one", "two", "three"] {
            amber.say(&room, text).await;
        }
        let start = head(&amber, &room).await;
        mark(&basil, &room, 1).await;
        mark(&basil, &room, 3).await;
        basil.mutate("markRead", json!({ "roomId": room, "seq": 2, "force": true }), "").await;
        let mut again = Socket::follow(&app, &amber, EVENTS, json!({ "r": room, "a": start })).await;
        again.told().await;
        for seq in [1, 3, 2] {
            assert_eq!(told(&again.told().await), by("basil", seq));
        }
        assert_eq!(marks(&amber, &room).await, [json!(0), json!(2)]);
    }

    async fn the_log_stays_whole_when_the_account_of_a_reader_is_gone(app) {
        let (amber, basil) = (app.user("amber").await, Person::join(&app, "basil").await);
        let room = amber.room("Den", &[&basil.caller]).await;
        amber.say(&room, "one").await;
        let start = head(&amber, &room).await;
        mark(&basil.caller, &room, 1).await;
        amber.say(&room, "two").await;
        app.app.delete_account(&basil.viewer, basil.key).await.unwrap();
        for from in ["the ring", "the database"] {
            if from == "the database" {
                app.app.hub().tidy(tokio::time::Instant::now() + std::time::Duration::from_hours(24));
            }
            let mut again = Socket::follow(&app, &amber, EVENTS, json!({ "r": room, "a": start })).await;
            assert_eq!(again.told().await["backlog"], 3, "from {from}");
            let unnamed = again.told().await;
            assert_eq!((&unnamed["__typename"], &unnamed["room"]["name"]), (&json!("RoomChanged"), &json!("Den")));
            assert_eq!(again.told().await["message"]["text"], "two", "from {from}");
        }
    }

    async fn an_inbox_finds_where_someone_came_in_past_all_that_they_read(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let mut inbox = Socket::follow(&app, &basil, INBOX, json!({})).await;
        let before = inbox.until("CaughtUp").await["cursor"].take();
        let room = amber.room("Den", &[]).await;
        amber.say(&room, "before").await;
        amber.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id] }), "").await;
        amber.say(&room, "one").await;
        mark(&basil, &room, 2).await;
        mark(&amber, &room, 2).await;
        let mut again = Socket::follow(&app, &basil, INBOX, json!({ "a": before })).await;
        assert_eq!(again.until("MemberChanged").await["roomId"], json!(room));
        assert_eq!(again.told().await["message"]["text"], "one");
        assert_eq!(told(&again.told().await), by("basil", 2));
        assert_eq!(told(&again.told().await), by("amber", 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_is_told_on_the_other_node_without_a_look() {
    // Longer than the test, so that what arrives was told and not looked up.
    let Some(pair) = TestApp::pair(&[("LIVE_LOOK_ALWAYS", "1h")]).await else { return };
    for node in [&pair.one, &pair.other] {
        let mut health = node.app.hub().bus_health();
        health.wait_for(|heard| *heard).await.unwrap();
    }
    let (amber, basil) = (pair.one.user("amber").await, pair.one.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let mut there = Socket::follow(&pair.other, &amber, EVENTS, json!({ "r": room })).await;
    let mut inbox = Socket::follow(&pair.other, &amber, INBOX, json!({})).await;
    for socket in [&mut there, &mut inbox] {
        socket.until("CaughtUp").await;
    }
    amber.say(&room, "one").await;
    mark(&basil, &room, 1).await;
    for socket in [&mut there, &mut inbox] {
        assert_eq!(socket.told().await["message"]["text"], "one");
        assert_eq!(told(&socket.told().await), by("basil", 1));
    }
}
