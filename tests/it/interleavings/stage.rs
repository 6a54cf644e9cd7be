//! A product without a face, whose news pass through hands that lose, hold back and swap them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::DateTime;
use futures_util::future::join_all;
use proptest::test_runner::TestCaseError;
use tempfile::TempDir;
use tertulia::app::App;
use tertulia::app::auth::Signup;
use tertulia::app::live::{Moment, Pace, Resume, Told, attend};
use tertulia::app::messages::PostMessage;
use tertulia::app::rooms::CreateRoom;
use tertulia::auth::{KeySource, Keys, PasswordOptions, Passwords, Tokens};
use tertulia::clock::Clock;
use tertulia::domain::events::{LogPlace, News};
use tertulia::domain::ids::{MessageKey, RoomKey, SessionKey};
use tertulia::domain::paging::Epoch;
use tertulia::domain::rooms::{MemberRole, RoomKind, RoomView, RoomVisibility};
use tertulia::domain::sessions::{SignedIn, Viewer};
use tertulia::domain::users::{User, UserType};
use tertulia::hub::bus::Bus;
use tertulia::hub::{Bounds, Hub};
use tertulia::media::Media;
use tertulia::metrics::Metrics;
use tertulia::server::assemble::presence_options;
use tertulia::storage::{Engine, Herald, Options, Store};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::support::Db;
use crate::support::app::config;

pub const PATIENCE: Duration = Duration::from_secs(20);
const AGE: Duration = Duration::from_mins(1);
/// So few that readers are soon behind.
const RING_EVENTS: usize = 4;

/// What becomes of one piece of news.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    Told,
    Lost,
    /// Told after so many others.
    Late(usize),
    Twice,
}

/// Stands between the database and the hub, and treats news as the script says, over and over.
#[derive(Debug, Default)]
struct Meddler {
    script: Vec<Fate>,
    next: usize,
    held: Vec<(usize, News)>,
}

impl Meddler {
    fn pass(&mut self, news: News) -> Vec<News> {
        let fate = self.script.get(self.next).copied().unwrap_or(Fate::Told);
        self.next = (self.next + 1) % self.script.len().max(1);
        let mut out = Vec::new();
        for (left, _) in &mut self.held {
            *left -= 1;
        }
        match fate {
            Fate::Told => out.push(news),
            Fate::Twice => out.extend([news.clone(), news]),
            Fate::Lost => {}
            Fate::Late(others) => self.held.push((others, news)),
        }
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|(left, _)| *left == 0);
        self.held = held;
        let due: Vec<(usize, News)> = due;
        out.extend(due.into_iter().map(|(_, news)| news));
        out
    }
}

/// The product, for many plays.
pub struct Theatre {
    pub app: Arc<App>,
    meddler: Arc<Mutex<Meddler>>,
    _data: TempDir,
}

