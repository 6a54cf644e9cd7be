//! Programs that clients are made with: the audit of the HTTP specification, code generators, a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pages;
use crate::support::{Db, TestApp, skip};

/// A path below the root of the source tree.
pub fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a script of tests/node to its end, and gives what it said; nothing where Node is missing.
pub async fn node(script: &str, arguments: Vec<String>) -> Option<String> {
    if Command::new("node").arg("--version").output().is_err() {
        skip("Node is not installed, so nothing was tried with clients' own tools");
        return None;
    }
    if !at("tests/node/node_modules").exists() {
        skip("tests/node/node_modules is missing (npm ci in tests/node makes it)");
        return None;
    }
    let script = at("tests/node").join(script);
    let run = move || Command::new("node").arg(script).args(arguments).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    Some(said)
}

/// Whether the pages can be opened in a browser; said aloud where not.
pub fn pages_open() -> bool {
    let browser = Path::new("/usr/bin/chromium").exists();
    if !browser {
        skip("Chromium is not installed, so no page was opened");
    }
    browser && pages::are_built()
}

/// Where a script leaves its pictures of the pages, to be looked at.
pub fn pictures(of: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(of).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_audit_of_graphql_over_http_passes() {
    let app = TestApp::start(Db::Sqlite).await;
    if let Some(said) = node("audit.mjs", vec![app.base.clone()]).await {
        assert!(said.contains("61 of 61 ok"), "{said}");
    }
}

#[tokio::test]
async fn code_generators_and_compilers_take_the_schema() {
    let schema = at("schema.graphql").to_str().unwrap().to_owned();
    if let Some(said) = node("clients.mjs", vec![schema]).await {
        for tool in ["ok samples", "ok codegen", "ok relay"] {
            assert!(said.contains(tool), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playground_works_in_a_browser_from_signing_up_to_following_a_room() {
    if !pages_open() {
        return;
    }
    let app = TestApp::start(Db::Sqlite).await;
    let shots = tempfile::tempdir().unwrap();
    let arguments = vec![app.base.clone(), shots.path().to_str().unwrap().to_owned()];
    if let Some(said) = node("playground.mjs", arguments).await {
        assert!(said.contains("all tabs work"), "{said}");
    }
}
