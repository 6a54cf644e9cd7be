//! The administrator's desk in a browser, with a server that was just started for the first time.

use crate::clients::{node, pages_open, pictures};
use crate::on_both;
use crate::support::Db;
use crate::support::process::Process;

on_both!(an_administrator_begins_with_the_set_up_link_and_does_all_that_the_desk_can, async |db: Db| {
    if !pages_open() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    // The desk shows what goes on in time, which takes a clock that runs, and so the binary.
    let secret = [("SECRET", "kept-by-the-test-and-by-nobody-else")];
    let mut server = Process::with(&db, data.path(), &secret);
    let base = server.url.trim_end_matches("/graphql").to_owned();
    let link = server.set_up_link();
    let code = link.strip_prefix(&format!("{base}/setup/")).unwrap().to_owned();
    let shots = match db {
        Db::Sqlite => pictures("desk-sqlite"),
        Db::Postgres(_) => pictures("desk-postgres"),
    };
    if let Some(said) = node("desk.mjs", vec![base, code, shots]).await {
        assert!(said.contains("all that is done there was done"), "{said}");
    }
});
