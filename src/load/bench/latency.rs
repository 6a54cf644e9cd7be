//! W3: the time from the moment a message is meant to be sent to its delivery, in an open loop, beside a
//! write to the disk and one to a socket.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::load::bench::arena::{Arena, Room, Side};
use crate::load::bench::crowd::{Crowd, probe_text};
use crate::load::bench::line;
use crate::load::bench::sends::padded;
use crate::load::http::{Connection, post};
use crate::load::socket::Socket;
use crate::load::stamp::Stamp;
use crate::load::target::Buffer;

const ROOMS: usize = 50;
const READERS_EACH: usize = 20;
const TEXT_BYTES: usize = 200;
const SENDS_PER_SECOND: usize = 500;
const PAGES_PER_SECOND: usize = 100;
const LOGINS_PER_SECOND: usize = 2;
/// Requests of one kind that may be under way; more would be more than the server can do.
const UNDER_WAY_MAX: usize = 256;
const WARM_UP: Duration = Duration::from_millis(500);

/// A page with what a list of messages shows.
pub(super) const PAGE: &str = "query($room: ID!) { messages(roomId: $room, last: 50) {
    edges { cursor node { id seq text createdAt sender { id username displayName } } } } }";
const LOG_IN: &str = "mutation($i: LoginInput!) { login(input: $i) {
    tokens { accessToken } errors { code message } } }";

pub(super) async fn measure(arena: &mut Arena) -> anyhow::Result<Vec<String>> {
    let readers = READERS_EACH.min(arena.sockets / ROOMS / 2).max(1);
    let rooms = arena.rooms(ROOMS).await?;
    let crowd = Crowd::gather(arena, Side::Tertulia, &rooms, readers, true).await?;
    let witnesses = Crowd::gather(arena, Side::Probe, &rooms, 1, true).await?;
    let mut publishers = Vec::new();
    for _ in &rooms {
        let socket = Socket::upgrade(&arena.fan, "/", Buffer::Usual).await;
        publishers.push(socket.map_err(|ended| anyhow!("{ended}"))?);
    }
    let mut sent = Counted::default();
    let (mut middle, mut late) = (Vec::new(), Vec::new());
    for round in 0..=arena.rounds {
        let time = if round == 0 { WARM_UP.min(arena.slot) } else { arena.slot };
        server_slot(arena, &rooms, &mut sent.server, time).await?;
        crowd.have(sent.server * readers).await?;
        probe_slot(arena, &rooms, &mut publishers, &mut sent.probe, time).await?;
        witnesses.have(sent.probe).await?;
        let (mut subject, mut limit) = (crowd.take_latencies(), witnesses.take_latencies());
        if round > 0 {
            middle.push((percentile(&mut subject, 50)?, Some(percentile(&mut limit, 50)?)));
            late.push((percentile(&mut subject, 99)?, Some(percentile(&mut limit, 99)?)));
        }
    }
    let name = format!(
        "W3 send to delivery, {SENDS_PER_SECOND}/s to {ROOMS} rooms of {readers}, {PAGES_PER_SECOND} pages/s and \
         {LOGINS_PER_SECOND} logins/s"
    );
    Ok(vec![
        line(&format!("{name}, p50"), "ms", &middle)?,
        line(&format!("{name}, p99"), "ms", &late)?,
        format!("W3 {} deliveries, each once and in order.", sent.server * readers),
    ])
}

#[derive(Default)]
struct Counted {
    server: usize,
    probe: usize,
}

/// The moments of an open loop.
struct Ticks {
    begun: Instant,
    every: Duration,
    number: u32,
    left: u32,
}

impl Ticks {
    fn new(per_second: usize, time: Duration) -> anyhow::Result<Self> {
        let every = Duration::from_secs(1) / u32::try_from(per_second)?;
        let left = u32::try_from(time.as_nanos().div_ceil(every.as_nanos().max(1)))?;
        Ok(Self { begun: Instant::now(), every, number: 0, left })
    }

    /// Waits for the next moment, which may be over; `None` at the end.
    async fn next(&mut self) -> Option<Instant> {
        if self.number == self.left {
            return None;
        }
        let due = self.begun + self.every * self.number;
        self.number += 1;
        sleep_until(due).await;
        Some(due)
    }
}

fn text(arena: &Arena, room: &Room, number: usize, due: Instant) -> String {
    let at = due.into_std().saturating_duration_since(arena.began);
    let stamp = Stamp { run: arena.run.clone(), room: room.number, sender: 0, number: number as u64, at };
    padded(&stamp, TEXT_BYTES)
}

