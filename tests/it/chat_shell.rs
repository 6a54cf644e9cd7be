//! The chat around its messages, in a browser: accounts, rooms, people, members, settings, the connection.

use crate::clients::{node, pages_open, pictures};
use crate::support::Db;
use crate::support::process::Process;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_works_in_a_browser_from_signing_up_to_signing_out() {
    if !pages_open() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    // So short that sessions are renewed all the while. That takes a clock that runs, and so the binary.
    let server = Process::with(&Db::Sqlite, data.path(), &[("ACCESS_TOKEN_TTL", "45s")]);
    let base = server.url.trim_end_matches("/graphql").to_owned();
    if let Some(said) = node("chat-shell.mjs", vec![base, pictures("chat-shell")]).await {
        assert!(said.contains("every page works"), "{said}");
    }
}
