//! Nodes of one installation: whatever happens on one is seen on the other, also while Redis is away.
//!
//! Each behaviour runs on one node alone, on two that share PostgreSQL and a Redis, and on two with a
//! cluster. What only a bus can do wrong is in `nodes_together/deaf.rs`.

mod deaf;

use std::time::Duration;

use serde_json::{Value, json};

use crate::bus::Place;
use crate::support::app::PASSWORD;
use crate::support::redis::{Cluster, Redis};
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp};

const MESSAGES: &str = "subscription($r: ID!, $a: String) { messageAdded(roomId: $r, after: $a) {
    cursor replayed message { seq text sender { username } } } }";
const EVENTS: &str = "subscription($r: ID!) { roomEvents(roomId: $r) { __typename
    ... on MessageAdded { message { text } } ... on RoomChanged { room { name } }
    ... on MemberChanged { user { username } role } } }";
const INBOX: &str = "subscription { inboxEvents { __typename roomId
    ... on MessageAdded { message { text } } ... on RoomChanged { room { name } } } }";
const HEAD: &str = "query($r: ID!) { room(id: $r) { headCursor } }";

/// Longer than any test, so that what arrives was told and not looked up.
const NEVER: (&str, &str) = ("LIVE_LOOK_ALWAYS", "1h");

/// Where something happens, and where it is to be seen.
struct Nodes {
    a: TestApp,
    /// `None` where one node is all there is.
    b: Option<TestApp>,
    redis: Option<Place>,
}

impl Nodes {
    async fn alone(db: Db) -> Self {
        Self { a: TestApp::start(db).await, b: None, redis: None }
    }

    /// Two that share a database and a Redis; nothing without either, which is said aloud.
    async fn joined(redis: Option<Place>, settings: &[(&str, &str)]) -> Option<Self> {
        let (db, redis) = (Db::postgres()?, redis?);
        let url = redis.url();
        let ours = [("REDIS_URL", url.as_str()), ("SECRET", "a secret that all nodes have in common"), NEVER];
        let settings: Vec<(&str, &str)> = ours.iter().chain(settings).copied().collect();
        let a = TestApp::with(db.clone(), &settings).await;
        let b = TestApp::with(db, &settings).await;
        for node in [&a, &b] {
            heard(node, true).await;
        }
        Some(Self { a, b: Some(b), redis: Some(redis) })
    }

    fn other(&self) -> &TestApp {
        self.b.as_ref().unwrap_or(&self.a)
    }

    /// The same person, who calls the other node.
    fn over_there(&self, caller: &Caller) -> Caller {
        Caller { url: format!("{}/graphql", self.other().base), ..caller.clone() }
    }

    /// A socket of someone on the other node, with one subscription.
    async fn follow(&self, caller: &Caller, query: &str, variables: Value) -> Socket {
        follow(self.other(), caller, query, variables).await
    }
}

/// Waits until a node hears the others, or no longer does.
async fn heard(node: &TestApp, wanted: bool) {
    let mut health = node.app.hub().bus_health();
    let wait = health.wait_for(|heard| *heard == wanted);
    tokio::time::timeout(crate::support::raw::PATIENCE, wait)
        .await
        .expect("the bus does not change")
        .unwrap();
}

async fn follow(node: &TestApp, caller: &Caller, query: &str, variables: Value) -> Socket {
    let mut socket = Socket::ready(node, caller.token.as_deref()).await;
    socket.subscribe("s", query, variables).await;
    socket
}

/// The next result, whatever its root field is called.
async fn next(socket: &mut Socket) -> Value {
    let mut message = socket.hear_past_pings().await;
    assert_eq!(message["type"], "next", "{message}");
    message["payload"]["data"].as_object_mut().unwrap().values_mut().next().unwrap().take()
}

/// Reads on to the next event of a kind.
async fn until(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let event = next(socket).await;
        if event["__typename"] == kind {
            return event;
        }
    }
}

/// Reads messages up to one with this text; they are in order, each once.
async fn read_to(socket: &mut Socket, last: &str) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let added = next(socket).await;
        let seq = added["message"]["seq"].as_i64().unwrap();
        assert!(seen.last().is_none_or(|before| seq == before + 1), "{seq} after {seen:?}");
        seen.push(seq);
        if added["message"]["text"] == last {
            return seen;
        }
    }
}

async fn head(caller: &Caller, room: &str) -> Value {
    caller.ask(HEAD, json!({ "r": room })).await["room"]["headCursor"].take()
}

