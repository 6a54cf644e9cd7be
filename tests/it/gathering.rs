//! Group commit of sends on PostgreSQL: what gathers while a room is busy goes into one transaction, and
//! each send still has an outcome of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tertulia::domain::events::{News, RoomEvent};
use tertulia::domain::ids::UserKey;
use tertulia::domain::messages::Message;
use tertulia::domain::paging::Epoch;
use tertulia::error::{Code, Error};
use tertulia::storage::gather::Gather;
use tertulia::storage::sends::{self, Draft};
use tertulia::storage::{Engine, Herald, Options, Store};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::support::sql::Sql;
use crate::support::{Caller, Db, TestApp};

/// Longer than anything under test; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

const SEND: &str = "mutation($i: SendMessageInput!) { sendMessage(input: $i) {
    message { id seq } duplicate errors { code } } }";

/// A server on PostgreSQL with a room, and a connection beside the server that can hold the room's row.
struct Busy {
    app: TestApp,
    amber: Caller,
    room: String,
    sql: Sql,
}

impl Busy {
    async fn with(settings: &[(&str, &str)]) -> Option<Self> {
        let db = Db::postgres()?;
        let Db::Postgres(url) = &db else { unreachable!() };
        let sql = Sql::url(url).await;
        let app = TestApp::with(db, settings).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        Some(Self { app, amber, room, sql })
    }

    fn store(&self) -> &Store {
        self.app.app.store()
    }

    /// From here on a transaction of another has the room's row.
    async fn hold(&mut self) {
        self.sql.run("BEGIN; SELECT 1 FROM rooms FOR UPDATE").await;
    }

    async fn release(&mut self) {
        self.sql.run("COMMIT").await;
    }

    fn send(&self, caller: &Caller, text: &str, id: Option<&str>) -> JoinHandle<Value> {
        let input = json!({ "roomId": self.room, "text": text, "clientMessageId": id });
        let caller = caller.clone();
        tokio::spawn(async move { caller.send(SEND, json!({ "i": input })).await })
    }

