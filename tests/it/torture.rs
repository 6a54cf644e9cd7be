//! `tertulia torture`: it passes on a good server, through kills and outages, and fails on a bad one.

use std::net::TcpListener;
use std::ops::Not as _;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tertulia::load::target::Target;
use tertulia::load::torture::{self, Failure, Fault, Options, Proof};
use tokio::time::sleep;

use crate::support::app::PASSWORD;
use crate::support::postgres::on_free_port;
use crate::support::process::Process;
use crate::support::redis::Redis;
use crate::support::sql::Sql;
use crate::support::{Db, TestApp};
use crate::{on_both, on_both_databases};

/// How long nothing may come before a run has failed, on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(30);

fn options(urls: &[&str], run: &str) -> Options {
    Options {
        targets: urls.iter().map(|url| Target::parse(url).unwrap()).collect(),
        rooms: 4,
        readers: 10,
        senders: 6,
        rate: 15,
        patience: PATIENCE,
        seed: 7,
        run: run.to_owned(),
    }
}

async fn tortured(options: &Options, until: impl Future<Output = ()>) -> Proof {
    torture::run(options, until, |_| ()).await.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Whether the proof tells of a run in which something was done.
fn assert_whole(proof: &Proof, options: &Options) {
    assert!(proof.sent > 0 && proof.deliveries > 0, "{proof}");
    assert_eq!(proof.sent, proof.acknowledged, "{proof}");
    assert_eq!((proof.readers, proof.rooms.len()), (options.readers, options.rooms), "{proof}");
    let stored: usize = proof.rooms.iter().map(|room| room.messages).sum();
    assert_eq!(u64::try_from(stored).unwrap(), proof.sent, "{proof}");
    assert!(proof.rooms.iter().all(|room| room.readers > 0 && room.messages == room.acknowledged), "{proof}");
}

on_both! {
    async fn a_good_server_passes(app) {
        let options = options(&[&app.base], "good");
        let proof = tortured(&options, sleep(Duration::from_secs(4))).await;
        assert_whole(&proof, &options);
        assert!(proof.drops + proof.crashes + proof.stalls > 0 && proof.resumes > 0, "{proof}");
        assert!(proof.repeated > 0, "{proof}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_the_server_are_kept() {
    let limits = [
        ("RATE_LIMITS", "on"),
        ("LIMITS_SEND_PER_USER_PER_SECOND", "5"),
        ("LIMITS_SEND_PER_USER_BURST", "5"),
    ];
    let app = TestApp::with(Db::Sqlite, &limits).await;
    let options = Options { rate: 100, ..options(&[&app.base], "limited") };
    let proof = tortured(&options, sleep(Duration::from_secs(4))).await;
    assert_whole(&proof, &options);
    // Six people, with five messages at once and five in each second.
    assert!(proof.sent < 6 * (5 + 5 * proof.time.as_secs() + 5), "{proof}");
}

async fn until_it_answers(port: u16) {
    let answers = async {
        while reqwest::get(format!("http://127.0.0.1:{port}/health/ready"))
            .await
            .is_ok_and(|answer| answer.status().is_success())
            .not()
        {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answers).await.expect("the server does not come back");
}

on_both_databases! {
    async fn nothing_is_lost_or_doubled_through_20_kills(db) {
        const ROUNDS: u64 = 20;
        let data = TempDir::new().unwrap();
        let (server, port) = on_free_port(|port| {
            Ok(Process::with(&db, data.path(), &[("LISTEN", &format!("127.0.0.1:{port}"))]))
        })
        .unwrap();
        let mut server = server.unwrap();
        let options = options(&[&format!("http://127.0.0.1:{port}")], "killed");
        let kills = async {
            for round in 0..ROUNDS {
                // Not in step with anything that the clients do.
                sleep(Duration::from_millis(700 + round * 137 % 600)).await;
                tokio::task::block_in_place(|| {
                    server.kill();
                    server.start_again();
                });
                // A round counts from when the server answers again, however busy the machine is.
                until_it_answers(port).await;
            }
            sleep(Duration::from_millis(500)).await;
        };
        let proof = tortured(&options, kills).await;
        assert_whole(&proof, &options);
        assert!(proof.outages > ROUNDS && proof.repeated > ROUNDS, "{proof}");
        assert!(proof.sent > ROUNDS * 4, "{proof}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_miss_nothing_while_redis_is_gone_and_while_it_is_frozen() {
    let (Some(db), Some(mut redis)) = (Db::postgres(), Redis::start()) else { return };
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str()), ("SECRET", "a secret of more than thirty-two bytes")];
    let (one, two) = (TestApp::with(db.clone(), &settings).await, TestApp::with(db, &settings).await);
    let options = options(&[&one.base, &two.base], "nodes");
    let outages = async {
        sleep(Duration::from_secs(2)).await;
        tokio::task::block_in_place(|| redis.stop());
        sleep(Duration::from_secs(3)).await;
        tokio::task::block_in_place(|| redis.start_again());
        sleep(Duration::from_secs(2)).await;
        let frozen = redis.freeze();
        sleep(Duration::from_secs(3)).await;
        drop(frozen);
        sleep(Duration::from_secs(2)).await;
    };
    assert_whole(&tortured(&options, outages).await, &options);
}

/// What a run says while something is done to the database behind the server's back.
async fn sabotaged(run: &str, statement: &str) -> Fault {
    let app = TestApp::start(Db::Sqlite).await;
    let mut sql = Sql::open(&Db::Sqlite, app.data.path()).await;
    let options = options(&[&app.base], run);
    let sabotage = async {
        sleep(Duration::from_secs(1)).await;
        sql.run(statement).await;
        sleep(Duration::from_secs(1)).await;
    };
    fault(torture::run(&options, sabotage, |_| ()).await)
}

fn fault(outcome: Result<Proof, Failure>) -> Fault {
    match outcome {
        Err(Failure::Violation(violation)) => violation.fault,
        Err(other) => panic!("{other}"),
        Ok(proof) => panic!("nobody noticed\n{proof}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_loses_a_message_fails() {
    let fault =
        sabotaged("lost", "DELETE FROM messages WHERE key = (SELECT max(key) - 3 FROM messages)").await;
    assert!(matches!(fault, Fault::Hole { .. } | Fault::Lost { .. }), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_changes_a_text_fails() {
    // The oldest, which nobody sends again: a repeat would be refused as a conflict first.
    let fault = sabotaged("changed", "UPDATE messages SET text = text || '!' WHERE seq = 1").await;
    assert!(matches!(fault, Fault::Altered { .. }), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_nobody_of_the_run_sent_fails_it() {
    let app = TestApp::start(Db::Sqlite).await;
    let options = options(&[&app.base], "foreign");
    let stranger = async {
        sleep(Duration::from_secs(1)).await;
        let caller = app.login("torture-foreign-0", PASSWORD).await;
        let rooms = caller.ask("{ rooms(first: 1) { nodes { id } } }", json!({})).await;
        caller.say(rooms["rooms"]["nodes"][0]["id"].as_str().unwrap(), "I am not of this run.").await;
        sleep(Duration::from_secs(1)).await;
    };
    let fault = fault(torture::run(&options, stranger, |_| ()).await);
    assert!(matches!(fault, Fault::Foreign { .. }), "{fault}");
}

fn command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tertulia")).arg("torture").args(arguments).output().unwrap()
}

#[test]
fn the_command_prints_progress_and_a_proof() {
    let data = TempDir::new().unwrap();
    let server = Process::start(&Db::Sqlite, data.path());
    let base = server.url.trim_end_matches("/graphql");
    let sizes = ["--seconds", "2", "--rooms", "2", "--readers", "4", "--senders", "2", "--seed", "1"];
    let ended = command(&[&[base], &sizes[..]].concat());
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}{err}");
    assert!(out.lines().filter(|line| line.contains(" acknowledged  ")).count() >= 2, "{out}");
    assert!(out.contains("\nProof, after ") && out.contains("2 rooms compared"), "{out}");
    assert_eq!(out.matches(", digest ").count(), 2, "{out}");
}

#[test]
fn the_command_fails_without_a_server_and_on_bad_arguments() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let ended = command(&[&nobody, "--patience", "1"]);
    let err = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(err.contains("the server was not reached in time"), "{err}");
    for arguments in [["https://chat.test"].as_slice(), &["--rooms", "0"], &["--seconds", "x"], &["here"]] {
        assert_eq!(command(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
