//! Messages that answer messages: what may be answered, and how answers are found.

use serde_json::{Value, json};
use tertulia::domain::ids::GlobalId;

use crate::on_both;
use crate::support::Caller;
use crate::support::socket::Socket;

/// Sends a message and gives its id.
async fn send(caller: &Caller, room: &str, text: &str) -> String {
    caller.say(room, text).await["message"]["id"].as_str().unwrap().to_owned()
}

/// Sends an answer and gives its id.
async fn answer(caller: &Caller, room: &str, to: &str, text: &str) -> String {
    let input = json!({ "roomId": room, "text": text, "replyToId": to });
    let payload = caller.mutate("sendMessage", input, "message { id }").await;
    payload["message"]["id"].as_str().unwrap().to_owned()
}

async fn message(caller: &Caller, id: &str, fields: &str) -> Value {
    let query = format!("query($m: ID!) {{ node(id: $m) {{ ... on Message {{ {fields} }} }} }}");
    caller.ask(&query, json!({ "m": id })).await["node"].take()
}

async fn head(caller: &Caller, room: &str) -> Value {
    let query = "query($r: ID!) { room(id: $r) { headCursor } }";
    caller.ask(query, json!({ "r": room })).await["room"]["headCursor"].take()
}

on_both! {
    async fn an_answer_shows_what_it_answers_and_is_found_below_it(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let question = send(&amber, &room, "where?").await;
        let first = answer(&basil, &room, &question, "here").await;
        send(&amber, &room, "something else").await;
        let second = answer(&amber, &room, &question, "there").await;
        let below = answer(&amber, &room, &first, "are you sure?").await;
        let fields = "text replyTo { id text } replyCount replies { totalCount nodes { id sender { username } } }";
        assert_eq!(message(&basil, &question, fields).await, json!({ "text": "where?", "replyTo": null,
            "replyCount": 2, "replies": { "totalCount": 2, "nodes": [
                { "id": first, "sender": { "username": "basil" } }, { "id": second, "sender": { "username": "amber" } }] } }));
        let seen = message(&basil, &first, fields).await;
        assert_eq!(seen["replyTo"], json!({ "id": question, "text": "where?" }));
        assert_eq!(seen["replies"]["nodes"][0]["id"], json!(below));
        assert_eq!(message(&basil, &below, "replyCount replies { totalCount nodes { id } }").await,
            json!({ "replyCount": 0, "replies": { "totalCount": 0, "nodes": [] } }));
        let history = basil.ask("query($r: ID!) { messages(roomId: $r) { nodes { seq replyTo { seq } } } }", json!({ "r": room })).await;
        let answered: Vec<Option<i64>> = history["messages"]["nodes"].as_array().unwrap().iter()
            .map(|node| node["replyTo"]["seq"].as_i64()).collect();
        assert_eq!(answered, [None, Some(1), None, Some(1), Some(2)], "an answer has its place in the room as well");
    }

    async fn answers_are_paged_both_ways_by_the_cursors_of_the_room(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let (one, other) = (send(&amber, &room, "one").await, send(&amber, &room, "other").await);
        for number in 0..7 {
            answer(&amber, &room, &one, &number.to_string()).await;
            answer(&amber, &room, &other, "not asked for").await;
        }
        let page = async |args: &str| {
            let found = message(&amber, &one, &format!("replies({args}) {{
                totalCount edges {{ cursor node {{ text }} }} pageInfo {{ hasNextPage hasPreviousPage }} }}")).await;
            let replies = &found["replies"];
            assert_eq!(replies["totalCount"], 7);
            let edges = replies["edges"].as_array().unwrap();
            let texts: String = edges.iter().map(|edge| edge["node"]["text"].as_str().unwrap()).collect();
            let cursors: Vec<String> = edges.iter().map(|edge| edge["cursor"].as_str().unwrap().to_owned()).collect();
            let ends = (replies["pageInfo"]["hasPreviousPage"].as_bool().unwrap(), replies["pageInfo"]["hasNextPage"].as_bool().unwrap());
            (texts, cursors, ends)
        };
        let (texts, cursors, ends) = page("first: 3").await;
        assert_eq!((texts.as_str(), ends), ("012", (false, true)));
        assert_eq!(page(&format!("first: 3, after: \"{}\"", cursors[2])).await.0, "345");
        let (texts, cursors, ends) = page("last: 3").await;
        assert_eq!((texts.as_str(), ends), ("456", (true, false)));
        assert_eq!(page(&format!("last: 9, before: \"{}\"", cursors[0])).await.0, "0123");
        assert_eq!(page("first: 50").await.0, "0123456");
        assert_eq!(page("first: 0").await.0, "");
        // The same cursor goes on in the room, and live.
        let rest = amber.ask("query($r: ID!, $a: String) { messages(roomId: $r, after: $a) { nodes { text } } }",
            json!({ "r": room, "a": cursors[2] })).await;
        assert_eq!(rest["messages"]["nodes"], json!([{ "text": "not asked for" }]));
        let query = "query($m: ID!) { node(id: $m) { ... on Message { replies(after: \"none\") { totalCount } } } }";
        assert_eq!(amber.code(query, json!({ "m": one })).await, "CURSOR_INVALID");
    }

    async fn only_a_message_of_the_room_that_still_says_something_is_answered(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let (den, study) = (amber.room("Den", &[&basil]).await, amber.room("Study", &[]).await);
        let elsewhere = send(&amber, &study, "in another room").await;
        let gone = send(&amber, &den, "gone soon").await;
        amber.mutate("deleteMessage", json!({ "messageId": gone }), "").await;
        let before = head(&amber, &den).await;
        let absent = GlobalId::Message(i64::MAX.into()).encode();
        for (to, code) in [(&elsewhere, "NOT_FOUND"), (&absent, "NOT_FOUND"), (&gone, "CONFLICT"), (&den, "BAD_INPUT")] {
            for caller in [&amber, &basil] {
                let input = json!({ "roomId": den, "text": "answer", "replyToId": to, "clientMessageId": "k" });
                let refused = caller.try_mutate("sendMessage", input, "message { id }").await;
                assert_eq!((&refused["message"], &refused["errors"][0]["code"]), (&Value::Null, &json!(code)));
                assert_eq!(refused["errors"][0]["path"], json!(["input", "replyToId"]));
            }
        }
        assert_eq!(head(&amber, &den).await, before, "nothing was sent");
        // Who may not send is told so first, whatever they answer.
        let stranger = app.user("stranger").await;
        let input = json!({ "roomId": den, "text": "answer", "replyToId": gone });
        assert_eq!(stranger.refused("sendMessage", input).await, ["NOT_FOUND"]);
    }

    async fn a_repeated_answer_is_the_same_answer(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let (one, other) = (send(&amber, &room, "one").await, send(&amber, &room, "other").await);
        let input = |to: Value| json!({ "roomId": room, "text": "answer", "replyToId": to, "clientMessageId": "k" });
        let first = amber.mutate("sendMessage", input(json!(one)), "duplicate message { id replyTo { id } }").await;
        assert_eq!((&first["duplicate"], &first["message"]["replyTo"]["id"]), (&json!(false), &json!(one)));
        for to in [json!(other), Value::Null] {
            let refused = amber.try_mutate("sendMessage", input(to), "").await;
            assert_eq!((&refused["errors"][0]["code"], &refused["errors"][0]["path"]),
                (&json!("CONFLICT"), &json!(["input", "clientMessageId"])));
        }
        let sent = first["message"]["id"].as_str().unwrap();
        amber.mutate("editMessage", json!({ "messageId": sent, "text": "edited" }), "").await;
        assert_eq!(amber.refused("sendMessage", input(json!(other))).await, ["CONFLICT"], "an edit does not change what it answers");
        // What was answered may be gone by the time the answer is repeated.
        amber.mutate("deleteMessage", json!({ "messageId": one }), "").await;
        let again = amber.mutate("sendMessage", input(json!(one)), "duplicate message { id }").await;
        assert_eq!((&again["duplicate"], &again["message"]["id"]), (&json!(true), &json!(sent)));
    }

    async fn what_was_deleted_keeps_its_answers_and_an_answer_its_place(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let question = send(&amber, &room, "where?").await;
        let (first, second) = (answer(&amber, &room, &question, "here").await, answer(&amber, &room, &question, "there").await);
        for gone in [&question, &first] {
            amber.mutate("deleteMessage", json!({ "messageId": gone }), "").await;
        }
        let left = message(&amber, &second, "replyTo { id text deletedAt }").await;
        assert_eq!((&left["replyTo"]["id"], &left["replyTo"]["text"]), (&json!(question), &json!("")));
        assert!(left["replyTo"]["deletedAt"].is_string());
        let found = message(&amber, &question, "replyCount replies { totalCount nodes { id text } }").await;
        assert_eq!(found, json!({ "replyCount": 2, "replies": { "totalCount": 2,
            "nodes": [{ "id": first, "text": "" }, { "id": second, "text": "there" }] } }));
        assert_eq!(message(&amber, &first, "replyTo { id }").await["replyTo"]["id"], json!(question));
    }

    async fn answers_are_told_live_with_what_they_answer(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let question = send(&amber, &room, "where?").await;
        let start = head(&amber, &room).await;
        let query = "subscription($r: ID!, $a: String) { messageAdded(roomId: $r, after: $a) {
            message { text replyTo { text } replies { totalCount } } } }";
        let mut live = Socket::follow(&app, &basil, query, json!({ "r": room, "a": start })).await;
        answer(&amber, &room, &question, "here").await;
        let here = json!({ "message": { "text": "here", "replyTo": { "text": "where?" }, "replies": { "totalCount": 0 } } });
        assert_eq!(live.told().await, here);
        amber.mutate("deleteMessage", json!({ "messageId": question }), "").await;
        for from in ["the ring", "the database"] {
            if from == "the database" {
                app.app.hub().tidy(tokio::time::Instant::now() + std::time::Duration::from_hours(24));
            }
            let mut again = Socket::follow(&app, &basil, query, json!({ "r": room, "a": start })).await;
            assert_eq!(again.told().await["message"]["replyTo"]["text"], "", "from {from}, as it is now");
        }
    }

    async fn of_sends_side_by_side_one_that_answers_nothing_is_refused_alone(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let (room, study) = (amber.room("Den", &[&basil]).await, basil.room("Study", &[]).await);
        let question = send(&amber, &room, "where?").await;
        let elsewhere = send(&basil, &study, "in another room").await;
        let sends = (0..60).map(|number| {
            let (caller, room) = (if number % 2 == 0 { &amber } else { &basil }.clone(), room.clone());
            let to = match number % 3 {
                0 => json!(question),
                1 => json!(elsewhere),
                _ => Value::Null,
            };
            tokio::spawn(async move {
                let input = json!({ "roomId": room, "text": number.to_string(), "replyToId": to });
                let payload = caller.try_mutate("sendMessage", input, "message { replyTo { text } }").await;
                let expected = match number % 3 {
                    0 => json!({ "message": { "replyTo": { "text": "where?" } }, "errors": [] }),
                    1 => json!("NOT_FOUND"),
                    _ => json!({ "message": { "replyTo": null }, "errors": [] }),
                };
                let told = if number % 3 == 1 { payload["errors"][0]["code"].clone() } else { payload };
                assert_eq!(told, expected, "{number}");
            })
        });
        for sent in sends.collect::<Vec<_>>() {
            sent.await.unwrap();
        }
        let query = "query($r: ID!) { messages(roomId: $r, last: 100) { totalCount nodes { seq } } }";
        let found = amber.ask(query, json!({ "r": room })).await;
        assert_eq!(found["messages"]["totalCount"], 41);
        let seqs = found["messages"]["nodes"].as_array().unwrap().iter().map(|node| node["seq"].as_i64().unwrap());
        assert!(seqs.eq(1..=41), "no number was taken for what was refused");
        assert_eq!(message(&amber, &question, "replyCount").await["replyCount"], 20);
    }

    async fn a_send_that_answers_nothing_asks_nothing_more_of_the_database(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let question = send(&amber, &room, "where?").await;
        let cost = async |to: Value| {
            let mut least = u64::MAX;
            for _ in 0..3 {
                amber.ask("{ viewer { id } }", json!({})).await;
                let before = app.app.store().statements();
                amber.mutate("sendMessage", json!({ "roomId": room, "text": "x", "replyToId": to }), "").await;
                least = least.min(app.app.store().statements() - before);
            }
            least
        };
        let plain = cost(Value::Null).await;
        assert_eq!(cost(json!(question)).await, plain + 1, "what is answered is looked at");
        // The room with the role, the place, the message and its words; PostgreSQL does some of it in one.
        assert!(plain <= 4, "{plain}");
    }
}
