//! All rooms of one person as one feed: in order within each room, and rooms come and go.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::app::live::feed::{Ready, RoomFeed};
use crate::app::live::typing::TypingWatch;
use crate::app::live::{Moment, Resume, RoomName, Told};
use crate::app::{App, person};
use crate::domain::events::LogPlace;
use crate::domain::ids::RoomKey;
use crate::domain::paging::decode_inbox_cursor;
use crate::domain::rooms::RoomView;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::hub::{InboxBell, Look};
use crate::storage::{Conn, room_events, rooms};

/// How long to wait before rooms are looked at again that the database could not tell.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A room that waits for more, and wakes when there may be.
type Waiting = FuturesUnordered<BoxFuture<'static, RoomKey>>;

/// Follows every room of one person.
pub struct InboxFeed {
    app: Arc<App>,
    caller: SignedIn,
    bell: InboxBell,
    feeds: HashMap<RoomKey, RoomFeed>,
    waiting: Waiting,
    /// Rooms that may have something to tell. They take turns.
    ready: VecDeque<RoomKey>,
    /// When to look at the person's rooms, where they may be others than those that are open.
    look: Option<Instant>,
    /// Where the reader stands in each room.
    places: BTreeMap<RoomKey, LogPlace>,
    /// What is told before the rooms are read.
    first: Vec<Told>,
    /// Rooms that have not told all that was stored before the reader came.
    behind: HashMap<RoomKey, LogPlace>,
    caught_up: bool,
    typing: Option<TypingWatch>,
}

impl std::fmt::Debug for InboxFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxFeed").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// One room as it is when the feed is opened, or when the person comes into it.
struct Opening {
    view: RoomView,
    start: LogPlace,
    head: LogPlace,
    backlog: i64,
    /// Whether the reader did not know of the room.
    new: bool,
}

impl App {
    /// Opens the feed of all rooms of the viewer, at a cursor or at the end of each.
    pub async fn follow_inbox(self: &Arc<Self>, viewer: &Viewer, after: Option<&str>) -> Result<InboxFeed> {
        let caller = person(viewer)?;
        let after = after
            .map(|after| decode_inbox_cursor(self.epoch(), caller.user, after).map_err(|e| e.at("after")))
            .transpose()?;
        // Before the rooms are read, so that none is missed that comes meanwhile.
        let bell = self.hub.watch_inbox(caller.user);
        let known: Option<HashMap<RoomKey, LogPlace>> = after.map(|places| places.into_iter().collect());
        let openings = self.open_rooms_of(caller, known.clone()).await?;
        let mut feed = InboxFeed {
            app: Arc::clone(self),
            caller,
            bell,
            feeds: HashMap::new(),
            waiting: Waiting::new(),
            ready: VecDeque::new(),
            look: None,
            places: BTreeMap::new(),
            first: Vec::new(),
            behind: HashMap::new(),
            caught_up: false,
            typing: None,
        };
        let backlog = openings.iter().map(|opening| opening.backlog).sum();
        for opening in &openings {
            feed.places.insert(opening.view.room.key, opening.start);
        }
        let vanished: Vec<RoomName> = match known {
            Some(known) => {
                let lost = known.into_keys().filter(|room| !feed.places.contains_key(room)).collect();
                self.room_names(lost).await?
            }
            None => Vec::new(),
        };
        let started = feed.mark(None, Moment::Started { backlog }, true);
        feed.first.push(started);
        for room in vanished {
            let told = feed.mark(Some(room), Moment::Vanished, true);
            feed.first.push(told);
        }
        for opening in openings {
            feed.open(opening, true).await?;
        }
        Ok(feed)
    }

    async fn open_rooms_of(
        &self,
        caller: SignedIn,
        known: Option<HashMap<RoomKey, LogPlace>>,
    ) -> Result<Vec<Opening>> {
        let most = self.bounds.inbox_rooms_max;
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let views = rooms::all_of(conn, caller.user, most.saturating_add(1)).await?;
                    if views.len() > most {
                        let text = format!("You are in more than {most} rooms; follow single rooms instead.");
                        return Err(Error::plain(Code::QueryTooComplex, text));
                    }
                    let mut openings = Vec::with_capacity(views.len());
                    for view in views {
                        openings.push(Opening::read(conn, caller, view, known.as_ref()).await?);
                    }
                    Ok(openings)
                })
            })
            .await
    }

    async fn room_names(&self, keys: Vec<RoomKey>) -> Result<Vec<RoomName>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found =
            self.store.read(move |conn| Box::pin(async move { rooms::ids(conn, &keys).await })).await?;
        Ok(found.into_iter().map(|(key, id)| RoomName { key, id }).collect())
    }
}

