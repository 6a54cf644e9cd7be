//! One room's feed: from the ring while the reader keeps up, from the database while it does not.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::app::live::{Moment, Resume, RoomName, Told};
use crate::clock::Timestamp;
use crate::domain::events::{LogPlace, RoomChange};
use crate::domain::ids::UserKey;
use crate::domain::rooms::Room;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::hub::{Behind, Entry, Reader, Take, Wake};
use crate::storage::room_events::LogPage;

/// Events taken from the ring at once; they leave in one write where they can.
const TAKE_MAX: usize = 64;
/// The first and the longest pause before a page that failed is read again.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

/// Reads one room's log for one reader: in order, each event once, for as long as they may.
#[derive(Debug)]
pub struct RoomFeed {
    app: Arc<App>,
    caller: SignedIn,
    room: RoomName,
    /// Whose leaving ends the feed.
    leaver: UserKey,
    reader: Reader,
    /// Up to here the log was written before the reader came, who was let in knowing it.
    head: LogPlace,
    /// Up to here what it tells is catching up.
    replayed_until: i64,
    stage: Stage,
    backlog: i64,
}

/// What a feed has for its reader right now.
#[derive(Debug)]
pub(super) enum Ready {
    Told(Vec<Told>),
    Level,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Starting,
    Replaying,
    Live,
    Over,
}

impl RoomFeed {
    pub(super) fn new(
        app: Arc<App>,
        caller: SignedIn,
        room: &Room,
        reader: Reader,
        head: LogPlace,
        backlog: i64,
    ) -> Self {
        let feed = Self::quiet(app, caller, room, reader, head);
        Self { stage: Stage::Starting, backlog, ..feed }
    }

    /// One without marks, for a feed of many rooms that makes its own.
    pub(super) fn quiet(
        app: Arc<App>,
        caller: SignedIn,
        room: &Room,
        reader: Reader,
        head: LogPlace,
    ) -> Self {
        Self {
            app,
            caller,
            room: RoomName::of(room),
            leaver: leaver(caller, room),
            reader,
            head,
            replayed_until: head.position,
            stage: Stage::Live,
            backlog: 0,
        }
    }

    /// Ends with the reader's membership, whether or not they may read on.
    pub(super) fn of_member(self) -> Self {
        Self { leaver: self.caller.user, ..self }
    }

    /// All that it tells is news: the room came to a reader who was there already.
    pub(super) fn all_new(self) -> Self {
        Self { replayed_until: self.reader.at().position, ..self }
    }

    pub fn room(&self) -> RoomName {
        self.room
    }

    pub(super) fn at(&self) -> LogPlace {
        self.reader.at()
    }

    /// Something to wait on beside the feed.
    pub(super) fn wake(&self) -> Wake {
        self.reader.wake()
    }

    /// The next things to tell, at least one; `None` at the feed's end. It begins with
    /// [`Moment::Started`], and has [`Moment::CaughtUp`] where the log ended when it was opened.
    ///
    /// # Errors
    /// `NOT_A_MEMBER` when the reader has left the room, `NOT_FOUND` when the room is gone. What the
    /// database cannot answer now is asked again until it can.
    pub async fn next(&mut self) -> Result<Option<Vec<Told>>> {
        loop {
            match self.poll_ready().await? {
                Ready::Told(told) if told.is_empty() => {}
                Ready::Told(told) => return Ok(Some(told)),
                Ready::Level => self.reader.changed().await,
                Ready::Over => return Ok(None),
            }
        }
    }

    /// What can be told without waiting for others.
    pub(super) async fn poll_ready(&mut self) -> Result<Ready> {
        match self.stage {
            Stage::Over => return Ok(Ready::Over),
            Stage::Starting => {
                self.stage = Stage::Replaying;
                let mut told = vec![self.mark(Moment::Started { backlog: self.backlog }, true)];
                self.catch_up_mark(&mut told);
                return Ok(Ready::Told(told));
            }
            Stage::Replaying | Stage::Live => {}
        }
        match self.reader.take(TAKE_MAX, self.leaver, self.head.position) {
            Take::Level => Ok(Ready::Level),
            Take::Gone => Err(left()),
            Take::Events(entries) => Ok(Ready::Told(self.tell(entries))),
            // Rare, and large where it waits; a reader that is level holds none of it.
            Take::Behind(behind) => Box::pin(self.read_on(behind)).await.map(Ready::Told),
        }
    }

    fn tell(&mut self, entries: Vec<Arc<Entry>>) -> Vec<Told> {
        let mut told = Vec::with_capacity(entries.len() + 1);
        for entry in entries {
            let place = entry.event.place();
            self.push(&mut told, entry, place);
        }
        told
    }

    fn push(&mut self, told: &mut Vec<Told>, entry: Arc<Entry>, place: LogPlace) {
        if self.stage == Stage::Over {
            return;
        }
        if entry.event.change() == Some(RoomChange::RoomDeleted) {
            self.stage = Stage::Over;
        }
        told.push(event(self.room, entry, self.replayed_until));
        if self.stage == Stage::Replaying && place.position >= self.head.position {
            self.stage = Stage::Live;
            let mut mark = self.mark(Moment::CaughtUp, false);
            mark.place = Resume::Room(self.room.key, place);
            told.push(mark);
        }
    }

