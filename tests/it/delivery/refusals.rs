//! Subscriptions that make no sense: each is refused with its code, once, and delivers nothing.

use tertulia::domain::ids::RoomKey;
use tertulia::domain::paging::{Epoch, List, Place, encode_cursor};

use super::*;

/// Sends one and gives the code of its refusal. Nothing else is heard of it, also when something happens.
async fn refused(socket: &mut Socket, amber: &Caller, room: &str, query: &str, variables: Value) -> String {
    socket.subscribe("s", query, variables).await;
    let code = end(socket).await;
    amber.say(room, "for members").await;
    // The next that is heard is this answer, so there was no complete and no event.
    let answer = socket.ask("{ viewer { username } }", json!({})).await;
    assert!(answer["data"]["viewer"]["username"].is_string(), "{answer}");
    code
}

on_both!(a_document_with_another_root_than_one_field_is_refused, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    for query in [
        "subscription($r: ID!) { a: messageAdded(roomId: $r) { cursor } b: roomEvents(roomId: $r) { cursor } }",
        "subscription($r: ID!) { messageAdded(roomId: $r) { cursor } ...F } fragment F on Subscription { inboxEvents { cursor } }",
        "subscription($r: ID!) { ... { messageAdded(roomId: $r) { cursor } roomEvents(roomId: $r) { cursor } } }",
        "subscription($r: ID!) { messageAdded(roomId: $r) @skip(if: true) { cursor } }",
        "subscription($r: ID!) { messageAdded(roomId: $r) @include(if: false) { cursor } }",
        "subscription($r: ID!, $b: Boolean = true) { messageAdded(roomId: $r) @skip(if: $b) { cursor } }",
        "subscription($r: ID!) { ... @skip(if: true) { messageAdded(roomId: $r) { cursor } } }",
        "subscription($r: ID!) { messageAdded(roomId: $r) { cursor } __typename }",
        "subscription { __typename }",
        "subscription($r: ID!) { messageAdded(roomId: $r) { cursor nothing } }",
        "subscription($r: ID!) { messageAdded(roomId: $r, first: 3) { cursor } }",
        "subscription($r: ID!) { messageAdded(roomId: $r, after: $a) { cursor } }",
    ] {
        let code = refused(&mut socket, &amber, &room, query, json!({ "r": room })).await;
        assert_eq!(code, "BAD_INPUT", "{query}");
    }
});

on_both!(variables_that_do_not_fit_are_refused_and_those_too_many_are_not, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    for variables in
        [json!({}), json!({ "r": null }), json!({ "r": room, "n": "three" }), json!({ "r": [room] })]
    {
        let code = refused(&mut socket, &amber, &room, MESSAGES, variables.clone()).await;
        assert_eq!(code, "BAD_INPUT", "{variables}");
    }
    socket.subscribe("s", MESSAGES, json!({ "r": room, "n": 1, "nobody": "asked" })).await;
    assert_eq!(next(&mut socket).await["message"]["text"], "for members");
});

on_both!(cursors_and_counts_out_of_range_are_refused, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let key = amber.ask("query($r: ID!) { room(id: $r) { databaseId } }", json!({ "r": room })).await;
    let log = List::Log(RoomKey(key["room"]["databaseId"].as_i64().unwrap()));
    let made = |epoch, place| encode_cursor(epoch, log, place);
    let ours = app.app.epoch();
    let good = head(&amber, &room).await;
    let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
    let cases = [
        (json!({ "a": made(Epoch(ours.0 ^ 1), Place(1, 0)) }), "CURSOR_EXPIRED"),
        (json!({ "a": made(ours, Place(1_000_000, 1)) }), "CURSOR_EXPIRED"),
        (json!({ "a": made(ours, Place(i64::MAX, i64::MAX)) }), "CURSOR_EXPIRED"),
        // Nobody was given this one: the place is there, the number of its newest message is not.
        (json!({ "a": made(ours, Place(1, i64::MAX)) }), "CURSOR_EXPIRED"),
        (json!({ "a": made(ours, Place(0, 1_000_000)) }), "CURSOR_EXPIRED"),
        (json!({ "a": encode_cursor(ours, List::Users, Place(1, 0)) }), "CURSOR_INVALID"),
        (json!({ "a": "" }), "CURSOR_INVALID"),
        (json!({ "a": "A".repeat(65) }), "CURSOR_INVALID"),
        (json!({ "a": "A".repeat(100_000) }), "CURSOR_INVALID"),
        (json!({ "a": format!("{good}A") }), "CURSOR_INVALID"),
        (json!({ "n": -1 }), "BAD_INPUT"),
        (json!({ "n": 201 }), "BAD_INPUT"),
        (json!({ "n": i32::MAX }), "BAD_INPUT"),
        (json!({ "n": i32::MIN }), "BAD_INPUT"),
        (json!({ "n": 3_000_000_000_i64 }), "BAD_INPUT"),
        (json!({ "a": good, "n": -1 }), "BAD_INPUT"),
        (json!({ "a": "nonsense", "n": 1 }), "CURSOR_INVALID"),
    ];
    for (mut variables, expected) in cases {
        variables["r"] = json!(room);
        let code = refused(&mut socket, &amber, &room, MESSAGES, variables.clone()).await;
        assert_eq!(code, expected, "{}", variables.to_string().chars().take(200).collect::<String>());
    }
});

on_both!(with_after_and_last_whichever_begins_later_counts, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    for text in ["one", "two", "three", "four"] {
        amber.say(&room, text).await;
    }
    let both = async |after: &Value, last: i32| {
        let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": after, "n": last })).await;
        next(&mut socket).await
    };
    let third = both(&json!(start), 2).await;
    assert_eq!(third["message"]["text"], "three");
    assert_eq!(both(&third["cursor"], 200).await["message"]["text"], "four");
    assert_eq!(both(&json!(start), 200).await["message"]["text"], "one");
});

on_both!(one_who_may_not_see_a_room_is_refused_whatever_else_is_wrong, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[]).await;
    let mut socket = Socket::ready(&app, basil.token.as_deref()).await;
    for variables in
        [json!({}), json!({ "n": 5 }), json!({ "a": head(&amber, &room).await }), json!({ "a": "x" })]
    {
        let mut variables = variables;
        variables["r"] = json!(room);
        for query in [MESSAGES, EVENTS] {
            assert_eq!(refused(&mut socket, &amber, &room, query, variables.clone()).await, "NOT_FOUND");
        }
    }
});
