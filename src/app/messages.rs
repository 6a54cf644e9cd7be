//! Messages: sending, and reading history. Changing what was sent is in `messages/editing.rs`, reactions to it in
//! `messages/reactions.rs`, answers in `messages/replies.rs`, sending to one person at a dialect's door in `messages/direct.rs`.

mod amending;
mod direct;
mod editing;
mod posting;
mod reactions;
mod replies;

use uuid::Uuid;

use crate::app::rooms::direct_room;
use crate::app::{App, allow, person};
use crate::domain::events::LogPlace;
use crate::domain::ids::{MessageKey, RoomKey};
use crate::domain::messages::{
    Blank, Message, MessageRef, RoomScope, check_client_message_id, check_message_size, check_message_text,
};
use crate::domain::paging::{End, List, Page, PageArgs, Place, Slice};
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::{RoomRef, RoomView};
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::storage::sends::Draft;
use crate::storage::{messages, rooms, users};

pub(in crate::app) use posting::post_all;

pub use crate::storage::messages::Sent;
pub use reactions::ReactorList;

/// A message, as asked to be sent.
#[derive(Debug, Clone, Default)]
pub struct PostMessage {
    pub text: String,
    pub client_message_id: Option<String>,
    pub blank: Blank,
    pub scope: RoomScope,
    /// A message of the same room that this one answers.
    pub reply_to: Option<MessageKey>,
    /// Uploads of the caller's that are complete and in no message yet.
    pub uploads: Vec<Uuid>,
}

/// A message that has passed all checks but those that need its room.
#[derive(Debug, Clone)]
pub(in crate::app) struct Post {
    viewer: Viewer,
    caller: SignedIn,
    scope: RoomScope,
    draft: Draft,
}

impl Post {
    fn has_files(&self) -> bool {
        !self.draft.files.is_empty()
    }
}

/// A message that is stored, and whether it had been before.
#[derive(Debug, Clone)]
pub struct Posted {
    pub message: Message,
    pub duplicate: bool,
}

/// One page of messages.
#[derive(Debug, Clone, Default)]
pub struct MessageList {
    pub slice: Slice<Sent>,
}

/// The list that a room's messages, and its live events, are places of.
pub fn log_place(message: &Message) -> (List, Place) {
    LogPlace { position: message.position, seq: message.seq }.in_list(message.room)
}

impl App {
    /// Stores a message at the end of a room's log.
    pub async fn post(&self, viewer: &Viewer, room: Uuid, request: PostMessage) -> Result<Posted> {
        let post = self.check_post(viewer, request)?;
        let posted = if post.has_files() {
            // With files there is more to store than a batch does.
            self.store
                .write(move |conn| {
                    Box::pin(async move {
                        let mut posted = post_all(conn, room, vec![post]).await?;
                        posted.pop().unwrap_or_else(|| Err(Error::not_found()))
                    })
                })
                .await
        } else {
            self.posts.send(room, post).await
        }?;
        self.stored(&posted).await;
        Ok(posted)
    }

    /// Stores a message in a room that is known by either of its names.
    pub async fn post_at(&self, viewer: &Viewer, room: RoomRef, request: PostMessage) -> Result<Posted> {
        let room = self.room_id(room).await?;
        self.post(viewer, room, request).await
    }

