//! Scalars and enums of the schema, and the `Node` interface.

use async_graphql::{Enum, ID, InputValueError, InputValueResult, Interface, Scalar, ScalarType, Value};
use chrono::SecondsFormat;

use crate::clock::Timestamp;
use crate::domain;
use crate::graphql::audit::AuditEntry;
use crate::graphql::media::Attachment;
use crate::graphql::messages::Message;
use crate::graphql::rooms::Room;
use crate::graphql::sessions::Session;
use crate::graphql::users::User;

/// An instant in UTC, RFC 3339, such as 2026-01-15T10:30:00.000Z.
pub(super) struct DateTime(pub(super) Timestamp);

impl From<Timestamp> for DateTime {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// An instant in UTC, RFC 3339, such as 2026-01-15T10:30:00.000Z.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
                .map(|at| Self(at.to_utc()))
                .map_err(|_| InputValueError::custom("not an RFC 3339 date and time")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Anything that can be fetched again by its global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque, stable, unique across all types."))]
pub(super) enum Node {
    User(User),
    Room(Room),
    Message(Message),
    Attachment(Attachment),
    AuditEntry(AuditEntry),
    Session(Session),
}

/// What a room is for: notes to yourself, two people, or any number.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::rooms::RoomKind")]
pub(super) enum RoomKind {
    #[graphql(name = "SELF")]
    SelfNotes,
    Duo,
    Group,
}

/// What a member may do in a room; each rank includes those after it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::rooms::MemberRole")]
pub(super) enum MemberRole {
    Owner,
    Moderator,
    Member,
    Reader,
}

/// Whether a file can be shown inline.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttachmentKind {
    Image,
    File,
}

/// Who may find and join a room.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::rooms::RoomVisibility")]
pub(super) enum RoomVisibility {
    Public,
    Private,
}

/// Rooms you are in, rooms anyone may join, or all of the server.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::rooms::RoomScope")]
pub(super) enum RoomScope {
    Mine,
    Public,
    /// Every room of the server: administrators only.
    All,
}

/// The seeds' kinds of person; a label, not a permission.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::users::UserType")]
pub(super) enum UserType {
    Owner,
    Student,
    Staff,
    Other,
}
