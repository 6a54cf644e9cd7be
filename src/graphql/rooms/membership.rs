//! Membership in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::SecretString;

use crate::app::rooms::{JoinRoom, MemberList};
use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::paging::{List, Page, PageArgs};
use crate::domain::rooms::{Member, RoomView};
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, viewer};
use crate::graphql::error::{UserError, expose, settle};
use crate::graphql::ids::{DateTime, MemberRole};
use crate::graphql::loaders::{MembersEnd, load};
use crate::graphql::rooms::{Room, RoomEdge};
use crate::graphql::users::User;

#[derive(SimpleObject)]
pub(in crate::graphql) struct RoomMemberEdge {
    cursor: String,
    node: User,
    role: MemberRole,
    joined_at: DateTime,
    /// seq of the newest message they have read; null in large rooms, where it is not told.
    last_read_seq: Option<i64>,
}

impl RoomMemberEdge {
    fn of(ctx: &Context<'_>, room: &domain::rooms::Room, member: Member) -> Self {
        Self {
            cursor: cursor(ctx, List::Members(member.room), MemberList::place(&member)),
            node: User::from(member.user),
            role: member.role.into(),
            joined_at: member.joined_at.into(),
            last_read_seq: app(ctx).bounds().tells_read_marks(room).then_some(member.last_read_seq),
        }
    }
}

connection!(RoomMemberConnection, RoomMemberEdge, User);

impl RoomMemberConnection {
    pub(in crate::graphql) async fn of(
        ctx: &Context<'_>,
        view: &RoomView,
        args: &PageArgs,
    ) -> async_graphql::Result<Self> {
        let room = view.room.key;
        let list = match expose(ctx, app(ctx).member_page(viewer(ctx), view, args))? {
            Page { end, limit, after: None, before: None } => {
                load(ctx, MembersEnd { room, end, limit }).await?.unwrap_or_default()
            }
            page => expose(ctx, app(ctx).members(viewer(ctx), view, page).await)?,
        };
        let slice = list.slice;
        Ok(Self {
            page_info: PageInfo::of(&slice, |member| {
                cursor(ctx, List::Members(room), MemberList::place(member))
            }),
            edges: slice
                .items
                .into_iter()
                .map(|member| RoomMemberEdge::of(ctx, &view.room, member))
                .collect(),
            total: Total::Known(view.room.member_count.into()),
        })
    }
}

#[derive(InputObject)]
pub(super) struct JoinRoomInput {
    /// One of the two.
    room_id: Option<ID>,
    invite_code: Option<String>,
    password: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct JoinRoomPayload {
    room: Option<Room>,
    edge: Option<RoomEdge>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct LeaveRoomInput {
    room_id: ID,
}

#[derive(SimpleObject, Default)]
pub(super) struct LeaveRoomPayload {
    left_room_id: Option<ID>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct AddMembersInput {
    room_id: ID,
    user_ids: Vec<ID>,
    #[graphql(default_with = "MemberRole::Member")]
    role: MemberRole,
}

#[derive(SimpleObject, Default)]
pub(super) struct AddMembersPayload {
    room: Option<Room>,
    edges: Vec<RoomMemberEdge>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RemoveMemberInput {
    room_id: ID,
    user_id: ID,
}

#[derive(SimpleObject, Default)]
pub(super) struct RemoveMemberPayload {
    room: Option<Room>,
    removed_user_id: Option<ID>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct MembershipMutation;

#[Object]
impl MembershipMutation {
    async fn join_room(
        &self,
        ctx: &Context<'_>,
        input: JoinRoomInput,
    ) -> async_graphql::Result<JoinRoomPayload> {
        let outcome = async {
            let room = input.room_id.map(|id| GlobalId::room(&id, "roomId")).transpose()?;
            let password = input.password.map(SecretString::from);
            app(ctx).join_room(viewer(ctx), JoinRoom { room, invite_code: input.invite_code, password }).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(view) => JoinRoomPayload {
                room: Some(Room(view.clone())),
                edge: Some(RoomEdge::of(ctx, view)),
                errors: Vec::new(),
            },
            Err(errors) => JoinRoomPayload { errors, ..Default::default() },
        })
    }

    async fn leave_room(
        &self,
        ctx: &Context<'_>,
        input: LeaveRoomInput,
    ) -> async_graphql::Result<LeaveRoomPayload> {
        let outcome =
            async { app(ctx).leave_room(viewer(ctx), GlobalId::room(&input.room_id, "roomId")?).await };
        Ok(match settle(ctx, outcome.await)? {
            Ok(()) => LeaveRoomPayload { left_room_id: Some(input.room_id), errors: Vec::new() },
            Err(errors) => LeaveRoomPayload { errors, ..Default::default() },
        })
    }

    async fn add_members(
        &self,
        ctx: &Context<'_>,
        input: AddMembersInput,
    ) -> async_graphql::Result<AddMembersPayload> {
        let outcome = async {
            let room = GlobalId::room(&input.room_id, "roomId")?;
            let people: Result<Vec<_>, _> =
                input.user_ids.iter().map(|id| GlobalId::user(id, "userIds")).collect();
            app(ctx).add_members(viewer(ctx), room, people?, input.role.into()).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok((view, members)) => AddMembersPayload {
                edges: members
                    .into_iter()
                    .map(|member| RoomMemberEdge::of(ctx, &view.room, member))
                    .collect(),
                room: Some(Room(view)),
                errors: Vec::new(),
            },
            Err(errors) => AddMembersPayload { errors, ..Default::default() },
        })
    }

    async fn remove_member(
        &self,
        ctx: &Context<'_>,
        input: RemoveMemberInput,
    ) -> async_graphql::Result<RemoveMemberPayload> {
        let outcome = async {
            let room = GlobalId::room(&input.room_id, "roomId")?;
            let person = GlobalId::user(&input.user_id, "userId")?;
            app(ctx).remove_member(viewer(ctx), room, person).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(view) => RemoveMemberPayload {
                room: view.map(Room),
                removed_user_id: Some(input.user_id),
                errors: Vec::new(),
            },
            Err(errors) => RemoveMemberPayload { errors, ..Default::default() },
        })
    }
}
