//! Typing and presence across two nodes on one PostgreSQL and one Redis.

use serde_json::json;

use super::{Looker, QUICK, presence, say_presence, until_presence};
use crate::support::TestApp;
use crate::support::app::Pair;
use crate::support::socket::Socket;

async fn pair(settings: &[(&str, &str)]) -> Option<Pair> {
    let settings: Vec<_> = QUICK.iter().chain(settings).copied().collect();
    TestApp::pair(&settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_is_seen_on_the_other_node_and_ends_with_the_message_sent_there() {
    let Some(pair) = pair(&[("LIVE_TYPING_TTL", "60s")]).await else { return };
    let (amber, birch) = (pair.one.user("amber").await, pair.one.user("birch").await);
    let room = amber.room("Den", &[&birch]).await;
    let mut here = Looker::open(&pair.one, &amber, &room).await;
    let mut there = Looker::open(&pair.other, &amber, &room).await;
    assert!(here.next().await.typing.is_empty() && there.next().await.typing.is_empty());
    birch.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    here.until(|seen| seen.typing == ["birch"]).await;
    there.until(|seen| seen.typing == ["birch"]).await;
    pair.other.same(&birch).say(&room, "hello").await;
    here.until(|seen| seen.typing.is_empty()).await;
    there.until(|seen| seen.typing.is_empty()).await;
    birch.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    there.until(|seen| seen.typing == ["birch"]).await;
    pair.other.same(&birch).mutate("setTyping", json!({ "roomId": room, "on": false }), "").await;
    here.until(|seen| seen.typing.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_begins_to_look_learns_who_types_on_a_node_that_nobody_looks_from() {
    let Some(pair) = pair(&[("LIVE_TYPING_TTL", "60s")]).await else { return };
    let (amber, birch) = (pair.one.user("amber").await, pair.one.user("birch").await);
    let room = amber.room("Den", &[&birch]).await;
    birch.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    // Until that is told, to nobody, since nobody listens.
    crate::sockets::until_metric(&pair.one, "tertulia_people_typing", "1").await;
    let mut there = Looker::open(&pair.other, &amber, &room).await;
    there.until(|seen| seen.typing == ["birch"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_that_is_told_to_another_node_ends_there_by_itself() {
    let Some(pair) = pair(&[("LIVE_TYPING_TTL", "1s")]).await else { return };
    let (amber, birch) = (pair.one.user("amber").await, pair.one.user("birch").await);
    let room = amber.room("Den", &[&birch]).await;
    let mut there = Looker::open(&pair.other, &amber, &room).await;
    assert!(there.next().await.typing.is_empty());
    birch.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    there.until(|seen| seen.typing == ["birch"]).await;
    there.until(|seen| seen.typing.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_is_one_on_both_nodes() {
    let Some(pair) = pair(&[]).await else { return };
    let (amber, birch) = (pair.one.user("amber").await, pair.one.user("birch").await);
    let there = pair.other.same(&amber);
    let room = amber.room("Den", &[&birch]).await;
    let mut look = Looker::open(&pair.other, &amber, &room).await;
    let socket = Socket::ready(&pair.one, birch.token.as_deref()).await;
    look.until(|seen| seen.state("birch") == "ONLINE").await;
    say_presence(&birch, "AWAY").await;
    look.until(|seen| seen.state("birch") == "AWAY").await;
    // Said to the node that the person is not connected to.
    assert_eq!(say_presence(&pair.other.same(&birch), "OFFLINE").await, "OFFLINE");
    until_presence(&amber, &birch, "OFFLINE").await;
    assert_eq!(say_presence(&pair.other.same(&birch), "ONLINE").await, "ONLINE");
    until_presence(&amber, &birch, "ONLINE").await;
    until_presence(&there, &birch, "ONLINE").await;
    drop(socket);
    until_presence(&amber, &birch, "OFFLINE").await;
    until_presence(&there, &birch, "OFFLINE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_a_node_that_died_go_offline_after_the_silence() {
    let settings = [("LIVE_PRESENCE_LINGER", "60s"), ("LIVE_PRESENCE_SILENCE", "1s")];
    let Some(pair) = pair(&settings).await else { return };
    let (amber, birch) = (pair.other.user("amber").await, pair.other.user("birch").await);
    let room = amber.room("Den", &[&birch]).await;
    let mut look = Looker::open(&pair.other, &amber, &room).await;
    let socket = Socket::ready(&pair.one, birch.token.as_deref()).await;
    look.until(|seen| seen.state("birch") == "ONLINE").await;
    // It stops without a word of its people: they linger there for longer than it lives.
    drop(socket);
    pair.one.stop().await;
    look.until(|seen| seen.state("birch") == "OFFLINE").await;
    assert_eq!(presence(&amber, &birch).await, "OFFLINE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_break_of_redis_nodes_know_what_they_missed() {
    let Some(mut pair) = pair(&[]).await else { return };
    let (amber, birch) = (pair.one.user("amber").await, pair.one.user("birch").await);
    let there = pair.other.same(&amber);
    let old = Socket::ready(&pair.one, amber.token.as_deref()).await;
    until_presence(&there, &amber, "ONLINE").await;
    pair.redis.stop();
    drop(old);
    let _socket = Socket::ready(&pair.one, birch.token.as_deref()).await;
    until_presence(&amber, &amber, "OFFLINE").await;
    assert_eq!(presence(&there, &birch).await, "OFFLINE", "it cannot be known yet");
    pair.redis.start_again();
    until_presence(&there, &birch, "ONLINE").await;
    until_presence(&there, &amber, "OFFLINE").await;
}
