//! The log of a room: every change takes the next position, and there is no hole.

use serde_json::json;
use tertulia::domain::ids::UserKey;
use tertulia::domain::paging::{List, decode_cursor};
use tertulia::storage::{room_events, rooms};

use crate::on_both;
use crate::rooms::{head, invite_code, read};

on_both! {
    async fn every_change_of_a_room_takes_the_next_position_of_its_log(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[&birch]).await;
        let (key, mut expected) = head(&app, &amber, &room).await;
        assert_eq!(expected, 2, "one for each member");
        let code = invite_code(&amber, &room).await;
        let add = |role| json!({ "roomId": room, "userIds": [birch.id, cedar.id], "role": role });
        let steps = [
            (&amber, "sendMessage", json!({ "roomId": room, "text": "one", "clientMessageId": "k" }), 1),
            (&amber, "sendMessage", json!({ "roomId": room, "text": "one", "clientMessageId": "k" }), 0),
            (&amber, "updateRoom", json!({ "roomId": room, "name": "Hall" }), 1),
            (&cedar, "joinRoom", json!({ "inviteCode": code }), 1),
            (&cedar, "joinRoom", json!({ "inviteCode": code }), 0),
            (&cedar, "leaveRoom", json!({ "roomId": room }), 1),
            (&amber, "addMembers", add("MEMBER"), 1),
            (&amber, "addMembers", add("MEMBER"), 0),
            (&amber, "addMembers", add("MODERATOR"), 2),
            (&amber, "removeMember", json!({ "roomId": room, "userId": cedar.id }), 1),
            (&birch, "sendMessage", json!({ "roomId": room, "text": "two" }), 1),
        ];
        for (caller, field, input, taken) in steps {
            caller.mutate(field, input.clone(), "").await;
            expected += taken;
            assert_eq!(head(&app, &amber, &room).await.1, expected, "{field} {input}");
        }
        let refused = [
            (&birch, "deleteRoom", json!({ "roomId": room })),
            (&amber, "leaveRoom", json!({ "roomId": room })),
            (&amber, "updateRoom", json!({ "roomId": room, "capacity": 1 })),
            (&cedar, "sendMessage", json!({ "roomId": room, "text": "let me in" })),
            (&amber, "sendMessage", json!({ "roomId": room, "text": "other", "clientMessageId": "k" })),
        ];
        for (caller, field, input) in refused {
            caller.refused(field, input.clone()).await;
            assert_eq!(head(&app, &amber, &room).await.1, expected, "{field} {input}");
        }
        let (events, views) = app
            .app
            .store()
            .read(move |conn| {
                Box::pin(async move {
                    Ok((room_events::count(conn, key).await?, rooms::get_views(conn, &[key], UserKey(0)).await?))
                })
            })
            .await
            .unwrap();
        assert_eq!((views[0].room.last_seq, views[0].room.head), (2, expected));
        assert_eq!(views[0].room.last_seq + events, expected, "messages and events fill the log");
    }

    async fn concurrent_changes_of_a_room_leave_no_hole_in_its_log(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        let change = async |turn: usize| match turn % 3 {
            0 => drop(amber.say(&room, "hello").await),
            1 => drop(amber.mutate("updateRoom", json!({ "roomId": room, "name": turn.to_string() }), "").await),
            _ => {
                let role = if turn.is_multiple_of(2) { "READER" } else { "MODERATOR" };
                let input = json!({ "roomId": room, "userIds": [birch.id], "role": role });
                amber.mutate("addMembers", input, "").await;
            }
        };
        futures_util::future::join_all((0..30).map(change)).await;
        let (key, head) = head(&app, &amber, &room).await;
        let shown = read(&amber, &room, "messages { totalCount edges { cursor } }").await["messages"].take();
        let edges = shown["edges"].as_array().unwrap();
        let places = edges.iter().map(|edge| edge["cursor"].as_str().unwrap());
        let places = places.map(|cursor| decode_cursor(app.app.epoch(), List::Log(key), cursor).unwrap().0);
        assert!(places.collect::<Vec<_>>().is_sorted_by(|a, b| a < b));
        let events = app.app.store().read(move |conn| Box::pin(room_events::count(conn, key))).await.unwrap();
        assert_eq!((shown["totalCount"].as_i64(), edges.len()), (Some(10), 10));
        assert_eq!(events + 10, head);
    }

    async fn deleting_a_room_is_the_last_event_of_its_log(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let (key, before) = head(&app, &amber, &room).await;
        amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
        let events = app.app.store().read(move |conn| Box::pin(room_events::count(conn, key))).await.unwrap();
        assert_eq!(events, before + 1);
    }
}
