//! The nodes that the tests of the bus join, and the Redis between them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;
use tertulia::domain::ids::RoomKey;
use tertulia::domain::paging::Epoch;
use tertulia::hub::bus::{Bus, Heard, Inbox, RedisOptions, Topic};
use tertulia::metrics::Metrics;
use tokio::time::timeout;

use crate::support::redis::{Cluster, Frozen, Redis};

/// Until a test that waits for something in vain fails.
pub const PATIENCE: Duration = Duration::from_secs(20);
const EPOCH: Epoch = Epoch(0xbeef);
pub const ROOM: Topic = Topic::Room(RoomKey(7));

/// What the suite runs on.
pub enum Place {
    Plain(Redis),
    Cluster(Cluster),
}

impl Place {
    pub fn url(&self) -> String {
        match self {
            Self::Plain(redis) => redis.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    pub fn servers(&mut self) -> &mut [Redis] {
        match self {
            Self::Plain(redis) => std::slice::from_mut(redis),
            Self::Cluster(cluster) => &mut cluster.nodes,
        }
    }

    pub fn stop(&mut self) {
        self.servers().iter_mut().for_each(Redis::stop);
    }

    pub fn start_again(&mut self) {
        self.servers().iter_mut().for_each(Redis::start_again);
        if let Self::Cluster(cluster) = self {
            cluster.agreed();
        }
    }

    pub fn freeze(&mut self) -> Vec<Frozen> {
        self.servers().iter().map(Redis::freeze).collect()
    }

    /// How many connections are subscribed to a room.
    pub fn listeners(&mut self, key: i64) -> usize {
        let command = if matches!(self, Self::Plain(_)) { "NUMSUB" } else { "SHARDNUMSUB" };
        let channel = channel(key);
        let answers = self.servers().iter().map(|redis| redis.ask(&["PUBSUB", command, &channel]));
        let counts =
            answers.map(|answer| answer.lines().last().unwrap().trim_start_matches(':').parse::<usize>());
        counts.map(Result::unwrap).sum()
    }
}

pub fn channel(key: i64) -> String {
    format!("tertulia:0000beef:room:{key}")
}

/// One node of an installation.
pub struct Peer {
    pub bus: Bus,
    pub inbox: Inbox,
    pub metrics: Metrics,
}

pub fn options(url: &str) -> RedisOptions {
    static NODE: AtomicU64 = AtomicU64::new(1);
    RedisOptions {
        url: SecretString::from(url),
        node: NODE.fetch_add(1, Ordering::Relaxed),
        epoch: EPOCH,
        outbox_max: 8192,
        inbox_max: 8192,
        metrics: Metrics::new(),
    }
}

impl Peer {
    pub fn open(options: &RedisOptions) -> Self {
        let (bus, inbox) = Bus::redis(options).unwrap();
        Self { bus, inbox, metrics: options.metrics.clone() }
    }

    /// Joins and waits until it is connected.
    pub async fn join(place: &Place) -> Self {
        Self::join_with(&options(&place.url())).await
    }

    pub async fn join_with(options: &RedisOptions) -> Self {
        let mut peer = Self::open(options);
        peer.becomes(true).await;
        assert_eq!(peer.next().await, Heard::Gap, "it may have missed what was before");
        peer
    }

    pub async fn becomes(&self, healthy: bool) {
        let mut health = self.bus.health();
        let waited = timeout(PATIENCE, health.wait_for(|&now| now == healthy)).await;
        assert!(waited.is_ok(), "the bus never became {}", if healthy { "healthy" } else { "unhealthy" });
    }

    pub async fn next(&mut self) -> Heard {
        timeout(PATIENCE, self.inbox.next()).await.expect("nothing was heard").expect("the bus is closed")
    }

    /// Skips messages up to the next gap.
    pub async fn gap(&mut self) {
        while self.next().await != Heard::Gap {}
    }

    pub fn publish(&self, topic: Topic, text: &str) {
        self.bus.publish(topic, Bytes::copy_from_slice(text.as_bytes()));
    }

    pub fn counted(&self, metric: &str) -> u64 {
        let text = self.metrics.render();
        let line = text.lines().find_map(|line| line.strip_prefix(metric)).unwrap();
        line.trim().parse().unwrap()
    }
}

pub fn message(topic: Topic, text: &str) -> Heard {
    Heard::Message { topic, payload: Bytes::copy_from_slice(text.as_bytes()) }
}

pub fn room(key: i64) -> Topic {
    Topic::Room(RoomKey(key))
}

/// Waits for what nothing announces.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}
