//! The door to the database: units of work that read, and units that write in one transaction.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::SqliteConnection;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;

use crate::domain::events::News;
use crate::domain::paging::Epoch;
use crate::error::Result;
use crate::storage::postgres::{Postgres, PostgresObject, Span};
use crate::storage::sqlite::{ReaderObject, Sqlite};
use crate::storage::{errors, meta, migrate};

/// Which database this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    Sqlite(PathBuf),
    /// A connection URL; it may hold a password.
    Postgres(String),
}

/// How to open a database. Each bound is a configuration key.
#[derive(Debug, Clone)]
pub struct Options {
    pub engine: Engine,
    /// Connections that read, on SQLite.
    pub read_pool_size: usize,
    /// Connections, on PostgreSQL.
    pub pool_size: usize,
    /// Units of work that may wait for SQLite's writer, or sends for their room on PostgreSQL; beyond it
    /// callers get `UNAVAILABLE`.
    pub write_queue_max: usize,
    /// How long a caller waits for a connection.
    pub acquire_timeout: Duration,
    /// How long one statement may wait for a lock or run.
    pub statement_timeout: Duration,
    /// The epoch of a database that is made now.
    pub new_epoch: Epoch,
    /// Who is told what was committed.
    pub herald: Herald,
}

/// Is told what was stored, right after its commit and before anyone who waits for it. News of one room
/// may come out of order on PostgreSQL, where transactions end side by side.
#[derive(Clone)]
pub struct Herald(Arc<dyn Fn(Vec<News>) + Send + Sync>);

impl Herald {
    /// `tell` may not wait: on SQLite it holds up the writer.
    pub fn new(tell: impl Fn(Vec<News>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// For a database that nobody listens to.
    pub fn mute() -> Self {
        Self::new(drop)
    }

    pub(super) fn tell(&self, news: &mut Vec<News>) {
        if !news.is_empty() {
            (self.0)(std::mem::take(news));
        }
    }
}

impl fmt::Debug for Herald {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Herald")
    }
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    statements: Arc<AtomicU64>,
    epoch: Epoch,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Why a database could not be opened. Said at the console, never to a caller.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database at {place}: {reason}")]
    Unreachable { place: String, reason: String },
    #[error("the SQLite library is {found}; Tertulia needs {needed} or newer")]
    LibraryTooOld { found: String, needed: &'static str },
    #[error("PostgreSQL here is version {found}; Tertulia needs 15 or newer")]
    ServerTooOld { found: i32 },
    #[error(
        "the database was last used by a newer Tertulia (it has migration {newest_there}, this one knows \
         up to {newest_here}); start the newer one, or restore the backup made before the upgrade"
    )]
    Newer { newest_there: String, newest_here: String },
    #[error("migration {name} failed and was rolled back: {reason}")]
    Migration { name: String, reason: String },
    #[error("cannot back up the database before a migration: {0}")]
    Backup(String),
}

