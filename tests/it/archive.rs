//! Rooms that an administrator has closed: they are read, and nothing is added.

use serde_json::{Value, json};

use crate::audit::log;
use crate::on_both;
use crate::rooms::invite_code;
use crate::support::Caller;
use crate::support::socket::Socket;

const ARCHIVED: &str = "This room is archived: it can be read, and nothing is added to it.";

async fn close(admin: &Caller, room: &str, on: bool) -> Value {
    admin.mutate("archiveRoom", json!({ "roomId": room, "on": on }), "room { id archivedAt }").await["room"]
        .take()
}

/// Tries what is to be refused because the room is closed.
async fn is_closed(caller: &Caller, field: &str, input: Value) {
    let payload = caller.try_mutate(field, input, "").await;
    let error = &payload["errors"][0];
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("FORBIDDEN"), &json!(ARCHIVED)),
        "{field}: {payload}"
    );
}

on_both! {
    async fn a_closed_room_is_read_and_left_and_nothing_is_added(app) {
        let (amber, basil, carol) = (app.user("amber").await, app.user("basil").await, app.user("carol").await);
        let admin = app.admin("ada").await;
        let input = json!({ "name": "Den", "visibility": "PUBLIC", "memberIds": [basil.id] });
        let room = amber.mutate("createRoom", input, "room { id }").await["room"]["id"].as_str().unwrap().to_owned();
        let code = invite_code(&amber, &room).await;
        let (mine, theirs) = (amber.say(&room, "one").await, basil.say(&room, "two").await);
        let (mine, theirs) = (&mine["message"]["id"], &theirs["message"]["id"]);
        let closed = close(&admin, &room, true).await;
        assert_eq!(closed, json!({ "id": room, "archivedAt": "2027-01-15T08:00:00.000Z" }));
        is_closed(&basil, "sendMessage", json!({ "roomId": room, "text": "three" })).await;
        is_closed(&basil, "editMessage", json!({ "messageId": theirs, "text": "another" })).await;
        is_closed(&basil, "reactToMessage", json!({ "messageId": mine, "emoji": "👍" })).await;
        is_closed(&basil, "setTyping", json!({ "roomId": room })).await;
        is_closed(&carol, "joinRoom", json!({ "roomId": room })).await;
        is_closed(&carol, "joinRoom", json!({ "inviteCode": code })).await;
        is_closed(&amber, "addMembers", json!({ "roomId": room, "userIds": [carol.id] })).await;
        is_closed(&amber, "updateRoom", json!({ "roomId": room, "name": "Nest" })).await;
        basil.mutate("joinRoom", json!({ "roomId": room }), "room { id }").await;
        basil.mutate("deleteMessage", json!({ "messageId": theirs }), "").await;
        amber.mutate("deleteMessage", json!({ "messageId": mine }), "").await;
        admin.mutate("updateRoom", json!({ "roomId": room, "name": "Old den" }), "").await;
        let query = "query($r: ID!) { room(id: $r) { name archivedAt memberCount
            messages { totalCount nodes { text } } } }";
        let found = basil.ask(query, json!({ "r": room })).await["room"].take();
        assert_eq!(found, json!({ "name": "Old den", "archivedAt": closed["archivedAt"], "memberCount": 2,
            "messages": { "totalCount": 2, "nodes": [{ "text": "" }, { "text": "" }] } }));
        basil.mutate("leaveRoom", json!({ "roomId": room }), "").await;
        // Once more changes nothing, and is no further deed.
        close(&admin, &room, true).await;
        assert_eq!(close(&admin, &room, false).await["archivedAt"], Value::Null);
        amber.say(&room, "four").await;
        carol.mutate("joinRoom", json!({ "roomId": room }), "room { id }").await;
        let expected = [
            json!(["room.unarchive", "ada", room, "Old den"]),
            json!(["room.update", "ada", room, "name"]),
            json!(["room.archive", "ada", room, "Den"]),
        ];
        assert_eq!(log(&admin).await, expected);
    }

    async fn the_people_of_a_room_hear_of_it(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        let room = amber.room("Den", &[]).await;
        let mut live = Socket::ready(&app, amber.token.as_deref()).await;
        let query = "subscription($r: ID!) { roomEvents(roomId: $r) { __typename
            ... on RoomChanged { room { archivedAt } } } }";
        live.subscribe("s", query, json!({ "r": room })).await;
        let next = async |live: &mut Socket| live.hear_past_pings().await["payload"]["data"]["roomEvents"].take();
        while next(&mut live).await["__typename"] != "CaughtUp" {}
        let at = close(&admin, &room, true).await["archivedAt"].take();
        let told = json!({ "__typename": "RoomChanged", "room": { "archivedAt": at } });
        assert_eq!(next(&mut live).await, told);
        close(&admin, &room, false).await;
        let told = json!({ "__typename": "RoomChanged", "room": { "archivedAt": null } });
        assert_eq!(next(&mut live).await, told);
    }

    async fn rooms_of_two_and_of_one_close_like_others(app) {
        let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("ada").await);
        let direct = json!({ "userId": basil.id, "text": "hello" });
        let sent = amber.mutate("sendDirectMessage", direct.clone(), "message { room { id } }").await;
        let pair = sent["message"]["room"]["id"].as_str().unwrap();
        let notes = amber.mutate("createRoom", json!({ "kind": "SELF" }), "room { id }").await;
        let notes = notes["room"]["id"].as_str().unwrap();
        for room in [pair, notes] {
            close(&admin, room, true).await;
        }
        is_closed(&amber, "sendDirectMessage", direct).await;
        is_closed(&basil, "sendMessage", json!({ "roomId": pair, "text": "hello" })).await;
        is_closed(&amber, "sendMessage", json!({ "roomId": notes, "text": "hello" })).await;
        let again = amber.mutate("createRoom", json!({ "kind": "DUO", "memberIds": [basil.id] }), "created room { id }");
        let again = again.await;
        assert_eq!((&again["created"], &again["room"]["id"]), (&json!(false), &json!(pair)));
    }

    async fn only_administrators_close_a_room(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[]).await;
        assert_eq!(amber.refused("archiveRoom", json!({ "roomId": room })).await, ["FORBIDDEN"]);
        assert_eq!(basil.refused("archiveRoom", json!({ "roomId": room })).await, ["NOT_FOUND"]);
        amber.say(&room, "still open").await;
    }

    async fn administrators_list_every_room(app) {
        let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("ada").await);
        let den = amber.room("Den", &[]).await;
        basil.room("Nest", &[&admin]).await;
        basil.mutate("sendDirectMessage", json!({ "userId": amber.id, "text": "hello" }), "").await;
        let hall = json!({ "name": "Hall", "visibility": "PUBLIC" });
        amber.mutate("createRoom", hall, "").await;
        let gone = amber.room("Gone", &[]).await;
        amber.mutate("deleteRoom", json!({ "roomId": gone }), "").await;
        close(&admin, &den, true).await;
        let query = "query($f: RoomFilter, $n: Int, $a: String) { rooms(filter: $f, first: $n, after: $a) {
            totalCount nodes { name } pageInfo { endCursor hasNextPage } } }";
        let list = async |caller: &Caller, filter: Value| {
            let found = caller.ask(query, json!({ "f": filter })).await["rooms"].take();
            let names: Vec<Value> =
                found["nodes"].as_array().unwrap().iter().map(|room| room["name"].clone()).collect();
            assert_eq!(found["totalCount"], json!(names.len()));
            names
        };
        let all = json!({ "scope": "ALL" });
        assert_eq!(list(&admin, all.clone()).await, ["Hall", "basil, amber", "Nest", "Den"]);
        assert_eq!(list(&admin, json!({ "scope": "ALL", "archived": true })).await, ["Den"]);
        assert_eq!(list(&admin, json!({ "scope": "ALL", "archived": false, "kind": "GROUP" })).await, ["Hall", "Nest"]);
        assert_eq!(list(&admin, json!({ "scope": "ALL", "search": "ne" })).await, ["Nest"]);
        assert_eq!(list(&admin, json!({})).await, ["Nest"], "their own, unless they ask");
        assert_eq!(list(&amber, json!({ "archived": true })).await, ["Den"]);
        assert_eq!(list(&amber, json!({ "archived": false })).await, ["Hall", "basil, amber"]);
        assert_eq!(list(&amber, json!({})).await.len(), 3);
        let page = admin.ask(query, json!({ "f": all, "n": 3 })).await["rooms"].take();
        assert_eq!(page["pageInfo"]["hasNextPage"], true);
        let rest = admin.ask(query, json!({ "f": all, "a": page["pageInfo"]["endCursor"] })).await;
        assert_eq!(rest["rooms"]["nodes"], json!([{ "name": "Den" }]));
        for caller in [&amber, &basil] {
            assert_eq!(caller.code(query, json!({ "f": all })).await, "FORBIDDEN");
        }
        assert_eq!(app.anonymous().code(query, json!({ "f": all })).await, "UNAUTHENTICATED");
    }
}
