//! What PostgreSQL can do with a message when nobody asks anything: its own `pgbench`, where it is
//! installed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bench_messages (key bigserial PRIMARY KEY, room_key bigint,
    sender_key bigint, text text, created_at timestamptz);
";

/// Inserts in a second of so many clients, each in a transaction of its own; `None` without pgbench.
pub(super) fn inserts_per_second(
    url: &str,
    folder: &Path,
    clients: usize,
    text_bytes: usize,
    time: Duration,
) -> anyhow::Result<Option<f64>> {
    let is_there = Command::new("pgbench").arg("--version").stdout(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    run(url, folder, TABLE, &["--client=1", "--transactions=1"])?;
    let insert = format!(
        "\\set room random(1, 50)\nINSERT INTO bench_messages (room_key, sender_key, text, created_at) \
         VALUES (:room, 1, '{}', now());\n",
        "x".repeat(text_bytes)
    );
    // It counts in whole seconds.
    let seconds = time.as_secs().max(1);
    let counts = [format!("--client={clients}"), "--jobs=1".into(), format!("--time={seconds}")];
    let said = run(url, folder, &insert, &counts.each_ref().map(String::as_str))?;
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split(' ').next()).context("pgbench gives no rate")?;
    Ok(Some(rate.parse()?))
}

fn run(url: &str, folder: &Path, script: &str, counts: &[&str]) -> anyhow::Result<String> {
    let file = folder.join("pgbench.sql");
    fs::write(&file, script)?;
    let mut command = Command::new("pgbench");
    command.args(["--no-vacuum", "--protocol=prepared", "--file"]).arg(&file).args(counts).arg(url);
    let ended = command.stdin(Stdio::null()).output()?;
    ensure!(ended.status.success(), "pgbench: {}", String::from_utf8_lossy(&ended.stderr).trim());
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