macro_rules! on_each_bus {
    ($(async fn $name:ident($nodes:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn check($nodes: Nodes) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn alone() {
                check(Nodes::alone(Db::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn plain() {
                if let Some(nodes) = Nodes::joined(Redis::start().map(Place::Plain), &[]).await {
                    check(nodes).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn cluster() {
                if let Some(nodes) = Nodes::joined(Cluster::start().map(Place::Cluster), &[]).await {
                    check(nodes).await;
                }
            }
        }
    )*};
}

on_each_bus! {
    async fn a_message_arrives_on_the_other_node_in_order(nodes) {
        let (amber, basil) = (nodes.a.user("amber").await, nodes.a.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let start = head(&amber, &room).await;
        let mut there = nodes.follow(&basil, MESSAGES, json!({ "r": room, "a": start })).await;
        let mut here = follow(&nodes.a, &basil, MESSAGES, json!({ "r": room, "a": start })).await;
        let amber_there = nodes.over_there(&amber);
        for number in 0..20 {
            // One after the other from both nodes, so that the order is known.
            let sender = if number % 2 == 0 { &amber } else { &amber_there };
            sender.say(&room, &format!("m{number}")).await;
        }
        for socket in [&mut here, &mut there] {
            assert_eq!(read_to(socket, "m19").await, (1..=20).collect::<Vec<_>>());
        }
    }

    async fn all_that_happens_in_a_room_is_told_on_the_other_node(nodes) {
        let (amber, basil) = (nodes.a.user("amber").await, nodes.a.user("basil").await);
        let room = amber.room("Den", &[]).await;
        let mut there = nodes.follow(&amber, EVENTS, json!({ "r": room })).await;
        until(&mut there, "CaughtUp").await;
        amber.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id] }), "").await;
        let joined = next(&mut there).await;
        assert_eq!((&joined["user"]["username"], &joined["role"]), (&json!("basil"), &json!("MEMBER")));
        amber.mutate("updateRoom", json!({ "roomId": room, "name": "Study" }), "").await;
        assert_eq!(next(&mut there).await["room"]["name"], "Study");
        amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
        assert_eq!(next(&mut there).await, json!({ "__typename": "RoomChanged", "room": null }));
        assert_eq!(there.hear_past_pings().await, json!({ "type": "complete", "id": "s" }));
    }

    async fn rooms_come_and_go_in_an_inbox_on_the_other_node(nodes) {
        let (amber, basil) = (nodes.a.user("amber").await, nodes.a.user("basil").await);
        let mut there = nodes.follow(&basil, INBOX, json!({})).await;
        until(&mut there, "CaughtUp").await;
        let room = amber.room("Den", &[&basil]).await;
        let appeared = until(&mut there, "RoomChanged").await;
        assert_eq!((&appeared["roomId"], &appeared["room"]["name"]), (&json!(room), &json!("Den")));
        amber.say(&room, "hello").await;
        assert_eq!(until(&mut there, "MessageAdded").await["message"]["text"], "hello");
        amber.mutate("removeMember", json!({ "roomId": room, "userId": basil.id }), "").await;
        let vanished = until(&mut there, "RoomChanged").await;
        assert_eq!((&vanished["roomId"], &vanished["room"]), (&json!(room), &Value::Null));
        amber.say(&room, "secret").await;
        amber.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id] }), "").await;
        assert_eq!(next(&mut there).await["room"]["name"], "Den", "and no secret before it");
        amber.say(&room, "welcome").await;
        assert_eq!(until(&mut there, "MessageAdded").await["message"]["text"], "welcome");
    }

    async fn one_who_is_removed_hears_nothing_more_on_the_other_node(nodes) {
        let (amber, basil) = (nodes.a.user("amber").await, nodes.a.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let start = head(&amber, &room).await;
        let mut there = nodes.follow(&basil, MESSAGES, json!({ "r": room, "a": start })).await;
        amber.say(&room, "for basil").await;
        assert_eq!(next(&mut there).await["message"]["text"], "for basil");
        amber.mutate("removeMember", json!({ "roomId": room, "userId": basil.id }), "").await;
        amber.say(&room, "secret").await;
        let end = there.hear_past_pings().await;
        assert_eq!(end["payload"][0]["extensions"]["code"], "NOT_A_MEMBER", "{end}");
    }

    async fn logging_out_closes_the_sockets_on_the_other_node(nodes) {
        let amber = nodes.a.user("amber").await;
        let other = nodes.a.login("amber", PASSWORD).await;
        let mut ended = Socket::ready(nodes.other(), amber.token.as_deref()).await;
        let mut spared = Socket::ready(nodes.other(), other.token.as_deref()).await;
        amber.mutate("logout", json!({}), "loggedOut").await;
        // Nobody looks within this test, so it was told.
        assert_eq!(ended.closed().await.0, 4403);
        let viewer = spared.ask("{ viewer { username } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"]["username"], "amber");
    }

    async fn a_device_that_is_signed_out_from_another_loses_its_socket_on_the_other_node(nodes) {
        let amber = nodes.a.user("amber").await;
        let phone = nodes.a.login("amber", PASSWORD).await;
        let mut ended = Socket::ready(nodes.other(), phone.token.as_deref()).await;
        let mut spared = Socket::ready(nodes.other(), amber.token.as_deref()).await;
        amber.mutate("endSession", json!({}), "ended").await;
        assert_eq!(ended.closed().await.0, 4403);
        let viewer = spared.ask("{ viewer { username } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"]["username"], "amber");
    }

    async fn a_new_password_closes_the_sockets_on_the_other_node(nodes) {
        let amber = nodes.a.user("amber").await;
        let other = nodes.a.login("amber", PASSWORD).await;
        let mut sockets = [
            Socket::ready(nodes.other(), amber.token.as_deref()).await,
            Socket::ready(nodes.other(), other.token.as_deref()).await,
        ];
        let change = json!({ "currentPassword": PASSWORD, "newPassword": "another long phrase" });
        amber.mutate("changePassword", change, "").await;
        for socket in &mut sockets {
            assert_eq!(socket.closed().await.0, 4403);
        }
    }
}

/// Until what was lost has certainly been looked for.
const LOOK: (&str, &str) = ("LIVE_LOOK_WHEN_DEAF", "300ms");

fn pause() -> tokio::time::Sleep {
    tokio::time::sleep(Duration::from_millis(20))
}
