//! Readers hold a place in a room's ring, and are told when it grows.

use std::sync::Arc;

use tokio::sync::{MutexGuard, watch};

use crate::domain::events::LogPlace;
use crate::domain::ids::{RoomKey, UserKey};
use crate::hub::Attached;
use crate::hub::log::{Entry, RoomLog};

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

impl Attached {
    pub fn room(&self) -> RoomKey {
        self.log.room
    }

    /// Whether nobody has said yet where the log ends.
    pub fn needs_anchor(&self) -> bool {
        !self.log.ring().anchored
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
        self.log.ring().head()
    }

    /// Adds what was read from the database after [`Attached::head`]. Where positions are missing there,
    /// they are gone for good, and the ring begins anew behind them.
    pub fn fill(&self, events: impl IntoIterator<Item = Arc<Entry>>, head: LogPlace) {
        self.log.change(|ring| {
            for entry in events {
                let place = entry.event.place();
                let next = ring.head().position + 1;
                if place.position > next {
                    ring.restart(before(&entry));
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

/// The place that an event follows.
fn before(entry: &Entry) -> LogPlace {
    let LogPlace { position, seq } = entry.event.place();
    LogPlace { position: position - 1, seq: seq - i64::from(entry.event.message().is_some()) }
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
        let ring = self.log.ring();
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
        let ahead = ring.entries.iter().skip(start).take(max);
        let events: Vec<Arc<Entry>> = ahead.take_while(|entry| !entry.ends(owner, since)).cloned().collect();
        drop(ring);
        if events.is_empty() {
            return Take::Gone;
        }
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

    /// Puts events that lead up to the ring without a hole before it, as far as they fit. `before` may come
    /// from a client's cursor, so what it says of the messages before it has to agree with what follows.
    pub fn prepend(&self, events: &[Arc<Entry>], before: LogPlace) {
        self.log.change(|ring| {
            let follows = events.last().is_some_and(|last| last.event.position == ring.floor.position);
            let whole = events.first().is_some_and(|first| first.event.position == before.position + 1)
                && i64::try_from(events.len()).is_ok_and(|n| before.position + n == ring.floor.position);
            let fits = ring.entries.len() + events.len() <= self.log.bounds.ring_events_max;
            let sent = events.iter().find_map(|entry| entry.event.message());
            let agrees = before.seq == sent.map_or(ring.floor.seq, |first| first.seq - 1);
            if follows && whole && fits && agrees && ring.anchored {
                for entry in events.iter().rev() {
                    let entry = ring.newest(Arc::clone(entry));
                    ring.bytes += entry.bytes();
                    ring.entries.push_front(entry);
                }
                ring.floor = before;
            }
        });
    }
}
