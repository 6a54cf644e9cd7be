//! `tertulia demo` as a process: filled, talking, and gone without a trace.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::Caller;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A demo that runs. Dropping it kills it.
struct Demo {
    child: Child,
    /// Where it may put its folder.
    temporary: TempDir,
    banner: String,
}

impl Demo {
    fn command(temporary: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("TMPDIR", temporary);
        // A setting of another server is not the demo's.
        command.env("TERTULIA_BCRYPT_COST", "nonsense").env("TERTULIA_DATABASE_URL", "postgres://nowhere/x");
        command.current_dir(temporary).args(["demo"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts one on a free port, and waits until it has said all.
    fn start() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Self::command(temporary.path(), &["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("when this stops") {
            if out.read_line(&mut banner).unwrap() == 0 {
                let mut log = String::new();
                child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                panic!("it ended before it served: {banner}{log}");
            }
        }
        Self { child, temporary, banner }
    }

    fn left(&self) -> usize {
        fs::read_dir(self.temporary.path()).unwrap().count()
    }

    fn base(&self) -> &str {
        let line = self.banner.lines().find(|line| line.trim().starts_with("chat")).unwrap();
        line.trim()["chat".len()..].trim().trim_end_matches('/')
    }

    /// The password that is printed beside a name.
    fn password(&self, name: &str) -> String {
        let words: Vec<&str> = self.banner.split_whitespace().collect();
        let at = words.windows(2).position(|pair| pair == [name, "password"]);
        let at = at.unwrap_or_else(|| panic!("no {name} in {}", self.banner));
        words[at + 2].to_owned()
    }

    async fn sign_in(&self, name: &str) -> Caller {
        let anonymous = Caller {
            http: reqwest::Client::new(),
            url: format!("{}/graphql", self.base()),
            token: None,
            refresh: String::new(),
            id: String::new(),
        };
        let input = json!({ "usernameOrEmail": name, "password": self.password(name) });
        let payload = anonymous.mutate("login", input, "user { id } tokens { accessToken }").await;
        Caller {
            token: Some(payload["tokens"]["accessToken"].as_str().unwrap().to_owned()),
            id: payload["user"]["id"].as_str().unwrap().to_owned(),
            ..anonymous
        }
    }

    /// Tells it to stop; gives its exit code.
    fn stop(&mut self, signal: &str) -> Option<i32> {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([format!("-{signal}"), process]).status().unwrap().success());
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until there is what is looked for.
async fn wait_for(what: &str, mut found: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !found().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn rooms(caller: &Caller) -> Vec<Value> {
    let query = "{ rooms(first: 50) { nodes { id name kind visibility hasPassword memberCount
        messages(last: 1) { totalCount } } } }";
    caller.ask(query, json!({})).await["rooms"]["nodes"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sign_ins_work_the_past_is_there_the_bots_talk_and_answer_and_nothing_is_left() {
    let mut demo = Demo::start();
    assert_eq!(demo.left(), 1, "its folder");
    let page = reqwest::get(format!("{}/", demo.base())).await.unwrap();
    assert_eq!(page.status(), 200);
    let (ada, june, marco) =
        (demo.sign_in("ada").await, demo.sign_in("june").await, demo.sign_in("marco").await);
    assert!(
        ada.ask("{ auditLog { totalCount } }", json!({})).await["auditLog"]["totalCount"].as_i64().unwrap()
            > 0
    );
    assert_eq!(june.code("{ auditLog { totalCount } }", json!({})).await, "FORBIDDEN");

    let (junes, marcos) = (rooms(&june).await, rooms(&marco).await);
    let kinds: Vec<&str> = junes.iter().map(|room| room["kind"].as_str().unwrap()).collect();
    assert!(["GROUP", "DUO", "SELF"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    let has = |rooms: &[Value], field: &str, value: Value| rooms.iter().any(|room| room[field] == value);
    assert!(has(&junes, "visibility", json!("PUBLIC")) && has(&junes, "visibility", json!("PRIVATE")));
    assert!(has(&junes, "hasPassword", json!(true)), "{junes:#?}");
    let table = junes.iter().find(|room| room["name"] == "The long table").unwrap();
    assert_eq!(table["memberCount"], 13);
    assert!(table["messages"]["totalCount"].as_i64().unwrap() >= 700);
    let total = |rooms: &[Value]| -> i64 {
        rooms.iter().map(|room| room["messages"]["totalCount"].as_i64().unwrap()).sum()
    };
    assert!(total(&junes) > 1500 && total(&marcos) > 1500, "{} and {}", total(&junes), total(&marcos));
    let users = june.ask("{ users { totalCount nodes { avatarUrl } } }", json!({})).await["users"].take();
    assert_eq!(users["totalCount"], 13);
    let avatar = users["nodes"][0]["avatarUrl"].as_str().unwrap();
    assert_eq!(reqwest::get(avatar).await.unwrap().headers()["content-type"], "image/png");

    // In the order of their times, over some days.
    let room = table["id"].as_str().unwrap();
    let query = "query($room: ID!) { room(id: $room) { messages(first: 200) { nodes { createdAt } } } }";
    let first = june.ask(query, json!({ "room": room })).await["room"]["messages"]["nodes"].take();
    let times: Vec<&str> =
        first.as_array().unwrap().iter().map(|node| node["createdAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let days: std::collections::BTreeSet<&str> = times.iter().map(|time| &time[..10]).collect();
    assert!(days.len() >= 3, "{days:?}");

    let count = async || {
        let room = rooms(&june).await.into_iter().find(|found| found["id"] == room).unwrap();
        room["messages"]["totalCount"].as_i64().unwrap()
    };
    let before = count().await;
    wait_for("bots to talk", async || count().await >= before + 2).await;

    // In a room of two that the bot has not seen before.
    let people = june.ask("{ users(filter: { search: \"vera\" }) { nodes { id } } }", json!({})).await;
    let vera = people["users"]["nodes"][0]["id"].clone();
    let sent = june
        .mutate(
            "sendDirectMessage",
            json!({ "userId": vera, "text": "Hello Vera!" }),
            "message { room { id } }",
        )
        .await;
    wait_for("Vera's answer", async || {
        let query =
            "query($room: ID!) { room(id: $room) { messages(last: 5) { nodes { sender { username } } } } }";
        let found = june.ask(query, json!({ "room": sent["message"]["room"]["id"] })).await;
        let nodes = found["room"]["messages"]["nodes"].as_array().unwrap().clone();
        nodes.iter().any(|node| node["sender"]["username"] == "vera")
    })
    .await;

    assert_eq!(demo.stop("TERM"), Some(0));
    assert_eq!(demo.left(), 0);
}

#[test]
fn other_signals_that_end_it_leave_nothing_either() {
    for signal in ["INT", "HUP"] {
        let mut demo = Demo::start();
        assert_eq!(demo.stop(signal), Some(0), "{signal}");
        assert_eq!(demo.left(), 0, "{signal}");
    }
}

#[test]
fn a_start_that_fails_says_why_and_leaves_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, words) in [
        (vec!["--listen", &address], "another server"),
        (vec!["--set", "no_such_key=1"], "no_such_key"),
        (vec!["--data-dir", "here"], "folder and a database of its own"),
        (vec!["--database-url", "sqlite:x.db"], "folder and a database of its own"),
        (vec!["--config", "tertulia.toml"], "folder and a database of its own"),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let ended = Demo::command(temporary.path(), &arguments).output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains(words), "{said}");
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{arguments:?}");
    }
}
