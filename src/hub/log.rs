//! One room's newest events in memory: a bounded ring without holes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::events::{LogPlace, RoomChange, RoomEvent};
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::users::User;
use crate::hub::renders::Renders;
use crate::hub::{Bounds, lock};

/// What one event costs beside its text, roughly: the entry and one rendering.
const ENTRY_BYTES: usize = 1024;
/// People whose leaving is remembered, so that those who lag stop at once. Who is forgotten stops where
/// the log says that they left.
const GONE_MAX: usize = 1024;

/// One event, and what has been made of it for those who asked the same.
#[derive(Debug)]
pub struct Entry {
    pub event: RoomEvent,
    person: OnceLock<Option<Arc<User>>>,
    renders: Renders,
    rendered_bytes: AtomicUsize,
    arrived: Instant,
}

/// The size of all renderings of an event together, beside eight times the text. Aliases can make any
/// number of bytes of one text.
const RENDERS_BYTES_MAX: usize = 8192;

impl Entry {
    pub fn new(event: RoomEvent) -> Arc<Self> {
        Self::build(event, OnceLock::new())
    }

    /// With the person it shows, as read along.
    pub fn with_person(event: RoomEvent, person: Option<User>) -> Arc<Self> {
        Self::build(event, OnceLock::from(person.map(Arc::new)))
    }

    fn build(event: RoomEvent, person: OnceLock<Option<Arc<User>>>) -> Arc<Self> {
        Self::again(event, person, Instant::now())
    }

    fn again(event: RoomEvent, person: OnceLock<Option<Arc<User>>>, arrived: Instant) -> Arc<Self> {
        Arc::new(Self {
            event,
            person,
            renders: Renders::default(),
            rendered_bytes: AtomicUsize::new(0),
            arrived,
        })
    }

    /// The person it shows, if that has been looked up.
    pub fn person(&self) -> Option<Option<Arc<User>>> {
        self.person.get().cloned()
    }

    pub fn learn_person(&self, person: Option<Arc<User>>) {
        // Whoever was first has read the same row.
        let _ = self.person.set(person);
    }

    pub fn renders(&self) -> &Renders {
        &self.renders
    }

    /// Takes a rendering of this size into account; `false` when there is no room to keep it.
    pub fn keeps(&self, bytes: usize) -> bool {
        let most = RENDERS_BYTES_MAX + 8 * self.text_bytes();
        let with = |held: usize| held.checked_add(bytes).filter(|held| *held <= most);
        self.rendered_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with).is_ok()
    }

    fn text_bytes(&self) -> usize {
        self.event.carried().map_or(0, |message| message.text.len())
    }

    /// The same with a newer copy of its message, and nothing made of the older one; `None` when it shows
    /// another message, or has that copy.
    fn renewed(&self, newer: &Message) -> Option<Arc<Self>> {
        let older = |own: &Message| own.key == newer.key && own.revision < newer.revision;
        self.event.carried().is_some_and(older).then(|| {
            let mut event = self.event.clone();
            event.renew(newer);
            Self::again(event, self.person.clone(), self.arrived)
        })
    }

    /// The same without what was known of a person whose account is gone; `None` when it shows another.
    fn unnamed(&self, gone: UserKey) -> Option<Arc<Self>> {
        let shows = self.event.person() == Some(gone);
        shows.then(|| Self::again(self.event.clone(), OnceLock::from(None), self.arrived))
    }

    /// Forgets what was made of it, which may show another message of the room as it was.
    fn forget_renders(&self) {
        self.renders.forget();
        self.rendered_bytes.store(0, Ordering::Relaxed);
    }

    /// Whether it says that someone left, who had been let in knowing the log up to `since`.
    pub(super) fn ends(&self, owner: UserKey, since: i64) -> bool {
        self.event.position > since && self.event.change() == Some(RoomChange::MemberGone { user: owner })
    }

    pub(super) fn bytes(&self) -> usize {
        ENTRY_BYTES + 3 * self.text_bytes()
    }
}

