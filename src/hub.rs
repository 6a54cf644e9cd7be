//! Fan-out: the newest events of rooms that someone reads, and the bell between nodes.
//!
//! The hub knows events and no SQL. What it holds is a cache of the log: whatever it misses, a reader
//! finds in the database. So nothing here waits for a reader, and nothing here may be the only copy.

mod activity;
pub mod bus;
mod inboxes;
mod log;
mod presence;
mod reader;
mod redis;
mod renders;
mod sessions;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::domain::events::{News, RoomChange, RoomEvent};
use crate::domain::ids::{RoomKey, SessionKey, UserKey};
use crate::domain::presence::{PresenceWord, TypingAsk, TypingWord};
use crate::hub::bus::{Bus, Topic};
use crate::hub::inboxes::Inboxes;
use crate::hub::log::RoomLog;
use crate::hub::presence::Presence;
use crate::hub::sessions::Sessions;

pub use activity::{Activity, Look, Sight};
pub use inboxes::InboxBell;
pub use log::Entry;
pub use presence::{OnlineBell, PresenceGuard, PresenceOptions};
pub use reader::{Behind, Reader, Take, Wake};
pub use renders::{RenderKey, Renders};
pub use sessions::SessionBell;

/// How much the hub remembers.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Events of one room, and their texts in bytes.
    pub ring_events_max: usize,
    pub ring_bytes_max: usize,
    /// How long an event is kept, and a room that nobody reads any more.
    pub ring_age_max: Duration,
    /// Rooms kept although nobody reads them.
    pub idle_rooms_max: usize,
}

/// What nodes tell each other.
#[derive(Debug, Serialize, Deserialize)]
enum Word {
    News(News),
    Presence(PresenceWord),
    Typing(TypingWord),
    TypingAsk(TypingAsk),
}

/// The rooms that are read on this node, and the connections that wait for news.
#[derive(Debug)]
pub struct Hub {
    rooms: Mutex<HashMap<RoomKey, Arc<RoomLog>>>,
    sessions: Sessions,
    inboxes: Inboxes,
    presence: Presence,
    /// Rooms whose ring lacks events that are known to exist. At most as many as there are rooms.
    holes: Mutex<HashSet<RoomKey>>,
    hole: Notify,
    bus: Bus,
    bounds: Bounds,
}

/// How much the hub holds now; for metrics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holdings {
    pub rooms: usize,
    pub readers: usize,
    pub events: usize,
}

impl Hub {
    pub fn new(bus: Bus, bounds: Bounds, presence: PresenceOptions) -> Self {
        Self {
            rooms: Mutex::default(),
            sessions: Sessions::default(),
            inboxes: Inboxes::default(),
            presence: Presence::new(presence),
            holes: Mutex::default(),
            hole: Notify::new(),
            bus,
            bounds,
        }
    }

    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Takes what this node has committed to its own readers and to other nodes. Does not wait.
    pub fn announce(&self, news: Vec<News>) {
        for news in news {
            self.hear(&news);
            self.bus_publish(news);
        }
    }

    fn bus_publish(&self, news: News) {
        if !self.bus.has_others() {
            return;
        }
        let (topic, member) = match &news {
            News::Room(event) => (Topic::Room(event.room), event.change().and_then(RoomChange::member)),
            News::SessionEnded(_) | News::AccountGone(_) => (Topic::Everyone, None),
        };
        // Nothing in a word can fail to be written.
        let Ok(payload) = serde_json::to_vec(&Word::News(news)) else { return };
        let payload = bytes::Bytes::from(payload);
        if member.is_some() {
            // Whoever joins a room listens to it only afterwards.
            self.bus.publish(Topic::Everyone, payload.clone());
        }
        self.bus.publish(topic, payload);
    }

    /// Takes what another node has told. What is no word of ours is left alone.
    pub fn receive(&self, payload: &[u8]) {
        match serde_json::from_slice(payload) {
            Ok(Word::News(news)) => self.hear(&news),
            Ok(Word::Presence(word)) => self.presence.hear(word),
            Ok(Word::Typing(word)) => self.presence.hear_typing(&word),
            Ok(Word::TypingAsk(ask)) => self.presence.hear_typing_ask(&ask),
            Err(error) => tracing::warn!(%error, "another node told something unreadable"),
        }
    }

    fn hear(&self, news: &News) {
        match news {
            News::Room(event) => {
                let log = self.rooms().get(&event.room).cloned();
                if let Some(log) = log
                    && log.push(event.clone())
                {
                    self.report_hole(event.room);
                }
                self.ring_inbox(event);
                self.presence.see(event);
            }
            News::SessionEnded(session) => self.sessions.end(*session),
            News::AccountGone(user) => {
                let logs: Vec<Arc<RoomLog>> = self.rooms().values().cloned().collect();
                for log in logs {
                    log.unname(*user);
                }
            }
        }
    }