impl Store {
    /// Opens the database, brings its tables up to date, and reads its epoch.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let statements = Arc::new(AtomicU64::new(0));
        migrate::run(&options).await?;
        let backend = match &options.engine {
            Engine::Sqlite(path) => Backend::Sqlite(Sqlite::open(path, &options, &statements)?),
            Engine::Postgres(url) => Backend::Postgres(Postgres::open(url, &options)?),
        };
        let mut store = Self { backend, statements, epoch: options.new_epoch };
        let new = options.new_epoch;
        store.epoch = store
            .write(move |conn| Box::pin(meta::settle_epoch(conn, new)))
            .await
            .map_err(|error| migrate::unreachable(&options.engine, &error))?;
        Ok(store)
    }

    /// The mark that cursors of this database carry.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// `"SQLite"` or `"PostgreSQL"`.
    pub fn engine_name(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite(_) => "SQLite",
            Backend::Postgres(_) => "PostgreSQL",
        }
    }

    /// SQL statements run so far, transaction control apart.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Units of work that wait for SQLite's writer, or sends that wait for their room on PostgreSQL.
    pub fn write_queue_len(&self) -> usize {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.queue_len(),
            Backend::Postgres(postgres) => postgres.queue_len(),
        }
    }

    /// Connections in use, of how many.
    pub fn pool_usage(&self) -> (usize, usize) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.pool_usage(),
            Backend::Postgres(postgres) => postgres.pool_usage(),
        }
    }

    /// Runs a unit of work that only reads.
    ///
    /// The work may wait for nothing but the connection it is given: on SQLite it has a thread to
    /// itself, and queries answer on the spot.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(&self.statements, work).await,
            Backend::Postgres(postgres) => postgres.read(&self.statements, work).await,
        }
    }

    /// Runs a unit of work in one transaction: all of it is stored, or none.
    ///
    /// Once it has begun it ends, even if the caller goes away. The same rule on waiting holds as
    /// for [`Store::read`].
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(work).await,
            Backend::Postgres(postgres) => postgres.write(&self.statements, work).await,
        }
    }

    /// PostgreSQL, and where its statements are counted; `None` on SQLite.
    pub(super) fn postgres(&self) -> Option<(&Postgres, &Arc<AtomicU64>)> {
        match &self.backend {
            Backend::Sqlite(_) => None,
            Backend::Postgres(postgres) => Some((postgres, &self.statements)),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.read(|conn| {
            Box::pin(async move {
                run!(conn, db => diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1")).execute(db))?;
                Ok(())
            })
        })
        .await
    }

    /// Lets work that was accepted end, and closes the database.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

/// When to try again after the database was busy.
pub(super) const RETRY: Duration = errors::RETRY;

/// A connection of either engine, lent to one unit of work.
pub struct Conn {
    owned: Owned,
    statements: Arc<AtomicU64>,
    news: Vec<News>,
    span: Span,
}

enum Owned {
    Writer(Box<SqliteConnection>),
    Reader(ReaderObject),
    Postgres(Box<PostgresObject>),
}

/// What [`run!`] matches on.
pub(super) enum Engined<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut AsyncPgConnection),
}

impl Conn {
    pub(super) fn writer(connection: SqliteConnection, statements: Arc<AtomicU64>) -> Self {
        Self {
            owned: Owned::Writer(Box::new(connection)),
            statements,
            news: Vec::new(),
            span: Span::default(),
        }
    }

    pub(super) fn reader(connection: ReaderObject, statements: Arc<AtomicU64>) -> Self {
        Self { owned: Owned::Reader(connection), statements, news: Vec::new(), span: Span::default() }
    }

    pub(super) fn postgres(connection: PostgresObject, statements: Arc<AtomicU64>) -> Self {
        Self {
            owned: Owned::Postgres(Box::new(connection)),
            statements,
            news: Vec::new(),
            span: Span::default(),
        }
    }

    pub(super) fn engined(&mut self) -> Engined<'_> {
        match &mut self.owned {
            Owned::Writer(connection) => Engined::Sqlite(connection),
            Owned::Reader(connection) => Engined::Sqlite(connection),
            Owned::Postgres(connection) => Engined::Postgres(connection),
        }
    }

    /// Whether others may write while this unit of work runs, until it takes a lock.
    pub(super) fn has_other_writers(&self) -> bool {
        matches!(self.owned, Owned::Postgres(_))
    }

    /// Has others told of what this unit of work stores, once it is committed.
    pub(super) fn announce(&mut self, news: News) {
        self.news.push(news);
    }

    /// What was announced so far; for a batch to drop what a failed unit announced.
    pub(super) fn news(&mut self) -> &mut Vec<News> {
        &mut self.news
    }

    /// How far a transaction is that the queries of this unit of work begin and end themselves.
    pub(super) fn span(&mut self) -> &mut Span {
        &mut self.span
    }

    pub(super) fn count_statement(&mut self) -> Engined<'_> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.engined()
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.owned {
            Owned::Writer(_) => "Conn(SQLite writer)",
            Owned::Reader(_) => "Conn(SQLite reader)",
            Owned::Postgres(_) => "Conn(PostgreSQL)",
        })
    }
}