    /// Stores a message in the room of two people, which is made if there is none.
    pub async fn post_direct(&self, viewer: &Viewer, to: Uuid, request: PostMessage) -> Result<Posted> {
        let post = self.check_post(viewer, request)?;
        let caller = post.caller;
        if to == caller.user_id {
            return Err(Error::new(Code::BadInput, Text::DirectToSelf).at("userId"));
        }
        let posted = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let other = users::get_by_id(conn, to).await?;
                    let other = other.ok_or_else(|| Error::not_found().at("userId"))?;
                    let (room, _) = direct_room(conn, caller, other, post.draft.created_at).await?;
                    let mut posted = post_all(conn, room.id, vec![post]).await?;
                    posted.pop().unwrap_or_else(|| Err(Error::not_found()))
                })
            })
            .await?;
        self.stored(&posted).await;
        Ok(posted)
    }

    fn check_post(&self, viewer: &Viewer, request: PostMessage) -> Result<Post> {
        let caller = person(viewer)?;
        let PostMessage { text, client_message_id, blank, scope, reply_to, uploads } = request;
        match blank {
            Blank::Refused => check_message_text(&text, uploads.len(), self.bounds.text)?,
            Blank::Kept => check_message_size(&text, self.bounds.text)?,
        }
        if uploads.len() > self.files.attachments_max {
            let text = Text::TooMany { max: self.files.attachments_max };
            return Err(Error::new(Code::TooLong, text).at("uploadIds"));
        }
        if let Some(id) = &client_message_id {
            check_client_message_id(id)?;
        }
        self.limits.send(caller.user)?;
        let (created_at, files) = (self.clock.now(), uploads);
        let draft = Draft { sender: caller.user, text, client_message_id, created_at, reply_to, files };
        Ok(Post { viewer: *viewer, caller, scope, draft })
    }

    /// Those of several messages that the viewer may read, in no order.
    pub async fn messages_by_key(&self, viewer: &Viewer, keys: Vec<MessageKey>) -> Result<Vec<Sent>> {
        let caller = person(viewer)?;
        self.store
            .read(move |conn| Box::pin(async move { messages::get_many(conn, &keys, caller.user).await }))
            .await
    }

    /// Checks that the viewer may read `view`, and what page is asked for.
    pub fn message_page(&self, viewer: &Viewer, view: &RoomView, args: &PageArgs) -> Result<Page> {
        allow(Standing::of(viewer, &view.room, view.role), Action::Read)?;
        args.check(self.epoch(), List::Log(view.room.key), self.bounds.pages)
    }

    /// One room's messages, oldest to newest, with the room: both in one go, since this is the page that
    /// people wait for.
    pub async fn history(
        &self,
        viewer: &Viewer,
        room: Uuid,
        args: &PageArgs,
    ) -> Result<(RoomView, MessageList)> {
        let caller = person(viewer)?;
        let (viewer, args, sizes, epoch) = (*viewer, args.clone(), self.bounds.pages, self.epoch());
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let view = rooms::find_view(conn, room, caller.user).await?;
                    let view = view.ok_or_else(|| Error::not_found().at("roomId"))?;
                    allow(Standing::of(&viewer, &view.room, view.role), Action::Read)?;
                    let page = args.check(epoch, List::Log(view.room.key), sizes)?;
                    let slice = messages::page(conn, view.room.key, &page).await?;
                    Ok((view, MessageList { slice }))
                })
            })
            .await
    }

    /// One room's messages, oldest to newest.
    pub async fn messages(&self, viewer: &Viewer, view: &RoomView, page: Page) -> Result<MessageList> {
        allow(Standing::of(viewer, &view.room, view.role), Action::Read)?;
        let room = view.room.key;
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { messages::page(conn, room, &page).await }))
            .await?;
        Ok(MessageList { slice })
    }

    /// One room's messages on either side of one of them, which is in the middle.
    ///
    /// # Errors
    /// `NOT_FOUND` where the message is none of the room's. A number that no message has yet, or had, is that of
    /// the nearest.
    pub async fn messages_around(
        &self,
        viewer: &Viewer,
        view: &RoomView,
        middle: MessageRef,
        count: i32,
    ) -> Result<MessageList> {
        allow(Standing::of(viewer, &view.room, view.role), Action::Read)?;
        // Both sides together are a page.
        let max = self.bounds.pages.max.saturating_sub(1) / 2;
        let count = u16::try_from(count).ok().filter(|count| *count <= max).ok_or_else(|| {
            Error::new(Code::BadInput, Text::OutOfRange { min: 0, max: max.into() }).at("count")
        })?;
        let (room, last_seq) = (view.room.key, view.room.last_seq);
        let slice = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    let middle = match middle {
                        MessageRef::Seq(_) if last_seq == 0 => return Ok(Slice::default()),
                        MessageRef::Seq(seq) => MessageRef::Seq(seq.clamp(1, last_seq)),
                        MessageRef::Key(_) => middle,
                    };
                    let position = messages::position(conn, room, middle).await?;
                    let position = position.ok_or_else(|| Error::not_found().at("messageId"))?;
                    let place = Place::at(position);
                    let before = Page { end: End::Last, limit: count, after: None, before: Some(place) };
                    let from = Place::at(position - 1);
                    let rest = Page { end: End::First, limit: count + 1, after: Some(from), before: None };
                    let before = messages::page(conn, room, &before).await?;
                    let rest = messages::page(conn, room, &rest).await?;
                    let items = before.items.into_iter().chain(rest.items).collect();
                    Ok(Slice { items, has_previous: before.has_previous, has_next: rest.has_next })
                })
            })
            .await?;
        Ok(MessageList { slice })
    }

    /// The same end of several rooms' histories, each of which the viewer may read.
    pub async fn message_ends(
        &self,
        viewer: &Viewer,
        keys: Vec<RoomKey>,
        end: End,
        limit: u16,
    ) -> Result<Vec<(RoomKey, MessageList)>> {
        person(viewer)?;
        let wanted = keys.clone();
        let found = self
            .store
            .read(move |conn| Box::pin(async move { messages::ends(conn, &wanted, end, limit).await }))
            .await?;
        let page = Page { end, limit, after: None, before: None };
        let lists = keys.into_iter().map(|room| {
            let mut rows: Vec<Sent> =
                found.iter().filter(|(message, _)| message.room == room).cloned().collect();
            if end == End::Last {
                rows.reverse();
            }
            (room, MessageList { slice: Slice::cut(&page, rows) })
        });
        Ok(lists.collect())
    }

    /// The messages of every room the viewer is in, in the order stored.
    pub async fn messages_of_all(&self, viewer: &Viewer, args: &PageArgs) -> Result<MessageList> {
        let caller = person(viewer)?;
        let page = args.check(self.epoch(), List::Messages, self.bounds.pages)?;
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { messages::page_of_all(conn, caller.user, &page).await }))
            .await?;
        Ok(MessageList { slice })
    }

    pub async fn count_messages_of_all(&self, viewer: &Viewer) -> Result<i64> {
        let caller = person(viewer)?;
        self.store.read(move |conn| Box::pin(messages::count_of_all(conn, caller.user))).await
    }
}
