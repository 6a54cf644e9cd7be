//! Live delivery from outside: every reader sees every event once, in one order, after any absence.

mod access;
mod catching_up;
mod fairness;
mod inbox;
mod refusals;
mod rooms;
mod sharing;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::socket::Socket;
use crate::support::{Caller, TestApp};

const MESSAGES: &str =
    "subscription($r: ID!, $a: String, $n: Int) { messageAdded(roomId: $r, after: $a, last: $n) {
    cursor replayed message { seq text sender { username } } edge { cursor } } }";
const EVENTS: &str = "subscription($r: ID!, $a: String) { roomEvents(roomId: $r, after: $a) {
    __typename cursor replayed roomId
    ... on SubscriptionStarted { backlog }
    ... on HistoryTrimmed { fromSeq toSeq }
    ... on MessageAdded { message { seq text } }
    ... on MemberChanged { user { username } role }
    ... on RoomChanged { room { name } } } }";
const HEAD: &str = "query($r: ID!) { room(id: $r) { headCursor } }";

/// A socket of someone, with one subscription under the id `s`.
async fn follow(app: &TestApp, caller: &Caller, query: &str, variables: Value) -> Socket {
    let mut socket = Socket::ready(app, caller.token.as_deref()).await;
    socket.subscribe("s", query, variables).await;
    socket
}

/// The next result, whatever the root field is called.
async fn next(socket: &mut Socket) -> Value {
    let mut message = socket.hear_past_pings().await;
    assert_eq!(message["type"], "next", "{message}");
    let data = message["payload"]["data"].as_object_mut().unwrap_or_else(|| panic!("no data"));
    data.values_mut().next().unwrap().take()
}

/// Sends until the subscription is known to be open: it is when what was sent arrives.
async fn opened(socket: &mut Socket, sender: &Caller, room: &str) {
    // Operations of one socket start in the order they came, and an answer means that this was read; the
    // feed is open when the first message comes through.
    sender.say(room, "is it open?").await;
    loop {
        let seen = tokio::time::timeout(std::time::Duration::from_millis(300), next(socket)).await;
        match seen {
            Ok(_) => return,
            Err(_) => drop(sender.say(room, "is it open?").await),
        }
    }
}

/// Numbers and texts of the next messages.
async fn texts(socket: &mut Socket, count: usize) -> Vec<(i64, String)> {
    let mut heard = Vec::new();
    for _ in 0..count {
        let added = next(socket).await;
        assert_eq!(added["cursor"], added["edge"]["cursor"]);
        let message = &added["message"];
        heard.push((message["seq"].as_i64().unwrap(), message["text"].as_str().unwrap().to_owned()));
    }
    heard
}

async fn head(caller: &Caller, room: &str) -> String {
    caller.ask(HEAD, json!({ "r": room })).await["room"]["headCursor"].as_str().unwrap().to_owned()
}

/// The code of the error that ends the subscription.
async fn end(socket: &mut Socket) -> String {
    let message = socket.hear_past_pings().await;
    assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("s")), "{message}");
    message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}

on_both!(messages_arrive_in_order_each_once_and_live_ones_are_not_replayed, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let mut socket =
        follow(&app, &basil, MESSAGES, json!({ "r": room, "a": head(&amber, &room).await })).await;
    for text in ["one", "two", "three"] {
        amber.say(&room, text).await;
    }
    let first = next(&mut socket).await;
    assert_eq!(first["message"], json!({ "seq": 1, "text": "one", "sender": { "username": "amber" } }));
    assert_eq!(texts(&mut socket, 2).await, [(2, "two".to_owned()), (3, "three".to_owned())]);
    // Whatever was replayed was stored before the subscription opened, and so came first.
    amber.say(&room, "four").await;
    assert_eq!(next(&mut socket).await["replayed"], false);
});

on_both!(last_begins_with_the_newest_messages_and_goes_on_live, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    for text in ["one", "two", "three", "four"] {
        amber.say(&room, text).await;
    }
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "n": 2 })).await;
    let first = next(&mut socket).await;
    assert_eq!((&first["message"]["seq"], &first["replayed"]), (&json!(3), &json!(true)));
    assert_eq!(texts(&mut socket, 1).await, [(4, "four".to_owned())]);
    amber.say(&room, "five").await;
    let live = next(&mut socket).await;
    assert_eq!((&live["message"]["seq"], &live["replayed"]), (&json!(5), &json!(false)));
    let mut more = follow(&app, &amber, MESSAGES, json!({ "r": room, "n": 200 })).await;
    assert_eq!(texts(&mut more, 5).await.len(), 5);
});

on_both!(without_after_or_last_a_subscription_begins_now, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    amber.say(&room, "before").await;
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room })).await;
    opened(&mut socket, &amber, &room).await;
    amber.say(&room, "after").await;
    loop {
        let added = next(&mut socket).await;
        assert_ne!(added["message"]["text"], "before");
        if added["message"]["text"] == "after" {
            return;
        }
    }
});

on_both!(query_then_subscribe_has_no_hole_whatever_is_sent_between, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    assert!(!head(&amber, &room).await.is_empty());
    amber.say(&room, "paged").await;
    let cursor = head(&amber, &room).await;
    amber.say(&room, "between").await;
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": cursor })).await;
    amber.say(&room, "live").await;
    assert_eq!(texts(&mut socket, 2).await, [(2, "between".to_owned()), (3, "live".to_owned())]);
});

on_both!(a_refused_send_is_seen_by_nobody, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let mut socket =
        follow(&app, &amber, MESSAGES, json!({ "r": room, "a": head(&amber, &room).await })).await;
    let send = |text: &str| json!({ "roomId": room, "text": text, "clientMessageId": "k" });
    amber.mutate("sendMessage", send("kept"), "message { seq } errors { code }").await;
    assert_eq!(amber.refused("sendMessage", send("other")).await, ["CONFLICT"]);
    let again = amber.mutate("sendMessage", send("kept"), "duplicate errors { code }").await;
    assert_eq!(again["duplicate"], true);
    amber.say(&room, "next").await;
    assert_eq!(texts(&mut socket, 2).await, [(1, "kept".to_owned()), (2, "next".to_owned())]);
});
