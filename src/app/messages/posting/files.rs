//! The files of a send. One that has some is alone in its transaction, which what is wrong here undoes.

use uuid::Uuid;

use crate::domain::messages::Message;
use crate::error::{Code, Error, Result, Text};
use crate::storage::sends::Draft;
use crate::storage::{Conn, uploads};

/// Checks that all files of a draft are complete uploads of its sender that no message has.
pub(super) async fn check(conn: &mut Conn, draft: &Draft) -> Result<()> {
    if draft.files.is_empty() {
        return Ok(());
    }
    let found = uploads::get_many(conn, &draft.files).await?;
    let is_usable = |id: &Uuid| {
        found.iter().any(|upload| {
            let mine = upload.owner == Some(draft.sender) && upload.file.is_some();
            upload.id == *id && mine && upload.is_waiting(draft.created_at)
        })
    };
    for (place, id) in draft.files.iter().enumerate() {
        if !is_usable(id) || draft.files.iter().take(place).any(|earlier| earlier == id) {
            return Err(unusable(place));
        }
    }
    Ok(())
}

/// Gives a new message its files.
pub(super) async fn attach(conn: &mut Conn, message: &Message, ids: &[Uuid]) -> Result<()> {
    let Some(sender) = message.sender.filter(|_| !ids.is_empty()) else { return Ok(()) };
    if uploads::attach(conn, message.key, sender, ids, message.created_at).await? {
        return Ok(());
    }
    // Another send took one since they were checked.
    Err(unusable(0))
}

/// Checks that a message sent before has the same files.
pub(super) async fn compare(conn: &mut Conn, message: &Message, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let files = uploads::of_messages(conn, &[message.key]).await?;
    if files.iter().map(|(_, file)| &file.id).eq(ids) { Ok(()) } else { Err(super::reused()) }
}

fn unusable(place: usize) -> Error {
    Error::new(Code::BadInput, Text::FileUnusable { number: place + 1 }).at("uploadIds")
}
