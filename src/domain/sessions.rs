//! Signed-in devices, and who is calling.

use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::ids::{SessionKey, UserKey};

/// The face a session was opened at; tokens carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    GraphQl,
    ChatCrm,
    Condor,
    Mrm,
    ThanChat,
    Rtca,
}

impl Door {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GraphQl => "graphql",
            Self::ChatCrm => "chatcrm",
            Self::Condor => "condor",
            Self::Mrm => "mrm",
            Self::ThanChat => "thanchat",
            Self::Rtca => "rtca",
        }
    }
}

/// One device's sign-in: a family of refresh tokens, of which one is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub key: SessionKey,
    pub id: Uuid,
    pub user: UserKey,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A signed-in caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    pub user: UserKey,
    pub user_id: Uuid,
    pub session: SessionKey,
    pub is_admin: bool,
}

/// Whoever makes a call. Every use case takes one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Anonymous,
    User(SignedIn),
    /// Someone at the server's own console.
    Operator,
}

impl Viewer {
    pub const fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Self::User(signed_in) => Some(signed_in),
            Self::Anonymous | Self::Operator => None,
        }
    }
}
