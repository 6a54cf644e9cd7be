//! What happens: the events of a room's log, and what is told to others once it is stored.

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;
use crate::domain::ids::{RoomKey, SessionKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::paging::{List, Place};
use crate::domain::rooms::MemberRole;

/// A change in a room that is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomChange {
    /// Someone joined, or their role changed.
    MemberSet {
        user: UserKey,
        role: MemberRole,
    },
    /// Someone left or was removed.
    MemberGone {
        user: UserKey,
    },
    /// Name, description, visibility, capacity or password changed.
    RoomEdited,
    RoomDeleted,
    /// Someone read further, or again from further back: up to the message with this number.
    ReadMoved {
        user: UserKey,
        seq: i64,
    },
}

impl RoomChange {
    /// Whose membership it is about.
    pub const fn member(self) -> Option<UserKey> {
        match self {
            Self::MemberSet { user, .. } | Self::MemberGone { user } => Some(user),
            Self::RoomEdited | Self::RoomDeleted | Self::ReadMoved { .. } => None,
        }
    }

    /// Whom it shows.
    pub const fn person(self) -> Option<UserKey> {
        match self {
            Self::ReadMoved { user, .. } => Some(user),
            _ => self.member(),
        }
    }
}

/// What became of a message after it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amendment {
    Edited,
    Deleted,
    /// Someone reacted to it, or took that back.
    Reacted,
}

/// What an event says happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// A message is its own event.
    Message(Message),
    Change {
        actor: Option<UserKey>,
        change: RoomChange,
    },
    /// A message was edited, deleted or reacted to; as it has been since, as far as that is known.
    Amended {
        actor: Option<UserKey>,
        how: Amendment,
        message: Message,
    },
}

/// One event with its place in a room's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    pub room: RoomKey,
    pub position: i64,
    /// Number of the room's newest message as of here, this one included.
    pub seq: i64,
    pub at: Timestamp,
    pub what: Happening,
}

impl RoomEvent {
    pub fn of_message(message: Message) -> Self {
        Self {
            room: message.room,
            position: message.position,
            seq: message.seq,
            at: message.created_at,
            what: Happening::Message(message),
        }
    }

    pub const fn message(&self) -> Option<&Message> {
        match &self.what {
            Happening::Message(message) => Some(message),
            Happening::Change { .. } | Happening::Amended { .. } => None,
        }
    }

    /// The message that an event shows: the one that is new, or that was amended.
    pub const fn carried(&self) -> Option<&Message> {
        match &self.what {
            Happening::Message(message) | Happening::Amended { message, .. } => Some(message),
            Happening::Change { .. } => None,
        }
    }

    /// The message that the event says was amended.
    pub const fn amended(&self) -> Option<&Message> {
        match &self.what {
            Happening::Amended { message, .. } => Some(message),
            Happening::Message(_) | Happening::Change { .. } => None,
        }
    }

    /// Shows a newer copy of its message from now on, where it is about that one and has an older copy.
    pub fn renew(&mut self, newer: &Message) {
        if let Happening::Message(message) | Happening::Amended { message, .. } = &mut self.what
            && message.key == newer.key
            && message.revision < newer.revision
        {
            message.clone_from(newer);
        }
    }

    pub const fn change(&self) -> Option<RoomChange> {
        match self.what {
            Happening::Message(_) | Happening::Amended { .. } => None,
            Happening::Change { change, .. } => Some(change),
        }
    }

    /// The person an event shows: a message's sender, whose membership changed, or who read.
    pub const fn person(&self) -> Option<UserKey> {
        match &self.what {
            Happening::Message(message) | Happening::Amended { message, .. } => message.sender,
            Happening::Change { change, .. } => change.person(),
        }
    }

    /// Where a reader stands who has had this event.
    pub const fn place(&self) -> LogPlace {
        LogPlace { position: self.position, seq: self.seq }
    }
}

/// A place in a room's log: everything up to a position, with the number of the newest message in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogPlace {
    pub position: i64,
    pub seq: i64,
}

impl LogPlace {
    /// Whether no reader of a log that ends at `head` can stand here. Only a database that was set back
    /// has cursors from its future.
    pub const fn is_beyond(self, head: Self) -> bool {
        self.position > head.position || self.seq > head.seq
    }

    /// As a cursor of the room's list has it.
    pub const fn in_list(self, room: RoomKey) -> (List, Place) {
        (List::Log(room), Place(self.position, self.seq))
    }
}

impl From<Place> for LogPlace {
    fn from(place: Place) -> Self {
        Self { position: place.0, seq: place.1 }
    }
}

/// What others are told once it is committed, on this node and on others.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all news is of rooms, and a box would cost each send an allocation"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// A room's log has grown.
    Room(RoomEvent),
    /// A session is over; its connections end.
    SessionEnded(SessionKey),
    /// An account is gone; what it sent stays, without its name.
    AccountGone(UserKey),
}
