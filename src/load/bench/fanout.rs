//! W2: one room with many readers, beside one write of a ready frame for each delivery.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;

use crate::load::bench::arena::{Arena, Room, Side};
use crate::load::bench::crowd::{Crowd, probe_text};
use crate::load::bench::line;
use crate::load::bench::sends::padded;
use crate::load::http::Connection;
use crate::load::measure::Score;
use crate::load::socket::Socket;
use crate::load::stamp::Stamp;
use crate::load::target::Buffer;

const READERS: usize = 1000;
const BURST: usize = 200;
const TEXT_BYTES: usize = 250;

/// One side: who sends, who reads.
struct Stage {
    side: Side,
    room: Room,
    crowd: Crowd,
    callers: Vec<Connection>,
    publisher: Option<Socket>,
    sent: usize,
}

pub(super) async fn measure(arena: &mut Arena) -> anyhow::Result<Vec<String>> {
    let readers = READERS.min(arena.sockets / 2).max(1);
    let mut subject = Stage::set(arena, Side::Tertulia, readers).await?;
    let mut probe = Stage::set(arena, Side::Probe, readers).await?;
    let mut lines = Vec::new();
    for burst in [1, BURST] {
        let (mut wall, mut cpu, mut bound) = (Vec::new(), Vec::new(), false);
        subject.slot(arena, burst, arena.slot / 10).await?;
        probe.slot(arena, burst, arena.slot / 10).await?;
        for _ in 0..arena.rounds {
            let first = subject.slot(arena, burst, arena.slot).await?;
            let second = probe.slot(arena, burst, arena.slot).await?;
            let limit = second.and(probe.slot(arena, burst, arena.slot).await?);
            let score = first.and(subject.slot(arena, burst, arena.slot).await?);
            wall.push((score.per_second(), Some(limit.per_second())));
            cpu.push((score.per_cpu_second(), Some(limit.per_cpu_second())));
            bound |= score.is_generator_bound() || limit.is_generator_bound();
        }
        let mark = if bound { ", generator-bound" } else { "" };
        let kind = if burst == 1 { "a closed loop".to_owned() } else { format!("bursts of {burst}") };
        let name = format!("W2 {readers} readers of a room, {TEXT_BYTES} B, {kind}{mark}");
        if arena.is_own() {
            lines.push(line(&name, "deliveries per CPU-second", &cpu)?);
        }
        lines.push(line(&name, "deliveries/s", &wall)?);
    }
    let all = subject.sent * readers;
    lines.push(format!("W2 {all} deliveries, each once and in order."));
    Ok(lines)
}

impl Stage {
    async fn set(arena: &mut Arena, side: Side, readers: usize) -> anyhow::Result<Self> {
        let room = arena.rooms(1).await?.pop().context("there is no room")?;
        let crowd = Crowd::gather(arena, side, std::slice::from_ref(&room), readers, false).await?;
        let mut callers = Vec::new();
        let mut publisher = None;
        match side {
            Side::Tertulia => callers.push(Connection::open(&arena.target).await?),
            Side::Probe => {
                let socket = Socket::upgrade(&arena.fan, "/", Buffer::Usual).await;
                publisher = Some(socket.map_err(|ended| anyhow::anyhow!("{ended}"))?);
            }
        }
        let mut stage = Self { side, room, crowd, callers, publisher, sent: 0 };
        // When all have the first, all are there.
        stage.burst(arena, 1).await?;
        Ok(stage)
    }

    /// Sends bursts, each when all readers have the one before.
    async fn slot(&mut self, arena: &Arena, burst: usize, time: Duration) -> anyhow::Result<Score> {
        if self.publisher.is_none() {
            // Opened anew, since a server closes what says nothing for some seconds.
            self.callers.clear();
            for _ in 0..burst {
                self.callers.push(Connection::open(&arena.target).await?);
            }
        }
        arena
            .score(self.side, async {
                let (begun, before) = (Instant::now(), self.sent);
                while self.sent == before || begun.elapsed() < time {
                    self.burst(arena, burst).await?;
                }
                Ok((self.sent - before) * self.crowd.len())
            })
            .await
    }

    async fn burst(&mut self, arena: &Arena, count: usize) -> anyhow::Result<()> {
        let token = arena.owner()?.token().await;
        let first = self.sent;
        let text = |sender: usize, number: usize| {
            let stamp = Stamp {
                run: arena.run.clone(),
                room: self.room.number,
                sender,
                number: number as u64,
                at: arena.began.elapsed(),
            };
            padded(&stamp, TEXT_BYTES)
        };
        if let Some(publisher) = &mut self.publisher {
            for number in first + 1..=first + count {
                let text = probe_text(number, &text(0, number).replace('\n', "\\n"));
                let said = publisher.say_text(format!("send {} {text}", self.room.number)).await;
                said.map_err(|ended| anyhow::anyhow!("{ended}"))?;
            }
        } else {
            let callers = self.callers.iter_mut().take(count).enumerate();
            let sends = callers.map(async |(caller, connection)| {
                let request = arena.send_request(&token, &self.room, &text(caller, first + 1));
                let answer = connection.exchange(&request).await?;
                let body = String::from_utf8_lossy(answer.body);
                ensure!(answer.status == 200 && body.contains("\"seq\":"), "refused: {body}");
                anyhow::Ok(())
            });
            try_join_all(sends).await?;
        }
        self.sent += count;
        self.crowd.have(self.sent * self.crowd.len()).await
    }
}
