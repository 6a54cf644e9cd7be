//! How far members have read: who may say so, what it does to unread counts, and who is told.

mod live;

use serde_json::{Value, json};
use tertulia::domain::sessions::Door;

use crate::directory::{Person, group};
use crate::rooms::invite_code;
use crate::support::sql::Sql;
use crate::support::{Caller, Db, TestApp};
use crate::{on_both, on_both_databases};

/// How far someone has read, and how much is left.
async fn state(caller: &Caller, room: &str) -> (i64, i64) {
    let query = "query($r: ID!) { room(id: $r) { viewerState { lastReadSeq unreadCount } } }";
    let found = caller.ask(query, json!({ "r": room })).await;
    let state = &found["room"]["viewerState"];
    (state["lastReadSeq"].as_i64().unwrap(), state["unreadCount"].as_i64().unwrap())
}

/// Marks a room as read up to a message, and gives the state that comes back.
async fn mark(caller: &Caller, room: &str, seq: i64) -> (i64, i64) {
    let input = json!({ "roomId": room, "seq": seq });
    let payload = caller.mutate("markRead", input, "room { viewerState { lastReadSeq unreadCount } }").await;
    let state = &payload["room"]["viewerState"];
    (state["lastReadSeq"].as_i64().unwrap(), state["unreadCount"].as_i64().unwrap())
}

/// What the member list says of how far each has read.
async fn marks(caller: &Caller, room: &str) -> Vec<Value> {
    let query = "query($r: ID!) { room(id: $r) { members { edges { lastReadSeq } } } }";
    let mut found = caller.ask(query, json!({ "r": room })).await;
    let edges = found["room"]["members"]["edges"].as_array_mut().unwrap();
    edges.iter_mut().map(|edge| edge["lastReadSeq"].take()).collect()
}

async fn head(caller: &Caller, room: &str) -> Value {
    let query = "query($r: ID!) { room(id: $r) { headCursor } }";
    caller.ask(query, json!({ "r": room })).await["room"]["headCursor"].take()
}

