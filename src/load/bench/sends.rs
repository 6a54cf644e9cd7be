//! W1: durable sends over HTTP from many callers, beside a bare writer that inserts the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::load::bench::arena::{Arena, Room, Side};
use crate::load::bench::{line, pgbench};
use crate::load::http::{Connection, post};
use crate::load::measure::{Score, flushes_per_second, spread};
use crate::load::stamp::Stamp;

const CALLERS: usize = 64;
const ROOMS: usize = 50;
const TEXT_BYTES: usize = 200;
const WARM_UP: Duration = Duration::from_millis(200);

/// Sends of all slots so far: the numbers that rooms have given.
#[derive(Default)]
struct Given {
    seqs: BTreeMap<usize, Vec<i64>>,
    sent: u64,
}

pub(super) async fn measure(arena: &mut Arena) -> anyhow::Result<Vec<String>> {
    let rooms = arena.rooms(ROOMS).await?;
    let (mut given, mut flushes) = (Given::default(), Vec::new());
    let (mut wall, mut cpu, mut bound) = (Vec::new(), Vec::new(), false);
    slot(arena, Side::Tertulia, &rooms, &mut given, WARM_UP).await?;
    for _ in 0..arena.rounds {
        flushes.push(flushes_per_second(arena.folder())?);
        let time = arena.slot;
        let mut subject = slot(arena, Side::Tertulia, &rooms, &mut given, time).await?;
        let mut limit = None;
        if arena.has_writer {
            let first = slot(arena, Side::Probe, &rooms, &mut given, time).await?;
            limit = Some(first.and(slot(arena, Side::Probe, &rooms, &mut given, time).await?));
        }
        let inserts = match &arena.postgres {
            Some(url) => pgbench::inserts_per_second(url, arena.folder(), CALLERS, TEXT_BYTES, time)?,
            None => None,
        };
        subject = subject.and(slot(arena, Side::Tertulia, &rooms, &mut given, time).await?);
        wall.push((subject.per_second(), limit.map(Score::per_second).or(inserts)));
        cpu.push((subject.per_cpu_second(), limit.map(Score::per_cpu_second)));
        bound |= subject.is_generator_bound() || limit.is_some_and(Score::is_generator_bound);
    }
    given.are_whole()?;
    let mark = if bound { ", generator-bound" } else { "" };
    let name = format!("W1 sendMessage, {CALLERS} callers, {TEXT_BYTES} B, {ROOMS} rooms{mark}");
    let mut lines = vec![line(&name, "sends/s", &wall)?];
    if arena.is_own() {
        lines.push(line(&name, "sends per CPU-second", &cpu)?);
    }
    if arena.postgres.is_some() {
        lines.push("W1 the processor time of PostgreSQL itself is not counted.".to_owned());
    }
    lines.push(format!("W1 the disk in the same seconds: {} flushes/s", spread(&mut flushes)?));
    lines.push(format!("W1 {} sends were acknowledged, and each has a number of its own.", given.sent));
    Ok(lines)
}

impl Given {
    /// What was acknowledged must be 1, 2, 3 … in each room.
    fn are_whole(&mut self) -> anyhow::Result<()> {
        for (room, seqs) in &mut self.seqs {
            seqs.sort_unstable();
            let whole = seqs.iter().copied().eq((1..).take(seqs.len()));
            ensure!(whole, "room {room}: numbers were given twice or left out");
        }
        Ok(())
    }
}

async fn slot(
    arena: &Arena,
    side: Side,
    rooms: &[Room],
    given: &mut Given,
    time: Duration,
) -> anyhow::Result<Score> {
    let target = if side == Side::Tertulia { &arena.target } else { &arena.probe };
    let mut connections = Vec::new();
    for _ in 0..CALLERS {
        connections.push(Connection::open(target).await?);
    }
    let base = given.sent;
    let mut answered = Vec::new();
    let score = arena.score(side, async {
        let begun = Instant::now();
        let callers = connections.into_iter().enumerate().map(async |(caller, mut connection)| {
            let token = arena.person(caller)?.token().await;
            let mut own = Vec::new();
            while begun.elapsed() < time {
                // Primes, so that callers are not all in one room at once.
                let room = rooms.get((caller * 7 + own.len() * 13) % rooms.len().max(1));
                let room = room.context("there is no room")?;
                let number = base + own.len() as u64 + 1;
                let text = text(arena, room, caller, number);
                let request = match side {
                    Side::Tertulia => arena.send_request(&token, room, &text),
                    Side::Probe => post(target, "/insert", None, &json!({ "room": room.id, "text": text })),
                };
                let answer = connection.exchange(&request).await?;
                ensure!(answer.status == 200, "{}", String::from_utf8_lossy(answer.body));
                own.push((room.number, seq(answer.body)?));
            }
            Ok(own)
        });
        answered = try_join_all(callers).await?;
        Ok(answered.iter().map(Vec::len).sum())
    });
    let score = score.await?;
    for (room, seq) in answered.into_iter().flatten() {
        given.seqs.entry(room).or_default().push(seq);
        given.sent += 1;
    }
    Ok(score)
}

fn text(arena: &Arena, room: &Room, sender: usize, number: u64) -> String {
    padded(
        &Stamp { run: arena.run.clone(), room: room.number, sender, number, at: arena.began.elapsed() },
        TEXT_BYTES,
    )
}

/// A stamp's line and what is missing to the length.
pub(super) fn padded(stamp: &Stamp, bytes: usize) -> String {
    let line = stamp.to_string();
    let missing = bytes.saturating_sub(line.len() + 1);
    format!("{line}\n{}", "x".repeat(missing))
}

fn seq(body: &[u8]) -> anyhow::Result<i64> {
    let answer: Value = serde_json::from_slice(body)?;
    let found = answer.get("seq").or_else(|| answer.pointer("/data/sendMessage/message/seq"));
    found.and_then(Value::as_i64).with_context(|| format!("no number in {answer}"))
}
