//! The chat's message pane in a browser: two people talk, on one node and on two; a long room and a busy one stay quick.

use std::path::Path;

use crate::clients::node;
use crate::pages;
use crate::support::process::Process;
use crate::support::redis::Redis;
use crate::support::sql::Sql;
use crate::support::{Db, TestApp, skip};

/// Small enough for a test to exceed it.
const FILE_BYTES_MAX: (&str, &str) = ("MEDIA_FILE_BYTES_MAX", "1500000");

/// Whether there is a browser, and pages for it; said aloud where there is not.
fn can_open() -> bool {
    let is_there = Path::new("/usr/bin/chromium").exists();
    if !is_there {
        skip("Chromium is not installed, so the chat was not opened");
    }
    is_there && pages::are_built()
}

fn origin(server: &Process) -> String {
    server.url.trim_end_matches("/graphql").to_owned()
}

/// Where a script leaves its pictures, to be looked at.
fn pictures(name: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_people_talk_in_two_browsers_and_each_has_everything_once() {
    if !can_open() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = Process::with(&Db::Sqlite, data.path(), &[FILE_BYTES_MAX]);
    let arguments = vec![origin(&server), origin(&server), pictures("chat")];
    if let Some(said) = node("chat.mjs", arguments).await {
        assert!(said.contains("each has everything once"), "{said}");
    }
}

#[tokio::test]
async fn two_people_talk_in_two_browsers_over_two_nodes() {
    if !can_open() {
        return;
    }
    let Some((redis, db)) = Redis::start().zip(Db::postgres()) else { return };
    let [one, other, media] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let url = redis.url();
    let settings = [
        FILE_BYTES_MAX,
        ("REDIS_URL", url.as_str()),
        ("SECRET", "a secret that both of the nodes have got"),
        ("MEDIA_URL", media.path().to_str().unwrap()),
    ];
    let nodes = [one, other].map(|data| (Process::with(&db, data.path(), &settings), data));
    let mut arguments = nodes.iter().map(|(node, _)| origin(node)).collect::<Vec<_>>();
    arguments.extend([pictures("chat-two-nodes"), "short".to_owned()]);
    if let Some(said) = node("chat.mjs", arguments).await {
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
async fn a_room_of_a_hundred_thousand_messages_and_a_busy_one_stay_quick() {
    if !can_open() {
        return;
    }
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    let bruno = app.user("bruno").await;
    let room = amber.room("Many words", &[&bruno]).await;
    say_many(&app, 100_000).await;
    let speaker = bruno.token.clone().unwrap();
    let arguments = vec![
        app.base.clone(),
        room,
        amber.id.clone(),
        amber.refresh.clone(),
        speaker,
        pictures("chat-speed"),
    ];
    if let Some(said) = node("chat-speed.mjs", arguments).await {
        assert!(said.contains("stays quick"), "{said}");
        println!("{said}");
    }
}
