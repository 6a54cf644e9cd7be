//! Subscriptions in parts, as Apollo's clients ask for them.

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{MESSAGES, code, den, refusal, seq, start, until_metric};
use crate::on_both;
use crate::support::raw::PATIENCE;

const APOLLO: &str = r#"multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json"#;

/// A body that is read part by part.
struct Parts {
    response: Response,
    text: String,
}

impl Parts {
    async fn open(request: RequestBuilder) -> Self {
        let response = request.header(ACCEPT, APOLLO).send().await.unwrap();
        let kind = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        assert_eq!(kind, r#"multipart/mixed;boundary="graphql";subscriptionSpec=1.0"#);
        let mut parts = Self { response, text: String::new() };
        assert_eq!(parts.until("--graphql").await, "\r\n");
        parts
    }

    /// What comes before the mark.
    async fn until(&mut self, mark: &str) -> String {
        loop {
            if let Some((before, _)) = self.text.split_once(mark) {
                let before = before.to_owned();
                self.text.drain(..before.len() + mark.len());
                return before;
            }
            assert!(self.read().await, "ended after {}", self.text);
        }
    }

    async fn read(&mut self) -> bool {
        let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the server says nothing").unwrap();
        let Some(chunk) = chunk else { return false };
        self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        true
    }

    /// The next part, which must be whole as soon as it is there.
    async fn any(&mut self) -> Value {
        let part = self.until("\r\n--graphql").await;
        let body = part
            .strip_prefix("\r\ncontent-type: application/json\r\n\r\n")
            .unwrap_or_else(|| panic!("{part}"));
        serde_json::from_str(body).unwrap()
    }

    /// The next part that says something.
    async fn part(&mut self) -> Value {
        loop {
            let part = self.any().await;
            if part != json!({}) {
                return part;
            }
        }
    }

    async fn ends(mut self) {
        while self.read().await {}
        assert_eq!(self.text, "--\r\n");
    }
}

on_both! {
    async fn each_result_is_a_part_with_a_payload(app) {
        let (amber, room) = den(&app).await;
        let mut parts = Parts::open(amber.operation(MESSAGES, json!({ "r": room, "l": 1 }))).await;
        for wanted in 1..10 {
            assert_eq!(seq(&parts.part().await["payload"]), wanted);
            amber.say(&room, "more").await;
        }
        drop(parts);
        until_metric(&app, "tertulia_streams_open 0").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_body_has_parts_that_say_nothing() {
    let app = start(&[("LIVE_STREAM_HEARTBEAT", "60ms")]).await;
    let (amber, room) = den(&app).await;
    let mut parts = Parts::open(amber.operation(MESSAGES, json!({ "r": room, "l": 1 }))).await;
    assert_eq!(seq(&parts.part().await["payload"]), 1);
    for _ in 0..3 {
        assert_eq!(parts.any().await, json!({}));
    }
    amber.say(&room, "two").await;
    assert_eq!(seq(&parts.part().await["payload"]), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_the_operation_are_in_the_payload_and_those_of_the_transport_beside_it() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let mut parts = Parts::open(amber.operation(MESSAGES, json!({ "r": room, "a": "x" }))).await;
    assert_eq!(code(&parts.part().await["payload"]), "CURSOR_INVALID");
    parts.ends().await;
    let mut parts = Parts::open(amber.operation(MESSAGES, json!({ "r": room, "l": 1 }))).await;
    parts.part().await;
    amber.mutate("logout", json!({}), "loggedOut").await;
    let last = parts.part().await;
    assert_eq!((&last["payload"], code(&last)), (&Value::Null, "UNAUTHENTICATED"));
    parts.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so_for_a_plain_end_would_mean_completion() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let mut parts = Parts::open(amber.operation(MESSAGES, json!({ "r": room, "l": 1 }))).await;
    parts.part().await;
    app.stop().await;
    let last = parts.part().await;
    assert_eq!((&last["payload"], code(&last)), (&Value::Null, "UNAVAILABLE"));
    assert_eq!(last["errors"][0]["extensions"]["retryAfterMs"], 1000);
    parts.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_is_json_and_so_is_a_refusal() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let ask = |query: &str| amber.operation(query, json!({ "r": room })).header(ACCEPT, APOLLO);
    let answer = ask("query { viewer { username } }").send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json; charset=utf-8");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({ "data": { "viewer": { "username": "amber" } } }));
    assert_eq!(ask("subscription {").send().await.unwrap().status(), 200);
    let only_parts = "multipart/mixed;subscriptionSpec=1.0";
    let query = amber.operation("{ viewer { id } }", json!({})).header(ACCEPT, only_parts);
    assert_eq!(refusal(query.send().await.unwrap()).await, (406, "BAD_INPUT".to_owned()));
    let other =
        amber.operation(MESSAGES, json!({ "r": room })).header(ACCEPT, "multipart/mixed;deferSpec=20220824");
    assert_eq!(refusal(other.send().await.unwrap()).await, (406, "BAD_INPUT".to_owned()));
    amber.mutate("logout", json!({}), "loggedOut").await;
    assert_eq!(refusal(ask(MESSAGES).send().await.unwrap()).await, (401, "UNAUTHENTICATED".to_owned()));
}