impl Theatre {
    pub async fn build() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = config(&data, &Db::Sqlite, &[]);
        let (bus, inbox) = Bus::in_process();
        let hub = Arc::new(Hub::new(
            bus,
            Bounds {
                ring_events_max: RING_EVENTS,
                ring_bytes_max: 1 << 20,
                ring_age_max: AGE,
                idle_rooms_max: 2,
            },
            presence_options(&config, 1),
        ));
        let meddler: Arc<Mutex<Meddler>> = Arc::default();
        let (listener, hands) = (Arc::clone(&hub), Arc::clone(&meddler));
        let herald = Herald::new(move |news| {
            // Two who write side by side may not be told in another order than the script has.
            let mut hands = hands.lock().unwrap();
            let passed = news.into_iter().flat_map(|news| hands.pass(news)).collect();
            listener.announce(passed);
        });
        let store = Store::open(Options {
            engine: Engine::Sqlite(data.path().join("tertulia.db")),
            read_pool_size: 4,
            pool_size: 4,
            write_queue_max: 1000,
            acquire_timeout: PATIENCE,
            statement_timeout: PATIENCE,
            new_epoch: Epoch(7),
            herald,
        })
        .await
        .unwrap();
        let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let passwords = Passwords::start(PasswordOptions { cost: 4, threads: 1, queue_max: 100 }).unwrap();
        let keys = Arc::new(Keys::load(KeySource::SecretFile(data.path().join("secret"))).unwrap());
        let tokens = Tokens::new(keys, String::new(), "tertulia", AGE, clock.clone());
        let (passwords, metrics) = (Arc::new(passwords), Metrics::new());
        let media = Media::open(&config.media, data.path(), &metrics).unwrap();
        let parts = tertulia::app::Parts { store, passwords, tokens, clock, hub, media, metrics };
        let app = Arc::new(App::new(parts, &config));
        // Nobody looks by themselves, so that what heals without a look can be told from what does not.
        attend(&app, inbox, Pace { unheard: AGE * 60, heard: AGE * 60 });
        Self { app, meddler, _data: data }
    }

    async fn person(&self, name: &str) -> (Viewer, Uuid) {
        let signup = Signup {
            username: name.to_owned(),
            email: format!("{name}@example.com"),
            password: crate::support::app::PASSWORD.into(),
            first_name: String::new(),
            last_name: String::new(),
            user_type: UserType::Other,
            phone: None,
            address: None,
        };
        let User { key, id, .. } = self.app.create_user(&Viewer::Operator, signup, false).await.unwrap();
        let session = SessionKey(key.0);
        (Viewer::User(SignedIn { user: key, user_id: id, session, is_admin: false }), id)
    }
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    Now,
    Beginning,
    /// Before so many newest messages.
    Last(i32),
    /// Now, in all rooms.
    Inbox,
}

/// What one connection was told of the room.
#[derive(Debug, Clone)]
pub struct Seen {
    pub is_room: bool,
    pub start: i64,
    /// Where the log ended when the connection began.
    pub opened_at: i64,
    /// Whether its backlog is that of the room alone.
    pub whole: bool,
    /// Whether it was cut before the end of the play.
    pub was_cut: bool,
    pub told: Vec<Told>,
}

struct Reader {
    seen: Arc<Mutex<Seen>>,
    turns: Arc<Semaphore>,
    at: watch::Receiver<i64>,
    task: JoinHandle<()>,
    /// Where it would go on.
    cursor: Arc<Mutex<Option<String>>>,
}

/// One room with its people and readers.
pub struct Stage<'t> {
    theatre: &'t Theatre,
    owner: Viewer,
    pub reader: Viewer,
    reader_id: Uuid,
    guest: Uuid,
    guest_is_in: bool,
    room: RoomView,
    beginning: String,
    sent: usize,
    edits: usize,
    messages: Vec<MessageKey>,
    readers: Vec<Option<Reader>>,
    cut: Vec<Seen>,
}

impl<'t> Stage<'t> {
    pub async fn set(theatre: &'t Theatre, script: Vec<Fate>) -> Self {
        static PLAYS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let play = PLAYS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        *theatre.meddler.lock().unwrap() = Meddler::default();
        let (owner, _) = theatre.person(&format!("amber{play}")).await;
        let (reader, reader_id) = theatre.person(&format!("basil{play}")).await;
        let (_, guest) = theatre.person(&format!("carol{play}")).await;
        let room = make_room(theatre, &owner, "Den", reader_id).await;
        let head = LogPlace { position: room.room.head, seq: room.room.last_seq };
        let beginning = Resume::Room(room.room.key, head).cursor(theatre.app.epoch());
        *theatre.meddler.lock().unwrap() = Meddler { script, ..Meddler::default() };
        let readers = (0..super::READERS).map(|_| None).collect();
        Self {
            theatre,
            owner,
            reader,
            reader_id,
            guest,
            guest_is_in: false,
            room,
            beginning,
            sent: 0,
            edits: 0,
            messages: Vec::new(),
            readers,
            cut: Vec::new(),
        }
    }

    pub async fn head(&self) -> LogPlace {
        let room = self.theatre.app.room(&self.owner, self.room.room.id).await.unwrap().unwrap().room;
        LogPlace { position: room.head, seq: room.last_seq }
    }

