//! The README's first minute, pasted into a shell as printed.

use std::process::{Command, Output};

use crate::support::{Db, TestApp, skip};

const README: &str = include_str!("../../README.md");
const HEADING: &str = "## First message in a minute, by hand";
/// The server that the README speaks of.
const SERVER: &str = "http://127.0.0.1:8000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_message_works_as_printed() {
    if Command::new("curl").arg("--version").output().is_err() {
        skip("curl is not installed, so the README's lines were not run");
        return;
    }
    let app = TestApp::start(Db::Sqlite).await;
    let script = blocks("sh").replace(SERVER, &app.base);
    assert!(script.contains(&app.base), "the lines name {SERVER}");
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || shell(&script)).await.unwrap();
    let (said, complaints) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success(), "{status}\n{said}\n{complaints}");
    assert_eq!(without_cursors(&said), without_cursors(&blocks("json")), "{complaints}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains(r#""text":"Hello, Boris.""#), "the last page holds the first message: {last}");
}

fn shell(script: &str) -> Output {
    // A proxy of the machine has no business with a server on it.
    Command::new("sh").args(["-euc", script]).env("no_proxy", "*").output().unwrap()
}

/// The fenced blocks of one language under the heading, joined.
fn blocks(language: &str) -> String {
    let (_, rest) = README.split_once(&format!("{HEADING}\n")).expect("the README has the heading");
    let section = rest.split("\n## ").next().unwrap_or_default();
    let fence = format!("```{language}\n");
    let found: String = section.split(&fence).skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(!found.is_empty(), "the section has {language} blocks");
    found
}

/// Cursors carry their database's mark, so each run has others.
fn without_cursors(text: &str) -> String {
    let mut parts = text.split(r#""startCursor":""#);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (cursor, rest) = part.split_once('"').unwrap_or_default();
        assert!(!cursor.is_empty(), "{text}");
        kept.push_str(r#""startCursor":"…""#);
        kept.push_str(rest);
    }
    kept
}
