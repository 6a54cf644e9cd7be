//! Who is typing.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Looker, start};
use crate::support::{Caller, TestApp};

const LONG: (&str, &str) = ("LIVE_TYPING_TTL", "60s");

async fn set_typing(caller: &Caller, room: &str, on: bool) -> Value {
    caller.mutate("setTyping", json!({ "roomId": room, "on": on }), "expiresAt").await["expiresAt"].take()
}

/// Amber's room with Birch in it, and Amber looking at it.
async fn den(app: &TestApp) -> (Caller, Caller, String, Looker) {
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    let room = amber.room("Den", &[&birch]).await;
    let mut look = Looker::open(app, &amber, &room).await;
    assert!(look.next().await.typing.is_empty());
    (amber, birch, room, look)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_appears_and_ends_by_itself() {
    let app = start(&[("LIVE_TYPING_TTL", "400ms")]).await;
    let (_, birch, room, mut look) = den(&app).await;
    let until: DateTime<Utc> = serde_json::from_value(set_typing(&birch, &room, true).await).unwrap();
    assert_eq!(until, app.clock.now() + TimeDelta::milliseconds(400));
    assert_eq!(look.next().await.typing, ["birch"]);
    assert!(look.next().await.typing.is_empty());
    assert_eq!(crate::sockets::metric(&app, "tertulia_people_typing").await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_when_the_person_says_so() {
    let app = start(&[LONG]).await;
    let (amber, birch, room, mut look) = den(&app).await;
    set_typing(&birch, &room, true).await;
    assert_eq!(look.next().await.typing, ["birch"]);
    set_typing(&amber, &room, true).await;
    assert_eq!(look.next().await.typing, ["birch", "amber"], "one's own shows, too");
    assert_eq!(set_typing(&birch, &room, false).await, Value::Null);
    assert_eq!(look.next().await.typing, ["amber"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_the_persons_message_and_not_with_anothers() {
    let app = start(&[LONG]).await;
    let (amber, birch, room, mut look) = den(&app).await;
    set_typing(&amber, &room, true).await;
    assert_eq!(look.next().await.typing, ["amber"]);
    set_typing(&birch, &room, true).await;
    assert_eq!(look.next().await.typing, ["amber", "birch"]);
    birch.say(&room, "hello").await;
    assert_eq!(look.next().await.typing, ["amber"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_calls_are_one_update() {
    let app = start(&[LONG]).await;
    let (amber, birch, room, mut look) = den(&app).await;
    for _ in 0..10 {
        set_typing(&birch, &room, true).await;
    }
    set_typing(&amber, &room, true).await;
    let mut updates = vec![look.next().await.typing];
    while updates.last().unwrap().len() < 2 {
        updates.push(look.next().await.typing);
    }
    assert!(updates.len() <= 2, "{updates:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_come_at_most_once_in_an_interval_however_often_things_change() {
    let interval = Duration::from_millis(500);
    let settings = [LONG, ("LIVE_ACTIVITY_INTERVAL", "500ms"), ("LIVE_PRESENCE_SILENCE", "15s")];
    let app = start(&settings).await;
    let (amber, birch, room, mut look) = den(&app).await;
    let began = Instant::now();
    for round in 0..40 {
        set_typing(&birch, &room, round % 2 == 0).await;
    }
    set_typing(&amber, &room, true).await;
    let mut updates = 1;
    while look.next().await.typing != ["amber"] {
        updates += 1;
    }
    let most = 2 + began.elapsed().as_millis() / interval.as_millis();
    assert!(updates <= most, "{updates} updates in {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_later_sees_who_still_types_and_nothing_of_the_past() {
    let app = start(&[LONG]).await;
    let (amber, birch, room, _look) = den(&app).await;
    set_typing(&birch, &room, true).await;
    set_typing(&amber, &room, true).await;
    assert_eq!(Looker::open(&app, &amber, &room).await.next().await.typing, ["birch", "amber"]);
    set_typing(&birch, &room, false).await;
    let mut late = Looker::open(&app, &amber, &room).await;
    assert_eq!(late.next().await.typing, ["amber"]);
    set_typing(&birch, &room, true).await;
    assert_eq!(late.next().await.typing, ["amber", "birch"], "nothing came between");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_who_may_post_are_shown_as_typing() {
    let app = start(&[LONG]).await;
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    let room = amber.room("Den", &[]).await;
    assert_eq!(birch.refused("setTyping", json!({ "roomId": room })).await, ["NOT_FOUND"]);
    assert_eq!(birch.refused("setTyping", json!({ "roomId": "no room" })).await, ["BAD_INPUT"]);
    let reader = json!({ "roomId": room, "userIds": [birch.id], "role": "READER" });
    amber.mutate("addMembers", reader, "").await;
    assert_eq!(birch.refused("setTyping", json!({ "roomId": room })).await, ["FORBIDDEN"]);
    assert!(Looker::open(&app, &birch, &room).await.next().await.typing.is_empty());
}
