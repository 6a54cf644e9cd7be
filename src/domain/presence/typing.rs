//! Who is typing where, until when.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::presence::TypingWord;

/// How long it lasts, and how much is kept.
#[derive(Debug, Clone, Copy)]
pub struct TypingBounds {
    pub ttl: Duration,
    /// People in one room.
    pub room_max: usize,
    /// People in all rooms. Beyond either, more do not show.
    pub all_max: usize,
}

#[derive(Debug)]
pub struct Typing {
    bounds: TypingBounds,
    rooms: HashMap<RoomKey, Vec<Typist>>,
    len: usize,
    /// What other nodes have not been told.
    untold: HashSet<(RoomKey, UserKey)>,
}

#[derive(Debug)]
struct Typist {
    user: UserKey,
    until: Instant,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Here,
    /// Said here, and other nodes know it.
    Told,
    Elsewhere,
}

/// Why someone no longer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Said,
    /// Their message has come, which every node hears of.
    Sent,
}

impl Typing {
    pub fn new(bounds: TypingBounds) -> Self {
        Self { bounds, rooms: HashMap::new(), len: 0, untold: HashSet::new() }
    }

    /// People typing, in all rooms.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Someone types, from now on. Tells whether they did not before.
    pub fn start(&mut self, room: RoomKey, user: UserKey, now: Instant) -> bool {
        let came = self.put(room, user, now + self.bounds.ttl, Origin::Here);
        if came.is_some() && self.untold.len() < self.bounds.all_max {
            self.untold.insert((room, user));
        }
        came == Some(true)
    }

    /// Someone said that they no longer type. Tells whether they did.
    pub fn stop(&mut self, room: RoomKey, user: UserKey) -> bool {
        self.end(room, user, End::Said)
    }

    /// A message of someone has come, or they have left the room. Tells whether they typed.
    pub fn sent(&mut self, room: RoomKey, user: UserKey) -> bool {
        self.end(room, user, End::Sent)
    }

    /// Takes what another node told. Tells whether others type now than before.
    pub fn hear(&mut self, word: &TypingWord, now: Instant) -> bool {
        let mut changed = false;
        for user in &word.off {
            changed |= self.take(word.room, *user).is_some();
        }
        for (user, left) in &word.on {
            let left = Duration::from_millis(*left).min(self.bounds.ttl);
            changed |= self.put(word.room, *user, now + left, Origin::Elsewhere) == Some(true);
        }
        changed
    }

    /// Another node wants to know who types in a room. Who said so here is told again.
    pub fn tell_again(&mut self, room: RoomKey) {
        let typists = self.rooms.get(&room).map(Vec::as_slice).unwrap_or_default();
        let own = typists.iter().filter(|typist| typist.origin == Origin::Told);
        self.untold.extend(own.map(|typist| (room, typist.user)));
    }

    /// Who types in a room, in the order they began.
    pub fn shown(&self, room: RoomKey, now: Instant) -> Vec<UserKey> {
        let typists = self.rooms.get(&room).map(Vec::as_slice).unwrap_or_default();
        typists.iter().filter(|typist| typist.until > now).map(|typist| typist.user).collect()
    }

    /// Lets time pass. Gives what to tell other nodes, and the rooms where someone's time is over.
    pub fn tick(&mut self, now: Instant) -> (Vec<TypingWord>, Vec<RoomKey>) {
        let mut over = Vec::new();
        self.rooms.retain(|room, typists| {
            let before = typists.len();
            typists.retain(|typist| typist.until > now);
            if typists.len() < before {
                self.len -= before - typists.len();
                over.push(*room);
            }
            !typists.is_empty()
        });
        let mut words: BTreeMap<RoomKey, TypingWord> = BTreeMap::new();
        for (room, user) in std::mem::take(&mut self.untold) {
            let word =
                words.entry(room).or_insert_with(|| TypingWord { room, on: Vec::new(), off: Vec::new() });
            match self.rooms.get_mut(&room).and_then(|all| all.iter_mut().find(|one| one.user == user)) {
                Some(typist) => {
                    typist.origin = Origin::Told;
                    let left = typist.until.saturating_duration_since(now).as_millis();
                    word.on.push((user, u64::try_from(left).unwrap_or(u64::MAX)));
                }
                None => word.off.push(user),
            }
        }
        (words.into_values().collect(), over)
    }

    /// Whether someone is new here; `None` when there is no room for them.
    fn put(&mut self, room: RoomKey, user: UserKey, until: Instant, origin: Origin) -> Option<bool> {
        let known = self.rooms.get_mut(&room);
        let (count, found) = known.map_or((0, None), |typists| {
            (typists.len(), typists.iter_mut().find(|typist| typist.user == user))
        });
        if let Some(typist) = found {
            typist.until = until;
            // What others were told must be taken back, whoever says it last.
            if (typist.origin, origin) != (Origin::Told, Origin::Here) {
                typist.origin = origin;
            }
            return Some(false);
        }
        if self.len >= self.bounds.all_max || count >= self.bounds.room_max {
            return None;
        }
        self.rooms.entry(room).or_default().push(Typist { user, until, origin });
        self.len += 1;
        Some(true)
    }

    fn end(&mut self, room: RoomKey, user: UserKey, end: End) -> bool {
        let Some(typist) = self.take(room, user) else { return false };
        let tell = match typist.origin {
            Origin::Here => false,
            Origin::Told => true,
            Origin::Elsewhere => end == End::Said,
        };
        if tell && self.untold.len() < self.bounds.all_max {
            self.untold.insert((room, user));
        } else {
            self.untold.remove(&(room, user));
        }
        true
    }

    fn take(&mut self, room: RoomKey, user: UserKey) -> Option<Typist> {
        let typists = self.rooms.get_mut(&room)?;
        let at = typists.iter().position(|typist| typist.user == user)?;
        let typist = typists.remove(at);
        if typists.is_empty() {
            self.rooms.remove(&room);
        }
        self.len -= 1;
        Some(typist)
    }
}
