//! Rooms in the schema. Who is in them is in `rooms/membership.rs`, who has read how far in
//! `rooms/read_marks.rs`.

mod archive;
mod membership;
mod read_marks;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use secrecy::SecretString;

use crate::app::rooms::{CreateRoom, RoomChangeRequest, RoomList};
use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::paging::{End, List, PageArgs};
use crate::domain::rooms::RoomView;
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, links, viewer};
use crate::graphql::error::{Nullable, UserError, expose, settle};
use crate::graphql::events::RoomEventPage;
use crate::graphql::ids::{DateTime, MemberRole, RoomKind, RoomScope, RoomVisibility};
use crate::graphql::loaders::{HistoryEnd, NameOf, load};
use crate::graphql::messages::{Message, MessageConnection};
use crate::graphql::users::{User, said};

use read_marks::RoomViewerState;

pub(super) use archive::ArchiveMutation;
pub(super) use membership::{MembershipMutation, RoomMemberConnection};
pub(super) use read_marks::ReadMarkMutation;

/// Messages on each side of one, unless asked otherwise.
const AROUND_DEFAULT: i32 = 25;

/// A conversation.
pub(super) struct Room(pub(super) RoomView);

/// A conversation.
#[Object]
impl Room {
    pub(super) async fn id(&self) -> ID {
        ID(GlobalId::Room(self.0.room.id).encode())
    }

    /// The number that legacy REST callers know.
    async fn database_id(&self) -> i64 {
        self.0.room.key.0
    }

    /// The given name; for SELF and DUO, made from the members.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let room = &self.0.room;
        match room.kind {
            domain::rooms::RoomKind::Group => Ok(room.name.clone()),
            domain::rooms::RoomKind::SelfNotes | domain::rooms::RoomKind::Duo => {
                Ok(load(ctx, NameOf(room.key)).await?.unwrap_or_default())
            }
        }
    }

    async fn kind(&self) -> RoomKind {
        self.0.room.kind.into()
    }

    async fn description(&self) -> &str {
        &self.0.room.description
    }

    async fn visibility(&self) -> RoomVisibility {
        self.0.room.visibility.into()
    }

    /// Null: no limit.
    async fn capacity(&self) -> Option<i32> {
        self.0.room.capacity
    }

    /// Anyone signed in reads and writes without joining.
    async fn is_open(&self) -> bool {
        self.0.room.is_open
    }

    /// Set while an administrator has closed the room: it is read, and nothing is added.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.room.archived_at.map(DateTime)
    }

    async fn has_password(&self) -> bool {
        self.0.room.password_hash.is_some()
    }

    /// Null unless you may invite.
    async fn invite_url(&self, ctx: &Context<'_>) -> Option<String> {
        let code = app(ctx).invite_code(viewer(ctx), &self.0)?;
        Some(format!("{}/join/{code}", links(ctx).public_url))
    }

    /// Null when you are not a member.
    async fn viewer_role(&self) -> Option<MemberRole> {
        self.0.role.map(MemberRole::from)
    }

    /// Your own read position and unread count; null when you are not a member.
    async fn viewer_state(&self) -> Option<RoomViewerState> {
        RoomViewerState::of(&self.0)
    }

    async fn created_at(&self) -> DateTime {
        self.0.room.created_at.into()
    }

    /// Null once the account is gone.
    async fn created_by(&self, ctx: &Context<'_>) -> Nullable<User> {
        let maker = load(ctx, self.0.room.created_by?).await.transpose()?;
        Some(maker.map(User::from))
    }

    async fn member_count(&self) -> i32 {
        self.0.room.member_count
    }

    async fn members(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<RoomMemberConnection> {
        RoomMemberConnection::of(ctx, &self.0, &PageArgs { first, after, last, before }).await
    }

    /// Oldest to newest; first/after walks forward, last/before walks back.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<MessageConnection> {
        MessageConnection::of_room(ctx, &self.0, &PageArgs { first, after, last, before }).await
    }

    /// At most count messages before the one of this id or this number, itself, and at most count after it.
    async fn messages_around(
        &self,
        ctx: &Context<'_>,
        message_id: Option<ID>,
        seq: Option<i64>,
        #[graphql(default_with = "Some(AROUND_DEFAULT)")] count: Option<i32>,
    ) -> async_graphql::Result<MessageConnection> {
        let count = count.unwrap_or(AROUND_DEFAULT);
        MessageConnection::around(ctx, &self.0, (message_id, seq), count).await
    }

    async fn last_message(&self, ctx: &Context<'_>) -> Nullable<Message> {
        if self.0.role.is_none() && !self.0.room.is_open {
            return None;
        }
        let newest = HistoryEnd { room: self.0.room.key, end: End::Last, limit: 1 };
        match load(ctx, newest).await.transpose()? {
            Ok(list) => list.slice.items.into_iter().next_back().map(|sent| Ok(Message::from(sent))),
            Err(error) => Some(Err(error)),
        }
    }

    /// The newest position, never null: give it to messageAdded as after and nothing falls between.
    async fn head_cursor(&self, ctx: &Context<'_>) -> String {
        let room = &self.0.room;
        let (list, place) = room.log_end().in_list(room.key);
        cursor(ctx, list, place)
    }

    /// Changes after a cursor as one page, for clients that poll or wake from push.
    async fn events(
        &self,
        ctx: &Context<'_>,
        after: String,
        first: Option<i32>,
    ) -> async_graphql::Result<RoomEventPage> {
        let page = app(ctx).room_changes(viewer(ctx), &self.0, &after, first).await;
        expose(ctx, page.and_then(|page| RoomEventPage::of(ctx, page)))
    }
}

