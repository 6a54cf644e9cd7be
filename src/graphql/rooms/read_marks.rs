//! How far members have read, in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::app::rooms::MarkRead;
use crate::domain::ids::{GlobalId, RoomKey};
use crate::domain::rooms::RoomView;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::loaders::{UnreadIn, load};
use crate::graphql::rooms::Room;

/// Your own side of a room.
pub(in crate::graphql) struct RoomViewerState {
    room: RoomKey,
    last_read_seq: i64,
}

impl RoomViewerState {
    /// `None` for those who are not members.
    pub(super) fn of(view: &RoomView) -> Option<Self> {
        Some(Self { room: view.room.key, last_read_seq: view.last_read_seq? })
    }
}

/// Your own side of a room.
#[Object]
impl RoomViewerState {
    /// seq of the newest message that you marked as read. What was sent before you came counts as read.
    async fn last_read_seq(&self) -> i64 {
        self.last_read_seq
    }

    /// Messages of others after it, deleted ones left out; counted to 1000 at most, among the newest 5000.
    async fn unread_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i64> {
        Ok(load(ctx, UnreadIn(self.room)).await?.unwrap_or_default())
    }
}

#[derive(InputObject)]
pub(super) struct MarkReadInput {
    room_id: ID,
    /// Read up to here; never moves back unless force.
    seq: i64,
    #[graphql(default)]
    force: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct MarkReadPayload {
    room: Option<Room>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct ReadMarkMutation;

#[Object]
impl ReadMarkMutation {
    /// Says how far you have read. The members are told by ReadMoved, unless there are too many of them.
    async fn mark_read(
        &self,
        ctx: &Context<'_>,
        input: MarkReadInput,
    ) -> async_graphql::Result<MarkReadPayload> {
        let MarkReadInput { room_id, seq, force } = input;
        let outcome = async {
            let room = GlobalId::room(&room_id, "roomId")?;
            app(ctx).mark_read(viewer(ctx), room, MarkRead { seq, force }).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(view) => MarkReadPayload { room: Some(Room(view)), errors: Vec::new() },
            Err(errors) => MarkReadPayload { errors, ..Default::default() },
        })
    }
}
