//! What SQLite can do with a message when nobody asks anything: the limit that `bench` reads the product
//! against. One thread numbers and inserts what queued while it last committed. Not part of the server.

use std::path::Path;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::domain::ids::GlobalId;
use crate::error::{Error, Result};
use crate::storage::schema::{messages, rooms};
use crate::storage::sqlite::connect;
use crate::storage::types::{At, Id};

const BATCH_MAX: usize = 256;
const QUEUE_MAX: usize = 4096;
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

struct Job {
    room: String,
    text: String,
    answer: oneshot::Sender<i64>,
}

/// The bare writer of a server's own file, which must be at rest meanwhile.
#[derive(Debug, Clone)]
pub struct BareWriter(mpsc::Sender<Job>);

impl BareWriter {
    pub fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, BUSY_TIMEOUT)?;
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let writer = thread::Builder::new().name("bare-writer".into());
        writer.spawn(move || write(connection, jobs)).map_err(Error::internal)?;
        Ok(Self(queue))
    }

    /// Inserts a message of its owner into a room; gives its number, once it is on the disk.
    pub async fn insert(&self, room: String, text: String) -> Result<i64> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job { room, text, answer }).await.map_err(Error::internal)?;
        answered.await.map_err(Error::internal)
    }
}

fn write(mut connection: SqliteConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while jobs.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        // A failure drops the batch, and with it the senders: all callers hear of it.
        match commit(&mut connection, &mut batch) {
            Ok(stored) => {
                for (answer, seq) in stored {
                    let _ = answer.send(seq);
                }
            }
            Err(_) => {
                let _ = connection.batch_execute("ROLLBACK");
            }
        }
    }
}

type Stored = Vec<(oneshot::Sender<i64>, i64)>;

fn commit(connection: &mut SqliteConnection, batch: &mut Vec<Job>) -> Result<Stored> {
    let mut stored = Vec::with_capacity(batch.len());
    connection.batch_execute("BEGIN IMMEDIATE")?;
    for Job { room, text, answer } in batch.drain(..) {
        stored.push((answer, insert(connection, &room, &text)?));
    }
    connection.batch_execute("COMMIT")?;
    Ok(stored)
}

fn insert(connection: &mut SqliteConnection, room: &str, text: &str) -> Result<i64> {
    let id = GlobalId::room(room, "room")?;
    let row = rooms::table.filter(rooms::id.eq(Id(id)));
    let (key, head, seq, owner): (i64, i64, i64, Option<i64>) = diesel::update(row)
        .set((
            rooms::head.eq(rooms::head + 1),
            rooms::last_seq.eq(rooms::last_seq + 1),
            rooms::activity.eq(rooms::activity + 1),
        ))
        .returning((rooms::key, rooms::head, rooms::last_seq, rooms::created_by))
        .get_result(connection)?;
    diesel::insert_into(messages::table)
        .values((
            messages::room_key.eq(key),
            messages::position.eq(head),
            messages::seq.eq(seq),
            messages::sender_key.eq(owner),
            messages::text.eq(text),
            messages::created_at.eq(At(Clock::System.now())),
        ))
        .execute(connection)?;
    Ok(seq)
}
