//! Things by their global ids: what comes back, in which order, and what stays hidden.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Caller, TestApp};

const NODE: &str = "query($id: ID!) { node(id: $id) { id __typename } }";
const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }";

async fn kind(caller: &Caller, id: &str) -> Value {
    let node = caller.ask(NODE, json!({ "id": id })).await["node"].take();
    if !node.is_null() {
        assert_eq!(node["id"], json!(id));
    }
    node["__typename"].clone()
}

/// Amber with a private room and a message in it; and Bruno, who is not in.
async fn household(app: &TestApp) -> (Caller, Caller, String, String) {
    let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
    let room = amber.room("Den", &[]).await;
    let message = amber.say(&room, "hello").await["message"]["id"].as_str().unwrap().to_owned();
    (amber, bruno, room, message)
}

on_both! {
    async fn each_type_is_found_by_the_id_it_gives(app) {
        let (amber, bruno, room, message) = household(&app).await;
        assert_eq!(kind(&amber, &bruno.id).await, "User");
        assert_eq!(kind(&amber, &room).await, "Room");
        assert_eq!(kind(&amber, &message).await, "Message");
    }

    async fn several_ids_come_back_in_the_order_asked_repeats_and_gaps_included(app) {
        let (amber, bruno, room, message) = household(&app).await;
        let absent = "AAAAAAAAAAAAAAAAAAAAAAA";
        let ids = [&message, &room, absent, &bruno.id, &message, &amber.id, &room, "", &message];
        let found = amber.ask(NODES, json!({ "ids": ids })).await;
        let found: Vec<Value> = found["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
        let wanted: Vec<Value> =
            ids.iter().map(|id| if id.len() > 1 && **id != *absent { json!(id) } else { Value::Null }).collect();
        assert_eq!(found, wanted);
    }

    async fn what_is_another_persons_is_null_as_if_it_were_not_there(app) {
        let (_, bruno, room, message) = household(&app).await;
        assert_eq!(kind(&bruno, &room).await, Value::Null);
        assert_eq!(kind(&bruno, &message).await, Value::Null);
        let both = bruno.ask(NODES, json!({ "ids": [room, message] })).await;
        assert_eq!(both["nodes"], json!([null, null]));
    }

    async fn a_public_room_is_seen_by_all_and_its_messages_by_its_members(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let input = json!({ "name": "Square", "visibility": "PUBLIC" });
        let made = amber.mutate("createRoom", input, "room { id }").await;
        let room = made["room"]["id"].as_str().unwrap();
        let message = amber.say(room, "hello").await["message"]["id"].as_str().unwrap().to_owned();
        assert_eq!(kind(&bruno, room).await, "Room");
        assert_eq!(kind(&bruno, &message).await, Value::Null);
        bruno.mutate("joinRoom", json!({ "roomId": room }), "room { id }").await;
        assert_eq!(kind(&bruno, &message).await, "Message");
        bruno.mutate("leaveRoom", json!({ "roomId": room }), "leftRoomId").await;
        assert_eq!(kind(&bruno, &message).await, Value::Null);
    }

    async fn a_deleted_room_is_gone_with_its_messages(app) {
        let (amber, _, room, message) = household(&app).await;
        amber.mutate("deleteRoom", json!({ "roomId": room }), "deletedRoomId").await;
        assert_eq!(kind(&amber, &room).await, Value::Null);
        assert_eq!(kind(&amber, &message).await, Value::Null);
    }

    async fn what_is_no_id_is_null(app) {
        let (amber, _, room, message) = household(&app).await;
        for id in ["", "x", "1", "null", "VQ", "TQAAAAAAAAAA", "🦀", &room[..10], &message[1..], &format!("{room}=")] {
            assert_eq!(kind(&amber, id).await, Value::Null, "{id:?}");
        }
        let long = "A".repeat(100_000);
        assert_eq!(kind(&amber, &long).await, Value::Null);
    }

    async fn two_hundred_ids_are_answered_and_one_more_is_too_many(app) {
        let amber = app.user("amber").await;
        let found = amber.ask(NODES, json!({ "ids": vec![&amber.id; 200] })).await;
        assert_eq!(found["nodes"].as_array().unwrap().len(), 200);
        assert!(found["nodes"].as_array().unwrap().iter().all(|node| node["__typename"] == "User"));
        assert_eq!(amber.code(NODES, json!({ "ids": vec![&amber.id; 201] })).await, "TOO_LONG");
        assert_eq!(amber.ask(NODES, json!({ "ids": [] })).await["nodes"], json!([]));
    }

    async fn a_signed_out_caller_is_told_so_whatever_the_ids_are(app) {
        let (amber, _, room, message) = household(&app).await;
        for id in [&amber.id, &room, &message, "x", ""] {
            assert_eq!(app.anonymous().code(NODE, json!({ "id": id })).await, "UNAUTHENTICATED", "{id:?}");
            assert_eq!(app.anonymous().code(NODES, json!({ "ids": [id] })).await, "UNAUTHENTICATED", "{id:?}");
        }
    }
}
