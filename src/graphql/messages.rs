//! Messages in the schema. Sending them is in `messages/posting.rs`, changing them in `messages/editing.rs`,
//! reacting to them in `messages/reactions.rs`.

mod editing;
mod posting;
mod reactions;

use async_graphql::{Context, ID, MergedObject, Object, SimpleObject};

use crate::app::messages::{MessageList, Sent, log_place};
use crate::app::search::Findings;
use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::messages::MessageRef;
use crate::domain::paging::{List, Page, PageArgs, Place};
use crate::domain::rooms::RoomView;
use crate::error::{Code, Error, Text};
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, viewer};
use crate::graphql::error::{Nullable, expose, top_level};
use crate::graphql::ids::DateTime;
use crate::graphql::loaders::{EditsOf, FilesOf, HistoryEnd, ReactionsTo, RepliesEnd, RepliesTo, load};
use crate::graphql::media::Attachment;
use crate::graphql::rooms::Room;
use crate::graphql::users::User;

use reactions::ReactionGroup;

/// One message.
pub(super) struct Message {
    message: domain::messages::Message,
    sender: Sender,
}

/// Who sent a message, as far as it was read along.
enum Sender {
    Unread,
    Read(Option<Box<domain::users::User>>),
}

impl From<Sent> for Message {
    fn from((message, sender): Sent) -> Self {
        Self { message, sender: Sender::Read(sender.map(Box::new)) }
    }
}

impl From<domain::messages::Message> for Message {
    fn from(message: domain::messages::Message) -> Self {
        Self { message, sender: Sender::Unread }
    }
}

/// One message.
#[Object]
impl Message {
    pub(super) async fn id(&self) -> ID {
        ID(GlobalId::Message(self.message.key).encode())
    }

    async fn room(&self, ctx: &Context<'_>) -> async_graphql::Result<Room> {
        let view = load(ctx, self.message.room).await?;
        view.map(Room).ok_or_else(|| top_level(ctx, &Error::not_found()))
    }

    /// 1, 2, 3 ... within its room, in the order stored: no gaps, no ties.
    async fn seq(&self) -> i64 {
        self.message.seq
    }

    /// Null once the account is gone.
    async fn sender(&self, ctx: &Context<'_>) -> Nullable<User> {
        match (&self.sender, self.message.sender) {
            (Sender::Read(sender), _) => sender.clone().map(|sender| Ok(User::from(*sender))),
            (Sender::Unread, Some(sender)) => {
                load(ctx, sender).await.transpose().map(|sender| sender.map(User::from))
            }
            (Sender::Unread, None) => None,
        }
    }

    /// Empty when deleted, or when only files were sent.
    async fn text(&self) -> &str {
        &self.message.text
    }

    async fn created_at(&self) -> DateTime {
        self.message.created_at.into()
    }

    /// The message that this one answers, which may have been deleted since.
    async fn reply_to(&self, ctx: &Context<'_>) -> Nullable<Self> {
        load(ctx, self.message.reply_to?).await.transpose().map(|sent| sent.map(Self::from))
    }

