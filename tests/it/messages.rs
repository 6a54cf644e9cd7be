//! Messages: what a text may be, who may send it, and keys of one's own.

use serde_json::{Value, json};

use crate::on_both;
use crate::rooms::{nobody, read};
use crate::support::Caller;

/// Reads a message by its id.
async fn message(caller: &Caller, id: &Value, fields: &str) -> Value {
    let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Message {{ {fields} }} }} }}");
    caller.ask(&query, json!({ "id": id })).await["node"].take()
}

fn keyed(room: &str, text: &str, key: &str) -> Value {
    json!({ "roomId": room, "text": text, "clientMessageId": key })
}

on_both! {
    async fn a_text_is_bounded_in_characters_and_in_bytes(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let refusals = [
            ("t".repeat(4_001), "TOO_LONG"),
            // Few characters to the eye, a megabyte on the wire.
            (format!("e{}", "\u{301}".repeat(500_000)), "TOO_LONG"),
            (String::new(), "EMPTY"),
            (" \t\r\n\u{a0}\u{2003}".to_owned(), "EMPTY"),
            ("a\u{0}b".to_owned(), "BAD_INPUT"),
        ];
        for (text, code) in refusals {
            let payload = amber.try_mutate("sendMessage", json!({ "roomId": room, "text": text }), "").await;
            let fault = &payload["errors"][0];
            assert_eq!((&fault["code"], &fault["path"]), (&json!(code), &json!(["input", "text"])), "{text:.20}");
        }
        for (text, seq) in [("é".repeat(4_000), 1), ("🦀".repeat(4_000), 2)] {
            let sent = amber.say(&room, &text).await;
            assert_eq!((&sent["message"]["text"], &sent["message"]["seq"]), (&json!(text), &json!(seq)));
        }
    }

    async fn a_text_over_the_bound_in_bytes_is_refused_though_its_characters_are_few(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let family = "👨\u{200d}👩\u{200d}👧";
        let input = json!({ "roomId": room, "text": family.repeat(1_000) });
        assert_eq!(amber.refused("sendMessage", input).await, ["TOO_LONG"]);
    }

    async fn a_text_is_stored_as_given(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let texts = [
            "<script>alert(1)</script>",
            "\u{202e}txt.exe\u{202c}",
            "\u{1}\u{7}\u{8}\u{1b}[31mred\u{7f}\u{85}",
            "  leading and trailing \r\n",
            "e\u{301} is not é",
            "'; DROP TABLE messages; --",
            "\u{feff}\u{fffe}\u{10ffff}",
        ];
        for text in texts {
            let id = amber.say(&room, text).await["message"]["id"].take();
            assert_eq!(message(&amber, &id, "text").await["text"], json!(text));
        }
        let shown = read(&amber, &room, "messages { nodes { text } } lastMessage { text }").await;
        let listed: Vec<_> = shown["messages"]["nodes"].as_array().unwrap().iter().map(|node| &node["text"]).collect();
        assert_eq!(listed, texts);
        assert_eq!(shown["lastMessage"]["text"], json!(texts[6]));
    }

    async fn a_reader_reads_and_does_not_post(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        amber.mutate("addMembers", json!({ "roomId": room, "userIds": [birch.id], "role": "READER" }), "").await;
        amber.say(&room, "news").await;
        assert_eq!(birch.refused("sendMessage", json!({ "roomId": room, "text": "hm" })).await, ["FORBIDDEN"]);
        assert_eq!(read(&birch, &room, "lastMessage { text }").await["lastMessage"]["text"], json!("news"));
    }

    async fn numbers_stay_contiguous_after_refusals(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[]).await;
        amber.mutate("sendMessage", keyed(&room, "one", "k"), "").await;
        amber.refused("sendMessage", keyed(&room, "other", "k")).await;
        amber.refused("sendMessage", json!({ "roomId": room, "text": "" })).await;
        amber.refused("sendMessage", json!({ "roomId": room, "text": "t".repeat(4_001) })).await;
        birch.refused("sendMessage", json!({ "roomId": room, "text": "let me in" })).await;
        amber.mutate("sendMessage", keyed(&room, "one", "k"), "").await;
        assert_eq!(amber.say(&room, "two").await["message"]["seq"], json!(2));
        assert_eq!(read(&amber, &room, "messages { totalCount }").await["messages"]["totalCount"], json!(2));
    }

    async fn a_client_message_id_counts_within_its_sender_and_room(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let (den, hall) = (amber.room("Den", &[&birch]).await, amber.room("Hall", &[]).await);
        for (sender, room, text) in [(&amber, &den, "one"), (&birch, &den, "two"), (&amber, &hall, "three")] {
            let payload = sender.mutate("sendMessage", keyed(room, text, "k"), "duplicate message { text }").await;
            assert_eq!(payload, json!({ "duplicate": false, "message": { "text": text }, "errors": [] }));
        }
    }

    async fn a_repeated_send_gives_the_first_message_with_its_cursor(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let selection = "message { id seq createdAt } edge { cursor node { id } }";
        let first = amber.mutate("sendMessage", keyed(&room, "one", "k"), selection).await;
        amber.say(&room, "two").await;
        app.pass(chrono::TimeDelta::days(400));
        let amber = app.login("amber", crate::support::app::PASSWORD).await;
        assert_eq!(amber.mutate("sendMessage", keyed(&room, "one", "k"), selection).await, first);
    }

    async fn a_send_repeated_ten_times_at_once_is_one_message(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let sends = (0..10).map(|_| amber.mutate("sendMessage", keyed(&room, "one", "k"), "duplicate message { id }"));
        let payloads = futures_util::future::join_all(sends).await;
        let firsts = payloads.iter().filter(|payload| payload["duplicate"] == json!(false)).count();
        assert_eq!(firsts, 1);
        assert!(payloads.iter().all(|payload| payload["message"]["id"] == payloads[0]["message"]["id"]));
    }

    async fn a_client_message_id_is_bounded(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for (key, code) in [(String::new(), "EMPTY"), ("k".repeat(129), "TOO_LONG"), ("a\u{0}b".to_owned(), "BAD_INPUT")] {
            assert_eq!(amber.refused("sendMessage", keyed(&room, "one", &key)).await, [code]);
        }
        amber.mutate("sendMessage", keyed(&room, "one", &"k".repeat(128)), "").await;
    }

    async fn a_client_message_id_is_shown_to_its_sender_only(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        let sent = amber.mutate("sendMessage", keyed(&room, "one", "k"), "message { id clientMessageId }").await;
        assert_eq!(sent["message"]["clientMessageId"], json!("k"));
        let field = "clientMessageId";
        let id = &sent["message"]["id"];
        assert_eq!(message(&amber, id, field).await[field], json!("k"));
        assert_eq!(message(&birch, id, field).await[field], Value::Null);
        let listed = read(&birch, &room, "lastMessage { clientMessageId } messages { nodes { clientMessageId } }").await;
        assert!(!listed.to_string().contains("\"k\""), "{listed}");
    }

    async fn a_direct_message_opens_the_duo_of_the_two(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let selection = "message { seq sender { id } room { id kind } }";
        let to = |person: &Caller, text: &str| json!({ "userId": person.id, "text": text });
        let first = amber.mutate("sendDirectMessage", to(&birch, "hello"), selection).await["message"].take();
        let second = birch.mutate("sendDirectMessage", to(&amber, "hi"), selection).await["message"].take();
        assert_eq!((&first["seq"], &second["seq"]), (&json!(1), &json!(2)));
        assert_eq!((&first["room"]["kind"], &second["room"]["id"]), (&json!("DUO"), &first["room"]["id"]));
        assert_eq!((&first["sender"]["id"], &second["sender"]["id"]), (&json!(amber.id), &json!(birch.id)));
    }

    async fn direct_messages_at_once_open_one_duo(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let sends = (0..10).map(|turn| {
            let (from, to) = if turn % 2 == 0 { (&amber, &birch) } else { (&birch, &amber) };
            let input = json!({ "userId": to.id, "text": turn.to_string() });
            from.mutate("sendDirectMessage", input, "message { seq room { id memberCount } }")
        });
        let payloads = futures_util::future::join_all(sends).await;
        let mut seqs: Vec<_> = payloads.iter().map(|payload| payload["message"]["seq"].as_i64().unwrap()).collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
        let first = &payloads[0]["message"]["room"];
        assert_eq!(first["memberCount"], json!(2));
        assert!(payloads.iter().all(|payload| payload["message"]["room"] == *first));
    }

    async fn a_direct_message_to_oneself_is_refused(app) {
        let amber = app.user("amber").await;
        let input = json!({ "userId": amber.id, "text": "note" });
        assert_eq!(amber.refused("sendDirectMessage", input).await, ["BAD_INPUT"]);
    }

    async fn a_direct_message_to_nobody_is_not_found(app) {
        let amber = app.user("amber").await;
        let payload = amber.try_mutate("sendDirectMessage", json!({ "userId": nobody(7), "text": "hi" }), "").await;
        let fault = &payload["errors"][0];
        assert_eq!((&fault["code"], &fault["path"]), (&json!("NOT_FOUND"), &json!(["input", "userId"])));
    }

    async fn a_refused_direct_message_opens_no_room(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let input = json!({ "userId": birch.id, "text": " " });
        assert_eq!(amber.refused("sendDirectMessage", input).await, ["EMPTY"]);
        let list = birch.ask("{ rooms { totalCount } }", json!({})).await;
        assert_eq!(list["rooms"]["totalCount"], json!(0));
    }

    async fn messages_of_all_rooms_are_those_of_ones_own_rooms_in_the_order_stored(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let (den, hall) = (amber.room("Den", &[&birch]).await, amber.room("Hall", &[]).await);
        for (room, text) in [(&den, "one"), (&hall, "two"), (&den, "three")] {
            amber.say(room, text).await;
        }
        let query = "{ messages { totalCount nodes { text } } }";
        let texts = |list: Value| {
            let nodes = list["messages"]["nodes"].as_array().unwrap().clone();
            let texts: Vec<_> = nodes.iter().map(|node| node["text"].as_str().unwrap().to_owned()).collect();
            assert_eq!(list["messages"]["totalCount"], json!(texts.len()));
            texts
        };
        assert_eq!(texts(amber.ask(query, json!({})).await), ["one", "two", "three"]);
        assert_eq!(texts(birch.ask(query, json!({})).await), ["one", "three"]);
        birch.mutate("leaveRoom", json!({ "roomId": den }), "").await;
        assert_eq!(texts(birch.ask(query, json!({})).await), Vec::<String>::new());
    }
}
