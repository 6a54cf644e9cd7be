//! SQLite as bare as it goes while it is durable: readers on blocking threads, and one writer that
//! commits what had queued while it committed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, OptionalExtension as _, RunQueryDsl as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::answers::{Message, Sender};
use super::statements::{
    Counts, Epoch, FindView, Insert, MessageRow, NextMessage, Page, RoomKey, Session, UserRow, View,
};

const BATCH_MAX: usize = 256;
const QUEUE_MAX: usize = 4096;

pub(crate) struct Sqlite {
    path: PathBuf,
    /// Readers that nobody uses; held only to take one or put it back.
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    writer: mpsc::Sender<Job>,
}

struct Job {
    room: Uuid,
    sender: i64,
    text: String,
    at: DateTime<Utc>,
    answer: oneshot::Sender<Option<Message>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let (writer, jobs) = mpsc::channel(QUEUE_MAX);
        let connection = connect(path)?;
        thread::Builder::new().name("writer".into()).spawn(move || write(connection, jobs))?;
        Ok(Self { path: path.to_owned(), idle: Arc::default(), writer })
    }

    pub(crate) async fn epoch(&self) -> anyhow::Result<String> {
        self.read(|connection| Ok(Epoch {}.get_result(connection)?)).await
    }

    pub(crate) async fn room_key(&self, room: Uuid) -> anyhow::Result<i64> {
        let id = room.as_bytes().to_vec();
        self.read(move |connection| Ok(RoomKey { id }.get_result(connection)?)).await
    }

    pub(crate) async fn counts(&self) -> anyhow::Result<(i64, i64)> {
        self.read(|connection| Ok(Counts {}.get_result(connection)?)).await
    }

    pub(crate) async fn session(&self, session: Uuid) -> anyhow::Result<Option<i64>> {
        let id = session.as_bytes().to_vec();
        let found = self.read(move |connection| {
            Ok(Session { id }.get_result::<(i64, i64, bool)>(connection).optional()?)
        });
        Ok(found.await?.map(|(_, user, _)| user))
    }

    pub(crate) async fn page<F, E>(
        &self,
        room: Uuid,
        viewer: i64,
        before: F,
    ) -> anyhow::Result<Option<Vec<Message>>>
    where
        F: FnOnce(i64) -> Result<Option<i64>, E> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        self.read(move |connection| {
            let Some(room) = view(connection, room, viewer)? else { return Ok(None) };
            let before = before(room)?.unwrap_or(i64::MAX);
            let rows: Vec<(MessageRow, UserRow)> = Page { room, before }.load(connection)?;
            rows.into_iter()
                .map(|(message, user)| read(message, Some(user)))
                .collect::<anyhow::Result<_>>()
                .map(Some)
        })
        .await
    }

    pub(crate) async fn send(
        &self,
        room: Uuid,
        sender: i64,
        text: String,
        at: DateTime<Utc>,
    ) -> anyhow::Result<Option<Message>> {
        let (answer, answered) = oneshot::channel();
        self.writer.try_send(Job { room, sender, text, at, answer }).ok().context("the writer is busy")?;
        Ok(answered.await?)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        tokio::task::spawn_blocking(move || {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = taken.map_or_else(|| connect(&path), Ok)?;
            let outcome = work(&mut connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            outcome
        })
        .await?
    }
}

fn connect(path: &Path) -> anyhow::Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(&path.display().to_string())?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; \
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

fn write(mut connection: SqliteConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while jobs.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        // A failure drops the batch, and with it the senders: all callers hear of it.
        if let Ok(stored) = commit(&mut connection, &mut batch) {
            for (answer, message) in stored {
                let _ = answer.send(message);
            }
        } else {
            let _ = connection.batch_execute("ROLLBACK");
        }
    }
}

type Stored = Vec<(oneshot::Sender<Option<Message>>, Option<Message>)>;

fn commit(connection: &mut SqliteConnection, batch: &mut Vec<Job>) -> anyhow::Result<Stored> {
    let mut stored = Vec::with_capacity(batch.len());
    connection.batch_execute("BEGIN IMMEDIATE")?;
    for Job { room, sender, text, at, answer } in batch.drain(..) {
        let message = match view(connection, room, sender)? {
            Some(room) => Some(insert(connection, room, sender, text, at)?),
            None => None,
        };
        stored.push((answer, message));
    }
    connection.batch_execute("COMMIT")?;
    Ok(stored)
}

/// The key of a room that the viewer is a member of.
fn view(connection: &mut SqliteConnection, room: Uuid, viewer: i64) -> anyhow::Result<Option<i64>> {
    let found =
        FindView { viewer, room: room.as_bytes().to_vec() }.get_result::<View>(connection).optional()?;
    Ok(found.and_then(|(room, _, role)| role.map(|_| room.0)))
}

fn insert(
    connection: &mut SqliteConnection,
    room: i64,
    sender: i64,
    text: String,
    at: DateTime<Utc>,
) -> anyhow::Result<Message> {
    let (position, seq): (i64, i64) = NextMessage { room }.get_result(connection)?;
    let new = Insert { room, position, seq, sender, text, at: at.timestamp_micros() };
    read(new.get_result(connection)?, None)
}

fn read(message: MessageRow, user: Option<UserRow>) -> anyhow::Result<Message> {
    let (key, room, position, seq, _, text, at, _) = message;
    let sender = match user {
        Some((_, Some(id), Some(username), Some(first_name), Some(last_name), ..)) => {
            Some(Sender { id: Uuid::from_slice(&id)?, username, first_name, last_name })
        }
        _ => None,
    };
    let at = DateTime::from_timestamp_micros(at).context("a time out of range")?;
    Ok(Message { key, room, position, seq, text, at, sender })
}
