//! Readers of rooms, who judge what they get: every message once, in order, of this run and room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::load::bench::arena::{Arena, Room, Side};
use crate::load::socket::{Ended, Socket};
use crate::load::stamp::Stamp;
use crate::load::target::Buffer;

/// Handshakes at the same time.
const AT_ONCE: usize = 256;
/// How long nothing may be delivered before the run has failed.
const SILENCE_MAX: Duration = Duration::from_mins(1);

const READ: &str = "subscription($room: ID!, $after: String) { messageAdded(roomId: $room, after: $after) {
    cursor message { id seq text createdAt sender { id username displayName } } } }";

/// What all readers of a crowd have got.
#[derive(Debug, Default)]
struct Tally {
    deliveries: usize,
    /// Who waits for so many wants to hear of it.
    goal: usize,
    /// Of each delivery, when they are wanted.
    latencies: Option<Vec<Duration>>,
    fault: Option<String>,
}

/// Where all readers report.
#[derive(Debug)]
pub(super) struct Board {
    tally: Mutex<Tally>,
    changed: Notify,
    began: Instant,
    run: String,
}

impl Board {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, fault: String) {
        self.tally().fault.get_or_insert(fault);
        self.changed.notify_waiters();
    }
}

/// Sockets that read in the background until the crowd is dropped.
pub(super) struct Crowd {
    pub(super) board: Arc<Board>,
    readers: JoinSet<()>,
}

/// One reader's way: which number must come next, and which messages of which sender have come.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    room: usize,
    expected: i64,
    /// The newest number of each sender.
    numbers: HashMap<usize, u64>,
}

impl Judge {
    /// `seen` messages were there before.
    pub(super) fn new(room: usize, seen: i64) -> Self {
        Self { room, expected: seen + 1, numbers: HashMap::new() }
    }

    /// Judges one message as it came. Gives when it was meant to be sent; nothing for what is no message.
    fn hear(&mut self, run: &str, text: &str) -> anyhow::Result<Option<Duration>> {
        let Some(seq) = number_after(text, "\"seq\":") else {
            ensure!(!text.contains("\"errors\"") && !text.contains("\"error\""), "refused: {text}");
            return Ok(None);
        };
        let at = text.find("run=").context("a message without a stamp")?;
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(['\\', '"']).unwrap_or(rest.len());
        let stamp = Stamp::of(rest.get(..end).unwrap_or_default()).context("a message without a stamp")?;
        let Self { room, expected, numbers } = self;
        ensure!(stamp.run == run && stamp.room == *room, "room {room} got a foreign message: {text}");
        ensure!(seq == *expected, "room {room}: expected seq {expected}, got seq {seq}");
        let last = numbers.insert(stamp.sender, stamp.number).unwrap_or(0);
        ensure!(
            stamp.number > last,
            "room {room}: number {} of sender {} came after {last}",
            stamp.number,
            stamp.sender
        );
        self.expected += 1;
        Ok(Some(stamp.at))
    }
}