    pub async fn post_into(&self, room: Uuid, text: &str) -> MessageKey {
        let request = PostMessage { text: text.to_owned(), ..PostMessage::default() };
        self.theatre.app.post(&self.owner, room, request).await.unwrap().message.key
    }

    pub async fn edit(&mut self, nth: usize) {
        let Some(key) = self.messages.get(nth) else { return };
        self.edits += 1;
        let text = format!("m{} {}", nth + 1, self.edits);
        // One that was deleted stays so.
        let _ = self.theatre.app.edit_message(&self.owner, *key, text).await;
    }

    pub async fn delete(&mut self, nth: usize) {
        let Some(key) = self.messages.get(nth) else { return };
        self.theatre.app.delete_message(&self.owner, *key).await.unwrap();
    }

    /// What each message says now.
    pub async fn texts(&self) -> HashMap<i64, String> {
        let app = &self.theatre.app;
        let found = app.messages_by_key(&self.owner, self.messages.clone()).await.unwrap();
        found.into_iter().map(|(message, _)| (message.seq, message.text)).collect()
    }

    pub async fn send(&mut self, count: usize) {
        // Side by side, and in the order of their texts: the writer takes them as they come.
        let texts: Vec<String> = (1..=count).map(|n| format!("m{}", self.sent + n)).collect();
        self.sent += count;
        let sent = join_all(texts.iter().map(|text| self.post_into(self.room.room.id, text))).await;
        self.messages.extend(sent);
    }

    pub async fn flood(&self, count: usize) {
        join_all((0..count).map(|_| self.post_into(self.room.room.id, "more"))).await;
    }

    pub async fn further_room(&self, name: &str) -> (Uuid, RoomKey) {
        let room = make_room(self.theatre, &self.owner, name, self.reader_id).await.room;
        (room.id, room.key)
    }

    pub async fn change(&mut self) {
        let (app, room) = (&self.theatre.app, self.room.room.id);
        if self.guest_is_in {
            app.remove_member(&self.owner, room, self.guest).await.unwrap();
        } else {
            app.add_members(&self.owner, room, vec![self.guest], MemberRole::Member).await.unwrap();
        }
        self.guest_is_in = !self.guest_is_in;
    }

    pub async fn out_and_in_again(&self) {
        let (app, room) = (&self.theatre.app, self.room.room.id);
        app.remove_member(&self.owner, room, self.reader_id).await.unwrap();
        app.add_members(&self.owner, room, vec![self.reader_id], MemberRole::Member).await.unwrap();
    }

    pub fn evict(&self) {
        self.theatre.app.hub().tidy(Instant::now() + AGE);
    }

    pub fn allow(&self, reader: usize, batches: usize) {
        if let Some(reader) = &self.readers[reader] {
            reader.turns.add_permits(batches);
        }
    }

    pub async fn open(&mut self, reader: usize, start: Start) {
        self.close(reader);
        let opened = match start {
            Start::Now => self.room_reader(None, None).await,
            Start::Beginning => self.room_reader(Some(self.beginning.clone()), None).await,
            Start::Last(last) => self.room_reader(None, Some(last)).await,
            Start::Inbox => self.inbox_reader(None).await,
        };
        self.readers[reader] = Some(opened);
    }

    pub async fn resume(&mut self, reader: usize) {
        let Some(old) = &self.readers[reader] else { return };
        // One that was told nothing yet has no place to go on from.
        if old.cursor.lock().unwrap().is_none() {
            return;
        }
        old.task.abort();
        let (cursor, is_room) =
            (old.cursor.lock().unwrap().clone().unwrap(), old.seen.lock().unwrap().is_room);
        self.close(reader);
        let opened = if is_room {
            self.room_reader(Some(cursor), None).await
        } else {
            self.inbox_reader(Some(cursor)).await
        };
        self.readers[reader] = Some(opened);
    }

    fn close(&mut self, reader: usize) {
        if let Some(reader) = self.readers[reader].take() {
            reader.task.abort();
            let seen = reader.seen.lock().unwrap().clone();
            self.cut.push(Seen { was_cut: true, ..seen });
        }
    }

