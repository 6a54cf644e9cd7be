//! Rooms and messages over REST.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Member, V1, global_room, parts, person, socket};
use crate::dialects::support::{Body, Legacy, Part};
use crate::media::png;
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

    async fn pictures_and_files_go_with_messages_and_faces_with_people(app) {
        let hazel = Member::join(&app, "hazel").await;
        let mut form = parts(&person("rowan"));
        form.push(Part::File("image", "face.png", png(4, 4)));
        let reply = Legacy::of(&app).send("/api/v1/signup", Body::Multipart(form)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let rowan = Member::enter(&app, "rowan", 2).await;
        let face = rowan.get("/users?exclude=1").await.body[0]["image"].as_str().unwrap().to_owned();
        let relative = face.strip_prefix(&app.base).unwrap().to_owned();
        assert!(relative.starts_with("/media/user/"), "{face}");
        assert_eq!(Legacy::of(&app).get(&relative).await.header("content-type"), "image/png");
        let made = hazel.post("/chats/create", json!({ "name": "Orchard", "members": [2] })).await.body;
        assert_eq!(made["member"][1]["image"], json!(relative));
        assert_eq!(hazel.get("/chats").await.body[1]["member"][1]["image"], json!(face));
        let room = made["roomId"].as_str().unwrap();
        let mut wire = socket::open(&app, &hazel).await;
        let path = "/api/v1/chats/messages";
        let picture = |message: Option<&str>| {
            let mut form = vec![Part::Field("roomId", room.to_owned())];
            form.extend(message.map(|text| Part::Field("message", text.to_owned())));
            form.push(Part::File("image", "pic.png", png(5, 3)));
            Body::Multipart(form)
        };
        for (message, stored) in [(Some("look"), "look"), (Some(""), " "), (None, " ")] {
            let reply = rowan.rest.send(path, picture(message)).await;
            assert_eq!((reply.status, &reply.body["message"]), (201, &json!(stored)), "{}", reply.text);
            assert_eq!(reply.body["userImage"], json!(face));
            let link = reply.body["image"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned();
            assert!(link.starts_with("/media/tmp/"), "{link}");
            let shown = Legacy::of(&app).get(&link).await;
            assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
            let heard = socket::hear(&mut wire).await;
            assert_eq!((&heard["userImage"], &heard["message"]), (&json!(relative), &json!(stored)));
            assert!(heard["image"].as_str().unwrap().starts_with("/media/tmp/"));
        }
        let listed = hazel.get(&format!("/chats/messages/{room}?limit=1")).await.body["results"][0].take();
        assert!(listed["image"].as_str().unwrap().contains("/media/tmp/") && listed.get("file").is_none());
        let document = |parts: Vec<Part>| Body::Multipart(parts);
        let at = "/api/v1/chats/messages/upload-file";
        let field = |id: &str| Part::Field("roomId", id.to_owned());
        let file = || Part::File("file", "plan.txt", b"sow in spring".to_vec());
        let reply = rowan.rest.send(at, document(vec![field(room), file()])).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let sent = &reply.body;
        assert_eq!((&sent["type"], &sent["message"], &sent["userId"]), (&json!("file"), &Value::Null, &json!(2)));
        assert_eq!((&sent["fileName"], &sent["fileSize"]), (&json!("plan.txt"), &json!(13)));
        assert!(sent.get("image").is_none() && sent["file"].as_str().unwrap().contains("/media/tmp/"));
        let text = Part::Field("message", "see".to_owned());
        let image = Part::File("file", "pic.png", png(2, 2));
        let sent = rowan.rest.send(at, document(vec![field(room), image, text])).await.body;
        assert_eq!((&sent["type"], &sent["message"]), (&json!("image"), &json!("see")));
        assert!(sent.get("file").is_none() && sent["image"].is_string());
        let listed = hazel.get(&format!("/chats/messages/{room}")).await.body;
        assert_eq!((&listed[1]["fileName"], &listed[1]["message"]), (&json!("plan.txt"), &json!("")));
        let own = hazel.room("Own", &[]).await;
        let big = Part::File("file", "big.bin", vec![7; 10 * 1024 * 1024 + 1]);
        for (form, status, error) in [
            (vec![file()], 400, "roomId not provided."),
            (vec![field(room)], 400, "file not provided."),
            (vec![field(room), big], 400, "File size exceeds the maximum limit of 10.0 MB."),
            (vec![field("nope"), file()], 404, "Chat room does not exists."),
            (vec![field(&own), file()], 403, "You aren't member of this chat room!"),
        ] {
            rowan.rest.send(at, document(form)).await.is(status, &json!({ "error": error }));
        }
        assert_eq!(rowan.post("/chats/messages/upload-file", json!({ "roomId": room })).await.status, 415);
        // A picture that cannot be stored leaves no message.
        let mut form = vec![field(&own), Part::File("image", "pic.png", png(2, 2))];
        rowan.rest.send(path, document(form.clone())).await
            .is(403, &json!({ "error": "You aren't member of this chat room!" }));
        form[0] = field(room);
        let bad = "Upload a valid image. The file you uploaded was either not an image or a corrupted image.";
        for (bytes, text) in [(b"plain".to_vec(), bad), (Vec::new(), "The submitted file is empty.")] {
            form[1] = Part::File("image", "x.png", bytes.clone());
            rowan.rest.send(path, document(form.clone())).await.is(400, &json!({ "image": [text] }));
            let mut signup = parts(&person("cedar"));
            signup.push(Part::File("image", "x.png", bytes));
            let reply = Legacy::of(&app).send("/api/v1/signup", Body::Multipart(signup)).await;
            reply.is(400, &json!({ "image": [text] }));
        }
        // One's face is changed, and taken away.
        let change = |part| rowan.rest.call(Method::PATCH, "/api/v1/profile", document(vec![part]));
        let reply = change(Part::File("image", "new.png", png(6, 6))).await;
        let new = reply.body["image"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned();
        assert!(new != face && new.contains("/media/user/"));
        assert_eq!(change(Part::Field("image", String::new())).await.body["image"], Value::Null);
    }

    async fn a_room_is_marked_as_read_by_those_who_are_in_it(app) {
        let (hazel, rowan) = (Member::join(&app, "hazel").await, Member::join(&app, "rowan").await);
        let room = hazel.room("Orchard", &[&rowan]).await;
        for text in ["one", "two"] {
            assert_eq!(hazel.say(&room, text).await.status, 201);
        }
        let graphql = rowan.at_graphql(&app, "rowan").await;
        let id = global_room(&graphql, "Orchard").await;
        let unread = async || {
            let query = "query($r: ID!) { room(id: $r) { viewerState { unreadCount } } }";
            let data = graphql.ask(query, json!({ "r": id })).await;
            data["room"]["viewerState"]["unreadCount"].as_i64().unwrap()
        };
        assert_eq!(unread().await, 2);
        let path = format!("/chats/mark-read/{room}");
        // The clock of the tests stands still.
        let said = json!({
            "message": "Chat marked as read.", "roomId": room, "last_read_at": "2027-01-15T08:00:00Z"
        });
        rowan.post(&path, json!({})).await.is(200, &said);
        assert_eq!(unread().await, 0);
        // Once more changes nothing, and what comes after is unread again.
        assert_eq!(rowan.post(&path, json!({})).await.status, 200);
        hazel.say(&room, "three").await;
        assert_eq!(unread().await, 1);
        let stranger = Member::join(&app, "cedar").await;
        stranger.post(&path, json!({})).await.is(403, &json!({ "error": "You aren't member of this chat room!" }));
        rowan.post(&format!("/chats/mark-read/{NOBODYS}"), json!({})).await.is(403, &json!({ "error": "You aren't member of this chat room!" }));
        rowan.post("/chats/mark-read/nope", json!({})).await.is(404, &json!({ "error": "Chat room does not exists." }));
        assert_eq!(Legacy::of(&app).send(&format!("/api/v1{path}"), Body::Json(json!({}))).await.status, 401);
        assert_eq!(unread().await, 1);
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
