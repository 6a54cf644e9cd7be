//! What only a cluster can do: spread, lose a shard, move a slot.

use std::collections::HashSet;

use tertulia::domain::ids::RoomKey;
use tertulia::hub::bus::{Heard, Topic};

use super::peer::{Peer, channel, message, options, room, until};
use crate::support::redis::Cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_topics_spread_over_the_shards_of_a_cluster() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url();
    let (mut hearer, sender) = (Peer::join_with(&options(&url)).await, Peer::join_with(&options(&url)).await);
    let listened = futures_util::future::join_all((0..400).map(|key| hearer.bus.listen(room(key)))).await;
    assert!(listened.into_iter().all(|in_force| in_force));
    for node in &cluster.nodes {
        let channels = node.ask(&["PUBSUB", "SHARDCHANNELS"]).matches(":room:").count();
        assert!((100..180).contains(&channels), "{channels} of 400 on one of three shards");
    }
    for key in 0..400 {
        sender.publish(room(key), &key.to_string());
    }
    let mut heard = HashSet::new();
    for _ in 0..400 {
        match hearer.next().await {
            Heard::Message { topic: Topic::Room(RoomKey(key)), payload } => {
                assert_eq!(payload, key.to_string().as_bytes());
                assert!(heard.insert(key), "{key} twice");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Two rooms on different shards: the first on that of the URL, which is not stopped.
fn rooms_apart(cluster: &Cluster) -> (i64, i64) {
    let on = |node: usize| (1..100).find(|&key| Cluster::owner(cluster.slot(&channel(key))) == node).unwrap();
    (on(0), on(2))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_without_one_shard_carries_the_rooms_of_the_others() {
    let Some(mut cluster) = Cluster::start() else { return };
    let (here, gone) = rooms_apart(&cluster);
    let url = cluster.url();
    let (mut hearer, sender) = (Peer::join_with(&options(&url)).await, Peer::join_with(&options(&url)).await);
    assert!(hearer.bus.listen(room(here)).await && hearer.bus.listen(room(gone)).await);

    cluster.nodes[2].stop();
    hearer.becomes(false).await;
    sender.becomes(false).await;
    sender.publish(room(gone), "lost");
    sender.publish(room(here), "carried");
    while hearer.next().await != message(room(here), "carried") {}
    assert!(!hearer.bus.listen(room(gone)).await);

    cluster.nodes[2].start_again();
    hearer.becomes(true).await;
    sender.becomes(true).await;
    hearer.gap().await;
    sender.publish(room(gone), "back");
    while hearer.next().await != message(room(gone), "back") {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_moves_to_another_shard_is_followed() {
    let Some(cluster) = Cluster::start() else { return };
    let (moving, _) = rooms_apart(&cluster);
    let url = cluster.url();
    let (mut hearer, sender) = (Peer::join_with(&options(&url)).await, Peer::join_with(&options(&url)).await);
    assert!(hearer.bus.listen(room(moving)).await);

    cluster.migrate(cluster.slot(&channel(moving)), 1);
    hearer.gap().await;
    hearer.becomes(true).await;
    // The sender does not know yet: its message is refused, which makes it look, and tell the others.
    sender.publish(room(moving), "refused");
    until("it is refused", || sender.counted("tertulia_bus_dropped_total{side=\"outbox\"}") == 1).await;
    sender.publish(room(moving), "followed");
    while hearer.next().await != message(room(moving), "followed") {
        // Whatever is lost is followed by a gap, so this ends.
        sender.publish(room(moving), "followed");
    }
    let subscribed = cluster.nodes[1].ask(&["PUBSUB", "SHARDNUMSUB", &channel(moving)]);
    assert!(subscribed.trim().ends_with(":1"), "{subscribed}");
}
