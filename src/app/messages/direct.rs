//! Messages to one person, as the dialects send them: by key, into a room that may have a title.

use crate::app::messages::{PostMessage, Posted, post_all};
use crate::app::rooms::direct_room;
use crate::app::{App, person};
use crate::domain::ids::UserKey;
use crate::domain::rooms::{DoorRoomView, LABEL_CHARS_MAX, RoomLabel, RoomRef};
use crate::domain::sessions::{Door, Viewer};
use crate::error::{Error, Result};
use crate::storage::rooms::Pair;
use crate::storage::{labels, rooms, users};

impl App {
    /// Stores a message in the room of the viewer and someone else, or of the viewer alone. If there is none
    /// it is made with the message, and gets the title, of which only the beginning is kept if it is long.
    ///
    /// # Errors
    /// `NOT_FOUND` at `userId`, and what refuses any message. Then no room was made.
    pub async fn post_direct_at(
        &self,
        viewer: &Viewer,
        door: Door,
        to: UserKey,
        title: &str,
        request: PostMessage,
    ) -> Result<(DoorRoomView, Posted)> {
        let caller = person(viewer)?;
        let post = self.check_post(viewer, request)?;
        let pair = Pair::of(caller.user, to);
        let known = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    match rooms::find_by_pair(conn, pair).await? {
                        Some(room) => labels::find_view(conn, RoomRef::Key(room.key), caller.user).await,
                        None => Ok(None),
                    }
                })
            })
            .await?;
        if let Some(known) = known {
            let posted = self.posts.send(known.view.room.id, post).await?;
            self.stored(&posted).await;
            return Ok((known, posted));
        }
        let title = title.chars().take(LABEL_CHARS_MAX).collect();
        let label = RoomLabel { title, ..RoomLabel::default() };
        let (view, posted) = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let other = users::get(conn, to).await?;
                    let other = other.ok_or_else(|| Error::not_found().at("userId"))?;
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
}
