//! Rooms: making, reading, editing and deleting them.

mod list;
mod log;

use serde_json::{Value, json};
use tertulia::domain::ids::{GlobalId, RoomKey};
use tertulia::domain::paging::{List, decode_cursor};

use crate::on_both;
use crate::support::{Caller, TestApp};

/// Reads fields of a room that the caller may see.
pub async fn read(caller: &Caller, room: &str, fields: &str) -> Value {
    let query = format!("query($id: ID!) {{ room(id: $id) {{ {fields} }} }}");
    caller.ask(&query, json!({ "id": room })).await["room"].take()
}

/// The key of a room, and the newest position of its log as its cursor says.
pub async fn head(app: &TestApp, caller: &Caller, room: &str) -> (RoomKey, i64) {
    let shown = read(caller, room, "databaseId headCursor").await;
    let key = RoomKey(shown["databaseId"].as_i64().unwrap());
    let cursor = shown["headCursor"].as_str().unwrap();
    (key, decode_cursor(app.app.epoch(), List::Log(key), cursor).unwrap().0)
}

/// The id of a user who does not exist.
pub fn nobody(number: u128) -> String {
    GlobalId::User(uuid::Uuid::from_u128(number)).encode()
}

/// The code that a room's invite link ends in.
pub async fn invite_code(owner: &Caller, room: &str) -> String {
    let shown = read(owner, room, "inviteUrl").await;
    shown["inviteUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Makes a room of any kind; gives the payload.
async fn create(caller: &Caller, input: Value) -> Value {
    caller.mutate("createRoom", input, "created room { id name kind visibility capacity hasPassword }").await
}

fn id(payload: &Value) -> String {
    payload["room"]["id"].as_str().unwrap().to_owned()
}

/// Makes the same room many times at once, from both sides in turn; gives ids and how many were made.
async fn create_at_once(callers: [&Caller; 2], inputs: [Value; 2]) -> (Vec<String>, usize) {
    let creations = (0..10).map(|turn| create(callers[turn % 2], inputs[turn % 2].clone()));
    let payloads = futures_util::future::join_all(creations).await;
    let made = payloads.iter().filter(|payload| payload["created"] == json!(true)).count();
    let mut ids: Vec<String> = payloads.iter().map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    (ids, made)
}

on_both! {
    async fn a_group_needs_a_name(app) {
        let amber = app.user("amber").await;
        for name in [Value::Null, json!(""), json!(" \t\n")] {
            let payload = amber.try_mutate("createRoom", json!({ "name": name }), "created room { id }").await;
            assert_eq!(payload["errors"][0]["code"], json!("EMPTY"), "{name}");
            assert_eq!(payload["errors"][0]["path"], json!(["input", "name"]));
            assert_eq!((&payload["room"], &payload["created"]), (&Value::Null, &json!(false)));
        }
    }

    async fn the_maker_of_a_group_owns_it_and_the_others_join_in_the_order_asked_for(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[&cedar, &birch, &amber, &cedar]).await;
        let shown = read(&amber, &room, "memberCount createdBy { id } members { edges { role node { id } } }").await;
        assert_eq!((&shown["memberCount"], &shown["createdBy"]["id"]), (&json!(3), &json!(amber.id)));
        let expected = json!([
            { "role": "OWNER", "node": { "id": amber.id } },
            { "role": "MEMBER", "node": { "id": cedar.id } },
            { "role": "MEMBER", "node": { "id": birch.id } },
        ]);
        assert_eq!(shown["members"]["edges"], expected);
    }

    async fn what_a_new_room_asks_for_is_bounded(app) {
        let amber = app.user("amber").await;
        let refusals = [
            (json!({ "name": "n".repeat(256) }), "TOO_LONG", "name"),
            (json!({ "name": "a\u{0}b" }), "BAD_INPUT", "name"),
            (json!({ "name": "Den", "description": "d".repeat(2_001) }), "TOO_LONG", "description"),
            (json!({ "name": "Den", "capacity": 0 }), "BAD_INPUT", "capacity"),
            (json!({ "name": "Den", "capacity": -1 }), "BAD_INPUT", "capacity"),
            (json!({ "name": "Den", "capacity": 1_000_001 }), "BAD_INPUT", "capacity"),
            (json!({ "name": "Den", "password": "" }), "EMPTY", "password"),
            (json!({ "name": "Den", "password": "p".repeat(72) }), "TOO_LONG", "password"),
            (json!({ "name": "Den", "password": "a\u{0}b" }), "BAD_INPUT", "password"),
            (json!({ "name": "Den", "memberIds": [nobody(7)] }), "BAD_INPUT", "memberIds"),
            (json!({ "name": "Den", "memberIds": (0..101).map(nobody).collect::<Vec<_>>() }), "TOO_LONG", "memberIds"),
        ];
        for (input, code, field) in refusals {
            let payload = amber.try_mutate("createRoom", input.clone(), "").await;
            let fault = &payload["errors"][0];
            assert_eq!((&fault["code"], &fault["path"]), (&json!(code), &json!(["input", field])), "{input}");
        }
        assert_eq!(list::names(&amber, Value::Null).await, Vec::<String>::new());
        create(&amber, json!({ "name": "é".repeat(255), "password": "p".repeat(71), "capacity": 1 })).await;
    }

    async fn a_room_cannot_begin_over_its_capacity(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let input = |capacity| json!({ "name": "Den", "memberIds": [birch.id], "capacity": capacity });
        assert_eq!(amber.refused("createRoom", input(1)).await, ["ROOM_FULL"]);
        create(&amber, input(2)).await;
    }

    async fn a_duo_takes_exactly_one_other(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        for members in [json!([]), json!([amber.id]), json!([birch.id, cedar.id])] {
            let input = json!({ "kind": "DUO", "memberIds": members });
            assert_eq!(amber.refused("createRoom", input).await, ["BAD_INPUT"], "{members}");
        }
    }

    async fn two_people_have_one_duo_seen_from_both_sides(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let first = create(&amber, json!({ "kind": "DUO", "memberIds": [birch.id] })).await;
        let again = create(&amber, json!({ "kind": "DUO", "memberIds": [birch.id] })).await;
        let other_side = create(&birch, json!({ "kind": "DUO", "memberIds": [amber.id] })).await;
        assert_eq!((id(&again), id(&other_side)), (id(&first), id(&first)));
        let made = [&first, &again, &other_side].map(|payload| payload["created"].as_bool().unwrap());
        assert_eq!(made, [true, false, false]);
        assert_eq!(read(&birch, &id(&first), "memberCount").await["memberCount"], json!(2));
    }

    async fn a_duo_that_is_made_ten_times_at_once_is_one_room(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let input = |other: &Caller| json!({ "kind": "DUO", "memberIds": [other.id] });
        let (ids, made) = create_at_once([&amber, &birch], [input(&birch), input(&amber)]).await;
        assert_eq!((ids.len(), made), (1, 1));
        assert_eq!(read(&amber, &ids[0], "memberCount").await["memberCount"], json!(2));
    }

    async fn notes_to_oneself_are_one_room_however_often_they_are_made_at_once(app) {
        let amber = app.user("amber").await;
        let input = || json!({ "kind": "SELF" });
        let (ids, made) = create_at_once([&amber, &amber], [input(), input()]).await;
        assert_eq!((ids.len(), made), (1, 1));
        let shown = read(&amber, &ids[0], "memberCount viewerRole kind").await;
        assert_eq!(shown, json!({ "memberCount": 1, "viewerRole": "OWNER", "kind": "SELF" }));
    }

    async fn notes_to_oneself_take_nobody_else(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let input = json!({ "kind": "SELF", "memberIds": [birch.id] });
        assert_eq!(amber.refused("createRoom", input).await, ["BAD_INPUT"]);
    }

    async fn self_and_duo_are_called_by_their_members(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let notes = create(&amber, json!({ "kind": "SELF", "name": "Mine" })).await;
        assert_eq!(notes["room"]["name"], json!("amber"));
        let duo = create(&amber, json!({ "kind": "DUO", "memberIds": [birch.id], "name": "Ours" })).await;
        assert_eq!(duo["room"]["name"], json!("amber, birch"));
        birch.mutate("updateProfile", json!({ "firstName": "Birch", "lastName": "Wood" }), "").await;
        assert_eq!(read(&amber, &id(&duo), "name").await["name"], json!("amber, Birch Wood"));
    }

    async fn self_and_duo_stay_private_without_password_or_capacity(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let terms = json!({ "visibility": "PUBLIC", "password": "open sesame", "capacity": 2 });
        for mut input in [json!({ "kind": "SELF" }), json!({ "kind": "DUO", "memberIds": [birch.id] })] {
            input.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
            let room = create(&amber, input).await["room"].take();
            let shown = (&room["visibility"], &room["hasPassword"], &room["capacity"]);
            assert_eq!(shown, (&json!("PRIVATE"), &json!(false), &Value::Null));
        }
    }

    async fn self_and_duo_cannot_be_edited_even_by_an_administrator(app) {
        let (amber, birch, root) = (app.user("amber").await, app.user("birch").await, app.admin("root").await);
        for input in [json!({ "kind": "SELF" }), json!({ "kind": "DUO", "memberIds": [birch.id] })] {
            let room = id(&create(&amber, input).await);
            for caller in [&amber, &root] {
                let edit = json!({ "roomId": room, "visibility": "PUBLIC" });
                assert_eq!(caller.refused("updateRoom", edit).await, ["FORBIDDEN"]);
            }
            assert_eq!(read(&amber, &room, "visibility").await["visibility"], json!("PRIVATE"));
        }
    }

    async fn a_private_room_is_null_to_others_and_a_public_one_is_shown(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let hidden = amber.room("Den", &[]).await;
        let open = id(&create(&amber, json!({ "name": "Hall", "visibility": "PUBLIC" })).await);
        assert_eq!(read(&birch, &hidden, "id").await, Value::Null);
        let shown = read(&birch, &open, "name memberCount viewerRole inviteUrl lastMessage { id }").await;
        let expected =
            json!({ "name": "Hall", "memberCount": 1, "viewerRole": null, "inviteUrl": null, "lastMessage": null });
        assert_eq!(shown, expected);
    }

    async fn the_invite_link_is_shown_to_those_who_may_invite(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        let link = read(&amber, &room, "inviteUrl").await["inviteUrl"].take();
        assert!(link.as_str().unwrap().contains("/join/"), "{link}");
        for (role, expected) in [("READER", Value::Null), ("MEMBER", Value::Null), ("MODERATOR", link.clone())] {
            let input = json!({ "roomId": room, "userIds": [birch.id], "role": role });
            amber.mutate("addMembers", input, "").await;
            assert_eq!(read(&birch, &room, "inviteUrl").await["inviteUrl"], expected, "{role}");
        }
    }

    async fn what_an_update_leaves_out_stays_and_null_clears(app) {
        let amber = app.user("amber").await;
        let made = json!({ "name": "Den", "description": "Ours", "capacity": 5, "password": "open sesame" });
        let room = id(&create(&amber, made).await);
        let fields = "name description visibility capacity hasPassword";
        let update = async |change: Value| {
            let mut input = json!({ "roomId": room });
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let selection = format!("room {{ {fields} }}");
            let given = amber.mutate("updateRoom", input, &selection).await["room"].take();
            assert_eq!(given, read(&amber, &room, fields).await);
            given
        };
        let mut expected = json!({
            "name": "Den", "description": "Ours", "visibility": "PRIVATE", "capacity": 5, "hasPassword": true });
        assert_eq!(update(json!({})).await, expected);
        assert_eq!(update(json!({ "name": null, "description": null, "visibility": null })).await, expected);
        expected["name"] = json!("Hall");
        expected["visibility"] = json!("PUBLIC");
        assert_eq!(update(json!({ "name": " Hall ", "visibility": "PUBLIC" })).await, expected);
        expected["capacity"] = Value::Null;
        assert_eq!(update(json!({ "capacity": null })).await, expected);
        expected["hasPassword"] = json!(false);
        expected["description"] = json!("");
        assert_eq!(update(json!({ "password": null, "description": "" })).await, expected);
    }

    async fn an_update_is_checked_like_a_new_room(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let refusals = [
            (json!({ "roomId": room, "name": "  " }), "EMPTY"),
            (json!({ "roomId": room, "name": "n".repeat(256) }), "TOO_LONG"),
            (json!({ "roomId": room, "capacity": 0 }), "BAD_INPUT"),
            (json!({ "roomId": room, "password": "" }), "EMPTY"),
        ];
        for (input, code) in refusals {
            assert_eq!(amber.refused("updateRoom", input.clone()).await, [code], "{input}");
        }
        assert_eq!(read(&amber, &room, "name").await["name"], json!("Den"));
    }

    async fn a_capacity_below_the_members_is_a_conflict(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        assert_eq!(amber.refused("updateRoom", json!({ "roomId": room, "capacity": 1 })).await, ["CONFLICT"]);
        amber.mutate("updateRoom", json!({ "roomId": room, "capacity": 2 }), "").await;
    }

    async fn moderators_edit_a_room_and_members_do_not(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        let edit = json!({ "roomId": room, "description": "new" });
        assert_eq!(birch.refused("updateRoom", edit.clone()).await, ["FORBIDDEN"]);
        let role = json!({ "roomId": room, "userIds": [birch.id], "role": "MODERATOR" });
        amber.mutate("addMembers", role, "").await;
        birch.mutate("updateRoom", edit, "").await;
        assert_eq!(birch.refused("deleteRoom", json!({ "roomId": room })).await, ["FORBIDDEN"]);
    }

    async fn a_deleted_room_is_gone_for_everyone_everywhere(app) {
        let (amber, birch, root) = (app.user("amber").await, app.user("birch").await, app.admin("root").await);
        let made = json!({ "name": "Den", "memberIds": [birch.id], "visibility": "PUBLIC" });
        let room = id(&create(&amber, made).await);
        let code = invite_code(&amber, &room).await;
        let message = amber.say(&room, "soon gone").await["message"]["id"].take();
        amber.mutate("deleteRoom", json!({ "roomId": room }), "deletedRoomId").await;
        for caller in [&amber, &birch, &root] {
            let seen = caller
                .ask(
                    "query($room: ID!, $message: ID!) { room(id: $room) { id } node(id: $room) { id }
                        nodes(ids: [$room, $message]) { id } rooms { nodes { id } totalCount }
                        public: rooms(filter: { scope: PUBLIC }) { nodes { id } totalCount }
                        messages { nodes { id } totalCount } }",
                    json!({ "room": room, "message": message }),
                )
                .await;
            let none = json!({ "nodes": [], "totalCount": 0 });
            let expected = json!({ "room": null, "node": null, "nodes": [null, null], "rooms": none,
                "public": none, "messages": none });
            assert_eq!(seen, expected);
            let query = "query($room: ID!) { messages(roomId: $room) { totalCount } }";
            assert_eq!(caller.code(query, json!({ "room": room })).await, "NOT_FOUND");
            let send = json!({ "roomId": room, "text": "anyone here?" });
            assert_eq!(caller.refused("sendMessage", send).await, ["NOT_FOUND"]);
            assert_eq!(caller.refused("joinRoom", json!({ "roomId": room })).await, ["NOT_FOUND"]);
            assert_eq!(caller.refused("joinRoom", json!({ "inviteCode": code })).await, ["NOT_FOUND"]);
            assert_eq!(caller.refused("deleteRoom", json!({ "roomId": room })).await, ["NOT_FOUND"]);
        }
    }

    async fn deleted_notes_to_oneself_can_be_begun_anew(app) {
        let amber = app.user("amber").await;
        let first = id(&create(&amber, json!({ "kind": "SELF" })).await);
        amber.say(&first, "old").await;
        amber.mutate("deleteRoom", json!({ "roomId": first }), "deletedRoomId").await;
        let second = create(&amber, json!({ "kind": "SELF" })).await;
        assert_eq!(second["created"], json!(true));
        assert_ne!(id(&second), first);
        assert_eq!(read(&amber, &id(&second), "messages { totalCount }").await["messages"]["totalCount"], json!(0));
    }

    async fn a_duo_is_not_for_its_people_to_delete(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let input = json!({ "kind": "DUO", "memberIds": [birch.id] });
        let duo = id(&create(&amber, input).await);
        for caller in [&amber, &birch] {
            assert_eq!(caller.refused("deleteRoom", json!({ "roomId": duo })).await, ["FORBIDDEN"]);
        }
    }

    async fn a_duo_that_an_administrator_deleted_can_be_opened_again(app) {
        let (amber, birch, root) = (app.user("amber").await, app.user("birch").await, app.admin("root").await);
        let input = json!({ "kind": "DUO", "memberIds": [birch.id] });
        let first = id(&create(&amber, input.clone()).await);
        root.mutate("deleteRoom", json!({ "roomId": first }), "").await;
        let second = create(&amber, input).await;
        assert_eq!(second["created"], json!(true));
        assert_ne!(id(&second), first);
    }
}
