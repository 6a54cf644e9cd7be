//! Who may do what: the matrix is walked with each caller, and the schema is held against it.

mod matrix;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tertulia::auth::Credential;

use crate::authorisation::matrix::{CALLERS, Row, matrix};
use crate::devices::devices;
use crate::media::{png, upload};
use crate::on_both;
use crate::rooms::{invite_code, nobody};
use crate::support::app::PASSWORD;
use crate::support::{Caller, TestApp};

/// The types whose every field must have a row.
const TYPES: [&str; 14] = [
    "Upload",
    "ServerFigures",
    "QueueFigure",
    "Setting",
    "Query",
    "Mutation",
    "Subscription",
    "User",
    "Room",
    "Message",
    "Attachment",
    "AuditEntry",
    "Session",
    "ServerInfo",
];

/// Every `Type.field` of the types that must be covered.
fn fields_of_the_schema() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let mut within = None;
    for line in include_str!("../../schema.graphql").lines() {
        if let Some(declared) = line.strip_prefix("type ") {
            within = declared.split([' ', '{']).next().filter(|name| TYPES.contains(name));
        } else if line == "}" {
            within = None;
        } else if let (Some(kind), Some(field)) = (within, line.trim().split(['(', ':']).next())
            && !field.starts_with('"')
        {
            fields.insert(format!("{kind}.{field}"));
        }
    }
    fields
}

#[test]
fn every_field_has_a_row() {
    let covered: BTreeSet<String> = matrix().iter().map(|row| row.field.to_owned()).collect();
    let declared = fields_of_the_schema();
    assert!(declared.len() > 60, "the schema is not read as it should be: {declared:?}");
    let missing: Vec<_> = declared.difference(&covered).collect();
    assert!(missing.is_empty(), "say in tests/it/authorisation.rs who may use {missing:?}");
    let gone: Vec<_> = covered.difference(&declared).collect();
    assert!(gone.is_empty(), "the schema no longer has {gone:?}");
}

