//! One room of two people, and every door to it: whichever a message comes in by, it is one row, it has the next
//! place in the room, and everybody who listens hears it, in order and once.

use serde_json::{Value, json};

use super::support::{Legacy, Wire};
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::socket::Socket;
use crate::support::{Caller, TestApp};

const SUBSCRIPTION: &str = "subscription($room: ID!) { messageAdded(roomId: $room) {
    cursor replayed message { id seq text sender { username } } } }";
const HISTORY: &str = "query($room: ID!) { messages(roomId: $room, last: 50) {
    edges { cursor node { id seq text sender { username } } } } }";
/// In this order they are gone through.
const DOORS: [&str; 9] = [
    "GraphQL",
    "ThanChat",
    "ChatCRM",
    "ChatCRM's socket",
    "condor_chat",
    "mrm-chat-2",
    "mrm-chat-2's socket",
    "Real Time Chat App's socket",
    "GraphQL again",
];

/// Someone who is signed in everywhere.
struct Person {
    schema: Caller,
    than: Legacy,
    crm: Legacy,
    condor: Legacy,
    mrm: Legacy,
    rtca: Legacy,
    /// The number of the account, and its other ids.
    key: Value,
    short: String,
    uuid: String,
    rtca_token: String,
    crm_token: String,
}

/// The room as each door calls it.
struct Room {
    global: String,
    key: i64,
    short: String,
    uuid: String,
}

impl Person {
    async fn enter(app: &TestApp, name: &str) -> Self {
        let schema = app.user(name).await;
        let legacy = Legacy::of(app);
        let credentials = json!({ "username": name, "password": PASSWORD });
        let than = log_in(&legacy, "/userauth/token/login/", &credentials).await;
        let crm = log_in(&legacy, "/api/v1/login", &credentials).await;
        let condor = log_in(&legacy, "/api/v1/access_token/", &credentials).await;
        let by_address = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        let rtca = log_in(&legacy, "/api/login/", &by_address).await;
        let reply = legacy.post("/api/login/", credentials).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let cookie = |name: &str| {
            let lines = reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
            let mut found = lines.filter_map(|line| line.split(';').next()?.split_once('='));
            found.rfind(|(given, _)| *given == name).map(|(_, value)| value.to_owned()).unwrap()
        };
        let (session, csrf) = (cookie("sessionid"), cookie("csrftoken"));
        let cookies = format!("sessionid={session}; csrftoken={csrf}");
        let bearer = |token: &str| legacy.authorized(&format!("Bearer {token}"));
        let (crm_token, rtca_token) = (text(&crm, "access"), text(&rtca, "access"));
        let me = schema.ask("{ viewer { databaseId } }", json!({})).await;
        Self {
            than: legacy.authorized(&format!("Token {}", text(&than, "auth_token"))),
            crm: bearer(&crm_token),
            condor: bearer(&text(&condor, "access")),
            mrm: legacy.with("cookie", &cookies).with("x-csrftoken", &csrf),
            rtca: bearer(&rtca_token),
            key: me["viewer"]["databaseId"].clone(),
            short: text(&crm, "userId"),
            uuid: uuid_in(&rtca_token),
            schema,
            rtca_token,
            crm_token,
        }
    }

    /// The room with someone, opened by the first to ask.
    async fn room_with(&self, other: &Self) -> Room {
        let found = self.rtca.get(&format!("/api/users/{}/chat/", other.uuid)).await;
        assert_eq!(found.status, 200, "{}", found.text);
        let rooms = self.schema.ask("{ rooms { nodes { id databaseId kind } } }", json!({})).await;
        let room = rooms["rooms"]["nodes"].as_array().unwrap().iter().find(|room| room["kind"] == "DUO");
        let room = room.unwrap_or_else(|| panic!("no room of two in {rooms}"));
        let listed = self.crm.get("/api/v1/chats").await;
        Room {
            global: text(room, "id"),
            key: room["databaseId"].as_i64().unwrap(),
            short: text(&listed.body[0], "roomId"),
            uuid: text(&found.body["data"], "id"),
        }
    }

    async fn crm_socket(&self, app: &TestApp) -> Wire {
        let path = format!("/ws/user/{}/chat/?token={}", self.short, self.crm_token);
        let mut wire = Wire::open(app.address, &path, &[]).await.unwrap();
        wire.hear_one(|message| message["action"] == "onlineUser").await;
        wire
    }

    async fn mrm_socket(&self, app: &TestApp, room: &Room, cookie: &str) -> Wire {
        Wire::open(app.address, &format!("/ws/chat/{}/", room.key), &[("cookie", cookie)]).await.unwrap()
    }