#[derive(SimpleObject)]
pub(super) struct RoomEdge {
    cursor: String,
    pub(super) node: Room,
}

impl RoomEdge {
    pub(super) fn of(ctx: &Context<'_>, view: RoomView) -> Self {
        Self { cursor: cursor(ctx, List::Rooms, RoomList::place(&view.room)), node: Room(view) }
    }
}

connection!(RoomConnection, RoomEdge, Room);

/// Narrows rooms; every field given must hold.
#[derive(InputObject)]
pub(super) struct RoomFilter {
    /// Start of the room's name.
    search: Option<String>,
    kind: Option<RoomKind>,
    #[graphql(default_with = "Some(RoomScope::Mine)")]
    scope: Option<RoomScope>,
    /// By default both.
    archived: Option<bool>,
}

impl From<RoomFilter> for domain::rooms::RoomFilter {
    fn from(filter: RoomFilter) -> Self {
        let RoomFilter { search, kind, scope, archived } = filter;
        let scope = scope.map(Into::into).unwrap_or_default();
        Self { search, kind: kind.map(Into::into), scope, archived }
    }
}

#[derive(Debug, Default)]
pub struct RoomQuery;

#[Object]
impl RoomQuery {
    async fn room(&self, ctx: &Context<'_>, id: ID) -> Nullable<Room> {
        let found = async { app(ctx).room(viewer(ctx), GlobalId::room(&id, "id")?).await };
        expose(ctx, found.await.map(|room| room.map(Room))).transpose()
    }