    /// Replies to this message, oldest to newest, deleted ones at their places.
    async fn replies(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<MessageConnection> {
        MessageConnection::of_replies(ctx, &self.message, &PageArgs { first, after, last, before }).await
    }

    /// How many replies there are, deleted ones among them.
    async fn reply_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i64> {
        Ok(load(ctx, RepliesTo(self.message.key)).await?.unwrap_or_default())
    }

    /// Its files, in the order given.
    async fn attachments(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Attachment>> {
        if self.message.attachments == 0 {
            return Ok(Vec::new());
        }
        let files = load(ctx, FilesOf(self.message.key)).await?;
        Ok(files.unwrap_or_default().into_iter().map(Attachment).collect())
    }

    /// By emoji, those used first before others.
    async fn reactions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ReactionGroup>> {
        if self.message.reactions == 0 {
            return Ok(Vec::new());
        }
        let groups = load(ctx, ReactionsTo(self.message.key)).await?;
        Ok(groups.unwrap_or_default().into_iter().map(ReactionGroup).collect())
    }

    /// The sender's own key for this send; null for everyone else.
    async fn client_message_id(&self, ctx: &Context<'_>) -> Option<&str> {
        let own = viewer(ctx).signed_in().is_some_and(|caller| Some(caller.user) == self.message.sender);
        self.message.client_message_id.as_deref().filter(|_| own)
    }

    async fn edited_at(&self) -> Option<DateTime> {
        self.message.edited_at.map(DateTime::from)
    }

    /// Set once deleted; seq stays, text and attachments are emptied.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.message.deleted_at.map(DateTime::from)
    }

    /// What it said before, oldest first; the server keeps the newest few.
    async fn edits(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<MessageEdit>> {
        if self.message.edited_at.is_none() || self.message.deleted_at.is_some() {
            return Ok(Vec::new());
        }
        let edits = load(ctx, EditsOf(self.message.key)).await?.unwrap_or_default();
        let edit = |edit: domain::messages::MessageEdit| MessageEdit {
            text: edit.text,
            edited_at: edit.edited_at.into(),
        };
        Ok(edits.into_iter().map(edit).collect())
    }
}

/// What a message said before.
#[derive(SimpleObject)]
pub(super) struct MessageEdit {
    text: String,
    /// When another text took its place.
    edited_at: DateTime,
}

/// The cursor pages history, and resumes messageAdded and roomEvents.
#[derive(SimpleObject)]
pub(super) struct MessageEdge {
    pub(super) cursor: String,
    pub(super) node: Message,
}

connection!(MessageConnection, MessageEdge, Message);

impl MessageConnection {
    /// One room's page where many rooms may be asked for theirs at once.
    pub(super) async fn of_room(
        ctx: &Context<'_>,
        view: &RoomView,
        args: &PageArgs,
    ) -> async_graphql::Result<Self> {
        let room = view.room.key;
        let page = expose(ctx, app(ctx).message_page(viewer(ctx), view, args))?;
        let list = match page {
            Page { end, limit, after: None, before: None } => {
                load(ctx, HistoryEnd { room, end, limit }).await?.unwrap_or_default()
            }
            page => expose(ctx, app(ctx).messages(viewer(ctx), view, page).await)?,
        };
        Ok(Self::in_room(ctx, view, list))
    }

    /// One room's messages on either side of one of them.
    pub(super) async fn around(
        ctx: &Context<'_>,
        view: &RoomView,
        middle: (Option<ID>, Option<i64>),
        count: i32,
    ) -> async_graphql::Result<Self> {
        let found = async {
            let middle = match middle {
                (Some(id), None) => MessageRef::Key(GlobalId::message(&id, "messageId")?),
                (None, Some(seq)) => MessageRef::Seq(seq),
                _ => return Err(Error::new(Code::BadInput, Text::OneOfMessageOrSeq).at("messageId")),
            };
            app(ctx).messages_around(viewer(ctx), view, middle, count).await
        };
        let list = expose(ctx, found.await)?;
        Ok(Self::in_room(ctx, view, list))
    }

    /// The replies to a message where many messages may be asked for theirs at once.
    async fn of_replies(
        ctx: &Context<'_>,
        answered: &domain::messages::Message,
        args: &PageArgs,
    ) -> async_graphql::Result<Self> {
        let message = answered.key;
        let page = expose(ctx, app(ctx).reply_page(viewer(ctx), answered, args))?;
        let list = match page {
            Page { end, limit, after: None, before: None } => {
                load(ctx, RepliesEnd { message, end, limit }).await?.unwrap_or_default()
            }
            page => expose(ctx, app(ctx).replies(viewer(ctx), message, page).await)?,
        };
        Ok(Self::in_log(ctx, list, Total::Replies(message)))
    }

    /// What a search found.
    pub(super) fn found(ctx: &Context<'_>, list: Findings) -> Self {
        let place = |(message, _): &Sent| cursor(ctx, List::Findings, Findings::place(message));
        Self::with(MessageList { slice: list.slice.clone() }, place, Total::Findings(list))
    }

    fn in_room(ctx: &Context<'_>, view: &RoomView, list: MessageList) -> Self {
        Self::in_log(ctx, list, Total::Known(view.room.last_seq))
    }

    fn in_log(ctx: &Context<'_>, list: MessageList, total: Total) -> Self {
        let place = |(message, _): &Sent| {
            let (list, place) = log_place(message);
            cursor(ctx, list, place)
        };
        Self::with(list, place, total)
    }

    fn with(list: MessageList, place: impl Fn(&Sent) -> String, total: Total) -> Self {
        let page_info = PageInfo::of(&list.slice, &place);
        let edges = list.slice.items.into_iter();
        let edges = edges.map(|sent| MessageEdge { cursor: place(&sent), node: sent.into() }).collect();
        Self { edges, page_info, total }
    }
}

/// All that is done to messages.
#[derive(Debug, Default, MergedObject)]
pub struct MessageMutation(posting::PostingMutation, editing::EditingMutation, reactions::ReactionMutation);

#[derive(Debug, Default)]
pub struct MessageQuery;

#[Object]
impl MessageQuery {
    /// Oldest to newest: one room, or every room you are in when roomId is left out.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        room_id: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<MessageConnection> {
        let args = PageArgs { first, after, last, before };
        let Some(room_id) = room_id else {
            let list = expose(ctx, app(ctx).messages_of_all(viewer(ctx), &args).await)?;
            let place = |(message, _): &Sent| cursor(ctx, List::Messages, Place::at(message.key.0));
            return Ok(MessageConnection::with(list, place, Total::AllMessages));
        };
        let found = async { app(ctx).history(viewer(ctx), GlobalId::room(&room_id, "roomId")?, &args).await };
        let (view, list) = expose(ctx, found.await)?;
        Ok(MessageConnection::in_room(ctx, &view, list))
    }
}
