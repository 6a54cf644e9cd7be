//! Clients that send, read, drop, resume, stall and crash, and a proof that every reader was told every
//! message once and in order.
//!
//! `ledger` judges; `sender` and `reader` act; `audit` compares what is stored in the end. A fault of
//! delivery ends the run at once.

mod audit;
mod ledger;
mod proof;
mod reader;
mod sender;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::dice::Dice;
use crate::load::person::{Person, Trouble, text_at};
use crate::load::target::Target;
pub use ledger::Fault;
use ledger::{Follower, Ledger};
pub use proof::{Proof, RoomProof};
use reader::Reader;
use sender::Sender;

/// Accounts that all senders and readers share. A server lets few sign up from one address.
const PEOPLE_MAX: usize = 8;
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

const CREATE_ROOM: &str = "mutation($i: CreateRoomInput!) { createRoom(input: $i) {
    room { id headCursor } errors { code message } } }";

/// What to do to which server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The nodes of one installation, at least one. Clients pick among them.
    pub targets: Vec<Target>,
    pub rooms: usize,
    pub readers: usize,
    pub senders: usize,
    /// Messages of one sender in a second, about.
    pub rate: usize,
    /// How long a server may be away, and a reader without what it waits for.
    pub patience: Duration,
    /// Decides what clients do. What happens in between depends on the machine as well.
    pub seed: u64,
    /// A word that no other run has: it is in all names and texts.
    pub run: String,
}

/// A fault of delivery, and where it was seen.
#[derive(Debug, Clone)]
pub struct Violation {
    pub room: usize,
    pub room_id: String,
    /// Who saw it; `None` for a sender, or the comparison at the end.
    pub reader: Option<usize>,
    /// Where the reader had resumed from, and where it was.
    pub cursors: Option<(String, String)>,
    pub fault: Fault,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "room {} ({})", self.room, self.room_id)?;
        if let Some(reader) = self.reader {
            write!(f, ", reader {reader}")?;
        }
        write!(f, ": {}", self.fault)?;
        if let Some((resumed, reached)) = &self.cursors {
            write!(f, " (resumed after {resumed}, reached {reached})")?;
        }
        Ok(())
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("VIOLATION in {0}")]
    Violation(Box<Violation>),
    #[error("no verdict, {0}")]
    Trouble(#[from] Trouble),
    #[error("no verdict, a client failed: {0}")]
    Broken(String),
}

/// What clients may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// Senders bring to an end what they have begun.
    Finishing,
    /// All is sent; readers read on until they have it.
    Draining,
}

#[derive(Debug, Default)]
struct Counters {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    repeated: AtomicU64,
    deliveries: AtomicU64,
    drops: AtomicU64,
    crashes: AtomicU64,
    stalls: AtomicU64,
    resumes: AtomicU64,
    outages: AtomicU64,
}

impl Counters {
    fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Room {
    id: String,
    /// The cursor before its first message.
    head: String,
    ledger: Mutex<Ledger>,
}

impl Room {
    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all clients of a run share.
#[derive(Debug)]
struct Run {
    name: String,
    targets: Vec<Target>,
    rooms: Vec<Room>,
    people: Vec<Person>,
    patience: Duration,
    began: Instant,
    counters: Counters,
    phase: watch::Sender<Phase>,
}

impl Run {
    fn target(&self, dice: &mut Dice) -> Result<&Target, Failure> {
        dice.pick(&self.targets).ok_or_else(|| Failure::Broken("there is no server".into()))
    }

    fn person(&self, number: usize) -> Result<&Person, Failure> {
        let person = self.people.get(number % self.people.len().max(1));
        person.ok_or_else(|| Failure::Broken("there is nobody".into()))
    }

    fn room(&self, number: usize) -> Result<&Room, Failure> {
        self.rooms.get(number).ok_or_else(|| Failure::Broken("there is no room".into()))
    }

    fn violation(&self, room: usize, fault: Fault) -> Violation {
        let room_id = self.rooms.get(room).map(|room| room.id.clone()).unwrap_or_default();
        Violation { room, room_id, reader: None, cursors: None, fault }
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::Violation(Box::new(violation))
    }
}

/// How a client ended.
enum Done {
    Sender,
    Reader(Vec<(usize, Follower)>),
}

/// Does it. Messages are sent until `until` is over; then readers have the patience to see all. `tell`
/// gets a line about once in a second.
pub async fn run(
    options: &Options,
    until: impl Future<Output = ()>,
    mut tell: impl FnMut(&str),
) -> Result<Proof, Failure> {
    let run = Arc::new(prepare(options).await?);
    let mut clients: JoinSet<Result<Done, Failure>> = JoinSet::new();
    for number in 0..options.senders {
        let dice = Dice::of(options.seed, 2 * number);
        let sender = Sender::new(Arc::clone(&run), number, dice, options.rate);
        clients.spawn(async move { sender.run().await.map(|()| Done::Sender) });
    }
    for number in 0..options.readers {
        let reader = Reader::new(Arc::clone(&run), number, Dice::of(options.seed, 2 * number + 1));
        clients.spawn(async move { reader?.run().await.map(Done::Reader) });
    }
    let mut senders = options.senders;
    let mut read = Vec::new();
    tokio::pin!(until);
    let mut tick = interval(PROGRESS_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            joined = clients.join_next() => match joined {
                None => break,
                Some(Err(error)) => return Err(Failure::Broken(error.to_string())),
                Some(Ok(done)) => match done? {
                    Done::Sender => {
                        senders -= 1;
                        if senders == 0 {
                            run.phase.send_replace(Phase::Draining);
                        }
                    }
                    Done::Reader(followers) => read.push(followers),
                },
            },
            _ = tick.tick() => tell(&proof::progress(&run)),
            () = &mut until, if *run.phase.borrow() == Phase::Running => {
                let next = if senders == 0 { Phase::Draining } else { Phase::Finishing };
                run.phase.send_replace(next);
            }
        }
    }
    let rooms = audit::compare(&run, &read).await?;
    Ok(Proof::of(&run, rooms, read.len()))
}

async fn prepare(options: &Options) -> Result<Run, Failure> {
    let mut dice = Dice::of(options.seed, usize::MAX);
    let target = dice.pick(&options.targets).ok_or_else(|| Failure::Broken("there is no server".into()))?;
    let mut people = Vec::new();
    for number in 0..options.senders.clamp(1, PEOPLE_MAX) {
        let name = format!("torture-{}-{number}", options.run);
        people.push(Person::sign_up(target, name, options.patience).await?);
    }
    let members: Vec<&str> = people.iter().skip(1).map(|person| person.id.as_str()).collect();
    let mut rooms = Vec::new();
    for number in 0..options.rooms.max(1) {
        let name = format!("Torture {} {number}", options.run);
        let input = json!({ "i": { "name": name, "memberIds": members } });
        let owner = people.first().ok_or_else(|| Failure::Broken("there is nobody".into()))?;
        let made = owner.insist(target, ("createRoom", CREATE_ROOM), input, options.patience).await?;
        rooms.push(Room {
            id: text_at(&made, "/room/id")?,
            head: text_at(&made, "/room/headCursor")?,
            ledger: Mutex::new(Ledger::new(&options.run, number)),
        });
    }
    Ok(Run {
        name: options.run.clone(),
        targets: options.targets.clone(),
        rooms,
        people,
        patience: options.patience,
        began: Instant::now(),
        counters: Counters::default(),
        phase: watch::channel(Phase::Running).0,
    })
}
