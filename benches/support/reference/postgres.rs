//! PostgreSQL without a query builder: prepared statements on as many connections as Tertulia has.
//! A message is a transaction of its own, as it is there.

use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use tokio_postgres::{Client, NoTls, Row, Statement, connect};
use uuid::Uuid;

use super::answers::{Message, Sender};

/// Tertulia's default.
const POOL_SIZE: usize = 8;

const FIND_VIEW: &str = "SELECT rooms.key, rooms.id, rooms.kind, rooms.name, rooms.description, rooms.visibility, \
    rooms.capacity, rooms.password_hash, rooms.invite_code, rooms.head, rooms.last_seq, rooms.activity, \
    rooms.member_count, rooms.created_by, rooms.created_at, members.role FROM rooms LEFT OUTER JOIN members ON \
    members.room_key = rooms.key AND members.user_key = $1 WHERE rooms.id = $2 AND rooms.deleted_at IS NULL LIMIT 1";
const PAGE: &str = "SELECT messages.key, messages.room_key, messages.position, messages.seq, messages.sender_key, \
    messages.text, messages.created_at, messages.client_message_id, users.key, users.id, users.username, \
    users.first_name, users.last_name, users.email, users.user_type, users.bio, users.phone, users.address, \
    users.avatar, users.is_admin, users.created_at FROM messages LEFT OUTER JOIN users ON \
    messages.sender_key = users.key WHERE messages.room_key = $1 AND messages.position < $2 \
    ORDER BY messages.position DESC LIMIT 51";
const NEXT_MESSAGE: &str = "UPDATE rooms SET head = head + 1, last_seq = last_seq + 1, \
    activity = (SELECT coalesce(max(key), 0) + 1 FROM messages) WHERE key = $1 AND deleted_at IS NULL \
    RETURNING head, last_seq";
const INSERT: &str = "INSERT INTO messages (room_key, position, seq, sender_key, text, client_message_id, created_at) \
    VALUES ($1, $2, $3, $4, $5, NULL, $6) RETURNING key, room_key, position, seq, sender_key, text, created_at";
const SESSION: &str = "SELECT sessions.key, users.key, users.is_admin FROM sessions INNER JOIN users ON \
    sessions.user_key = users.key WHERE sessions.id = $1 AND sessions.ended_at IS NULL AND users.disabled_at IS NULL";

pub(crate) struct Postgres {
    /// A permit for each connection in `idle`; whoever has one takes a connection and puts it back.
    free: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    client: Client,
    find_view: Statement,
    page: Statement,
    next_message: Statement,
    insert: Statement,
    session: Statement,
}

impl Connection {
    async fn open(url: &str) -> anyhow::Result<Self> {
        let (client, driver) = connect(url, NoTls).await?;
        tokio::spawn(driver);
        Ok(Self {
            find_view: client.prepare(FIND_VIEW).await?,
            page: client.prepare(PAGE).await?,
            next_message: client.prepare(NEXT_MESSAGE).await?,
            insert: client.prepare(INSERT).await?,
            session: client.prepare(SESSION).await?,
            client,
        })
    }

    /// The key of a room that the viewer is a member of.
    async fn view(&self, room: Uuid, viewer: i64) -> anyhow::Result<Option<i64>> {
        let found = self.client.query_opt(&self.find_view, &[&viewer, &room]).await?;
        Ok(found.and_then(|row| row.get::<_, Option<i16>>(15).map(|_| row.get(0))))
    }

    async fn store(
        &self,
        room: Uuid,
        sender: i64,
        text: &str,
        at: DateTime<Utc>,
    ) -> anyhow::Result<Option<Message>> {
        self.client.batch_execute("BEGIN").await?;
        let Some(room) = self.view(room, sender).await? else {
            self.client.batch_execute("ROLLBACK").await?;
            return Ok(None);
        };
        let place = self.client.query_one(&self.next_message, &[&room]).await?;
        let (position, seq): (i64, i64) = (place.get(0), place.get(1));
        let row = self.client.query_one(&self.insert, &[&room, &position, &seq, &sender, &text, &at]).await?;
        self.client.batch_execute("COMMIT").await?;
        Ok(Some(message(&row, None)))
    }
}

impl Postgres {
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        let mut idle = Vec::with_capacity(POOL_SIZE);
        for _ in 0..POOL_SIZE {
            idle.push(Connection::open(url).await?);
        }
        Ok(Self { free: Semaphore::new(POOL_SIZE), idle: Mutex::new(idle) })
    }

    pub(crate) async fn epoch(&self) -> anyhow::Result<String> {
        let sql = "SELECT value FROM server_meta WHERE name = 'epoch'";
        self.with(async |connection| Ok(connection.client.query_one(sql, &[]).await?.get(0))).await
    }

    pub(crate) async fn room_key(&self, room: Uuid) -> anyhow::Result<i64> {
        let sql = "SELECT key FROM rooms WHERE id = $1";
        self.with(async |connection| Ok(connection.client.query_one(sql, &[&room]).await?.get(0))).await
    }

    pub(crate) async fn counts(&self) -> anyhow::Result<(i64, i64)> {
        let sql = "SELECT (SELECT count(*) FROM messages), (SELECT sum(last_seq)::bigint FROM rooms)";
        let row = self.with(async |connection| Ok(connection.client.query_one(sql, &[]).await?)).await?;
        Ok((row.get(0), row.get(1)))
    }

    pub(crate) async fn session(&self, session: Uuid) -> anyhow::Result<Option<i64>> {
        self.with(async |connection| {
            let row = connection.client.query_opt(&connection.session, &[&session]).await?;
            Ok(row.map(|row| row.get(1)))
        })
        .await
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
        self.with(async |connection| {
            let Some(room) = connection.view(room, viewer).await? else { return Ok(None) };
            let before = before(room)?.unwrap_or(i64::MAX);
            let rows = connection.client.query(&connection.page, &[&room, &before]).await?;
            Ok(Some(rows.iter().map(|row| message(row, sender(row))).collect()))
        })
        .await
    }

    pub(crate) async fn send(
        &self,
        room: Uuid,
        sender: i64,
        text: &str,
        at: DateTime<Utc>,
    ) -> anyhow::Result<Option<Message>> {
        self.with(async |connection| connection.store(room, sender, text, at).await).await
    }

    async fn with<T>(&self, work: impl AsyncFnOnce(&Connection) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let _permit = self.free.acquire().await?;
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = taken.context("a permit without a connection")?;
        let outcome = work(&connection).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        outcome
    }
}

fn message(row: &Row, sender: Option<Sender>) -> Message {
    let (key, room, position, seq) = (row.get(0), row.get(1), row.get(2), row.get(3));
    Message { key, room, position, seq, text: row.get(5), at: row.get(6), sender }
}

fn sender(row: &Row) -> Option<Sender> {
    let id = row.get::<_, Option<Uuid>>(9)?;
    Some(Sender { id, username: row.get(10), first_name: row.get(11), last_name: row.get(12) })
}
