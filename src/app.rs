//! The use cases. Each takes the viewer first, asks policy, and opens the one transaction it needs;
//! faces only parse, call and shape.

pub mod audit;
pub mod auth;
pub mod directory;
mod figures;
pub mod import;
pub mod limits;
pub mod live;
pub mod media;
pub mod messages;
pub mod presence;
pub mod rooms;
pub mod search;
pub mod sweep;
pub mod users;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::app::limits::Limits;
use crate::app::media::MediaBounds;
use crate::app::messages::{Post, Posted, post_all};
use crate::auth::password::Passwords;
use crate::auth::tokens::Tokens;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::messages::TextBounds;
use crate::domain::paging::{Epoch, PageSizes};
use crate::domain::policy::{Action, Standing, Verdict, administers, decide};
use crate::domain::rooms::Room;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::domain::users::User;
use crate::error::{Code, Error, Result, Text};
use crate::hub::Hub;
use crate::media::Media;
use crate::metrics::Metrics;
use crate::storage::Store;
use crate::storage::gather::Gather;

/// Rooms whose ids are remembered by their keys; beyond it the least used are read again.
const ROOM_IDS_REMEMBERED_MAX: u64 = 100_000;

/// The bounds of what callers may ask for, from the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub text: TextBounds,
    pub room_name_chars_max: usize,
    pub members_per_call_max: usize,
    pub inbox_rooms_max: usize,
    pub list_max: usize,
    /// Whether a room with a password is never open.
    pub room_passwords_asked: bool,
    pub edits_kept_max: i32,
    pub reaction_kinds_max: usize,
    pub read_marks_told_members_max: i32,
    pub pages: PageSizes,
    pub refresh_ttl: Duration,
    pub refresh_reuse_grace: Duration,
    pub signup_open: bool,
    pub audit_kept: Duration,
}

impl Bounds {
    pub fn of(config: &Config) -> Self {
        let page = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
        Self {
            text: TextBounds { chars_max: config.chat.text_chars_max, bytes_max: config.chat.text_bytes_max },
            room_name_chars_max: config.chat.room_name_chars_max,
            members_per_call_max: config.chat.members_per_call_max,
            inbox_rooms_max: config.live.inbox_rooms_max,
            list_max: config.rest.list_max,
            room_passwords_asked: config.rest.thanchat_room_passwords,
            edits_kept_max: i32::try_from(config.chat.edits_kept_max).unwrap_or(i32::MAX),
            reaction_kinds_max: config.chat.reaction_kinds_max,
            read_marks_told_members_max: i32::try_from(config.chat.read_marks_told_members_max)
                .unwrap_or(i32::MAX),
            pages: PageSizes { default: page(config.chat.page_default), max: page(config.chat.page_max) },
            refresh_ttl: config.refresh_token_ttl,
            refresh_reuse_grace: config.refresh_reuse_grace,
            signup_open: config.signup,
            audit_kept: config.admin.audit_kept,
        }
    }

    /// Whether the members of a room are told how far each has read.
    pub fn tells_read_marks(&self, room: &Room) -> bool {
        room.member_count <= self.read_marks_told_members_max
    }
}

/// The product, without a face.
#[derive(Debug)]
pub struct App {
    store: Store,
    /// Sends on their way into their rooms.
    posts: Gather<Post, Posted>,
    index: search::Index,
    passwords: Arc<Passwords>,
    tokens: Tokens,
    clock: Clock,
    bounds: Bounds,
    limits: Limits,
    callers: auth::Callers,
    /// The ids of rooms, which never change.
    room_ids: Cache<RoomKey, Uuid>,
    hub: Arc<Hub>,
    /// People who show in live events, for a moment.
    people_shown: Cache<UserKey, Arc<User>>,
    media: Media,
    files: MediaBounds,
    /// Turns for reading what live readers have missed.
    catching_up: Semaphore,
    node: figures::Node,
    /// Whether an administrator was seen.
    is_set_up: AtomicBool,
}

/// What the use cases are made of.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub passwords: Arc<Passwords>,
    pub tokens: Tokens,
    pub clock: Clock,
    pub hub: Arc<Hub>,
    pub media: Media,
    pub metrics: Metrics,
}

impl App {
    pub fn new(parts: Parts, config: &Config) -> Self {
        let Parts { store, passwords, tokens, clock, hub, media, metrics } = parts;
        Self {
            node: figures::Node::new(metrics, clock.now(), config),
            posts: Gather::new(store.clone(), post_all, config.database.send_batches_max),
            index: search::Index::new(config.search),
            store,
            passwords,
            tokens,
            clock,
            bounds: Bounds::of(config),
            limits: Limits::new(config),
            callers: auth::Callers::new(),
            room_ids: Cache::new(ROOM_IDS_REMEMBERED_MAX),
            hub,
            people_shown: live::people_cache(),
            media,
            files: MediaBounds::of(config),
            catching_up: Semaphore::new(config.live.catch_up_reads_max),
            is_set_up: AtomicBool::new(false),
        }
    }

    /// What is held for live readers, for those who watch over it.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The mark that cursors of this database carry.
    pub fn epoch(&self) -> Epoch {
        self.store.epoch()
    }

    /// Counts one request against its sender's budget, before anything of it is done.
    pub fn admit_request(&self, _viewer: &Viewer, origin: &auth::Origin) -> Result<()> {
        self.limits.request(origin.address)
    }

    /// The database, for those who watch over it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Passwords that wait to be hashed.
    pub fn password_queue_len(&self) -> usize {
        self.passwords.queue_len()
    }

    /// Pictures that wait to be decoded.
    pub fn decode_queue_len(&self) -> usize {
        self.media.queue_len()
    }

    /// Lets accepted work end, and closes the database.
    pub async fn close(&self) {
        self.store.close().await;
        let passwords = Arc::clone(&self.passwords);
        // It waits for a hash to end, which is too long for a runtime thread.
        let _ = tokio::task::spawn_blocking(move || passwords.shutdown()).await;
    }
}

/// The signed-in person, or the refusal that asks to sign in.
fn person(viewer: &Viewer) -> Result<SignedIn> {
    viewer.signed_in().copied().ok_or_else(|| Error::new(Code::Unauthenticated, Text::SignInFirst))
}

/// Refuses everyone but administrators, and the operator at the console.
fn administrator(viewer: &Viewer) -> Result<()> {
    if administers(viewer) {
        return Ok(());
    }
    person(viewer)?;
    Err(Error::new(Code::Forbidden, Text::AdministratorsOnly))
}

/// Refuses what would add something to a closed room.
fn archived() -> Error {
    Error::new(Code::Forbidden, Text::RoomArchived)
}

/// Turns policy's verdict into a refusal.
fn allow(standing: Standing, action: Action) -> Result<()> {
    match decide(standing, action) {
        Verdict::Allow => Ok(()),
        // In every word what is said of an id that nothing has.
        Verdict::Hidden => Err(Error::not_found().at("roomId")),
        Verdict::MembersOnly => Err(Error::new(Code::NotAMember, Text::NotAMember)),
        Verdict::Forbidden => Err(Error::new(Code::Forbidden, Text::NotAllowed)),
        Verdict::FixedMembership => Err(Error::new(Code::Forbidden, Text::FixedMembership)),
        Verdict::Archived => Err(archived()),
    }
}
