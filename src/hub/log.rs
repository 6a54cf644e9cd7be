//! One room's newest events in memory: a bounded ring without holes, and readers that hold a place in it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{MutexGuard, OnceCell, watch};
use tokio::time::Instant;

use crate::domain::events::{LogPlace, RoomChange, RoomEvent};
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::users::User;
use crate::hub::{Attached, Bounds, lock};

/// What one event costs beside its text, roughly: the entry and one rendering.
const ENTRY_BYTES: usize = 1024;
/// People whose leaving is remembered for readers that lag; they would find it in the log anyway.
const GONE_MAX: usize = 1024;

/// Who is shown an event the same way: a hash of document, operation, variables and audience.
pub type RenderKey = u128;

/// One event, and what has been made of it for those who asked the same.
#[derive(Debug)]
pub struct Entry {
    pub event: RoomEvent,
    person: OnceLock<Option<Arc<User>>>,
    renders: Mutex<Vec<(RenderKey, Arc<OnceCell<Bytes>>)>>,
    arrived: Instant,
}

/// Renderings kept for one event; whoever asks yet another way makes their own.
const RENDERS_MAX: usize = 64;

impl Entry {
    pub fn new(event: RoomEvent) -> Arc<Self> {
        Self::build(event, OnceLock::new())
    }

    /// With the person it shows, as read along.
    pub fn with_person(event: RoomEvent, person: Option<User>) -> Arc<Self> {
        Self::build(event, OnceLock::from(person.map(Arc::new)))
    }

    fn build(event: RoomEvent, person: OnceLock<Option<Arc<User>>>) -> Arc<Self> {
        Arc::new(Self { event, person, renders: Mutex::default(), arrived: Instant::now() })
    }

    /// The person it shows, if that has been looked up.
    pub fn person(&self) -> Option<Option<Arc<User>>> {
        self.person.get().cloned()
    }

    pub fn learn_person(&self, person: Option<Arc<User>>) {
        // Whoever was first has read the same row.
        let _ = self.person.set(person);
    }

    /// The place for what this event looks like to those of one key; `None` when there are too many kinds.
    pub fn render(&self, key: RenderKey) -> Option<Arc<OnceCell<Bytes>>> {
        let mut renders = lock(&self.renders);
        if let Some((_, cell)) = renders.iter().find(|(known, _)| *known == key) {
            return Some(Arc::clone(cell));
        }
        if renders.len() >= RENDERS_MAX {
            return None;
        }
        let cell = Arc::default();
        renders.push((key, Arc::clone(&cell)));
        Some(cell)
    }

    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.event.message().map_or(0, |message| 3 * message.text.len())
    }
}

#[derive(Debug)]
pub(super) struct RoomLog {
    room: RoomKey,
    ring: Mutex<Ring>,
    /// The position of the newest event in the ring; wakes readers.
    newest: watch::Sender<i64>,
    /// Held by the one reader that reads what was lost for all.
    backfill: tokio::sync::Mutex<()>,
    bounds: Bounds,
}

/// Entries follow `floor` without a hole: the n-th has the position `floor + 1 + n`.
#[derive(Debug, Default)]
struct Ring {
    anchored: bool,
    floor: LogPlace,
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// The highest position that is known to exist.
    heard: i64,
    /// Events that came before those between them and the ring, or before the ring was anchored.
    early: BTreeMap<i64, RoomEvent>,
    /// Who left, and where.
    gone: Vec<(UserKey, i64)>,
    idle_since: Option<Instant>,
}

/// What a reader finds past its place.
#[derive(Debug)]
pub enum Take {
    Events(Vec<Arc<Entry>>),
    /// Nothing: the reader has everything.
    Level,
    /// What comes next is no longer in memory, or never was.
    Behind(Behind),
    /// The reader's owner has left the room.
    Gone,
}

/// Tells that a ring has grown past where its reader stood.
#[derive(Debug)]
pub struct Wake {
    newest: watch::Receiver<i64>,
    seen: i64,
}

