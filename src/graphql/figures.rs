//! What a node is doing, and its settings, in the schema.

#![expect(
    clippy::unused_async,
    reason = "fields of an object are async, with or without something to wait for"
)]

use async_graphql::{Context, Object, SimpleObject};

use crate::config::Entry;
use crate::domain::figures::{Figures, Queue};
use crate::graphql::context::{app, viewer};
use crate::graphql::error::expose;
use crate::graphql::ids::DateTime;

/// What a node is doing. Totals count from its start: take differences for rates.
pub(super) struct ServerFigures(Figures);

/// A number that may be beyond what Int holds.
#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nobody counts one by one")]
const fn large(number: u64) -> f64 {
    number as f64
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a node is doing. Totals count from its start: take differences for rates.
#[Object]
impl ServerFigures {
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// SQLite or PostgreSQL.
    async fn database(&self) -> &'static str {
        self.0.database
    }

    /// What joins the nodes; null on one node.
    async fn bus(&self) -> Option<&'static str> {
        self.0.bus
    }

    /// Accounts of the whole installation, as of a few seconds ago; so are rooms and messages.
    async fn users(&self) -> i64 {
        self.0.stock.users
    }

    async fn rooms(&self) -> i64 {
        self.0.stock.rooms
    }

    /// Deleted ones are among them: they keep their place.
    async fn messages(&self) -> f64 {
        large(self.0.stock.messages.unsigned_abs())
    }

    /// Resident memory of the process; 0 where the system does not tell.
    async fn memory_bytes(&self) -> f64 {
        large(self.0.memory_bytes)
    }

    async fn connections_open(&self) -> i64 {
        self.0.connections_open.cast_signed()
    }

    async fn sockets_open(&self) -> i64 {
        self.0.sockets_open.cast_signed()
    }

    /// Answers that are streams of events: SSE and multipart.
    async fn streams_open(&self) -> i64 {
        self.0.streams_open.cast_signed()
    }

    /// Rooms whose newest events are held in memory.
    async fn live_rooms(&self) -> i64 {
        count(self.0.live_rooms)
    }

    /// Readers of rooms, one for each room that a subscription follows.
    async fn live_readers(&self) -> i64 {
        count(self.0.live_readers)
    }

    /// People with a live connection to this node.
    async fn people_online(&self) -> i64 {
        count(self.0.people_online)
    }

    /// Messages stored, by whatever door they came.
    async fn sends_total(&self) -> f64 {
        large(self.0.sends)
    }

    /// Results of subscriptions handed to connections.
    async fn deliveries_total(&self) -> f64 {
        large(self.0.deliveries)
    }

    /// HTTP requests.
    async fn requests_total(&self) -> f64 {
        large(self.0.requests)
    }

    /// Requests and GraphQL operations that failed through no fault of their caller's.
    async fn errors_total(&self) -> f64 {
        large(self.0.errors)
    }

    /// What can fill up, always in this order.
    async fn queues(&self) -> Vec<QueueFigure> {
        self.0.queues.iter().map(|queue| QueueFigure::from(*queue)).collect()
    }
}

/// Something that waits or is lent out, and how much of it there may be.
#[derive(SimpleObject)]
pub(super) struct QueueFigure {
    /// writes, passwords, pictures, files, database, connections or typing; new ones may appear.
    name: &'static str,
    length: i64,
    capacity: i64,
}

impl From<Queue> for QueueFigure {
    fn from(Queue { name, length, capacity }: Queue) -> Self {
        Self { name, length: count(length), capacity: count(capacity) }
    }
}

/// One setting.
#[derive(SimpleObject)]
pub(super) struct Setting {
    /// As in docs/config.md, such as http.body_bytes_max.
    key: String,
    /// As a settings file has it; a secret is masked.
    value: String,
    /// default, the file with its line, the variable of the environment, or the command line.
    source: String,
}

impl From<&Entry> for Setting {
    fn from(entry: &Entry) -> Self {
        Self { key: entry.key.clone(), value: entry.shown.clone(), source: entry.source.to_string() }
    }
}

#[derive(Debug, Default)]
pub struct FiguresQuery;

#[Object]
impl FiguresQuery {
    /// What this node is doing now; administrators only.
    async fn server_figures(&self, ctx: &Context<'_>) -> async_graphql::Result<ServerFigures> {
        expose(ctx, app(ctx).figures(viewer(ctx)).await.map(ServerFigures))
    }

    /// The settings in force, secrets masked; administrators only.
    async fn configuration(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Setting>> {
        let entries = expose(ctx, app(ctx).configuration(viewer(ctx)))?;
        Ok(entries.iter().map(Setting::from).collect())
    }
}