#[derive(Debug)]
pub(super) struct RoomLog {
    pub(super) room: RoomKey,
    ring: Mutex<Ring>,
    /// The position of the newest event in the ring; wakes readers.
    newest: watch::Sender<i64>,
    /// Held by the one reader that reads what was lost for all.
    pub(super) backfill: tokio::sync::Mutex<()>,
    pub(super) bounds: Bounds,
}

/// Entries follow `floor` without a hole: the n-th has the position `floor + 1 + n`.
#[derive(Debug, Default)]
pub(super) struct Ring {
    pub(super) anchored: bool,
    pub(super) floor: LogPlace,
    pub(super) entries: VecDeque<Arc<Entry>>,
    pub(super) bytes: usize,
    /// The highest position that is known to exist.
    heard: i64,
    /// Events that came before those between them and the ring, or before the ring was anchored.
    early: BTreeMap<i64, RoomEvent>,
    /// Who left, and where.
    pub(super) gone: Vec<(UserKey, i64)>,
    idle_since: Option<Instant>,
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
            if let Some(newer) = event.amended() {
                ring.amend(newer);
            }
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

    /// Shows nothing more of a person whose account is gone.
    pub(super) fn unname(&self, gone: UserKey) {
        self.change(|ring| ring.replace(|entry| entry.unnamed(gone)));
    }

    /// Changes the ring, keeps it in its bounds, and wakes readers when it has grown.
    pub(super) fn change(&self, change: impl FnOnce(&mut Ring)) -> bool {
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
            // Two who change the ring may come here the other way round.
            self.newest.send_if_modified(|newest| {
                let grown = head > *newest;
                *newest = head.max(*newest);
                grown
            });
        }
        hole
    }

    pub(super) fn ring(&self) -> MutexGuard<'_, Ring> {
        lock(&self.ring)
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
    pub(super) fn head(&self) -> LogPlace {
        self.entries.back().map_or(self.floor, |entry| entry.event.place())
    }

    fn has_hole(&self) -> bool {
        self.anchored && self.heard > self.head().position
    }

    /// Has everything in memory show a message as it is now, so that whoever is behind is not shown what it
    /// said before.
    fn amend(&mut self, newer: &Message) {
        self.replace(|entry| entry.renewed(newer));
        for event in self.early.values_mut() {
            event.renew(newer);
        }
    }

    /// Puts others in the place of some entries. Where there is one, what was made of the rest is
    /// forgotten: it may have been looked up of the same message or person.
    fn replace(&mut self, other: impl Fn(&Entry) -> Option<Arc<Entry>>) {
        let mut bytes = 0;
        for entry in &mut self.entries {
            match other(entry) {
                Some(other) => *entry = other,
                None => entry.forget_renders(),
            }
            bytes += entry.bytes();
        }
        self.bytes = bytes;
    }

    /// An entry with the newest copy of its message that is known here.
    pub(super) fn newest(&self, entry: Arc<Entry>) -> Arc<Entry> {
        let Some(own) = entry.event.carried() else { return entry };
        let later = self.entries.iter().map(|entry| &entry.event).chain(self.early.values());
        let copies = later.filter_map(RoomEvent::amended).filter(|copy| copy.key == own.key);
        match copies.max_by_key(|copy| copy.revision).and_then(|newer| entry.renewed(newer)) {
            Some(newer) => newer,
            None => entry,
        }
    }

    pub(super) fn append(&mut self, entry: Arc<Entry>) {
        // What is read may be older than what was heard meanwhile, and the other way round.
        if let Some(newer) = entry.event.amended() {
            self.amend(newer);
        }
        let entry = if self.early.is_empty() { entry } else { self.newest(entry) };
        if let Some(RoomChange::MemberGone { user }) = entry.event.change() {
            self.gone.retain(|(known, _)| *known != user);
            if self.gone.len() >= GONE_MAX {
                self.gone.remove(0);
            }
            self.gone.push((user, entry.event.position));
        }
        self.heard = self.heard.max(entry.event.position);
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    /// Moves early events that now follow into the ring.
    pub(super) fn take_early(&mut self) {
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
    pub(super) fn restart(&mut self, floor: LogPlace) {
        self.entries.clear();
        self.bytes = 0;
        self.floor = floor;
        self.heard = self.heard.max(floor.position);
    }
}

#[cfg(test)]
mod tests;
