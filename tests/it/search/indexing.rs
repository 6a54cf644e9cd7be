//! The index of words, which is kept behind the sends: that nobody sees it, and that nothing is lost on the way. The tests'
//! servers leave it to their searches, unless they say otherwise.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{found_by, id_of, kept};
use crate::support::sql::Sql;
use crate::support::{Caller, Db, TestApp};
use crate::{on_both, on_both_databases};

/// The messages that wait, by their keys.
async fn waiting(sql: &mut Sql) -> Vec<String> {
    sql.lines("SELECT CAST(message_key AS TEXT) AS line FROM unindexed ORDER BY message_key").await
}

/// The messages that the index itself has for one word.
async fn indexed(sql: &mut Sql, word: &str) -> Vec<String> {
    let query = match sql {
        Sql::Sqlite(_) => {
            format!(
                "SELECT CAST(rowid AS TEXT) AS line FROM message_words WHERE message_words MATCH '{word}' ORDER BY rowid"
            )
        }
        Sql::Postgres(_) => format!(
            "SELECT message_key::text AS line FROM message_words WHERE words @@ '{word}'::tsquery ORDER BY message_key"
        ),
    };
    sql.lines(&query).await
}

async fn say_all(caller: &Caller, room: &str, word: &str, count: usize) {
    for number in 0..count {
        caller.say(room, &format!("{word} {number}")).await;
    }
}

