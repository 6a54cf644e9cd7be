//! The chat's message pane in a browser: two people talk, on one node and on two; a long room and a busy one stay quick.

use std::path::Path;

use crate::clients::{at, node};
use crate::support::sql::Sql;
use crate::support::{Db, TestApp, skip};

/// Small enough for a test to exceed it.
const SETTINGS: [(&str, &str); 1] = [("MEDIA_FILE_BYTES_MAX", "1500000")];

/// Whether there is a browser, and pages for it; said aloud where there is not.
pub fn can_open_pages() -> bool {
    if !Path::new("/usr/bin/chromium").exists() {
        skip("Chromium is not installed, so the chat was not opened");
        return false;
    }
    if !at("web/dist").exists() || !at("web/dist/assets").exists() {
        skip("web/dist is not built, so the chat was not opened");
        return false;
    }
    true
}

/// Runs a script that opens the chat. Its pictures stay in target/tmp/NAME, to be looked at.
async fn open(script: &str, mut arguments: Vec<String>, name: &str, more: &[&str]) -> Option<String> {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    arguments.push(pictures.to_str().unwrap().to_owned());
    arguments.extend(more.iter().map(|&word| word.to_owned()));
    node(script, arguments).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_talk_in_two_browsers_and_each_has_everything_once() {
    if !can_open_pages() {
        return;
    }
    let app = TestApp::with(Db::Sqlite, &SETTINGS).await;
    if let Some(said) = open("chat.mjs", vec![app.base.clone(), app.base.clone()], "chat", &[]).await {
        assert!(said.contains("each has everything once"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_talk_in_two_browsers_over_two_nodes() {
    if !can_open_pages() {
        return;
    }
    let Some(pair) = TestApp::pair(&SETTINGS).await else { return };
    let nodes = vec![pair.one.base.clone(), pair.other.base.clone()];
    if let Some(said) = open("chat.mjs", nodes, "chat-two-nodes", &["short"]).await {
        assert!(said.contains("each has everything once"), "{said}");
    }
}

/// Writes messages as if two people had said them over a long time.
async fn say_many(app: &TestApp, count: u32) {
    let mut sql = Sql::open(&Db::Sqlite, app.data.path()).await;
    sql.run(&format!(
        "BEGIN; \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         INSERT INTO messages (room_key, position, seq, sender_key, text, created_at) \
         SELECT rooms.key, rooms.head + i, i, (SELECT min(key) + (i / 3) % 2 FROM users), \
                'Said long ago, number ' || i || substr('. And much more was said besides, of books and of bread.', 1, i % 57), \
                rooms.created_at - ({count} - i) * 60000000 \
         FROM n, rooms; \
         UPDATE rooms SET head = head + {count}, last_seq = {count}; \
         COMMIT"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_of_a_hundred_thousand_messages_scrolls_and_fifty_a_second_arrive_without_long_tasks() {
    if !can_open_pages() {
        return;
    }
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    let bruno = app.user("bruno").await;
    let room = amber.room("Many words", &[&bruno]).await;
    say_many(&app, 100_000).await;
    let speaker = bruno.token.clone().unwrap();
    let arguments = vec![app.base.clone(), room, amber.id.clone(), amber.refresh.clone(), speaker];
    if let Some(said) = open("chat-speed.mjs", arguments, "chat-speed", &[]).await {
        assert!(said.contains("no task took longer than"), "{said}");
    }
}