impl Opening {
    async fn read(
        conn: &mut Conn,
        caller: SignedIn,
        view: RoomView,
        known: Option<&HashMap<RoomKey, LogPlace>>,
    ) -> Result<Self> {
        let room = view.room.key;
        let head = view.room.log_end();
        let (start, new) = match known {
            None => (head, false),
            Some(known) => match known.get(&room) {
                Some(place) if place.is_beyond(head) => {
                    return Err(Error::new(Code::CursorExpired, Text::CursorExpired).at("after"));
                }
                Some(place) => (*place, false),
                None => (room_events::before_joining(conn, room, caller.user).await?.unwrap_or(head), true),
            },
        };
        let backlog = if start.position < head.position {
            room_events::count_between(conn, room, start, head).await?
        } else {
            0
        };
        Ok(Self { view, start, head, backlog, new })
    }
}

impl InboxFeed {
    /// The same feed, which also tells who begins to type.
    #[must_use]
    pub fn with_typing(mut self) -> Self {
        let mut typing = TypingWatch::default();
        for room in self.feeds.keys() {
            typing.add(self.app.hub.look(*room));
        }
        self.typing = Some(typing);
        self
    }

    /// The next things to tell, at least one. It never ends by itself.
    pub async fn next(&mut self) -> Result<Vec<Told>> {
        loop {
            if !self.first.is_empty() {
                return Ok(std::mem::take(&mut self.first));
            }
            if !self.caught_up && self.behind.is_empty() {
                self.caught_up = true;
                return Ok(vec![self.mark(None, Moment::CaughtUp, false)]);
            }
            // A room that always has something may not keep the others, or a change of rooms, waiting.
            while let Some(Some(room)) = self.waiting.next().now_or_never() {
                self.ready.push_back(room);
            }
            if self.bell.rung().now_or_never().is_some() {
                self.look = Some(Instant::now());
            }
            if self.look.is_some_and(|at| at <= Instant::now()) {
                self.look_at_rooms().await?;
                continue;
            }
            if let Some(room) = self.ready.pop_front() {
                let told = self.read(room).await?;
                if !told.is_empty() {
                    return Ok(told);
                }
                continue;
            }
            // Every room is level, so nobody is told of one that they have left.
            if let Some(look) = self.typing.as_mut().and_then(TypingWatch::next_due) {
                if let Some(told) = self.look_at_typing(look) {
                    return Ok(vec![told]);
                }
                continue;
            }
            tokio::select! {
                Some(room) = self.waiting.next() => self.ready.push_back(room),
                () = rung(&mut self.typing) => {}
                () = self.bell.rung() => self.look = Some(Instant::now()),
                () = due(self.look) => {}
            }
        }
    }

    /// What one room has to tell, in the words of the whole inbox.
    async fn read(&mut self, room: RoomKey) -> Result<Vec<Told>> {
        let Some(feed) = self.feeds.get_mut(&room) else { return Ok(Vec::new()) };
        let name = feed.room();
        match feed.poll_ready().await {
            Ok(Ready::Told(told)) => {
                let at = feed.at();
                self.note_senders(room, &told);
                self.ready.push_back(room);
                let told = told.into_iter().map(|told| self.placed(room, told)).collect();
                self.places.insert(room, at);
                if self.behind.get(&room).is_some_and(|head| at.position >= head.position) {
                    self.behind.remove(&room);
                }
                Ok(told)
            }
            Ok(Ready::Level) => {
                // It may be level with a ring that has yet to learn what was stored before the opening.
                self.waiting.push(feed.wait());
                Ok(Vec::new())
            }
            Ok(Ready::Over) => {
                self.forget(room);
                Ok(Vec::new())
            }
            Err(error) if matches!(error.code(), Code::NotAMember | Code::NotFound) => {
                self.forget(room);
                // The person may be back already, and the bell have rung for both at once.
                self.look = Some(Instant::now());
                Ok(vec![self.mark(Some(name), Moment::Vanished, false)])
            }
            Err(error) => Err(error),
        }
    }

