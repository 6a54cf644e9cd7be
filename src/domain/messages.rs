//! Messages, and the rules for their text.

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::rooms::{MemberRole, Room, RoomKind};
use crate::error::{Code, Error, Result, Text};

/// One message as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub key: MessageKey,
    pub room: RoomKey,
    /// Place in the room's log, shared with all other events of the room.
    pub position: i64,
    /// 1, 2, 3 ... among the room's messages.
    pub seq: i64,
    /// None once the account is gone.
    pub sender: Option<UserKey>,
    pub text: String,
    pub created_at: Timestamp,
    pub client_message_id: Option<String>,
    pub edited_at: Option<Timestamp>,
    /// Set once deleted; the text is empty then.
    pub deleted_at: Option<Timestamp>,
    /// How often it was edited or reacted to, or deleted: of two copies the one with more is the newer.
    #[serde(default)]
    pub revision: i32,
    /// How many files it has. Nodes that know of none do not say.
    #[serde(default)]
    pub attachments: u16,
    /// The message of the same room that it answers.
    #[serde(default)]
    pub reply_to: Option<MessageKey>,
    /// How many different emoji people reacted with, or more; 0 is sure.
    #[serde(default)]
    pub reactions: u16,
}

/// A text that a message had before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEdit {
    pub message: MessageKey,
    pub text: String,
    /// When another text took its place.
    pub edited_at: Timestamp,
}

/// How long a text may be.
#[derive(Debug, Clone, Copy)]
pub struct TextBounds {
    pub chars_max: usize,
    /// Combining marks make few characters out of many bytes; both are bounded.
    pub bytes_max: usize,
}

/// A message of a room, by one of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRef {
    Key(MessageKey),
    Seq(i64),
}

pub const CLIENT_MESSAGE_ID_CHARS_MAX: usize = 128;

/// What becomes of a text without a visible character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Blank {
    #[default]
    Refused,
    /// Stored as given, as some legacy servers do.
    Kept,
}

/// Which rooms a send is for, beside what policy allows. It is judged with policy, so that nobody has to look first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoomScope {
    #[default]
    Any,
    /// Those that the sender is in.
    Joined,
    /// GROUP rooms that are open, or that the sender is in.
    Groups,
}

impl RoomScope {
    /// Whether a room is one of them, to a sender who is this in it.
    pub fn has(self, room: &Room, role: Option<MemberRole>) -> bool {
        match self {
            Self::Any => true,
            Self::Joined => role.is_some(),
            Self::Groups => room.kind == RoomKind::Group && (room.is_open || role.is_some()),
        }
    }
}

/// A text is stored as given; it may not be too long, or hold a NUL, which PostgreSQL cannot store; nor be
/// blank, unless files say what there is to say.
pub fn check_message_text(text: &str, files: usize, bounds: TextBounds) -> Result<()> {
    if files == 0 && text.trim().is_empty() {
        return Err(Error::new(Code::Empty, Text::MessageEmpty).at("text"));
    }
    check_message_size(text, bounds)
}

/// As [`check_message_text`], for a text that may be blank.
pub fn check_message_size(text: &str, bounds: TextBounds) -> Result<()> {
    if text.len() > bounds.bytes_max || text.chars().count() > bounds.chars_max {
        return Err(Error::new(Code::TooLong, Text::TooLong { chars_max: bounds.chars_max }).at("text"));
    }
    if text.contains('\0') {
        return Err(Error::new(Code::BadInput, Text::HasNul).at("text"));
    }
    Ok(())
}

pub fn check_client_message_id(id: &str) -> Result<()> {
    let refuse = |code, text| Err(Error::new(code, text).at("clientMessageId"));
    if id.is_empty() {
        return refuse(Code::Empty, Text::Empty);
    }
    if id.len() > CLIENT_MESSAGE_ID_CHARS_MAX {
        return refuse(Code::TooLong, Text::TooLong { chars_max: CLIENT_MESSAGE_ID_CHARS_MAX });
    }
    if id.contains('\0') {
        return refuse(Code::BadInput, Text::HasNul);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: TextBounds = TextBounds { chars_max: 10, bytes_max: 20 };

    #[test]
    fn a_text_is_bounded_in_characters_and_in_bytes() {
        assert!(check_message_text("ten chars!", 0, BOUNDS).is_ok());
        let code = |text: &str| check_message_text(text, 0, BOUNDS).unwrap_err().code();
        assert_eq!(code("eleven char"), Code::TooLong);
        assert_eq!(code(&"🦀".repeat(6)), Code::TooLong);
        assert_eq!(code(" \n\t"), Code::Empty);
        assert_eq!(code("a\0b"), Code::BadInput);
        assert!(check_message_text("", 1, BOUNDS).is_ok());
        assert_eq!(check_message_text("eleven char", 1, BOUNDS).unwrap_err().code(), Code::TooLong);
    }
}
