//! The bus between nodes, through a real Redis and a real cluster.

mod cluster;
pub mod peer;

use std::time::Duration;

use bytes::Bytes;
use tertulia::domain::paging::Epoch;
use tertulia::hub::bus::{Bus, Heard, RedisOptions, Topic};
use tokio::time::timeout;

use crate::support::redis::{Cluster, Redis};
pub use peer::Place;
use peer::{PATIENCE, Peer, ROOM, message, options, room, until};

/// Runs each test once on a plain Redis and once on a cluster.
macro_rules! on_redis {
    ($(async fn $name:ident($place:pat_param) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn check($place: Place) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn plain() {
                if let Some(redis) = Redis::start() {
                    check(Place::Plain(redis)).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn cluster() {
                if let Some(cluster) = Cluster::start() {
                    check(Place::Cluster(cluster)).await;
                }
            }
        }
    )*};
}

on_redis! {
    async fn messages_of_a_topic_arrive_once_and_in_order(place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        assert!(hearer.bus.listen(ROOM).await);
        for number in 0..3000 {
            sender.publish(ROOM, &number.to_string());
        }
        for number in 0..3000 {
            assert_eq!(hearer.next().await, message(ROOM, &number.to_string()));
        }
        assert_eq!(hearer.counted("tertulia_bus_received_total"), 3000);
        until("all are counted", || sender.counted("tertulia_bus_published_total") == 3000).await;
    }

    async fn a_node_does_not_hear_itself(place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        for topic in [ROOM, Topic::Everyone] {
            assert!(hearer.bus.listen(topic).await);
            hearer.publish(topic, "mine");
            until("mine is out", || hearer.counted("tertulia_bus_published_total") > 0).await;
            sender.publish(topic, "theirs");
            assert_eq!(hearer.next().await, message(topic, "theirs"));
        }
    }

    async fn only_topics_that_are_listened_to_are_heard(mut place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        assert!(hearer.bus.listen(ROOM).await && hearer.bus.listen(ROOM).await);
        sender.publish(room(8), "elsewhere");
        until("it is out", || sender.counted("tertulia_bus_published_total") == 1).await;
        sender.publish(ROOM, "here");
        assert_eq!(hearer.next().await, message(ROOM, "here"));

        hearer.bus.unlisten(ROOM);
        hearer.bus.unlisten(Topic::Everyone);
        until("nobody listens to the room", || place.listeners(7) == 0).await;
        sender.publish(ROOM, "to nobody");
        until("that is out", || sender.counted("tertulia_bus_published_total") == 3).await;
        sender.publish(Topic::Everyone, "everyone");
        assert_eq!(hearer.next().await, message(Topic::Everyone, "everyone"));
        assert!(hearer.bus.listen(ROOM).await);
        sender.publish(ROOM, "again");
        assert_eq!(hearer.next().await, message(ROOM, "again"));
    }

    async fn what_is_published_after_listening_is_heard(place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        for key in 0..200 {
            assert!(hearer.bus.listen(room(key)).await);
            sender.publish(room(key), "now");
            assert_eq!(hearer.next().await, message(room(key), "now"));
            if key % 2 == 0 {
                hearer.bus.unlisten(room(key));
            }
        }
    }

    async fn installations_that_share_a_redis_do_not_hear_each_other(place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        let other = Peer::join_with(&RedisOptions { epoch: Epoch(1), ..options(&place.url()) }).await;
        assert!(hearer.bus.listen(ROOM).await);
        for topic in [ROOM, Topic::Everyone] {
            other.publish(topic, "theirs");
        }
        until("theirs are out", || other.counted("tertulia_bus_published_total") == 2).await;
        sender.publish(ROOM, "ours");
        assert_eq!(hearer.next().await, message(ROOM, "ours"));
    }

    async fn after_a_restart_of_redis_there_is_a_gap_and_all_subscriptions_are_back(mut place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        assert!(hearer.bus.listen(ROOM).await);
        place.stop();
        hearer.becomes(false).await;
        sender.becomes(false).await;
        assert_eq!(hearer.counted("tertulia_bus_connected"), 0);
        assert!(!hearer.bus.listen(room(8)).await, "it cannot be in force");
        // More than the outbox holds.
        (0..20_000).for_each(|_| sender.publish(ROOM, "lost"));
        assert_eq!(sender.counted("tertulia_bus_dropped_total{side=\"outbox\"}"), 20_000);

        place.start_again();
        hearer.becomes(true).await;
        sender.becomes(true).await;
        assert_eq!(hearer.next().await, Heard::Gap);
        assert_eq!(hearer.counted("tertulia_bus_connected"), 1);
        for topic in [ROOM, room(8), Topic::Everyone] {
            sender.publish(topic, "back");
            let mut heard = hearer.next().await;
            while heard == Heard::Gap {
                // One more when the sender tells that it has lost messages.
                heard = hearer.next().await;
            }
            assert_eq!(heard, message(topic, "back"));
        }
    }

    async fn a_full_outbox_drops_and_the_others_hear_of_it(mut place) {
        let mut hearer = Peer::join(&place).await;
        let sender = Peer::join_with(&RedisOptions { outbox_max: 4, ..options(&place.url()) }).await;
        assert!(hearer.bus.listen(ROOM).await);
        let frozen = place.freeze();
        (0..1000).for_each(|_| sender.publish(ROOM, "many"));
        assert!(sender.counted("tertulia_bus_dropped_total{side=\"outbox\"}") > 0);
        drop(frozen);
        hearer.gap().await;
    }

    async fn a_full_inbox_is_a_gap(place) {
        let sender = Peer::join(&place).await;
        let mut hearer = Peer::join_with(&RedisOptions { inbox_max: 5, ..options(&place.url()) }).await;
        assert!(hearer.bus.listen(ROOM).await);
        (0..50).for_each(|number| sender.publish(ROOM, &number.to_string()));
        until("the rest is dropped", || {
            hearer.counted("tertulia_bus_dropped_total{side=\"inbox\"}") == 45
        })
        .await;
        for number in 0..5 {
            assert_eq!(hearer.next().await, message(ROOM, &number.to_string()));
        }
        assert_eq!(hearer.next().await, Heard::Gap);
    }

    async fn a_connection_that_is_only_half_there_is_noticed(mut place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        assert!(hearer.bus.listen(ROOM).await);
        let frozen = place.freeze();
        hearer.becomes(false).await;
        assert!(!hearer.bus.listen(room(8)).await);
        drop(frozen);
        hearer.becomes(true).await;
        sender.becomes(true).await;
        assert_eq!(hearer.next().await, Heard::Gap);
        sender.publish(ROOM, "thawed");
        while hearer.next().await != message(ROOM, "thawed") {}
    }

    async fn a_server_starts_without_redis_and_finds_it_later(mut place) {
        place.stop();
        let mut hearer = Peer::open(&options(&place.url()));
        assert!(!hearer.bus.listen(ROOM).await);
        hearer.publish(ROOM, "to nobody");
        assert!(!*hearer.bus.health().borrow());
        place.start_again();
        hearer.becomes(true).await;
        assert_eq!(hearer.next().await, Heard::Gap);
        let sender = Peer::join(&place).await;
        sender.publish(ROOM, "found");
        while hearer.next().await != message(ROOM, "found") {}
    }

    async fn what_waits_is_sent_when_the_bus_is_dropped(place) {
        let (mut hearer, sender) = (Peer::join(&place).await, Peer::join(&place).await);
        assert!(hearer.bus.listen(ROOM).await);
        (0..1000).for_each(|number| sender.publish(ROOM, &number.to_string()));
        let Peer { bus, mut inbox, .. } = sender;
        drop(bus);
        assert_eq!(timeout(PATIENCE, inbox.next()).await, Ok(None));
        for number in 0..1000 {
            assert_eq!(hearer.next().await, message(ROOM, &number.to_string()));
        }
    }
}

#[tokio::test]
async fn one_node_alone_needs_no_redis() {
    let (bus, mut inbox) = Bus::in_process();
    assert!(bus.listen(ROOM).await && *bus.health().borrow());
    bus.publish(ROOM, Bytes::from_static(b"to nobody"));
    let other = bus.clone();
    drop(bus);
    assert!(timeout(Duration::from_millis(1), inbox.next()).await.is_err(), "one handle is left");
    drop(other);
    assert_eq!(timeout(PATIENCE, inbox.next()).await, Ok(None));
}

#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn subscribe(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        tracing::subscriber::set_default(subscriber)
    }
}

