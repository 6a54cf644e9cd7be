//! The database from inside: how queries are run, and what guards each connection.

use std::collections::BTreeSet;
use std::sync::Mutex;

use chrono::DateTime;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use serde_json::json;
use tertulia::auth::Credential;
use tertulia::domain::ids::{RoomKey, UserKey};
use tertulia::domain::rooms::{MemberRole, RoomRef};
use tertulia::domain::sessions::Viewer;
use tertulia::domain::windows::{MessagesQuery, Order, PeopleOrder, PeopleQuery, RoomsQuery, Window};
use tertulia::error::Code;
use tertulia::storage::members;

use crate::support::sql::Sql;
use crate::support::{Db, TestApp};
use crate::{on_both, on_both_databases};

/// The queries of all connections that were opened since [`record`], without their parameters.
static QUERIES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[expect(clippy::unnecessary_wraps, reason = "the shape that diesel asks for")]
fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds:").next().unwrap_or_default();
            if text.starts_with("SELECT") {
                QUERIES.lock().unwrap().insert(text.to_owned());
            }
        }
    }))
}

fn record() {
    set_default_instrumentation(recorder).unwrap();
}

/// The query with all of these words in it and none of those, in this engine's dialect. Whichever
/// test ran it: its text is the same everywhere.
fn recorded(db: &Db, words: &[&str], not: &[&str]) -> String {
    let quote = if matches!(db, Db::Sqlite) { "`" } else { "\"" };
    let queries = QUERIES.lock().unwrap();
    let fits = |query: &&String| {
        let plain = query.replace(quote, "");
        query.contains(quote)
            && words.iter().all(|word| plain.contains(word))
            && !not.iter().any(|word| plain.contains(word))
    };
    let mut found: Vec<&String> = queries.iter().filter(fits).collect();
    found.sort_by_key(|query| query.len());
    let Some(query) = found.first() else { panic!("no query has {words:?}: {queries:#?}") };
    (*query).clone()
}

/// 3,000 people and sessions, 300 rooms, 6,000 memberships and 30,000 messages. The first person is in 20 rooms.
async fn fill(sql: &mut Sql) {
    let (id, now) = match sql {
        Sql::Sqlite(_) => ("randomblob(16)", "1"),
        Sql::Postgres(_) => ("gen_random_uuid()", "now()"),
    };
    let numbers = |last: u32| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})")
    };
    let statements = [
        format!(
            "INSERT INTO users (key, id, username, username_key, display_key, last_name_key, first_name, last_name, \
             email, password_hash, user_type, is_admin, created_at) {} \
             SELECT i + 1, {id}, 'u' || i, 'u' || i, 'd' || i, 'l' || i, '', '', '', '', 0, FALSE, {now} FROM n",
            numbers(3_000)
        ),
        format!(
            "INSERT INTO rooms (key, id, kind, name, name_key, description, visibility, invite_code, head, last_seq, \
             activity, member_count, created_by, created_at) {} \
             SELECT i, {id}, 2, 'r' || i, 'r' || i, '', 0, 'code' || i, 100, 100, 30000 - i, 20, 2, {now} FROM n",
            numbers(300)
        ),
        format!(
            "INSERT INTO members (room_key, user_key, role, joined_at) {} \
             SELECT i % 300 + 1, i / 2 + 2, 1, {now} FROM n",
            numbers(5_900)
        ),
        format!(
            "INSERT INTO members (room_key, user_key, role, joined_at) {} SELECT i, 1, 1, {now} FROM n",
            numbers(20)
        ),
        format!(
            "INSERT INTO sessions (id, user_key, door, client, created_at, last_used_at, expires_at) {} \
             SELECT {id}, i + 1, 'graphql', '', {now}, {now}, {now} FROM n",
            numbers(3_000)
        ),
        format!(
            "INSERT INTO messages (key, room_key, position, seq, sender_key, text, client_message_id, created_at, \
             reply_to) {} SELECT i, i % 300 + 1, (i - 1) / 300 + 1, (i - 1) / 300 + 1, i % 3000 + 2, 'hello', 'c' || i, \
             {now}, CASE WHEN i > 300 AND i % 10 = 0 THEN i - 300 END FROM n",
            numbers(30_000)
        ),
    ];
    for statement in statements {
        sql.run(&statement).await;
    }
    // SQLite servers run without statistics, PostgreSQL gathers them by itself.
    if matches!(sql, Sql::Postgres(_)) {
        sql.run("ANALYZE").await;
    }
}

