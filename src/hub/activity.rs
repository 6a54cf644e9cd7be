//! Rooms whose activity someone looks at, and what they are shown.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use tokio::sync::{MutexGuard, watch};
use tokio::time::Instant;

use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::presence::PresenceState;
use crate::hub::renders::Renders;
use crate::hub::{Hub, lock};

/// Who is typing in a room and who is here, at one moment.
#[derive(Debug)]
pub struct Activity {
    /// In the order they began.
    pub typing: Vec<UserKey>,
    /// By key, those who are offline left out.
    pub online: Vec<(UserKey, PresenceState)>,
    renders: Renders,
}

impl Activity {
    pub fn renders(&self) -> &Renders {
        &self.renders
    }

    pub fn is_like(&self, other: &Self) -> bool {
        self.typing == other.typing && self.online == other.online
    }
}

/// The activity of a room as all who look are shown it.
#[derive(Debug, Clone)]
pub struct Sight {
    pub activity: Arc<Activity>,
    /// The room's version that was looked at.
    pub version: u64,
    pub made: Instant,
}

/// One room's lookers share what is known of it.
#[derive(Debug)]
struct Looked {
    room: RoomKey,
    /// Counts what may have changed; wakes those who look.
    version: watch::Sender<u64>,
    members: Mutex<Members>,
    sight: tokio::sync::Mutex<Option<Sight>>,
}

#[derive(Debug, Default)]
struct Members {
    people: Arc<[UserKey]>,
    /// The position in the room's log that they are true to.
    as_of: Option<i64>,
    /// The newest position that changed them.
    changed_at: i64,
}

impl Looked {
    fn ring(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Walks through whichever is fewer.
    fn has_any(&self, people: &HashSet<UserKey>) -> bool {
        let members = Arc::clone(&lock(&self.members).people);
        if people.len() < members.len() {
            people.iter().any(|user| members.binary_search(user).is_ok())
        } else {
            members.iter().any(|user| people.contains(user))
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Looks {
    rooms: Mutex<HashMap<RoomKey, Arc<Looked>>>,
    /// Those that nobody here looked at before, since they were taken last.
    new: Mutex<HashSet<RoomKey>>,
}

impl Looks {
    /// Something may have changed in a room.
    pub(super) fn ring(&self, room: RoomKey) {
        if let Some(looked) = lock(&self.rooms).get(&room) {
            looked.ring();
        }
    }

    /// Something may have changed with these people.
    pub(super) fn ring_for(&self, people: &HashSet<UserKey>) {
        if people.is_empty() {
            return;
        }
        let rooms: Vec<Arc<Looked>> = lock(&self.rooms).values().cloned().collect();
        for looked in rooms.iter().filter(|looked| looked.has_any(people)) {
            looked.ring();
        }
    }

    fn look(&self, room: RoomKey) -> Look {
        let mut rooms = lock(&self.rooms);
        let looked = rooms.entry(room).or_insert_with(|| {
            lock(&self.new).insert(room);
            Arc::new(Looked {
                room,
                version: watch::Sender::new(0),
                members: Mutex::default(),
                sight: tokio::sync::Mutex::default(),
            })
        });
        Look { bell: looked.version.subscribe(), looked: Arc::clone(looked) }
    }

    pub(super) fn take_new(&self) -> Vec<RoomKey> {
        lock(&self.new).drain().collect()
    }

    /// Forgets rooms that nobody looks at.
    pub(super) fn tidy(&self) {
        lock(&self.rooms).retain(|_, looked| looked.version.receiver_count() > 0);
    }
}

/// One reader's look at a room.
#[derive(Debug)]
pub struct Look {
    looked: Arc<Looked>,
    bell: watch::Receiver<u64>,
}

impl Look {
    pub fn room(&self) -> RoomKey {
        self.looked.room
    }

    pub fn version(&self) -> u64 {
        *self.bell.borrow()
    }

    /// Waits until there is another version than `seen`.
    pub async fn changed(&mut self, seen: u64) {
        if self.bell.wait_for(|version| *version != seen).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What was shown last. While it is held, nobody else makes the next.
    pub async fn sight(&self) -> MutexGuard<'_, Option<Sight>> {
        self.looked.sight.lock().await
    }

    /// The room's log says that members came or went.
    pub fn learn_change(&self, position: i64) {
        let mut members = lock(&self.looked.members);
        let news = position > members.changed_at && members.as_of.is_none_or(|as_of| position > as_of);
        members.changed_at = members.changed_at.max(position);
        drop(members);
        if news {
            self.looked.ring();
        }
    }

    /// Whether the members have to be read.
    pub fn needs_members(&self) -> bool {
        let members = lock(&self.looked.members);
        members.as_of.is_none_or(|as_of| as_of < members.changed_at)
    }

    /// Takes the members as they are where the room's log ends at `as_of`, or later.
    pub fn learn_members(&self, as_of: i64, mut people: Vec<UserKey>) {
        people.sort_unstable();
        let mut members = lock(&self.looked.members);
        if members.as_of.is_none_or(|known| known <= as_of) {
            members.people = people.into();
            members.as_of = Some(as_of);
        }
    }
}

impl Hub {
    /// Looks at a room's activity, for as long as the look is kept.
    pub fn look(&self, room: RoomKey) -> Look {
        self.presence.looks.look(room)
    }

    /// Who types in a room now, in the order they began.
    pub fn typing_in(&self, room: RoomKey) -> Vec<UserKey> {
        self.presence.typing_in(room)
    }

    /// Members of one room who are looked at, at most.
    pub fn members_looked_at_max(&self) -> usize {
        self.presence.options.members_max
    }

    /// What is going on in a room now. Members have to be known.
    pub fn activity(&self, look: &Look) -> Activity {
        let members = Arc::clone(&lock(&look.looked.members).people);
        Activity {
            typing: self.presence.typing_in(look.looked.room),
            online: self.presence.here_among(&members),
            renders: Renders::default(),
        }
    }
}
