//! The index of words is kept behind the sends: what was stored within a moment is indexed together, in a transaction of
//! its own, which costs a fraction of what each message would cost alone. A search has the rest indexed before it looks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio::time::{sleep, timeout};

use crate::app::App;
use crate::app::messages::Posted;
use crate::config;
use crate::error::{Code, Result};
use crate::storage::search;

/// How often to look for what a node that is gone has left.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// Transactions that one search runs before it looks. What is older than all that they index waits for those that run
/// anyway: messages from before there was search.
const BATCHES_BEFORE_SEARCH: usize = 40;

/// How far the index is behind, and whose turn it is.
#[derive(Debug)]
pub(in crate::app) struct Index {
    bounds: config::Search,
    /// Messages that were stored through this node and are not known to be indexed.
    waiting: AtomicUsize,
    stored: Arc<Notify>,
    /// Held by the one transaction of this node that indexes.
    turn: Mutex<()>,
}

impl Index {
    pub(in crate::app) fn new(bounds: config::Search) -> Self {
        Self { bounds, waiting: AtomicUsize::new(0), stored: Arc::default(), turn: Mutex::default() }
    }

    fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > self.bounds.backlog_max
    }
}

/// Starts what keeps the index up to date, for as long as the use cases are there.
pub fn keep_indexed(app: &Arc<App>) {
    let (stored, delay) = (Arc::clone(&app.index.stored), app.index.bounds.delay);
    let app = Arc::downgrade(app);
    tokio::spawn(async move {
        loop {
            sleep(delay).await;
            if !keep_up(&app).await {
                break;
            }
            // Without a word it looks all the same: another node may have gone before its turn.
            let _ = timeout(LOOK_EVERY, stored.notified()).await;
        }
    });
}

/// Indexes what waits; `false` once the use cases are gone.
async fn keep_up(app: &Weak<App>) -> bool {
    loop {
        let Some(app) = app.upgrade() else { return false };
        match app.index_batch(app.index.turn.lock().await).await {
            Ok(more) if more => {}
            Ok(_) => return true,
            Err(error) => {
                // Where the database is away or closed, others say so.
                if error.code() != Code::Unavailable {
                    tracing::warn!(%error, "Messages could not be indexed, and will be tried again.");
                }
                return true;
            }
        }
    }
}

impl App {
    /// Messages that were stored through this node and are not known to be indexed.
    pub fn index_backlog_len(&self) -> usize {
        self.index.waiting.load(Ordering::Relaxed)
    }

    /// Counts a message that was not stored before, and has it indexed. Where too many wait, the sender waits for some.
    pub(in crate::app) async fn stored(&self, posted: &Posted) {
        if posted.duplicate {
            return;
        }
        self.node.metrics.sent();
        self.index.waiting.fetch_add(1, Ordering::Relaxed);
        self.index.stored.notify_one();
        if self.index.is_full() {
            let turn = self.index.turn.lock().await;
            // Whoever had the turn before may have indexed enough.
            if self.index.is_full()
                && let Err(error) = self.index_batch(turn).await
            {
                // The message is stored, which is what the sender asks for.
                tracing::debug!(%error, "a send could not index what waits");
            }
        }
    }

    /// Has all that was stored before found: of a backlog past all bounds, the newest messages.
    pub(in crate::app) async fn index_before_search(&self) -> Result<()> {
        for _ in 0..BATCHES_BEFORE_SEARCH {
            if !self.index_batch(self.index.turn.lock().await).await? {
                break;
            }
        }
        Ok(())
    }

    /// Indexes the newest messages that wait; whether there may be more.
    async fn index_batch(&self, _turn: MutexGuard<'_, ()>) -> Result<bool> {
        // All of these are committed, and so among those that this transaction sees.
        let before = self.index.waiting.load(Ordering::Relaxed);
        let max = self.index.bounds.batch_max;
        let limit = i64::try_from(max).unwrap_or(i64::MAX);
        let kept = self
            .store
            .write(move |conn| Box::pin(async move { search::keep_waiting(conn, limit).await }))
            .await?;
        let done = if kept < max { before } else { kept.min(before) };
        self.index.waiting.fetch_sub(done, Ordering::Relaxed);
        Ok(kept == max)
    }
}