fn number_after(text: &str, name: &str) -> Option<i64> {
    let rest = text.get(text.find(name)? + name.len()..)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

impl Crowd {
    /// Opens `each` sockets for each room, which read from its head; on the probe's side, `fan` ones.
    pub(super) async fn gather(
        arena: &Arena,
        side: Side,
        rooms: &[Room],
        each: usize,
        latencies: bool,
    ) -> anyhow::Result<Self> {
        let board = Arc::new(Board {
            tally: Mutex::new(Tally { latencies: latencies.then(Vec::new), ..Tally::default() }),
            changed: Notify::new(),
            began: arena.began,
            run: arena.run.clone(),
        });
        let seats = rooms.iter().flat_map(|room| (0..each).map(move |_| room)).enumerate();
        let seats: Vec<_> = seats.collect();
        let opened = stream::iter(seats).map(|(seat, room)| async move {
            let socket = open(arena, side, seat, room).await.map_err(|ended| anyhow!("{ended}"))?;
            anyhow::Ok((socket, Judge::new(room.number, 0)))
        });
        let opened: Vec<(Socket, Judge)> = opened.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut readers = JoinSet::new();
        for (socket, judge) in opened {
            let board = Arc::clone(&board);
            readers.spawn(async move { read(socket, judge, &board).await });
        }
        Ok(Self { board, readers })
    }

    /// Waits until so many messages have come to all readers together.
    pub(super) async fn have(&self, deliveries: usize) -> anyhow::Result<()> {
        let mut seen = 0;
        loop {
            let changed = self.board.changed.notified();
            {
                let mut tally = self.board.tally();
                tally.goal = deliveries;
                if let Some(fault) = &tally.fault {
                    bail!("{fault}");
                }
                ensure!(tally.deliveries <= deliveries, "{} deliveries of {deliveries}", tally.deliveries);
                if tally.deliveries == deliveries {
                    return Ok(());
                }
                seen = seen.max(tally.deliveries);
            }
            if timeout(SILENCE_MAX, changed).await.is_err() && self.board.tally().deliveries == seen {
                bail!("{seen} of {deliveries} messages were delivered, and nothing more");
            }
        }
    }

    /// Takes what was noted of the time from send to delivery.
    pub(super) fn take_latencies(&self) -> Vec<Duration> {
        self.board.tally().latencies.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.readers.len()
    }
}

/// A socket that reads one room.
pub(super) async fn open(arena: &Arena, side: Side, seat: usize, room: &Room) -> Result<Socket, Ended> {
    match side {
        Side::Tertulia => {
            let person = arena.person(seat).map_err(std::io::Error::other)?;
            let token = person.token().await;
            let mut socket = Socket::open(&arena.target, &token, Buffer::Usual).await?;
            socket.subscribe("1", READ, json!({ "room": room.id, "after": room.head })).await?;
            Ok(socket)
        }
        Side::Probe => {
            let mut socket = Socket::upgrade(&arena.fan, "/", Buffer::Usual).await?;
            socket.say_text(format!("join {}", room.number)).await?;
            Ok(socket)
        }
    }
}

async fn read(mut socket: Socket, mut judge: Judge, board: &Board) {
    loop {
        let text = match socket.hear_text().await {
            Ok(text) => text,
            Err(ended) => return board.fail(format!("a reader's socket was {ended}")),
        };
        match judge.hear(&board.run, &text) {
            Ok(None) => {}
            Ok(Some(at)) => {
                let mut tally = board.tally();
                tally.deliveries += 1;
                if let Some(latencies) = &mut tally.latencies {
                    latencies.push(board.began.elapsed().saturating_sub(at));
                }
                let reached = tally.deliveries >= tally.goal;
                drop(tally);
                if reached {
                    board.changed.notify_waiters();
                }
            }
            Err(fault) => return board.fail(fault.to_string()),
        }
    }
}

/// Reads on until the messages up to `last` have come, each once and in order.
pub(super) async fn read_until(
    socket: &mut Socket,
    judge: &mut Judge,
    run: &str,
    last: i64,
) -> anyhow::Result<()> {
    while judge.expected <= last {
        let text = timeout(SILENCE_MAX, socket.hear_text()).await.context("nothing comes")?;
        judge.hear(run, &text.map_err(|ended| anyhow!("{ended}"))?)?;
    }
    Ok(())
}

/// As long as what Tertulia sends for the same message.
pub(super) fn probe_text(seq: usize, text: &str) -> String {
    format!(
        "{{\"type\":\"next\",\"id\":\"1\",\"payload\":{{\"data\":{{\"messageAdded\":{{\"cursor\":\
         \"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"message\":{{\"id\":\"TQAAAAAAAAAA\",\"seq\":{seq},\"text\":\"{text}\",\
         \"createdAt\":\"2026-01-15T10:30:00.000000Z\",\"sender\":{{\"id\":\"VQAAAAAAAAAAAAAAAAAAAAA\",\
         \"username\":\"bench-000000000000-0\",\"displayName\":\"bench-000000000000-0\"}}}}}}}}}}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(room: usize, seq: usize, number: u64) -> String {
        let stamp = Stamp { run: "r".into(), room, sender: 1, number, at: Duration::from_micros(7) };
        probe_text(seq, &format!("{stamp}\\nfiller"))
    }

    #[test]
    fn messages_in_order_pass_and_say_when_they_were_sent() {
        let mut judge = Judge::new(3, 0);
        for seq in 1..=3 {
            let at = judge.hear("r", &text(3, seq, seq as u64)).unwrap();
            assert_eq!(at, Some(Duration::from_micros(7)));
        }
        assert_eq!(judge.hear("r", r#"{"type":"connection_ack"}"#).unwrap(), None);
    }

    #[test]
    fn lost_doubled_reordered_and_foreign_messages_fail() {
        let mut first = Judge::new(3, 0);
        first.hear("r", &text(3, 1, 1)).unwrap();
        for (seq, number) in [(3, 3), (1, 1), (2, 1), (0, 2)] {
            assert!(first.clone().hear("r", &text(3, seq, number)).is_err(), "seq {seq}, number {number}");
        }
        assert!(first.clone().hear("r", &text(4, 2, 2)).is_err());
        assert!(first.clone().hear("q", &text(3, 2, 2)).is_err());
        assert!(first.clone().hear("r", r#"{"seq":2,"text":"hello"}"#).is_err());
        assert!(first.clone().hear("r", r#"{"type":"error","id":"1","payload":[]}"#).is_err());
        first.hear("r", &text(3, 2, 2)).unwrap();
    }
}
