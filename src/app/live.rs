//! Following rooms live: opening a feed, and what keeps the hub true to the database.
//!
//! `live/feed.rs` reads one room, `live/inbox.rs` all rooms of a person, `live/activity.rs` who is typing and
//! who is here; `live/attend.rs` heals.

mod activity;
mod attend;
mod feed;
mod inbox;
mod typing;

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::app::rooms::may;
use crate::app::{App, allow, person};
use crate::domain::Timestamp;
use crate::domain::events::LogPlace;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::paging::{Epoch, List, PageArgs, PageSizes, encode_cursor, encode_inbox_cursor};
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::{Room, RoomView};
use crate::domain::sessions::{SignedIn, Viewer};
use crate::domain::users::User;
use crate::error::{Code, Error, Result, Text};
use crate::hub::{Activity, Attached, Entry, SessionBell};
use crate::storage::room_events::LogPage;
use crate::storage::{Conn, room_events, rooms, users};

pub use activity::ActivityFeed;
pub use attend::{Pace, attend};
pub use feed::RoomFeed;
pub use inbox::InboxFeed;

/// Events read from the database at once.
const PAGE: u16 = 256;
/// How long the row of a person who shows in live events is believed.
const PERSON_BELIEF: Duration = Duration::from_secs(1);

/// One thing a reader is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// `None` when it is about a whole inbox.
    pub room: Option<RoomName>,
    pub moment: Moment,
    pub at: Timestamp,
    /// Where to go on after this.
    pub place: Resume,
    /// Whether it was stored before the reader came.
    pub replayed: bool,
}

/// A room by both its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomName {
    pub key: RoomKey,
    pub id: Uuid,
}

impl RoomName {
    pub const fn of(room: &Room) -> Self {
        Self { key: room.key, id: room.id }
    }
}

/// A place to go on from.
#[derive(Debug, Clone)]
pub enum Resume {
    Room(RoomKey, LogPlace),
    /// In every room of a person.
    Inbox(UserKey, Arc<[(RoomKey, LogPlace)]>),
}

impl Resume {
    /// The cursor of this place.
    pub fn cursor(&self, epoch: Epoch) -> String {
        match self {
            Self::Room(room, place) => {
                let (list, place) = place.in_list(*room);
                encode_cursor(epoch, list, place)
            }
            Self::Inbox(user, places) => encode_inbox_cursor(epoch, *user, places),
        }
    }
}

/// What there is to tell.
#[derive(Debug, Clone)]
pub enum Moment {
    Event(Arc<Entry>),
    /// The feed is open, and so many events come before it is live.
    Started {
        backlog: i64,
    },
    /// All that was stored before the reader came has been told.
    CaughtUp,
    /// Messages that were removed for everyone.
    Trimmed {
        from_seq: i64,
        to_seq: i64,
    },
    /// The reader sees a room that they did not.
    Appeared,
    /// The reader no longer sees a room.
    Vanished,
    /// Who is typing in a room and who is here.
    Activity(Arc<Activity>),
    /// People who have just begun to type in a room.
    Typing(Vec<UserKey>),
}

impl App {
    /// Opens a room's feed at a cursor, or before its newest messages, or at its end.
    pub async fn follow_room(
        self: &Arc<Self>,
        viewer: &Viewer,
        room: Uuid,
        after: Option<&str>,
        last: Option<i32>,
    ) -> Result<RoomFeed> {
        let caller = person(viewer)?;
        let opening = Opening {
            viewer: *viewer,
            caller,
            args: PageArgs { last, after: after.map(str::to_owned), ..PageArgs::default() },
            sizes: self.bounds.pages,
            epoch: self.epoch(),
        };
        let opened =
            self.store.read(move |conn| Box::pin(async move { opening.read(conn, room).await })).await?;
        let Opened { view, start, backlog } = opened;
        let head = view.room.log_end();
        let attached = self.attach(view.room.key, head).await?;
        Ok(RoomFeed::new(Arc::clone(self), caller, &view.room, attached.reader(start), head, backlog))
    }

    /// A hold on a room's log that serves from now on. The log is known to reach `known` at least.
    async fn attach(&self, room: RoomKey, known: LogPlace) -> Result<Attached> {
        let attached = self.hub.attach(room);
        if attached.needs_anchor() {
            // Whatever is stored after the head was read is heard, since we listened before.
            self.hub.listen(room).await;
            let head = self.store.read(move |conn| Box::pin(room_events::head(conn, room))).await?;
            attached.anchor(head.ok_or_else(Error::not_found)?);
        }
        // What was lost on its way here, or did not fit before the ring was anchored, is read now.
        self.hub.learn_head(room, known.position);
        Ok(attached)
    }