/// Until all that was stored is indexed.
async fn until_all_are_indexed(sql: &mut Sql) {
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, async {
        while !waiting(sql).await.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

on_both! {
    async fn each_search_finds_all_that_was_answered_before_it_and_nothing_twice(app) {
        let amber = app.user("amber").await;
        let mut rooms = Vec::new();
        for number in 0..4 {
            rooms.push(amber.room(&format!("Room {number}"), &[]).await);
        }
        let over = Arc::new(AtomicBool::new(false));
        let sends = rooms.iter().enumerate().map(|(sender, room)| {
            let (amber, room) = (amber.clone(), room.clone());
            tokio::spawn(async move {
                for number in 0..25 {
                    let text = format!("tide s{sender}n{number}.");
                    amber.say(&room, &text).await;
                    // In the middle of the others' sends, one's own is there.
                    assert!(found_by(&amber, &text).await.contains(&text), "{text}");
                }
            })
        });
        let sends: Vec<_> = sends.collect();
        let reader = tokio::spawn({
            let (amber, over) = (amber.clone(), Arc::clone(&over));
            async move {
                let mut before = HashSet::new();
                while !over.load(Ordering::SeqCst) {
                    let query = "{ searchMessages(search: { text: \"tide\" }, first: 200) { nodes { text } } }";
                    let answer = amber.ask(query, json!({})).await;
                    let nodes = answer["searchMessages"]["nodes"].as_array().unwrap().clone();
                    let now: HashSet<String> =
                        nodes.iter().map(|node| node["text"].as_str().unwrap().to_owned()).collect();
                    assert_eq!(now.len(), nodes.len(), "something was found twice");
                    assert!(now.is_superset(&before), "what was found once is found again");
                    before = now;
                }
            }
        });
        for send in sends {
            send.await.unwrap();
        }
        over.store(true, Ordering::SeqCst);
        reader.await.unwrap();
        assert_eq!(found_by(&amber, "tide").await.len(), 100);
    }
}

on_both_databases! {
    async fn what_was_sent_is_indexed_though_nobody_searches(db) {
        let app = TestApp::with(db.clone(), &[("SEARCH_DELAY", "10ms"), ("SEARCH_BATCH_MAX", "3")]).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        say_all(&amber, &room, "tide", 10).await;
        until_all_are_indexed(&mut sql).await;
        assert_eq!(indexed(&mut sql, "tide").await.len(), 10);
    }

    async fn a_search_has_a_backlog_of_many_batches_indexed_first(db) {
        let app = TestApp::with(db.clone(), &[("SEARCH_BATCH_MAX", "3")]).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        say_all(&amber, &room, "tide", 20).await;
        assert_eq!((waiting(&mut sql).await.len(), kept(&mut sql).await.len()), (20, 0));
        assert_eq!(app.app.index_backlog_len(), 20);
        assert_eq!(found_by(&amber, "tide").await.len(), 20);
        assert_eq!((waiting(&mut sql).await.len(), kept(&mut sql).await.len()), (0, 20));
        assert_eq!(app.app.index_backlog_len(), 0);
    }

    async fn of_a_backlog_past_all_bounds_the_newest_are_found_first(db) {
        let app = TestApp::with(db.clone(), &[("SEARCH_BATCH_MAX", "1")]).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        say_all(&amber, &room, "tide", 45).await;
        let found = found_by(&amber, "tide").await;
        assert_eq!((found.len(), found.last().unwrap().as_str()), (40, "tide 5"));
        assert_eq!(found_by(&amber, "tide").await.len(), 45);
    }

    async fn a_send_that_finds_too_many_waiting_has_some_indexed(db) {
        let settings = [("SEARCH_BATCH_MAX", "4"), ("SEARCH_BACKLOG_MAX", "5")];
        let app = TestApp::with(db.clone(), &settings).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        let mut most = 0;
        for number in 0..20 {
            amber.say(&room, &number.to_string()).await;
            most = most.max(waiting(&mut sql).await.len());
        }
        assert_eq!(most, 5);
    }

    async fn what_a_node_left_when_it_died_is_found_and_indexed_by_the_next(db) {
        let app = TestApp::start(db.clone()).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        say_all(&amber, &room, "tide", 7).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        let left = waiting(&mut sql).await;
        assert_eq!((left.len(), kept(&mut sql).await.len()), (7, 0), "nothing is indexed on the way out");
        let folder = app.stop().await;
        let next = TestApp::at(folder, db.clone(), &[("SEARCH_DELAY", "10ms")]).await;
        until_all_are_indexed(&mut sql).await;
        assert_eq!(kept(&mut sql).await, left);
        let amber = next.login("amber", crate::support::app::PASSWORD).await;
        assert_eq!(found_by(&amber, "tide").await.len(), 7);
    }

    async fn an_edit_and_a_deletion_are_indexed_where_they_are_stored(db) {
        let app = TestApp::start(db.clone()).await;
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        // Once before they were ever indexed, and once after.
        for round in ["waiting", "indexed"] {
            let edited = id_of(&amber.say(&room, &format!("ebb {round}")).await);
            let deleted = id_of(&amber.say(&room, &format!("foam {round}")).await);
            if round == "indexed" {
                assert_eq!(found_by(&amber, round).await.len(), 2);
                assert_eq!((indexed(&mut sql, "ebb").await.len(), indexed(&mut sql, "foam").await.len()), (1, 1));
            }
            amber.mutate("editMessage", json!({ "messageId": edited, "text": format!("flow {round}") }), "").await;
            amber.mutate("deleteMessage", json!({ "messageId": deleted }), "").await;
            assert_eq!(indexed(&mut sql, "ebb").await, Vec::<String>::new(), "{round}");
            assert_eq!(indexed(&mut sql, "foam").await, Vec::<String>::new(), "{round}");
            assert_eq!(found_by(&amber, round).await, [format!("flow {round}")]);
            assert_eq!(indexed(&mut sql, "ebb").await, Vec::<String>::new(), "{round}");
            assert_eq!(indexed(&mut sql, "foam").await, Vec::<String>::new(), "{round}");
        }
    }

    async fn messages_from_before_there_was_search_are_found_and_what_became_of_them_since(db) {
        let app = TestApp::start(db.clone()).await;
        let amber = app.user("amber").await;
        let (room, gone) = (amber.room("Den", &[]).await, amber.room("Gone", &[]).await);
        for text in ["old tea", "older tea", "deleted tea"] {
            amber.say(&room, text).await;
        }
        amber.say(&gone, "lost tea").await;
        let last = amber.ask("{ messages(last: 2) { nodes { id } } }", json!({})).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        amber.mutate("deleteMessage", json!({ "messageId": last["messages"]["nodes"][0]["id"] }), "").await;
        sql.run("DELETE FROM messages WHERE text = 'lost tea'").await;
        amber.say(&room, "new tea").await;
        assert_eq!(waiting(&mut sql).await.len(), 5, "one of them is of a message that is gone");
        assert_eq!(found_by(&amber, "tea").await, ["new tea", "older tea", "old tea"]);
        assert_eq!(waiting(&mut sql).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_stores_the_other_finds_while_both_index() {
    let Some(pair) = TestApp::pair(&[("SEARCH_BATCH_MAX", "7")]).await else { return };
    let amber = pair.one.user("amber").await;
    let there = pair.other.same(&amber);
    let (den, attic) = (amber.room("Den", &[]).await, amber.room("Attic", &[]).await);
    let talk = async |caller: &Caller, other: &Caller, room: &str, name: &str| {
        for number in 0..30 {
            let text = format!("tide {name} {number}");
            caller.say(room, &text).await;
            assert!(found_by(other, &text).await.contains(&text), "{text}");
        }
    };
    tokio::join!(talk(&amber, &there, &den, "one"), talk(&there, &amber, &attic, "other"));
    for caller in [&amber, &there] {
        assert_eq!(found_by(caller, "tide").await.len(), 60);
    }
}

/// The migration that took the words out of the messages' rows has not lost them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_indexed_before_the_index_had_a_table_of_its_own_is_found() {
    let Some(db) = Db::postgres() else { return };
    let app = TestApp::start(db.clone()).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    amber.say(&room, "old tea").await;
    assert_eq!(found_by(&amber, "tea").await, ["old tea"]);
    amber.say(&room, "waiting tea").await;
    let mut sql = Sql::open(&db, app.data.path()).await;
    let folder = app.stop().await;
    sql.run(include_str!("../../../migrations/postgres/0012_index_later/down.sql")).await;
    let before = "SELECT text || ': ' || CAST(words AS TEXT) AS line FROM messages ORDER BY key";
    assert_eq!(sql.lines(before).await, ["old tea: 'old' 'tea'", "waiting tea: "]);
    sql.run("DELETE FROM __diesel_schema_migrations WHERE version = '0012'").await;
    let app = TestApp::at(folder, db, &[]).await;
    let amber = app.login("amber", crate::support::app::PASSWORD).await;
    assert_eq!(indexed(&mut sql, "old").await.len(), 1);
    assert_eq!(found_by(&amber, "tea").await, ["waiting tea", "old tea"]);
}
