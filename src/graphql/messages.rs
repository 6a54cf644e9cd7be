//! Messages in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::app::messages::{MessageList, PostMessage, Posted, Sent, log_place};
use crate::app::search::Findings;
use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::messages::MessageRef;
use crate::domain::paging::{List, Page, PageArgs, Place};
use crate::domain::rooms::RoomView;
use crate::error::{Code, Error, Text};
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, viewer};
use crate::graphql::error::{Nullable, UserError, expose, settle, top_level};
use crate::graphql::ids::DateTime;
use crate::graphql::loaders::{EditsOf, FilesOf, HistoryEnd, load};
use crate::graphql::media::{Attachment, files};
use crate::graphql::rooms::Room;
use crate::graphql::users::User;

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

    /// Its files, in the order given.
    async fn attachments(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Attachment>> {
        if self.message.attachments == 0 {
            return Ok(Vec::new());
        }
        let files = load(ctx, FilesOf(self.message.key)).await?;
        Ok(files.unwrap_or_default().into_iter().map(Attachment).collect())
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

    /// What a search found.
    pub(super) fn found(ctx: &Context<'_>, list: Findings) -> Self {
        let place = |(message, _): &Sent| cursor(ctx, List::Findings, Findings::place(message));
        Self::with(MessageList { slice: list.slice.clone() }, place, Total::Findings(list))
    }

    fn in_room(ctx: &Context<'_>, view: &RoomView, list: MessageList) -> Self {
        let place = |(message, _): &Sent| {
            let (list, place) = log_place(message);
            cursor(ctx, list, place)
        };
        Self::with(list, place, Total::Known(view.room.last_seq))
    }

    fn with(list: MessageList, place: impl Fn(&Sent) -> String, total: Total) -> Self {
        let page_info = PageInfo::of(&list.slice, &place);
        let edges = list.slice.items.into_iter();
        let edges = edges.map(|sent| MessageEdge { cursor: place(&sent), node: sent.into() }).collect();
        Self { edges, page_info, total }
    }
}

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

#[derive(InputObject)]
pub(super) struct SendMessageInput {
    room_id: ID,
    #[graphql(default)]
    text: String,
    /// Tickets of createUpload whose bytes are sent, in the order to show them.
    #[graphql(default)]
    upload_ids: Vec<ID>,
    /// Your own key for this send. Repeat it, now or next year, and the first message comes back, never a second.
    client_message_id: Option<String>,
}

#[derive(InputObject)]
pub(super) struct SendDirectMessageInput {
    user_id: ID,
    #[graphql(default)]
    text: String,
    #[graphql(default)]
    upload_ids: Vec<ID>,
    client_message_id: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct SendMessagePayload {
    message: Option<Message>,
    edge: Option<MessageEdge>,
    /// True when clientMessageId had been used before.
    duplicate: bool,
    errors: Vec<UserError>,
}

impl SendMessagePayload {
    fn of(ctx: &Context<'_>, outcome: crate::error::Result<Posted>) -> async_graphql::Result<Self> {
        Ok(match settle(ctx, outcome)? {
            Ok(Posted { message, duplicate }) => {
                let (list, place) = log_place(&message);
                let edge = MessageEdge { cursor: cursor(ctx, list, place), node: message.clone().into() };
                Self { message: Some(message.into()), edge: Some(edge), duplicate, errors: Vec::new() }
            }
            Err(errors) => Self { errors, ..Default::default() },
        })
    }
}

#[derive(InputObject)]
pub(super) struct EditMessageInput {
    message_id: ID,
    text: String,
}

#[derive(SimpleObject, Default)]
pub(super) struct EditMessagePayload {
    message: Option<Message>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct DeleteMessageInput {
    message_id: ID,
}

#[derive(SimpleObject, Default)]
pub(super) struct DeleteMessagePayload {
    /// What is left of it: its place and number, without its text.
    message: Option<Message>,
    deleted_message_id: Option<ID>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct MessageMutation;

#[Object]
impl MessageMutation {
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        input: SendMessageInput,
    ) -> async_graphql::Result<SendMessagePayload> {
        let SendMessageInput { room_id, text, upload_ids, client_message_id } = input;
        let outcome = async {
            let room = GlobalId::room(&room_id, "roomId")?;
            let uploads = files(&upload_ids)?;
            app(ctx)
                .post(
                    viewer(ctx),
                    room,
                    PostMessage { text, client_message_id, uploads, ..PostMessage::default() },
                )
                .await
        };
        SendMessagePayload::of(ctx, outcome.await)
    }

    /// Opens the DUO room if there is none, then sends.
    async fn send_direct_message(
        &self,
        ctx: &Context<'_>,
        input: SendDirectMessageInput,
    ) -> async_graphql::Result<SendMessagePayload> {
        let SendDirectMessageInput { user_id, text, upload_ids, client_message_id } = input;
        let outcome = async {
            let to = GlobalId::user(&user_id, "userId")?;
            let uploads = files(&upload_ids)?;
            app(ctx)
                .post_direct(
                    viewer(ctx),
                    to,
                    PostMessage { text, client_message_id, uploads, ..PostMessage::default() },
                )
                .await
        };
        SendMessagePayload::of(ctx, outcome.await)
    }

    /// Gives a message of your own another text. What it said before stays readable under edits.
    async fn edit_message(
        &self,
        ctx: &Context<'_>,
        input: EditMessageInput,
    ) -> async_graphql::Result<EditMessagePayload> {
        let outcome = async {
            let key = GlobalId::message(&input.message_id, "messageId")?;
            app(ctx).edit_message(viewer(ctx), key, input.text).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(message) => EditMessagePayload { message: Some(message.into()), errors: Vec::new() },
            Err(errors) => EditMessagePayload { errors, ..Default::default() },
        })
    }

    /// Empties a message, for everyone and for good. Your own; in a room that you moderate others', too.
    async fn delete_message(
        &self,
        ctx: &Context<'_>,
        input: DeleteMessageInput,
    ) -> async_graphql::Result<DeleteMessagePayload> {
        let outcome = async {
            let key = GlobalId::message(&input.message_id, "messageId")?;
            app(ctx).delete_message(viewer(ctx), key).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(message) => DeleteMessagePayload {
                message: Some(message.into()),
                deleted_message_id: Some(input.message_id),
                errors: Vec::new(),
            },
            Err(errors) => DeleteMessagePayload { errors, ..Default::default() },
        })
    }
}
