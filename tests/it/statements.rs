//! What a request costs in SQL statements: little, and no more for a longer list.

use serde_json::{Value, json};

use crate::media::upload;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::{Caller, TestApp};

/// The statements of one request. The least of several runs, since the look-up of the session, which is
/// remembered for half a second, may fall into one of them, and a busy machine may tear a batch in two.
async fn cost(app: &TestApp, caller: &Caller, query: &str, variables: Value) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..8 {
        caller.ask("{ viewer { id } }", json!({})).await;
        let before = app.app.store().statements();
        caller.ask(query, variables.clone()).await;
        least = least.min(app.app.store().statements() - before);
    }
    least
}

/// A list of the schema with all that a client asks of it, and its price.
struct Row {
    field: &'static str,
    /// Alone, with `ROOM` for a room's id.
    alone: &'static str,
    /// The statements it may cost alone, its items' fields and their senders included.
    budget: u64,
    /// The same below each of a list of rooms; `None` for fields of `Query`.
    nested: Option<&'static str>,
}

const ROWS: [Row; 12] = [
    Row {
        field: "Query.auditLog",
        // The page and its count; who it was.
        alone: "{ auditLog { totalCount nodes { action actor { username } targetId } } }",
        budget: 3,
        nested: None,
    },
    Row {
        field: "Query.sessions",
        // The page and its count; whose they are.
        alone: "{ sessions { totalCount nodes { client user { username } } } }",
        budget: 3,
        nested: None,
    },
    Row {
        field: "Query.uploads",
        // The page and both totals; whose they are, and where.
        alone: "{ uploads { totalCount totalBytes nodes { fileName url owner { username } room { name }
            message { text sender { username } } } } }",
        budget: 5,
        nested: None,
    },
    Row {
        field: "Query.users",
        alone: "{ users { totalCount edges { cursor } nodes { username } pageInfo { hasNextPage } } }",
        budget: 2,
        nested: None,
    },
    Row {
        field: "Query.rooms",
        // The page and its count; the names of two-person rooms; newest messages; makers; what is unread.
        alone: "{ rooms { totalCount nodes { name memberCount createdBy { username }
            lastMessage { text sender { username } } viewerState { lastReadSeq unreadCount } } } }",
        budget: 6,
        nested: None,
    },
    Row {
        field: "Query.messages",
        // The page with senders and its count; the rooms, and the names of two-person ones.
        alone: "{ messages { totalCount nodes { text sender { username } room { name } } } }",
        budget: 4,
        nested: None,
    },
    Row {
        field: "Query.searchMessages",
        // Whether messages wait to be indexed; the page with senders, and its count.
        alone: "{ searchMessages(search: { text: \"o\" }) { totalCount nodes { text sender { username } } } }",
        budget: 3,
        nested: None,
    },
    Row {
        field: "Room.messagesAround",
        // The room; the message's place; each side.
        alone: "{ room(id: \"ROOM\") { messagesAround(seq: 2) { totalCount nodes { text sender { username } } } } }",
        budget: 4,
        // What is in the middle is of one room.
        nested: None,
    },
    Row {
        field: "Room.members",
        alone: "{ room(id: \"ROOM\") { members { totalCount edges { role } nodes { username } } } }",
        budget: 2,
        nested: Some("members(first: 5) { totalCount edges { role } nodes { username } }"),
    },
    Row {
        field: "Room.messages",
        alone: "{ room(id: \"ROOM\") { messages { totalCount nodes { text sender { username } } } } }",
        budget: 2,
        nested: Some("messages(last: 3) { totalCount nodes { text sender { username } room { kind } } }"),
    },
    Row {
        field: "Message.replies",
        // The room, its page, what is answered, the replies and how many they are.
        alone: "{ room(id: \"ROOM\") { messages { nodes { replyTo { text } replyCount
            replies(first: 3) { totalCount nodes { text sender { username } } } } } } }",
        budget: 5,
        nested: Some(
            "messages(last: 3) { nodes { replyTo { text } replies(last: 2) { totalCount nodes { text } } } }",
        ),
    },
    Row {
        field: "ReactionGroup.users",
        // The room, its page, the reactions, which of them are one's own, and whose they are.
        alone: "{ room(id: \"ROOM\") { messages { nodes { reactions { emoji count viewerReacted
            users(first: 5) { totalCount nodes { username } } } } } } }",
        budget: 5,
        nested: Some(
            "messages(last: 3) { nodes { reactions { viewerReacted users(first: 5) { nodes { username } } } } }",
        ),
    },
];

