//! Messages to one person, as the dialects send and read them: in a room that may have a title.

use uuid::Uuid;

use crate::app::directory::{self, Reach};
use crate::app::messages::{PostMessage, Posted, Sent, post_all};
use crate::app::rooms::{direct_room, known_direct};
use crate::app::{App, person};
use crate::domain::ids::UserKey;
use crate::domain::rooms::{DoorRoomView, LABEL_CHARS_MAX, RoomLabel, RoomRef};
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::User;
use crate::domain::windows::{Order, Window, Windowed};
use crate::error::{Error, Result};
use crate::storage::{labels, users};

impl App {
    /// Stores a message in the room of the viewer and someone else, or of the viewer alone. If there is none
    /// it is made with the message, and gets a title of the two, of which only the beginning is kept if it is long.
    ///
    /// # Errors
    /// `NOT_FOUND` at `userId`, and what refuses any message. Then no room was made.
    pub async fn post_direct_at(
        &self,
        viewer: &Viewer,
        door: Door,
        to: UserKey,
        title: impl FnOnce(&User, &User) -> String + Send + 'static,
        request: PostMessage,
    ) -> Result<(DoorRoomView, Posted)> {
        let caller = person(viewer)?;
        let post = self.check_post(viewer, request)?;
        let known = self.store.read(move |conn| Box::pin(known_direct(conn, caller.user, to))).await?;
        if let Some(known) = known {
            let posted = self.posts.send(known.view.room.id, post).await?;
            self.stored(&posted).await;
            return Ok((known, posted));
        }
        let (view, posted) = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let other = users::get(conn, to).await?;
                    let other = other.ok_or_else(|| Error::not_found().at("userId"))?;
                    let own = users::get(conn, caller.user).await?.ok_or_else(Error::not_found)?;
                    let title = title(&own, &other).chars().take(LABEL_CHARS_MAX).collect();
                    let label = RoomLabel { title, ..RoomLabel::default() };
                    let (room, created) = direct_room(conn, caller, other, post.draft.created_at).await?;
                    if created && !label.title.is_empty() {
                        labels::put(conn, room.key, door, &label).await?;
                    }
                    let mut posted = post_all(conn, room.id, vec![post]).await?;
                    let posted = posted.pop().unwrap_or_else(|| Err(Error::not_found()))?;
                    let view = labels::find_view(conn, RoomRef::Key(room.key), caller.user).await?;
                    Ok((view.ok_or_else(Error::not_found)?, posted))
                })
            })
            .await?;
        self.stored(&posted).await;
        Ok((view, posted))
    }

    /// The room with someone, made if need be, and part of what was said in it.
    ///
    /// # Errors
    /// `NOT_FOUND` at `userId`.
    pub async fn direct_history(
        &self,
        viewer: &Viewer,
        door: Door,
        other: Uuid,
        order: Order,
        window: Window,
    ) -> Result<(DoorRoomView, Windowed<Sent>)> {
        let caller = person(viewer)?;
        let (by, reach) = (*viewer, Reach::of(order, window, self.bounds.list_max));
        // Nearly always the room is there, and then all of it is one unit of work.
        let (other, known) = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    let other = users::get_by_id(conn, other).await?;
                    let other = other.ok_or_else(|| Error::not_found().at("userId"))?.key;
                    let Some(room) = known_direct(conn, caller.user, other).await? else {
                        return Ok((other, None));
                    };
                    let history = directory::history(conn, &by, &room.view, reach).await?;
                    Ok((other, Some((room, history))))
                })
            })
            .await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let (room, _) = self.direct_room_at(viewer, door, other, None).await?;
        let history = self.history_window(viewer, RoomRef::Key(room.view.room.key), order, window).await?;
        Ok((room, history))
    }
}