impl Wake {
    pub async fn changed(&mut self) {
        let seen = self.seen;
        if self.newest.wait_for(|newest| *newest > seen).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// How far a reader is behind the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// Where the ring begins.
    pub floor: LogPlace,
}

impl RoomLog {
    pub(super) fn new(room: RoomKey, bounds: Bounds) -> Self {
        Self {
            room,
            ring: Mutex::default(),
            newest: watch::Sender::new(0),
            backfill: tokio::sync::Mutex::default(),
            bounds,
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    /// Adds an event that was committed; tells whether events before it are missing.
    pub(super) fn push(&self, event: RoomEvent) -> bool {
        self.change(|ring| {
            ring.heard = ring.heard.max(event.position);
            if event.position > ring.head().position && ring.early.len() < self.bounds.ring_events_max {
                ring.early.insert(event.position, event);
            }
            ring.take_early();
        })
    }

    /// Says where the log ends by the database; tells whether events up to there are missing.
    pub(super) fn learn_head(&self, position: i64) -> bool {
        self.change(|ring| ring.heard = ring.heard.max(position))
    }

    /// Changes the ring, keeps it in its bounds, and wakes readers when it has grown.
    fn change(&self, change: impl FnOnce(&mut Ring)) -> bool {
        let mut ring = lock(&self.ring);
        let before = ring.head().position;
        change(&mut ring);
        while ring.entries.len() > self.bounds.ring_events_max || ring.bytes > self.bounds.ring_bytes_max {
            if !ring.drop_oldest() {
                break;
            }
        }
        let (head, hole) = (ring.head().position, ring.has_hole());
        drop(ring);
        if head != before {
            self.newest.send_replace(head);
        }
        hole
    }

    pub(super) fn has_hole(&self) -> bool {
        lock(&self.ring).has_hole()
    }

    pub(super) fn drop_older(&self, now: Instant, age: Duration) {
        let mut ring = lock(&self.ring);
        while ring.entries.front().is_some_and(|entry| now.duration_since(entry.arrived) >= age) {
            ring.drop_oldest();
        }
        if ring.entries.is_empty() {
            ring.entries.shrink_to_fit();
            ring.gone = Vec::new();
        }
    }

    /// Since when nobody reads here, as far as it was asked before.
    pub(super) fn idle_since(&self, now: Instant) -> Option<Instant> {
        let mut ring = lock(&self.ring);
        if self.readers() > 0 {
            ring.idle_since = None;
            return None;
        }
        Some(*ring.idle_since.get_or_insert(now))
    }

    pub(super) fn readers(&self) -> usize {
        self.newest.receiver_count()
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.ring).entries.len()
    }
}

impl Ring {
    fn head(&self) -> LogPlace {
        self.entries.back().map_or(self.floor, |entry| entry.event.place())
    }

    fn has_hole(&self) -> bool {
        self.anchored && self.heard > self.head().position
    }

    fn append(&mut self, entry: Arc<Entry>) {
        if let Some(RoomChange::MemberGone { user }) = entry.event.change() {
            self.gone.retain(|(known, _)| *known != user);
            if self.gone.len() < GONE_MAX {
                self.gone.push((user, entry.event.position));
            }
        }
        self.heard = self.heard.max(entry.event.position);
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    /// Moves early events that now follow into the ring.
    fn take_early(&mut self) {
        while self.anchored
            && let Some(first) = self.early.first_entry()
        {
            let next = self.entries.back().map_or(self.floor, |entry| entry.event.place()).position + 1;
            match first.key().cmp(&next) {
                std::cmp::Ordering::Less => drop(first.remove()),
                std::cmp::Ordering::Equal => {
                    let entry = Entry::new(first.remove());
                    self.append(entry);
                }
                std::cmp::Ordering::Greater => return,
            }
        }
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.entries.pop_front() else { return false };
        self.bytes = self.bytes.saturating_sub(oldest.bytes());
        self.floor = oldest.event.place();
        true
    }

    /// Begins anew behind a place, because what lies between is gone or too much.
    fn restart(&mut self, floor: LogPlace) {
        self.entries.clear();
        self.bytes = 0;
        self.floor = floor;
        self.heard = self.heard.max(floor.position);
    }
}

impl Attached {
    pub fn room(&self) -> RoomKey {
        self.log.room
    }

    /// Whether nobody has said yet where the log ends.
    pub fn needs_anchor(&self) -> bool {
        !lock(&self.log.ring).anchored
    }

    /// Says where the log ended at a moment after this was attached, which is where the ring begins.
    pub fn anchor(&self, head: LogPlace) {
        self.log.change(|ring| {
            if !ring.anchored {
                ring.anchored = true;
                ring.restart(head);
                ring.take_early();
            }
        });
    }