/// Every field of the schema that answers with a page, as `Type.field`.
fn connection_fields() -> Vec<String> {
    let sdl = include_str!("../../schema.graphql");
    let mut owner = "";
    let mut found = Vec::new();
    for line in sdl.lines() {
        if let Some(rest) = line.strip_prefix("type ") {
            owner = rest.split(' ').next().unwrap();
        }
        if line.starts_with("  ") && line.trim_end_matches('!').ends_with("Connection") && line.contains(": ")
        {
            let field = line.trim().split(['(', ':']).next().unwrap();
            found.push(format!("{owner}.{field}"));
        }
    }
    found
}

#[test]
fn every_list_of_the_schema_has_a_price() {
    let fields = connection_fields();
    assert!(fields.len() >= 5, "the schema was not read: {fields:?}");
    let rows: Vec<&str> = ROWS.iter().map(|row| row.field).collect();
    for field in &fields {
        assert!(rows.contains(&field.as_str()), "{field} has no row in tests/it/statements.rs");
    }
    for row in rows {
        assert!(fields.iter().any(|field| field == row), "{row} is no list of the schema");
    }
}

/// A person with `count` rooms of three kinds, members and messages in each. Gives one of the rooms.
async fn furnish(app: &TestApp, owner: &Caller, count: usize) -> String {
    let mut friends = Vec::new();
    for number in 0..6 {
        friends.push(app.user(&format!("{}-friend{number}", "x")).await);
    }
    let everyone: Vec<&Caller> = friends.iter().collect();
    let mut first = None;
    for number in 0..count {
        let room = if number % 4 == 1 && number / 4 < friends.len() {
            let input = json!({ "kind": "DUO", "memberIds": [friends[number / 4].id] });
            owner.mutate("createRoom", input, "room { id }").await["room"]["id"].as_str().unwrap().to_owned()
        } else {
            owner.room(&format!("Room {number}"), &everyone).await
        };
        for text in ["one", "two", "three", "four"] {
            owner.say(&room, text).await;
        }
        if number % 4 != 1 {
            let five = friends[number % 6].say(&room, "five").await;
            for caller in [owner, &friends[number % 6]] {
                let reaction = json!({ "messageId": five["message"]["id"], "emoji": "👍" });
                caller.mutate("reactToMessage", reaction, "").await;
            }
            let six = json!({ "roomId": room, "text": "six", "replyToId": five["message"]["id"] });
            owner.mutate("sendMessage", six, "").await;
        }
        first.get_or_insert(room);
    }
    first.unwrap()
}

