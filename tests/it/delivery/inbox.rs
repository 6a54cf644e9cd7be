//! `inboxEvents`: all rooms of a person in one subscription.

use super::*;

const INBOX: &str = "subscription($a: String) { inboxEvents(after: $a) {
    __typename cursor replayed roomId
    ... on SubscriptionStarted { backlog }
    ... on MessageAdded { message { text } }
    ... on MemberChanged { user { username } role }
    ... on RoomChanged { room { name } } } }";

/// Reads on to the event of a kind, and gives it.
async fn until(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let event = next(socket).await;
        if event["__typename"] == kind {
            return event;
        }
    }
}

on_both!(one_subscription_covers_all_rooms_and_those_that_come_and_go, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let (den, attic) = (amber.room("Den", &[&basil]).await, amber.room("Attic", &[&basil]).await);
    let mut socket = follow(&app, &basil, INBOX, json!({})).await;
    let started = next(&mut socket).await;
    assert_eq!((&started["backlog"], &started["roomId"]), (&json!(0), &Value::Null));
    assert_eq!(next(&mut socket).await["__typename"], "CaughtUp");
    amber.say(&den, "in the den").await;
    let told = next(&mut socket).await;
    assert_eq!((&told["roomId"], &told["message"]["text"]), (&json!(den), &json!("in the den")));
    amber.say(&attic, "in the attic").await;
    assert_eq!(next(&mut socket).await["message"]["text"], "in the attic");
    let cellar = amber.room("Cellar", &[]).await;
    amber.say(&cellar, "before basil").await;
    amber.mutate("addMembers", json!({ "roomId": cellar, "userIds": [basil.id] }), "errors { code }").await;
    let appeared = next(&mut socket).await;
    assert_eq!(
        (&appeared["__typename"], &appeared["room"]["name"]),
        (&json!("RoomChanged"), &json!("Cellar"))
    );
    assert_eq!(next(&mut socket).await["user"]["username"], "basil");
    amber.say(&cellar, "hello basil").await;
    assert_eq!(next(&mut socket).await["message"]["text"], "hello basil");
    amber.mutate("removeMember", json!({ "roomId": den, "userId": basil.id }), "errors { code }").await;
    let vanished = until(&mut socket, "RoomChanged").await;
    assert_eq!((&vanished["roomId"], &vanished["room"]), (&json!(den), &Value::Null));
    amber.say(&den, "without basil").await;
    amber.say(&attic, "still here").await;
    assert_eq!(until(&mut socket, "MessageAdded").await["message"]["text"], "still here");
});

on_both!(the_first_message_of_a_room_that_appears_is_news, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let mut socket = follow(&app, &basil, INBOX, json!({})).await;
    until(&mut socket, "CaughtUp").await;
    let input = json!({ "userId": basil.id, "text": "hello basil" });
    amber.mutate("sendDirectMessage", input, "errors { code }").await;
    assert_eq!(next(&mut socket).await["__typename"], "RoomChanged");
    let told = until(&mut socket, "MessageAdded").await;
    assert_eq!((&told["message"]["text"], &told["replayed"]), (&json!("hello basil"), &json!(false)));
});

on_both!(an_inbox_resumes_in_every_room_with_each_event_once, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let rooms = [amber.room("Den", &[&basil]).await, amber.room("Attic", &[&basil]).await];
    let mut socket = follow(&app, &basil, INBOX, json!({})).await;
    until(&mut socket, "CaughtUp").await;
    for number in 0..4 {
        amber.say(&rooms[number % 2], &format!("m{number}")).await;
    }
    let mut cursor = Value::Null;
    for number in 0..3 {
        let told = until(&mut socket, "MessageAdded").await;
        assert_eq!(told["message"]["text"], format!("m{number}"));
        cursor = told["cursor"].clone();
    }
    drop(socket);
    amber.say(&rooms[0], "m4").await;
    let fresh = amber.room("Cellar", &[&basil]).await;
    amber.say(&fresh, "m5").await;
    amber.mutate("removeMember", json!({ "roomId": rooms[1], "userId": basil.id }), "errors { code }").await;
    let mut again = follow(&app, &basil, INBOX, json!({ "a": cursor })).await;
    let (mut texts, mut changes) = (Vec::new(), Vec::new());
    loop {
        let told = next(&mut again).await;
        match told["__typename"].as_str().unwrap() {
            "MessageAdded" => {
                assert_eq!(told["replayed"], true);
                texts.push(told["message"]["text"].as_str().unwrap().to_owned());
            }
            "RoomChanged" => changes.push((told["roomId"].clone(), told["room"]["name"].clone())),
            "CaughtUp" => break,
            _ => {}
        }
    }
    texts.sort();
    // m3 was said in the room that basil may no longer read.
    assert_eq!(texts, ["m4", "m5"]);
    assert!(changes.contains(&(json!(rooms[1]), Value::Null)), "{changes:?}");
    assert!(changes.contains(&(json!(fresh), json!("Cellar"))), "{changes:?}");
    let mut foreign = follow(&app, &amber, INBOX, json!({ "a": cursor })).await;
    assert_eq!(end(&mut foreign).await, "CURSOR_INVALID");
});
