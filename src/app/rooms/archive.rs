//! Closing rooms: what is in them is read, and nothing is added.

use uuid::Uuid;

use crate::app::audit::note_right;
use crate::app::rooms::{fresh_view, locked_view, record};
use crate::app::{App, allow, person};
use crate::domain::audit::{Deed, Note};
use crate::domain::events::RoomChange;
use crate::domain::ids::GlobalId;
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::RoomView;
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::storage::rooms;

impl App {
    /// Closes a room, or opens it again. One that is so already stays as it is.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators, `NOT_FOUND` at `roomId`.
    pub async fn archive_room(&self, viewer: &Viewer, id: Uuid, on: bool) -> Result<RoomView> {
        let caller = person(viewer)?;
        let (viewer, at) = (*viewer, self.clock.now());
        let deed = if on { Deed::RoomArchive } else { Deed::RoomUnarchive };
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    let standing = Standing::of(&viewer, &view.room, view.role);
                    allow(standing, Action::Archive)?;
                    let RoomView { room, .. } = &view;
                    if room.archived_at.is_some() == on {
                        return Ok(view);
                    }
                    let note = Note::new(&viewer, deed, GlobalId::Room(id), at).saying(&room.name);
                    note_right(conn, standing, Action::Archive, note).await?;
                    rooms::set_archived(conn, room.key, on.then_some(at)).await?;
                    record(conn, room.key, caller.user, RoomChange::RoomEdited, at).await?;
                    fresh_view(conn, id, caller).await
                })
            })
            .await
    }
}