    async fn rtca_socket(&self, app: &TestApp, room: &Room) -> Wire {
        let path = format!("/ws/chat/{}/?token={}", room.uuid, self.rtca_token);
        Wire::open(app.address, &path, &[("origin", "http://localhost:3000")]).await.unwrap()
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

async fn log_in(legacy: &Legacy, path: &str, body: &Value) -> Value {
    let reply = legacy.post(path, body.clone()).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.body
}

/// The id that a token of Real Time Chat App carries.
fn uuid_in(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    text(&serde_json::from_slice(&bytes).unwrap(), "user_id")
}

/// The field of each item.
fn each(items: &Value, field: &str) -> Vec<Value> {
    let items = items.as_array().unwrap_or_else(|| panic!("no list: {items}"));
    items.iter().map(|item| item[field].clone()).collect()
}

fn created(status: u16, text: &str) {
    assert_eq!(status, 201, "{text}");
}

on_both! {
    async fn every_door_leads_to_the_same_row_place_and_event(app) {
        let (amber, briar) = (Person::enter(&app, "amber").await, Person::enter(&app, "briar").await);
        let room = amber.room_with(&briar).await;
        let mut listening = Socket::ready(&app, briar.schema.token.as_deref()).await;
        listening.subscribe("live", SUBSCRIPTION, json!({ "room": room.global })).await;
        // Its answer shows that the server has read what was asked before.
        listening.subscribe("ask", "{ __typename }", json!({})).await;
        while listening.hear_past_pings().await["type"] != "complete" {}
        let (mut crm, mut rtca) = (amber.crm_socket(&app).await, amber.rtca_socket(&app, &room).await);
        let mut mrm = amber.mrm_socket(&app, &room, amber.mrm.header("cookie")).await;
        let mut ids = Vec::new();

        for (place, door) in DOORS.into_iter().enumerate() {
            match door {
                "GraphQL" | "GraphQL again" => { amber.schema.say(&room.global, door).await; }
                "ThanChat" => {
                    let body = json!({ "message_text": door, "user_receiver": briar.key, "chat_room_receiver": null });
                    let reply = amber.than.post("/chatApp/messages/", body).await;
                    created(reply.status, &reply.text);
                }
                "ChatCRM" => {
                    let body = json!({ "roomId": room.short, "message": door });
                    let reply = amber.crm.post("/api/v1/chats/messages", body).await;
                    created(reply.status, &reply.text);
                }
                "ChatCRM's socket" => crm.say(json!({ "action": "message", "roomId": room.short,
                    "user": amber.short, "message": door })).await,
                "condor_chat" => {
                    let body = json!({ "message": door, "user_id": briar.key });
                    let reply = amber.condor.post("/api/v1/send_message_to_user/", body).await;
                    created(reply.status, &reply.text);
                    assert_eq!(reply.body["id"], room.key);
                }
                "mrm-chat-2" => {
                    let path = format!("/api/chats/{}/send_message/", room.key);
                    let reply = amber.mrm.post(&path, json!({ "content": door })).await;
                    created(reply.status, &reply.text);
                }
                "mrm-chat-2's socket" => mrm.say(json!({ "content": door })).await,
                _ => rtca.say(json!({ "message": door, "recipient_id": briar.uuid })).await,
            }
            // Each listener hears this one next, and nothing else of the room.
            let heard = listening.hear_past_pings().await;
            let told = &heard["payload"]["data"]["messageAdded"];
            let message = &told["message"];
            let expected = (json!(door), json!(place + 1), json!("amber"), json!(false));
            let found = (message["text"].clone(), message["seq"].clone(), message["sender"]["username"].clone(),
                told["replayed"].clone());
            assert_eq!(found, expected, "{heard}");
            ids.push((message["id"].clone(), told["cursor"].clone()));
            let said = crm.hear_one(|message| message["action"] == "message").await;
            assert_eq!((&said["message"], &said["roomId"]), (&json!(door), &json!(room.short)));
            assert_eq!(mrm.hear().await["message"]["content"], door);
            assert_eq!(rtca.hear().await["message"], door);
        }

        let history = briar.schema.ask(HISTORY, json!({ "room": room.global })).await;
        let edges = history["messages"]["edges"].as_array().unwrap();
        let stored: Vec<(Value, Value)> =
            edges.iter().map(|edge| (edge["node"]["id"].clone(), edge["cursor"].clone())).collect();
        assert_eq!(stored, ids, "the rows and places that were told");
        let texts = DOORS.map(Value::from).to_vec();
        let reversed: Vec<Value> = texts.iter().rev().cloned().collect();
        let at_than = briar.than.get("/chatApp/messages/").await.body;
        let at_mrm = briar.mrm.get(&format!("/api/chats/{}/messages/", room.key)).await.body;
        let at_crm = briar.crm.get(&format!("/api/v1/chats/messages/{}", room.short)).await.body;
        let at_condor = briar.condor.get(&format!("/api/v1/rooms/{}/", room.key)).await.body;
        let at_rtca = briar.rtca.get(&format!("/api/users/{}/chat/", amber.uuid)).await.body;
        assert_eq!(each(&at_than, "message_text"), texts);
        assert_eq!(each(&at_mrm, "content"), texts);
        assert_eq!(each(&at_than, "id"), each(&at_mrm, "id"), "the same rows by their numbers");
        assert_eq!(each(&at_crm, "message"), reversed);
        assert_eq!(each(&at_condor["messages"], "content"), texts);
        assert_eq!(each(&at_rtca["data"]["messages"], "text"), reversed);
        assert_eq!(at_rtca["data"]["id"], room.uuid);
    }

    async fn what_is_no_room_at_a_door_takes_no_message_there(app) {
        let (amber, briar) = (Person::enter(&app, "amber").await, Person::enter(&app, "briar").await);
        let pair = amber.room_with(&briar).await;
        // A room of two is none of ThanChat's, whose open rooms are none of mrm-chat-2's.
        let at_than = async |key: &Value| {
            let body = json!({ "message_text": "hello", "user_receiver": null, "chat_room_receiver": key });
            amber.than.post("/chatApp/messages/", body).await
        };
        let refused = at_than(&json!(pair.key)).await;
        let reason = format!("Invalid pk \"{}\" - object does not exist.", pair.key);
        refused.is(400, &json!({ "chat_room_receiver": [reason] }));
        let body = json!({ "name": "Corner", "capacity": 4, "link": "corner" });
        let open = briar.than.post("/chatApp/chatRooms/", body).await;
        created(open.status, &open.text);
        let key = &open.body["id"];
        let path = format!("/api/chats/{key}/send_message/");
        for text in ["hello", ""] {
            let refused = amber.mrm.post(&path, json!({ "content": text })).await;
            refused.is(404, &json!({ "detail": "No Chat matches the given query." }));
        }
        let taken = at_than(key).await;
        created(taken.status, &taken.text);
        let stored = briar.mrm.get(&format!("/api/chats/{key}/messages/")).await.body;
        assert_eq!(each(&stored, "content"), ["hello"]);
        let said = briar.schema.ask(HISTORY, json!({ "room": pair.global })).await;
        assert_eq!(said["messages"]["edges"], json!([]));
    }
    async fn a_closed_room_refuses_at_every_door_in_its_own_shape(app) {
        const CLOSED: &str = "This room is archived: it can be read, and nothing is added to it.";
        let (amber, briar) = (Person::enter(&app, "amber").await, Person::enter(&app, "briar").await);
        let (admin, room) = (app.admin("ada").await, amber.room_with(&briar).await);
        let (mut crm, mut rtca) = (amber.crm_socket(&app).await, amber.rtca_socket(&app, &room).await);
        let mut mrm = amber.mrm_socket(&app, &room, amber.mrm.header("cookie")).await;
        admin.mutate("archiveRoom", json!({ "roomId": room.global }), "").await;
        let detail = json!({ "detail": CLOSED });
        let body = json!({ "message_text": "hello", "user_receiver": briar.key, "chat_room_receiver": null });
        amber.than.post("/chatApp/messages/", body).await.is(403, &detail);
        let body = json!({ "roomId": room.short, "message": "hello" });
        amber.crm.post("/api/v1/chats/messages", body).await.is(403, &detail);
        let body = json!({ "message": "hello", "user_id": briar.key });
        amber.condor.post("/api/v1/send_message_to_user/", body).await.is(403, &detail);
        let path = format!("/api/chats/{}/send_message/", room.key);
        amber.mrm.post(&path, json!({ "content": "hello" })).await.is(403, &detail);
        mrm.say(json!({ "content": "hello" })).await;
        assert_eq!(mrm.hear().await, json!({ "type": "error", "message": CLOSED }));
        rtca.say(json!({ "message": "hello", "recipient_id": briar.uuid })).await;
        assert_eq!(rtca.text().await, format!("Error: {CLOSED}"));
        crm.say(json!({ "action": "message", "roomId": room.short, "user": amber.short, "message": "hello" })).await;
        assert_eq!(crm.closed().await, 1008);
        let read = briar.mrm.get(&format!("/api/chats/{}/messages/", room.key)).await;
        read.is(200, &json!([]));
    }

    async fn whoever_is_disabled_is_out_at_every_door(app) {
        let (amber, admin) = (Person::enter(&app, "amber").await, app.admin("ada").await);
        let doors = [
            (&amber.than, "/chatApp/messages/"),
            (&amber.crm, "/api/v1/chats"),
            (&amber.condor, "/api/v1/rooms/"),
            (&amber.mrm, "/api/chats/"),
            (&amber.rtca, "/api/users/"),
        ];
        for (door, path) in doors {
            assert_eq!(door.get(path).await.status, 200, "{path}");
        }
        let mut open = amber.crm_socket(&app).await;
        admin.mutate("setUserDisabled", json!({ "userId": amber.schema.id }), "").await;
        for (door, path) in doors {
            let status = door.get(path).await.status;
            assert!([401, 403].contains(&status), "{path}: {status}");
        }
        assert_eq!(open.closed().await, 1008);
        let (legacy, address) = (Legacy::of(&app), "amber@example.com");
        for (path, name) in [
            ("/userauth/token/login/", json!({ "username": "amber" })),
            ("/api/v1/login", json!({ "username": "amber" })),
            ("/api/v1/access_token/", json!({ "username": "amber" })),
            ("/api/login/", json!({ "email": address })),
            ("/api/login/", json!({ "username": "amber" })),
        ] {
            let mut body = name;
            body["password"] = json!(PASSWORD);
            let reply = legacy.post(path, body).await;
            assert!((400..500).contains(&reply.status), "{path}: {}", reply.text);
        }
    }
}
