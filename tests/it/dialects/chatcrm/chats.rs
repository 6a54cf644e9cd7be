//! Rooms and messages over REST.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Member, V1, global_room};
use crate::dialects::support::{Body, Legacy, Part};
use crate::on_both;
use crate::support::Caller;

/// A well-formed id that no room has.
const NOBODYS: &str = "3333333333333333333333";

fn shown(member: &Member, first: &str) -> Value {
    json!({ "id": member.id, "image": null, "first_name": first, "last_name": "Reed" })
}

on_both! {
    async fn a_room_is_made_as_asked_with_its_maker_in_it(app) {
        let hazel = Member::join(&app, "hazel").await;
        let (rowan, cedar) = (Member::join(&app, "rowan").await, Member::join(&app, "cedar").await);
        let all = json!([shown(&hazel, "Hazel"), shown(&rowan, "Rowan"), shown(&cedar, "Cedar")]);
        let two = json!([shown(&hazel, "Hazel"), shown(&rowan, "Rowan")]);
        let one = json!([shown(&hazel, "Hazel")]);
        let cases = [
            (json!({ "name": "Orchard", "type": "GROUP", "members": [1, 2, 3] }), &all, "GROUP", json!("Orchard")),
            (json!({ "name": "texts", "type": "GROUP", "members": ["2", "3"] }), &all, "GROUP", json!("texts")),
            (json!({ "name": "us", "type": "DUO", "members": [2] }), &two, "DUO", json!("us")),
            (json!({ "name": "us", "type": "DUO", "members": [1, 2, 2] }), &two, "DUO", json!("us")),
            (json!({ "members": [2] }), &two, "DM", Value::Null),
            (json!({ "name": null, "type": "GROUP", "members": [2] }), &two, "GROUP", Value::Null),
            (json!({ "name": "", "type": "GROUP", "members": [2] }), &two, "GROUP", json!("")),
            (json!({ "name": "me", "type": "SELF", "members": [] }), &one, "SELF", json!("me")),
            (json!({ "name": "x", "type": "ODD", "roomId": "mine" }), &one, "ODD", json!("x")),
        ];
        let mut made = Vec::new();
        for (body, members, kind, name) in cases {
            let reply = hazel.post("/chats/create", body.clone()).await;
            assert_eq!(reply.status, 201, "{body}: {}", reply.text);
            let room = reply.body;
            assert_eq!((&room["member"], &room["type"], &room["name"]), (members, &json!(kind), &name), "{body}");
            let id = room["roomId"].as_str().unwrap().to_owned();
            assert_eq!(id.len(), 22);
            // However often the same people have a room, each is another.
            assert!(!made.iter().any(|known: &Value| known["roomId"] == json!(id)), "{body}");
            let at = |key| reply.text.find(key).unwrap();
            assert!(at("\"member\"") < at("\"roomId\"") && at("\"roomId\"") < at("\"type\""));
            assert!(at("\"type\"") < at("\"name\""));
            made.push(room);
        }
        for path in ["/chats", "/user/chats", "/user/chats?limit=1", "/chats/"] {
            let listed = hazel.get(path).await.body;
            let listed = listed.as_array().unwrap();
            assert_eq!(listed[0]["name"], "HazelReed");
            assert_eq!(&listed[1..], &made, "{path}");
        }
        let cedars = cedar.get("/chats").await.body;
        let names: Vec<&Value> = cedars.as_array().unwrap().iter().map(|room| &room["name"]).collect();
        assert_eq!(names, ["CedarReed", "Orchard", "texts"]);
    }

    async fn a_room_that_cannot_be_made_leaves_nothing_behind(app) {
        let hazel = Member::join(&app, "hazel").await;
        Member::join(&app, "rowan").await;
        let no_list = json!({ "error": "Members should be a list." });
        let cases = [
            (json!({ "members": "2" }), no_list.clone()),
            (json!({ "members": null }), no_list.clone()),
            (
                json!({ "name": "n".repeat(21), "members": [2] }),
                json!({ "name": ["Ensure this field has no more than 20 characters."] }),
            ),
            (
                json!({ "type": "elevenchars", "members": [2] }),
                json!({ "type": ["Ensure this field has no more than 10 characters."] }),
            ),
            (json!({ "members": [2, 999] }), json!({ "members": ["Invalid pk \"999\" - object does not exist."] })),
            (
                json!({ "members": ["abc"] }),
                json!({ "members": ["Incorrect type. Expected pk value, received str."] }),
            ),
        ];
        for (body, expected) in cases {
            hazel.post("/chats/create", body).await.is(400, &expected);
        }
        let path = "/api/v1/chats/create";
        let form = Body::Form(vec![("name", "x".to_owned()), ("members", "2".to_owned())]);
        hazel.rest.send(path, form).await.is(400, &no_list);
        let list = Body::Raw("application/json", "[]".to_owned());
        assert_eq!(hazel.rest.send(path, list).await.status, 400);
        assert_eq!(Legacy::of(&app).post(path, json!({ "members": [2] })).await.status, 401);
        hazel.get("/chats/create").await.is(405, &json!({ "detail": "Method \"GET\" not allowed." }));
        assert_eq!(hazel.get("/chats").await.body.as_array().unwrap().len(), 1);
    }

    async fn a_message_is_sent_by_either_form_of_the_path(app) {
        let (hazel, rowan) = (Member::join(&app, "hazel").await, Member::join(&app, "rowan").await);
        let room = hazel.room("Orchard", &[&rowan]).await;
        let other = hazel.room("Hedge", &[]).await;
        let reply = hazel.post("/chats/messages", json!({ "roomId": room, "message": "  ripe ✓  " })).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let timestamp = reply.body["timestamp"].as_str().unwrap().to_owned();
        reply.is(201, &json!({
            "user": hazel.id, "userId": hazel.short, "roomId": room, "message": "ripe ✓", "timestamp": timestamp,
            "userName": "Hazel - Reed", "userImage": null, "image": null,
        }));
        assert!(timestamp.starts_with("2027-01-15T08:00:00") && timestamp.ends_with('Z'), "{timestamp}");
        assert!(reply.text.contains("ripe ✓"), "{}", reply.text);
        let in_path = format!("/chats/messages/{room}");
        for body in [
            json!({ "message": "by path" }),
            json!({ "roomId": room, "message": "by both" }),
            json!({ "roomId": other, "message": "the path wins" }),
        ] {
            assert_eq!(rowan.post(&in_path, body).await.status, 201);
        }
        for (message, stored) in [(json!(42), "42"), (json!("spoof"), "spoof")] {
            let body = json!({ "roomId": room, "message": message, "user": rowan.id });
            let reply = hazel.post("/chats/messages", body).await;
            assert_eq!((&reply.body["user"], &reply.body["message"]), (&json!(hazel.id), &json!(stored)));
        }
        assert_eq!(hazel.post("/chats/messages", json!({ "roomId": room })).await.body["message"], " ");
        let empty = vec![Part::Field("roomId", room.clone()), Part::Field("message", String::new())];
        let reply = hazel.rest.send("/api/v1/chats/messages", Body::Multipart(empty)).await;
        assert_eq!((reply.status, &reply.body["message"]), (201, &json!(" ")), "{}", reply.text);
        let expected = [" ", " ", "spoof", "42", "the path wins", "by both", "by path", "ripe ✓"];
        assert_eq!(rowan.texts(&room).await, expected);
        assert!(hazel.texts(&other).await.is_empty());
    }

    async fn a_message_that_is_not_stored_says_why(app) {
        let (hazel, rowan) = (Member::join(&app, "hazel").await, Member::join(&app, "rowan").await);
        let room = hazel.room("Orchard", &[]).await;
        let blank = "This field may not be blank.";
        let unknown = "Chat room with this id doesnt exists";
        let cases = [
            (json!({ "message": "x" }), json!({ "roomId": ["This field is required."] })),
            (json!({ "roomId": "nope", "message": "x" }), json!({ "roomId": [unknown] })),
            (json!({ "roomId": room, "message": "" }), json!({ "message": [blank] })),
            (json!({ "roomId": room, "message": "   " }), json!({ "message": [blank] })),
            (json!({ "roomId": room, "message": null }), json!({ "message": ["This field may not be null."] })),
            (json!({ "roomId": room, "message": { "a": 1 } }), json!({ "message": ["Not a valid string."] })),
            (
                json!({ "roomId": room, "message": "x", "user": 999 }),
                json!({ "user": ["Invalid pk \"999\" - object does not exist."] }),
            ),
            (
                json!({ "roomId": "nope", "message": "x", "user": 999 }),
                json!({ "roomId": [unknown], "user": ["Invalid pk \"999\" - object does not exist."] }),
            ),
            (
                json!({ "roomId": room, "message": "x", "image": "abc" }),
                json!({ "image": ["The submitted data was not a file. Check the encoding type on the form."] }),
            ),
        ];
        for (body, expected) in cases {
            hazel.post("/chats/messages", body).await.is(400, &expected);
        }
        let too_long = json!({ "roomId": room, "message": "x".repeat(100_000) });
        let reply = hazel.post("/chats/messages", too_long).await;
        assert_eq!((reply.status, reply.body["message"].is_array()), (400, true), "{}", reply.text);
        let outside = json!({ "error": "You aren't member of this chat room!" });
        rowan.say(&room, "x").await.is(403, &outside);
        rowan.post(&format!("/chats/messages/{room}"), json!({ "message": "x" })).await.is(403, &outside);
        // A room that nobody has looks like one that others have.
        rowan.say(NOBODYS, "x").await.is(403, &outside);
        let missing = json!({ "detail": "No ChatRoom matches the given query." });
        rowan.post("/chats/messages/nope", json!({ "message": "x" })).await.is(404, &missing);
        assert_eq!(Legacy::of(&app).post("/api/v1/chats/messages", json!({})).await.status, 401);
        for (method, path) in [(Method::PUT, "/chats/messages"), (Method::DELETE, "/chats/messages/nope")] {
            let reply = hazel.rest.call(method.clone(), &format!("{V1}{path}"), Body::None).await;
            reply.is(405, &json!({ "detail": format!("Method \"{method}\" not allowed.") }));
            assert_eq!(reply.header("allow"), "GET, POST, HEAD, OPTIONS");
        }
        assert!(hazel.texts(&room).await.is_empty());
    }

    async fn history_is_listed_newest_first_and_only_to_members(app) {
        let (hazel, rowan) = (Member::join(&app, "hazel").await, Member::join(&app, "rowan").await);
        let room = hazel.room("Orchard", &[]).await;
        for text in ["one", "two", "three"] {
            hazel.say(&room, text).await;
        }
        let path = format!("/chats/messages/{room}");
        assert_eq!(hazel.texts(&room).await, ["three", "two", "one"]);
        let page = hazel.get(&format!("{path}?limit=2")).await.body;
        let link = format!("{}{V1}{path}?limit=2", app.base);
        assert_eq!((&page["count"], &page["next"]), (&json!(3), &json!(format!("{link}&offset=2"))));
        assert_eq!((&page["previous"], &page["results"][1]["message"]), (&Value::Null, &json!("two")));
        let page = hazel.get(&format!("{path}?limit=2&offset=2")).await.body;
        assert_eq!((&page["next"], &page["previous"]), (&Value::Null, &json!(link)));
        assert_eq!((page["results"].as_array().unwrap().len(), &page["results"][0]["message"]), (1, &json!("one")));
        let empty = json!({ "count": 0, "next": null, "previous": null, "results": [] });
        for hidden in [path.clone(), format!("/chats/messages/{NOBODYS}"), "/chats/messages".to_owned()] {
            rowan.get(&hidden).await.is(200, &json!([]));
            rowan.get(&format!("{hidden}?limit=5")).await.is(200, &empty);
        }
        let missing = json!({ "detail": "No ChatRoom matches the given query." });
        hazel.get("/chats/messages/nope").await.is(404, &missing);
        assert_eq!(Legacy::of(&app).get(&format!("{V1}{path}")).await.status, 401);
    }

    async fn whoever_leaves_by_another_door_no_longer_reads_or_writes_here(app) {
        let (hazel, rowan) = (Member::join(&app, "hazel").await, Member::join(&app, "rowan").await);
        let room = hazel.room("Orchard", &[&rowan]).await;
        hazel.say(&room, "before").await;
        assert_eq!(rowan.texts(&room).await, ["before"]);
        let caller = rowan.at_graphql(&app, "rowan").await;
        let global = global_room(&caller, "Orchard").await;
        caller.mutate("leaveRoom", json!({ "roomId": global }), "").await;
        assert!(rowan.texts(&room).await.is_empty());
        assert_eq!(rowan.say(&room, "after").await.status, 403);
        assert_eq!(rowan.get("/chats").await.body.as_array().unwrap().len(), 1);
    }

    async fn rooms_and_messages_of_other_doors_show_here_and_the_reverse(app) {
        let (hazel, rowan) = (Member::join(&app, "hazel").await, Member::join(&app, "rowan").await);
        let (hazels, rowans) = (hazel.at_graphql(&app, "hazel").await, rowan.at_graphql(&app, "rowan").await);
        let group = hazels.room("Grove", &[&rowans]).await;
        hazels.say(&group, "from the schema").await;
        let input = json!({ "userId": rowans.id, "text": "just us" });
        hazels.mutate("sendDirectMessage", input, "message { id }").await;
        let rooms = rowan.get("/chats").await.body;
        let rooms = rooms.as_array().unwrap();
        let told: Vec<(&Value, &Value)> = rooms.iter().map(|room| (&room["type"], &room["name"])).collect();
        let expected = [("SELF", "RowanReed"), ("GROUP", "Grove"), ("DUO", "Hazel Reed")];
        let expected: Vec<(Value, Value)> =
            expected.iter().map(|(kind, name)| (json!(kind), json!(name))).collect();
        assert_eq!(told, expected.iter().map(|(kind, name)| (kind, name)).collect::<Vec<_>>());
        let id = rooms[1]["roomId"].as_str().unwrap();
        assert_eq!(rowan.texts(id).await, ["from the schema"]);
        assert_eq!(rowan.say(id, "from the legacy client").await.status, 201);
        assert_eq!(last_text(&hazels, &group).await, "from the legacy client");
    }

    async fn the_same_paths_are_served_below_compat(app) {
        let hazel = Member::join(&app, "hazel").await;
        let rest = hazel.rest.under("/compat/chatcrm");
        assert_eq!(rest.get("/api/v1/users").await.body, hazel.get("/users").await.body);
        let page = rest.get("/api/v1/users?limit=1&offset=1").await.body;
        assert_eq!(page["previous"], json!(format!("{}/compat/chatcrm/api/v1/users?limit=1", app.base)));
    }
}

async fn last_text(caller: &Caller, room: &str) -> Value {
    let query = "query($r: ID!) { room(id: $r) { messages(last: 1) { nodes { text } } } }";
    caller.ask(query, json!({ "r": room })).await["room"]["messages"]["nodes"][0]["text"].take()
}
