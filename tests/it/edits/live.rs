//! What those who follow a room are told of edits and deletions, and what they are not shown any more.

use tertulia::app::live::{Moment, RoomFeed};
use tertulia::auth::Credential;
use tertulia::domain::events::Happening;
use tertulia::domain::ids::GlobalId;
use tertulia::domain::sessions::Viewer;

use super::*;
use crate::support::socket::Socket;

pub(super) const EVENTS: &str = "subscription($r: ID!, $a: String) { roomEvents(roomId: $r, after: $a) {
    __typename cursor replayed roomId
    ... on SubscriptionStarted { backlog }
    ... on MessageAdded { message { id seq text deletedAt } }
    ... on MessageChanged { message { id seq text editedAt deletedAt edits { text } sender { username } } }
    ... on MessageDeleted { messageId seq } } }";
pub(super) const INBOX: &str = "subscription($a: String) { inboxEvents(after: $a) { __typename cursor roomId
    ... on MessageAdded { message { text } }
    ... on MessageChanged { message { text } } ... on MessageDeleted { messageId seq } } }";
const ADDED: &str = "subscription($r: ID!, $a: String) { messageAdded(roomId: $r, after: $a) {
    cursor replayed message { seq text room { lastMessage { seq text } } } } }";
/// A ring so small that everyone is soon behind it.
const SMALL: (&str, &str) = ("LIVE_RING_EVENTS_MAX", "4");

pub(super) async fn follow(app: &TestApp, caller: &Caller, query: &str, variables: Value) -> Socket {
    let mut socket = Socket::ready(app, caller.token.as_deref()).await;
    socket.subscribe("s", query, variables).await;
    socket
}

pub(super) async fn next(socket: &mut Socket) -> Value {
    let mut message = socket.hear_past_pings().await;
    assert_eq!(message["type"], "next", "{message}");
    message["payload"]["data"].as_object_mut().unwrap().values_mut().next().unwrap().take()
}

pub(super) async fn until(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let event = next(socket).await;
        if event["__typename"] == kind {
            return event;
        }
    }
}

async fn viewer(app: &TestApp, caller: &Caller) -> Viewer {
    app.app.authenticate(&Credential::Bearer(caller.token.clone().unwrap())).await.unwrap()
}

/// A feed without a face, which is read when the test says so.
async fn feed(app: &TestApp, caller: &Caller, room: &str, after: Option<&str>) -> RoomFeed {
    let id = GlobalId::room(room, "roomId").unwrap();
    app.app.follow_room(&viewer(app, caller).await, id, after, None).await.unwrap()
}

/// The texts that a feed shows up to a position, of new messages and of changed ones.
async fn read_to(feed: &mut RoomFeed, last: i64) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        for told in feed.next().await.unwrap().unwrap() {
            let Moment::Event(entry) = &told.moment else { continue };
            if let Happening::Message(message) | Happening::Amended { message, .. } = &entry.event.what {
                texts.push(message.text.clone());
            }
            if entry.event.position >= last {
                return texts;
            }
        }
    }
}

async fn position(app: &TestApp, caller: &Caller, room: &str) -> i64 {
    let id = GlobalId::room(room, "roomId").unwrap();
    app.app.room(&viewer(app, caller).await, id).await.unwrap().unwrap().room.head
}

