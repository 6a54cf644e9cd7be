//! The bus between the nodes of one installation: messages by topic, fast and without a promise.
//!
//! A message may be lost, and then every node that could have missed it hears [`Heard::Gap`]. Whoever
//! needs to be complete compares its heads with SQL at that moment. One node alone has a bus that goes
//! nowhere; several meet in Redis, plain or cluster, which [`Bus::redis`] finds out by itself.

mod feed;

use std::sync::Arc;

use bytes::Bytes;
use secrecy::SecretString;
use tokio::sync::watch;

use super::redis::Handle;
use crate::domain::ids::RoomKey;
use crate::domain::paging::Epoch;
use crate::metrics::Metrics;
pub(super) use feed::Feed;
pub use feed::Inbox;

/// What a message is about; each topic has a channel of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// Only nodes that listen to the room hear it.
    Room(RoomKey),
    /// Every node listens to it from the start.
    Everyone,
}

/// What comes out of an [`Inbox`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Another node published this. Messages of one topic from one node keep their order.
    Message { topic: Topic, payload: Bytes },
    /// Messages of any topic may have been missed before this: a connection or a subscription was made
    /// (again), the inbox was full, or a node could not get rid of its messages.
    Gap,
}

/// Where Redis is and who asks. Its `Debug` does not show the password.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// `redis://` or `rediss://`, with user and password where needed. A database number is accepted
    /// and means nothing to channels. Of a cluster, any node.
    pub url: SecretString,
    /// A number that no other node has, so that a node does not hear itself. Random.
    pub node: u64,
    /// Keeps installations that share a Redis apart.
    pub epoch: Epoch,
    /// Messages that may wait to be sent, for each connection; Redis has one, a cluster one a shard.
    pub outbox_max: usize,
    /// Messages that may wait to be taken from the inbox.
    pub inbox_max: usize,
    pub metrics: Metrics,
}

/// The URL does not name a Redis. Says why, without the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("redis_url is not understood: {0}")]
pub struct BadUrl(pub(super) String);

/// A handle on the bus; cloning gives another on the same. The connection ends with the last one, when
/// what waits in the outbox has been sent.
#[derive(Clone, Debug)]
pub struct Bus(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Alone(Arc<Alone>),
    Redis(Arc<Handle>),
}

/// The bus of one node.
#[derive(Debug)]
struct Alone {
    feed: Arc<Feed>,
    health: watch::Sender<bool>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.feed.close();
    }
}

impl Bus {
    /// One node: nobody else listens. Publishing goes nowhere, every [`Bus::listen`] is `true`, and
    /// [`Bus::health`] always is.
    pub fn in_process() -> (Self, Inbox) {
        let (feed, inbox) = Feed::new(1, Metrics::new());
        let alone = Alone { feed, health: watch::Sender::new(true) };
        (Self(Kind::Alone(Arc::new(alone))), inbox)
    }

    /// Meets the other nodes in Redis. Connects in the background, now and whenever the connection is
    /// lost, so that a server starts and works while Redis is down. Needs a Tokio runtime.
    pub fn redis(options: &RedisOptions) -> Result<(Self, Inbox), BadUrl> {
        let (handle, inbox) = Handle::open(options)?;
        Ok((Self(Kind::Redis(Arc::new(handle))), inbox))
    }

    /// Whether there can be anyone to tell.
    pub fn has_others(&self) -> bool {
        matches!(self.0, Kind::Redis(_))
    }

    /// Never waits and never fails. Where the outbox is full or there is no connection, the message is
    /// dropped and counted, and the other nodes hear of a gap as soon as they can be reached.
    pub fn publish(&self, topic: Topic, payload: Bytes) {
        match &self.0 {
            Kind::Alone(_) => {}
            Kind::Redis(handle) => handle.publish(topic, payload),
        }
    }

    /// Listens to a topic until [`Bus::unlisten`], also on later connections. Listening twice is
    /// listening once.
    ///
    /// `true` when the subscription is in force: what is published from now on will be heard. `false`
    /// at once when the bus is down, or after a second without an answer; the subscription is then made
    /// later and announced with [`Heard::Gap`].
    pub async fn listen(&self, topic: Topic) -> bool {
        match &self.0 {
            Kind::Alone(_) => true,
            Kind::Redis(handle) => handle.listen(topic).await,
        }
    }

    /// Messages that are on their way may still be heard. [`Topic::Everyone`] stays.
    pub fn unlisten(&self, topic: Topic) {
        match &self.0 {
            Kind::Alone(_) => {}
            Kind::Redis(handle) => handle.unlisten(topic),
        }
    }

    /// `true` while Redis, or every shard, is connected and no subscription is overdue. It turns `true`
    /// after the [`Heard::Gap`] of its return is in the inbox.
    pub fn health(&self) -> watch::Receiver<bool> {
        match &self.0 {
            Kind::Alone(alone) => alone.health.subscribe(),
            Kind::Redis(handle) => handle.health(),
        }
    }
}
