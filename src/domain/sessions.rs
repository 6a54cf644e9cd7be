//! Signed-in devices, and who is calling.

use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::ids::{SessionKey, UserKey};
use crate::domain::users::UsernameRule;

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
    const ALL: [Self; 6] =
        [Self::GraphQl, Self::ChatCrm, Self::Condor, Self::Mrm, Self::ThanChat, Self::Rtca];

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

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|door| door.as_str() == name)
    }

    /// The usernames that may be taken here.
    pub const fn usernames(self) -> UsernameRule {
        match self {
            Self::Condor => UsernameRule::Visible,
            Self::GraphQl | Self::ChatCrm | Self::Mrm | Self::ThanChat | Self::Rtca => UsernameRule::Plain,
        }
    }

    /// Whether all sign-ins of a person at this door are one session, and so have one token.
    pub const fn shares_session(self) -> bool {
        matches!(self, Self::ThanChat)
    }
}

/// When a session without an end ends: the last second that has a year of four digits.
pub const NEVER: Timestamp = match Timestamp::from_timestamp(253_402_300_799, 0) {
    Some(never) => never,
    None => Timestamp::MAX_UTC,
};

/// One device's sign-in: a family of refresh tokens, of which one is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub key: SessionKey,
    pub id: Uuid,
    pub user: UserKey,
    pub door: Door,
    /// What the device called itself.
    pub client: String,
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
