//! Changing what was sent: another text, or none.

use crate::app::{App, allow, person};
use crate::clock::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::events::Amendment;
use crate::domain::ids::{GlobalId, MessageKey};
use crate::domain::messages::{Blank, Message, MessageEdit, check_message_size, check_message_text};
use crate::domain::policy::{Action, Standing, Verdict, by_right, decide};
use crate::domain::rooms::MemberRole;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::storage::{Conn, audit, edits, members, messages, room_events, rooms, uploads, users};

impl App {
    /// Gives a message of the viewer's own another text. The same text again changes nothing.
    ///
    /// # Errors
    /// `NOT_FOUND` where the viewer may not read the room, `FORBIDDEN` for a message of another's,
    /// `CONFLICT` for a deleted one.
    pub async fn edit_message(&self, viewer: &Viewer, key: MessageKey, text: String) -> Result<Message> {
        self.edit_message_at(viewer, key, text, Blank::Refused).await
    }

    /// As [`App::edit_message`], for doors at which a message may say nothing.
    pub async fn edit_message_at(
        &self,
        viewer: &Viewer,
        key: MessageKey,
        text: String,
        blank: Blank,
    ) -> Result<Message> {
        let caller = person(viewer)?;
        check_message_size(&text, self.bounds.text)?;
        self.limits.send(caller.user)?;
        let (viewer, at) = (*viewer, self.clock.now());
        let (kept_max, bounds) = (self.bounds.edits_kept_max, self.bounds.text);
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let held = Held::of(conn, &viewer, caller, key, &[Action::Read]).await?;
                    allow(held.standing, Action::EditMessage { own: held.own })?;
                    let message = held.message;
                    if message.deleted_at.is_some() {
                        return Err(Error::new(Code::Conflict, Text::MessageDeleted).at("messageId"));
                    }
                    if message.text == text {
                        return Ok(message);
                    }
                    if blank == Blank::Refused {
                        check_message_text(&text, message.attachments.into(), bounds)?;
                    }
                    edits::keep(conn, &message, at, kept_max).await?;
                    let edited =
                        Message { text, edited_at: Some(at), revision: message.revision + 1, ..message };
                    amend(conn, caller, Amendment::Edited, edited, at).await
                })
            })
            .await
    }

    /// Empties a message. Its row stays, with its place and number. One that was deleted before is given
    /// as it is.
    ///
    /// # Errors
    /// `NOT_FOUND` where the viewer may not read the room, `FORBIDDEN` where their role is not enough.
    pub async fn delete_message(&self, viewer: &Viewer, key: MessageKey) -> Result<Message> {
        let caller = person(viewer)?;
        self.limits.send(caller.user)?;
        let (viewer, at) = (*viewer, self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    // Administrators delete what they may not read.
                    let unread = Action::DeleteMessage { own: false, theirs: MemberRole::Owner };
                    let held = Held::of(conn, &viewer, caller, key, &[Action::Read, unread]).await?;
                    let action = Action::DeleteMessage { own: held.own, theirs: held.theirs(conn).await? };
                    allow(held.standing, action)?;
                    let message = held.message;
                    if message.deleted_at.is_some() {
                        return Ok(message);
                    }
                    if by_right(held.standing, action) {
                        let note = deletion_note(conn, &viewer, &message, at).await?;
                        audit::insert(conn, &note).await?;
                    }
                    edits::forget(conn, key).await?;
                    uploads::detach(conn, key).await?;
                    let deleted = Message {
                        text: String::new(),
                        deleted_at: Some(at),
                        attachments: 0,
                        revision: message.revision + 1,
                        ..message
                    };
                    amend(conn, caller, Amendment::Deleted, deleted, at).await
                })
            })
            .await
    }

    /// What several messages said before, oldest first, of those that the viewer may read.
    pub async fn message_edits(&self, viewer: &Viewer, keys: Vec<MessageKey>) -> Result<Vec<MessageEdit>> {
        let caller = person(viewer)?;
        self.store
            .read(move |conn| Box::pin(async move { edits::of_many(conn, &keys, caller.user).await }))
            .await
    }
}

/// Where a message was that an administrator deletes, and who had sent it. Its text is not told.
async fn deletion_note(conn: &mut Conn, viewer: &Viewer, message: &Message, at: Timestamp) -> Result<Note> {
    let sender = match message.sender {
        Some(sender) => users::get(conn, sender).await?,
        None => None,
    };
    let by = sender.map(|user| user.username).filter(|name| !name.contains('@'));
    let by = by.map_or_else(String::new, |name| format!(" by {name}"));
    let note = Note::new(viewer, Deed::MessageDelete, GlobalId::Message(message.key), at);
    Ok(note.saying(&format!("number {}{by}", message.seq)))
}

/// A message that nobody else changes until the transaction ends.
struct Held {
    message: Message,
    standing: Standing,
    own: bool,
}

impl Held {
    /// One that the viewer may do one of `sights` to. A message of a room that one may not read is no
    /// message at all.
    async fn of(
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

    /// What the sender is in the room; the least where they are out.
    async fn theirs(&self, conn: &mut Conn) -> Result<MemberRole> {
        let role = match self.message.sender {
            Some(sender) => members::role(conn, self.message.room, sender).await?,
            None => None,
        };
        Ok(role.unwrap_or(MemberRole::Reader))
    }
}

/// Stores a message as it is from now on, and that it changed, at the next place of its room's log.
async fn amend(
    conn: &mut Conn,
    caller: SignedIn,
    how: Amendment,
    message: Message,
    at: Timestamp,
) -> Result<Message> {
    messages::update(conn, &message).await?;
    let place = rooms::next_position(conn, message.room).await?;
    room_events::insert_amended(conn, place, Some(caller.user), how, message.clone(), at).await?;
    Ok(message)
}