    /// Where the ring ends.
    pub fn head(&self) -> LogPlace {
        lock(&self.log.ring).head()
    }

    /// Adds what was read from the database after [`Attached::head`]. Where positions are missing there,
    /// they are gone for good, and the ring begins anew behind them.
    pub fn fill(&self, events: impl IntoIterator<Item = Arc<Entry>>, head: LogPlace) {
        self.log.change(|ring| {
            for entry in events {
                let place = entry.event.place();
                let next = ring.head().position + 1;
                if place.position > next {
                    ring.restart(LogPlace { position: place.position - 1, seq: place.seq });
                }
                if place.position >= next {
                    ring.append(entry);
                }
            }
            if head.position > ring.head().position {
                ring.restart(head);
            }
            ring.take_early();
        });
    }

    /// Whether events are missing that are known to exist.
    pub fn has_hole(&self) -> bool {
        self.log.has_hole()
    }

    /// Gives up what lies between the ring and `head`: readers page it from the database.
    pub fn skip_to(&self, head: LogPlace) {
        self.log.change(|ring| {
            if head.position > ring.head().position {
                ring.restart(head);
                ring.take_early();
            }
        });
    }

    /// Held while one reader reads what many have missed.
    pub async fn backfill(&self) -> MutexGuard<'_, ()> {
        self.log.backfill.lock().await
    }

    pub fn reader(self, at: LogPlace) -> Reader {
        Reader { log: self.log, wake: self.wake, at }
    }
}

/// One reader's place in a room's log. It costs no more when it is slow.
#[derive(Debug)]
pub struct Reader {
    log: Arc<RoomLog>,
    wake: watch::Receiver<i64>,
    at: LogPlace,
}

impl Reader {
    pub fn room(&self) -> RoomKey {
        self.log.room
    }

    pub fn at(&self) -> LogPlace {
        self.at
    }

    /// Goes on behind a place, after what lies before it was read elsewhere.
    pub fn move_to(&mut self, place: LogPlace) {
        self.at = place;
    }

    /// Takes up to `max` events. `owner` gets nothing more once they have left the room after `since`.
    pub fn take(&mut self, max: usize, owner: UserKey, since: i64) -> Take {
        let ring = lock(&self.log.ring);
        if ring.gone.iter().any(|(user, position)| *user == owner && *position > since) {
            return Take::Gone;
        }
        let at = self.at.position;
        if at >= ring.head().position {
            return Take::Level;
        }
        let Ok(start) = usize::try_from(at - ring.floor.position) else {
            return Take::Behind(Behind { floor: ring.floor });
        };
        let events: Vec<Arc<Entry>> = ring.entries.iter().skip(start).take(max).cloned().collect();
        drop(ring);
        if let Some(last) = events.last() {
            self.at = last.event.place();
        }
        Take::Events(events)
    }

    /// Waits until the ring has grown since this was called last.
    pub async fn changed(&mut self) {
        if self.wake.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Something to wait on apart from the reader.
    pub fn wake(&self) -> Wake {
        Wake { newest: self.wake.clone(), seen: self.at.position }
    }

    /// Whether so few events are missing before the ring that they are worth keeping for others.
    pub fn is_near(&self, behind: Behind) -> bool {
        let missing = behind.floor.position - self.at.position;
        usize::try_from(missing).is_ok_and(|missing| missing <= self.log.bounds.ring_events_max / 2)
    }

    /// Puts events that lead up to the ring without a hole before it, as far as they fit.
    pub fn prepend(&self, events: &[Arc<Entry>], before: LogPlace) {
        self.log.change(|ring| {
            let follows = events.last().is_some_and(|last| last.event.position == ring.floor.position);
            let whole = events.first().is_some_and(|first| first.event.position == before.position + 1)
                && i64::try_from(events.len()).is_ok_and(|n| before.position + n == ring.floor.position);
            let fits = ring.entries.len() + events.len() <= self.log.bounds.ring_events_max;
            if follows && whole && fits && ring.anchored {
                for entry in events.iter().rev() {
                    ring.bytes += entry.bytes();
                    ring.entries.push_front(Arc::clone(entry));
                }
                ring.floor = before;
            }
        });
    }
}
