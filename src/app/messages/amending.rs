//! What all that becomes of a sent message goes through.

use crate::clock::Timestamp;
use crate::domain::events::Amendment;
use crate::domain::ids::MessageKey;
use crate::domain::messages::Message;
use crate::domain::policy::{Action, Standing, Verdict, decide};
use crate::domain::rooms::MemberRole;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::storage::{Conn, members, messages, room_events, rooms};

/// A message that nobody else changes until the transaction ends.
pub(super) struct Held {
    pub(super) message: Message,
    pub(super) standing: Standing,
    pub(super) own: bool,
}

impl Held {
    /// One that the viewer may do one of `sights` to. A message of a room that one may not read is no
    /// message at all.
    pub(super) async fn of(
        conn: &mut Conn,
        viewer: &Viewer,
        caller: SignedIn,
        key: MessageKey,
        sights: &[Action],
    ) -> Result<Self> {
        let missing = || Error::not_found().at("messageId");
        let room = messages::room_of(conn, key).await?.ok_or_else(missing)?;
        let view = rooms::lock(conn, room, caller.user).await?.ok_or_else(missing)?;
        let standing = Standing::of(viewer, &view.room, view.role);
        if !sights.iter().any(|action| decide(standing, *action) == Verdict::Allow) {
            return Err(missing());
        }
        // Another may have changed it before the room was held.
        let message = messages::get(conn, key).await?.ok_or_else(missing)?;
        Ok(Self { own: message.sender == Some(caller.user), message, standing })
    }

    /// # Errors
    /// `CONFLICT` where the message was deleted.
    pub(super) fn check_is_there(&self) -> Result<()> {
        match self.message.deleted_at {
            None => Ok(()),
            Some(_) => Err(Error::new(Code::Conflict, Text::MessageDeleted).at("messageId")),
        }
    }

    /// What the sender is in the room; the least where they are out.
    pub(super) async fn theirs(&self, conn: &mut Conn) -> Result<MemberRole> {
        let role = match self.message.sender {
            Some(sender) => members::role(conn, self.message.room, sender).await?,
            None => None,
        };
        Ok(role.unwrap_or(MemberRole::Reader))
    }
}

/// Stores that a message changed, at the next place of its room's log.
pub(super) async fn tell(
    conn: &mut Conn,
    caller: SignedIn,
    how: Amendment,
    message: Message,
    at: Timestamp,
) -> Result<Message> {
    let place = rooms::next_position(conn, message.room).await?;
    room_events::insert_amended(conn, place, Some(caller.user), how, message.clone(), at).await?;
    Ok(message)
}
