//! Whether people are here and who is typing: values, and what nodes tell each other of them.
//!
//! Nothing of it is stored. Each node answers for the people with a connection to it; what it knows of
//! others it was told, and forgets when their node falls silent.

mod roster;
#[cfg(test)]
mod tests;
mod typing;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{RoomKey, UserKey};

pub use roster::{Roster, Terms, Tick};
pub use typing::{Typing, TypingBounds};

/// Whether someone is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PresenceState {
    Online,
    Away,
    Offline,
}

/// A node of an installation, by the random number it took at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u64);

/// What a person last said of themself. The greater one is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// Microseconds of some node's clock, or more where that would not be later than what is known.
    pub at: i64,
    pub state: PresenceState,
}

/// Someone with a connection to a node, or with one a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub user: UserKey,
    /// `None` is online.
    pub said: Option<Said>,
}

/// What nodes tell each other about the people on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PresenceWord {
    /// What has changed since the version before this one.
    Changed { node: NodeId, version: u64, here: Vec<Person>, gone: Vec<UserKey> },
    /// Nothing has changed since this version.
    Alive { node: NodeId, version: u64 },
    /// One of the parts of all there is at this version.
    Part { node: NodeId, version: u64, part: usize, parts: usize, people: Vec<Person> },
    /// Has these nodes send all they have; every node where it is empty.
    Ask { of: Vec<NodeId> },
    /// People said something to a node that they are not connected to.
    Said { people: Vec<Person> },
}

/// What nodes tell each other about who is typing in one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypingWord {
    pub room: RoomKey,
    /// People, and for how many more milliseconds.
    pub on: Vec<(UserKey, u64)>,
    pub off: Vec<UserKey>,
}

/// Has every node say again who is typing in these rooms, because someone begins to look there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypingAsk {
    pub rooms: Vec<RoomKey>,
}
