//! Subscriptions over HTTP from outside, a test for each rule.

mod distinct;
mod ends;

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::events::Events;
use crate::support::raw::PATIENCE;
use crate::support::{Caller, Db, TestApp};

const MESSAGES: &str = "subscription($r: ID!, $a: String, $l: Int) {
    messageAdded(roomId: $r, after: $a, last: $l) { cursor replayed message { seq text } } }";

const ROOM: &str = "subscription($r: ID!, $a: String) { roomEvents(roomId: $r, after: $a) {
    __typename cursor ... on MessageAdded { message { seq } } } }";

async fn start(settings: &[(&str, &str)]) -> TestApp {
    TestApp::with(Db::Sqlite, settings).await
}

/// A room of one person with one message, which `last: 1` begins with.
async fn den(app: &TestApp) -> (Caller, String) {
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    amber.say(&room, "one").await;
    (amber, room)
}

/// A stream of messages that has begun: its first is the last that was sent.
async fn follow(caller: &Caller, room: &str) -> Events {
    let mut events = Events::open(caller.operation(MESSAGES, json!({ "r": room, "l": 1 }))).await;
    let first = events.data().await;
    assert_eq!(first["data"]["messageAdded"]["replayed"], true, "{first}");
    events
}

fn seq(data: &Value) -> i64 {
    data["data"]["messageAdded"]["message"]["seq"].as_i64().unwrap_or_else(|| panic!("no message: {data}"))
}

fn code(data: &Value) -> &str {
    data["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code: {data}"))
}

/// The status of a refusal, and the code of its first error.
async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_ne!(status, 200, "it was not refused: {:?}", response.headers());
    let body: Value = response.json().await.unwrap();
    (status, code(&body).to_owned())
}

/// Waits until a metric has a value.
async fn until_metric(app: &TestApp, line: &str) {
    let wait = async {
        let url = format!("{}/metrics", app.base);
        while !app
            .http
            .get(&url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .lines()
            .any(|shown| shown == line)
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never saw {line}"));
}
