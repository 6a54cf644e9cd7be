//! Events of rooms in the schema.

use async_graphql::{Context, ID, Interface, Object, SimpleObject};

use crate::app::live::{ChangePage, Moment, Resume, RoomName, Told};
use crate::domain::events::{Amendment, Happening, RoomChange, RoomEvent as LogEvent};
use crate::domain::ids::{GlobalId, RoomKey};
use crate::error::{Error, Result};
use crate::graphql::context::app;
use crate::graphql::error::Nullable;
use crate::graphql::ids::{DateTime, MemberRole};
use crate::graphql::live::Shown;
use crate::graphql::loaders::load;
use crate::graphql::messages::{Message, MessageEdge};
use crate::graphql::rooms::Room;
use crate::graphql::users::User;

/// One change in a room. Keep cursor: any later subscription can go on from it, across restarts and nodes.
#[derive(Interface)]
#[graphql(
    field(name = "cursor", ty = "&String"),
    field(name = "at", ty = "&DateTime"),
    field(name = "replayed", ty = "&bool"),
    field(name = "room_id", ty = "Option<&ID>", desc = "Null when it is about the whole inbox.")
)]
pub(super) enum RoomEvent {
    SubscriptionStarted(SubscriptionStarted),
    CaughtUp(CaughtUp),
    HistoryTrimmed(HistoryTrimmed),
    MessageAdded(MessageAdded),
    MessageChanged(MessageChanged),
    MessageDeleted(MessageDeleted),
    MemberChanged(MemberChanged),
    RoomChanged(RoomChanged),
    ReadMoved(ReadMoved),
}

/// First event of every subscription: it is active, and replay will carry this many events before going live.
#[derive(SimpleObject)]
pub(super) struct SubscriptionStarted {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: Option<ID>,
    backlog: i64,
}

/// Everything up to here has been delivered; live from now on.
#[derive(SimpleObject)]
pub(super) struct CaughtUp {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: Option<ID>,
}

/// Retention removed part of what you asked for: seqs fromSeq to toSeq are gone for everyone.
#[derive(SimpleObject)]
pub(super) struct HistoryTrimmed {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: ID,
    from_seq: i64,
    to_seq: i64,
}

/// A message that joined the room.
#[derive(SimpleObject)]
pub(super) struct MessageAdded {
    /// Keep it to resume; the same as edge.cursor.
    cursor: String,
    at: DateTime,
    /// True while catching up, false once live.
    replayed: bool,
    room_id: ID,
    message: Message,
    /// For Relay's @appendEdge.
    edge: MessageEdge,
}

/// A message was edited, or the reactions to it changed: the message as it is now.
#[derive(SimpleObject)]
pub(super) struct MessageChanged {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: ID,
    message: Message,
}

/// Deleted: drop its text; its seq stays taken.
#[derive(SimpleObject)]
pub(super) struct MessageDeleted {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: ID,
    message_id: ID,
    seq: i64,
}

/// Someone joined, left or changed role.
#[derive(SimpleObject)]
pub(super) struct MemberChanged {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: ID,
    user: User,
    /// Null: no longer a member.
    role: Option<MemberRole>,
}

/// The room itself changed, or came into or went out of your sight.
pub(super) struct RoomChanged {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: ID,
    room: Option<RoomKey>,
}

/// The room itself changed, or came into or went out of your sight.
#[Object]
impl RoomChanged {
    async fn cursor(&self) -> &String {
        &self.cursor
    }

    async fn at(&self) -> &DateTime {
        &self.at
    }

    async fn replayed(&self) -> &bool {
        &self.replayed
    }

    async fn room_id(&self) -> &ID {
        &self.room_id
    }

    /// Null: you can no longer see it.
    async fn room(&self, ctx: &Context<'_>) -> Nullable<Room> {
        load(ctx, self.room?).await.transpose().map(|room| room.map(Room))
    }
}

/// Someone read further.
#[derive(SimpleObject)]
pub(super) struct ReadMoved {
    cursor: String,
    at: DateTime,
    replayed: bool,
    room_id: ID,
    user: User,
    /// seq of the newest message that they had read then.
    last_read_seq: i64,
}

/// One page of changes.
#[derive(SimpleObject)]
pub(super) struct RoomEventPage {
    events: Vec<RoomEvent>,
    end_cursor: String,
    has_more: bool,
}

impl RoomEventPage {
    pub(super) fn of(ctx: &Context<'_>, page: ChangePage) -> Result<Self> {
        let shown = page.events.into_iter().map(Shown::known);
        Ok(Self {
            events: shown.map(|shown| RoomEvent::of(ctx, &shown)).collect::<Result<_>>()?,
            end_cursor: resume_cursor(ctx, &page.end),
            has_more: page.more,
        })
    }
}

