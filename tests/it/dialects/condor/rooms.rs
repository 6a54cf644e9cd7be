//! Messages and rooms: what a send answers, who sees what, and how it reaches the other doors.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{FORBIDDEN, Member, NOW, contents, detail, error, people};
use crate::dialects::support::Body;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::socket::Socket;

const INVALID: &str = "invalid payload to send messages";
const NOBODY: &str = "invalid user to chat with";
const NO_ROOM: &str = "the room you are trying to reaching does not exists or you are not  part of it";

fn titles(list: &Value) -> Vec<&str> {
    list["results"].as_array().unwrap().iter().map(|room| room["title"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_message_to_someone_is_answered_with_their_whole_room(app) {
        let (_, hazel, rowan, cedar) = people(&app).await;
        let first = hazel.tell(&rowan, "ripe").await;
        first.is(201, &json!({
            "id": 1, "title": "hazel - rowan", "timestamp": NOW,
            "messages": [{ "sender": hazel.id, "timestamp": NOW, "content": "ripe" }],
        }));
        app.pass(TimeDelta::milliseconds(1_500));
        // The same room from the other side, oldest first.
        let second = rowan.tell(&hazel, "  ").await.body;
        assert_eq!((&second["id"], contents(&second)), (&json!(1), vec!["ripe", "  "]));
        assert_eq!(second["messages"][1]["timestamp"], "2027-01-15T03:00:01.500000-05:00");
        // A number in a text, a form, and a text that is none.
        let path = "/send_message_to_user/";
        let told = hazel.post(path, json!({ "message": { "a": [true, null] }, "user_id": cedar.id.to_string() })).await;
        assert_eq!((told.status, told.body["title"].as_str().unwrap()), (201, "hazel - cedar"));
        let form = Body::Form(vec![("message", "form".to_owned()), ("user_id", cedar.id.to_string())]);
        let told = hazel.call(Method::POST, path, form).await.body;
        assert_eq!((&told["id"], contents(&told)), (&json!(2), vec!["{'a': [True, None]}", "form"]));
    }

    async fn what_is_wrong_with_a_message_to_someone_is_one_sentence(app) {
        let (_, hazel, rowan, _) = people(&app).await;
        let path = "/send_message_to_user/";
        let same = "the sender and the receiver can not be the same for new messages";
        for (body, text) in [
            (json!({}), INVALID),
            (json!({ "user_id": rowan.id }), INVALID),
            (json!({ "user_id": rowan.id, "message": "" }), INVALID),
            (json!({ "user_id": rowan.id, "message": 0 }), INVALID),
            (json!({ "message": "x" }), INVALID),
            (json!({ "message": "x", "user_id": 0 }), INVALID),
            (json!({ "message": "x", "user_id": null }), INVALID),
            (json!({ "message": "x", "user_id": hazel.id }), same),
            (json!({ "message": "x", "user_id": 999 }), NOBODY),
            // The original fell over these.
            (json!({ "message": "x", "user_id": "abc" }), NOBODY),
            (json!({ "message": "x", "user_id": [1] }), NOBODY),
            (json!({ "message": "x", "user_id": 1e40 }), NOBODY),
        ] {
            hazel.post(path, body.clone()).await.is(400, &error(text));
        }
        assert_eq!(hazel.post(path, json!([])).await.status, 400);
        assert_eq!(hazel.call(Method::POST, path, Body::Raw("application/json", "{".to_owned())).await.status, 400);
        hazel.get(path).await.is(405, &detail("Method \"GET\" not allowed."));
        // What cannot be stored leaves no room behind.
        for text in ["x".repeat(5_000), "\0".to_owned()] {
            let refused = hazel.tell(&rowan, &text).await;
            assert_eq!((refused.status, refused.body["error"].is_string()), (400, true), "{}", refused.text);
        }
        assert_eq!(hazel.get("/rooms/").await.body["count"], 0);
    }

    async fn a_room_is_made_of_those_named_and_written_to_by_its_members(app) {
        let (_, hazel, rowan, cedar) = people(&app).await;
        let made = json!({ "title": "Orchard", "participants": [hazel.id, rowan.id, cedar.id] });
        hazel.post("/rooms/", made).await.is(201, &json!({
            "id": 1, "title": "Orchard", "timestamp": NOW, "messages": [],
        }));
        assert_eq!(contents(&hazel.say(1, "hi all").await.body), ["hi all"]);
        let body = json!({ "message": "hello", "group_id": "1" });
        let reply = rowan.post("/send_message_to_room/", body).await;
        assert_eq!((reply.status, contents(&reply.body)), (201, vec!["hi all", "hello"]));
        // The caller is not added.
        let root = Member::enter(&app, "root", PASSWORD).await;
        let others = hazel.room("Others", &[&rowan, &cedar, &root]).await;
        hazel.say(others, "x").await.is(400, &error(NO_ROOM));
        assert_eq!(hazel.get(&format!("/rooms/{others}/")).await.status, 404);
        assert_eq!(rowan.say(others, "x").await.status, 201);
        // Fewer than three are no group.
        let pair = hazel.room("Pair", &[&hazel, &rowan]).await;
        for room in [pair, 999] {
            hazel.say(room, "x").await.is(400, &error(NO_ROOM));
        }
        for (body, text) in [
            (json!({}), INVALID),
            (json!({ "message": "x" }), INVALID),
            (json!({ "message": "", "group_id": 1 }), INVALID),
            (json!({ "message": "x", "group_id": "abc" }), NO_ROOM),
        ] {
            hazel.post("/send_message_to_room/", body).await.is(400, &error(text));
        }
        // The first room of a pair is where they write to one another.
        let told = rowan.tell(&hazel, "psst").await.body;
        assert_eq!((&told["id"], &told["title"]), (&json!(pair), &json!("Pair")));
        let second = hazel.room("Second", &[&hazel, &rowan]).await;
        assert_ne!(second, pair);
        assert_eq!(hazel.tell(&rowan, "here").await.body["id"], pair);
        // No number is lost where a pair has a room already.
        assert_eq!(hazel.room("Third", &[&hazel, &rowan]).await, second + 1);
    }

    async fn what_is_wrong_with_a_room_is_said_by_field(app) {
        let (_, hazel, rowan, _) = people(&app).await;
        let required = json!(["This field is required."]);
        hazel.post("/rooms/", json!({})).await.is(400, &json!({ "title": required, "participants": required }));
        let long = "t".repeat(256);
        for (title, participants, field, text) in [
            ("x", json!([hazel.id, 999]), "participants", "Invalid pk \"999\" - object does not exist."),
            ("x", json!(["abc"]), "participants", "Incorrect type. Expected pk value, received str."),
            ("x", json!(3), "participants", "Expected a list of items but got type \"int\"."),
            ("", json!([hazel.id]), "title", "This field may not be blank."),
            (&long, json!([hazel.id]), "title", "Ensure this field has no more than 255 characters."),
        ] {
            let body = json!({ "title": title, "participants": participants });
            hazel.post("/rooms/", body).await.is(400, &json!({ field: [text] }));
        }
        let many: Vec<i64> = (1..=5_000).collect();
        let body = json!({ "title": "x", "participants": many });
        let refused = hazel.post("/rooms/", body).await;
        assert_eq!((refused.status, refused.body["participants"].is_array()), (400, true), "{}", refused.text);
        assert_eq!(hazel.get("/rooms/").await.body["count"], 0);
        // A form repeats the key.
        let form = format!("title=Form&participants={}&participants={}", hazel.id, rowan.id);
        let body = Body::Raw("application/x-www-form-urlencoded", form);
        assert_eq!(hazel.call(Method::POST, "/rooms/", body).await.status, 201);
        assert_eq!(titles(&rowan.get("/rooms/").await.body), ["Form"]);
        // Nobody at all may be in it.
        assert_eq!(hazel.post("/rooms/", json!({ "title": "None", "participants": [] })).await.status, 201);
    }

    async fn rooms_are_listed_for_who_is_in_them_and_all_for_administrators_without_what_is_said(app) {
        let (root, hazel, rowan, cedar) = people(&app).await;
        hazel.tell(&rowan, "ours").await;
        let orchard = rowan.room("Orchard", &[&hazel, &rowan, &cedar]).await;
        cedar.say(orchard, "all's").await;
        let list = cedar.get("/rooms/").await.body;
        assert_eq!((titles(&list), contents(&list["results"][0])), (vec!["Orchard"], vec!["all's"]));
        let list = hazel.get("/rooms/?limit=1").await.body;
        assert_eq!((&list["count"], titles(&list)), (&json!(2), vec!["hazel - rowan"]));
        let next = format!("{}/api/v1/rooms/?limit=1&offset=1", app.base);
        assert_eq!((&list["next"], &list["previous"]), (&json!(next), &json!(null)));
        assert_eq!(contents(&list["results"][0]), ["ours"]);
        let all = root.get("/rooms/").await.body;
        assert_eq!(titles(&all), ["hazel - rowan", "Orchard"]);
        for room in all["results"].as_array().unwrap() {
            assert!(contents(room).is_empty());
        }
        assert!(contents(&root.get("/rooms/1/").await.body).is_empty());
        for path in ["/rooms/1/", "/rooms/999/", "/rooms/abc/"] {
            cedar.get(path).await.is(404, &detail("Not found."));
        }
        assert_eq!(contents(&hazel.get("/rooms/1/").await.body), ["ours"]);
    }

    async fn a_room_is_renamed_and_peopled_by_its_owner_and_removed_by_them(app) {
        let (root, hazel, rowan, cedar) = people(&app).await;
        let room = hazel.room("Orchard", &[&hazel, &rowan]).await;
        let group = hazel.room("Meadow", &[&hazel, &rowan, &cedar]).await;
        let path = format!("/rooms/{group}/");
        rowan.patch(&path, json!({ "title": "Mine" })).await.is(403, &detail(FORBIDDEN));
        rowan.delete(&path).await.is(403, &detail(FORBIDDEN));
        assert_eq!(hazel.patch(&path, json!({ "title": "Glade" })).await.body["title"], "Glade");
        assert_eq!(root.patch(&path, json!({ "title": "Field" })).await.body["title"], "Field");
        assert_eq!(cedar.get(&path).await.body["title"], "Field");
        // The name is the same at the other doors.
        let caller = app.login("cedar", PASSWORD).await;
        let seen = caller.ask("{ rooms { nodes { name } } }", json!({})).await;
        assert_eq!(seen["rooms"]["nodes"], json!([{ "name": "Field" }]));
        let required = json!(["This field is required."]);
        hazel.put(&path, json!({ "title": "x" })).await.is(400, &json!({ "participants": required }));
        let ids = |members: &[&Member]| members.iter().map(|member| member.id).collect::<Vec<_>>();
        let put = |members: Vec<i64>| json!({ "title": "Grove", "participants": members });
        let unknown = hazel.put(&path, put(vec![hazel.id, 999])).await;
        unknown.is(400, &json!({ "participants": ["Invalid pk \"999\" - object does not exist."] }));
        // The last owner stays, and then nothing has changed.
        let last = hazel.put(&path, put(ids(&[&rowan]))).await;
        assert_eq!((last.status, last.body["participants"].is_array()), (400, true), "{}", last.text);
        assert_eq!(cedar.get(&path).await.body["title"], "Field");
        rowan.patch(&path, json!({ "participants": [rowan.id] })).await.is(403, &detail(FORBIDDEN));
        assert_eq!(hazel.put(&path, put(ids(&[&hazel, &root]))).await.body["title"], "Grove");
        assert_eq!(cedar.get(&path).await.status, 404);
        assert_eq!(titles(&root.get("/rooms/").await.body), ["Orchard", "Grove"]);
        assert_eq!(hazel.delete(&path).await.status, 204);
        hazel.get(&path).await.is(404, &detail("Not found."));
        // Two people's room is renamed by both of them and removed by neither.
        let path = format!("/rooms/{room}/");
        assert_eq!(rowan.patch(&path, json!({ "title": "Ours" })).await.body["title"], "Ours");
        hazel.delete(&path).await.is(403, &detail(FORBIDDEN));
        assert_eq!(hazel.patch(&path, json!({ "participants": [hazel.id] })).await.status, 403);
        cedar.delete(&path).await.is(404, &detail("Not found."));
        assert_eq!(cedar.patch(&path, json!({})).await.status, 404);
    }

    async fn messages_are_listed_shown_changed_and_removed_for_those_they_belong_to(app) {
        let (_, hazel, rowan, cedar) = people(&app).await;
        hazel.tell(&rowan, "one").await;
        rowan.tell(&hazel, "two").await;
        cedar.tell(&hazel, "three").await;
        let list = hazel.get("/messages/?limit=2").await.body;
        assert_eq!(list["count"], 3);
        assert_eq!(list["results"], json!([
            { "sender": hazel.id, "timestamp": NOW, "content": "one" },
            { "sender": rowan.id, "timestamp": NOW, "content": "two" },
        ]));
        assert_eq!(list["next"], format!("{}/api/v1/messages/?limit=2&offset=2", app.base));
        assert_eq!(rowan.get("/messages/").await.body["count"], 2);
        let one = json!({ "sender": hazel.id, "timestamp": NOW, "content": "one" });
        rowan.get("/messages/1/").await.is(200, &one);
        for (method, body) in [
            (Method::GET, Body::None),
            (Method::PUT, Body::Json(json!({ "sender": hazel.id, "content": "mine" }))),
            (Method::PATCH, Body::Json(json!({ "content": "mine" }))),
            (Method::DELETE, Body::None),
        ] {
            cedar.call(method, "/messages/1/", body).await.is(404, &detail("Not found."));
        }
        rowan.patch("/messages/1/", json!({ "content": "mine" })).await.is(403, &detail(FORBIDDEN));
        rowan.delete("/messages/1/").await.is(403, &detail(FORBIDDEN));
        hazel.patch("/messages/1/", json!({ "sender": rowan.id })).await.is(403, &detail(FORBIDDEN));
        hazel.put("/messages/1/", json!({ "sender": rowan.id, "content": "x" })).await.is(403, &detail(FORBIDDEN));
        let required = json!(["This field is required."]);
        hazel.put("/messages/1/", json!({})).await.is(400, &json!({ "sender": required, "content": required }));
        let blank = hazel.patch("/messages/1/", json!({ "content": " " })).await;
        blank.is(400, &json!({ "content": ["This field may not be blank."] }));
        let long = hazel.patch("/messages/1/", json!({ "content": "x".repeat(5_000) })).await;
        assert_eq!((long.status, long.body["content"].is_array()), (400, true), "{}", long.text);
        hazel.patch("/messages/1/", json!({})).await.is(200, &one);
        let changed = hazel.put("/messages/1/", json!({ "sender": hazel.id, "content": "uno" })).await;
        assert_eq!((changed.status, &changed.body["content"]), (200, &json!("uno")));
        assert_eq!(contents(&rowan.get("/rooms/1/").await.body), ["uno", "two"]);
        assert_eq!(hazel.delete("/messages/1/").await.status, 204);
        hazel.get("/messages/1/").await.is(404, &detail("Not found."));
        hazel.delete("/messages/1/").await.is(404, &detail("Not found."));
        assert_eq!(contents(&rowan.get("/rooms/1/").await.body), ["two"]);
        assert_eq!(hazel.get("/messages/").await.body["count"], 2);
    }

    async fn nobody_stores_a_message_in_anothers_name(app) {
        let (_, hazel, rowan, _) = people(&app).await;
        let stray = |sender: Value| json!({ "sender": sender, "content": "stray" });
        hazel.post("/messages/", stray(json!(rowan.id))).await.is(403, &detail(FORBIDDEN));
        let unknown = hazel.post("/messages/", stray(json!(999))).await;
        unknown.is(400, &json!({ "sender": ["Invalid pk \"999\" - object does not exist."] }));
        let required = json!(["This field is required."]);
        hazel.post("/messages/", json!({})).await.is(400, &json!({ "sender": required, "content": required }));
        let own = hazel.post("/messages/", stray(json!(hazel.id))).await;
        own.is(201, &json!({ "sender": hazel.id, "timestamp": NOW, "content": "stray" }));
        // It is among one's own notes, where nobody else reads it.
        let caller = app.login("hazel", PASSWORD).await;
        let seen = caller.ask("{ rooms { nodes { kind messages(last: 1) { nodes { text } } } } }", json!({})).await;
        assert_eq!(seen["rooms"]["nodes"], json!([{ "kind": "SELF", "messages": { "nodes": [{ "text": "stray" }] } }]));
        assert_eq!(rowan.get("/messages/").await.body["count"], 0);
    }

    async fn what_is_sent_here_is_heard_at_the_other_doors_and_the_reverse(app) {
        let (_, hazel, rowan, cedar) = people(&app).await;
        let room = hazel.room("Orchard", &[&hazel, &rowan, &cedar]).await;
        let caller = app.login("rowan", PASSWORD).await;
        let found = caller.ask("{ rooms { nodes { id } } }", json!({})).await;
        let global = found["rooms"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let mut socket = Socket::ready(&app, caller.token.as_deref()).await;
        let query = "subscription($r: ID!) { roomEvents(roomId: $r) {
            __typename ... on MessageAdded { message { seq text sender { username } } } } }";
        socket.subscribe("1", query, json!({ "r": global })).await;
        let next = |message: Value| message["payload"]["data"]["roomEvents"].clone();
        assert_eq!(next(socket.hear_past_pings().await)["__typename"], "SubscriptionStarted");
        assert_eq!(hazel.say(room, "from here").await.status, 201);
        assert_eq!(next(socket.hear_past_pings().await), json!({
            "__typename": "MessageAdded",
            "message": { "seq": 1, "text": "from here", "sender": { "username": "hazel" } },
        }));
        // And what is said elsewhere is part of the next answer.
        caller.say(&global, "from the schema").await;
        let all = cedar.say(room, "last").await.body;
        assert!(contents(&all).ends_with(&["from the schema", "last"]), "{all}");
    }

    async fn rooms_without_a_title_are_called_by_who_is_in_them(app) {
        let (_, hazel, ..) = people(&app).await;
        let (caller, rowan) = (app.login("hazel", PASSWORD).await, app.login("rowan", PASSWORD).await);
        let input = json!({ "userId": rowan.id, "text": "from the schema" });
        caller.mutate("sendDirectMessage", input, "message { id }").await;
        let list = hazel.get("/rooms/").await.body;
        assert_eq!(titles(&list), ["hazel - rowan"]);
    }
}
