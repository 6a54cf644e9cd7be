//! How far members have read.

use uuid::Uuid;

use crate::app::rooms::{fresh_view, record};
use crate::app::{App, allow, person};
use crate::clock::Timestamp;
use crate::domain::events::RoomChange;
use crate::domain::ids::RoomKey;
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::RoomView;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};
use crate::storage::{read_marks, rooms};

/// A mark, as asked to be set.
#[derive(Debug, Clone, Copy)]
pub struct MarkRead {
    /// Number of the newest message that was read; 0 is none.
    pub seq: i64,
    /// Whether the mark may move back.
    pub force: bool,
}

impl MarkRead {
    /// Where the mark is to be for someone who sees `view`; `None` where it is already.
    fn judge(self, viewer: &Viewer, view: &RoomView) -> Result<Option<i64>> {
        allow(Standing::of(viewer, &view.room, view.role), Action::MarkRead)?;
        let last_seq = view.room.last_seq;
        if !(0..=last_seq).contains(&self.seq) {
            return Err(Error::new(Code::BadInput, Text::OutOfRange { min: 0, max: last_seq }).at("seq"));
        }
        let moved = |before: &i64| self.seq > *before || (self.force && self.seq < *before);
        Ok(view.last_read_seq.filter(moved).map(|_| self.seq))
    }
}

impl App {
    /// Notes how far the viewer has read in a room. Members are told, unless there are too many of them. A
    /// mark that is where it was changes nothing.
    ///
    /// # Errors
    /// `BAD_INPUT` for a number that no message has yet.
    pub async fn mark_read(&self, viewer: &Viewer, id: Uuid, mark: MarkRead) -> Result<RoomView> {
        let caller = person(viewer)?;
        self.limits.send(caller.user)?;
        let missing = || Error::not_found().at("roomId");
        let found = self.store.read(move |conn| Box::pin(rooms::find_view(conn, id, caller.user))).await?;
        let view = found.ok_or_else(missing)?;
        if mark.judge(viewer, &view)?.is_none() {
            return Ok(view);
        }
        let (viewer, at, bounds, key) = (*viewer, self.clock.now(), self.bounds, view.room.key);
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = rooms::lock(conn, key, caller.user).await?.ok_or_else(missing)?;
                    // Another device may have been faster.
                    let Some(seq) = mark.judge(&viewer, &view)? else { return Ok(view) };
                    let user = caller.user;
                    read_marks::set(conn, key, user, seq).await?;
                    if bounds.tells_read_marks(&view.room) {
                        record(conn, key, user, RoomChange::ReadMoved { user, seq }, at).await?;
                    }
                    fresh_view(conn, id, caller).await
                })
            })
            .await
    }

    /// Notes that the viewer has read all of a room, as [`App::mark_read`] does; when that was.
    pub async fn mark_all_read(&self, viewer: &Viewer, id: Uuid) -> Result<Timestamp> {
        let caller = person(viewer)?;
        let found = self.store.read(move |conn| Box::pin(rooms::find_view(conn, id, caller.user))).await?;
        let seq = found.ok_or_else(|| Error::not_found().at("roomId"))?.room.last_seq;
        self.mark_read(viewer, id, MarkRead { seq, force: false }).await?;
        Ok(self.clock.now())
    }

    /// How many messages the viewer has not read, for those of several rooms that they are in: messages of
    /// others after their mark, deleted ones left out, 1,000 at most.
    pub async fn unread_counts(&self, viewer: &Viewer, keys: Vec<RoomKey>) -> Result<Vec<(RoomKey, i64)>> {
        let caller = person(viewer)?;
        self.store
            .read(move |conn| Box::pin(async move { read_marks::unread(conn, &keys, caller.user).await }))
            .await
    }
}
