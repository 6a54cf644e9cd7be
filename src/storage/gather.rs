//! Group commit for sends.
//!
//! On PostgreSQL, sends to one room gather while a transaction of that room commits, and the next one takes
//! them all: nobody waits for a timer, and nobody for the lock of the room's row. On SQLite, where each
//! unit of work shares its commit with its neighbours anyway, a send is a unit of its own.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, Semaphore, oneshot};
use uuid::Uuid;

use crate::error::{Code, Error, Result};
use crate::storage::pool::{Conn, RETRY, Store};

/// Sends in one transaction at most; bounds how long the first of them waits for the last.
const BATCH_MAX: usize = 256;

/// What is done with sends to one room, in one transaction: an outcome for each, in their order. An error
/// is the batch's, and then nothing of it may be stored.
pub type Work<I, O> = for<'c> fn(&'c mut Conn, Uuid, Vec<I>) -> BoxFuture<'c, Result<Vec<Result<O>>>>;

/// Takes sends in, and has them done together with others of their room.
pub struct Gather<I, O> {
    store: Store,
    work: Work<I, O>,
    /// The rooms that have sends waiting or under way. Each has a task, which removes it when it is idle.
    rooms: Arc<Mutex<Queues<I, O>>>,
    /// Turns for batches. Where fewer run side by side, more gather for each, and share a commit.
    turns: Arc<Semaphore>,
}

type Queues<I, O> = HashMap<Uuid, VecDeque<Waiting<I, O>>>;

struct Waiting<I, O> {
    item: I,
    answer: oneshot::Sender<Result<O>>,
    /// Free again when its turn comes.
    _place: OwnedSemaphorePermit,
}

impl<I, O> Clone for Gather<I, O> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            work: self.work,
            rooms: Arc::clone(&self.rooms),
            turns: Arc::clone(&self.turns),
        }
    }
}

impl<I, O> fmt::Debug for Gather<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Gather").field("rooms", &rooms).finish_non_exhaustive()
    }
}

impl<I, O> Gather<I, O>
where
    I: Clone + Send + 'static,
    O: Send + 'static,
{
    /// At most `at_once` batches run side by side, each of another room.
    pub fn new(store: Store, work: Work<I, O>, at_once: usize) -> Self {
        Self { store, work, rooms: Arc::default(), turns: Arc::new(Semaphore::new(at_once)) }
    }

    /// Does one send, and answers after the commit that holds it. Once it was taken in, it is done even if
    /// the caller goes away. `UNAVAILABLE` when too many wait.
    pub async fn send(&self, room: Uuid, item: I) -> Result<O> {
        match self.enqueue(room, item)? {
            Ok(answered) => answered.await.unwrap_or_else(|_| Err(Error::unavailable(RETRY))),
            Err(item) => {
                let work = self.work;
                self.store.write(move |conn| Box::pin(alone(work, conn, room, item))).await
            }
        }
    }

    /// Puts a send into its room's queue, or gives it back where there are no such queues.
    fn enqueue(&self, room: Uuid, item: I) -> Result<Result<oneshot::Receiver<Result<O>>, I>> {
        let Some((postgres, _)) = self.store.postgres() else { return Ok(Err(item)) };
        let place = postgres.queue_up()?;
        let (answer, answered) = oneshot::channel();
        let mut rooms = self.rooms();
        match rooms.get_mut(&room) {
            Some(queue) => queue.push_back(Waiting { item, answer, _place: place }),
            None => {
                let open = postgres.hold_open().ok_or_else(|| Error::unavailable(RETRY))?;
                rooms.insert(room, VecDeque::from([Waiting { item, answer, _place: place }]));
                tokio::spawn(self.clone().serve(room, open));
            }
        }
        Ok(Ok(answered))
    }

    fn rooms(&self) -> MutexGuard<'_, Queues<I, O>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a room has sends waiting; forgets it otherwise.
    fn has_waiting(&self, room: Uuid) -> bool {
        let mut rooms = self.rooms();
        let waits = rooms.get(&room).is_some_and(|queue| !queue.is_empty());
        if !waits {
            rooms.remove(&room);
        }
        waits
    }

    fn take(&self, room: Uuid) -> Vec<Waiting<I, O>> {
        let mut rooms = self.rooms();
        let Some(queue) = rooms.get_mut(&room) else { return Vec::new() };
        let count = queue.len().min(BATCH_MAX);
        queue.drain(..count).collect()
    }

    /// Works a room's queue off. It asks for a connection anew for each batch, so that a busy room stands
    /// in line with the other work; what comes while it stands there joins the batch.
    async fn serve(self, room: Uuid, _open: OwnedRwLockReadGuard<()>) {
        let Some((postgres, statements)) = self.store.postgres() else { return };
        while self.has_waiting(room) {
            // Turns are never taken away, so there is always one to wait for.
            let _turn = self.turns.acquire().await;
            let conn = postgres.lend_accepted(statements).await;
            let (items, answers): (Vec<I>, Vec<_>) =
                self.take(room).into_iter().map(|waiting| (waiting.item, waiting.answer)).unzip();
            let outcomes = match conn {
                Ok(mut conn) => self.outcomes(&mut conn, room, items).await,
                Err(fault) => all_unavailable(items.len(), &fault),
            };
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // The caller may have gone; what is stored is stored.
                let _ = answer.send(outcome);
            }
        }
    }

    async fn outcomes(&self, conn: &mut Conn, room: Uuid, items: Vec<I>) -> Vec<Result<O>> {
        let Some((postgres, _)) = self.store.postgres() else { return Vec::new() };
        let (work, count) = (self.work, items.len());
        let attempt = items.clone();
        let fault = match postgres.write_open(conn, move |conn| work(conn, room, attempt)).await {
            Ok(mut outcomes) => {
                outcomes.resize_with(count, || Err(no_outcome()));
                return outcomes;
            }
            Err(fault) => fault,
        };
        if fault.code() == Code::Unavailable {
            return all_unavailable(count, &fault);
        }
        if count == 1 {
            return vec![Err(fault)];
        }
        // One of them cannot be done, and was rolled back with its neighbours: each for itself, then.
        let mut outcomes = Vec::with_capacity(count);
        for item in items {
            outcomes
                .push(postgres.write_open(conn, move |conn| Box::pin(alone(work, conn, room, item))).await);
        }
        outcomes
    }
}

async fn alone<I, O>(work: Work<I, O>, conn: &mut Conn, room: Uuid, item: I) -> Result<O> {
    let outcome = work(conn, room, vec![item]).await?.pop();
    outcome.unwrap_or_else(|| Err(no_outcome()))
}

fn no_outcome() -> Error {
    Error::internal("a send has no outcome")
}

fn all_unavailable<O>(count: usize, fault: &Error) -> Vec<Result<O>> {
    let cause = fault.inside().map_or_else(|| fault.to_string(), ToString::to_string);
    (0..count).map(|_| Err(Error::unavailable(RETRY).caused_by(cause.clone()))).collect()
}
