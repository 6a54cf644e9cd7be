//! PostgreSQL: a pool of connections, encrypted when the server can.

mod span;
mod tls;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use deadpool::managed::Timeouts;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, RwLock, Semaphore};

use crate::error::{Error, Result};
use crate::storage::pool::{Conn, Engined, Herald, OpenError, Options, RETRY};
use crate::storage::sqlite::panic_text;

pub(super) use span::Span;
pub(super) use tls::{Target, connect};

pub(super) type PostgresObject = Object<AsyncPgConnection>;

#[derive(Clone)]
pub(super) struct Postgres {
    pool: Pool<AsyncPgConnection>,
    /// Shared by each unit of work that writes, from before it has a connection to its end, so that
    /// closing, which wants it alone, waits for them.
    writing: Arc<RwLock<()>>,
    /// Set when closing begins; from then on nothing new is taken in.
    closing: Arc<AtomicBool>,
    /// A place for each send that waits for its room; `write_queue_max` of them. None left means
    /// `UNAVAILABLE` at once.
    places: Arc<Semaphore>,
    places_max: usize,
    herald: Herald,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

impl Postgres {
    pub(super) fn open(url: &str, options: &Options) -> Result<Self, OpenError> {
        let target = Arc::new(Target::parse(url)?);
        let settings = format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {0}",
            options.statement_timeout.as_millis()
        );
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let (target, settings) = (Arc::clone(&target), settings.clone());
            Box::pin(async move {
                let mut connection = connect(&target).await?;
                connection
                    .batch_execute(&settings)
                    .await
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(connection)
            })
        });
        // The target above carries the URL; the manager's own is never read.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = Pool::builder(manager)
            .max_size(options.pool_size)
            .runtime(deadpool::Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(options.acquire_timeout),
                create: Some(options.acquire_timeout),
                recycle: Some(options.acquire_timeout),
            })
            .build()
            .map_err(|e| OpenError::Unreachable { place: "the given URL".into(), reason: e.to_string() })?;
        let places_max = options.write_queue_max.min(Semaphore::MAX_PERMITS);
        Ok(Self {
            pool,
            writing: Arc::default(),
            closing: Arc::default(),
            places: Arc::new(Semaphore::new(places_max)),
            places_max,
            herald: options.herald.clone(),
        })
    }

    async fn lend(&self, statements: &Arc<AtomicU64>) -> Result<Conn> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(Error::unavailable(RETRY));
        }
        self.lend_accepted(statements).await
    }

    /// A connection for work that was taken in before closing began.
    pub(super) async fn lend_accepted(&self, statements: &Arc<AtomicU64>) -> Result<Conn> {
        let object = self.pool.get().await.map_err(|e| Error::unavailable(RETRY).caused_by(e.to_string()))?;
        Ok(Conn::postgres(object, Arc::clone(statements)))
    }

    pub(super) async fn read<T, F>(&self, statements: &Arc<AtomicU64>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let mut conn = self.lend(statements).await?;
        work(&mut conn).await
    }

    /// The transaction has a task of its own, so that a caller who leaves does not leave it half done.
    pub(super) async fn write<T, F>(&self, statements: &Arc<AtomicU64>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let writing = Arc::clone(&self.writing).read_owned().await;
        let mut conn = self.lend(statements).await?;
        let herald = self.herald.clone();
        let unit = async move {
            let _writing = writing;
            begin(&mut conn).await?;
            match work(&mut conn).await {
                Ok(outcome) => {
                    commit(&mut conn).await?;
                    herald.tell(conn.news());
                    Ok(outcome)
                }
                Err(refusal) => {
                    rollback(&mut conn).await?;
                    Err(refusal)
                }
            }
        };
        tokio::spawn(unit).await.unwrap_or_else(|panic| Err(Error::internal(panic)))
    }

    pub(super) fn pool_usage(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size - status.available.min(status.size), status.max_size)
    }

    pub(super) fn queue_len(&self) -> usize {
        self.places_max - self.places.available_permits()
    }

    /// A place in the queue of sends, to be given up when its turn comes.
    pub(super) fn queue_up(&self) -> Result<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let place = place.filter(|_| !self.closing.load(Ordering::SeqCst));
        place.ok_or_else(|| Error::unavailable(RETRY))
    }

    /// Has closing wait; `None` once closing waits already.
    pub(super) fn hold_open(&self) -> Option<OwnedRwLockReadGuard<()>> {
        Arc::clone(&self.writing).try_read_owned().ok()
    }

    /// Runs a unit of work in a transaction that its queries begin and end. Not for callers who may leave.
    ///
    /// `UNAVAILABLE` when nobody knows what is stored; after any other error, nothing is.
    pub(super) async fn write_open<T, F>(&self, conn: &mut Conn, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>>,
    {
        conn.leave_open()?;
        conn.news().clear();
        let outcome = AssertUnwindSafe(work(conn)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Error::internal(panic_text(&*panic))));
        let ended = conn.finish(outcome.is_ok()).await;
        if *conn.span() != Span::Committed {
            return ended.and(outcome);
        }
        self.herald.tell(conn.news());
        outcome.map_err(|fault| Error::unavailable(RETRY).caused_by(fault))
    }

    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        drop(self.writing.write().await);
        self.pool.close();
    }
}

macro_rules! control {
    ($name:ident => $method:ident) => {
        async fn $name(conn: &mut Conn) -> Result<()> {
            match conn.engined() {
                Engined::Postgres(connection) => {
                    <AnsiTransactionManager as TransactionManager<AsyncPgConnection>>::$method(connection)
                        .await?;
                }
                Engined::Sqlite(_) => {}
            }
            Ok(())
        }
    };
}

control!(begin => begin_transaction);
control!(commit => commit_transaction);
control!(rollback => rollback_transaction);