impl MessageAdded {
    /// `None` when it is not a message that is shown.
    pub(super) fn of(ctx: &Context<'_>, shown: &Shown) -> Option<Self> {
        let Shown { told, person } = shown;
        let Moment::Event(entry) = &told.moment else { return None };
        let message = || {
            let sender = person.as_deref().cloned();
            entry.event.message().cloned().map(|message| Message::from((message, sender)))
        };
        let cursor = resume_cursor(ctx, &told.place);
        Some(Self {
            at: told.at.into(),
            replayed: told.replayed,
            room_id: told.room.map(room_id)?,
            message: message()?,
            edge: MessageEdge { cursor: cursor.clone(), node: message()? },
            cursor,
        })
    }
}

impl RoomEvent {
    pub(super) fn of(ctx: &Context<'_>, shown: &Shown) -> Result<Self> {
        if let Some(added) = MessageAdded::of(ctx, shown) {
            return Ok(Self::MessageAdded(added));
        }
        let Told { room, moment, at, place, replayed } = &shown.told;
        let (cursor, at, replayed) = (resume_cursor(ctx, place), *at, *replayed);
        let name = || room.ok_or_else(|| Error::internal("an event of a room has no room"));
        let changed = |room| -> Result<Self> {
            let (cursor, at, room_id) = (cursor.clone(), at.into(), room_id(name()?));
            Ok(Self::RoomChanged(RoomChanged { cursor, at, replayed, room_id, room }))
        };
        match moment {
            Moment::Started { backlog } => Ok(Self::SubscriptionStarted(SubscriptionStarted {
                cursor,
                at: at.into(),
                replayed,
                room_id: room.map(room_id),
                backlog: *backlog,
            })),
            Moment::CaughtUp => {
                let room_id = room.map(room_id);
                Ok(Self::CaughtUp(CaughtUp { cursor, at: at.into(), replayed, room_id }))
            }
            Moment::Trimmed { from_seq, to_seq } => Ok(Self::HistoryTrimmed(HistoryTrimmed {
                cursor,
                at: at.into(),
                replayed,
                room_id: room_id(name()?),
                from_seq: *from_seq,
                to_seq: *to_seq,
            })),
            Moment::Appeared => changed(Some(name()?.key)),
            Moment::Vanished => changed(None),
            Moment::Activity(_) | Moment::Typing(_) => {
                Err(Error::internal("a room's activity was shown as an event"))
            }
            Moment::Event(entry) => Self::happened(shown, &entry.event, cursor, name()?),
        }
    }

    fn happened(shown: &Shown, event: &LogEvent, cursor: String, name: RoomName) -> Result<Self> {
        let (at, room_id, replayed) = (shown.told.at.into(), room_id(name), shown.told.replayed);
        let person = shown.person.as_deref().cloned();
        let (change, person) = match (&event.what, person) {
            (Happening::Message(_), _) => {
                return Err(Error::internal("a message was shown as something else"));
            }
            (Happening::Amended { how: Amendment::Edited | Amendment::Reacted, message, .. }, sender) => {
                let message = Message::from((message.clone(), sender));
                let changed = MessageChanged { cursor, at, replayed, room_id, message };
                return Ok(Self::MessageChanged(changed));
            }
            (Happening::Amended { how: Amendment::Deleted, message, .. }, _) => {
                let (message_id, seq) = (ID(GlobalId::Message(message.key).encode()), message.seq);
                let deleted = MessageDeleted { cursor, at, replayed, room_id, message_id, seq };
                return Ok(Self::MessageDeleted(deleted));
            }
            (Happening::Change { change, .. }, person) => (*change, person),
        };
        let (person, role) = match (change, person) {
            (RoomChange::MemberSet { role, .. }, Some(person)) => (person, Some(role.into())),
            (RoomChange::MemberGone { .. }, Some(person)) => (person, None),
            (RoomChange::ReadMoved { seq, .. }, Some(person)) => {
                let (user, last_read_seq) = (person.into(), seq);
                return Ok(Self::ReadMoved(ReadMoved { cursor, at, replayed, room_id, user, last_read_seq }));
            }
            (RoomChange::RoomDeleted, _) => {
                return Ok(Self::RoomChanged(RoomChanged { cursor, at, replayed, room_id, room: None }));
            }
            // Whose account is gone cannot be named; that there are other members can be said.
            (
                RoomChange::RoomEdited
                | RoomChange::MemberSet { .. }
                | RoomChange::MemberGone { .. }
                | RoomChange::ReadMoved { .. },
                _,
            ) => {
                let room = Some(event.room);
                return Ok(Self::RoomChanged(RoomChanged { cursor, at, replayed, room_id, room }));
            }
        };
        let user = person.into();
        Ok(Self::MemberChanged(MemberChanged { cursor, at, replayed, room_id, user, role }))
    }
}

fn room_id(name: RoomName) -> ID {
    ID(GlobalId::Room(name.id).encode())
}

/// The cursor that goes on from a place.
fn resume_cursor(ctx: &Context<'_>, place: &Resume) -> String {
    place.cursor(app(ctx).epoch())
}
