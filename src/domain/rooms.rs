//! Rooms and membership.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::events::LogPlace;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::users::User;

/// What a room is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomKind {
    /// Notes to oneself.
    SelfNotes,
    /// Two people; there is one such room for each pair.
    Duo,
    /// Any number.
    Group,
}

impl RoomKind {
    /// As the dialects write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SelfNotes => "SELF",
            Self::Duo => "DUO",
            Self::Group => "GROUP",
        }
    }

    /// What a label calls a room that was to be of this kind, whatever it became: nothing, of a GROUP.
    pub const fn label_word(self) -> &'static str {
        if matches!(self, Self::Group) { "" } else { self.word() }
    }
}

/// Who may find and join a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoomVisibility {
    Public,
    #[default]
    Private,
}

/// What a member may do; each rank includes those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemberRole {
    Owner,
    Moderator,
    Member,
    Reader,
}

impl MemberRole {
    /// Higher may do more.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Owner => 3,
            Self::Moderator => 2,
            Self::Member => 1,
            Self::Reader => 0,
        }
    }
}

/// A room as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub key: RoomKey,
    pub id: Uuid,
    pub kind: RoomKind,
    /// The given name; empty for SELF and DUO, whose names are made from the members.
    pub name: String,
    pub description: String,
    pub visibility: RoomVisibility,
    /// None: no limit.
    pub capacity: Option<i32>,
    pub password_hash: Option<String>,
    /// Anyone signed in sees, reads and writes without joining. Settled when the room is made.
    pub is_open: bool,
    pub invite_code: String,
    /// Position of the newest event.
    pub head: i64,
    /// Number of the newest message.
    pub last_seq: i64,
    /// Where the room stands among rooms by activity; higher is more recent.
    pub activity: i64,
    pub member_count: i32,
    pub created_by: Option<UserKey>,
    pub created_at: Timestamp,
    /// Set while an administrator has closed the room: it is read, and nothing is added.
    pub archived_at: Option<Timestamp>,
}

impl Room {
    /// Its own name, or that of whoever else of `people` is in it.
    pub fn called(&self, people: &[User], viewer: Option<UserKey>) -> String {
        let shown = match self.kind {
            RoomKind::Group => None,
            RoomKind::SelfNotes => people.first(),
            RoomKind::Duo => people.iter().find(|user| Some(user.key) != viewer),
        };
        shown.map_or_else(|| self.name.clone(), User::display_name)
    }

    /// Where its log ended when it was read.
    pub const fn log_end(&self) -> LogPlace {
        LogPlace { position: self.head, seq: self.last_seq }
    }
}

/// A room, and what the viewer is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    pub room: Room,
    pub role: Option<MemberRole>,
    /// How far the viewer has read; none when they are not a member.
    pub last_read_seq: Option<i64>,
}

/// A room by either of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomRef {
    Key(RoomKey),
    Id(Uuid),
}

/// What the callers of a dialect gave with a room, as they gave it, where the product has no word for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomLabel {
    /// Of a room of any kind; may be empty.
    pub title: String,
    /// A kind in the dialect's words; empty where it has none.
    pub kind: String,
    pub link: Option<String>,
    /// Of any sign and size, and never enforced.
    pub capacity: Option<i64>,
}

/// A room as a dialect shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorRoomView {
    pub view: RoomView,
    /// None where the room was made by those who give no labels.
    pub label: Option<RoomLabel>,
}

/// Characters of each text of a label.
pub const LABEL_CHARS_MAX: usize = 255;

/// One person's place in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Counts memberships in the order they began; the place in the member list.
    pub key: i64,
    pub room: RoomKey,
    pub user: User,
    pub role: MemberRole,
    pub joined_at: Timestamp,
    /// Number of the newest message that they have read.
    pub last_read_seq: i64,
}

/// Rooms one is in, rooms anyone may join, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoomScope {
    #[default]
    Mine,
    Public,
    /// For administrators.
    All,
}

/// Which rooms a list shows; every field given must hold.
#[derive(Debug, Clone, Default)]
pub struct RoomFilter {
    /// Start of the room's name.
    pub search: Option<String>,
    pub kind: Option<RoomKind>,
    pub scope: RoomScope,
    /// By default both.
    pub archived: Option<bool>,
}

pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// What bcrypt takes in.
pub const ROOM_PASSWORD_BYTES_MAX: usize = 71;
pub const CAPACITY_MAX: i32 = 1_000_000;
