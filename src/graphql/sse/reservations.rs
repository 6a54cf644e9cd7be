//! Single connections that were reserved, by their tokens, and what runs on each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::stream::{AbortHandle, Abortable, StreamExt as _};
use tokio::sync::Notify;

use crate::auth::random;
use crate::domain::ids::SessionKey;
use crate::error::{Code, Error, Result, Text};
use crate::graphql::streams::{Frames, Seat};
use crate::hub::SessionBell;
use crate::metrics::Counted;

/// When a client may try again where all places are taken.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// All reservations of a server.
#[derive(Debug)]
pub(in crate::graphql) struct Reservations {
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    max: usize,
    /// How long one waits for its stream.
    ttl: Duration,
}

/// One reservation, from its making to the end of its stream.
pub(super) struct Slot {
    /// The session that reserved it, and that alone may start operations on it.
    pub(super) session: SessionKey,
    state: Mutex<State>,
    /// Told when an operation was added.
    pub(super) arrived: Notify,
    /// Watched from the reservation on, so that an end before the stream opens counts.
    pub(super) session_bell: Option<SessionBell>,
    /// Its place in the session's and in the server's count.
    _held: (Option<Seat>, Counted),
}

#[derive(Default)]
struct State {
    is_open: bool,
    /// By the client's name for it.
    live: HashMap<String, Live>,
    /// Live ones that the stream has not taken over yet. They do not run before.
    waiting: Vec<(u64, Running)>,
    next_number: u64,
}

struct Live {
    /// Tells it from a later one of the same name.
    number: u64,
    abort: AbortHandle,
}

/// An operation that can be ended from outside.
pub(super) type Running = Abortable<Frames>;

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("live", &lock(&self.state).live.len()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reservations {
    pub(in crate::graphql) fn new(max: usize, ttl: Duration) -> Self {
        Self { slots: Mutex::default(), max, ttl }
    }

    /// Makes a reservation, and gives its token. Without a stream it is forgotten after a while.
    ///
    /// # Errors
    /// `UNAVAILABLE` when there are as many as there may be.
    pub(super) fn reserve(self: &Arc<Self>, slot: Slot) -> Result<String> {
        let token = random::token();
        let mut slots = lock(&self.slots);
        if slots.len() >= self.max {
            return Err(Error::unavailable(RETRY_AFTER));
        }
        slots.insert(token.clone(), Arc::new(slot));
        drop(slots);
        tokio::spawn(forget(Arc::downgrade(self), token.clone(), self.ttl));
        Ok(token)
    }

    pub(super) fn find(&self, token: &str) -> Option<Arc<Slot>> {
        lock(&self.slots).get(token).map(Arc::clone)
    }

    pub(super) fn remove(&self, token: &str) {
        lock(&self.slots).remove(token);
    }
}

async fn forget(reservations: Weak<Reservations>, token: String, ttl: Duration) {
    tokio::time::sleep(ttl).await;
    let Some(reservations) = reservations.upgrade() else { return };
    let mut slots = lock(&reservations.slots);
    // Asked under the lock, so that it is not opened meanwhile.
    if slots.get(&token).is_some_and(|slot| !lock(&slot.state).is_open) {
        slots.remove(&token);
    }
}

impl Slot {
    pub(super) fn new(
        session: SessionKey,
        session_bell: Option<SessionBell>,
        held: (Option<Seat>, Counted),
    ) -> Self {
        Self { session, state: Mutex::default(), arrived: Notify::new(), session_bell, _held: held }
    }

    /// Opens the stream; false when it is open.
    pub(super) fn open(&self) -> bool {
        !std::mem::replace(&mut lock(&self.state).is_open, true)
    }

    /// Adds an operation under a name.
    ///
    /// # Errors
    /// `CONFLICT` when the name is in use, `RATE_LIMITED` when there are `max` operations.
    pub(super) fn add(self: &Arc<Self>, id: &str, frames: Frames, max: usize) -> Result<()> {
        let mut state = lock(&self.state);
        if state.live.contains_key(id) {
            return Err(Error::plain(Code::Conflict, "An operation with this operationId is running."));
        }
        if state.live.len() >= max {
            return Err(Error::new(Code::RateLimited, Text::TooMany { max }).retry_after(RETRY_AFTER));
        }
        let number = state.next_number;
        state.next_number += 1;
        let entry = Entry { slot: Arc::downgrade(self), id: id.to_owned(), number };
        let frames = frames.map(move |frame| {
            let _until_the_end = &entry;
            frame
        });
        let (abort, registration) = AbortHandle::new_pair();
        state.live.insert(id.to_owned(), Live { number, abort });
        let frames: Frames = Box::pin(frames);
        state.waiting.push((number, Abortable::new(frames, registration)));
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Ends an operation, of which nothing more is told. There may be none of the name, since one may just have
    /// ended.
    pub(super) fn end(&self, id: &str) {
        let mut state = lock(&self.state);
        let Some(Live { number, abort }) = state.live.remove(id) else { return };
        let at = state.waiting.iter().position(|(waiting, _)| *waiting == number);
        let waiting = at.map(|at| state.waiting.swap_remove(at));
        // Dropping it takes the lock.
        drop(state);
        drop(waiting);
        abort.abort();
    }

    /// The operations that were added since.
    pub(super) fn take(&self) -> Vec<Running> {
        let waiting = std::mem::take(&mut lock(&self.state).waiting);
        waiting.into_iter().map(|(_, running)| running).collect()
    }
}

/// Frees the name of an operation once it is gone.
struct Entry {
    slot: Weak<Slot>,
    id: String,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Some(slot) = self.slot.upgrade() else { return };
        let mut state = lock(&slot.state);
        if state.live.get(&self.id).is_some_and(|live| live.number == self.number) {
            state.live.remove(&self.id);
        }
    }
}
