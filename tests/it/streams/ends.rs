//! What ends a stream from outside.

use reqwest::Client;
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::{MESSAGES, ROOM, code, den, follow, seq, start, until_metric};
use crate::on_both;
use crate::support::Caller;
use crate::support::events::Events;
use crate::support::raw::{Caller as Raw, PATIENCE};

on_both! {
    async fn logging_out_ends_the_streams_of_the_session_and_of_no_other(app) {
        let (amber, room) = den(&app).await;
        let elsewhere = app.login("amber", crate::support::app::PASSWORD).await;
        let (mut here, mut there) = (follow(&amber, &room).await, follow(&elsewhere, &room).await);
        amber.mutate("logout", json!({}), "loggedOut").await;
        assert_eq!(code(&here.data().await), "UNAUTHENTICATED");
        here.completes().await;
        elsewhere.say(&room, "two").await;
        assert_eq!(seq(&there.data().await), 2);
    }

    async fn who_leaves_a_room_is_told_no_more_of_it(app) {
        let (amber, room) = den(&app).await;
        let birch = app.user("birch").await;
        let add = json!({ "roomId": room, "userIds": [birch.id] });
        amber.mutate("addMembers", add, "room { id }").await;
        let mut events = follow(&birch, &room).await;
        birch.mutate("leaveRoom", json!({ "roomId": room }), "leftRoomId").await;
        amber.say(&room, "secret").await;
        assert_eq!(code(&events.data().await), "NOT_A_MEMBER");
        events.completes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_runs_out_ends_its_streams_after_the_grace() {
    let app = start(&[("ACCESS_TOKEN_TTL", "1s"), ("LIVE_RENEW_GRACE", "300ms")]).await;
    let (amber, room) = den(&app).await;
    let opened = Instant::now();
    let mut events = follow(&amber, &room).await;
    assert_eq!(code(&events.data().await), "TOKEN_EXPIRED");
    assert!(opened.elapsed().as_millis() >= 1_000, "not before the token is over");
    events.completes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_ends_its_streams_at_once_and_without_completing_them() {
    let app = start(&[("HTTP_DRAIN_TIMEOUT", "60s")]).await;
    let (amber, room) = den(&app).await;
    let http = Client::builder().http2_prior_knowledge().build().unwrap();
    let modern = Caller { http, ..amber.clone() };
    let mut streams = vec![follow(&amber, &room).await, follow(&modern, &room).await];
    streams.push(Events::open(modern.operation(ROOM, json!({ "r": room }))).await);
    streams[2].hear().await;
    streams[2].hear().await;
    timeout(PATIENCE, app.stop()).await.expect("the streams hold the server up");
    for events in &mut streams {
        assert_eq!(events.next().await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_closed_and_others_go_on() {
    let app = start(&[("HTTP_IDLE_TIMEOUT", "1s")]).await;
    let (amber, room) = den(&app).await;
    let body = json!({ "query": MESSAGES, "variables": { "r": room, "l": 1 } }).to_string();
    let mut stalled = Raw(tokio::net::TcpStream::connect(app.address).await.unwrap());
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        amber.token.as_deref().unwrap(),
        body.len()
    );
    stalled.send(&head).await;
    stalled.read_until("event: next").await;
    let mut events = follow(&amber, &room).await;
    until_metric(&app, "tertulia_streams_open 2").await;
    // More than the buffers of the system and of the connection hold.
    let text = "x".repeat(3_900);
    for wanted in 2..2_000 {
        amber.say(&room, &text).await;
        assert_eq!(seq(&events.data().await), wanted);
    }
    until_metric(&app, "tertulia_streams_open 1").await;
    until_metric(&app, "tertulia_connections_overdue_total{deadline=\"stalled\"} 1").await;
    amber.say(&room, "last").await;
    assert_eq!(seq(&events.data().await), 2_000);
}