on_both! {
    async fn what_others_sent_after_the_mark_is_unread_until_it_is_marked_or_deleted(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        for text in ["one", "two", "three"] {
            amber.say(&room, text).await;
        }
        basil.say(&room, "four").await;
        amber.say(&room, "five").await;
        assert_eq!(state(&basil, &room).await, (0, 4), "one's own is not unread");
        assert_eq!(state(&amber, &room).await, (0, 1));
        assert_eq!(mark(&basil, &room, 2).await, (2, 2));
        assert_eq!(marks(&amber, &room).await, [json!(0), json!(2)]);
        let nodes = "query($r: ID!) { messages(roomId: $r, last: 1) { nodes { id } } }";
        let five = amber.ask(nodes, json!({ "r": room })).await["messages"]["nodes"][0]["id"].take();
        amber.mutate("deleteMessage", json!({ "messageId": five }), "").await;
        assert_eq!(state(&basil, &room).await, (2, 1));
        assert_eq!(mark(&basil, &room, 5).await, (5, 0));
        assert_eq!(state(&amber, &room).await, (0, 1), "everyone has a mark of their own");
    }

    async fn a_mark_goes_back_only_when_it_is_forced(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        for text in ["one", "two", "three"] {
            amber.say(&room, text).await;
        }
        mark(&basil, &room, 3).await;
        let before = head(&basil, &room).await;
        assert_eq!(mark(&basil, &room, 1).await, (3, 0));
        assert_eq!(mark(&basil, &room, 3).await, (3, 0));
        let forced = |seq: i64| json!({ "roomId": room, "seq": seq, "force": true });
        basil.mutate("markRead", forced(3), "").await;
        assert_eq!(head(&basil, &room).await, before, "nothing was stored and nobody told");
        basil.mutate("markRead", forced(0), "").await;
        assert_eq!(state(&basil, &room).await, (0, 3));
        assert_ne!(head(&basil, &room).await, before);
    }

    async fn a_mark_is_of_a_message_that_there_is(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        amber.say(&room, "one").await;
        for seq in [-1, 2, i64::MAX] {
            for force in [false, true] {
                let input = json!({ "roomId": room, "seq": seq, "force": force });
                let refused = amber.try_mutate("markRead", input, "room { id }").await;
                assert_eq!((&refused["room"], &refused["errors"][0]["code"]), (&Value::Null, &json!("BAD_INPUT")));
                assert_eq!(refused["errors"][0]["path"], json!(["input", "seq"]), "{refused}");
            }
        }
        assert_eq!(amber.refused("markRead", json!({ "roomId": amber.id, "seq": 1 })).await, ["BAD_INPUT"]);
        assert_eq!(state(&amber, &room).await, (0, 0));
    }

    async fn to_whoever_comes_into_a_room_what_was_before_counts_as_read(app) {
        let (amber, added) = (app.user("amber").await, app.user("added").await);
        let (invited, finder) = (app.user("invited").await, app.user("finder").await);
        let input = json!({ "name": "Hall", "visibility": "PUBLIC" });
        let room = amber.mutate("createRoom", input, "room { id }").await["room"]["id"].take();
        let room = room.as_str().unwrap();
        for text in ["one", "two"] {
            amber.say(room, text).await;
        }
        amber.mutate("addMembers", json!({ "roomId": room, "userIds": [added.id] }), "").await;
        invited.mutate("joinRoom", json!({ "inviteCode": invite_code(&amber, room).await }), "").await;
        finder.mutate("joinRoom", json!({ "roomId": room }), "").await;
        for caller in [&added, &invited, &finder] {
            assert_eq!(state(caller, room).await, (2, 0));
        }
        amber.say(room, "three").await;
        for caller in [&added, &invited, &finder] {
            assert_eq!(state(caller, room).await, (2, 1));
        }
        // Who was out for a while has not missed anything either.
        finder.mutate("leaveRoom", json!({ "roomId": room }), "").await;
        amber.say(room, "four").await;
        finder.mutate("joinRoom", json!({ "roomId": room }), "").await;
        assert_eq!(state(&finder, room).await, (4, 0));
        let sent = amber.mutate("sendDirectMessage", json!({ "userId": added.id, "text": "hello" }), "message { room { id } }").await;
        assert_eq!(state(&added, sent["message"]["room"]["id"].as_str().unwrap()).await, (0, 1), "a first message is news");
    }

    async fn only_members_have_a_mark(app) {
        let (amber, stranger) = (Person::join(&app, "amber").await, Person::join(&app, "stranger").await);
        let private = amber.caller.room("Den", &[]).await;
        let input = json!({ "name": "Hall", "visibility": "PUBLIC" });
        let public = amber.caller.mutate("createRoom", input, "room { id }").await["room"]["id"].take();
        let public = public.as_str().unwrap().to_owned();
        let open = tertulia::app::rooms::NewDoorRoom { open: true, ..group("Open", &[]) };
        let open = app.app.create_room_at(&amber.viewer, Door::ThanChat, open).await.unwrap();
        let open = tertulia::domain::ids::GlobalId::Room(open.view.room.id).encode();
        let admin = app.admin("admin").await;
        for (room, code) in [(&private, "NOT_FOUND"), (&public, "NOT_A_MEMBER"), (&open, "NOT_A_MEMBER")] {
            amber.caller.say(room, "hello").await;
            let input = json!({ "roomId": room, "seq": 1 });
            assert_eq!(stranger.caller.refused("markRead", input.clone()).await, [code]);
            assert_eq!(admin.refused("markRead", input).await, ["NOT_A_MEMBER"], "though it sees the room");
        }
        for room in [&public, &open] {
            let query = "query($r: ID!) { room(id: $r) { id viewerState { lastReadSeq unreadCount } } }";
            let seen = stranger.caller.ask(query, json!({ "r": room })).await;
            assert_eq!(seen["room"], json!({ "id": room, "viewerState": null }));
        }
    }

    async fn of_marks_side_by_side_the_furthest_stays(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        for number in 0..12 {
            amber.say(&room, &number.to_string()).await;
        }
        let tries = (1..=12).rev().map(|seq| {
            let (basil, room) = (basil.clone(), room.clone());
            tokio::spawn(async move { mark(&basil, &room, seq).await })
        });
        for marked in tries.collect::<Vec<_>>() {
            assert!(marked.await.unwrap().0 >= 1);
        }
        assert_eq!(state(&basil, &room).await, (12, 0));
    }

    async fn counts_for_a_page_of_rooms_cost_one_statement(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        for number in 0..12 {
            let room = amber.room(&format!("Room {number}"), &[&basil]).await;
            for _ in 0..number {
                amber.say(&room, "hello").await;
            }
        }
        let query = "{ rooms { nodes { viewerState { lastReadSeq unreadCount } } } }";
        let mut least = u64::MAX;
        for _ in 0..3 {
            basil.ask("{ viewer { id } }", json!({})).await;
            let before = app.app.store().statements();
            let found = basil.ask(query, json!({})).await;
            least = least.min(app.app.store().statements() - before);
            let counts: Vec<i64> = found["rooms"]["nodes"].as_array().unwrap().iter()
                .map(|room| room["viewerState"]["unreadCount"].as_i64().unwrap()).collect();
            assert_eq!(counts, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        }
        assert_eq!(least, 2, "the rooms, and what is unread in them");
        let only_marks = "{ rooms { nodes { viewerState { lastReadSeq } } } }";
        let before = app.app.store().statements();
        basil.ask(only_marks, json!({})).await;
        assert!(app.app.store().statements() - before <= 2, "the session at most, and the rooms");
    }
}

on_both!(much_is_counted_to_a_thousand_and_no_further, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let mut sql = Sql::open(&db, app.data.path()).await;
    let now = if matches!(db, Db::Sqlite) { "1" } else { "now()" };
    let send = |from: i64, to: i64, sender: &str| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
             INSERT INTO messages (room_key, position, seq, sender_key, text, created_at)
             SELECT 1, i + 100, i, (SELECT key FROM users WHERE username = '{sender}'), 'x', {now} FROM n;
             UPDATE rooms SET last_seq = {to}, head = {to} + 100"
        )
    };
    sql.run(&send(1, 999, "amber")).await;
    assert_eq!(state(&basil, &room).await, (0, 999));
    sql.run(&send(1000, 1200, "amber")).await;
    assert_eq!(state(&basil, &room).await, (0, 1000));
    // Who has sent very much since is not counted for all of it.
    sql.run(&send(1201, 6201, "basil")).await;
    assert_eq!(state(&basil, &room).await, (0, 0));
    sql.run(&send(6202, 6204, "amber")).await;
    assert_eq!(state(&basil, &room).await, (0, 3));
    assert_eq!(mark(&basil, &room, 6203).await, (6203, 1));
});

