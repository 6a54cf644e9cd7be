//! Changing what was sent: another text, or none.

use crate::app::messages::amending::{Held, tell};
use crate::app::{App, allow, person};
use crate::clock::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::events::Amendment;
use crate::domain::ids::{GlobalId, MessageKey};
use crate::domain::messages::{Blank, Message, MessageEdit, check_message_size, check_message_text};
use crate::domain::policy::{Action, by_right};
use crate::domain::rooms::MemberRole;
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::storage::{Conn, audit, edits, messages, reactions, uploads, users};

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
                    held.check_is_there()?;
                    let message = held.message;
                    if message.text == text {
                        return Ok(message);
                    }
                    if blank == Blank::Refused {
                        check_message_text(&text, message.attachments.into(), bounds)?;
                    }
                    edits::keep(conn, &message, at, kept_max).await?;
                    let edited =
                        Message { text, edited_at: Some(at), revision: message.revision + 1, ..message };
                    messages::update(conn, &edited).await?;
                    tell(conn, caller, Amendment::Edited, edited, at).await
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
                    reactions::forget(conn, key).await?;
                    uploads::detach(conn, key).await?;
                    let deleted = Message {
                        text: String::new(),
                        deleted_at: Some(at),
                        attachments: 0,
                        reactions: 0,
                        revision: message.revision + 1,
                        ..message
                    };
                    messages::update(conn, &deleted).await?;
                    tell(conn, caller, Amendment::Deleted, deleted, at).await
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