    fn placed(&mut self, room: RoomKey, told: Told) -> Told {
        if let Resume::Room(_, place) = told.place {
            self.places.insert(room, place);
        }
        Told { place: self.resume(), ..told }
    }

    /// Opens rooms that are new to the feed, and leaves those that are no longer the person's. What the
    /// database cannot tell now is looked at again.
    async fn look_at_rooms(&mut self) -> Result<()> {
        let known = self.places.iter().map(|(room, place)| (*room, *place)).collect();
        let openings = match self.app.open_rooms_of(self.caller, Some(known)).await {
            Err(error) if error.code() == Code::Unavailable => {
                self.look = Some(Instant::now() + LOOK_AGAIN);
                return Ok(());
            }
            openings => openings?,
        };
        self.look = None;
        let lost = self.feeds.keys().filter(|room| !openings.iter().any(|o| o.view.room.key == **room));
        // Their own feeds find out, and tell what came before.
        self.ready.extend(lost.copied().collect::<Vec<_>>());
        for opening in openings.into_iter().filter(|opening| opening.new) {
            match self.open(opening, false).await {
                Err(error) if error.code() == Code::Unavailable => {
                    self.look = Some(Instant::now() + LOOK_AGAIN);
                }
                opened => opened?,
            }
        }
        Ok(())
    }

    async fn open(&mut self, opening: Opening, replayed: bool) -> Result<()> {
        let Opening { view, start, head, new, .. } = opening;
        let room = view.room.key;
        let attached = match self.app.attach(room, head).await {
            // Deleted and swept since.
            Err(error) if error.code() == Code::NotFound => {
                self.forget(room);
                return Ok(());
            }
            attached => attached?,
        };
        let feed =
            RoomFeed::quiet(Arc::clone(&self.app), self.caller, &view.room, attached.reader(start), head)
                .of_member();
        let feed = if new && self.caught_up { feed.all_new() } else { feed };
        self.feeds.insert(room, feed);
        self.places.insert(room, start);
        self.ready.push_back(room);
        if let Some(typing) = &mut self.typing {
            typing.add(self.app.hub.look(room));
        }
        if new {
            let told = self.mark(Some(RoomName::of(&view.room)), Moment::Appeared, replayed);
            self.first.push(told);
        }
        if !self.caught_up && start.position < head.position {
            self.behind.insert(room, head);
        }
        Ok(())
    }

    /// Who began to type in a room, as long as the person is in it.
    /// Whoever has sent no longer types, and so begins anew.
    fn note_senders(&mut self, room: RoomKey, told: &[Told]) {
        let Some(typing) = &mut self.typing else { return };
        let events = told.iter().filter_map(|told| match &told.moment {
            Moment::Event(entry) => entry.event.message(),
            _ => None,
        });
        for sender in events.filter_map(|message| message.sender) {
            typing.stopped(room, sender);
        }
    }

    fn look_at_typing(&mut self, look: Look) -> Option<Told> {
        let (room, typing) = (look.room(), self.typing.as_mut()?);
        let Some(name) = self.feeds.get(&room).map(RoomFeed::room) else {
            typing.forget(room);
            return None;
        };
        let began = typing.read(&self.app.hub, look);
        (!began.is_empty()).then(|| self.mark(Some(name), Moment::Typing(began), false))
    }

    fn forget(&mut self, room: RoomKey) {
        self.feeds.remove(&room);
        self.places.remove(&room);
        self.behind.remove(&room);
    }

    fn mark(&self, room: Option<RoomName>, moment: Moment, replayed: bool) -> Told {
        Told { room, moment, at: self.app.clock.now(), place: self.resume(), replayed }
    }

    fn resume(&self) -> Resume {
        Resume::Inbox(self.caller.user, self.places.iter().map(|(room, place)| (*room, *place)).collect())
    }
}

/// Waits until something changes about who types; for ever where that is not told.
async fn rung(typing: &mut Option<TypingWatch>) {
    match typing {
        Some(typing) => typing.rung().await,
        None => std::future::pending().await,
    }
}

/// Waits until then; for ever where there is no time.
async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl RoomFeed {
    /// Wakes when there may be more to tell.
    fn wait(&self) -> BoxFuture<'static, RoomKey> {
        let (room, mut wake) = (self.room().key, self.wake());
        async move {
            wake.changed().await;
            room
        }
        .boxed()
    }
}