on_both! {
    async fn an_edit_and_a_deletion_are_told_in_the_order_of_the_log(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let start = head(&amber, &room).await;
        let mut socket = follow(&app, &basil, EVENTS, json!({ "r": room })).await;
        let mut inbox = follow(&app, &basil, INBOX, json!({})).await;
        until(&mut socket, "CaughtUp").await;
        until(&mut inbox, "CaughtUp").await;
        let message = send(&amber, &room, "one").await;
        edit(&amber, &message, "two").await;
        delete(&amber, &message).await;
        send(&amber, &room, "after").await;
        let added = next(&mut socket).await;
        assert_eq!(added["__typename"], "MessageAdded");
        let changed = next(&mut socket).await;
        assert_eq!((&changed["__typename"], &changed["roomId"], &changed["replayed"]),
            (&json!("MessageChanged"), &json!(room), &json!(false)));
        assert_eq!((&changed["message"]["id"], &changed["message"]["sender"]["username"]),
            (&json!(message), &json!("amber")));
        let deleted = next(&mut socket).await;
        assert_eq!((&deleted["__typename"], &deleted["messageId"], &deleted["seq"], &deleted["replayed"]),
            (&json!("MessageDeleted"), &json!(message), &json!(1), &json!(false)));
        assert_eq!(next(&mut socket).await["message"]["text"], "after");
        for kind in ["MessageAdded", "MessageChanged", "MessageDeleted", "MessageAdded"] {
            let told = next(&mut inbox).await;
            assert_eq!((&told["__typename"], &told["roomId"]), (&json!(kind), &json!(room)));
        }
        // From the cursor of the change only what came after it is told.
        let mut again = follow(&app, &basil, EVENTS, json!({ "r": room, "a": changed["cursor"] })).await;
        assert_eq!(next(&mut again).await["backlog"], 2);
        let replayed = next(&mut again).await;
        assert_eq!((&replayed["__typename"], &replayed["replayed"]), (&json!("MessageDeleted"), &json!(true)));
        assert_eq!(replayed["cursor"], deleted["cursor"]);
        // The poll tells the same, and everything shows the message as it is now.
        let poll = "query($r: ID!, $a: String!) { room(id: $r) { events(after: $a) { hasMore events { __typename cursor
            ... on MessageAdded { message { text deletedAt } }
            ... on MessageChanged { message { text deletedAt edits { text } } }
            ... on MessageDeleted { messageId seq } } } } }";
        let page = amber.ask(poll, json!({ "r": room, "a": start })).await;
        let events = page["room"]["events"]["events"].as_array().unwrap();
        assert_eq!(events.len(), 4);
        for event in &events[..2] {
            assert_eq!((&event["message"]["text"], event["message"]["deletedAt"].is_string()), (&json!(""), true));
        }
        assert_eq!((&events[2]["messageId"], &events[2]["cursor"]), (&json!(message), &deleted["cursor"]));
    }

    async fn a_live_edit_shows_the_new_text_and_the_old_one_below_it(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let message = send(&amber, &room, "one").await;
        let mut socket = follow(&app, &basil, EVENTS, json!({ "r": room })).await;
        until(&mut socket, "CaughtUp").await;
        let edited = edit(&amber, &message, "two").await;
        let changed = next(&mut socket).await;
        let expected = json!({ "id": message, "seq": 1, "text": "two", "editedAt": edited["editedAt"],
            "deletedAt": null, "edits": [{ "text": "one" }], "sender": { "username": "amber" } });
        assert_eq!(changed["message"], expected);
    }

    async fn a_subscription_to_messages_passes_changes_by(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let start = head(&amber, &room).await;
        let mut socket = follow(&app, &amber, ADDED, json!({ "r": room, "a": start })).await;
        let first = send(&amber, &room, "one").await;
        let one = next(&mut socket).await;
        assert_eq!(one["message"]["seq"], 1);
        edit(&amber, &first, "one, edited").await;
        delete(&amber, &first).await;
        send(&amber, &room, "two").await;
        let two = next(&mut socket).await;
        assert_eq!((&two["message"]["seq"], &two["replayed"]), (&json!(2), &json!(false)));
        // A reader that comes back from before the changes gets messages alone, too.
        for after in [&start, &one["cursor"]] {
            let mut again = follow(&app, &amber, ADDED, json!({ "r": room, "a": after })).await;
            let told = next(&mut again).await;
            let (seq, text) = if after == &start { (1, "") } else { (2, "two") };
            assert_eq!((&told["message"]["seq"], &told["message"]["text"]), (&json!(seq), &json!(text)));
        }
    }

    async fn a_reader_that_is_behind_in_the_ring_is_never_shown_what_was_deleted(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        // Opened before anything is sent, so that all of it goes through the ring.
        let mut behind = feed(&app, &basil, &room, None).await;
        let start = head(&amber, &room).await;
        let secret = send(&amber, &room, "secret").await;
        let other = send(&amber, &room, "typo").await;
        edit(&amber, &secret, "secret, edited").await;
        for number in 0..10 {
            send(&amber, &room, &number.to_string()).await;
        }
        delete(&amber, &secret).await;
        edit(&amber, &other, "corrected").await;
        let last = position(&app, &amber, &room).await;
        let before = app.app.store().statements();
        let texts = read_to(&mut behind, last).await;
        assert_eq!(app.app.store().statements(), before, "it was all in the ring");
        assert_eq!(texts[..3], ["", "corrected", ""]);
        assert_eq!(texts[13..], ["", "corrected"]);
        assert!(texts.iter().all(|text| !text.contains("secret") && text != "typo"), "{texts:?}");
        let mut resumed = feed(&app, &basil, &room, start.as_str()).await;
        assert_eq!(read_to(&mut resumed, last).await, texts, "one that comes back is told the same");
    }

    async fn what_was_rendered_for_some_is_not_shown_to_others_after_a_deletion(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let start = head(&amber, &room).await;
        let mut first = follow(&app, &basil, ADDED, json!({ "r": room, "a": start })).await;
        let calm = send(&amber, &room, "calm").await;
        let secret = send(&amber, &room, "secret").await;
        for seq in [1, 2] {
            assert_eq!(next(&mut first).await["message"]["seq"], seq);
        }
        // The same document replays from the ring, once before and once after.
        let texts = async || {
            let mut again = follow(&app, &basil, ADDED, json!({ "r": room, "a": start })).await;
            let told = [next(&mut again).await, next(&mut again).await];
            told.map(|told| (told["message"]["text"].clone(), told["message"]["room"]["lastMessage"]["text"].clone()))
        };
        assert_eq!(texts().await[1].0, "secret");
        delete(&amber, &secret).await;
        assert_eq!(texts().await, [(json!("calm"), json!("")), (json!(""), json!(""))], "not even below another");
        edit(&amber, &calm, "calm, edited").await;
        assert_eq!(texts().await[0].0, "calm, edited");
    }
}

