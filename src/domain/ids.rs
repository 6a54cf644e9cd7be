//! The names things have: database keys, and the opaque global ids that carry their type.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Code, Error, Result, Text};

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(key: i64) -> Self {
                Self(key)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

keys! {
    /// A user's row, counted from 1; `databaseId` on the wire.
    UserKey
    /// A room's row, counted from 1; `databaseId` on the wire.
    RoomKey
    /// A message's row, counted from 1 over all rooms.
    MessageKey
    /// A signed-in device.
    SessionKey
    /// An entry of the audit log, counted from 1.
    AuditKey
}

/// What a global id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlobalId {
    User(Uuid),
    Room(Uuid),
    Message(MessageKey),
    /// An upload, and what it becomes in a message.
    File(Uuid),
    /// An entry of the audit log.
    Audit(AuditKey),
    /// A signed-in device.
    Session(Uuid),
}

const USER: u8 = b'U';
const ROOM: u8 = b'R';
const MESSAGE: u8 = b'M';
const FILE: u8 = b'F';
const AUDIT: u8 = b'A';
const SESSION: u8 = b'S';

impl GlobalId {
    /// The text on the wire: a type byte and the key, in URL-safe base64.
    pub fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(17);
        match self {
            Self::User(id) => {
                bytes.push(USER);
                bytes.extend_from_slice(id.as_bytes());
            }
            Self::Room(id) => {
                bytes.push(ROOM);
                bytes.extend_from_slice(id.as_bytes());
            }
            Self::Message(key) => {
                bytes.push(MESSAGE);
                bytes.extend_from_slice(&key.0.to_be_bytes());
            }
            Self::File(id) => {
                bytes.push(FILE);
                bytes.extend_from_slice(id.as_bytes());
            }
            Self::Audit(key) => {
                bytes.push(AUDIT);
                bytes.extend_from_slice(&key.0.to_be_bytes());
            }
            Self::Session(id) => {
                bytes.push(SESSION);
                bytes.extend_from_slice(id.as_bytes());
            }
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for any text that [`GlobalId::encode`] does not write.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > 32 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tag, rest) = bytes.split_first()?;
        match *tag {
            USER => Uuid::from_slice(rest).ok().map(Self::User),
            ROOM => Uuid::from_slice(rest).ok().map(Self::Room),
            FILE => Uuid::from_slice(rest).ok().map(Self::File),
            SESSION => Uuid::from_slice(rest).ok().map(Self::Session),
            MESSAGE => row(rest).map(|key| Self::Message(MessageKey(key))),
            AUDIT => row(rest).map(|key| Self::Audit(AuditKey(key))),
            _ => None,
        }
    }

    /// The user behind an id given as an input.
    pub fn user(text: &str, field: &'static str) -> Result<Uuid> {
        match Self::decode(text) {
            Some(Self::User(id)) => Ok(id),
            _ => Err(wrong("user", field)),
        }
    }

    /// The room behind an id given as an input.
    pub fn room(text: &str, field: &'static str) -> Result<Uuid> {
        match Self::decode(text) {
            Some(Self::Room(id)) => Ok(id),
            _ => Err(wrong("room", field)),
        }
    }

    /// The message behind an id given as an input.
    pub fn message(text: &str, field: &'static str) -> Result<MessageKey> {
        match Self::decode(text) {
            Some(Self::Message(key)) => Ok(key),
            _ => Err(wrong("message", field)),
        }
    }

    /// The uploaded file behind an id given as an input.
    pub fn file(text: &str, field: &'static str) -> Result<Uuid> {
        match Self::decode(text) {
            Some(Self::File(id)) => Ok(id),
            _ => Err(wrong("file", field)),
        }
    }

    /// The signed-in device behind an id given as an input.
    pub fn session(text: &str, field: &'static str) -> Result<Uuid> {
        match Self::decode(text) {
            Some(Self::Session(id)) => Ok(id),
            _ => Err(wrong("session", field)),
        }
    }
}

/// The key of a row, which counts from 1.
fn row(bytes: &[u8]) -> Option<i64> {
    let key = i64::from_be_bytes(bytes.try_into().ok()?);
    (key > 0).then_some(key)
}

fn wrong(expected: &'static str, field: &'static str) -> Error {
    Error::new(Code::BadInput, Text::IdInvalid { expected }).at(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_went() {
        for id in [
            GlobalId::User(Uuid::from_u128(7)),
            GlobalId::Room(Uuid::from_u128(u128::MAX)),
            GlobalId::Message(MessageKey(1)),
            GlobalId::File(Uuid::from_u128(8)),
            GlobalId::Audit(AuditKey(2)),
            GlobalId::Session(Uuid::from_u128(10)),
        ] {
            assert_eq!(GlobalId::decode(&id.encode()), Some(id));
        }
    }

    #[test]
    fn an_id_of_another_type_is_refused_by_name() {
        let room = GlobalId::Room(Uuid::from_u128(9)).encode();
        let refusal = GlobalId::user(&room, "userId").unwrap_err();
        assert_eq!(refusal.code(), Code::BadInput);
        assert_eq!(refusal.to_string(), "BAD_INPUT: This is not the id of a user.");
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "1",
            "VQ",
            "🦀",
            "AAAAAAAAAAAAAAAAAAAAAAA",
            &"V".repeat(4000),
            "TQAAAAAAAAAA",
            "TYAAAAAAAAAA",
        ] {
            assert_eq!(GlobalId::decode(text), None, "{text}");
        }
    }
}
