//! The activity of one room: as it is, and then each change, at most one in an interval.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::app::live::feed::{Ready, RoomFeed};
use crate::app::live::{Moment, Resume, RoomName, Told};
use crate::app::{App, allow, person};
use crate::domain::policy::{Action, Standing};
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result};
use crate::hub::{Activity, Look, Sight};
use crate::storage::{members, room_events, rooms};

/// Follows who is typing in a room and who is here.
#[derive(Debug)]
pub struct ActivityFeed {
    app: Arc<App>,
    room: RoomName,
    /// Reads the room's log for who comes and goes, the reader among them.
    log: RoomFeed,
    look: Look,
    /// What the reader was told last, and the version that it was then.
    shown: Option<Arc<Activity>>,
    seen: u64,
    /// When the reader may be told more.
    next_at: Instant,
}

impl App {
    /// Opens the feed of a room's activity.
    pub async fn follow_activity(self: &Arc<Self>, viewer: &Viewer, room: Uuid) -> Result<ActivityFeed> {
        let caller = person(viewer)?;
        let view = self.store.read(move |conn| Box::pin(rooms::find_view(conn, room, caller.user))).await?;
        let view = view.ok_or_else(|| Error::not_found().at("roomId"))?;
        allow(Standing::of(viewer, &view.room, view.role), Action::Read)?;
        let head = view.room.log_end();
        let attached = self.attach(view.room.key, head).await?;
        let log = RoomFeed::quiet(Arc::clone(self), caller, &view.room, attached.reader(head), head);
        Ok(ActivityFeed {
            app: Arc::clone(self),
            room: RoomName::of(&view.room),
            log,
            look: self.hub.look(view.room.key),
            shown: None,
            seen: 0,
            next_at: Instant::now(),
        })
    }

    /// What a room looks like now. It is made once for all who look, and for those who have seen it before
    /// at most once in an interval.
    async fn sight(&self, room: RoomName, look: &Look, newcomer: bool) -> Result<Sight> {
        let mut last = look.sight().await;
        if let Some(sight) = &*last {
            let old = sight.made.elapsed() >= self.hub.beat_interval();
            if sight.version == look.version() || !(old || newcomer) {
                return Ok(sight.clone());
            }
        }
        // What changes from here on is another version.
        let version = look.version();
        if look.needs_members() {
            let limit = self.hub.members_looked_at_max();
            let read = self.store.read(move |conn| {
                Box::pin(async move {
                    // First the head: who comes after it is heard of in the log.
                    let head = room_events::head(conn, room.key).await?;
                    let head = head.ok_or_else(|| Error::not_found().at("roomId"))?;
                    Ok((head, members::keys(conn, room.key, limit).await?))
                })
            });
            let (head, people) = read.await?;
            look.learn_members(head.position, people);
        }
        let made = Arc::new(self.hub.activity(look));
        // One that looks the same keeps what was made of it.
        let known = last.take().map(|sight| sight.activity).filter(|known| known.is_like(&made));
        let sight = Sight { activity: known.unwrap_or(made), version, made: Instant::now() };
        *last = Some(sight.clone());
        Ok(sight)
    }
}

impl ActivityFeed {
    /// The next thing to tell: at first what there is, and then what is different. `None` when the room is
    /// deleted.
    ///
    /// # Errors
    /// `NOT_A_MEMBER` when the reader has left the room, `NOT_FOUND` when the room is gone.
    pub async fn next(&mut self) -> Result<Option<Told>> {
        loop {
            match self.log.poll_ready().await? {
                Ready::Told(told) => {
                    self.note(&told);
                    continue;
                }
                Ready::Over => return Ok(None),
                Ready::Level => {}
            }
            let due = self.shown.is_none() || self.look.version() != self.seen;
            if due
                && Instant::now() >= self.next_at
                && let Some(told) = self.look_again().await?
            {
                return Ok(Some(told));
            }
            let mut log = self.log.wake();
            let first = self.shown.is_none();
            let (look, seen, next_at) = (&mut self.look, self.seen, self.next_at);
            let changed = async {
                if !first {
                    look.changed(seen).await;
                }
                sleep_until(next_at).await;
            };
            tokio::select! {
                () = log.changed() => {}
                () = changed => {}
            }
        }
    }

    /// Has members read again when the log says that they are others.
    fn note(&self, told: &[Told]) {
        for told in told {
            if let Moment::Event(entry) = &told.moment
                && entry.event.change().is_some_and(|change| change.member().is_some())
            {
                self.look.learn_change(entry.event.position);
            }
        }
    }

    async fn look_again(&mut self) -> Result<Option<Told>> {
        let interval = self.app.hub.beat_interval();
        let sight = match self.app.sight(self.room, &self.look, self.shown.is_none()).await {
            Ok(sight) => sight,
            Err(error) if error.code() == Code::Unavailable => {
                tracing::debug!(%error, "a room's activity waits for the database");
                self.next_at = Instant::now() + interval;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.seen = sight.version;
        // Where it is stale already, somebody has just made it; it is made anew in an interval.
        self.next_at = sight.made + interval;
        if self.shown.as_ref().is_some_and(|shown| shown.is_like(&sight.activity)) {
            return Ok(None);
        }
        self.next_at = self.next_at.max(Instant::now() + interval);
        self.shown = Some(Arc::clone(&sight.activity));
        Ok(Some(Told {
            room: Some(self.room),
            moment: Moment::Activity(sight.activity),
            at: self.app.clock.now(),
            place: Resume::Room(self.room.key, self.log.at()),
            replayed: false,
        }))
    }
}
