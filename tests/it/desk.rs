//! The administrator's desk in a browser, with a server that was just started for the first time.

use std::path::Path;

use crate::clients::node;
use crate::pages;
use crate::support::process::Process;
use crate::support::{Db, skip};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_begins_with_the_set_up_link_and_does_all_that_the_desk_can() {
    if !Path::new("/usr/bin/chromium").exists() {
        return skip("Chromium is not installed, so the desk was not opened");
    }
    if !pages::are_built() {
        return;
    }
    let (data, shots) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Not a manual clock: the desk draws what goes on in time.
    let secret = [("SECRET", "kept-by-the-test-and-by-nobody-else")];
    let mut server = Process::with(&Db::Sqlite, data.path(), &secret);
    let base = server.url.strip_suffix("/graphql").unwrap().to_owned();
    let link = server.set_up_link();
    let code = link.strip_prefix(&format!("{base}/setup/")).unwrap().to_owned();
    let arguments = vec![base, code, shots.path().to_str().unwrap().to_owned()];
    if let Some(said) = node("desk.mjs", arguments).await {
        assert!(said.contains("all that is done there was done"), "{said}");
    }
}
