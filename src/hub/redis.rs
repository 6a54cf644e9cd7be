//! The bus through Redis: channels on a plain server, sharded channels on a cluster.
//!
//! `driver` finds the nodes and keeps a `link` to each, `subscriptions` knows what is wanted, `routes`
//! which link has which slot. A caller's message goes straight into the queue of its link.
//!
//! No message is sent twice. What was dropped or not answered is made up for by telling all nodes, once
//! it is possible, that they have missed something.

mod driver;
mod link;
mod routes;
mod subscriptions;
mod topology;
mod wire;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use redis::io::tcp::TcpSettings;
use redis::{ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use secrecy::ExposeSecret as _;
use tokio::sync::{Notify, watch};

use super::bus::{BadUrl, Feed, Heard, Inbox, RedisOptions, Topic};
use crate::metrics::Metrics;
use link::{Job, Link, LinkId};
use routes::Routes;
use subscriptions::Subscriptions;
use wire::{Channels, Sort};

/// How long a caller waits for a subscription.
const LISTEN_MAX: Duration = Duration::from_secs(1);

/// What all parts of one bus share.
struct Shared {
    node: u64,
    outbox_max: usize,
    channels: Channels,
    feed: Arc<Feed>,
    metrics: Metrics,
    routes: RwLock<Routes>,
    subscriptions: Mutex<Subscriptions>,
    health: watch::Sender<bool>,
    /// Wakes the driver.
    woken: Notify,
    /// Whether Redis says that slots are elsewhere.
    moved: AtomicBool,
    /// Whether other nodes have missed messages of this one and were not told.
    missed: AtomicBool,
    links: AtomicU64,
    /// Why the last link was lost, for the log.
    reason: Mutex<String>,
}

impl Shared {
    fn next_link(&self) -> LinkId {
        LinkId(self.links.fetch_add(1, Ordering::Relaxed))
    }

    fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The link that carries a channel, if there is one.
    fn route(&self, channel: &str) -> Option<Arc<Link>> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).of(channel)
    }

    fn set_routes(&self, routes: Routes) {
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = routes;
    }

    /// `false` when it was dropped.
    fn send(&self, topic: Topic, sort: Sort, payload: Bytes) -> bool {
        let channel = self.channels.name(topic);
        self.route(&channel).is_some_and(|link| link.send(Job { channel, sort, payload }))
    }

    /// Messages did not go out.
    fn dropped(&self, count: usize) {
        self.metrics.bus_unsent(count);
        self.missed.store(true, Ordering::SeqCst);
    }

    fn is_on(&self, topic: Topic, link: LinkId) -> bool {
        self.subscriptions().is_on(topic, link)
    }

    /// Whether each is wanted.
    fn wanted(&self, topics: impl IntoIterator<Item = Topic>) -> Vec<(Topic, bool)> {
        let subscriptions = self.subscriptions();
        topics.into_iter().map(|topic| (topic, subscriptions.wants(topic))).collect()
    }

    /// Subscriptions came into force on a link.
    fn confirm(&self, link: LinkId, topics: &[Topic]) {
        if topics.is_empty() {
            return;
        }
        let gaps = {
            let mut subscriptions = self.subscriptions();
            topics.iter().filter(|&&topic| subscriptions.confirm(topic, link)).count()
        };
        if gaps > 0 {
            self.feed.hear(Heard::Gap);
        }
        self.judge();
    }

    fn give_up(&self, topic: Topic) {
        self.subscriptions().give_up(topic);
        self.judge();
    }

    /// A link has ended with so many messages unanswered.
    fn lose(&self, link: LinkId, unanswered: usize, reason: String) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = reason;
        self.subscriptions().lose(link);
        if unanswered > 0 {
            self.dropped(unanswered);
        }
        self.judge();
        self.woken.notify_one();
    }

    /// Has the driver ask for the layout again.
    fn reconsider(&self) {
        self.moved.store(true, Ordering::SeqCst);
        self.woken.notify_one();
    }

    fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether every slot has a link that stands.
    fn connected(&self) -> bool {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).whole()
    }

    fn judge(&self) {
        let connected = self.connected();
        self.metrics.bus_connected(connected);
        // Held, so that of two judgements the later one is the one that stays.
        let subscriptions = self.subscriptions();
        let healthy = connected && subscriptions.late() == 0;
        self.health.send_if_modified(|health| std::mem::replace(health, healthy) != healthy);
    }
}

