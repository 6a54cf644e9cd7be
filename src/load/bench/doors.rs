//! W7: what the legacy servers' callers do most, a send and a page of 50, beside the same over GraphQL, and
//! beside the legacy servers where they run.

mod alike;
mod face;
mod original;

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use futures_util::future::try_join_all;

use crate::load::bench::arena::{Arena, PATIENCE, Room, Side};
use crate::load::bench::doors::alike::page_alike;
use crate::load::bench::doors::face::{Caller, Face, PEOPLE, Place};
use crate::load::bench::line;
use crate::load::bench::sends::padded;
use crate::load::http::Connection;
use crate::load::measure::{Score, spread};
use crate::load::person::Person;
use crate::load::socket::Socket;
use crate::load::stamp::Stamp;
use crate::load::target::Target;

pub use original::Original;

const CALLERS: usize = 64;
/// Rooms of many, among which sends go round.
const ROOMS: usize = 50;
/// Rooms of which pages are read, each with as many messages as a page has.
const READ_ROOMS: usize = 8;
const PAGE_MESSAGES: usize = 50;
const TEXT_BYTES: usize = 200;
const WARM_UP: Duration = Duration::from_millis(200);
/// What the originals were measured to do, with two cores.
const ORIGINAL_SENDS: f64 = 100.0;
const ORIGINAL_PAGES: f64 = 70.0;

/// A side of the comparison.
#[derive(Clone, Copy)]
enum By<'s> {
    Face(&'s Stage),
    /// As the callers of this face would.
    GraphQl(Face, &'s [Room]),
}

/// A face with its callers and rooms.
struct Stage {
    face: Face,
    target: Target,
    /// A legacy server, which may fail under load; then that call does not count.
    is_original: bool,
    callers: Vec<Caller>,
    sent_to: Vec<Place>,
    read_from: Vec<Place>,
}

pub(super) async fn measure(arena: &mut Arena, originals: &[Original]) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for number in 0..PEOPLE {
        let name = format!("door-{}-{number}", arena.run.to_lowercase());
        Person::sign_up(&arena.target, name.clone(), PATIENCE).await?;
        names.push(name);
    }
    let sent_to = arena.rooms(ROOMS).await?;
    let read_from = arena.rooms(READ_ROOMS).await?;
    let mut graphql = Connection::open(&arena.target).await?;
    for room in &read_from {
        for number in 0..PAGE_MESSAGES {
            let token = arena.owner()?.token().await;
            let request = arena.send_request(&token, room, &text(arena, 0, number));
            ensure!(graphql.exchange(&request).await?.status == 200, "a message was refused");
        }
    }
    let mut lines = vec!["W7 the limit is the same over GraphQL.".to_owned()];
    for face in Face::ALL {
        let callers = face.sign_in(&arena.target, face.people(&names)?, true).await?;
        if callers.is_empty() {
            lines.push(format!("W7 {}: not measured; the server does not have this face.", face.name()));
            continue;
        }
        let stage = Stage::set(arena, face, arena.target.clone(), callers, false).await?;
        let original = match originals.iter().find(|original| original.face == face) {
            Some(original) => Some(Stage::of(arena, original, face.people(&names)?).await?),
            None => None,
        };
        // Answers that hold a whole room are as long on both sides.
        let many = if face.rooms() > ROOMS { arena.rooms(face.rooms()).await? } else { Vec::new() };
        let sent_to = if many.is_empty() { &sent_to } else { &many };
        lines.extend(compare(arena, &stage, original.as_ref(), (sent_to, &read_from)).await?);
    }
    Ok(lines)
}

impl Stage {
    /// A legacy server, with the people of the run.
    async fn of(arena: &Arena, original: &Original, names: &[String]) -> anyhow::Result<Self> {
        let Original { face, target, maker } = original;
        face.sign_up(target, names, maker.as_ref()).await?;
        let callers = face.sign_in(target, names, false).await?;
        Self::set(arena, *face, target.clone(), callers, true).await
    }

    async fn set(
        arena: &Arena,
        face: Face,
        target: Target,
        callers: Vec<Caller>,
        is_original: bool,
    ) -> anyhow::Result<Self> {
        let rooms = face.rooms();
        let sent_to = face.open_rooms(&target, &callers, 0..rooms).await?;
        let read_from = face.open_rooms(&target, &callers, rooms..rooms + READ_ROOMS).await?;
        let stage = Self { face, target, is_original, callers, sent_to, read_from };
        for place in &stage.read_from {
            let mut wire = Wire::open(&stage, place).await?;
            for number in 0..PAGE_MESSAGES {
                let sent = wire.send(&stage, place, 0, &text(arena, 0, number)).await?;
                ensure!(sent, "a message was refused");
            }
        }
        Ok(stage)
    }

    /// Whether this is an original that could not, such as one that waited too long for its database.
    fn has_failed(&self, status: u16) -> bool {
        self.is_original && status >= 500
    }
}

