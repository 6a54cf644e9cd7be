//! `tertulia import` as an operator runs it: dry runs, reports, refusals, and runs that are killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::{File, contents, layouts};
use crate::on_both;
use crate::support::process::Process;
use crate::support::sql::Sql;
use crate::support::{Db, TestApp};

const PATIENCE: Duration = Duration::from_mins(2);

fn command(db: &Db, data: &Path, arguments: &[&str]) -> Command {
    let url = match db {
        Db::Sqlite => format!("sqlite:{}", data.join("tertulia.db").display()),
        Db::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("TERTULIA_BCRYPT_COST", "4");
    command.env("TERTULIA_DATA_DIR", data).env("TERTULIA_DATABASE_URL", url);
    command.current_dir(data).arg("import").args(arguments).stdin(Stdio::null());
    command
}

fn run(db: &Db, data: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(db, data, arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

on_both!(a_dry_run_tells_what_would_come_and_writes_nothing, async |db: Db| {
    let (data, file) = (folder(), File::of(&layouts::condor()).await);
    let path = file.path();
    let arguments = ["--from", "condor", "--database", path.to_str().unwrap(), "--dry-run"];
    let (code, out, err) = run(&db, data.path(), &arguments);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("accounts: 3 read, 3 would come, 0 were here, 0 left out"), "{out}");
    assert!(out.contains("messages: 4 read, 4 would come") && out.contains("Nothing was written."), "{out}");
    assert!(contents(data.path()).is_empty(), "something was written");
    if let Db::Postgres(url) = &db {
        let tables = "SELECT table_name AS line FROM information_schema.tables WHERE table_schema = 'public'";
        assert!(Sql::url(url).await.lines(tables).await.is_empty());
    }
    // With a database that is there, it knows what came before and which names are taken.
    let app = TestApp::at(data, db.clone(), &[]).await;
    app.user("boris").await;
    let data = app.stop().await;
    let count = "SELECT 'users ' || (SELECT count(*) FROM users) || ' imports ' || (SELECT count(*) FROM imports) AS line";
    let (code, out, err) = run(&db, data.path(), &arguments);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("accounts have another username") && out.contains("boris (id 2)"), "{out}");
    assert_eq!(Sql::open(&db, data.path()).await.lines(count).await, ["users 1 imports 0"]);
    assert_eq!(run(&db, data.path(), &arguments[..4]).0, Some(0));
    let (_, out, _) = run(&db, data.path(), &arguments);
    assert!(out.contains("accounts: 3 read, 0 would come, 3 were here"), "{out}");
    assert!(out.contains("messages: 4 read, 0 would come, 4 were here"), "{out}");
});

#[tokio::test]
async fn the_report_says_what_came_and_what_did_not() {
    let (data, file) = (folder(), File::of(&layouts::condor()).await);
    let many: Vec<String> =
        (100..110).map(|id| format!("({id}, 'lost', '2025-03-02 10:00:00', 1)")).collect();
    file.run(&format!("INSERT INTO chat_message VALUES {}", many.join(", "))).await;
    let path = file.path();
    let arguments = ["--from", "condor", "--database", path.to_str().unwrap()];
    let (code, out, err) = run(&Db::Sqlite, data.path(), &arguments);
    assert_eq!(code, Some(0), "{err}");
    let expected = "condor_chat (condor:2025-01-01T09:00:00.000001Z)
  accounts: 3 read, 3 came (3 under their number), 0 were here, 0 left out
  rooms: 3 read, 3 came (3 under their number), 0 were here, 0 left out
  messages: 14 read, 4 came (4 under their number), 0 were here, 10 left out
  memberships: 7 came
left out: 10 messages that are in no room: message 100, message 101, message 102, message 103, message 104 and 5 more
";
    assert!(out.starts_with(expected), "{out}");
    for line in ["import: 3 of 3 accounts", "import: 3 of 3 rooms", "import: 14 of 14 messages"] {
        assert!(err.contains(line), "{err}");
    }
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_words() {
    let (data, file) = (folder(), File::of(&layouts::condor()).await);
    let text = data.path().join("notes.txt");
    std::fs::write(&text, "no database, but long enough to be looked at as one by whoever opens it").unwrap();
    let (good, text) = (file.path().display().to_string(), text.display().to_string());
    let short = File::of(&layouts::condor()).await;
    short.run("ALTER TABLE chat_message DROP COLUMN content").await;
    let short = short.path().display().to_string();
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["--from", "condor", "--database", "nowhere.sqlite3"],
            1,
            "cannot read nowhere.sqlite3: No such file",
        ),
        (&["--from", "condor", "--database", "."], 1, "it is not a file"),
        (&["--from", "condor", "--database", &text], 1, "file is not a database"),
        (
            &["--from", "mrm", "--database", &good],
            1,
            "this is not a database of mrm-chat-2: there is no table chat_user",
        ),
        (&["--from", "condor", "--database", &short], 1, "there is no column chat_message.content"),
        (&["--from", "rtca", "--database", "postgres://a:secret@h/x"], 1, "keeps its data in SQLite"),
        (
            &["--from", "condor", "--database", "postgres://a:secret@127.0.0.1:1/x"],
            1,
            "postgres://a:***@127.0.0.1:1/x",
        ),
        (&["--from", "irc", "--database", &good], 2, "possible values: chatcrm, condor, mrm, thanchat, rtca"),
    ];
    for (arguments, expected, words) in cases {
        let (code, out, err) = run(&Db::Sqlite, data.path(), arguments);
        assert_eq!((code, out.as_str()), (Some(expected), ""), "{arguments:?}: {err}");
        assert!(err.contains(words) && !err.contains("secret"), "{arguments:?}: {err}");
    }
}

