//! SSE with one stream for all operations.

use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::{MESSAGES, code, den, refusal, start, until_metric};
use crate::on_both;
use crate::support::Caller;
use crate::support::app::PASSWORD;
use crate::support::events::{EVENT_STREAM, Event, Events};
use crate::support::raw::PATIENCE;

const TOKEN: &str = "x-graphql-event-stream-token";

async fn put(caller: &Caller) -> Response {
    caller.signed(caller.http.put(&caller.url)).send().await.unwrap()
}

async fn reserve(caller: &Caller) -> String {
    let response = put(caller).await;
    assert_eq!(response.status(), 201);
    let token = response.text().await.unwrap();
    assert!(token.len() > 40, "{token}");
    token
}

fn get(caller: &Caller, token: &str) -> RequestBuilder {
    caller.signed(caller.http.get(&caller.url)).header(TOKEN, token)
}

#[expect(clippy::needless_pass_by_value, reason = "callers write the value in place")]
fn operation(caller: &Caller, token: &str, id: &str, query: &str, variables: Value) -> RequestBuilder {
    let body = json!({ "query": query, "variables": variables, "extensions": { "operationId": id } });
    caller.body(&body).header(TOKEN, token)
}

async fn run(caller: &Caller, token: &str, id: &str, query: &str, variables: Value) -> u16 {
    operation(caller, token, id, query, variables).send().await.unwrap().status().as_u16()
}

async fn end(caller: &Caller, token: &str, id: &str) -> u16 {
    let request = caller.signed(caller.http.delete(&caller.url)).header(TOKEN, token);
    request.query(&[("operationId", id)]).send().await.unwrap().status().as_u16()
}

fn message(event: &Event) -> (&str, i64) {
    assert_eq!(event.name, "next", "{event:?}");
    let added = &event.data["payload"]["data"]["messageAdded"];
    assert_eq!(added["cursor"].as_str(), event.id.as_deref());
    (event.data["id"].as_str().unwrap(), added["message"]["seq"].as_i64().unwrap())
}

fn completed(id: &str) -> Event {
    Event { name: "complete".to_owned(), id: None, data: json!({ "id": id }) }
}

