//! A thousand readers of one room of whom a hundred never read: nobody else waits for them, they cost no
//! more for being slow, and they get everything once they are back.

use std::fs;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tertulia::app::App;
use tertulia::app::live::Moment;
use tertulia::auth::Credential;
use tertulia::domain::ids::GlobalId;
use tertulia::domain::sessions::Viewer;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::raw::PATIENCE;
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp};

const STALLED: usize = 100;
const SOCKETS: usize = 20;
/// How many of the stalled read what is still on its way to them.
const READ_WHAT_CAME: usize = 10;
/// The others read below the transport, where a reader costs a test little.
const FEEDS: usize = 880;
const MESSAGES: usize = 60;
const TEXT_BYTES: usize = 16_000;
/// Far less than what was sent to those who do not read: 100 times 60 times 80 kB.
const GROWTH_MAX: u64 = 48 * 1024 * 1024;

const QUERY: &str =
    "subscription($r: ID!, $a: String) { messageAdded(roomId: $r, after: $a) { cursor message { seq } } }";
/// So much that it fits into no buffer of the network.
const MUCH: &str = "subscription($r: ID!, $a: String) { messageAdded(roomId: $r, after: $a) {
    cursor message { seq a: text b: text c: text d: text e: text } } }";

/// Memory of this process, which server and readers share.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

async fn next(socket: &mut Socket) -> (i64, Value) {
    let message = socket.hear_past_pings().await;
    let added = &message["payload"]["data"]["messageAdded"];
    let seq = added["message"]["seq"].as_i64();
    (seq.unwrap_or_else(|| panic!("no message: {message}")), added["cursor"].clone())
}

/// A reader that says how far it has come.
fn read(app: &Arc<App>, viewer: Viewer, room: Uuid, start: &str) -> (watch::Receiver<i64>, JoinHandle<()>) {
    let (app, start) = (Arc::clone(app), start.to_owned());
    let (sender, seen) = watch::channel(0);
    let task = tokio::spawn(async move {
        let mut feed = app.follow_room(&viewer, room, Some(&start), None).await.unwrap();
        loop {
            for told in feed.next().await.unwrap().expect("the room is there") {
                let Moment::Event(entry) = told.moment else { continue };
                let Some(message) = entry.event.message() else { continue };
                assert_eq!(message.seq, *sender.borrow() + 1);
                sender.send_replace(message.seq);
            }
        }
    });
    (seen, task)
}

async fn viewer(app: &TestApp, caller: &Caller) -> Viewer {
    let token = caller.token.as_deref().unwrap();
    let init = json!({ "Authorization": format!("Bearer {token}") });
    app.app.authenticate(&Credential::from_connection_init(Some(&init))).await.unwrap()
}

async fn closed_as_unresponsive(app: &TestApp) -> usize {
    let text = app.http.get(format!("{}/metrics", app.base)).send().await.unwrap().text().await.unwrap();
    let line = "tertulia_sockets_closed_total{why=\"unresponsive\"} ";
    text.lines().find_map(|shown| shown.strip_prefix(line)).map_or(0, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_of_a_thousand_that_never_read_harm_nobody_and_lose_nothing() {
    let app = TestApp::with(Db::Sqlite, &[("LIVE_STALL_TIMEOUT", "2s")]).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = amber.ask("query($r: ID!) { room(id: $r) { headCursor } }", json!({ "r": room })).await;
    let start = start["room"]["headCursor"].as_str().unwrap().to_owned();
    let open = async |query: &'static str| {
        let mut socket = Socket::ready(&app, amber.token.as_deref()).await;
        socket.subscribe("s", query, json!({ "r": room, "a": start })).await;
        socket
    };
    let (who, id) = (viewer(&app, &amber).await, GlobalId::room(&room, "room").unwrap());
    let feeds: Vec<_> = (0..FEEDS).map(|_| read(&app.app, who, id, &start)).collect();
    let mut stalled = join_all((0..STALLED).map(|_| open(MUCH))).await;
    let mut sockets = join_all((0..SOCKETS).map(|_| open(QUERY))).await;

    let text = "😀".repeat(TEXT_BYTES / 4);
    let mut before = 0;
    for number in 1..=i64::try_from(MESSAGES).unwrap() {
        amber.say(&room, &text).await;
        // Each has come to everyone who reads before the next is sent.
        for socket in &mut sockets {
            assert_eq!(next(socket).await.0, number);
        }
        for (seen, _) in &feeds {
            let mut seen = seen.clone();
            let came = tokio::time::timeout(PATIENCE, seen.wait_for(|seen| *seen >= number)).await;
            came.expect("a reader waits for others").expect("a reader failed");
        }
        if number == 5 {
            // Everything is warm, and nobody stalls yet.
            before = resident_bytes();
        }
    }
    let after = resident_bytes();
    assert!(after < before + GROWTH_MAX, "grew from {before} to {after} bytes");

    let wait = async {
        while closed_as_unresponsive(&app).await < STALLED {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let closed = tokio::time::timeout(PATIENCE, wait).await;
    assert!(closed.is_ok(), "of those who do not read {} are closed", closed_as_unresponsive(&app).await);
    assert_eq!(app.app.hub().holdings().readers, FEEDS + SOCKETS, "their places are given back");

    // Each goes on after what came through before the line was cut. To read all of that takes long, so
    // most go on where they began.
    let last = i64::try_from(MESSAGES).unwrap();
    for (number, mut socket) in stalled.drain(..).enumerate() {
        let (mut at, mut cursor) = (0, json!(start));
        while number < READ_WHAT_CAME
            && let Some(message) = socket.try_hear().await
        {
            if message["type"] == "next" {
                let added = &message["payload"]["data"]["messageAdded"];
                assert_eq!(added["message"]["seq"], at + 1);
                (at, cursor) = (at + 1, added["cursor"].clone());
            }
        }
        assert!(at < last, "it was never stalled");
        let mut again = Socket::ready(&app, amber.token.as_deref()).await;
        again.subscribe("s", QUERY, json!({ "r": room, "a": cursor })).await;
        while at < last {
            assert_eq!(next(&mut again).await.0, at + 1);
            at += 1;
        }
    }
    for (_, task) in &feeds {
        task.abort();
    }
}
