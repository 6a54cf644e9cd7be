//! `tertulia bench`: each workload runs, small, against servers of its own, and says what it measured.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::Db;
use crate::support::process::Process;

/// As small as a workload gets.
const SMALL: [&str; 8] = ["--sockets", "60", "--slot-ms", "300", "--rounds", "1", "--set", "bcrypt_cost=4"];

fn bench(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
    command.arg("bench").args(SMALL).args(["--data-dir", folder.path().to_str().unwrap()]);
    command.args(arguments).output().unwrap()
}

/// The lines of a run that must succeed, and leave nothing behind.
fn lines(arguments: &[&str]) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let ended = bench(&folder, arguments);
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}{err}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    out.lines().map(str::to_owned).collect()
}

/// Whether a line has a figure, its limit and their ratio, each with its spread.
fn assert_compared(lines: &[String], starts: &str) {
    let line = lines.iter().find(|line| line.starts_with(starts));
    let line = line.unwrap_or_else(|| panic!("no {starts} in {lines:#?}"));
    let (subject, rest) = line.split_once(", limit ").unwrap_or_else(|| panic!("{line}"));
    let (limit, ratio) = rest.split_once(", ratio ").unwrap_or_else(|| panic!("{line}"));
    let subject = subject.rsplit_once(": ").unwrap_or_else(|| panic!("{line}")).1;
    for spread in [subject, limit, ratio] {
        let (median, rest) = spread.split_once(" (").unwrap_or_else(|| panic!("{line}"));
        let (least, rest) = rest.split_once('–').unwrap_or_else(|| panic!("{line}"));
        let most = rest.split_once(')').unwrap_or_else(|| panic!("{line}")).0;
        let [least, median, most] =
            [least, median, most].map(|figure| figure.parse::<f64>().unwrap_or_else(|_| panic!("{line}")));
        assert!(least <= median && median <= most && most > 0.0, "{line}");
    }
}

#[test]
fn w1_compares_sends_with_a_bare_writer_and_tells_of_the_disk() {
    let lines = lines(&["W1"]);
    assert_compared(&lines, "W1 sendMessage, 64 callers, 200 B, 50 rooms");
    assert!(lines.iter().any(|line| line.contains("sends per CPU-second")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with(" flushes/s")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("each has a number of its own.")), "{lines:#?}");
}

#[test]
fn w2_compares_a_closed_loop_and_bursts_with_ready_frames() {
    let lines = lines(&["w2"]);
    assert_compared(&lines, "W2 30 readers of a room, 250 B, a closed loop");
    assert_compared(&lines, "W2 30 readers of a room, 250 B, bursts of 200");
    assert!(lines.iter().any(|line| line.ends_with("deliveries, each once and in order.")), "{lines:#?}");
}

#[test]
fn w3_compares_the_time_to_delivery_with_a_durable_write() {
    let lines = lines(&["W3"]);
    let name = "W3 send to delivery, 500/s to 50 rooms of 1, 100 pages/s and 2 logins/s";
    assert_compared(&lines, &format!("{name}, p50"));
    assert_compared(&lines, &format!("{name}, p99"));
}

#[test]
fn w4_compares_idle_connections_with_bare_ones() {
    let lines = lines(&["W4"]);
    assert_compared(&lines, "W4 60 idle connections, memory of each");
    assert!(lines.iter().any(|line| line.contains("processor: ") && line.contains(", limit ")), "{lines:#?}");
}

#[test]
fn w6_compares_a_return_with_bare_upgrades() {
    let lines = lines(&["W6"]);
    assert_compared(&lines, "W6 60 clients come back, each for the 20 messages that it missed");
    assert!(lines.contains(&"W6 1200 messages, each once and in order.".to_owned()), "{lines:#?}");
}