on_both!(in_a_large_room_marks_are_kept_and_not_told, async |db: Db| {
    let app = TestApp::with(db, &[("CHAT_READ_MARKS_TOLD_MEMBERS_MAX", "2")]).await;
    let (amber, basil, carol) = (app.user("amber").await, app.user("basil").await, app.user("carol").await);
    let (small, large) = (amber.room("Two", &[&basil]).await, amber.room("Three", &[&basil, &carol]).await);
    for room in [&small, &large] {
        amber.say(room, "hello").await;
    }
    let before = head(&amber, &large).await;
    assert_eq!(mark(&basil, &large, 1).await, (1, 0));
    assert_eq!(state(&basil, &large).await, (1, 0));
    assert_eq!(head(&amber, &large).await, before, "nobody is told");
    assert_eq!(marks(&basil, &large).await, [Value::Null, Value::Null, Value::Null]);
    mark(&basil, &small, 1).await;
    assert_eq!(marks(&amber, &small).await, [json!(0), json!(1)]);
});

on_both_databases! {
    async fn whoever_was_in_a_room_before_there_were_marks_has_read_it(db) {
        let app = TestApp::start(db.clone()).await;
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let (quiet, busy) = (amber.room("Quiet", &[&basil]).await, amber.room("Busy", &[&basil]).await);
        for text in ["one", "two"] {
            amber.say(&busy, text).await;
        }
        let folder = app.stop().await;
        let mut sql = Sql::open(&db, folder.path()).await;
        let engine = if matches!(db, Db::Sqlite) { "sqlite" } else { "postgres" };
        let migration = |direction: &str| {
            let path = format!("{}/migrations/{engine}/0007_read_marks/{direction}.sql", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).unwrap()
        };
        sql.run(&migration("down")).await;
        sql.run(&migration("up")).await;
        drop(sql);
        let again = TestApp::at(folder, db, &[]).await;
        let basil = again.login("basil", crate::support::app::PASSWORD).await;
        assert_eq!(state(&basil, &quiet).await, (0, 0));
        assert_eq!(state(&basil, &busy).await, (2, 0));
    }
}

on_both! {
    async fn a_mark_stands_at_the_time_it_was_set(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        amber.say(&room, "hello").await;
        let start = head(&amber, &room).await;
        app.pass(chrono::TimeDelta::minutes(5));
        mark(&basil, &room, 1).await;
        let query = "query($r: ID!, $a: String!) { room(id: $r) { events(after: $a) { events {
            __typename at replayed roomId ... on ReadMoved { user { username } lastReadSeq } } } } }";
        let page = amber.ask(query, json!({ "r": room, "a": start })).await;
        assert_eq!(page["room"]["events"]["events"], json!([{ "__typename": "ReadMoved", "at": "2027-01-15T08:05:00.000Z", "replayed": true,
            "roomId": room, "user": { "username": "basil" }, "lastReadSeq": 1 }]));
    }
}
