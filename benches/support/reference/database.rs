//! The bare server's database, of either engine.

use chrono::{DateTime, Utc};
use tertulia::domain::paging::Epoch;
use uuid::Uuid;

use super::answers::Message;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use crate::support::world::Place;

pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        Ok(match place {
            Place::Sqlite(path) => Self::Sqlite(Sqlite::open(path)?),
            Place::Postgres(url) => Self::Postgres(Postgres::open(url).await?),
        })
    }

    pub(crate) async fn epoch(&self) -> anyhow::Result<Epoch> {
        let text = match self {
            Self::Sqlite(sqlite) => sqlite.epoch().await,
            Self::Postgres(postgres) => postgres.epoch().await,
        }?;
        Ok(Epoch(text.parse()?))
    }

    pub(crate) async fn room_key(&self, room: Uuid) -> anyhow::Result<i64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.room_key(room).await,
            Self::Postgres(postgres) => postgres.room_key(room).await,
        }
    }

    /// Messages stored, and the sum of the rooms' last numbers. They are equal where none was lost,
    /// doubled or misnumbered.
    pub(crate) async fn counts(&self) -> anyhow::Result<(i64, i64)> {
        match self {
            Self::Sqlite(sqlite) => sqlite.counts().await,
            Self::Postgres(postgres) => postgres.counts().await,
        }
    }

    /// Whose session this is.
    pub(crate) async fn session(&self, session: Uuid) -> anyhow::Result<Option<i64>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.session(session).await,
            Self::Postgres(postgres) => postgres.session(session).await,
        }
    }

    /// 51 messages, newest first, before the position that `before` finds for the room's key; `None`
    /// where the viewer is no member.
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
        match self {
            Self::Sqlite(sqlite) => sqlite.page(room, viewer, before).await,
            Self::Postgres(postgres) => postgres.page(room, viewer, before).await,
        }
    }

    /// Stores a message and gives it once it is on the disk; `None` where the viewer is no member.
    pub(crate) async fn send(
        &self,
        room: Uuid,
        viewer: i64,
        text: String,
        at: DateTime<Utc>,
    ) -> anyhow::Result<Option<Message>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.send(room, viewer, text, at).await,
            Self::Postgres(postgres) => postgres.send(room, viewer, &text, at).await,
        }
    }
}