/// An original with many messages.
async fn large(messages: u32) -> File {
    let file = File::of(&layouts::mrm()).await;
    file.run(&format!(
        "DELETE FROM chat_message;
         WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < {messages})
         INSERT INTO chat_message SELECT value, 'no. ' || value, '2025-03-01 10:00:00', 1 + value % 2, 1 + value % 3
            FROM numbers"
    ))
    .await;
    file
}

const LINES: &str = "SELECT r.key || ' ' || r.head || ' ' || (SELECT count(*) FROM messages m WHERE m.room_key = r.key) \
     || ' ' || (SELECT count(DISTINCT m.text) FROM messages m WHERE m.room_key = r.key) AS line FROM rooms r ORDER BY r.key";

on_both!(a_run_that_is_killed_is_gone_on_with, async |db: Db| {
    let (data, file) = (folder(), large(8_000).await);
    let path = file.path();
    let arguments = ["--from", "mrm", "--database", path.to_str().unwrap()];
    // Its tables are made first, so that they can be looked at while it runs.
    TestApp::at(folder(), db.clone(), &[]).await.stop().await;
    let mut kills = 0;
    for wanted in [1_u32, 2_000, 5_000] {
        let mut child = command(&db, data.path(), &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // Rooms are done; messages begin.
        while let Some(Ok(line)) = lines.next() {
            if line.contains("2 of 2 rooms") {
                break;
            }
        }
        let drain = std::thread::spawn(move || lines.for_each(drop));
        let mut sql = Sql::open(&db, data.path()).await;
        let started = Instant::now();
        loop {
            let count: u32 =
                sql.lines("SELECT '' || count(*) AS line FROM messages").await[0].parse().unwrap();
            if count >= wanted || child.try_wait().unwrap().is_some() {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "no messages came");
        }
        kills += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
        drain.join().unwrap();
    }
    assert!(kills > 0, "every run ended before it was killed");
    let (code, out, err) = run(&db, data.path(), &arguments);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("messages: 8000 read"), "{out}");
    let mut sql = Sql::open(&db, data.path()).await;
    // Each message once: two members and 4,000 messages; one member and 4,000.
    assert_eq!(sql.lines(LINES).await, ["1 4002 4000 4000", "2 4001 4000 4000"]);
    assert_eq!(sql.lines("SELECT '' || count(*) AS line FROM users").await, ["3"]);
});

on_both!(a_run_beside_a_server_that_is_written_to_harms_neither, async |db: Db| {
    let (data, file) = (folder(), large(3_000).await);
    let server = Process::start(&db, data.path());
    let amber = signed_up(&server.url, "zoe").await;
    let room = amber.room("Busy", &[]).await;
    let path = file.path();
    let arguments = ["--from", "mrm", "--database", path.to_str().unwrap()];
    let mut child =
        command(&db, data.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut sent = 0;
    let status = loop {
        amber.say(&room, &format!("live {sent}")).await;
        sent += 1;
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success());
    let seq = amber.say(&room, "after").await["message"]["seq"].as_u64().unwrap();
    assert_eq!(seq, sent + 1);
    let mut sql = Sql::open(&db, data.path()).await;
    assert_eq!(
        sql.lines("SELECT '' || count(*) AS line FROM messages").await,
        [(3_000 + sent + 1).to_string()]
    );
    // Whom the server never saw signs in there.
    let answer = amber
        .send(
            "mutation($i: LoginInput!) { login(input: $i) { user { username } errors { code } } }",
            json!({ "i": { "usernameOrEmail": "boris", "password": layouts::PASSWORD } }),
        )
        .await;
    assert_eq!(answer["data"]["login"]["user"]["username"], "boris", "{answer}");
});

async fn signed_up(url: &str, name: &str) -> crate::support::Caller {
    let mut caller = crate::support::Caller {
        http: reqwest::Client::new(),
        url: url.to_owned(),
        token: None,
        refresh: String::new(),
        id: String::new(),
    };
    let answer = caller
        .ask(
            "mutation($i: SignupInput!) { signup(input: $i) { user { id } tokens { accessToken } } }",
            json!({ "i": { "username": name, "email": format!("{name}@example.com"), "password": "a long enough phrase" } }),
        )
        .await;
    caller.token = answer["signup"]["tokens"]["accessToken"].as_str().map(str::to_owned);
    caller
}