async fn compare(
    arena: &Arena,
    stage: &Stage,
    original: Option<&Stage>,
    (sent_to, read_from): (&[Room], &[Room]),
) -> anyhow::Result<Vec<String>> {
    let (mut sends, mut pages) = (Figures::default(), Figures::default());
    let mut acknowledged = 0;
    for round in 0..=arena.rounds {
        let time = if round == 0 { WARM_UP.min(arena.slot) } else { arena.slot };
        let (own, other) = (By::Face(stage), By::GraphQl(stage.face, sent_to));
        let first = send_slot(arena, own, acknowledged, time).await?;
        let limit = send_slot(arena, other, 0, time).await?.and(send_slot(arena, other, 0, time).await?);
        acknowledged += count(first);
        let second = send_slot(arena, own, acknowledged, time).await?;
        acknowledged += count(second);
        let (own, other) = (By::Face(stage), By::GraphQl(stage.face, read_from));
        let page = page_slot(arena, own, time).await?;
        let page_limit = page_slot(arena, other, time).await?.and(page_slot(arena, other, time).await?);
        let page = page.and(page_slot(arena, own, time).await?);
        let (mut original_sends, mut original_pages) = (None, None);
        if let Some(original) = original {
            original_sends = Some(send_slot(arena, By::Face(original), 0, time).await?);
            original_pages = Some(page_slot(arena, By::Face(original), time).await?);
        }
        if round > 0 {
            sends.add(first.and(second), limit, original_sends);
            pages.add(page, page_limit, original_pages);
        }
    }
    ensure_kept(arena, stage, acknowledged).await?;
    let face = stage.face;
    let name = format!("W7 {}, {}, {CALLERS} callers, {TEXT_BYTES} B", face.name(), face.send_name());
    let mut lines = sends.lines(arena, &name, "sends", ORIGINAL_SENDS)?;
    let name = format!("W7 {}, page of {PAGE_MESSAGES}, {CALLERS} callers", face.name());
    lines.extend(pages.lines(arena, &name, "pages", ORIGINAL_PAGES)?);
    lines.push(format!(
        "W7 {}: {acknowledged} sends were acknowledged, and all of them are stored.",
        face.name()
    ));
    Ok(lines)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "was a count")]
fn count(score: Score) -> usize {
    score.answers as usize
}

/// What both sides did in each round.
#[derive(Default)]
struct Figures {
    wall: Vec<(f64, Option<f64>)>,
    cpu: Vec<(f64, Option<f64>)>,
    beside_original: Vec<(f64, Option<f64>)>,
    is_generator_bound: bool,
}

impl Figures {
    fn add(&mut self, subject: Score, limit: Score, original: Option<Score>) {
        if let Some(original) = original {
            self.beside_original.push((subject.per_second(), Some(original.per_second())));
        }
        self.wall.push((subject.per_second(), Some(limit.per_second())));
        self.cpu.push((subject.per_cpu_second(), Some(limit.per_cpu_second())));
        self.is_generator_bound |= subject.is_generator_bound() || limit.is_generator_bound();
    }

    fn lines(&self, arena: &Arena, name: &str, of: &str, original: f64) -> anyhow::Result<Vec<String>> {
        let name = format!("{name}{}", if self.is_generator_bound { ", generator-bound" } else { "" });
        let mut lines = vec![line(&name, &format!("{of}/s"), &self.wall)?];
        if arena.is_own() {
            lines.push(line(&name, &format!("{of} per CPU-second"), &self.cpu)?);
        }
        if self.beside_original.is_empty() {
            let mut times: Vec<f64> = self.wall.iter().map(|(subject, _)| subject / original).collect();
            lines.push(format!(
                "{name}: {} times the {original:.0} {of}/s of the original",
                spread(&mut times)?
            ));
        } else {
            let name = format!("{name}, beside the original");
            lines.push(line(&name, &format!("{of}/s"), &self.beside_original)?);
        }
        Ok(lines)
    }
}

/// One caller's way to a face.
enum Wire {
    Requests(Connection),
    Socket(Box<Socket>),
}

impl Wire {
    async fn open(stage: &Stage, place: &Place) -> anyhow::Result<Self> {
        Ok(match stage.face.socket(&stage.target, &stage.callers, place).await? {
            Some(socket) => Self::Socket(Box::new(socket)),
            None => Self::Requests(Connection::open(&stage.target).await?),
        })
    }

    /// Sends, and waits until it is acknowledged; on a socket, until it comes back. False if an original failed.
    async fn send(
        &mut self,
        stage: &Stage,
        place: &Place,
        sender: usize,
        text: &str,
    ) -> anyhow::Result<bool> {
        let Stage { face, target, callers, .. } = stage;
        match self {
            Self::Requests(connection) => {
                let request = face.send(target, callers, place, sender, text)?;
                let answer = connection.exchange(&request).await?;
                if stage.has_failed(answer.status) {
                    return Ok(false);
                }
                ensure!(answer.status == 201, "{}", String::from_utf8_lossy(answer.body));
            }
            Self::Socket(socket) => {
                let frame = face::frame(callers, place, text)?;
                socket.say_text(frame).await.map_err(|ended| anyhow!("{ended}"))?;
                let heard = socket.hear_text().await.map_err(|ended| anyhow!("{ended}"))?;
                let line = text.lines().next().unwrap_or_default();
                ensure!(heard.contains(line), "not what was sent: {heard}");
            }
        }
        Ok(true)
    }
}