    /// Adds the mark when the reader stands where the log ended at the opening.
    fn catch_up_mark(&mut self, told: &mut Vec<Told>) {
        if self.stage == Stage::Replaying && self.reader.at().position >= self.head.position {
            self.stage = Stage::Live;
            told.push(self.mark(Moment::CaughtUp, false));
        }
    }

    fn mark(&self, moment: Moment, replayed: bool) -> Told {
        let place = Resume::Room(self.room.key, self.reader.at());
        Told { room: Some(self.room), moment, at: self.app.clock.now(), place, replayed }
    }

    /// Reads what is no longer in the ring. Where little is missing, one reader reads it for all.
    async fn read_on(&mut self, behind: Behind) -> Result<Vec<Told>> {
        if !self.reader.is_near(behind) {
            return self.read_page(None).await;
        }
        let attached = self.app.hub.attach(self.room.key);
        let _turn = attached.backfill().await;
        let taken = self.reader.take(TAKE_MAX, self.leaver, self.head.position);
        match taken {
            Take::Events(entries) => Ok(self.tell(entries)),
            Take::Gone => Err(left()),
            Take::Level => Ok(Vec::new()),
            Take::Behind(behind) => self.read_page(Some(behind)).await,
        }
    }

    async fn read_page(&mut self, keep_until: Option<Behind>) -> Result<Vec<Told>> {
        let start = self.reader.at();
        let page = self.page_at(start).await?;
        let caught_up = !page.more;
        let head = page.head;
        let (events, end) = told(self.room, start, page, self.replayed_until, self.app.clock.now());
        if let Some(Behind { floor }) = keep_until {
            let entries = events.iter().filter_map(|told| match &told.moment {
                Moment::Event(entry) if entry.event.position <= floor.position => Some(Arc::clone(entry)),
                _ => None,
            });
            self.reader.prepend(&entries.collect::<Vec<_>>(), start);
            // From the ring they are rendered once for all who missed them.
            if let Take::Events(entries) = self.reader.take(TAKE_MAX, self.leaver, self.head.position) {
                return Ok(self.tell(entries));
            }
        }
        let mut out = Vec::with_capacity(events.len() + 1);
        for told in events {
            match &told.moment {
                Moment::Event(entry) => {
                    let (entry, place) = (Arc::clone(entry), entry.event.place());
                    self.push(&mut out, entry, place);
                }
                _ => out.push(told),
            }
        }
        // Behind the last event there may be positions whose rows were removed.
        self.reader.move_to(if caught_up { head } else { end });
        self.catch_up_mark(&mut out);
        Ok(out)
    }

    async fn page_at(&self, start: LogPlace) -> Result<LogPage> {
        let viewer = Viewer::User(self.caller);
        let mut pause = RETRY_FIRST;
        loop {
            match self.app.log_page(&viewer, self.room.key, start).await {
                Err(error) if error.code() == Code::Unavailable => {
                    tracing::debug!(%error, "a reader waits for the database");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_LONGEST);
                }
                outcome => return outcome,
            }
        }
    }
}

/// In an open room one reads on without being a member. Nobody has the key 0.
fn leaver(caller: SignedIn, room: &Room) -> UserKey {
    if room.is_open { UserKey(0) } else { caller.user }
}

fn left() -> Error {
    Error::new(Code::NotAMember, Text::NotAMember)
}

fn event(room: RoomName, entry: Arc<Entry>, replayed_until: i64) -> Told {
    Told {
        room: Some(room),
        at: entry.event.at,
        place: Resume::Room(room.key, entry.event.place()),
        replayed: entry.event.position <= replayed_until,
        moment: Moment::Event(entry),
    }
}

/// What a page of the log tells, and where it leads. A number that is missing among the messages is one
/// that was removed.
pub(super) fn told(
    room: RoomName,
    start: LogPlace,
    page: LogPage,
    replayed_until: i64,
    now: Timestamp,
) -> (Vec<Told>, LogPlace) {
    let mut out = Vec::with_capacity(page.events.len());
    let mut at = start;
    let trimmed = |from: LogPlace, until: LogPlace| Told {
        room: Some(room),
        moment: Moment::Trimmed { from_seq: from.seq + 1, to_seq: until.seq },
        at: now,
        place: Resume::Room(room.key, until),
        replayed: until.position <= replayed_until,
    };
    for (found, person) in page.events {
        let place = found.place();
        if found.message().is_some() && place.seq > at.seq + 1 {
            out.push(trimmed(at, LogPlace { position: place.position - 1, seq: place.seq - 1 }));
        }
        at = place;
        out.push(event(room, Entry::with_person(found, person), replayed_until));
    }
    if !page.more && page.head.seq > at.seq {
        out.push(trimmed(at, page.head));
    }
    if !page.more {
        at = page.head;
    }
    (out, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<'f, F: Future>(_: impl Fn(&'f mut RoomFeed) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_reader_that_waits_is_small() {
        assert!(size_of::<RoomFeed>() + size(RoomFeed::next) <= 640);
    }
}
