//! SQLite: one writer thread that commits in groups, and a pool of readers.
//!
//! Concurrent writes share a commit: while one transaction is flushed to the disk the next batch
//! gathers, and nobody waits on a timer. Each unit of work has a savepoint, so that one refusal does
//! not fail its neighbours, and is answered only after the commit that holds it.

use std::any::Any;
use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, Pool, RecycleResult, Timeouts};
use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;
use diesel::{Connection, ConnectionError, SqliteConnection};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Error, Result};
use crate::storage::pool::{Conn, Engined, Herald, OpenError, Options, RETRY};

/// Units of work in one commit at most; bounds how long the first of them waits.
const BATCH_MAX: usize = 256;

pub(super) type ReaderObject = Object<Readers>;

#[derive(Clone)]
pub(super) struct Sqlite {
    readers: Pool<Readers>,
    /// Bounded by `write_queue_max`; full means `UNAVAILABLE` at once. The writer thread drains it,
    /// and ends when all senders are gone.
    queue: mpsc::Sender<Job>,
    closed: watch::Receiver<bool>,
    close: Arc<watch::Sender<bool>>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("readers", &self.readers.status()).finish_non_exhaustive()
    }
}

impl Sqlite {
    pub(super) fn open(
        path: &Path,
        options: &Options,
        statements: &Arc<AtomicU64>,
    ) -> Result<Self, OpenError> {
        let unreachable =
            |reason: String| OpenError::Unreachable { place: path.display().to_string(), reason };
        let writer = connect(path, options.statement_timeout).map_err(|e| unreachable(e.to_string()))?;
        let readers = Pool::builder(Readers { path: path.into(), busy_timeout: options.statement_timeout })
            .max_size(options.read_pool_size)
            .runtime(deadpool::Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(options.acquire_timeout), ..Timeouts::default() })
            .build()
            .map_err(|e| unreachable(e.to_string()))?;
        let (queue, jobs) = mpsc::channel(options.write_queue_max);
        let (close, closing) = watch::channel(false);
        let (report_closed, closed) = watch::channel(false);
        let conn = Conn::writer(writer, Arc::clone(statements));
        let herald = options.herald.clone();
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                write_until_closed(conn, jobs, &closing, &herald);
                report_closed.send_replace(true);
            })
            .map_err(|e| unreachable(e.to_string()))?;
        Ok(Self { readers, queue, closed, close: Arc::new(close) })
    }

    pub(super) async fn read<T, F>(&self, statements: &Arc<AtomicU64>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let reader =
            self.readers.get().await.map_err(|e| Error::unavailable(RETRY).caused_by(e.to_string()))?;
        let mut conn = Conn::reader(reader, Arc::clone(statements));
        tokio::task::spawn_blocking(move || on_the_spot(work(&mut conn)))
            .await
            .unwrap_or_else(|panic| Err(Error::internal(panic)))
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let unit = Unit { work: Some(work), outcome: None, answer };
        self.queue.try_send(Box::new(unit)).map_err(|_| Error::unavailable(RETRY))?;
        answered.await.unwrap_or_else(|_| Err(Error::unavailable(RETRY)))
    }

    pub(super) fn queue_len(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(super) fn pool_usage(&self) -> (usize, usize) {
        let status = self.readers.status();
        (status.size - status.available.min(status.size), status.max_size)
    }

    pub(super) async fn close(&self) {
        self.close.send_replace(true);
        // A queue that is not empty keeps the thread busy; an empty one needs a last push.
        let _ = self.queue.try_send(Box::new(Nothing));
        let mut closed = self.closed.clone();
        let _ = closed.wait_for(|closed| *closed).await;
        self.readers.close();
    }
}

/// Runs a future that never waits.
fn on_the_spot<T>(work: BoxFuture<'_, Result<T>>) -> Result<T> {
    work.now_or_never().unwrap_or_else(|| {
        Err(Error::internal("a unit of work waited for something other than its connection"))
    })
}

/// A queued unit of work, whatever its type.
trait Queued: Send {
    /// Whether the caller has gone away.
    fn is_abandoned(&self) -> bool;
    /// Runs the work; false when it failed and must be undone.
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// Answers the caller, once the commit is known to have succeeded or failed.
    fn settle(self: Box<Self>, committed: Result<(), String>);
}

type Job = Box<dyn Queued>;

struct Unit<F, T> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<F, T> Queued for Unit<F, T>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T>> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(&mut self, conn: &mut Conn) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| on_the_spot(work(conn))))
            .unwrap_or_else(|panic| Err(Error::internal(panic_text(&*panic))));
        let succeeded = outcome.is_ok();
        self.outcome = Some(outcome);
        succeeded
    }

    fn settle(self: Box<Self>, committed: Result<(), String>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) | (Err(_), Some(outcome @ Err(_))) => outcome,
            (Err(reason), _) => Err(Error::unavailable(RETRY).caused_by(reason)),
            (Ok(()), None) => Err(Error::unavailable(RETRY)),
        };
        // The caller may have gone; what is stored is stored.
        let _ = self.answer.send(outcome);
    }
}

/// Wakes the writer so that it sees that it shall close.
struct Nothing;

impl Queued for Nothing {
    fn is_abandoned(&self) -> bool {
        true
    }

    fn run(&mut self, _: &mut Conn) -> bool {
        true
    }

    fn settle(self: Box<Self>, _: Result<(), String>) {}
}

pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}

fn write_until_closed(
    mut conn: Conn,
    mut jobs: mpsc::Receiver<Job>,
    closing: &watch::Receiver<bool>,
    herald: &Herald,
) {
    let mut batch: Vec<Job> = Vec::with_capacity(BATCH_MAX);
    while jobs.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        batch.retain(|job| !job.is_abandoned());
        if !batch.is_empty() {
            conn.news().clear();
            let committed = commit_batch(&mut conn, &mut batch);
            if committed.is_ok() {
                herald.tell(conn.news());
            }
            for job in batch.drain(..) {
                job.settle(committed.clone());
            }
        }
        if *closing.borrow() && jobs.is_empty() {
            jobs.close();
        }
    }
}

/// Runs a batch in one transaction. An error is the batch's: nothing of it was stored.
fn commit_batch(conn: &mut Conn, batch: &mut [Job]) -> Result<(), String> {
    let attempt = (|| {
        execute(conn, "BEGIN IMMEDIATE")?;
        if let [only] = batch {
            // It has no neighbours to spare, so the transaction itself is its savepoint.
            if only.run(conn) {
                return execute(conn, "COMMIT");
            }
            conn.news().clear();
            return execute(conn, "ROLLBACK");
        }
        for job in batch.iter_mut() {
            execute(conn, "SAVEPOINT unit")?;
            let told = conn.news().len();
            if !job.run(conn) {
                conn.news().truncate(told);
                execute(conn, "ROLLBACK TO unit")?;
            }
            execute(conn, "RELEASE unit")?;
        }
        execute(conn, "COMMIT")
    })();
    attempt.map_err(|error| {
        // Fails when SQLite has already rolled back by itself; then there is nothing to undo.
        let _ = execute(conn, "ROLLBACK");
        error.to_string()
    })
}

fn execute(conn: &mut Conn, control: &str) -> QueryResult<()> {
    match conn.engined() {
        Engined::Sqlite(connection) => connection.batch_execute(control),
        Engined::Postgres(_) => Ok(()),
    }
}

/// Opens a connection with the settings that durability rests on.
pub(super) fn connect(path: &Path, busy_timeout: Duration) -> Result<SqliteConnection, ConnectionError> {
    make_private(path).map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    let mut connection = SqliteConnection::establish(&path.display().to_string())?;
    let settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; \
         PRAGMA journal_size_limit = 67108864;",
        busy_timeout.as_millis()
    );
    connection.batch_execute(&settings).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Opens a file that is only read; `how` is `mode=ro`, and more where nothing may change beside the file.
pub(super) fn connect_to_read(path: &Path, how: &str) -> Result<SqliteConnection, ConnectionError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let encoded = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let name: String = path.as_os_str().as_bytes().iter().copied().map(encoded).collect();
    let mut connection = SqliteConnection::establish(&format!("file:{name}?{how}"))?;
    connection.batch_execute("PRAGMA query_only = ON").map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// A new file is for its owner alone; SQLite gives the files beside it the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes the connections that read.
pub(super) struct Readers {
    path: PathBuf,
    busy_timeout: Duration,
}

impl managed::Manager for Readers {
    type Type = SqliteConnection;
    type Error = ConnectionError;

    async fn create(&self) -> Result<SqliteConnection, ConnectionError> {
        let (path, busy_timeout) = (self.path.clone(), self.busy_timeout);
        tokio::task::spawn_blocking(move || {
            let mut connection = connect(&path, busy_timeout)?;
            connection
                .batch_execute("PRAGMA query_only = ON")
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        })
        .await
        .unwrap_or_else(|panic| Err(ConnectionError::BadConnection(panic.to_string())))
    }

    async fn recycle(&self, _: &mut SqliteConnection, _: &Metrics) -> RecycleResult<ConnectionError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types};

    use super::*;

    #[derive(QueryableByName)]
    struct Settings {
        #[diesel(sql_type = sql_types::Text)]
        journal: String,
        #[diesel(sql_type = sql_types::Integer)]
        synchronous: i32,
        #[diesel(sql_type = sql_types::Integer)]
        foreign_keys: i32,
    }

    #[test]
    fn each_connection_flushes_every_commit_and_holds_references() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connect(&folder.path().join("x.db"), Duration::from_secs(1)).unwrap();
        let Settings { journal, synchronous, foreign_keys } = sql_query(
            "SELECT journal_mode AS journal, synchronous, foreign_keys
             FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys",
        )
        .get_result(&mut connection)
        .unwrap();
        // 2 is FULL: a commit is on the disk before it is acknowledged.
        assert_eq!((journal.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
    }

    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = sql_types::BigInt)]
        count: i64,
    }

    #[test]
    fn the_library_is_compiled_as_cargo_config_says() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let mut count = |option: &str| {
            let sql = format!(
                "SELECT count(*) AS count FROM pragma_compile_options WHERE compile_options = '{option}'"
            );
            sql_query(sql).get_result::<Count>(&mut connection).unwrap().count
        };
        for (option, times) in [
            ("ENABLE_QPSG", 1),
            ("THREADSAFE=2", 1),
            ("DEFAULT_MEMSTATUS=0", 1),
            ("ENABLE_MEMORY_MANAGEMENT", 0),
        ] {
            assert_eq!(count(option), times, "{option}; see LIBSQLITE3_FLAGS in .cargo/config.toml");
        }
    }
}
