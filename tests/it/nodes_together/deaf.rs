//! Redis stops, or stands still, while both nodes are busy.

use super::*;

/// Both nodes send as fast as they are answered until they are told to stop; gives how many were.
async fn load(nodes: &Nodes, senders: [&Caller; 2], room: &str, trouble: impl Future<Output = ()>) -> usize {
    let over = std::sync::atomic::AtomicBool::new(false);
    let send = async |caller: &Caller| {
        let mut sent = 0;
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            caller.say(room, "more").await;
            sent += 1;
            pause().await;
        }
        sent
    };
    let trouble = async {
        trouble.await;
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let there = nodes.over_there(senders[1]);
    let (here, there, ()) = tokio::join!(send(senders[0]), send(&there), trouble);
    here + there
}

struct Busy {
    nodes: Nodes,
    amber: Caller,
    room: String,
    /// A reader on each node.
    readers: [Socket; 2],
    /// One on the other node who has a room that nobody else reads there.
    inbox: Socket,
}

impl Busy {
    async fn begin(redis: Option<Place>) -> Option<Self> {
        let nodes = Nodes::joined(redis, &[LOOK]).await?;
        let (amber, basil) = (nodes.a.user("amber").await, nodes.a.user("basil").await);
        let room = amber.room("Den", &[]).await;
        let start = head(&amber, &room).await;
        let here = follow(&nodes.a, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
        let there = nodes.follow(&amber, MESSAGES, json!({ "r": room, "a": start })).await;
        let mut inbox = nodes.follow(&basil, INBOX, json!({})).await;
        until(&mut inbox, "CaughtUp").await;
        Some(Self { nodes, amber, room, readers: [here, there], inbox })
    }

    fn redis(&mut self) -> &mut Place {
        self.nodes.redis.as_mut().unwrap()
    }

    /// What is sent while nodes do not hear each other arrives, on the node itself and on the other,
    /// and so do rooms, and the end of a session.
    async fn goes_on_while_deaf(&mut self) {
        for node in [&self.nodes.a, self.nodes.other()] {
            heard(node, false).await;
        }
        let sent = load(&self.nodes, [&self.amber, &self.amber], &self.room, async {
            // Both were answered, and the reader of the own node is live.
            for _ in 0..10 {
                pause().await;
            }
        })
        .await;
        assert!(sent >= 2);
        self.amber.say(&self.room, "deaf").await;
        for socket in &mut self.readers {
            read_to(socket, "deaf").await;
        }
        let basil = self.nodes.a.login("basil", PASSWORD).await;
        let mut session = Socket::ready(self.nodes.other(), basil.token.as_deref()).await;
        let room = self.amber.room("Attic", &[&basil]).await;
        self.amber.say(&room, "upstairs").await;
        assert_eq!(until(&mut self.inbox, "MessageAdded").await["message"]["text"], "upstairs");
        basil.mutate("logout", json!({}), "loggedOut").await;
        assert_eq!(session.closed().await.0, 4403);
    }

    /// The same when they hear each other again.
    async fn goes_on_after(mut self) {
        for node in [&self.nodes.a, self.nodes.other()] {
            heard(node, true).await;
        }
        let there = self.nodes.over_there(&self.amber);
        there.say(&self.room, "back").await;
        self.amber.say(&self.room, "for good").await;
        for socket in &mut self.readers {
            read_to(socket, "for good").await;
        }
    }
}

async fn stopped(redis: Option<Place>) {
    let Some(mut busy) = Busy::begin(redis).await else { return };
    busy.redis().stop();
    busy.goes_on_while_deaf().await;
    busy.redis().start_again();
    busy.goes_on_after().await;
}

async fn frozen(redis: Option<Place>) {
    let Some(mut busy) = Busy::begin(redis).await else { return };
    let held = busy.redis().freeze();
    busy.goes_on_while_deaf().await;
    drop(held);
    busy.goes_on_after().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_goes_on_while_redis_is_stopped() {
    stopped(Redis::start().map(Place::Plain)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_goes_on_while_a_cluster_is_stopped() {
    stopped(Cluster::start().map(Place::Cluster)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_goes_on_while_redis_stands_still() {
    frozen(Redis::start().map(Place::Plain)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_goes_on_while_a_cluster_stands_still() {
    frozen(Cluster::start().map(Place::Cluster)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_while_redis_goes_and_comes_arrives_once() {
    let Some(mut busy) = Busy::begin(Redis::start().map(Place::Plain)).await else { return };
    let mut place = busy.nodes.redis.take().unwrap();
    let trouble = async {
        for _ in 0..2 {
            place.stop();
            heard(busy.nodes.other(), false).await;
            for _ in 0..10 {
                pause().await;
            }
            place.start_again();
            heard(busy.nodes.other(), true).await;
        }
    };
    load(&busy.nodes, [&busy.amber, &busy.amber], &busy.room, trouble).await;
    busy.amber.say(&busy.room, "the end").await;
    let [here, there] = &mut busy.readers;
    assert_eq!(read_to(here, "the end").await, read_to(there, "the end").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_alone_with_a_redis_delivers_whether_it_is_there_or_not() {
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::with(Db::Sqlite, &[("REDIS_URL", &url), NEVER]).await;
    heard(&app, true).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
    amber.say(&room, "with").await;
    assert_eq!(read_to(&mut socket, "with").await, [1]);
    redis.stop();
    heard(&app, false).await;
    amber.say(&room, "without").await;
    assert_eq!(read_to(&mut socket, "without").await, [2]);
    let mut fresh = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
    amber.say(&room, "late").await;
    assert_eq!(read_to(&mut fresh, "late").await, [1, 2, 3]);
}
