//! What this node is doing, and the settings it does it by, for administrators.

use std::time::Duration;

use moka::sync::Cache;

use crate::app::{App, administrator};
use crate::clock::Timestamp;
use crate::config::{Config, Entry};
use crate::domain::figures::{Figures, Queue, Stock};
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::metrics::Metrics;
use crate::storage::figures;

/// How long it is remembered how much there is, since counting goes through whole tables.
const STOCK_BELIEF: Duration = Duration::from_secs(5);

/// What has to be known of a node to tell of it.
#[derive(Debug)]
pub(in crate::app) struct Node {
    pub(in crate::app) metrics: Metrics,
    started_at: Timestamp,
    capacities: Capacities,
    settings: Vec<Entry>,
    stock: Cache<(), Stock>,
}

/// The ends of what can fill up.
#[derive(Debug, Clone, Copy)]
struct Capacities {
    writes: usize,
    passwords: usize,
    pictures: usize,
    files: usize,
    connections: usize,
    typing: usize,
}

impl Node {
    pub(in crate::app) fn new(metrics: Metrics, started_at: Timestamp, config: &Config) -> Self {
        let capacities = Capacities {
            writes: config.database.write_queue_max,
            passwords: config.password.queue_max,
            pictures: config.media.decode_queue_max,
            files: config.media.receiving_max,
            connections: config.http.connections_max,
            typing: config.live.typing_max,
        };
        let stock = Cache::builder().max_capacity(1).time_to_live(STOCK_BELIEF).build();
        Self { metrics, started_at, capacities, settings: config.shown.clone(), stock }
    }
}

impl App {
    /// What this node is doing now.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators.
    pub async fn figures(&self, viewer: &Viewer) -> Result<Figures> {
        administrator(viewer)?;
        let stock = self.stock().await?;
        let (counts, held) = (self.node.metrics.read(), self.hub.holdings());
        Ok(Figures {
            at: self.clock.now(),
            started_at: self.node.started_at,
            database: self.store.engine_name(),
            bus: self.hub.bus_name(),
            stock,
            memory_bytes: counts.memory_bytes,
            connections_open: counts.connections_open,
            sockets_open: counts.sockets_open,
            streams_open: counts.streams_open,
            live_rooms: held.rooms,
            live_readers: held.readers,
            people_online: self.hub.people_here(),
            sends: counts.sends,
            deliveries: counts.deliveries,
            requests: counts.requests,
            errors: counts.errors,
            queues: self.queues(counts.connections_open),
        })
    }

    async fn stock(&self) -> Result<Stock> {
        if let Some(known) = self.node.stock.get(&()) {
            return Ok(known);
        }
        let stock = self.store.read(|conn| Box::pin(figures::stock(conn))).await?;
        self.node.stock.insert((), stock);
        Ok(stock)
    }

    /// What can fill up, in an order that stays.
    fn queues(&self, connections: u64) -> Vec<Queue> {
        let Capacities { writes, passwords, pictures, files, connections: most, typing } =
            self.node.capacities;
        let (lent, lendable) = self.store.pool_usage();
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        let queue = |name, length, capacity| Queue { name, length, capacity };
        vec![
            queue("writes", self.store.write_queue_len(), writes),
            queue("passwords", self.password_queue_len(), passwords),
            queue("pictures", self.decode_queue_len(), pictures),
            queue("files", self.media.receiving(files), files),
            queue("database", lent, lendable),
            queue("connections", connections, most),
            queue("typing", self.hub.people_typing(), typing),
        ]
    }

    /// The settings in force, each with where it was set, secrets masked.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators.
    pub fn configuration(&self, viewer: &Viewer) -> Result<&[Entry]> {
        administrator(viewer)?;
        Ok(&self.node.settings)
    }
}
