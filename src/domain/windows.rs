//! Lists cut by offset and limit, as the dialects have them.

use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::users::User;

/// What part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    pub offset: u64,
    /// None: all of it. Either way no more than the server's bound for lists.
    pub limit: Option<u64>,
}

/// Part of a list, and how long the whole list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windowed<T> {
    pub items: Vec<T>,
    pub total: i64,
}

/// Which end of a log a list begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// What orders people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeopleOrder {
    /// Without regard to case; those of one name in the order of their keys.
    FirstName,
    #[default]
    Key,
}

/// Which people a list shows, and in what order; every condition given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeopleQuery {
    pub order: PeopleOrder,
    /// Part of the username, the first or the last name, without regard to case.
    pub name_contains: Option<String>,
    /// Part of the address, without regard to case.
    pub email_contains: Option<String>,
    pub exclude: Vec<UserKey>,
    pub exclude_viewer: bool,
}

/// Which rooms a list shows: the viewer's, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomsQuery {
    /// Open rooms, too.
    pub open_too: bool,
    /// All rooms, for administrators.
    pub everything: bool,
}

/// Which messages of several rooms a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagesQuery {
    /// All in the rooms that the viewer is a member of.
    AllMine,
    /// What others wrote to the viewer alone, and what the viewer wrote to themselves.
    SentToMe,
}

/// Whom a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePlace {
    /// One person, in a DUO or SELF room.
    Direct {
        receiver: UserKey,
    },
    Room(RoomKey),
}

/// A message with its sender, and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedMessage {
    pub message: Message,
    pub sender: Option<User>,
    pub place: MessagePlace,
}
