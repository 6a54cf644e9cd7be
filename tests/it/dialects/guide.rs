//! The lines of docs/dialects.md, pasted into a shell as printed.

use std::process::{Command, Output};

use chrono::TimeDelta;
use serde_json::Value;

use crate::support::{Db, TestApp, skip};

const GUIDE: &str = include_str!("../../../docs/dialects.md");
/// The server that the guide speaks of.
const SERVER: &str = "http://127.0.0.1:8000";
const SECTIONS: [&str; 5] = ["ChatCRM", "condor_chat", "mrm-chat-2", "ThanChat", "Real Time Chat App"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lines_of_each_section_answer_as_printed() {
    if Command::new("curl").arg("--version").output().is_err() {
        skip("curl is not installed, so the lines of docs/dialects.md were not run");
        return;
    }
    for section in SECTIONS {
        let app = TestApp::start(Db::Sqlite).await;
        // Times without a fraction are written shorter.
        app.pass(TimeDelta::microseconds(123_456));
        let script = block(section, "sh").replace(SERVER, &app.base);
        assert!(script.contains(&app.base), "{section} names {SERVER}");
        let Output { status, stdout, stderr } =
            tokio::task::spawn_blocking(move || shell(&script)).await.unwrap();
        let (said, complaints) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(status.success(), "{section}: {status}\n{said}\n{complaints}");
        let said = said.replace(&app.base, SERVER);
        let printed = block(section, "json");
        assert_eq!(shapes(&said), shapes(&printed), "{section}\n{said}\n{complaints}");
    }
}

fn shell(script: &str) -> Output {
    // A proxy of the machine has no business with a server on it.
    Command::new("sh").args(["-euc", script]).env("no_proxy", "*").output().unwrap()
}

/// The fenced block of one language under a heading.
fn block(heading: &str, language: &str) -> String {
    let (_, rest) = GUIDE.split_once(&format!("\n## {heading}\n")).expect("the guide has the heading");
    let section = rest.split("\n## ").next().unwrap_or_default();
    let (_, block) = section.split_once(&format!("```{language}\n")).expect("the section has the block");
    block.split("```").next().unwrap_or_default().to_owned()
}

/// Each line without what is another in each run.
fn shapes(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| shape(serde_json::from_str(line).expect(line))).collect()
}

/// Long words with digits in them are ids and times: of those the form is kept.
fn shape(value: Value) -> Value {
    match value {
        Value::String(text) if is_made_up(&text) => {
            Value::String(text.chars().map(|c| if c.is_alphanumeric() { 'x' } else { c }).collect())
        }
        Value::Array(items) => items.into_iter().map(shape).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, shape(field))).collect(),
        other => other,
    }
}

fn is_made_up(text: &str) -> bool {
    let id = text.len() == 22 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let odd = text.contains([' ', '@', '/']) || !text.bytes().any(|byte| byte.is_ascii_digit());
    id || (text.len() >= 20 && !odd)
}
