//! Values that no form would send: each is refused with a code, and nothing of it is stored.

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::http::{GRAPHQL, Got, post};
use crate::on_both;
use crate::support::{Caller, TestApp};

/// Sends a document with variables on behalf of someone.
async fn got(app: &TestApp, caller: &Caller, query: &str, variables: &Value) -> Got {
    let body = json!({ "query": query, "variables": variables }).to_string();
    Got::of(
        post(app, GRAPHQL, body)
            .header(AUTHORIZATION, format!("Bearer {}", caller.token.as_deref().unwrap())),
    )
    .await
}

async fn count(caller: &Caller, room: &str) -> Value {
    let query = "query($r: ID!) { room(id: $r) { name description memberCount messages { totalCount } } }";
    caller.ask(query, json!({ "r": room })).await["room"].take()
}

const SEND: &str =
    "mutation($i: SendMessageInput!) { sendMessage(input: $i) { message { id } errors { code path } } }";

on_both! {
    async fn a_nul_is_refused_wherever_it_stands(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let before = count(&amber, &room).await;
        for (field, input) in [
            ("sendMessage", json!({ "roomId": room, "text": "a\u{0}b" })),
            ("sendMessage", json!({ "roomId": room, "text": "a", "clientMessageId": "k\u{0}" })),
            ("createRoom", json!({ "name": "De\u{0}n" })),
            ("createRoom", json!({ "name": "Den", "description": "\u{0}" })),
            ("createRoom", json!({ "name": "Den", "password": "a\u{0}long enough" })),
            ("updateRoom", json!({ "roomId": room, "name": "\u{0}" })),
            ("updateRoom", json!({ "roomId": room, "description": "x\u{0}" })),
            ("updateProfile", json!({ "bio": "\u{0}" })),
            ("updateProfile", json!({ "firstName": "a\u{0}" })),
            ("updateProfile", json!({ "username": "a\u{0}" })),
            ("updateProfile", json!({ "email": "a\u{0}@example.com" })),
            ("updateProfile", json!({ "phone": "1\u{0}" })),
        ] {
            let codes = amber.refused(field, input.clone()).await;
            assert!(codes.iter().all(|code| code != "INTERNAL"), "{field} {input}: {codes:?}");
        }
        for (query, variables) in [
            ("query($s: String!) { users(filter: {search: $s}) { totalCount } }", json!({ "s": "a\u{0}" })),
            ("query($s: String!) { rooms(filter: {search: $s}) { totalCount } }", json!({ "s": "a\u{0}" })),
            ("query($s: String!) { rooms(after: $s) { totalCount } }", json!({ "s": "a\u{0}" })),
            ("query($s: ID!) { room(id: $s) { id } }", json!({ "s": "a\u{0}" })),
        ] {
            let code = amber.code(query, variables).await;
            assert!(["BAD_INPUT", "CURSOR_INVALID"].contains(&code.as_str()), "{query}: {code}");
        }
        assert_eq!(count(&amber, &room).await, before);
        assert_eq!(amber.ask("{ rooms { totalCount } viewer { username bio firstName } }", json!({})).await,
            json!({ "rooms": { "totalCount": 1 }, "viewer": { "username": "amber", "bio": null, "firstName": "" } }));
    }

    async fn a_megabyte_of_text_is_too_long_everywhere(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let before = count(&amber, &room).await;
        let long = "x".repeat(1_000_000);
        for (field, input) in [
            ("sendMessage", json!({ "roomId": room, "text": long })),
            ("sendMessage", json!({ "roomId": room, "text": "e\u{301}".repeat(300_000) })),
            ("sendMessage", json!({ "roomId": room, "text": "a", "clientMessageId": long })),
            ("createRoom", json!({ "name": long })),
            ("createRoom", json!({ "name": "Den", "description": long })),
            ("createRoom", json!({ "name": "Den", "password": long })),
            ("updateRoom", json!({ "roomId": room, "name": long })),
            ("updateProfile", json!({ "bio": long })),
            ("updateProfile", json!({ "lastName": long })),
            ("updateProfile", json!({ "address": long })),
            ("changePassword", json!({ "currentPassword": "a long enough phrase", "newPassword": long })),
            ("login", json!({ "usernameOrEmail": "amber", "password": long })),
            ("login", json!({ "usernameOrEmail": long, "password": "a long enough phrase" })),
            ("refreshSession", json!({ "refreshToken": long })),
            ("joinRoom", json!({ "inviteCode": long })),
        ] {
            let shown: String = input.to_string().chars().take(80).collect();
            let codes = amber.refused(field, input).await;
            assert!(codes.iter().all(|code| code != "INTERNAL"), "{field} {shown}: {codes:?}");
        }
        assert_eq!(count(&amber, &room).await, before);
        app.login("amber", "a long enough phrase").await;
    }

    async fn variables_of_the_wrong_type_are_a_coded_400(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let before = count(&amber, &room).await;
        let list = "query($n: Int, $f: RoomFilter) { rooms(first: $n, filter: $f) { totalCount } }";
        for (query, variables) in [
            (list, json!({ "n": "5" })),
            (list, json!({ "n": 1.5 })),
            (list, json!({ "n": true })),
            (list, json!({ "n": [1, 2] })),
            (list, json!({ "n": 99_999_999_999_i64 })),
            (list, json!({ "n": -99_999_999_999_i64 })),
            (list, json!({ "f": 5 })),
            (list, json!({ "f": "x" })),
            (list, json!({ "f": { "nonsense": 1 } })),
            (list, json!({ "f": { "kind": "NOPE" } })),
            (list, json!({ "f": { "search": 5 } })),
            (SEND, json!({})),
            (SEND, json!({ "i": null })),
            (SEND, json!({ "i": 5 })),
            (SEND, json!({ "i": [] })),
            (SEND, json!({ "i": { "text": "no room" } })),
            (SEND, json!({ "i": { "roomId": null, "text": "null room" } })),
            (SEND, json!({ "i": { "roomId": room, "text": 5 } })),
            (SEND, json!({ "i": { "roomId": room, "text": ["a"] } })),
            (SEND, json!({ "i": { "roomId": room, "text": null } })),
            (SEND, json!({ "i": { "roomId": room, "text": "a", "senderId": amber.id } })),
            (SEND, json!({ "i": { "roomId": { "id": room }, "text": "a" } })),
            ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": [null] })),
            ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": [[room]] })),
        ] {
            let got = got(&app, &amber, query, &variables).await;
            got.assert_refused(400, "BAD_INPUT", &variables.to_string());
        }
        assert_eq!(count(&amber, &room).await, before);
    }

    async fn a_malformed_mutation_behind_a_good_one_does_not_hide_what_the_good_one_did(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let query = "mutation($a: SendMessageInput!, $b: SendMessageInput!) {
            a: sendMessage(input: $a) { message { id } } b: sendMessage(input: $b) { message { id } } }";
        let got = got(&app, &amber, query, &json!({ "a": { "roomId": room, "text": "kept" }, "b": 5 })).await;
        let stored = count(&amber, &room).await["messages"]["totalCount"].as_i64().unwrap();
        let says_that_it_ran = got.json().get("data").is_some();
        assert_eq!(says_that_it_ran, stored == 1, "{}", got.text);
        assert_eq!(got.code(), "BAD_INPUT");
    }

    async fn ids_of_another_type_name_nothing(app) {
        let (amber, blue) = (app.user("amber").await, app.user("blue").await);
        let room = amber.room("Den", &[]).await;
        let sent = amber.say(&room, "hello").await["message"]["id"].as_str().unwrap().to_owned();
        for id in [amber.id.as_str(), &sent, "", "x", "1", "../../etc/passwd", "VQ", &"A".repeat(5000), "' OR 1=1 --", "é"] {
            assert_eq!(amber.code("query($i: ID!) { room(id: $i) { id } }", json!({ "i": id })).await, "BAD_INPUT", "{id}");
            let codes = amber.refused("sendMessage", json!({ "roomId": id, "text": "a" })).await;
            assert_eq!(codes, ["BAD_INPUT"], "{id}");
        }
        for id in [room.as_str(), &sent, "x"] {
            assert_eq!(amber.code("query($i: ID!) { user(id: $i) { id } }", json!({ "i": id })).await, "BAD_INPUT", "{id}");
            assert_eq!(amber.refused("addMembers", json!({ "roomId": room, "userIds": [blue.id, id] })).await, ["BAD_INPUT"]);
        }
        assert_eq!(count(&amber, &room).await["memberCount"], 1);
    }

    async fn a_node_that_is_none_is_null(app) {
        let amber = app.user("amber").await;
        let ids = json!({ "ids": ["", "x", "'; DROP TABLE users; --", "a\u{0}", "A".repeat(5000), amber.id] });
        let data = amber.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids).await;
        assert_eq!(data["nodes"], json!([null, null, null, null, null, { "id": amber.id }]));
    }

    async fn page_sizes_and_cursors_out_of_range_are_refused(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for (arguments, code) in [
            ("first: -1", "BAD_INPUT"),
            ("first: 201", "BAD_INPUT"),
            ("first: 99999999", "BAD_INPUT"),
            ("last: -2147483648", "BAD_INPUT"),
            ("first: 1, last: 1", "BAD_INPUT"),
            ("first: 99999999999", "BAD_INPUT"),
            ("after: \"\"", "CURSOR_INVALID"),
            ("after: \"x\"", "CURSOR_INVALID"),
            ("before: \"AAAAAAAAAAAAAAAAAAAAAAAA\"", "CURSOR_INVALID"),
        ] {
            for list in ["rooms", "users", "messages"] {
                let query = format!("{{ {list}({arguments}) {{ totalCount edges {{ cursor }} }} }}");
                assert_eq!(amber.code(&query, json!({})).await, code, "{query}");
            }
            let nested = format!("query($r: ID!) {{ room(id: $r) {{ messages({arguments}) {{ edges {{ cursor }} }} }} }}");
            assert_eq!(amber.code(&nested, json!({ "r": room })).await, code, "{nested}");
        }
    }

    async fn wildcards_and_quotes_in_a_search_are_letters(app) {
        let amber = app.user("amber").await;
        app.user("blue").await;
        for search in ["%", "_", "am%", "a_ber", "'", "\"", "\\", "' OR '1'='1", "[a-z]"] {
            let data = amber.ask("query($s: String!) { users(filter: {search: $s}) { totalCount } }", json!({ "s": search })).await;
            assert_eq!(data["users"]["totalCount"], 0, "{search}");
        }
    }

    async fn text_of_any_script_is_stored_as_given(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for text in ["<script>alert(1)</script>", "\u{202e}right to left", "👩‍👩‍👧‍👦", "'; DROP TABLE messages; --", "a\tb\r\nc\u{7f}", "\u{feff}bom", "e\u{301}"] {
            assert_eq!(amber.say(&room, text).await["message"]["text"], text);
        }
    }

    async fn half_of_a_surrogate_pair_is_a_400(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let body = format!(r#"{{"query": "{SEND}", "variables": {{"i": {{"roomId": "{room}", "text": "\ud800"}}}}}}"#);
        let sent = post(&app, GRAPHQL, body).header(AUTHORIZATION, format!("Bearer {}", amber.token.as_deref().unwrap()));
        Got::of(sent).await.assert_refused(400, "BAD_INPUT", "surrogate");
        assert_eq!(count(&amber, &room).await["messages"]["totalCount"], 0);
    }

    async fn variables_nested_without_end_are_a_400(app) {
        for depth in [1_000, 100_000] {
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let body = format!(r#"{{"query": "{{ __typename }}", "variables": {{"x": {deep}}}}}"#);
            Got::of(post(&app, GRAPHQL, body)).await.assert_refused(400, "BAD_INPUT", "deep variables");
        }
        let deepest = format!(r#"{{"query": "{{ __typename }}", "variables": {{"x": {}{}}}}}"#, "[".repeat(120), "]".repeat(120));
        assert_eq!(Got::of(post(&app, GRAPHQL, deepest)).await.status, 200);
    }
}
