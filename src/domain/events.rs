//! What happens in a room, besides messages: the other rows of its log.

use crate::domain::Timestamp;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::rooms::MemberRole;

/// One change. A message is its own event; every other change is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// A change with its place in the room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomEvent {
    pub room: RoomKey,
    pub position: i64,
    pub actor: Option<UserKey>,
    pub change: RoomChange,
    pub at: Timestamp,
}
