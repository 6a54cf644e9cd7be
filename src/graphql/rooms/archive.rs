//! Closing rooms, in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::domain::ids::GlobalId;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::rooms::Room;

#[derive(InputObject)]
pub(super) struct ArchiveRoomInput {
    room_id: ID,
    #[graphql(default = true)]
    on: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct ArchiveRoomPayload {
    room: Option<Room>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct ArchiveMutation;

#[Object]
impl ArchiveMutation {
    /// Closes a room, so that it is read and nothing is added, or opens it again; administrators only.
    async fn archive_room(
        &self,
        ctx: &Context<'_>,
        input: ArchiveRoomInput,
    ) -> async_graphql::Result<ArchiveRoomPayload> {
        let outcome = async {
            let id = GlobalId::room(&input.room_id, "roomId")?;
            app(ctx).archive_room(viewer(ctx), id, input.on).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(view) => ArchiveRoomPayload { room: Some(Room(view)), errors: Vec::new() },
            Err(errors) => ArchiveRoomPayload { errors, ..Default::default() },
        })
    }
}
