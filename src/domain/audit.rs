//! What is written down of administrators: who did what to what, and when.
//!
//! An entry holds no text of a message, no password, no token and no e-mail address.

use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::ids::{AuditKey, GlobalId, UserKey};
use crate::domain::sessions::Viewer;

/// A detail is cut here.
const DETAIL_CHARS_MAX: usize = 200;

macro_rules! deeds {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What was done. The words are stored and told, and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Deed {
            $($(#[$doc])* $name,)*
        }

        impl Deed {
            /// Every deed, in the order of docs/admin.md.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

deeds! {
    /// Made themselves the first administrator, with the link that the server printed.
    SetUp = "server.set_up";
    /// Made an account for someone.
    UserCreate = "user.create";
    /// Changed someone's profile.
    UserUpdate = "user.update";
    /// Removed someone's account.
    UserDelete = "user.delete";
    /// Locked someone out.
    UserDisable = "user.disable";
    UserEnable = "user.enable";
    UserPasswordReset = "user.password_reset";
    /// Made someone an administrator.
    UserAdminOn = "user.admin_on";
    UserAdminOff = "user.admin_off";
    /// Ended a session of someone's, or all of them.
    SessionEnd = "session.end";
    RoomUpdate = "room.update";
    RoomDelete = "room.delete";
    RoomArchive = "room.archive";
    RoomUnarchive = "room.unarchive";
    /// Gave a member another role.
    MemberRole = "member.role";
    MemberRemove = "member.remove";
    MessageDelete = "message.delete";
    /// Searched the messages of rooms they are not in.
    MessageSearch = "message.search";
}

impl Deed {
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|deed| deed.as_str() == word)
    }
}

/// An entry that is about to be written down, in the transaction of what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub actor: Option<UserKey>,
    pub deed: Deed,
    pub target: Option<GlobalId>,
    pub detail: String,
    pub at: Timestamp,
}

impl Note {
    pub fn new(viewer: &Viewer, deed: Deed, target: GlobalId, at: Timestamp) -> Self {
        let actor = viewer.signed_in().map(|caller| caller.user);
        Self { actor, deed, target: Some(target), detail: String::new(), at }
    }

    /// The same with a few words more, for people.
    #[must_use]
    pub fn saying(self, detail: &str) -> Self {
        let shown = detail.chars().filter(|c| !c.is_control());
        Self { detail: shown.take(DETAIL_CHARS_MAX).collect(), ..self }
    }

    /// The same with the name of an account, unless that is an address.
    #[must_use]
    pub fn naming(self, username: &str) -> Self {
        if username.contains('@') { self } else { self.saying(username) }
    }
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub key: AuditKey,
    pub at: Timestamp,
    /// `None`: the server's own console, or an account that is gone.
    pub actor: Option<UserKey>,
    /// The word of a [`Deed`].
    pub action: String,
    /// A global id.
    pub target: Option<String>,
    pub detail: String,
}

/// Which entries a list shows; every field given must hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditFilter {
    pub actor: Option<Uuid>,
    pub target: Option<GlobalId>,
    pub deed: Option<Deed>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn note() -> Note {
        let at = Timestamp::from_timestamp(0, 0).unwrap();
        Note::new(&Viewer::Operator, Deed::UserCreate, GlobalId::User(Uuid::from_u128(1)), at)
    }

    #[test]
    fn every_deed_has_a_word_of_its_own() {
        let words: HashSet<&str> = Deed::ALL.iter().map(|deed| deed.as_str()).collect();
        assert_eq!(words.len(), Deed::ALL.len());
        for deed in Deed::ALL {
            assert_eq!(Deed::parse(deed.as_str()), Some(*deed));
        }
        assert_eq!(Deed::parse("user"), None);
    }

    #[test]
    fn the_console_is_nobody() {
        assert_eq!(note().actor, None);
    }

    #[test]
    fn a_detail_is_one_short_line() {
        assert_eq!(note().saying("Den\nof\0 \u{7}Lions").detail, "Denof Lions");
        assert_eq!(note().saying(&"x".repeat(1000)).detail.len(), DETAIL_CHARS_MAX);
    }

    #[test]
    fn an_address_is_not_written_down_although_it_is_a_username() {
        assert_eq!(note().naming("amber").detail, "amber");
        assert_eq!(note().naming("amber@example.com").detail, "");
    }
}