    async fn room_reader(&self, after: Option<String>, last: Option<i32>) -> Reader {
        let (app, id) = (&self.theatre.app, self.room.room.id);
        let mut feed = app.follow_room(&self.reader, id, after.as_deref(), last).await.unwrap();
        let (mut parts, reader) =
            Parts::new(true, self.head().await.position, app.epoch(), self.room.room.key);
        let task = tokio::spawn(async move {
            loop {
                parts.turn().await;
                let told = feed.next().await.unwrap().expect("the room is there");
                parts.take(told);
            }
        });
        Reader { task, ..reader }
    }

    async fn inbox_reader(&self, after: Option<String>) -> Reader {
        let app = &self.theatre.app;
        let mut feed = app.follow_inbox(&self.reader, after.as_deref()).await.unwrap();
        let (mut parts, reader) =
            Parts::new(false, self.head().await.position, app.epoch(), self.room.room.key);
        let task = tokio::spawn(async move {
            loop {
                parts.turn().await;
                let told = feed.next().await.unwrap();
                parts.take(told);
            }
        });
        Reader { task, ..reader }
    }

    /// Lets all read as they like until each is level, and gives what every connection saw.
    pub async fn level(&mut self, head: i64) -> Result<Vec<Seen>, TestCaseError> {
        let mut all = std::mem::take(&mut self.cut);
        for reader in self.readers.iter_mut().filter_map(Option::take) {
            reader.turns.add_permits(100_000);
            let mut at = reader.at.clone();
            let wait = at.wait_for(|at| *at >= head);
            let came = matches!(timeout(PATIENCE, wait).await, Ok(Ok(_)));
            reader.task.abort();
            let seen = reader.seen.lock().unwrap().clone();
            if !came {
                return Err(TestCaseError::fail(format!("a reader is not level with {head}: {seen:?}")));
            }
            all.push(seen);
        }
        Ok(all)
    }
}

async fn make_room(theatre: &Theatre, owner: &Viewer, name: &str, member: Uuid) -> RoomView {
    let request = CreateRoom {
        kind: RoomKind::Group,
        name: Some(name.to_owned()),
        member_ids: vec![member],
        description: String::new(),
        visibility: RoomVisibility::Private,
        capacity: None,
        password: None,
    };
    theatre.app.create_room(owner, request).await.unwrap().0
}

/// A reader's own end.
struct Parts {
    seen: Arc<Mutex<Seen>>,
    turns: Arc<Semaphore>,
    at: watch::Sender<i64>,
    cursor: Arc<Mutex<Option<String>>>,
    epoch: Epoch,
    room: RoomKey,
    caught_up: bool,
}

impl Parts {
    fn new(is_room: bool, opened_at: i64, epoch: Epoch, room: RoomKey) -> (Self, Reader) {
        let seen = Seen { is_room, start: -1, opened_at, whole: is_room, was_cut: false, told: Vec::new() };
        let seen = Arc::new(Mutex::new(seen));
        let (sender, at) = watch::channel(-1);
        let (turns, cursor) = (Arc::new(Semaphore::new(1)), Arc::default());
        let parts = Self {
            seen: Arc::clone(&seen),
            turns: Arc::clone(&turns),
            at: sender,
            cursor: Arc::clone(&cursor),
            epoch,
            room,
            caught_up: false,
        };
        (parts, Reader { seen, turns, at, task: tokio::spawn(async {}), cursor })
    }

    async fn turn(&self) {
        self.turns.acquire().await.unwrap().forget();
    }

    fn take(&mut self, told: Vec<Told>) {
        for told in told {
            let place = match &told.place {
                Resume::Room(_, place) => *place,
                Resume::Inbox(_, places) => {
                    places.iter().find(|(room, _)| *room == self.room).expect("the room is the reader's").1
                }
            };
            *self.cursor.lock().unwrap() = Some(told.place.cursor(self.epoch));
            let mut seen = self.seen.lock().unwrap();
            if matches!(told.moment, Moment::Started { .. }) {
                seen.start = place.position;
            }
            self.caught_up |= matches!(told.moment, Moment::CaughtUp);
            seen.told.push(told);
            drop(seen);
            if self.caught_up {
                self.at.send_replace(place.position);
            }
        }
    }
}
