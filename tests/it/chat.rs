//! The chat's message pane in a browser: two people talk, on one node and on two.

use std::path::Path;

use crate::clients::node;
use crate::pages;
use crate::support::process::Process;
use crate::support::redis::Redis;
use crate::support::{Db, skip};

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