    /// Your rooms, the most recently active first.
    async fn rooms(
        &self,
        ctx: &Context<'_>,
        filter: Option<RoomFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<RoomConnection> {
        let page = PageArgs { first, after, last, before };
        let filter = filter.map(domain::rooms::RoomFilter::from).unwrap_or_default();
        let list = expose(ctx, app(ctx).rooms(viewer(ctx), filter, &page).await)?;
        let place = |view: &RoomView| cursor(ctx, List::Rooms, RoomList::place(&view.room));
        Ok(RoomConnection {
            page_info: PageInfo::of(&list.slice, place),
            edges: list.slice.items.iter().map(|view| RoomEdge::of(ctx, view.clone())).collect(),
            total: Total::Rooms(list),
        })
    }
}

#[derive(InputObject)]
pub(super) struct CreateRoomInput {
    #[graphql(default_with = "RoomKind::Group")]
    kind: RoomKind,
    /// Required for GROUP.
    name: Option<String>,
    /// You are always a member. DUO takes exactly one other, and returns the room you two already have.
    #[graphql(default)]
    member_ids: Vec<ID>,
    #[graphql(default_with = "Some(String::new())")]
    description: Option<String>,
    #[graphql(default_with = "RoomVisibility::Private")]
    visibility: RoomVisibility,
    capacity: Option<i32>,
    password: Option<String>,
}

impl CreateRoomInput {
    fn parse(self) -> crate::error::Result<CreateRoom> {
        let Self { kind, name, member_ids, description, visibility, capacity, password } = self;
        Ok(CreateRoom {
            kind: kind.into(),
            name,
            member_ids: member_ids
                .iter()
                .map(|id| GlobalId::user(id, "memberIds"))
                .collect::<Result<_, _>>()?,
            description: description.unwrap_or_default(),
            visibility: visibility.into(),
            capacity,
            password: password.map(SecretString::from),
        })
    }
}

#[derive(SimpleObject, Default)]
pub(super) struct CreateRoomPayload {
    room: Option<Room>,
    edge: Option<RoomEdge>,
    /// False when an existing DUO or SELF room came back.
    created: bool,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct UpdateRoomInput {
    room_id: ID,
    name: Option<String>,
    description: Option<String>,
    visibility: Option<RoomVisibility>,
    capacity: MaybeUndefined<i32>,
    password: MaybeUndefined<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct UpdateRoomPayload {
    room: Option<Room>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct DeleteRoomInput {
    room_id: ID,
}

#[derive(SimpleObject, Default)]
pub(super) struct DeleteRoomPayload {
    deleted_room_id: Option<ID>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct RoomMutation;

#[Object]
impl RoomMutation {
    async fn create_room(
        &self,
        ctx: &Context<'_>,
        input: CreateRoomInput,
    ) -> async_graphql::Result<CreateRoomPayload> {
        let outcome = async { app(ctx).create_room(viewer(ctx), input.parse()?).await };
        Ok(match settle(ctx, outcome.await)? {
            Ok((view, created)) => CreateRoomPayload {
                room: Some(Room(view.clone())),
                edge: Some(RoomEdge::of(ctx, view)),
                created,
                errors: Vec::new(),
            },
            Err(errors) => CreateRoomPayload { errors, ..Default::default() },
        })
    }

    async fn update_room(
        &self,
        ctx: &Context<'_>,
        input: UpdateRoomInput,
    ) -> async_graphql::Result<UpdateRoomPayload> {
        let UpdateRoomInput { room_id, name, description, visibility, capacity, password } = input;
        let change = RoomChangeRequest {
            name,
            description,
            visibility: visibility.map(Into::into),
            capacity: said(capacity),
            password: said(password).map(|password| password.map(SecretString::from)),
        };
        let outcome =
            async { app(ctx).update_room(viewer(ctx), GlobalId::room(&room_id, "roomId")?, change).await };
        Ok(match settle(ctx, outcome.await)? {
            Ok(view) => UpdateRoomPayload { room: Some(Room(view)), errors: Vec::new() },
            Err(errors) => UpdateRoomPayload { errors, ..Default::default() },
        })
    }

    async fn delete_room(
        &self,
        ctx: &Context<'_>,
        input: DeleteRoomInput,
    ) -> async_graphql::Result<DeleteRoomPayload> {
        let outcome =
            async { app(ctx).delete_room(viewer(ctx), GlobalId::room(&input.room_id, "roomId")?).await };
        Ok(match settle(ctx, outcome.await)? {
            Ok(()) => DeleteRoomPayload { deleted_room_id: Some(input.room_id), errors: Vec::new() },
            Err(errors) => DeleteRoomPayload { errors, ..Default::default() },
        })
    }
}