on_both! {
    async fn operations_of_many_requests_share_a_stream_and_end_one_by_one(app) {
        let (amber, room) = den(&app).await;
        let token = reserve(&amber).await;
        let mut events = Events::open(get(&amber, &token)).await;
        let follow = json!({ "r": room, "l": 1 });
        for id in ["a", "b"] {
            assert_eq!(run(&amber, &token, id, MESSAGES, follow.clone()).await, 202);
            assert_eq!(message(&events.hear().await), (id, 1));
        }
        assert_eq!(run(&amber, &token, "q", "{ viewer { username } }", json!({})).await, 202);
        let answer = events.hear().await;
        let viewer = json!({ "data": { "viewer": { "username": "amber" } } });
        assert_eq!(answer.data, json!({ "id": "q", "payload": viewer }));
        assert_eq!(events.hear().await, completed("q"));
        amber.say(&room, "two").await;
        let mut both = [events.hear().await, events.hear().await].map(|event| message(&event).0.to_owned());
        both.sort();
        assert_eq!(both, ["a", "b"]);
        assert_eq!(end(&amber, &token, "a").await, 200);
        assert_eq!(end(&amber, &token, "a").await, 200, "it may just have ended");
        amber.say(&room, "three").await;
        assert_eq!(message(&events.hear().await), ("b", 3));
        assert_eq!(run(&amber, &token, "a", MESSAGES, follow).await, 202, "the name is free again");
        assert_eq!(message(&events.hear().await), ("a", 3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_wait_for_the_stream_to_open() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let token = reserve(&amber).await;
    assert_eq!(run(&amber, &token, "a", MESSAGES, json!({ "r": room, "l": 1 })).await, 202);
    assert_eq!(run(&amber, &token, "gone", MESSAGES, json!({ "r": room, "l": 1 })).await, 202);
    assert_eq!(end(&amber, &token, "gone").await, 200);
    // As a browser opens it: with the token in the address, and no header.
    let asked = app.http.get(&amber.url).query(&[("token", &token)]);
    let mut events = Events::open(asked).await;
    assert_eq!(message(&events.hear().await), ("a", 1));
    amber.say(&room, "two").await;
    assert_eq!(message(&events.hear().await), ("a", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_has_one_stream_at_a_time_and_ends_with_it() {
    let app = start(&[]).await;
    let (amber, _) = den(&app).await;
    let token = reserve(&amber).await;
    let events = Events::open(get(&amber, &token)).await;
    let second = get(&amber, &token).header(ACCEPT, EVENT_STREAM).send().await.unwrap();
    assert_eq!(refusal(second).await, (409, "CONFLICT".to_owned()));
    until_metric(&app, "tertulia_streams_open 1").await;
    until_metric(&app, "tertulia_stream_reservations 1").await;
    drop(events);
    until_metric(&app, "tertulia_stream_reservations 0").await;
    let late = get(&amber, &token).header(ACCEPT, EVENT_STREAM).send().await.unwrap();
    assert_eq!(refusal(late).await, (404, "NOT_FOUND".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_session_that_reserved_may_use_a_token() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    assert_eq!(refusal(put(&app.anonymous()).await).await, (401, "UNAUTHENTICATED".to_owned()));
    let token = reserve(&amber).await;
    let (birch, elsewhere) = (app.user("birch").await, app.login("amber", PASSWORD).await);
    let follow = json!({ "r": room, "l": 1 });
    for other in [&birch, &elsewhere] {
        let asked = operation(other, &token, "a", MESSAGES, follow.clone()).send().await.unwrap();
        assert_eq!(refusal(asked).await, (403, "FORBIDDEN".to_owned()));
        let opened = get(other, &token).header(ACCEPT, EVENT_STREAM).send().await.unwrap();
        assert_eq!(refusal(opened).await, (403, "FORBIDDEN".to_owned()));
        assert_eq!(end(other, &token, "a").await, 403);
    }
    let nobody = operation(&app.anonymous(), &token, "a", MESSAGES, follow).send().await.unwrap();
    assert_eq!(refusal(nobody).await, (401, "UNAUTHENTICATED".to_owned()));
    let page = get(&app.anonymous(), &token).header("origin", "https://evil.example");
    let page = page.header(ACCEPT, EVENT_STREAM).send().await.unwrap();
    assert_eq!(refusal(page).await, (403, "FORBIDDEN".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_start_is_answered_by_the_request_that_asked_for_it() {
    let app = start(&[("LIVE_OPERATIONS_MAX", "2")]).await;
    let (amber, room) = den(&app).await;
    let token = reserve(&amber).await;
    let mut events = Events::open(get(&amber, &token)).await;
    let follow = json!({ "r": room, "l": 1 });
    let long = "x".repeat(129);
    let bad = |id: &str, query: &str| operation(&amber, &token, id, query, follow.clone());
    for (name, request) in [
        ("no id", bad("", MESSAGES)),
        ("a long id", bad(&long, MESSAGES)),
        ("no query", amber.body(&json!({ "extensions": { "operationId": "a" } })).header(TOKEN, &token)),
        ("an id that is none", {
            amber
                .body(&json!({ "query": "{ __typename }", "extensions": { "operationId": 5 } }))
                .header(TOKEN, &token)
        }),
        ("a batch", amber.body(&json!([])).header(TOKEN, &token)),
        ("no document", bad("a", "{")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(refusal(response).await, (400, "BAD_INPUT".to_owned()), "{name}");
    }
    let lost = operation(&amber, "nothing", "a", MESSAGES, follow.clone()).send().await.unwrap();
    assert_eq!(refusal(lost).await, (404, "NOT_FOUND".to_owned()));
    assert_eq!(end(&amber, "nothing", "a").await, 404);
    let nameless = amber.signed(amber.http.delete(&amber.url)).header(TOKEN, &token).send().await.unwrap();
    assert_eq!(refusal(nameless).await, (400, "BAD_INPUT".to_owned()));
    assert_eq!(run(&amber, &token, "a", MESSAGES, follow.clone()).await, 202);
    events.hear().await;
    let again = operation(&amber, &token, "a", MESSAGES, follow.clone()).send().await.unwrap();
    assert_eq!(refusal(again).await, (409, "CONFLICT".to_owned()));
    assert_eq!(run(&amber, &token, "b", MESSAGES, follow.clone()).await, 202);
    events.hear().await;
    let third = operation(&amber, &token, "c", MESSAGES, follow).send().await.unwrap();
    assert_eq!(refusal(third).await, (429, "RATE_LIMITED".to_owned()));
    assert_eq!(end(&amber, &token, "a").await, 200);
    // What is found out only when it runs comes in the stream.
    assert_eq!(run(&amber, &token, "c", MESSAGES, json!({ "r": room, "a": "x" })).await, 202);
    let event = events.hear().await;
    assert_eq!((&event.data["id"], code(&event.data["payload"])), (&json!("c"), "CURSOR_INVALID"));
    assert_eq!(events.hear().await, completed("c"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_that_is_not_used_is_forgotten_and_there_are_only_so_many() {
    let app = start(&[("LIVE_STREAM_RESERVATIONS_MAX", "2"), ("LIVE_STREAM_RESERVATION_TTL", "1s")]).await;
    let (amber, _) = den(&app).await;
    let (used, unused) = (reserve(&amber).await, reserve(&amber).await);
    let refused = put(&amber).await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refusal(refused).await, (503, "UNAVAILABLE".to_owned()));
    let _events = Events::open(get(&amber, &used)).await;
    until_metric(&app, "tertulia_stream_reservations 1").await;
    let late = get(&amber, &unused).header(ACCEPT, EVENT_STREAM).send().await.unwrap();
    assert_eq!(refusal(late).await, (404, "NOT_FOUND".to_owned()));
    assert_eq!(run(&amber, &used, "q", "{ __typename }", json!({})).await, 202, "an open one stays");
    reserve(&amber).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_over_ends_its_operations_with_their_reason_and_then_the_stream() {
    let app = start(&[("HTTP_DRAIN_TIMEOUT", "60s")]).await;
    let (amber, room) = den(&app).await;
    let token = reserve(&amber).await;
    let mut events = Events::open(get(&amber, &token)).await;
    for id in ["a", "b"] {
        assert_eq!(run(&amber, &token, id, MESSAGES, json!({ "r": room, "l": 1 })).await, 202);
        events.hear().await;
    }
    amber.mutate("logout", json!({}), "loggedOut").await;
    let mut ended = Vec::new();
    while let Some(event) = events.next().await {
        match event.name.as_str() {
            "next" => assert_eq!(code(&event.data["payload"]), "UNAUTHENTICATED"),
            _ => ended.push(event.data["id"].clone()),
        }
    }
    ended.sort_by_key(ToString::to_string);
    assert_eq!(ended, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_ends_a_stream_of_many_at_once() {
    let app = start(&[("HTTP_DRAIN_TIMEOUT", "60s")]).await;
    let (amber, room) = den(&app).await;
    let token = reserve(&amber).await;
    let mut events = Events::open(get(&amber, &token)).await;
    assert_eq!(run(&amber, &token, "a", MESSAGES, json!({ "r": room, "l": 1 })).await, 202);
    events.hear().await;
    tokio::time::timeout(PATIENCE, app.stop()).await.expect("the stream holds the server up");
    assert_eq!(events.next().await, None, "and what ran on it is not said to be complete");
}