async fn server_slot(arena: &Arena, rooms: &[Room], sent: &mut usize, time: Duration) -> anyhow::Result<()> {
    let person = arena.owner()?;
    let token = person.token().await;
    let sends = async {
        let mut gate = Gate::new(arena);
        let mut ticks = Ticks::new(SENDS_PER_SECOND, time)?;
        while let Some(due) = ticks.next().await {
            let number = *sent;
            *sent += 1;
            let room = rooms.get(number % rooms.len().max(1)).context("there is no room")?;
            let text = text(arena, room, number / rooms.len().max(1) + 1, due);
            // One lane for each room keeps the order that its sender has.
            gate.put(number % rooms.len().max(1), arena.send_request(&token, room, &text), "\"seq\":")
                .await?;
        }
        gate.end().await
    };
    let pages = async {
        let (mut gate, mut number) = (Gate::new(arena), 0);
        let mut ticks = Ticks::new(PAGES_PER_SECOND, time)?;
        while ticks.next().await.is_some() {
            number += 1;
            let room = rooms.get(number * 7 % rooms.len().max(1)).context("there is no room")?;
            let body = json!({ "query": PAGE, "variables": { "room": room.id } });
            let request = post(&arena.target, "/graphql", Some(&token), &body);
            gate.put(number % 16, request, "\"edges\":").await?;
        }
        gate.end().await
    };
    let logins = async {
        let (mut gate, mut number) = (Gate::new(arena), 0);
        let mut ticks = Ticks::new(LOGINS_PER_SECOND, time)?;
        while ticks.next().await.is_some() {
            number += 1;
            let input = arena.person(number)?.credentials();
            let request = post(
                &arena.target,
                "/graphql",
                None,
                &json!({ "query": LOG_IN, "variables": { "i": input } }),
            );
            gate.put(number, request, "accessToken").await?;
        }
        gate.end().await
    };
    tokio::try_join!(sends, pages, logins)?;
    Ok(())
}

/// A request, and what every good answer to it holds.
type Asked = (Vec<u8>, &'static str);

/// Connections on which requests are sent at their moments, whether or not those before are answered;
/// requests of one lane are answered one after the other.
struct Gate<'a> {
    arena: &'a Arena,
    lanes: Vec<Option<mpsc::Sender<Asked>>>,
    running: JoinSet<anyhow::Result<()>>,
    under_way: Arc<Semaphore>,
}

impl<'a> Gate<'a> {
    fn new(arena: &'a Arena) -> Self {
        let under_way = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        Self { arena, lanes: Vec::new(), running: JoinSet::new(), under_way }
    }

    async fn put(&mut self, lane: usize, request: Vec<u8>, sign: &'static str) -> anyhow::Result<()> {
        if self.lanes.len() <= lane {
            self.lanes.resize(lane + 1, None);
        }
        let Some(place) = self.lanes.get_mut(lane) else { return Ok(()) };
        let sender = match place {
            Some(sender) => sender,
            None => {
                let (sender, mut requests) = mpsc::channel::<Asked>(UNDER_WAY_MAX);
                let mut connection = Connection::open(&self.arena.target).await?;
                let under_way = Arc::clone(&self.under_way);
                self.running.spawn(async move {
                    while let Some((request, sign)) = requests.recv().await {
                        let answer = connection.exchange(&request).await?;
                        let body = String::from_utf8_lossy(answer.body);
                        ensure!(answer.status == 200 && body.contains(sign), "refused: {body}");
                        under_way.add_permits(1);
                    }
                    Ok(())
                });
                place.insert(sender)
            }
        };
        self.under_way.acquire().await?.forget();
        sender.send((request, sign)).await.map_err(|_| anyhow!("a caller has failed"))
    }

    /// Waits for all answers.
    async fn end(mut self) -> anyhow::Result<()> {
        self.lanes.clear();
        while let Some(ended) = self.running.join_next().await {
            ended??;
        }
        Ok(())
    }
}

async fn probe_slot(
    arena: &Arena,
    rooms: &[Room],
    publishers: &mut [Socket],
    sent: &mut usize,
    time: Duration,
) -> anyhow::Result<()> {
    let mut ticks = Ticks::new(SENDS_PER_SECOND, time)?;
    while let Some(due) = ticks.next().await {
        let number = *sent;
        *sent += 1;
        let lane = number % rooms.len().max(1);
        let room = rooms.get(lane).context("there is no room")?;
        let seq = number / rooms.len().max(1) + 1;
        let text = probe_text(seq, &text(arena, room, seq, due).replace('\n', "\\n"));
        let publisher = publishers.get_mut(lane).context("there is no publisher")?;
        let said = publisher.say_text(format!("store {} {text}", room.number)).await;
        said.map_err(|ended| anyhow!("{ended}"))?;
    }
    Ok(())
}

/// In milliseconds.
fn percentile(times: &mut [Duration], percent: usize) -> anyhow::Result<f64> {
    times.sort_unstable();
    let at = times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    Ok(at.context("nothing was delivered")?.as_secs_f64() * 1000.0)
}
