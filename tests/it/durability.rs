//! What is acknowledged stays: kills, refusals among neighbours, full queues, panics, restarts.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};
use tempfile::TempDir;
use tertulia::clock::Timestamp;
use tertulia::domain::ids::{RoomKey, UserKey};
use tertulia::domain::rooms::MemberRole;
use tertulia::error::{Code, Error};
use tertulia::storage::{Store, members, rooms};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::support::postgres::Postgres;
use crate::support::process::Process;
use crate::support::{Caller, Db, TestApp};
use crate::{on_both, on_both_databases};

/// Longer than anything under test; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn noon() -> Timestamp {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

const SEND: &str = "mutation($i: SendMessageInput!) { sendMessage(input: $i) {
    message { seq } duplicate errors { code } } }";

/// The code of an answer's fault, wherever it stands; `None` when there is none.
fn fault(answer: &Value) -> Option<&str> {
    let top = answer["errors"][0]["extensions"]["code"].as_str();
    top.or_else(|| answer["data"]["sendMessage"]["errors"][0]["code"].as_str())
}

fn seq(answer: &Value) -> Option<i64> {
    answer["data"]["sendMessage"]["message"]["seq"].as_i64()
}

/// All of a room's messages: text by number, which must be 1, 2, 3 … without a hole.
async fn history(caller: &Caller, room: &str) -> BTreeMap<i64, String> {
    let query = "query($r: ID!, $a: String) { messages(roomId: $r, first: 200, after: $a) {
        totalCount nodes { seq text } pageInfo { hasNextPage endCursor } } }";
    let (mut found, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let mut page = caller.ask(query, json!({ "r": room, "a": after })).await["messages"].take();
        for node in page["nodes"].as_array().unwrap() {
            let seq = node["seq"].as_i64().unwrap();
            let before = found.insert(seq, node["text"].as_str().unwrap().to_owned());
            assert_eq!(before, None, "number {seq} comes twice");
        }
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            let count = i64::try_from(found.len()).unwrap();
            assert!(found.keys().copied().eq(1..=count), "a hole in {:?}", found.keys());
            assert_eq!(page["totalCount"], json!(count));
            return found;
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

/// No two messages with one text: each send of these tests has its own.
fn assert_none_is_doubled(history: &BTreeMap<i64, String>) {
    let mut seen = HashMap::new();
    for (seq, text) in history {
        if let Some(other) = seen.insert(text, seq) {
            panic!("{text} is stored as {other} and as {seq}");
        }
    }
}

/// Sends one message; `None` when no answer came.
async fn try_send(caller: &Caller, room: &str, key: &str) -> Option<Value> {
    let body = json!({ "query": SEND, "variables": { "i": { "roomId": room, "text": key, "clientMessageId": key } } });
    let request = caller.http.post(&caller.url).bearer_auth(caller.token.as_ref()?).json(&body);
    request.send().await.ok()?.json().await.ok()
}

/// Eight senders at once, who send until there is no answer. Gives what was acknowledged, and the
/// keys of the sends whose fate is open.
fn load(caller: &Caller, room: &str, round: usize, acknowledged: &Arc<AtomicUsize>) -> JoinHandle<Sent> {
    let (caller, room, acknowledged) = (caller.clone(), room.to_owned(), Arc::clone(acknowledged));
    tokio::spawn(async move {
        let senders = (0..8).map(|sender| {
            let (caller, room, acknowledged) = (caller.clone(), room.clone(), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut sent = Sent::default();
                for number in 0.. {
                    let key = format!("{round}-{sender}-{number}");
                    let answer = try_send(&caller, &room, &key).await;
                    let Some(seq) = answer.as_ref().and_then(seq) else {
                        sent.open.push(key);
                        break;
                    };
                    sent.acknowledged.insert(key, seq);
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                sent
            })
        });
        let mut all = Sent::default();
        for sender in senders.collect::<Vec<_>>() {
            let sent = sender.await.unwrap();
            all.acknowledged.extend(sent.acknowledged);
            all.open.extend(sent.open);
        }
        all
    })
}

#[derive(Debug, Default)]
struct Sent {
    acknowledged: HashMap<String, i64>,
    open: Vec<String>,
}

on_both_databases! {
    async fn a_killed_server_has_lost_and_doubled_nothing_that_it_acknowledged(db) {
        const ROUNDS: usize = 3;
        let data = TempDir::new().unwrap();
        let mut sent = Sent::default();
        let mut known: Option<(Caller, String)> = None;
        for round in 0..ROUNDS {
            let mut server = Process::start(&db, data.path());
            let (caller, room) = match known.take() {
                // The token of before the kill is still good: secret and session outlived it.
                Some((caller, room)) => (Caller { url: server.url.clone(), ..caller }, room),
                None => sign_up(&server.url).await,
            };
            // First what was under way at the last kill: it may have been stored, and may not be twice.
            for key in std::mem::take(&mut sent.open) {
                let answer = try_send(&caller, &room, &key).await.unwrap();
                sent.acknowledged.insert(key, seq(&answer).unwrap_or_else(|| panic!("{answer}")));
            }
            let acknowledged = Arc::new(AtomicUsize::new(0));
            let senders = load(&caller, &room, round, &acknowledged);
            until("enough messages", || acknowledged.load(Ordering::SeqCst) >= 60).await;
            server.kill();
            let more = timeout(PATIENCE, senders).await.unwrap().unwrap();
            assert!(more.acknowledged.len() >= 60);
            sent.acknowledged.extend(more.acknowledged);
            sent.open = more.open;
            known = Some((caller, room));
        }
        let server = Process::start(&db, data.path());
        let (caller, room) = known.unwrap();
        let caller = Caller { url: server.url.clone(), ..caller };
        let history = history(&caller, &room).await;
        assert_none_is_doubled(&history);
        for (key, seq) in &sent.acknowledged {
            assert_eq!(history.get(seq), Some(key), "acknowledged as {seq}");
        }
        // What else is stored was on its way when the server was killed.
        let unknown: Vec<_> = history.values().filter(|text| !sent.acknowledged.contains_key(*text)).collect();
        assert!(unknown.iter().all(|text| sent.open.contains(text)), "{unknown:?}");
    }
}

async fn sign_up(url: &str) -> (Caller, String) {
    let anonymous = Caller {
        http: reqwest::Client::new(),
        url: url.to_owned(),
        token: None,
        refresh: String::new(),
        id: String::new(),
    };
    let input = json!({ "username": "amber", "email": "amber@example.com", "password": crate::support::app::PASSWORD });
    let payload = anonymous.mutate("signup", input, "user { id } tokens { accessToken }").await;
    let token = payload["tokens"]["accessToken"].as_str().unwrap().to_owned();
    let caller =
        Caller { token: Some(token), id: payload["user"]["id"].as_str().unwrap().to_owned(), ..anonymous };
    let room = caller.room("Den", &[]).await;
    (caller, room)
}

/// Holds the writer of a file inside a unit of work until it is let go.
struct Held {
    go: mpsc::Sender<()>,
    done: JoinHandle<Result<(), Error>>,
}

impl Held {
    async fn hold(store: &Store) -> Self {
        let (go, going) = mpsc::channel::<()>();
        let (tell, begun) = oneshot::channel();
        let store = store.clone();
        let done = tokio::spawn(async move {
            store
                .write(move |_| {
                    Box::pin(async move {
                        tell.send(()).unwrap();
                        // The writer has a thread of its own, so that it may be blocked.
                        let _ = going.recv();
                        Ok(())
                    })
                })
                .await
        });
        timeout(PATIENCE, begun).await.unwrap().unwrap();
        Self { go, done }
    }

    async fn release(self) {
        self.go.send(()).unwrap();
        timeout(PATIENCE, self.done).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_does_not_fail_the_neighbours_in_its_commit() {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    amber
        .mutate(
            "sendMessage",
            json!({ "roomId": room, "text": "first", "clientMessageId": "k" }),
            "message { id }",
        )
        .await;
    let store = app.app.store();
    let held = Held::hold(store).await;
    let sends = (0..60).map(|number| {
        let (amber, room) = (amber.clone(), room.clone());
        tokio::spawn(async move {
            // Each third is a conflict: the same key with another text.
            let id = if number % 3 == 0 { "k".to_owned() } else { format!("k{number}") };
            let input = json!({ "roomId": room, "text": format!("text {number}"), "clientMessageId": id });
            (number, amber.send(SEND, json!({ "i": input })).await)
        })
    });
    let sends: Vec<_> = sends.collect();
    // All wait for the writer, and so go into one commit.
    until("all wait", || store.write_queue_len() == 60).await;
    held.release().await;
    let mut stored = HashMap::new();
    for send in sends {
        let (number, answer) = send.await.unwrap();
        if number % 3 == 0 {
            assert_eq!(fault(&answer), Some("CONFLICT"), "{answer}");
        } else {
            stored.insert(seq(&answer).unwrap_or_else(|| panic!("{answer}")), format!("text {number}"));
        }
    }
    let mut history = history(&amber, &room).await;
    assert_eq!(history.remove(&1).as_deref(), Some("first"));
    assert_eq!(history.into_iter().collect::<HashMap<_, _>>(), stored);
    assert_eq!(stored.len(), 40);
}

on_both! {
    async fn conflicts_among_many_sends_leave_the_others_whole(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        amber.mutate("sendMessage", json!({ "roomId": room, "text": "first", "clientMessageId": "k" }), "message { id }").await;
        let sends = (0..45).map(|number| {
            let (amber, room) = (amber.clone(), room.clone());
            tokio::spawn(async move {
                let id = if number % 3 == 0 { "k".to_owned() } else { format!("k{number}") };
                let input = json!({ "roomId": room, "text": format!("text {number}"), "clientMessageId": id });
                (number, amber.send(SEND, json!({ "i": input })).await)
            })
        });
        for send in sends.collect::<Vec<_>>() {
            let (number, answer) = send.await.unwrap();
            assert_eq!(fault(&answer), (number % 3 == 0).then_some("CONFLICT"), "{answer}");
        }
        let history = history(&amber, &room).await;
        assert_eq!(history.len(), 31);
        assert_none_is_doubled(&history);
    }

    async fn one_key_sent_many_times_at_once_is_one_message(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let sends = (0..20).map(|_| {
            let (amber, room) = (amber.clone(), room.clone());
            tokio::spawn(async move { try_send(&amber, &room, "once").await.unwrap() })
        });
        let mut fresh = 0;
        for send in sends.collect::<Vec<_>>() {
            let answer = send.await.unwrap();
            assert_eq!(seq(&answer), Some(1), "{answer}");
            fresh += usize::from(answer["data"]["sendMessage"]["duplicate"] == json!(false));
        }
        assert_eq!((fresh, history(&amber, &room).await.len()), (1, 1));
    }

    async fn a_panic_in_a_unit_of_work_undoes_it_and_work_goes_on(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        app.user("bruno").await;
        let store = app.app.store();
        // More often than there are connections: none may stay behind in a transaction.
        for _ in 0..12 {
            let outcome: Result<(), Error> = store
                .write(|conn| {
                    Box::pin(async move {
                        rooms::lock(conn, RoomKey(1), UserKey(1)).await?;
                        assert!(members::insert(conn, RoomKey(1), UserKey(2), MemberRole::Member, noon()).await?);
                        panic!("a fault of ours")
                    })
                })
                .await;
            let fault = outcome.unwrap_err();
            assert_eq!(fault.code(), Code::Internal);
            assert!(!fault.to_string().contains("a fault of ours"), "{fault}");
        }
        let sent = timeout(PATIENCE, amber.say(&room, "after")).await.expect("the room is still locked");
        assert_eq!(sent["message"]["seq"], json!(1));
        let members = amber.ask("query($r: ID!) { room(id: $r) { members { nodes { username } } } }", json!({ "r": room })).await;
        assert_eq!(members["room"]["members"]["nodes"], json!([{ "username": "amber" }]));
    }

    async fn a_refused_unit_of_work_leaves_nothing_of_itself(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        app.user("bruno").await;
        let outcome: Result<(), Error> = app
            .app
            .store()
            .write(|conn| {
                Box::pin(async move {
                    rooms::next_message(conn, RoomKey(1)).await?;
                    members::insert(conn, RoomKey(1), UserKey(2), MemberRole::Member, noon()).await?;
                    Err(Error::not_found())
                })
            })
            .await;
        assert_eq!(outcome.unwrap_err().code(), Code::NotFound);
        assert_eq!(amber.say(&room, "hello").await["message"]["seq"], json!(1));
        let members = amber.ask("query($r: ID!) { room(id: $r) { members { totalCount nodes { id } } } }", json!({ "r": room })).await;
        assert_eq!(members["room"]["members"]["nodes"].as_array().unwrap().len(), 1);
    }

    async fn a_caller_who_leaves_once_the_work_has_begun_does_not_undo_it(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let (tell, begun) = oneshot::channel();
        let store = app.app.store().clone();
        let call = tokio::spawn(async move {
            store
                .write(move |conn| {
                    Box::pin(async move {
                        let _ = tell.send(());
                        for _ in 0..50 {
                            rooms::next_message(conn, RoomKey(1)).await?;
                        }
                        Ok(())
                    })
                })
                .await
        });
        timeout(PATIENCE, begun).await.unwrap().unwrap();
        call.abort();
        // All fifty numbers are taken, or the abort came too late to matter, and so they are.
        let started = Instant::now();
        loop {
            let head = amber.ask("query($r: ID!) { room(id: $r) { messages { totalCount } } }", json!({ "r": room })).await;
            let count = head["room"]["messages"]["totalCount"].as_i64().unwrap();
            assert!(count == 0 || count == 50, "half of it is stored: {count}");
            if count == 50 {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "it was never stored");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_turns_away_at_once_and_stores_nothing_of_it() {
    let app = TestApp::with(Db::Sqlite, &[("DATABASE_WRITE_QUEUE_MAX", "1")]).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let store = app.app.store();
    let held = Held::hold(store).await;
    let waiting = tokio::spawn({
        let (amber, room) = (amber.clone(), room.clone());
        async move { amber.say(&room, "in the queue").await }
    });
    until("one waits", || store.write_queue_len() == 1).await;
    for number in 0..5 {
        let input = json!({ "roomId": room, "text": format!("turned away {number}") });
        // The writer is held until this is answered, so an answer at all is one that did not wait for it.
        let answer = timeout(PATIENCE, amber.send(SEND, json!({ "i": input }))).await.expect("it waited");
        assert_eq!(fault(&answer), Some("UNAVAILABLE"), "{answer}");
        assert!(answer["errors"][0]["extensions"]["retryAfterMs"].as_u64().unwrap() > 0, "{answer}");
    }
    // Reading does not need the writer.
    assert_eq!(history(&amber, &room).await.len(), 0);
    held.release().await;
    assert_eq!(waiting.await.unwrap()["message"]["seq"], json!(1));
    let after = amber.say(&room, "after").await;
    assert_eq!(after["message"]["seq"], json!(2));
    let texts: Vec<String> = history(&amber, &room).await.into_values().collect();
    assert_eq!(texts, ["in the queue", "after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_whose_caller_left_before_its_turn_is_not_done() {
    let app = TestApp::start(Db::Sqlite).await;
    let store = app.app.store().clone();
    let held = Held::hold(&store).await;
    let ran = Arc::new(AtomicBool::new(false));
    let call = tokio::spawn({
        let (store, ran) = (store.clone(), Arc::clone(&ran));
        async move {
            store
                .write(move |_| {
                    Box::pin(async move {
                        ran.store(true, Ordering::SeqCst);
                        Ok(())
                    })
                })
                .await
        }
    });
    until("it waits", || store.write_queue_len() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    held.release().await;
    // Work runs in the order it came: once this is done, the other's turn is over.
    store.write(|_| Box::pin(async { Ok(()) })).await.unwrap();
    assert!(!ran.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_lets_all_accepted_work_end_and_takes_no_more() {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    amber.room("Den", &[]).await;
    let store = app.app.store().clone();
    let held = Held::hold(&store).await;
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let writes = (0..20).map(|_| {
        let (store, numbers) = (store.clone(), Arc::clone(&numbers));
        tokio::spawn(async move {
            let place = store.write(|conn| Box::pin(rooms::next_message(conn, RoomKey(1)))).await;
            numbers.lock().unwrap().push(place.unwrap().unwrap().1);
        })
    });
    let writes: Vec<_> = writes.collect();
    until("all wait", || store.write_queue_len() == 20).await;
    let closing = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    // The last push of closing is in the queue, or the writer would not wake.
    until("closing has begun", || store.write_queue_len() == 21).await;
    held.release().await;
    timeout(PATIENCE, closing).await.expect("it never closed").unwrap();
    for write in writes {
        timeout(PATIENCE, write).await.expect("it was never answered").unwrap();
    }
    let mut numbers = numbers.lock().unwrap().clone();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let late: Result<(), Error> = store.write(|_| Box::pin(async { Ok(()) })).await;
    assert_eq!(late.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_a_pool_lets_a_transaction_that_has_begun_end() {
    let Some(db) = Db::postgres() else { return };
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    amber.room("Den", &[]).await;
    let store = app.app.store().clone();
    let (tell, begun) = oneshot::channel();
    let (go, going) = oneshot::channel::<()>();
    let write = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .write(move |conn| {
                    Box::pin(async move {
                        let place = rooms::next_message(conn, RoomKey(1)).await?;
                        let _ = tell.send(());
                        let _ = going.await;
                        Ok(place)
                    })
                })
                .await
        }
    });
    timeout(PATIENCE, begun).await.unwrap().unwrap();
    let closing = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    let late = async {
        let started = Instant::now();
        while store.ping().await.is_ok() {
            assert!(started.elapsed() < PATIENCE, "it never closed");
        }
    };
    late.await;
    assert!(!closing.is_finished(), "closing did not wait for work that had begun");
    go.send(()).unwrap();
    assert_eq!(timeout(PATIENCE, write).await.unwrap().unwrap().unwrap(), Some((2, 1)));
    timeout(PATIENCE, closing).await.expect("it never closed").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_restarted_under_load_costs_no_message_and_no_restart_of_ours() {
    let Some(mut postgres) = Postgres::start() else { return };
    let app = TestApp::start(Db::Postgres(postgres.create_database())).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let refused = Arc::new(AtomicUsize::new(0));
    let senders = (0..6).map(|sender| {
        let (amber, room, stop) = (amber.clone(), room.clone(), Arc::clone(&stop));
        let (acknowledged, refused) = (Arc::clone(&acknowledged), Arc::clone(&refused));
        tokio::spawn(async move {
            let mut stored = HashMap::new();
            for number in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                // As clients shall: the same key until there is an answer.
                let key = format!("{sender}-{number}");
                let started = Instant::now();
                let seq = loop {
                    let answer = try_send(&amber, &room, &key).await.unwrap();
                    match fault(&answer) {
                        None => break seq(&answer).unwrap(),
                        Some("UNAVAILABLE") => {
                            refused.fetch_add(1, Ordering::SeqCst);
                            assert!(started.elapsed() < PATIENCE, "it never came back");
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        Some(_) => panic!("{answer}"),
                    }
                };
                stored.insert(seq, key);
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            stored
        })
    });
    let senders: Vec<_> = senders.collect();
    for crash in [false, true] {
        let so_far = acknowledged.load(Ordering::SeqCst);
        until("messages before", || acknowledged.load(Ordering::SeqCst) > so_far + 30).await;
        let refused_before = refused.load(Ordering::SeqCst);
        if crash {
            postgres.kill();
        } else {
            postgres.stop();
        }
        until("refusals", || refused.load(Ordering::SeqCst) > refused_before).await;
        postgres.start_again();
        let so_far = acknowledged.load(Ordering::SeqCst);
        let back = Instant::now();
        until("messages after", || acknowledged.load(Ordering::SeqCst) > so_far + 10).await;
        assert!(back.elapsed() < Duration::from_secs(5), "back after {:?}", back.elapsed());
    }
    stop.store(true, Ordering::SeqCst);
    let mut stored = BTreeMap::new();
    for sender in senders {
        stored.extend(timeout(PATIENCE, sender).await.unwrap().unwrap());
    }
    assert_eq!(history(&amber, &room).await, stored);
}
