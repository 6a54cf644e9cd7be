//! The chat around its messages, in a browser: accounts, rooms, people, members, settings, the connection.

use std::path::Path;

use crate::clients::node;
use crate::pages;
use crate::support::process::Process;
use crate::support::{Db, skip};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_works_in_a_browser_from_signing_up_to_signing_out() {
    if !Path::new("/usr/bin/chromium").exists() {
        return skip("Chromium is not installed, so the chat was not opened");
    }
    if !pages::are_built() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    // So short that sessions are renewed all the while. A clock that runs is needed for that, and so the binary.
    let server = Process::with(&Db::Sqlite, data.path(), &[("ACCESS_TOKEN_TTL", "45s")]);
    let base = server.url.trim_end_matches("/graphql").to_owned();
    // Left there to be looked at.
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chat-shell");
    if let Some(said) = node("chat-shell.mjs", vec![base, shots.to_str().unwrap().to_owned()]).await {
        assert!(said.contains("every page works"), "{said}");
    }
}