fn text(arena: &Arena, sender: usize, number: usize) -> String {
    let (run, at) = (arena.run.clone(), arena.began.elapsed());
    padded(&Stamp { run, room: 0, sender, number: number as u64, at }, TEXT_BYTES)
}

async fn send_slot(arena: &Arena, by: By<'_>, base: usize, time: Duration) -> anyhow::Result<Score> {
    let mut wires = Vec::new();
    for caller in 0..CALLERS {
        wires.push(match by {
            By::Face(stage) => Wire::open(stage, of(&stage.sent_to, caller)?).await?,
            By::GraphQl(..) => Wire::Requests(Connection::open(&arena.target).await?),
        });
    }
    let begun = Instant::now();
    arena
        .score(Side::Tertulia, async {
            let callers = wires.into_iter().enumerate().map(async |(caller, mut wire)| {
                let token = arena.person(caller)?.token().await;
                let (mut number, mut sent) = (0, 0);
                while begun.elapsed() < time {
                    let text = text(arena, caller, base + number);
                    // A socket is in one room; requests go round.
                    let next = caller + number * CALLERS;
                    let acknowledged = match (by, &mut wire) {
                        (By::Face(stage), Wire::Socket(_)) => {
                            wire.send(stage, of(&stage.sent_to, caller)?, caller, &text).await?
                        }
                        (By::Face(stage), Wire::Requests(_)) => {
                            wire.send(stage, of(&stage.sent_to, next)?, caller, &text).await?
                        }
                        (By::GraphQl(face, rooms), Wire::Requests(connection)) => {
                            let room = &of(rooms, next)?.id;
                            let request = face.send_alike(&arena.target, &token, room, &text);
                            let answer = connection.exchange(&request).await?;
                            ensure!(answer.status == 200, "{}", String::from_utf8_lossy(answer.body));
                            true
                        }
                        (By::GraphQl(..), Wire::Socket(_)) => false,
                    };
                    number += 1;
                    sent += usize::from(acknowledged);
                }
                anyhow::Ok(sent)
            });
            Ok(try_join_all(callers).await?.iter().sum())
        })
        .await
}

async fn page_slot(arena: &Arena, by: By<'_>, time: Duration) -> anyhow::Result<Score> {
    let mut connections = Vec::new();
    for _ in 0..CALLERS {
        let target = if let By::Face(stage) = by { &stage.target } else { &arena.target };
        connections.push(Connection::open(target).await?);
    }
    let begun = Instant::now();
    arena
        .score(Side::Tertulia, async {
            let callers = connections.into_iter().enumerate().map(async |(caller, mut connection)| {
                let token = arena.person(caller)?.token().await;
                let mut read = 0;
                while begun.elapsed() < time {
                    let request = match by {
                        By::Face(stage) => {
                            let place = of(&stage.read_from, caller + read)?;
                            stage.face.page(&stage.target, &stage.callers, place, caller, false)?
                        }
                        By::GraphQl(_, rooms) => {
                            page_alike(&arena.target, &token, &of(rooms, caller + read)?.id)
                        }
                    };
                    let answer = connection.exchange(&request).await?;
                    ensure!(answer.status == 200, "{}", String::from_utf8_lossy(answer.body));
                    // Whoever counts all of them measures that.
                    let marks = if read == 0 { marks(arena, answer.body) } else { PAGE_MESSAGES };
                    ensure!(marks == PAGE_MESSAGES, "a page of {marks} messages");
                    read += 1;
                }
                anyhow::Ok(read)
            });
            Ok(try_join_all(callers).await?.iter().sum())
        })
        .await
}

/// All that was acknowledged has to be in the rooms, once.
async fn ensure_kept(arena: &Arena, stage: &Stage, acknowledged: usize) -> anyhow::Result<()> {
    let mut connection = Connection::open(&arena.target).await?;
    let mut stored = 0;
    for place in &stage.sent_to {
        let request = stage.face.page(&stage.target, &stage.callers, place, 0, true)?;
        let answer = connection.exchange(&request).await?;
        ensure!(answer.status == 200, "{}", String::from_utf8_lossy(answer.body));
        stored += marks(arena, answer.body);
    }
    ensure!(stored == acknowledged, "{acknowledged} sends were acknowledged, and {stored} are stored");
    Ok(())
}

/// How many messages of the run a body has.
fn marks(arena: &Arena, body: &[u8]) -> usize {
    String::from_utf8_lossy(body).matches(&format!("run={} ", arena.run)).count()
}

/// One of them, over and over.
fn of<T>(items: &[T], number: usize) -> anyhow::Result<&T> {
    items.get(number % items.len().max(1)).context("there is no room")
}