/// Two rooms of an owner, a member and a second member, and those who look on.
struct Scene {
    callers: [Caller; 5],
    names: [String; 5],
    words: Vec<(&'static str, String)>,
}

impl Scene {
    async fn set(app: &TestApp, number: usize) -> Self {
        let name = |role: &str| format!("{role}{number}");
        let names = [name("other"), name("member"), name("owner"), name("second"), name("stranger")];
        let [other, member, owner, second, stranger] = <[Caller; 5]>::try_from(
            futures_util::future::join_all(names.iter().map(|name| app.user(name))).await,
        )
        .unwrap_or_else(|_| unreachable!("five in, five out"));
        let admin = app.admin(&name("admin")).await;
        let details = json!({ "bio": "b", "phone": "1", "address": "2" });
        owner.mutate("updateProfile", details, "").await;
        // Something for the audit log.
        admin.mutate("updateProfile", json!({ "userId": owner.id, "lastName": "Owner" }), "").await;
        let log = admin.ask("{ auditLog(first: 1) { nodes { id } } }", json!({})).await;
        let entry = log["auditLog"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let ids = [&member.id, &second.id];
        let make = async |name: &str, visibility: &str| {
            let input = json!({ "name": name, "visibility": visibility, "capacity": 10, "memberIds": ids });
            let payload = owner.mutate("createRoom", input, "room { id }").await;
            payload["room"]["id"].as_str().unwrap().to_owned()
        };
        let say = async |room: &str| {
            let file = upload(&member, "a.png", png(3, 2)).await;
            let input =
                json!({ "roomId": room, "text": "hello", "clientMessageId": "key", "uploadIds": [file] });
            let payload = member.mutate("sendMessage", input, "message { id }").await;
            (payload["message"]["id"].as_str().unwrap().to_owned(), file)
        };
        let (room, hall) = (make("Den", "PRIVATE").await, make("Hall", "PUBLIC").await);
        let (message, file) = say(&room).await;
        let words = vec![
            ("MESSAGE", message),
            ("FILE", file),
            ("ENTRY", entry),
            ("GREETING", say(&hall).await.0),
            ("INVITE", invite_code(&owner, &room).await),
            ("ROOM", room),
            ("HALL", hall),
            ("OWNER", owner.id.clone()),
            ("DEVICE", devices(&owner).await[0]["id"].as_str().unwrap().to_owned()),
            ("SECOND", second.id.clone()),
            ("STRANGER", stranger.id.clone()),
            ("NOBODY", nobody(7)),
            ("GUESSED", guessed_room()),
            ("PASSWORD", PASSWORD.to_owned()),
        ];
        let names = ["stranger", "other", "member", "owner", "admin"].map(name);
        Self { callers: [app.anonymous(), other, member, owner, admin], names, words }
    }

    /// An operation with its words filled in for the caller of this place.
    fn fill(&self, row: &Row, place: usize) -> String {
        let field = row.field.rsplit('.').next().unwrap_or_default();
        let field = match field {
            "actor" | "attachments" | "createdBy" | "lastMessage" | "message" | "owner" | "replyTo"
            | "room" | "sender" | "sessions" | "user" => {
                format!("{field} {{ id }}")
            }
            "queues" => "queues { name }".to_owned(),
            _ if row.field.starts_with("ServerFigures.") => field.to_owned(),
            "edits" => "edits { text }".to_owned(),
            "reactions" => "reactions { emoji viewerReacted }".to_owned(),
            "viewerState" => "viewerState { unreadCount }".to_owned(),
            "members" | "messages" | "replies" => format!("{field} {{ totalCount }}"),
            "messagesAround" => "messagesAround(seq: 1) { totalCount }".to_owned(),
            _ => field.to_owned(),
        };
        let fresh = format!("fresh.{}", self.names[place]);
        let mut operation = row.operation.replace("$FIELD", &field).replace("$BARE", &fresh);
        for (word, value) in &self.words {
            operation = operation.replace(&format!("${word}"), &json!(value).to_string());
        }
        let own =
            [("$REFRESH", &self.callers[place].refresh), ("$NAME", &self.names[place]), ("$FRESH", &fresh)];
        own.iter()
            .fold(operation, |operation, (word, value)| operation.replace(word, &json!(value).to_string()))
    }

    /// What a caller is told: `OK`, `null` or a code.
    async fn told(&self, app: &TestApp, row: &Row, place: usize) -> String {
        if row.field.starts_with("Subscription.") {
            return self.told_at_opening(app, row, place).await;
        }
        verdict(&self.callers[place].send(&self.fill(row, place), json!({})).await, row.at)
    }

    /// The check that a subscription passes when it opens, which no socket is needed for.
    async fn told_at_opening(&self, app: &TestApp, row: &Row, place: usize) -> String {
        let token = self.callers[place].token.clone();
        let credential = token.map_or(Credential::None, Credential::Bearer);
        let viewer = app.app.authenticate(&credential).await.unwrap();
        let named = self.words.iter().find(|(word, _)| row.at.strip_prefix('$') == Some(word)).unwrap();
        let id = tertulia::domain::ids::GlobalId::room(&named.1, "roomId").unwrap();
        let opened = match row.field {
            "Subscription.roomActivity" => app.app.follow_activity(&viewer, id).await.map(drop),
            "Subscription.inboxEvents" => app.app.follow_inbox(&viewer, None).await.map(drop),
            _ => app.app.follow_room(&viewer, id, None, None).await.map(drop),
        };
        match opened {
            Ok(()) => "OK".to_owned(),
            Err(error) => error.code().to_string(),
        }
    }
}

fn guessed_room() -> String {
    tertulia::domain::ids::GlobalId::Room(uuid::Uuid::from_u128(7)).encode()
}

/// The first code in an answer, at the top or in its payload, or else whether there is a value.
fn verdict(answer: &Value, at: &str) -> String {
    let payload = at.split('/').nth(1).unwrap_or_default();
    let codes = [
        answer.pointer("/errors/0/extensions/code"),
        answer.pointer(&format!("/data/{payload}/errors/0/code")),
    ];
    if let Some(code) = codes.into_iter().flatten().next() {
        return code.as_str().unwrap_or("a code that is no text").to_owned();
    }
    match answer.pointer(&format!("/data{at}")) {
        None | Some(Value::Null) => "null".to_owned(),
        Some(_) => "OK".to_owned(),
    }
}

/// Code, text and path of a refusal, wherever it stands; without the request's id.
fn refusal(mut answer: Value) -> Value {
    if let Some(errors) = answer["errors"].as_array_mut() {
        for error in errors {
            error["extensions"]["requestId"].take();
        }
    }
    answer
}

on_both! {
    async fn each_caller_is_told_what_the_matrix_says(app) {
        let shared = Scene::set(&app, 0).await;
        let mut wrong = Vec::new();
        for (number, row) in matrix().iter().enumerate() {
            for (place, expected) in row.expected.into_iter().enumerate() {
                let told = if row.field.starts_with("Mutation.") && place > 0 {
                    let scene = Scene::set(&app, 100 * number + place).await;
                    scene.told(&app, row, place).await
                } else {
                    shared.told(&app, row, place).await
                };
                if told != expected {
                    let operation = shared.fill(row, place);
                    wrong.push(format!("{} to {}: {told}, not {expected}: {operation}", row.field, CALLERS[place]));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn without_a_token_it_does_not_show_whether_an_id_exists(app) {
        let mut scene = Scene::set(&app, 0).await;
        let rows = matrix();
        let rows = rows.iter().filter(|row| row.expected[0] == "UNAUTHENTICATED" && !row.operation.is_empty());
        for row in rows {
            let real = scene.callers[0].send(&scene.fill(row, 0), json!({})).await;
            let words = scene.words.clone();
            for (word, value) in &mut scene.words {
                match *word {
                    "ROOM" | "HALL" => *value = guessed_room(),
                    "OWNER" | "SECOND" | "STRANGER" => *value = nobody(8),
                    "MESSAGE" | "GREETING" => {
                        *value = tertulia::domain::ids::GlobalId::Message(i64::MAX.into()).encode();
                    }
                    "DEVICE" => {
                        *value = tertulia::domain::ids::GlobalId::Session(uuid::Uuid::from_u128(9)).encode();
                    }
                    "INVITE" => "no code".clone_into(value),
                    _ => {}
                }
            }
            let guessed = scene.callers[0].send(&scene.fill(row, 0), json!({})).await;
            scene.words = words;
            assert_eq!(refusal(real), refusal(guessed), "{}", row.field);
        }
    }

    async fn a_room_one_is_not_in_a_guessed_id_and_a_deleted_room_are_refused_alike(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let (hidden, deleted) = (amber.room("Den", &[]).await, amber.room("Old", &[]).await);
        amber.mutate("deleteRoom", json!({ "roomId": deleted }), "").await;
        let operations = [
            "query($r: ID!, $u: ID!) { room(id: $r) { id } node(id: $r) { id } nodes(ids: [$r, $u]) { id } }",
            "query($r: ID!) { messages(roomId: $r) { totalCount } }",
            "mutation($r: ID!) { sendMessage(input: { roomId: $r, text: \"hi\" }) { errors { code message path } } }",
            "mutation($r: ID!) { joinRoom(input: { roomId: $r }) { errors { code message path } } }",
            "mutation($r: ID!) { leaveRoom(input: { roomId: $r }) { errors { code message path } } }",
            "mutation($r: ID!) { deleteRoom(input: { roomId: $r }) { errors { code message path } } }",
            "mutation($r: ID!) { updateRoom(input: { roomId: $r, name: \"Mine\" }) { errors { code message path } } }",
            "mutation($r: ID!, $u: ID!) {
                addMembers(input: { roomId: $r, userIds: [$u] }) { errors { code message path } } }",
            "mutation($r: ID!, $u: ID!) {
                removeMember(input: { roomId: $r, userId: $u }) { errors { code message path } } }",
        ];
        for operation in operations {
            let mut answers = Vec::new();
            for room in [&guessed_room(), &hidden, &deleted] {
                let variables = json!({ "r": room, "u": birch.id });
                let used = if operation.contains("$u") { variables } else { json!({ "r": room }) };
                answers.push(refusal(birch.send(operation, used).await));
            }
            assert_eq!(answers[0], answers[1], "a room one is not in: {operation}");
            assert_eq!(answers[0], answers[2], "a deleted room: {operation}");
            assert!(operation.contains("room(id") || answers[0].to_string().contains("NOT_FOUND"), "{answers:?}");
        }
    }

    async fn no_path_through_a_shared_message_leads_round_the_check(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let (shared, secret) = (amber.room("Den", &[&birch]).await, amber.room("Vault", &[]).await);
        amber.say(&secret, "not for birch").await;
        let message = amber.say(&shared, "for birch").await["message"]["id"].take();
        let seen = birch
            .ask(
                "query($m: ID!) {
                    node(id: $m) { ... on Message { text sender { ...P } room { ...R lastMessage { room { ...R } } } } }
                    rooms(first: 3) { nodes { ...R } } messages(first: 3) { nodes { text room { id name } } } }
                 fragment P on User { id username email phone address }
                 fragment R on Room { id name inviteUrl createdBy { ...P } members(first: 3) { nodes { ...P } }
                    messages(first: 3) { nodes { text room { id name } sender { ...P } } } }",
                json!({ "m": message }),
            )
            .await
            .to_string();
        assert!(seen.contains("for birch") && seen.contains("birch@example.com"), "{seen}");
        for hidden in ["not for birch", "Vault", &secret, "amber@example.com", "/join/"] {
            assert!(!seen.contains(hidden), "{hidden}: {seen}");
        }
    }

    async fn a_public_room_shows_neither_its_people_nor_its_messages_from_a_list(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let input = json!({ "name": "Hall", "visibility": "PUBLIC" });
        let room = amber.mutate("createRoom", input, "room { id }").await["room"]["id"].take();
        amber.say(room.as_str().unwrap(), "for members").await;
        for field in ["members { totalCount }", "messages { nodes { text } }"] {
            let query = format!("{{ rooms(filter: {{ scope: PUBLIC }}) {{ nodes {{ id {field} }} }} }}");
            assert_eq!(birch.code(&query, json!({})).await, "NOT_A_MEMBER");
        }
        let query = "{ rooms(filter: { scope: PUBLIC }) { nodes { lastMessage { text } } } }";
        let list = birch.ask(query, json!({})).await;
        assert_eq!(list["rooms"]["nodes"], json!([{ "lastMessage": null }]));
    }

    async fn an_id_of_another_type_is_never_taken_for_its_own(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        assert_eq!(amber.code("query($id: ID!) { room(id: $id) { id } }", json!({ "id": amber.id })).await, "BAD_INPUT");
        assert_eq!(amber.code("query($id: ID!) { user(id: $id) { id } }", json!({ "id": room })).await, "BAD_INPUT");
        let input = json!({ "roomId": amber.id, "text": "hi" });
        assert_eq!(amber.refused("sendMessage", input).await, ["BAD_INPUT"]);
    }

    async fn nobody_promotes_themself_with_a_field_the_schema_does_not_have(app) {
        let amber = app.user("amber").await;
        for field in ["updateProfile(input: { isAdmin: true })", "createRoom(input: { name: \"Den\", createdBy: \"x\" })"] {
            let operation = format!("mutation {{ {field} {{ errors {{ code }} }} }}");
            let answer = amber.send(&operation, json!({})).await;
            assert!(answer["errors"].is_array() && answer.get("data").is_none_or(Value::is_null), "{answer}");
        }
    }
}