// On one thread, where the log of this test is the log of all its tasks.
#[tokio::test]
async fn the_log_tells_of_connection_loss_and_return_once_and_never_the_password() {
    let Some(mut redis) = Redis::start_with_password("hunter2") else { return };
    let log = Log::default();
    let _guard = log.subscribe();
    let options = options(&redis.url());
    let peer = Peer::join_with(&options).await;
    redis.stop();
    peer.becomes(false).await;
    // Long enough for some tries in vain.
    tokio::time::sleep(Duration::from_millis(500)).await;
    redis.start_again();
    peer.becomes(true).await;
    let text = log.text();
    assert_eq!(text.matches("connected to the Redis server at 127.0.0.1").count(), 2, "{text}");
    assert_eq!(text.matches("no connection to Redis").count(), 1, "{text}");
    assert!(!format!("{text} {options:?} {:?}", peer.bus).contains("hunter2"));
}

#[tokio::test]
async fn a_wrong_password_is_said_in_the_log_without_it() {
    let Some(redis) = Redis::start_with_password("hunter2") else { return };
    let log = Log::default();
    let _guard = log.subscribe();
    let peer = Peer::open(&options(&redis.url().replace("hunter2", "hunter3")));
    until("the log says so", || log.text().contains("no connection to Redis")).await;
    assert!(!*peer.bus.health().borrow());
    assert!(!log.text().contains("hunter"), "{}", log.text());
}

#[test]
fn what_is_no_url_of_a_redis_is_refused_at_once() {
    for url in ["redis://", "redis://:hunter2@host:port", "http://:hunter2@host"] {
        let refusal = Bus::redis(&options(url)).unwrap_err();
        assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{refusal}");
    }
}
