//! `roomEvents` and `Room.events`: all that happens in a room.

use super::*;

const PAGE: &str = "query($r: ID!, $a: String!, $n: Int) { room(id: $r) { events(after: $a, first: $n) {
    endCursor hasMore events { __typename cursor replayed
        ... on MessageAdded { message { text } } ... on MemberChanged { user { username } role }
        ... on RoomChanged { room { name } } } } } }";

on_both!(a_room_tells_all_that_happens_in_one_order, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    amber.say(&room, "hello").await;
    amber.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id] }), "errors { code }").await;
    let mut socket = follow(&app, &amber, EVENTS, json!({ "r": room, "a": start })).await;
    let started = next(&mut socket).await;
    assert_eq!(started["backlog"], 2, "{started}");
    assert_eq!(next(&mut socket).await["message"]["text"], "hello");
    let joined = next(&mut socket).await;
    assert_eq!(joined["user"]["username"], "basil", "{joined}");
    assert_eq!((&joined["role"], &joined["replayed"]), (&json!("MEMBER"), &json!(true)));
    let level = next(&mut socket).await;
    assert_eq!((&level["__typename"], &level["cursor"]), (&json!("CaughtUp"), &joined["cursor"]));
    amber.mutate("updateRoom", json!({ "roomId": room, "name": "Study" }), "errors { code }").await;
    let edited = next(&mut socket).await;
    assert_eq!((&edited["room"]["name"], &edited["replayed"]), (&json!("Study"), &json!(false)));
    basil.mutate("leaveRoom", json!({ "roomId": room }), "errors { code }").await;
    let left = next(&mut socket).await;
    assert_eq!((&left["user"]["username"], &left["role"]), (&json!("basil"), &Value::Null));
    amber.mutate("deleteRoom", json!({ "roomId": room }), "errors { code }").await;
    let gone = next(&mut socket).await;
    assert_eq!((&gone["__typename"], &gone["room"]), (&json!("RoomChanged"), &Value::Null));
    assert_eq!(socket.hear_past_pings().await, json!({ "type": "complete", "id": "s" }));
});

on_both!(a_subscription_to_messages_ends_with_its_room, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room })).await;
    opened(&mut socket, &amber, &room).await;
    amber.mutate("deleteRoom", json!({ "roomId": room }), "errors { code }").await;
    loop {
        let message = socket.hear_past_pings().await;
        if message["type"] != "next" {
            assert_eq!(message["payload"][0]["extensions"]["code"], "NOT_FOUND", "{message}");
            return;
        }
    }
});

on_both!(changes_can_be_polled_page_by_page, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let start = head(&amber, &room).await;
    amber.say(&room, "one").await;
    basil.mutate("leaveRoom", json!({ "roomId": room }), "errors { code }").await;
    amber.say(&room, "two").await;
    let ask = async |after: &Value, first: i64| {
        let answer = amber.ask(PAGE, json!({ "r": room, "a": after, "n": first })).await;
        answer["room"]["events"].clone()
    };
    let first = ask(&json!(start), 2).await;
    assert_eq!(first["events"][0]["message"]["text"], "one");
    assert_eq!(first["events"][1]["user"]["username"], "basil");
    assert_eq!((&first["hasMore"], &first["endCursor"]), (&json!(true), &first["events"][1]["cursor"]));
    let second = ask(&first["endCursor"], 2).await;
    assert_eq!(second["events"][0]["message"]["text"], "two");
    assert_eq!(second["hasMore"], false);
    let none = ask(&second["endCursor"], 2).await;
    assert_eq!((&none["events"], &none["endCursor"]), (&json!([]), &second["endCursor"]));
    // The same cursor goes on live.
    let mut socket = follow(&app, &amber, EVENTS, json!({ "r": room, "a": none["endCursor"] })).await;
    assert_eq!(next(&mut socket).await["backlog"], 0);
    assert_eq!(next(&mut socket).await["__typename"], "CaughtUp");
    assert_eq!(basil.ask(PAGE, json!({ "r": room, "a": start })).await["room"], Value::Null);
    assert_eq!(amber.code(PAGE, json!({ "r": room, "a": "nonsense" })).await, "CURSOR_INVALID");
    assert_eq!(amber.code(PAGE, json!({ "r": room, "a": start, "n": 201 })).await, "BAD_INPUT");
});