/// What a [`Bus`](super::bus::Bus) holds; the driver ends with it.
pub(super) struct Handle {
    shared: Arc<Shared>,
    closing: Arc<Notify>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let healthy = *self.shared.health.borrow();
        f.debug_struct("Redis").field("healthy", &healthy).finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.feed.close();
        self.closing.notify_one();
    }
}

impl Handle {
    pub(super) fn open(options: &RedisOptions) -> Result<(Self, Inbox), BadUrl> {
        let target = target(options.url.expose_secret())?;
        let (feed, inbox) = Feed::new(options.inbox_max, options.metrics.clone());
        let shared = Arc::new(Shared {
            node: options.node,
            outbox_max: options.outbox_max.max(1),
            channels: Channels::new(options.epoch),
            feed,
            metrics: options.metrics.clone(),
            routes: RwLock::default(),
            subscriptions: Mutex::default(),
            health: watch::Sender::new(false),
            woken: Notify::new(),
            moved: AtomicBool::new(false),
            missed: AtomicBool::new(false),
            links: AtomicU64::new(0),
            reason: Mutex::new("the connection was closed".to_owned()),
        });
        drop(shared.subscriptions().want(Topic::Everyone));
        shared.give_up(Topic::Everyone);
        let closing = Arc::new(Notify::new());
        tokio::spawn(driver::run(Arc::clone(&shared), target, Arc::clone(&closing)));
        Ok((Self { shared, closing }, inbox))
    }

    pub(super) fn publish(&self, topic: Topic, payload: Bytes) {
        if !self.shared.send(topic, Sort::Message, payload) {
            self.shared.dropped(1);
        }
    }

    pub(super) async fn listen(&self, topic: Topic) -> bool {
        let resolved = self.shared.subscriptions().want(topic);
        let Some(resolved) = resolved else { return true };
        let link = self.shared.route(&self.shared.channels.name(topic));
        if let Some(link) = link {
            link.turn([topic]);
            // A link that ends after this line lets go of the waiter.
            if !link.is_gone() && matches!(tokio::time::timeout(LISTEN_MAX, resolved).await, Ok(Ok(()))) {
                return true;
            }
        }
        self.shared.give_up(topic);
        false
    }

    pub(super) fn unlisten(&self, topic: Topic) {
        if topic != Topic::Everyone {
            self.shared.subscriptions().forget(topic);
            self.shared.judge();
            if let Some(link) = self.shared.route(&self.shared.channels.name(topic)) {
                link.turn([topic]);
            }
        }
    }

    pub(super) fn health(&self) -> watch::Receiver<bool> {
        self.shared.health.subscribe()
    }
}

/// Where the URL leads, in the protocol that subscribes and publishes on one connection.
fn target(url: &str) -> Result<ConnectionInfo, BadUrl> {
    if !["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(BadUrl("it begins with neither redis:// nor rediss://".to_owned()));
    }
    // None of the library's sentences quotes the URL.
    let target = url.into_connection_info().map_err(|error| BadUrl(error.to_string()))?;
    // Channels are the same in all databases, and a cluster has but one.
    let settings = target.redis_settings().clone().set_db(0).set_protocol(ProtocolVersion::RESP3);
    Ok(target.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_none_is_refused_without_being_repeated() {
        for url in [
            "redis://:hunter2@",
            "redis://:hunter2@host:port",
            "redis://:hunter2@host/x",
            "rediss://:hunter2@host/#hunter2",
            "http://:hunter2@host",
            "hunter2",
        ] {
            let refusal = target(url).unwrap_err();
            assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn a_database_number_is_accepted_and_not_selected() {
        let target = target("rediss://ana:hunter2@host:1/7").unwrap();
        assert_eq!(target.redis_settings().db(), 0);
        assert_eq!(target.redis_settings().username(), Some("ana"));
        assert_eq!(target.redis_settings().password(), Some("hunter2"));
        assert_eq!(target.addr().to_string(), "host:1");
    }
}
