//! What every dialect's socket does, shown on one: pings, bounds, and how it ends.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::mrm::Person;
use crate::sockets::{metric, until_metric};
use crate::support::socket::Socket;
use crate::support::{Db, TestApp};

const UNRESPONSIVE: &str = "tertulia_sockets_closed_total{why=\"unresponsive\"}";
const PROTOCOL: &str = "tertulia_sockets_closed_total{why=\"protocol\"}";
const OPEN: &str = "tertulia_sockets_open";

/// A server, whose one person has one chat.
async fn start(settings: &[(&str, &str)]) -> TestApp {
    TestApp::with(Db::Sqlite, settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_answers_pings_stays_and_one_who_does_not_is_closed() {
    let app = start(&[("LIVE_PING_INTERVAL", "300ms"), ("LIVE_PONG_TIMEOUT", "300ms")]).await;
    let ann = Person::new(&app, "ann").await;
    let chat = ann.chat("Den", &[]).await;
    let mut reading = ann.open(chat).await;
    // Pongs are sent by whoever reads.
    let silent = ann.open(chat).await;
    let closed = until_metric(&app, UNRESPONSIVE, "1");
    let read = async {
        let mut told = 0;
        loop {
            let message = reading.hear().await;
            told += 1;
            if message["message"]["content"] == "over" {
                return told;
            }
        }
    };
    let say = async {
        closed.await;
        ann.say(chat, "over").await;
    };
    let (told, ()) = tokio::join!(read, say);
    assert_eq!(told, 1);
    drop(silent);
    until_metric(&app, OPEN, "1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_takes_nothing_is_closed_and_harms_nobody() {
    let app = start(&[("LIVE_STALL_TIMEOUT", "500ms")]).await;
    let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
    let chat = ann.chat("Den", &[&ben]).await;
    let stalled = ben.open(chat).await;
    let mut reading = ann.open(chat).await;
    let text = "😀".repeat(3_000);
    for _ in 0..300 {
        ann.say(chat, &text).await;
        assert_eq!(reading.hear().await["message"]["content"], text);
        if metric(&app, UNRESPONSIVE).await == "1" {
            break;
        }
    }
    until_metric(&app, UNRESPONSIVE, "1").await;
    drop(stalled);
    ann.say(chat, "still here").await;
    assert_eq!(reading.hear().await["message"]["content"], "still here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_are_bounded_and_well_formed() {
    let app = start(&[("LIVE_MESSAGE_BYTES_MAX", "4096")]).await;
    let ann = Person::new(&app, "ann").await;
    let chat = ann.chat("Den", &[]).await;
    for bytes in [5_000, 8_000] {
        let mut socket = ann.open(chat).await;
        socket.frame(Message::text("x".repeat(bytes))).await;
        assert_eq!(socket.closed().await, (1009, "The message is too large.".to_owned()), "{bytes}");
    }
    for (bytes, code) in [
        // Not masked; a kind there is not; text that is no UTF-8.
        (&b"\x81\x02hi"[..], 1002),
        (b"\x83\x80\0\0\0\0", 1002),
        (b"\x81\x82\0\0\0\0\xff\xff", 1007),
    ] {
        let mut socket = ann.open(chat).await;
        socket.bytes(bytes).await;
        assert_eq!(socket.closed().await.0, code, "{bytes:?}");
    }
    until_metric(&app, PROTOCOL, "5").await;
    // A ping is answered, and what follows is heard.
    let mut socket = ann.open(chat).await;
    socket.frame(Message::Ping(vec![1].into())).await;
    socket.say(json!({ "content": "hello" })).await;
    assert_eq!(socket.hear().await["message"]["content"], "hello");
    // Whoever says good-bye is answered in kind.
    socket.frame(Message::Close(None)).await;
    assert!(socket.try_hear().await.is_none());
    until_metric(&app, OPEN, "0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_closes_with_1012() {
    let app = start(&[]).await;
    let chat = Person::new(&app, "ann").await.chat("Den", &[]).await;
    let mut socket = Person::known(&app, "ann").await.open(chat).await;
    let closed = async { assert_eq!(socket.closed().await, (1012, "The server restarts.".to_owned())) };
    tokio::join!(app.stop(), closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_told_whole_and_in_order() {
    let app = start(&[]).await;
    let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
    let chat = ann.chat("Den", &[&ben]).await;
    let (mut one, mut other) = (ann.open(chat).await, ben.open(chat).await);
    for number in 1..=200 {
        one.say(json!({ "content": number })).await;
    }
    for socket in [&mut one, &mut other] {
        for number in 1..=200 {
            assert_eq!(socket.hear().await["message"]["content"], number.to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_on_a_socket_are_present() {
    let app = start(&[]).await;
    let caller = app.user("ann").await;
    let ann = Person::known(&app, "ann").await;
    let chat = ann.chat("Den", &[]).await;
    let state = async || caller.ask("{ viewer { presence } }", json!({})).await["viewer"]["presence"].clone();
    let socket: Socket = ann.open(chat).await;
    assert_eq!(state().await, "ONLINE");
    drop(socket);
    until_metric(&app, OPEN, "0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_messages_at_once_are_refused_on_the_socket() {
    let app = start(&[("RATE_LIMITS", "on"), ("LIMITS_SEND_PER_USER_PER_SECOND", "1")]).await;
    let ann = Person::new(&app, "ann").await;
    let chat = ann.chat("Den", &[]).await;
    let mut socket = ann.open(chat).await;
    let mut errors = 0;
    for _ in 0..50 {
        socket.say(json!({ "content": "x" })).await;
        if socket.hear().await["type"] == "error" {
            errors += 1;
        }
    }
    assert!(errors > 0, "nothing was refused");
}
