//! A page of a room around one of its messages, for jumping there.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Caller, TestApp};

const AROUND: &str = "query($r: ID!, $m: ID, $s: Int, $c: Int = 25) { room(id: $r) {
    messagesAround(messageId: $m, seq: $s, count: $c) {
        totalCount nodes { id seq text deletedAt } edges { cursor }
        pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } } }";
const PAGE: &str = "query($r: ID!, $f: Int, $a: String, $l: Int, $b: String) {
    messages(roomId: $r, first: $f, after: $a, last: $l, before: $b) { nodes { seq } } }";

/// A room with so many messages, and the ids of those. Between them people join, which takes places of the log.
async fn furnished(app: &TestApp, owner: &Caller, count: usize) -> (String, Vec<String>) {
    let room = owner.room("Den", &[]).await;
    let mut ids = Vec::new();
    for number in 1..=count {
        let sent = owner.say(&room, &format!("number {number}")).await;
        ids.push(sent["message"]["id"].as_str().unwrap().to_owned());
        if number % 3 == 0 {
            let guest = app.user(&format!("guest{number}")).await;
            owner.mutate("addMembers", json!({ "roomId": room, "userIds": [guest.id] }), "").await;
        }
    }
    (room, ids)
}

async fn around(caller: &Caller, room: &str, arguments: Value) -> Value {
    let mut variables = json!({ "r": room });
    variables.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    caller.ask(AROUND, variables).await["room"]["messagesAround"].take()
}

fn seqs(list: &Value) -> Vec<i64> {
    list["nodes"].as_array().unwrap().iter().map(|node| node["seq"].as_i64().unwrap()).collect()
}

/// Whether there is more before the page and after it.
fn more(list: &Value) -> (bool, bool) {
    let info = &list["pageInfo"];
    (info["hasPreviousPage"].as_bool().unwrap(), info["hasNextPage"].as_bool().unwrap())
}

on_both! {
    async fn the_message_is_in_the_middle_and_its_page_goes_on_both_ways(app) {
        let amber = app.user("amber").await;
        let (room, ids) = furnished(&app, &amber, 10).await;
        for middle in [json!({ "m": ids[4], "c": 2 }), json!({ "s": 5, "c": 2 })] {
            let page = around(&amber, &room, middle).await;
            assert_eq!((seqs(&page), more(&page)), (vec![3, 4, 5, 6, 7], (true, true)));
            assert_eq!((&page["totalCount"], &page["nodes"][2]["id"]), (&json!(10), &json!(ids[4])));
            let info = &page["pageInfo"];
            assert_eq!(info["startCursor"], page["edges"][0]["cursor"]);
            assert_eq!(info["endCursor"], page["edges"][4]["cursor"]);
            let before = json!({ "r": room, "l": 5, "b": info["startCursor"] });
            assert_eq!(seqs(&amber.ask(PAGE, before).await["messages"]), [1, 2]);
            let after = json!({ "r": room, "f": 5, "a": info["endCursor"] });
            assert_eq!(seqs(&amber.ask(PAGE, after).await["messages"]), [8, 9, 10]);
        }
    }

    async fn at_an_end_of_the_room_the_page_is_as_long_as_there_are_messages(app) {
        let amber = app.user("amber").await;
        let (room, ids) = furnished(&app, &amber, 7).await;
        let table = [
            (1, 2, vec![1, 2, 3], (false, true)),
            (2, 2, vec![1, 2, 3, 4], (false, true)),
            (3, 2, vec![1, 2, 3, 4, 5], (false, true)),
            (7, 2, vec![5, 6, 7], (true, false)),
            (4, 3, vec![1, 2, 3, 4, 5, 6, 7], (false, false)),
            (4, 99, vec![1, 2, 3, 4, 5, 6, 7], (false, false)),
            (4, 0, vec![4], (true, true)),
            (1, 0, vec![1], (false, true)),
            (7, 0, vec![7], (true, false)),
        ];
        for (number, count, expected, beyond) in table {
            let page = around(&amber, &room, json!({ "m": ids[number - 1], "c": count })).await;
            assert_eq!((seqs(&page), more(&page)), (expected, beyond), "{number} by {count}");
        }
        assert_eq!(seqs(&around(&amber, &room, json!({ "s": 7 })).await).len(), 7, "twenty-five unless asked otherwise");
        assert_eq!(seqs(&around(&amber, &room, json!({ "s": 7, "c": null })).await).len(), 7);
    }

    async fn a_number_beyond_the_ends_is_that_of_the_nearest_message(app) {
        let amber = app.user("amber").await;
        let (room, _) = furnished(&app, &amber, 4).await;
        for (number, nearest) in [(0, 1), (-5, 1), (5, 4), (i32::MAX, 4), (i32::MIN, 1)] {
            assert_eq!(seqs(&around(&amber, &room, json!({ "s": number, "c": 0 })).await), [nearest], "{number}");
        }
        let empty = amber.room("Attic", &[]).await;
        let page = around(&amber, &empty, json!({ "s": 1 })).await;
        assert_eq!((seqs(&page), more(&page), &page["totalCount"]), (Vec::new(), (false, false), &json!(0)));
    }

    async fn a_deleted_message_keeps_its_place_in_the_middle(app) {
        let amber = app.user("amber").await;
        let (room, ids) = furnished(&app, &amber, 3).await;
        amber.mutate("deleteMessage", json!({ "messageId": ids[1] }), "").await;
        let page = around(&amber, &room, json!({ "m": ids[1], "c": 1 })).await;
        assert_eq!(seqs(&page), [1, 2, 3]);
        assert_eq!(page["nodes"][1]["text"], "");
        assert!(page["nodes"][1]["deletedAt"].is_string());
    }

    async fn a_message_of_another_room_or_of_none_is_not_found(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let (den, _) = furnished(&app, &amber, 2).await;
        let attic = bruno.room("Attic", &[&amber]).await;
        let elsewhere = bruno.say(&attic, "hello").await["message"]["id"].take();
        let nowhere = tertulia::domain::ids::GlobalId::Message(i64::MAX.into()).encode();
        for id in [elsewhere, json!(nowhere)] {
            assert_eq!(amber.code(AROUND, json!({ "r": den, "m": id })).await, "NOT_FOUND", "{id}");
        }
        let hall = json!({ "name": "Hall", "visibility": "PUBLIC" });
        let hall = amber.mutate("createRoom", hall, "room { id }").await["room"]["id"].take();
        assert_eq!(bruno.code(AROUND, json!({ "r": hall, "s": 1 })).await, "NOT_A_MEMBER");
        assert_eq!(bruno.ask(AROUND, json!({ "r": den, "s": 1 })).await["room"], Value::Null);
    }

    async fn the_middle_is_named_once_and_the_count_is_bounded(app) {
        let amber = app.user("amber").await;
        let (room, ids) = furnished(&app, &amber, 1).await;
        for wrong in [
            json!({ "r": room }),
            json!({ "r": room, "m": ids[0], "s": 1 }),
            json!({ "r": room, "m": room }),
            json!({ "r": room, "m": "x" }),
            json!({ "r": room, "s": 1, "c": -1 }),
            json!({ "r": room, "s": 1, "c": 100 }),
        ] {
            assert_eq!(amber.code(AROUND, wrong.clone()).await, "BAD_INPUT", "{wrong}");
        }
        let answer = amber.send(AROUND, json!({ "r": room, "s": 1, "c": 100 })).await;
        assert_eq!(answer["errors"][0]["message"], "Give a number from 0 to 99.");
    }
}
