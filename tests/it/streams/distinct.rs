//! SSE with a stream for each operation.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, ORIGIN};
use reqwest::{Client, Version};
use serde_json::{Value, json};

use super::{MESSAGES, ROOM, code, den, follow, refusal, seq, start, until_metric};
use crate::on_both;
use crate::support::Caller;
use crate::support::events::{EVENT_STREAM, Events};

on_both! {
    async fn a_subscription_tells_each_message_once_with_its_cursor_as_the_id_of_the_event(app) {
        let (amber, room) = den(&app).await;
        let mut events = follow(&amber, &room).await;
        for wanted in 2..=30 {
            let sent = amber.say(&room, "more").await;
            let event = events.hear().await;
            assert_eq!((event.name.as_str(), seq(&event.data)), ("next", wanted));
            let added = &event.data["data"]["messageAdded"];
            assert_eq!((added["cursor"].as_str(), &added["replayed"]), (event.id.as_deref(), &json!(false)));
            assert_eq!(event.id.as_deref(), sent["edge"]["cursor"].as_str());
        }
    }

    async fn last_event_id_resumes_with_each_message_once_whatever_the_arguments_said_at_first(app) {
        let (amber, room) = den(&app).await;
        let first = amber.say(&room, "two").await["edge"]["cursor"].clone();
        let mut seen = Vec::new();
        // The same request again and again, as a browser sends it.
        for variables in [json!({ "r": room, "a": first }), json!({ "r": room, "l": 2 })] {
            let mut id = None;
            seen.clear();
            for _ in 0..4 {
                let mut request = amber.operation(MESSAGES, variables.clone());
                if let Some(id) = &id {
                    request = request.header("last-event-id", id);
                }
                let mut events = Events::open(request).await;
                for _ in 0..5 {
                    amber.say(&room, "more").await;
                }
                for _ in 0..3 {
                    let event = events.hear().await;
                    seen.push(seq(&event.data));
                    id = event.id;
                }
            }
            let begin = seen[0];
            assert_eq!(seen, (begin..begin + 12).collect::<Vec<_>>(), "{variables}");
        }
    }

    async fn every_root_field_resumes_by_last_event_id(app) {
        let (amber, room) = den(&app).await;
        let inbox = "subscription { inboxEvents { __typename cursor ... on MessageAdded { message { seq } } } }";
        for (query, field) in [(ROOM, "roomEvents"), (inbox, "inboxEvents")] {
            let mut events = Events::open(amber.operation(query, json!({ "r": room }))).await;
            let started = events.hear().await;
            assert_eq!(started.data["data"][field]["__typename"], "SubscriptionStarted");
            drop(events);
            let missed = amber.say(&room, "missed").await["message"]["seq"].clone();
            let again = amber.operation(query, json!({ "r": room }));
            let mut events = Events::open(again.header("last-event-id", started.id.unwrap())).await;
            let told = loop {
                let told = events.data().await["data"][field].clone();
                if told["__typename"] == "MessageAdded" {
                    break told;
                }
            };
            assert_eq!(told["message"]["seq"], missed, "{field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_may_come_by_get_as_browsers_send_it() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let variables = json!({ "r": room, "l": 1 }).to_string();
    let asked = amber.http.get(&amber.url).query(&[("query", MESSAGES), ("variables", &variables)]);
    let mut events = Events::open(amber.signed(asked)).await;
    assert_eq!(seq(&events.data().await), 1);
    amber.say(&room, "two").await;
    assert_eq!(seq(&events.data().await), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_mutations_are_one_event_and_a_mutation_does_not_come_by_get() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let mut events = Events::open(amber.operation("{ viewer { username } }", json!({}))).await;
    let event = events.hear().await;
    assert_eq!((event.id, event.data), (None, json!({ "data": { "viewer": { "username": "amber" } } })));
    events.completes().await;
    let send = "mutation($r: ID!) { sendMessage(input: { roomId: $r, text: \"two\" }) { message { seq } } }";
    let mut events = Events::open(amber.operation(send, json!({ "r": room }))).await;
    assert_eq!(events.data().await["data"]["sendMessage"]["message"]["seq"], 2);
    events.completes().await;
    let variables = json!({ "r": room }).to_string();
    let by_get = amber.http.get(&amber.url).query(&[("query", send), ("variables", &variables)]);
    let refused = amber.signed(by_get).header(ACCEPT, EVENT_STREAM).send().await.unwrap();
    assert_eq!(refused.headers()["allow"], "POST");
    assert_eq!(refusal(refused).await, (405, "BAD_INPUT".to_owned()));
    assert_eq!(amber.say(&room, "three").await["message"]["seq"], 3, "it had no effect");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_operation_is_told_in_the_stream() {
    let (app, other) = (start(&[]).await, start(&[]).await);
    let (amber, room) = den(&app).await;
    let (stranger, theirs) = den(&other).await;
    let foreign = stranger.say(&theirs, "two").await["edge"]["cursor"].clone();
    let wrong = async |caller: &Caller, query: &str, variables: Value, id: Option<&str>| {
        let mut request = caller.operation(query, variables);
        if let Some(id) = id {
            request = request.header("last-event-id", id);
        }
        let mut events = Events::open(request).await;
        let data = events.data().await;
        events.completes().await;
        code(&data).to_owned()
    };
    assert_eq!(wrong(&amber, "subscription {", json!({}), None).await, "BAD_INPUT");
    assert_eq!(wrong(&amber, "subscription { nothing }", json!({}), None).await, "BAD_INPUT");
    assert_eq!(wrong(&amber, MESSAGES, json!({ "r": "x" }), None).await, "BAD_INPUT");
    assert_eq!(wrong(&amber, MESSAGES, json!({ "r": room, "a": "x" }), None).await, "CURSOR_INVALID");
    assert_eq!(wrong(&amber, MESSAGES, json!({ "r": room, "a": foreign }), None).await, "CURSOR_EXPIRED");
    assert_eq!(wrong(&amber, MESSAGES, json!({ "r": room }), foreign.as_str()).await, "CURSOR_EXPIRED");
    assert_eq!(wrong(&amber, MESSAGES, json!({ "r": room }), Some("x")).await, "CURSOR_INVALID");
    assert_eq!(wrong(&app.anonymous(), MESSAGES, json!({ "r": room }), None).await, "UNAUTHENTICATED");
    let birch = app.user("birch").await;
    assert_eq!(wrong(&birch, MESSAGES, json!({ "r": room }), None).await, "NOT_FOUND");
    let nested = format!("{}{}", "{ a ".repeat(100), "}".repeat(100));
    assert_eq!(wrong(&amber, &nested, json!({}), None).await, "QUERY_TOO_COMPLEX");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_none_is_refused_before_a_stream_begins() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let ask = || amber.operation(MESSAGES, json!({ "r": room })).header(ACCEPT, EVENT_STREAM);
    let body = |body: &Value| amber.body(body).header(ACCEPT, EVENT_STREAM);
    let by_get = |caller: &Caller| {
        let asked = caller.http.get(&caller.url).query(&[("query", "{ viewer { id } }")]);
        asked.header(ACCEPT, EVENT_STREAM)
    };
    let form = || amber.signed(amber.http.post(&amber.url)).header("content-type", "text/plain").body("{}");
    let bad = |name: &str| (name.to_owned(), 400, "BAD_INPUT");
    for (request, (name, status, code)) in [
        (body(&json!({})), bad("no query")),
        (body(&json!({ "query": 5 })), bad("no text")),
        (body(&json!([{ "query": "{ __typename }" }])), bad("a batch")),
        (body(&json!(null)), bad("no object")),
        (form().header(ACCEPT, EVENT_STREAM), ("a form".to_owned(), 415, "BAD_INPUT")),
        (by_get(&amber).header(ORIGIN, "https://evil.example"), ("a page".to_owned(), 403, "FORBIDDEN")),
        (
            by_get(&amber).header("sec-fetch-site", "cross-site"),
            ("a page that says so".to_owned(), 403, "FORBIDDEN"),
        ),
        (
            by_get(&amber).header("authorization", "Bearer no.token.atall"),
            ("a bad token".to_owned(), 401, "UNAUTHENTICATED"),
        ),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(refusal(response).await, (status, code.to_owned()), "{name}");
    }
    amber.mutate("logout", json!({}), "loggedOut").await;
    assert_eq!(refusal(ask().send().await.unwrap()).await, (401, "UNAUTHENTICATED".to_owned()), "revoked");
    let birch = app.user("birch").await;
    app.pass(chrono::TimeDelta::minutes(16));
    let late = birch.operation(MESSAGES, json!({ "r": room })).header(ACCEPT, EVENT_STREAM);
    assert_eq!(refusal(late.send().await.unwrap()).await, (401, "TOKEN_EXPIRED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_on_the_way_is_invited_to_hold_events_back() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let plain = Client::builder().no_gzip().build().unwrap();
    let amber = Caller { http: plain, ..amber };
    let request = amber.operation(MESSAGES, json!({ "r": room, "l": 1 }));
    let mut events = Events::open(request.header(ACCEPT_ENCODING, "gzip, deflate, br")).await;
    assert_eq!(seq(&events.data().await), 1, "and it is no gzip");
    let headers = events.response.headers().clone();
    assert_eq!(headers.get(CONTENT_ENCODING), None);
    assert_eq!(headers["cache-control"], "no-store, no-transform");
    assert_eq!(headers["x-accel-buffering"], "no");
    assert_eq!(headers.get("content-length"), None);
    // Far less than a buffer of gzip holds, and it comes all the same.
    for wanted in 2..6 {
        amber.say(&room, "x").await;
        assert_eq!(seq(&events.data().await), wanted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stream_shows_that_it_lives() {
    let app = start(&[("LIVE_STREAM_HEARTBEAT", "60ms")]).await;
    let (amber, room) = den(&app).await;
    let mut events = follow(&amber, &room).await;
    let before = events.comments;
    events.comments(before + 3).await;
    amber.say(&room, "two").await;
    assert_eq!(seq(&events.data().await), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_share_a_connection_of_http2() {
    let app = start(&[]).await;
    let (amber, room) = den(&app).await;
    let http = Client::builder().http2_prior_knowledge().build().unwrap();
    let amber = Caller { http, ..amber };
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(follow(&amber, &room).await);
    }
    assert_eq!(streams[0].response.version(), Version::HTTP_2);
    until_metric(&app, "tertulia_streams_open 5").await;
    amber.say(&room, "two").await;
    for events in &mut streams {
        assert_eq!(seq(&events.data().await), 2);
    }
    drop(streams);
    until_metric(&app, "tertulia_streams_open 0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_has_so_many_streams_and_one_that_ends_makes_room() {
    let app = start(&[("LIVE_OPERATIONS_MAX", "2")]).await;
    let (amber, room) = den(&app).await;
    let (first, second) = (follow(&amber, &room).await, follow(&amber, &room).await);
    let more = || amber.operation(MESSAGES, json!({ "r": room, "l": 1 }));
    let refused = more().header(ACCEPT, EVENT_STREAM).send().await.unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refusal(refused).await, (429, "RATE_LIMITED".to_owned()));
    let elsewhere = app.login("amber", crate::support::app::PASSWORD).await;
    follow(&elsewhere, &room).await;
    drop(first);
    until_metric(&app, "tertulia_streams_open 1").await;
    follow(&amber, &room).await;
    drop(second);
}