#[test]
fn w7_compares_the_legacy_callers_with_graphql() {
    let lines = lines(&["W7"]);
    for face in ["thanchat", "chatcrm", "mrm"] {
        assert_compared(&lines, &format!("W7 {face}, send, 64 callers, 200 B"));
        assert_compared(&lines, &format!("W7 {face}, page of 50, 64 callers"));
        let kept = |line: &String| {
            line.starts_with(&format!("W7 {face}: ")) && line.ends_with("and all of them are stored.")
        };
        assert!(lines.iter().any(kept), "{lines:#?}");
    }
    assert_compared(&lines, "W7 condor, send answered with the whole room, 64 callers, 200 B");
    assert_compared(&lines, "W7 rtca, send over a socket, 64 callers, 200 B");
    assert!(lines.iter().any(|line| line.ends_with(" times the 100 sends/s of the original")), "{lines:#?}");
}

#[test]
fn w7_leaves_out_what_the_server_does_not_have() {
    let lines = lines(&["W7", "--set", "rest.dialects=thanchat"]);
    assert_compared(&lines, "W7 thanchat, send, 64 callers, 200 B");
    assert!(
        lines.contains(&"W7 rtca: not measured; the server does not have this face.".to_owned()),
        "{lines:#?}"
    );
}

#[test]
fn w7_measures_originals_in_the_same_run() {
    let data = TempDir::new().unwrap();
    let folder = data.path().to_str().unwrap();
    let maker = ["--username", "maker", "--email", "maker@example.com", "--password-stdin"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
    command.args(["user", "create", "--data-dir", folder, "--set", "bcrypt_cost=4"]).args(maker);
    let mut created = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    created.stdin.take().unwrap().write_all(b"a-quiet-corner-table").unwrap();
    assert!(created.wait().unwrap().success());
    // To its callers a face is what the original is: requests, with an account that makes the others, and sockets.
    let server = Process::start(&Db::Sqlite, data.path());
    let address = server.url.trim_start_matches("http://").trim_end_matches("/graphql");
    let condor = format!("condor=http://maker:a-quiet-corner-table@{address}");
    let rtca = format!("rtca=http://{address}");
    let faces = "rest.dialects=condor,rtca";
    let lines = lines(&["W7", "--set", faces, "--original", &condor, "--original", &rtca]);
    for name in ["condor, send answered with the whole room", "rtca, send over a socket"] {
        assert_compared(&lines, &format!("W7 {name}, 64 callers, 200 B, beside the original"));
    }
    for name in ["condor", "rtca"] {
        assert_compared(&lines, &format!("W7 {name}, page of 50, 64 callers, beside the original"));
    }
    assert_eq!(lines[0], "Originals, server and generator share all cores.");
}

#[test]
fn a_server_that_runs_already_is_measured_without_what_only_its_machine_knows() {
    let data = TempDir::new().unwrap();
    let server = Process::start(&Db::Sqlite, data.path());
    let lines = lines(&["--url", server.url.trim_end_matches("/graphql"), "W1", "W4"]);
    assert!(lines.iter().any(|line| line.ends_with("sends/s, limit –, ratio –")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("W4 60 idle connections: not measured")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("CPU-second")), "{lines:#?}");
}

#[test]
fn postgresql_can_be_measured_too() {
    let Some(Db::Postgres(url)) = Db::postgres() else { return };
    let lines = lines(&["--database-url", &url, "W1"]);
    if Command::new("pgbench").arg("--version").output().is_ok() {
        assert_compared(&lines, "W1 sendMessage, 64 callers, 200 B, 50 rooms");
    }
    assert!(lines.iter().any(|line| line.ends_with("not counted.")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("each has a number of its own.")), "{lines:#?}");
}

#[test]
fn unknown_workloads_and_sizes_are_refused() {
    let (slack, nobody) = ("slack=http://127.0.0.1:1", "condor=http://127.0.0.1:1");
    for arguments in [
        ["W5"].as_slice(),
        &["--rounds", "0"],
        &["--url", "here"],
        &["--sockets", "20000"],
        &["--original", slack],
        &["--original", nobody],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
        let ended = command.arg("bench").args(arguments).output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{err}");
        assert!(err.contains(arguments[arguments.len() - 1]), "{err}");
    }
    let folder = TempDir::new().unwrap();
    let ended = bench(&folder, &["W1", "--original", "mrm=http://127.0.0.1:1"]);
    let err = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && err.contains("originals are measured in W7"), "{err}");
}