on_both!(a_reader_out_of_the_ring_is_told_from_the_database, async |db: Db| {
    let app = TestApp::with(db, &[SMALL]).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let start = head(&amber, &room).await;
    let mut behind = feed(&app, &basil, &room, start.as_str()).await;
    let secret = send(&amber, &room, "secret").await;
    let other = send(&amber, &room, "typo").await;
    for number in 0..20 {
        send(&amber, &room, &number.to_string()).await;
    }
    edit(&amber, &other, "corrected").await;
    delete(&amber, &secret).await;
    for number in 0..20 {
        send(&amber, &room, &number.to_string()).await;
    }
    let last = position(&app, &amber, &room).await;
    let texts = read_to(&mut behind, last).await;
    assert_eq!(
        (&texts[..2], &texts[22..24]),
        (&["", "corrected"].map(String::from)[..], &["corrected", ""].map(String::from)[..])
    );
    assert_eq!(texts.len(), 44);
    let mut socket = follow(&app, &basil, EVENTS, json!({ "r": room, "a": start })).await;
    assert_eq!(next(&mut socket).await["backlog"], 44);
    let deleted = until(&mut socket, "MessageDeleted").await;
    assert_eq!(
        (&deleted["messageId"], &deleted["seq"], &deleted["replayed"]),
        (&json!(secret), &json!(1), &json!(true))
    );
});

on_both!(an_event_about_a_message_goes_with_its_row, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    let message = send(&amber, &room, "one").await;
    edit(&amber, &message, "two").await;
    send(&amber, &room, "three").await;
    crate::support::sql::Sql::open(&db, app.data.path())
        .await
        .run("DELETE FROM messages WHERE seq = 1")
        .await;
    let mut socket = follow(&app, &amber, EVENTS, json!({ "r": room, "a": start })).await;
    assert_eq!(next(&mut socket).await["backlog"], 1);
    assert_eq!(next(&mut socket).await["__typename"], "HistoryTrimmed");
    assert_eq!(next(&mut socket).await["message"]["text"], "three");
});
