//! The pages of docs/clients: their programs are run as printed, and their excerpts are of files that are.

use std::process::{Command, Stdio};

use crate::clients::at;
use crate::support::{Db, TestApp, skip};

/// The server that the pages speak of.
const SERVER: &str = "http://127.0.0.1:8000";

fn page(name: &str) -> String {
    std::fs::read_to_string(at("docs/clients").join(name)).unwrap()
}

/// The fenced blocks of some languages, in order.
fn blocks(text: &str, languages: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, fenced)) = rest.split_once("\n```") {
        let (language, code) = fenced.split_once('\n').unwrap();
        let (block, after) = code.split_once("```").unwrap();
        if languages.contains(&language) {
            found.push(block.to_owned());
        }
        rest = after;
    }
    assert!(!found.is_empty(), "there are blocks of {languages:?}");
    found
}

/// Runs a program among the packages of tests/node, and gives what it printed.
fn run(program: &str) -> String {
    let mut node = Command::new("node")
        .args(["--no-warnings", "--experimental-eventsource", "--input-type=module"])
        // Told that it is no terminal, Node prints values without colours.
        .env("NO_COLOR", "1")
        .current_dir(at("tests/node"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut node.stdin.take().unwrap(), program.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    String::from_utf8(output.stdout).unwrap()
}

async fn prints_what_it_says(name: &str) {
    if Command::new("node").arg("--version").output().is_err() {
        return skip("Node is not installed, so the programs of docs/clients were not run");
    }
    if !at("tests/node/node_modules").exists() {
        return skip("tests/node/node_modules is missing, so the programs of docs/clients were not run");
    }
    let app = TestApp::start(Db::Sqlite).await;
    let text = page(name);
    let program = blocks(&text, &["js"]).concat().replace(SERVER, &app.base);
    assert!(program.contains(&app.base), "{name} names {SERVER}");
    let printed = tokio::task::spawn_blocking(move || run(&program)).await.unwrap();
    assert_eq!(printed, blocks(&text, &["text"]).concat(), "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_about_fetch_prints_what_the_page_says() {
    prints_what_it_says("fetch.md").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_about_graphql_ws_prints_what_the_page_says() {
    prints_what_it_says("graphql-ws.md").await;
}

#[test]
fn every_excerpt_stands_in_the_example_that_it_names() {
    let mut seen = 0;
    for name in ["apollo.md", "urql.md", "relay.md"] {
        for block in blocks(&page(name), &["ts", "tsx", "jsonc"]) {
            let (head, excerpt) = block.split_once('\n').unwrap();
            let file = head.strip_prefix("// ").unwrap_or_else(|| panic!("{name}: {head} names no file"));
            if file == "codegen.ts" {
                continue;
            }
            let text = std::fs::read_to_string(at(file)).unwrap_or_else(|_| panic!("{name}: {file}"));
            assert!(text.contains(excerpt.trim_end()), "{name}: not in {file}:\n{excerpt}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}