    /// The page of a room's log that is next for a reader, if the reader may still read.
    async fn log_page(&self, viewer: &Viewer, room: RoomKey, after: LogPlace) -> Result<LogPage> {
        let caller = person(viewer)?;
        let viewer = *viewer;
        // Many readers may be behind at once; the pool's connections are for others, too.
        let _turn = self.catching_up.acquire().await.map_err(Error::internal)?;
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let view = rooms::get_views(conn, &[room], caller.user).await?.pop();
                    let view = view.ok_or_else(|| Error::not_found().at("roomId"))?;
                    allow(Standing::of(&viewer, &view.room, view.role), Action::Read)?;
                    let page = room_events::page(conn, room, after, PAGE).await?;
                    page.ok_or_else(|| Error::not_found().at("roomId"))
                })
            })
            .await
    }

    /// One page of a room's changes, for those who poll.
    pub async fn room_changes(
        &self,
        viewer: &Viewer,
        view: &RoomView,
        after: &str,
        first: Option<i32>,
    ) -> Result<ChangePage> {
        person(viewer)?;
        allow(Standing::of(viewer, &view.room, view.role), Action::Read)?;
        let room = RoomName::of(&view.room);
        let args = PageArgs { first, after: Some(after.to_owned()), ..PageArgs::default() };
        let page = args.check(self.epoch(), List::Log(room.key), self.bounds.pages)?;
        let start = LogPlace::from(page.after.unwrap_or_else(|| crate::domain::paging::Place::at(0)));
        let limit = page.limit;
        let read = self
            .store
            .read(move |conn| Box::pin(room_events::page(conn, room.key, start, limit)))
            .await?
            .ok_or_else(Error::not_found)?;
        if start.is_beyond(read.head) {
            return Err(Error::new(Code::CursorExpired, Text::CursorExpired).at("after"));
        }
        let more = read.more;
        let (events, end) = feed::told(room, start, read, i64::MAX, self.clock.now());
        Ok(ChangePage { events, end: Resume::Room(room.key, end), more })
    }

    /// The person an event shows, looked up once for all who are told of it.
    pub async fn person_shown(&self, viewer: &Viewer, entry: &Entry) -> Result<Option<Arc<User>>> {
        person(viewer)?;
        if let Some(known) = entry.person() {
            return Ok(known);
        }
        let Some(key) = entry.event.person() else { return Ok(None) };
        let found = self.person_at(viewer, key).await?;
        entry.learn_person(found.clone());
        Ok(found)
    }

    /// A person who shows in live events, as they were a moment ago.
    pub async fn person_at(&self, viewer: &Viewer, key: UserKey) -> Result<Option<Arc<User>>> {
        person(viewer)?;
        if let Some(known) = self.people_shown.get(&key) {
            return Ok(Some(known));
        }
        let found = self.store.read(move |conn| Box::pin(users::get(conn, key))).await?.map(Arc::new);
        if let Some(found) = &found {
            self.people_shown.insert(key, Arc::clone(found));
        }
        Ok(found)
    }

    /// Whether the viewer may read a room, as far as the database can tell now.
    pub async fn still_reads(&self, viewer: &Viewer, room: RoomKey) -> bool {
        let views = self.rooms_by_key(viewer, vec![room]).await;
        views.is_ok_and(|views| views.iter().any(|view| may(viewer, view, Action::Read)))
    }

    /// Tells when the caller's session is over; nothing for those who have none.
    pub fn watch_session(&self, viewer: &Viewer) -> Option<SessionBell> {
        viewer.signed_in().map(|caller| self.hub.watch_session(caller.session))
    }
}

/// One page of changes.
#[derive(Debug)]
pub struct ChangePage {
    pub events: Vec<Told>,
    pub end: Resume,
    pub more: bool,
}

/// The cache of people who show in live events.
pub(in crate::app) fn people_cache() -> moka::sync::Cache<UserKey, Arc<User>> {
    moka::sync::Cache::builder().max_capacity(10_000).time_to_live(PERSON_BELIEF).build()
}

/// What has to be known before a feed begins.
struct Opening {
    viewer: Viewer,
    caller: SignedIn,
    args: PageArgs,
    sizes: PageSizes,
    epoch: Epoch,
}

struct Opened {
    view: RoomView,
    start: LogPlace,
    backlog: i64,
}

impl Opening {
    async fn read(self, conn: &mut Conn, room: Uuid) -> Result<Opened> {
        let view = rooms::find_view(conn, room, self.caller.user).await?;
        let view = view.ok_or_else(|| Error::not_found().at("roomId"))?;
        allow(Standing::of(&self.viewer, &view.room, view.role), Action::Read)?;
        let key = view.room.key;
        let head = view.room.log_end();
        let page = self.args.check(self.epoch, List::Log(key), self.sizes)?;
        let after = page.after.map(LogPlace::from);
        if after.is_some_and(|after| after.is_beyond(head)) {
            return Err(Error::new(Code::CursorExpired, Text::CursorExpired).at("after"));
        }
        let newest = match self.args.last {
            None | Some(0) => None,
            Some(_) => room_events::before_last(conn, key, page.limit).await?,
        };
        // Given both, whichever begins later.
        let start = match (after, newest) {
            (Some(after), Some(newest)) => after.max(newest),
            (Some(after), None) if self.args.last.is_none() => after,
            (None, Some(newest)) => newest,
            _ => head,
        };
        let backlog = if start.position < head.position {
            room_events::count_between(conn, key, start, head).await?
        } else {
            0
        };
        Ok(Opened { view, start, backlog })
    }
}