/// A query that callers run all the time, and how each engine must run it.
struct Hot {
    name: &'static str,
    /// Words of the query, quotes apart, and words of others like it.
    words: &'static [&'static str],
    not: &'static [&'static str],
    sqlite: &'static [&'static str],
    postgres: &'static [&'static str],
    /// What `PostgreSQL` is to plan for, where the best way depends on it.
    arguments: Option<&'static str>,
    /// Whether rows must come out of an index in order, so that a page reads no more than a page.
    in_order: bool,
}

const HOT: [Hot; 20] = [
    Hot {
        name: "a page of a room's messages after a cursor",
        words: &[
            "FROM (messages LEFT OUTER JOIN users",
            "messages.position > ",
            "ORDER BY messages.position ASC",
        ],
        not: &["messages.position < "],
        sqlite: &["SEARCH messages USING INDEX sqlite_autoindex_messages_1 (room_key=? AND position>?)"],
        postgres: &["messages_room_key_position_key on messages"],
        arguments: None,
        in_order: true,
    },
    Hot {
        name: "a page of a room's messages before a cursor",
        words: &[
            "FROM (messages LEFT OUTER JOIN users",
            "messages.position < ",
            "ORDER BY messages.position DESC",
        ],
        not: &["messages.position > "],
        sqlite: &["SEARCH messages USING INDEX sqlite_autoindex_messages_1 (room_key=? AND position<?)"],
        postgres: &["messages_room_key_position_key on messages"],
        arguments: None,
        in_order: true,
    },
    Hot {
        name: "the newest messages of rooms",
        words: &["messages.seq > ", "rooms.last_seq"],
        not: &[],
        sqlite: &["SEARCH messages USING INDEX sqlite_autoindex_messages_2 (room_key=? AND seq>? AND seq<?)"],
        postgres: &[
            "Index Cond: ((room_key = rooms.key) AND (seq > (rooms.last_seq - $2)) AND (seq <= rooms.last_seq))",
        ],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "the first replies to messages",
        words: &["peers.reply_to = parents.key ORDER BY peers.position LIMIT"],
        not: &[],
        sqlite: &["SEARCH messages USING INDEX messages_reply_to (reply_to=? AND position<?)"],
        postgres: &["messages_reply_to on messages", "messages_reply_to on messages peers"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "how many replies messages have",
        words: &["count(*) FROM messages AS replies"],
        not: &[],
        sqlite: &["SEARCH replies USING COVERING INDEX messages_reply_to (reply_to=?)"],
        postgres: &["Index Only Scan using messages_reply_to on messages replies"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "a page of replies after a cursor",
        words: &["messages.reply_to = ", "messages.position > ", "ORDER BY messages.position ASC"],
        not: &["peers"],
        sqlite: &["SEARCH messages USING INDEX messages_reply_to (reply_to=? AND position>?)"],
        postgres: &["messages_reply_to on messages"],
        arguments: None,
        in_order: true,
    },
    Hot {
        name: "what is unread in several rooms",
        words: &["count(*) FROM (SELECT 1 FROM messages AS m"],
        not: &[],
        sqlite: &[
            "SEARCH members USING INDEX",
            "SEARCH m USING INDEX sqlite_autoindex_messages_2 (room_key=? AND seq>? AND seq<?)",
        ],
        postgres: &[
            "Index Scan using messages_room_key_seq_key on messages m",
            "AND (seq <= rooms.last_seq))",
        ],
        arguments: None,
        in_order: false,
    },
    Hot {
        // How much of the table this reads depends on the viewer's share of it; held here is only that
        // neither engine reads it front to back.
        name: "the messages of all rooms",
        words: &["FROM (messages LEFT OUTER JOIN users", "ORDER BY messages.key DESC"],
        not: &["messages.key > ", "messages.key < "],
        sqlite: &["SEARCH messages"],
        postgres: &["on messages"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "the rooms of a person",
        words: &["FROM (rooms LEFT OUTER JOIN members", "ORDER BY rooms.activity DESC"],
        not: &["rooms.activity < ", "rooms.activity > ", "visibility = ", "rooms.name_key >= "],
        sqlite: &["members_user_key"],
        postgres: &["members_user_key"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "a page of a room's members after a cursor",
        words: &["FROM (members INNER JOIN users", "members.key > ", "ORDER BY members.key ASC"],
        not: &["peers"],
        sqlite: &["SEARCH members USING INDEX members_room_order (room_key=? AND key>?)"],
        postgres: &["members_room_order on members"],
        arguments: None,
        in_order: true,
    },
    Hot {
        name: "the first members of rooms",
        words: &["peers", "members.key < "],
        not: &["rooms"],
        sqlite: &["members_room_order (room_key=?)"],
        postgres: &["on members peers"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "people by the start of a name",
        words: &["FROM users", "users.display_key >= ", "ORDER BY users.username_key ASC"],
        not: &["rooms", "places"],
        sqlite: &["users_display_key", "users_last_name_key"],
        postgres: &["users_display_key", "users_last_name_key"],
        arguments: Some("'d12', 'd13', 'd12', 'd13', 'd12', 'd13', 51"),
        in_order: false,
    },
    Hot {
        name: "a window of a room's messages",
        words: &["FROM (messages LEFT OUTER JOIN users", "ORDER BY messages.seq DESC"],
        not: &["rooms"],
        sqlite: &["SEARCH messages USING INDEX sqlite_autoindex_messages_2 (room_key=?)"],
        postgres: &["messages_room_key_seq_key on messages"],
        arguments: Some("1, 50, 0"),
        in_order: true,
    },
    Hot {
        name: "messages sent to one person",
        words: &["rooms.pair_low", "messages.sender_key IS NULL", "ORDER BY messages.key DESC"],
        not: &[],
        sqlite: &["SEARCH messages"],
        postgres: &["on messages"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "one's own rooms by key, with labels",
        words: &["room_labels", "ORDER BY rooms.key ASC"],
        not: &["opened"],
        sqlite: &["members_user_key"],
        postgres: &["members_user_key"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "one's own rooms and open ones",
        words: &["room_labels", "opened", "ORDER BY rooms.key ASC"],
        not: &[],
        sqlite: &["rooms_open", "members_user_key"],
        postgres: &["members_user_key"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "people by first name",
        words: &["FROM users", "ORDER BY users.first_name_key ASC"],
        not: &["LIKE"],
        sqlite: &["SCAN users USING INDEX users_first_name_key"],
        postgres: &["users_first_name_key on users"],
        arguments: Some("50, 0"),
        in_order: true,
    },
    Hot {
        name: "what was sent under a client message id before",
        words: &["client_message_id = ", "SELECT"],
        not: &["INSERT"],
        sqlite: &["SEARCH messages USING INDEX messages_client_id"],
        postgres: &["messages_client_id on messages"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "the session of a token",
        words: &["FROM (sessions INNER JOIN users", "sessions.id = ", "users.disabled_at IS NULL"],
        not: &["refresh_tokens"],
        sqlite: &["sqlite_autoindex_sessions_1 (id=?)"],
        postgres: &["sessions_id_key on sessions"],
        arguments: None,
        in_order: false,
    },
    Hot {
        name: "whether there is an administrator",
        words: &["SELECT users.key FROM users WHERE (users.is_admin AND (users.disabled_at IS NULL))"],
        not: &[],
        sqlite: &["SCAN users USING INDEX users_admins"],
        postgres: &["users_admins on users"],
        arguments: None,
        in_order: false,
    },
];

on_both_databases! {
    async fn hot_queries_are_run_by_an_index_and_never_by_reading_all_messages(db) {
        record();
        let app = TestApp::start(db.clone()).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        let amber = app.user("amber").await;
        fill(&mut sql).await;
        let list = "edges { cursor } totalCount";
        let rooms = amber.ask("{ rooms { nodes { id viewerState { unreadCount } messages(last: 3) { nodes { text } } members(first: 3) { totalCount } } } }", json!({})).await;
        let room = rooms["rooms"]["nodes"][0]["id"].as_str().unwrap();
        sql.run("UPDATE messages SET sender_key = 1 WHERE client_message_id = 'c300'").await;
        let again = json!({ "roomId": room, "text": "hello", "clientMessageId": "c300" });
        assert_eq!(amber.mutate("sendMessage", again, "duplicate").await["duplicate"], json!(true));
        let page = "query($r: ID!, $a: String, $b: String, $f: Int, $l: Int) { messages(roomId: $r, after: $a, before: $b, first: $f, last: $l) { edges { cursor } } }";
        let cursors = amber.ask(page, json!({ "r": room, "f": 1 })).await;
        let cursor = cursors["messages"]["edges"][0]["cursor"].clone();
        amber.ask(page, json!({ "r": room, "f": 50, "a": cursor })).await;
        amber.ask(page, json!({ "r": room, "l": 50, "b": cursor })).await;
        amber.ask(&format!("{{ messages(last: 50) {{ {list} }} }}"), json!({})).await;
        let replies = "query($r: ID!) { messages(roomId: $r, first: 1) { nodes { id replies(first: 1) { totalCount edges { cursor } } } } }";
        let answered = amber.ask(replies, json!({ "r": room })).await["messages"]["nodes"][0].take();
        let page = "query($m: ID!, $a: String) { node(id: $m) { ... on Message { replies(first: 3, after: $a) { edges { cursor } } } } }";
        amber.ask(page, json!({ "m": answered["id"], "a": answered["replies"]["edges"][0]["cursor"] })).await;
        let page = "query($r: ID!, $a: String) { room(id: $r) { members(first: 5, after: $a) { edges { cursor } } } }";
        let cursors = amber.ask(page, json!({ "r": room })).await;
        amber.ask(page, json!({ "r": room, "a": cursors["room"]["members"]["edges"][0]["cursor"] })).await;
        amber.ask(&format!("{{ users(filter: {{ search: \"d12\" }}) {{ {list} }} }}"), json!({})).await;
        assert!(app.app.setup_needed(&Viewer::Anonymous).await.unwrap());
        let viewer = app.app.authenticate(&Credential::Bearer(amber.token.clone().unwrap())).await.unwrap();
        let part = Window { offset: 0, limit: Some(50) };
        let by_name = PeopleQuery { order: PeopleOrder::FirstName, ..PeopleQuery::default() };
        app.app.people_window(&viewer, by_name, part).await.unwrap();
        for open_too in [false, true] {
            let asked = RoomsQuery { open_too, ..RoomsQuery::default() };
            app.app.rooms_window(&viewer, asked, part).await.unwrap();
        }
        app.app.history_window(&viewer, RoomRef::Key(RoomKey(1)), Order::NewestFirst, part).await.unwrap();
        app.app.messages_window(&viewer, MessagesQuery::SentToMe, Order::NewestFirst, part).await.unwrap();
        let mut bad = Vec::new();
        for hot in HOT {
            let query = recorded(&db, hot.words, hot.not);
            let plan = sql.plan(&query, hot.arguments).await;
            let (wanted, forbidden, sorts) = match db {
                Db::Sqlite => (hot.sqlite, "SCAN messages", "TEMP B-TREE"),
                Db::Postgres(_) => (hot.postgres, "Seq Scan on messages", "Sort"),
            };
            let missing: Vec<_> = wanted.iter().filter(|words| !plan.contains(**words)).collect();
            if !missing.is_empty() || plan.contains(forbidden) || plan.contains("SCAN rooms\n") || (hot.in_order && plan.contains(sorts)) {
                bad.push(format!("{}: without {missing:?}, or with {forbidden}:\n{query}\n{plan}", hot.name));
            }
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }

    async fn messages_are_found_by_an_index_of_their_words(db) {
        record();
        let app = TestApp::start(db.clone()).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        let amber = app.user("amber").await;
        fill(&mut sql).await;
        sql.run("INSERT INTO unindexed (message_key) SELECT key FROM messages WHERE key > 15000").await;
        let search = "query($s: MessageSearch!) { searchMessages(search: $s) { totalCount nodes { text } } }";
        let narrow = json!({ "text": "hel", "senderId": amber.id, "since": "2020-01-01T00:00:00Z" });
        for search_for in [json!({ "text": "hel" }), narrow] {
            amber.ask(search, json!({ "s": search_for })).await;
        }
        if matches!(db, Db::Postgres(_)) {
            sql.run("ANALYZE message_words").await;
        }
        let (words, arguments, wanted, forbidden): (&[&str], _, &[&str], &[&str]) = match db {
            // It goes down along the keys, and stops where the page is full.
            Db::Sqlite => (
                &["message_words MATCH "],
                None,
                &["SCAN message_words VIRTUAL TABLE INDEX", "SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)"],
                &["TEMP B-TREE", "SCAN messages", "SEARCH message_words"],
            ),
            Db::Postgres(_) => (
                &["message_words.words @@ "],
                Some("'''hel'':*', 0, 1, 51"),
                &["Bitmap Index Scan on message_words_words"],
                &["Seq Scan on messages"],
            ),
        };
        let page = recorded(&db, &[words, &["ORDER BY"]].concat(), &["people"]);
        let mut asked = vec![(page, arguments), (recorded(&db, &[words, &["COUNT(*)"]].concat(), &["people"]), None)];
        if matches!(db, Db::Sqlite) {
            asked.push((recorded(&db, &[words, &["people", "ORDER BY"]].concat(), &[]), None));
        }
        for (query, arguments) in asked {
            let plan = sql.plan(&query, arguments).await;
            assert!(wanted.iter().all(|words| plan.contains(words)), "{query}\n{plan}");
            assert!(!forbidden.iter().any(|words| plan.contains(words)), "{query}\n{plan}");
        }
    }
}

on_both! {
    async fn a_membership_of_a_room_that_is_not_there_is_refused_by_the_database(app) {
        let amber = app.user("amber").await;
        let store = app.app.store();
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let outcome = store
            .write(move |conn| Box::pin(members::insert(conn, RoomKey(4711), UserKey(1), MemberRole::Member, at)))
            .await;
        assert_eq!(outcome.unwrap_err().code(), Code::Internal);
        // Foreign keys are what refused it: with a room that is there, the same write is stored.
        let room = amber.room("Den", &[]).await;
        app.user("bruno").await;
        let stored = store
            .write(move |conn| Box::pin(members::insert(conn, RoomKey(1), UserKey(2), MemberRole::Member, at)))
            .await;
        assert!(stored.unwrap(), "{room}");
    }
}

#[tokio::test]
async fn a_unit_of_work_that_said_it_only_reads_cannot_write_to_a_file() {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    amber.room("Den", &[]).await;
    app.user("bruno").await;
    let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let outcome = app
        .app
        .store()
        .read(move |conn| Box::pin(members::insert(conn, RoomKey(1), UserKey(2), MemberRole::Member, at)))
        .await;
    assert_eq!(outcome.unwrap_err().code(), Code::Internal);
    let mut sql = Sql::open(&Db::Sqlite, app.data.path()).await;
    assert_eq!(sql.lines("SELECT CAST(count(*) AS TEXT) AS line FROM members").await, ["1"]);
}

#[tokio::test]
async fn a_file_keeps_a_write_ahead_log() {
    let app = TestApp::start(Db::Sqlite).await;
    app.user("amber").await;
    let mut sql = Sql::open(&Db::Sqlite, app.data.path()).await;
    assert_eq!(sql.lines("SELECT journal_mode AS line FROM pragma_journal_mode").await, ["wal"]);
}
