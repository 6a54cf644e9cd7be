//! Judging sends to one room, and storing those that may be stored.

mod files;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::app::allow;
use crate::app::messages::{Post, Posted};
use crate::domain::ids::MessageKey;
use crate::domain::messages::Message;
use crate::domain::policy::{Action, Standing};
use crate::error::{Code, Error, Result, Text};
use crate::storage::Conn;
use crate::storage::sends::{self, Draft, HeldRoom};

/// What a send comes to: nothing new, or a place in the batch, which it may share with an earlier one.
enum Fate {
    /// Sent before; with the files that it is to have.
    Known(Message, Vec<Uuid>),
    New(usize),
    Again(usize),
}

/// Stores messages in one room, each at the next place of its log, or finds the ones sent before.
///
/// Policy is asked while the room is held, so that nobody is removed between the question and the commit.
pub(in crate::app) fn post_all(
    conn: &mut Conn,
    room: Uuid,
    posts: Vec<Post>,
) -> BoxFuture<'_, Result<Vec<Result<Posted>>>> {
    Box::pin(async move {
        let drafts: Vec<&Draft> = posts.iter().map(|post| &post.draft).collect();
        let Some(held) = sends::hold(conn, room, &drafts).await? else {
            return Ok(posts.iter().map(|_| Err(Error::not_found().at("roomId"))).collect());
        };
        let mut new = Vec::with_capacity(posts.len());
        let fates: Vec<Result<Fate>> = posts.into_iter().map(|post| fate(&held, post, &mut new)).collect();
        for fate in fates.iter().flatten() {
            if let Fate::Known(message, given) = fate {
                files::compare(conn, message, given).await?;
            }
        }
        for draft in &new {
            files::check(conn, draft).await?;
        }
        let given: Vec<Vec<Uuid>> = new.iter().map(|draft| draft.files.clone()).collect();
        let stored = sends::append(conn, &held, new).await?;
        for (message, ids) in stored.iter().zip(&given) {
            files::attach(conn, message, ids).await?;
        }
        let at = |place: usize| stored.get(place).cloned().ok_or_else(Error::not_found);
        let posted = fates.into_iter().map(|fate| {
            Ok(match fate? {
                Fate::Known(message, _) => Posted { message, duplicate: true },
                Fate::New(place) => Posted { message: at(place)?, duplicate: false },
                Fate::Again(place) => Posted { message: at(place)?, duplicate: true },
            })
        });
        Ok(posted.collect())
    })
}

/// Decides about one send, after those before it in the batch; one that is to be stored goes into `new`.
fn fate(held: &HeldRoom, post: Post, new: &mut Vec<Draft>) -> Result<Fate> {
    let Post { viewer, scope, draft, .. } = post;
    let role = held.role(draft.sender);
    if !scope.has(&held.room, role) {
        return Err(Error::not_found().at("roomId"));
    }
    let standing = Standing::of(&viewer, &held.room, role);
    allow(standing, Action::Post).map_err(|refusal| refusal.at("roomId"))?;
    if let Some(id) = &draft.client_message_id {
        if let Some(message) = held.earlier(draft.sender, id) {
            // One that was edited or deleted since no longer says what was sent.
            let as_sent = message.edited_at.is_none() && message.deleted_at.is_none();
            let said = as_sent.then_some((message.text.as_str(), usize::from(message.attachments)));
            same(said, message.reply_to, &draft)?;
            return Ok(Fate::Known(message.clone(), draft.files));
        }
        let is_same = |other: &Draft| {
            other.sender == draft.sender && other.client_message_id == draft.client_message_id
        };
        if let Some((place, other)) = new.iter().enumerate().find(|(_, other)| is_same(other)) {
            same(Some((&other.text, other.files.len())), other.reply_to, &draft)?;
            return Ok(Fate::Again(place));
        }
    }
    if let Some(message) = draft.reply_to {
        check_answered(held, message)?;
    }
    new.push(draft);
    Ok(Fate::New(new.len() - 1))
}

/// What is answered has to be there, in the same room, and to say something still.
fn check_answered(held: &HeldRoom, message: MessageKey) -> Result<()> {
    let refusal = match held.answered(message) {
        None => Error::not_found(),
        Some(true) => Error::new(Code::Conflict, Text::MessageDeleted),
        Some(false) => return Ok(()),
    };
    Err(refusal.at("replyToId"))
}

/// A repeated send is the same send; another text, other files or another message answered under its id are a
/// mistake of the client.
fn same(said: Option<(&str, usize)>, reply_to: Option<MessageKey>, draft: &Draft) -> Result<()> {
    let says_same = said.is_none_or(|(text, files)| text == draft.text && files == draft.files.len());
    if says_same && reply_to == draft.reply_to { Ok(()) } else { Err(reused()) }
}

fn reused() -> Error {
    Error::new(Code::Conflict, Text::ClientMessageIdReused).at("clientMessageId")
}