    fn ring_inbox(&self, event: &RoomEvent) {
        if let Some(member) = event.change().and_then(RoomChange::member) {
            self.inboxes.ring(member);
        }
    }

    /// A reader's hold on a room's log, from the moment of the call on. The log may have to be anchored
    /// before it serves: see [`Attached::needs_anchor`].
    pub fn attach(&self, room: RoomKey) -> Attached {
        let mut rooms = self.rooms();
        let log = rooms.entry(room).or_insert_with(|| Arc::new(RoomLog::new(room, self.bounds)));
        Attached { wake: log.subscribe(), log: Arc::clone(log) }
    }

    /// Hears of a room from other nodes, as far as they can be heard.
    pub async fn listen(&self, room: RoomKey) {
        self.bus.listen(Topic::Room(room)).await;
    }

    /// Says where a room's log ends by the database. Tells the healer when the ring ends before it.
    pub fn learn_head(&self, room: RoomKey, position: i64) {
        let log = self.rooms().get(&room).cloned();
        if let Some(log) = log
            && log.learn_head(position)
        {
            self.report_hole(room);
        }
    }

    fn report_hole(&self, room: RoomKey) {
        lock(&self.holes).insert(room);
        self.hole.notify_one();
    }

    /// Waits until rooms lack events, and hands them over with where their rings end.
    pub async fn holes(&self) -> Vec<Attached> {
        loop {
            let rooms: Vec<RoomKey> = lock(&self.holes).drain().collect();
            let rooms: Vec<Attached> = {
                let open = self.rooms();
                let logs = rooms.iter().filter_map(|room| open.get(room));
                logs.map(|log| Attached { wake: log.subscribe(), log: Arc::clone(log) }).collect()
            };
            let rooms: Vec<Attached> = rooms.into_iter().filter(|attached| attached.log.has_hole()).collect();
            if !rooms.is_empty() {
                return rooms;
            }
            self.hole.notified().await;
        }
    }

    /// All rooms with a log here.
    pub fn open_rooms(&self) -> Vec<RoomKey> {
        self.rooms().keys().copied().collect()
    }

    /// Is told when a session ends.
    pub fn watch_session(&self, session: SessionKey) -> SessionBell {
        self.sessions.watch(session)
    }

    /// All sessions that someone is told about.
    pub fn watched_sessions(&self) -> Vec<SessionKey> {
        self.sessions.watched()
    }

    pub fn end_session(&self, session: SessionKey) {
        self.sessions.end(session);
    }

    /// Is told when a person may have come into a room or out of one.
    pub fn watch_inbox(&self, user: UserKey) -> InboxBell {
        self.inboxes.watch(user)
    }

    /// Has everyone look again, because news may have been missed.
    pub fn ring_all_inboxes(&self) {
        self.inboxes.ring_all();
    }

    /// What joins this node to others; `None` where it is alone.
    pub fn bus_name(&self) -> Option<&'static str> {
        self.bus.has_others().then_some("Redis")
    }

    /// Whether other nodes are heard; always true without any.
    pub fn bus_health(&self) -> watch::Receiver<bool> {
        self.bus.health()
    }

    /// Drops old events, and rooms that nobody has read for a while.
    pub fn tidy(&self, now: Instant) {
        let mut rooms = self.rooms();
        let mut idle: Vec<(Instant, RoomKey)> = Vec::new();
        for (room, log) in rooms.iter() {
            log.drop_older(now, self.bounds.ring_age_max);
            if let Some(since) = log.idle_since(now) {
                idle.push((since, *room));
            }
        }
        idle.sort_unstable_by_key(|(since, _)| *since);
        let surplus = idle.len().saturating_sub(self.bounds.idle_rooms_max);
        for (nth, (since, room)) in idle.into_iter().enumerate() {
            if nth < surplus || now.duration_since(since) >= self.bounds.ring_age_max {
                rooms.remove(&room);
                self.bus.unlisten(Topic::Room(room));
            }
        }
        drop(rooms);
        self.sessions.tidy(now);
        self.inboxes.tidy();
        self.presence.looks.tidy();
    }

    pub fn holdings(&self) -> Holdings {
        let rooms = self.rooms();
        let mut holdings = Holdings { rooms: rooms.len(), ..Holdings::default() };
        for log in rooms.values() {
            holdings.readers += log.readers();
            holdings.events += log.len();
        }
        holdings
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomKey, Arc<RoomLog>>> {
        lock(&self.rooms)
    }
}

/// A hold on a room's log: while it lives, the log stays.
#[derive(Debug)]
pub struct Attached {
    log: Arc<RoomLog>,
    wake: watch::Receiver<i64>,
}

/// No code under these locks panics; a poisoned one holds what it held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