on_both! {
    async fn fifty_messages_with_their_senders_cost_two_statements(app) {
        let amber = app.user("amber").await;
        let bruno = app.user("bruno").await;
        let room = amber.room("Den", &[&bruno]).await;
        for number in 0..30 {
            amber.say(&room, &number.to_string()).await;
            bruno.say(&room, &number.to_string()).await;
        }
        let nodes = "nodes { id seq text createdAt clientMessageId sender { username displayName } }";
        let before = amber.ask(
            &format!("{{ messages(roomId: \"{room}\", last: 1) {{ edges {{ cursor }} }} }}"), json!({})).await;
        let cursor = before["messages"]["edges"][0]["cursor"].as_str().unwrap();
        for page in [
            "first: 50".to_owned(),
            "last: 50".to_owned(),
            format!("last: 50, before: \"{cursor}\""),
        ] {
            let query = format!("{{ messages(roomId: \"{room}\", {page}) {{ totalCount {nodes} edges {{ cursor }} }} }}");
            let answer = amber.ask(&query, json!({})).await;
            assert_eq!(answer["messages"]["nodes"].as_array().unwrap().len(), 50, "{page}");
            assert!(cost(&app, &amber, &query, json!({})).await <= 2, "{page}");
        }
        let all = format!("{{ messages(last: 50) {{ {nodes} }} }}");
        assert_eq!(cost(&app, &amber, &all, json!({})).await, 1);
    }

    async fn every_list_keeps_to_its_price(app) {
        let amber = app.admin("amber").await;
        let room = furnish(&app, &amber, 8).await;
        for number in 0..5 {
            let name = format!("x-friend{number}");
            let friend = app.login(&name, PASSWORD).await;
            let change = json!({ "userId": friend.id, "bio": "b" });
            amber.mutate("updateProfile", change, "").await;
            let file = upload(&friend, "notes.txt", b"remember".to_vec()).await;
            let input = json!({ "roomId": room, "text": "here", "uploadIds": [file] });
            friend.mutate("sendMessage", input, "").await;
        }
        for row in ROWS {
            let spent = cost(&app, &amber, &row.alone.replace("ROOM", &room), json!({})).await;
            assert!(spent <= row.budget, "{} costs {spent}, not {}", row.field, row.budget);
        }
    }

    async fn what_stands_in_a_list_of_rooms_costs_no_more_for_twenty_than_for_five(app) {
        let amber = app.user("amber").await;
        furnish(&app, &amber, 20).await;
        let rows = ROWS.iter().filter_map(|row| Some((row.field, row.nested?)));
        let whole = "messages(last: 3) { nodes { sender { username } } } members(first: 5) { nodes { username } }
            lastMessage { sender { username } } createdBy { username } name viewerState { unreadCount }";
        for (name, selection) in rows.chain([("all at once", whole)]) {
            let query = format!("query($n: Int!) {{ rooms(first: $n) {{ nodes {{ {selection} }} }} }}");
            let answer = amber.ask(&query, json!({ "n": 20 })).await;
            assert_eq!(answer["rooms"]["nodes"].as_array().unwrap().len(), 20);
            let five = cost(&app, &amber, &query, json!({ "n": 5 })).await;
            let twenty = cost(&app, &amber, &query, json!({ "n": 20 })).await;
            assert!(twenty <= five, "{name}: {five} statements for 5 rooms, {twenty} for 20");
            assert!(twenty <= 8, "{name}: {twenty} statements");
        }
    }

    async fn the_devices_of_twenty_people_cost_an_administrator_two_statements_more_than_the_people(app) {
        let dora = app.admin("dora").await;
        for number in 0..20 {
            app.user(&format!("person{number}")).await;
        }
        let alone = cost(&app, &dora, "{ users(first: 20) { nodes { id } } }", json!({})).await;
        let query = "{ users(first: 20) { nodes { sessions { id user { username } } } } }";
        let shown = dora.ask(query, json!({})).await["users"]["nodes"].take();
        assert!(shown.as_array().unwrap().iter().all(|user| user["sessions"].as_array().unwrap().len() == 1));
        assert_eq!(cost(&app, &dora, query, json!({})).await, alone + 2);
    }

    async fn thirty_ids_of_three_types_cost_a_statement_for_each_type(app) {
        let amber = app.user("amber").await;
        let mut ids = Vec::new();
        for number in 0..10 {
            ids.push(app.user(&format!("person{number}")).await.id);
            let room = amber.room(&format!("Room {number}"), &[]).await;
            ids.push(amber.say(&room, "hello").await["message"]["id"].as_str().unwrap().to_owned());
            ids.push(room);
        }
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename
            ... on Message { text sender { username } } ... on Room { name } ... on User { username } } }";
        let found = amber.ask(query, json!({ "ids": ids })).await;
        let ids_found: Vec<&str> =
            found["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
        assert_eq!(ids_found, ids);
        assert_eq!(cost(&app, &amber, query, json!({ "ids": ids })).await, 3);
    }
}