    /// Waits until one transaction waits for the row and `count` sends wait behind it.
    async fn until_waiting(&mut self, count: usize) {
        let started = Instant::now();
        while self.store().write_queue_len() != count || backends_waiting(&mut self.sql).await != 1 {
            assert!(started.elapsed() < PATIENCE, "{} wait, not {count}", self.store().write_queue_len());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// One send goes ahead and waits for the row; all further ones gather behind it.
    async fn send_ahead(&mut self) -> JoinHandle<Value> {
        self.hold().await;
        let ahead = self.send(&self.amber, "ahead", Some("ahead"));
        self.until_waiting(0).await;
        ahead
    }

    /// Cuts off the backends that wait for a lock.
    async fn cut(&mut self) {
        let query = "SELECT pg_terminate_backend(pid)::text AS line FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.sql.run("SELECT pg_stat_clear_snapshot()").await;
        assert_eq!(self.sql.lines(query).await, ["true"]);
    }

    /// All messages: text by number, which with the positions must be without a hole.
    async fn stored(&mut self) -> BTreeMap<i64, String> {
        let rows = self.sql.lines("SELECT seq || ' ' || text AS line FROM messages ORDER BY position").await;
        let parts = rows.iter().map(|row| row.split_once(' ').unwrap());
        let stored: Vec<(i64, String)> =
            parts.map(|(seq, text)| (seq.parse().unwrap(), text.to_owned())).collect();
        assert!(stored.iter().map(|row| row.0).eq(1..=i64::try_from(stored.len()).unwrap()), "{stored:?}");
        // The log also holds who joined; positions of both together have no hole, and keys rise with them.
        let holes = "SELECT 'hole' AS line FROM rooms WHERE head <> (SELECT count(*) FROM messages) +
            (SELECT count(*) FROM room_events) OR last_seq <> (SELECT count(*) FROM messages)
            OR head < (SELECT coalesce(max(position), 0) FROM messages)
            OR EXISTS (SELECT 1 FROM messages a JOIN messages b ON a.key < b.key AND a.position > b.position)";
        assert_eq!(self.sql.lines(holes).await, [""; 0]);
        stored.into_iter().collect()
    }
}

/// How many backends wait for a lock.
async fn backends_waiting(sql: &mut Sql) -> usize {
    let query = "SELECT pid::text AS line FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // What it says is kept for the length of a transaction otherwise.
    sql.run("SELECT pg_stat_clear_snapshot()").await;
    sql.lines(query).await.len()
}

async fn answer(send: JoinHandle<Value>) -> Value {
    timeout(PATIENCE, send).await.expect("it was never answered").unwrap()
}

fn fault(answer: &Value) -> Option<&str> {
    let top = answer["errors"][0]["extensions"]["code"].as_str();
    top.or_else(|| answer["data"]["sendMessage"]["errors"][0]["code"].as_str())
}

fn seq(answer: &Value) -> i64 {
    answer["data"]["sendMessage"]["message"]["seq"].as_i64().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gathers_behind_a_busy_room_goes_into_one_transaction() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let ahead = busy.send_ahead().await;
    let sends: Vec<_> = (0..63)
        .map(|number| busy.send(&busy.amber, &format!("text {number}"), Some(&format!("k{number}"))))
        .collect();
    busy.until_waiting(63).await;
    let before = busy.store().statements();
    busy.release().await;
    let mut acknowledged = BTreeMap::from([(seq(&answer(ahead).await), "ahead".to_owned())]);
    for (number, send) in sends.into_iter().enumerate() {
        assert_eq!(acknowledged.insert(seq(&answer(send).await), format!("text {number}")), None);
    }
    // The one ahead had asked all but its last; the others asked four together.
    let spent = busy.store().statements() - before;
    assert!(spent <= 5, "{spent} statements for 64 messages");
    assert_eq!(busy.stored().await, acknowledged);
    assert_eq!(busy.store().write_queue_len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_removed_or_made_a_reader_while_waiting_is_refused_among_neighbours() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let (bruno, clara) = (busy.app.user("bruno").await, busy.app.user("clara").await);
    let input = json!({ "roomId": busy.room, "userIds": [bruno.id, clara.id] });
    busy.amber.mutate("addMembers", input, "").await;
    busy.amber
        .mutate("sendMessage", json!({ "roomId": busy.room, "text": "first", "clientMessageId": "k" }), "")
        .await;
    let ahead = busy.send_ahead().await;
    let mut sends = Vec::new();
    for number in 0..6 {
        let text = format!("text {number}");
        sends.push((None, busy.send(&busy.amber, &text, None)));
        sends.push((Some("NOT_FOUND"), busy.send(&bruno, &text, None)));
        sends.push((Some("FORBIDDEN"), busy.send(&clara, &text, None)));
        sends.push((Some("CONFLICT"), busy.send(&busy.amber, &text, Some("k"))));
    }
    busy.until_waiting(24).await;
    // The holder of the row is also who removes them, as a node beside this one would.
    busy.sql
        .run(
            "DELETE FROM members WHERE user_key = (SELECT key FROM users WHERE username = 'bruno');
        UPDATE members SET role = 0 WHERE user_key = (SELECT key FROM users WHERE username = 'clara')",
        )
        .await;
    busy.release().await;
    assert_eq!(seq(&answer(ahead).await), 2);
    for (expected, send) in sends {
        let answer = answer(send).await;
        assert_eq!(fault(&answer), expected, "{answer}");
    }
    assert_eq!(busy.stored().await.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_id_many_times_in_one_transaction_is_one_message() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let bruno = busy.app.user("bruno").await;
    busy.amber.mutate("addMembers", json!({ "roomId": busy.room, "userIds": [bruno.id] }), "").await;
    let ahead = busy.send_ahead().await;
    let same: Vec<_> = (0..10).map(|_| busy.send(&busy.amber, "once", Some("k"))).collect();
    busy.until_waiting(10).await;
    // Ids are the sender's own: the same one of another sender is another message.
    let other = busy.send(&bruno, "of another", Some("k"));
    let conflict = busy.send(&busy.amber, "another text", Some("k"));
    busy.until_waiting(12).await;
    let before = busy.store().statements();
    busy.release().await;
    assert_eq!(seq(&answer(ahead).await), 1);
    let (mut fresh, mut ids) = (0, BTreeSet::new());
    for send in same {
        let payload = answer(send).await["data"]["sendMessage"].take();
        fresh += usize::from(payload["duplicate"] == json!(false));
        ids.insert(payload["message"]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!((fresh, ids.len()), (1, 1));
    assert_eq!(seq(&answer(other).await), 3);
    assert_eq!(fault(&answer(conflict).await), Some("CONFLICT"));
    // Told apart before they are stored: the database has nothing to refuse.
    assert!(busy.store().statements() - before <= 5);
    assert_eq!(busy.stored().await.into_values().collect::<Vec<_>>(), ["ahead", "once", "of another"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_turns_away_at_once_and_stores_nothing_of_it() {
    let Some(mut busy) = Busy::with(&[("DATABASE_WRITE_QUEUE_MAX", "2")]).await else { return };
    let ahead = busy.send_ahead().await;
    let waiting = [busy.send(&busy.amber, "one", None), busy.send(&busy.amber, "two", None)];
    busy.until_waiting(2).await;
    for number in 0..5 {
        // The row is held until this is answered, so an answer at all is one that did not wait for it.
        let answer = answer(busy.send(&busy.amber, &format!("turned away {number}"), None)).await;
        assert_eq!(fault(&answer), Some("UNAVAILABLE"), "{answer}");
        assert!(answer["errors"][0]["extensions"]["retryAfterMs"].as_u64().unwrap() > 0, "{answer}");
    }
    busy.release().await;
    answer(ahead).await;
    for send in waiting {
        assert_eq!(fault(&answer(send).await), None);
    }
    assert_eq!(seq(&answer(busy.send(&busy.amber, "after", None)).await), 4);
    assert_eq!(busy.stored().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_while_a_room_is_waited_for_is_unavailable_to_all_in_the_transaction() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let ahead = busy.send_ahead().await;
    let texts: Vec<String> = (0..20).map(|number| format!("text {number}")).collect();
    let sends: Vec<_> = texts.iter().map(|text| busy.send(&busy.amber, text, Some(text))).collect();
    busy.until_waiting(20).await;
    busy.cut().await;
    assert_eq!(fault(&answer(ahead).await), Some("UNAVAILABLE"));
    busy.until_waiting(0).await;
    busy.cut().await;
    for send in sends {
        let answer = answer(send).await;
        assert_eq!(fault(&answer), Some("UNAVAILABLE"), "{answer}");
    }
    busy.release().await;
    assert_eq!(busy.stored().await.len(), 0);
    for (number, text) in texts.iter().enumerate() {
        let answer = answer(busy.send(&busy.amber, text, Some(text))).await;
        assert_eq!(seq(&answer), i64::try_from(number).unwrap() + 1);
    }
    assert_eq!(busy.stored().await.len(), 20);
}

/// Makes the commit of messages wait until the connection beside the server lets go of a lock.
const SLOW_COMMIT: &str = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait();
    SELECT pg_advisory_lock(7)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_the_commit_is_unavailable_and_a_repeat_is_stored_once() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    busy.sql.run(SLOW_COMMIT).await;
    let first = busy.send(&busy.amber, "first", Some("first"));
    busy.until_waiting(0).await;
    let sends: Vec<_> =
        (0..5).map(|n| busy.send(&busy.amber, &n.to_string(), Some(&n.to_string()))).collect();
    busy.until_waiting(5).await;
    assert!(!first.is_finished(), "answered before the commit");
    busy.cut().await;
    assert_eq!(fault(&answer(first).await), Some("UNAVAILABLE"));
    busy.until_waiting(0).await;
    assert!(sends.iter().all(|send| !send.is_finished()), "answered before the commit");
    busy.cut().await;
    for send in sends {
        assert_eq!(fault(&answer(send).await), Some("UNAVAILABLE"));
    }
    busy.sql.run("SELECT pg_advisory_unlock(7)").await;
    assert_eq!(busy.stored().await.len(), 0);
    for number in 0..5 {
        let answer = answer(busy.send(&busy.amber, &number.to_string(), Some(&number.to_string()))).await;
        assert_eq!(answer["data"]["sendMessage"]["duplicate"], json!(false), "{answer}");
    }
    assert_eq!(busy.stored().await.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_the_database_will_not_have_does_not_fail_its_neighbours() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    busy.sql.run("ALTER TABLE messages ADD CHECK (text <> 'poison')").await;
    let ahead = busy.send_ahead().await;
    let texts: Vec<String> =
        (0..9).map(|n| if n == 4 { "poison".into() } else { format!("text {n}") }).collect();
    let sends: Vec<_> = texts.iter().map(|text| (text, busy.send(&busy.amber, text, Some(text)))).collect();
    busy.until_waiting(9).await;
    busy.release().await;
    answer(ahead).await;
    for (text, send) in sends {
        let answer = answer(send).await;
        assert_eq!(fault(&answer), (text == "poison").then_some("INTERNAL"), "{answer}");
    }
    assert_eq!(busy.stored().await.len(), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_leave_stop_neither_their_own_sends_nor_others() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let ahead = busy.send_ahead().await;
    let sends: Vec<_> = (0..20).map(|n| busy.send(&busy.amber, &format!("text {n}"), None)).collect();
    busy.until_waiting(20).await;
    let mut staying = Vec::new();
    for (number, send) in sends.into_iter().enumerate() {
        if number % 2 == 0 { staying.push(send) } else { send.abort() }
    }
    ahead.abort();
    busy.release().await;
    for send in staying {
        assert_eq!(fault(&answer(send).await), None);
    }
    // All were in one transaction with those who stayed.
    assert_eq!(busy.stored().await.len(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_the_sends_that_were_taken_in() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let ahead = busy.send_ahead().await;
    let sends: Vec<_> = (0..10).map(|n| busy.send(&busy.amber, &format!("text {n}"), None)).collect();
    busy.until_waiting(10).await;
    let store = busy.store().clone();
    let closing = tokio::spawn(async move { store.close().await });
    let started = Instant::now();
    while busy.store().ping().await.is_ok() {
        assert!(started.elapsed() < PATIENCE, "it never began to close");
    }
    assert_eq!(fault(&answer(busy.send(&busy.amber, "late", None)).await), Some("UNAVAILABLE"));
    assert!(!closing.is_finished(), "closing did not wait");
    busy.release().await;
    answer(ahead).await;
    for send in sends {
        assert_eq!(fault(&answer(send).await), None);
    }
    timeout(PATIENCE, closing).await.expect("it never closed").unwrap();
    assert_eq!(busy.stored().await.len(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_costs_one_send_and_no_connection() {
    let Some(mut busy) = Busy::with(&[("DATABASE_POOL_SIZE", "1")]).await else { return };
    let room = busy.sql.lines("SELECT id::text AS line FROM rooms").await.remove(0);
    let room = Uuid::parse_str(&room).unwrap();
    let gather: Gather<u32, u32> = Gather::new(
        busy.store().clone(),
        |conn, room, items| {
            Box::pin(async move {
                sends::hold(conn, room, &[]).await?;
                assert!(!items.contains(&13), "a fault of ours");
                Ok(items.into_iter().map(Ok).collect())
            })
        },
        3,
    );
    busy.hold().await;
    let run = |item| {
        let gather = gather.clone();
        tokio::spawn(async move { (item, gather.send(room, item).await) })
    };
    let mut runs = vec![run(0)];
    busy.until_waiting(0).await;
    runs.extend((1..20).map(run));
    busy.until_waiting(19).await;
    busy.release().await;
    for run in runs {
        let (item, outcome): (u32, Result<u32, Error>) = timeout(PATIENCE, run).await.unwrap().unwrap();
        match outcome {
            Ok(other) => assert_eq!((item, other), (other, item)),
            Err(fault) => assert_eq!((item, fault.code()), (13, Code::Internal)),
        }
    }
    assert_eq!(seq(&answer(busy.send(&busy.amber, "after", None)).await), 1);
    let started = Instant::now();
    // A room is forgotten once it is idle.
    while !format!("{gather:?}").contains("rooms: 0") {
        assert!(started.elapsed() < PATIENCE, "{gather:?}");
        tokio::task::yield_now().await;
    }
}

/// What a unit of work of the test below says, and what it waits for.
static IS_HELD: Notify = Notify::const_new();
static MAY_GO_ON: Notify = Notify::const_new();

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_gets_at_the_room_between_the_question_and_the_commit() {
    let Some(mut busy) = Busy::with(&[]).await else { return };
    let room = busy.sql.lines("SELECT id::text AS line FROM rooms").await.remove(0);
    let gather: Gather<(), ()> = Gather::new(
        busy.store().clone(),
        |conn, room, items| {
            Box::pin(async move {
                sends::hold(conn, room, &[]).await?;
                IS_HELD.notify_one();
                MAY_GO_ON.notified().await;
                Ok(items.into_iter().map(Ok).collect())
            })
        },
        3,
    );
    let room = Uuid::parse_str(&room).unwrap();
    let send = tokio::spawn(async move { gather.send(room, ()).await });
    timeout(PATIENCE, IS_HELD.notified()).await.unwrap();
    let free = "SELECT 'free' AS line FROM rooms FOR UPDATE SKIP LOCKED";
    assert_eq!(busy.sql.lines(free).await, [""; 0]);
    MAY_GO_ON.notify_one();
    timeout(PATIENCE, send).await.unwrap().unwrap().unwrap();
    assert_eq!(busy.sql.lines(free).await, ["free"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_never_rests_leaves_the_one_connection_to_others_in_turn() {
    let Some(busy) = Busy::with(&[("DATABASE_POOL_SIZE", "1")]).await else { return };
    let quiet = busy.amber.room("Quiet", &[]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let stream: Vec<_> = (0..8)
        .map(|_| {
            let (amber, room, stop) = (busy.amber.clone(), busy.room.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    amber.say(&room, "on and on").await;
                }
            })
        })
        .collect();
    for number in 1..=10 {
        let sent = timeout(PATIENCE, busy.amber.say(&quiet, "a word")).await.expect("it had no turn");
        assert_eq!(sent["message"]["seq"], json!(number));
    }
    stop.store(true, Ordering::SeqCst);
    for sender in stream {
        timeout(PATIENCE, sender).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_together_is_told_in_order_before_anyone_is_answered_and_nothing_else_is() {
    let Some(db) = Db::postgres() else { return };
    let Db::Postgres(url) = &db else { unreachable!() };
    let mut sql = Sql::url(url).await;
    let app = TestApp::start(db.clone()).await;
    app.user("amber").await.room("Den", &[]).await;
    sql.run("ALTER TABLE messages ADD CHECK (text <> 'poison')").await;
    let room = Uuid::parse_str(&sql.lines("SELECT id::text AS line FROM rooms").await.remove(0)).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let herald = Herald::new({
        let told = Arc::clone(&told);
        move |news| told.lock().unwrap().extend(news)
    });
    let store = Store::open(Options {
        engine: Engine::Postgres(url.clone()),
        read_pool_size: 1,
        pool_size: 2,
        write_queue_max: 16,
        acquire_timeout: PATIENCE,
        statement_timeout: PATIENCE,
        new_epoch: Epoch(7),
        herald,
    });
    let store = store.await.unwrap();
    let gather: Gather<Draft, Message> = Gather::new(
        store.clone(),
        |conn, room, drafts| {
            Box::pin(async move {
                let held = sends::hold(conn, room, &[]).await?.unwrap();
                Ok(sends::append(conn, &held, drafts).await?.into_iter().map(Ok).collect())
            })
        },
        3,
    );
    sql.run("BEGIN; SELECT 1 FROM rooms FOR UPDATE").await;
    let send = |text: &'static str| {
        let created_at = app.clock.now();
        let draft = Draft {
            sender: UserKey(1),
            text: text.into(),
            client_message_id: None,
            created_at,
            reply_to: None,
            files: Vec::new(),
        };
        let (gather, told) = (gather.clone(), Arc::clone(&told));
        tokio::spawn(async move {
            let outcome = gather.send(room, draft).await;
            let was_told = |message: &Message| told.lock().unwrap().contains(&news(message));
            assert!(outcome.as_ref().is_ok_and(was_told) || text == "poison", "answered first: {text}");
            outcome
        })
    };
    // Only once it has left the queue do all the others gather behind it.
    let mut sends = vec![send("ahead")];
    let started = Instant::now();
    while backends_waiting(&mut sql).await != 1 {
        assert!(started.elapsed() < PATIENCE, "nobody waits for the row");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    sends.extend(["one", "poison", "two"].map(send));
    while store.write_queue_len() != 3 {
        assert!(started.elapsed() < PATIENCE, "{} wait", store.write_queue_len());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    sql.run("COMMIT").await;
    let mut stored = Vec::new();
    for send in sends {
        stored.extend(timeout(PATIENCE, send).await.unwrap().unwrap());
    }
    stored.sort_by_key(|message: &Message| message.position);
    assert_eq!(stored.len(), 3);
    assert_eq!(*told.lock().unwrap(), stored.iter().map(news).collect::<Vec<_>>());
    store.close().await;
}

fn news(message: &Message) -> News {
    News::Room(RoomEvent::of_message(message.clone()))
}
