//! Sending messages: order, repetition, refusals.

use std::collections::BTreeMap;

use serde_json::json;
use tertulia::domain::ids::{RoomKey, UserKey};
use tertulia::domain::messages::Message;
use tertulia::domain::paging::{End, Page};
use tertulia::storage::{messages, rooms};

use crate::on_both;

on_both! {
    async fn messages_are_numbered_in_the_order_they_are_stored(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for number in 1..=5 {
            let sent = amber.say(&room, &format!("message {number}")).await;
            assert_eq!(sent["message"]["seq"], json!(number));
        }
    }

    async fn the_same_client_message_id_never_makes_a_second_message(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let input = json!({ "roomId": room, "text": "once", "clientMessageId": "k1" });
        let first = amber.mutate("sendMessage", input.clone(), "message { id } duplicate").await;
        let again = amber.mutate("sendMessage", input, "message { id } duplicate").await;
        assert_eq!(first["message"]["id"], again["message"]["id"]);
        assert_eq!((first["duplicate"].as_bool(), again["duplicate"].as_bool()), (Some(false), Some(true)));
        let other = json!({ "roomId": room, "text": "other", "clientMessageId": "k1" });
        assert_eq!(amber.refused("sendMessage", other).await, ["CONFLICT"]);
    }

    async fn concurrent_sends_leave_no_hole_and_no_tie(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let sends = (0..40).map(|number| {
            let (amber, room) = (amber.clone(), room.clone());
            tokio::spawn(async move { amber.say(&room, &number.to_string()).await["message"]["seq"].as_i64().unwrap() })
        });
        let mut seqs = Vec::new();
        for send in sends.collect::<Vec<_>>() {
            seqs.push(send.await.unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
    }

    async fn sixty_four_senders_at_once_get_a_place_each_and_one_answer_each(app) {
        let mut people = Vec::new();
        for number in 0..64 {
            people.push(app.user(&format!("person{number}")).await);
        }
        let room = people[0].room("Den", &people.iter().collect::<Vec<_>>()).await;
        let store = app.app.store();
        let place = || store.read(|conn| Box::pin(rooms::get_views(conn, &[RoomKey(1)], UserKey(1))));
        let head = place().await.unwrap()[0].room.head;
        // Sessions are looked up once in a while; that is not what a send costs.
        for person in &people {
            person.ask("{ viewer { id } }", json!({})).await;
        }
        let before = store.statements();
        let sends = people.iter().enumerate().map(|(number, person)| {
            let (person, room) = (person.clone(), room.clone());
            tokio::spawn(async move {
                let input = json!({ "roomId": room, "text": number.to_string(), "clientMessageId": "mine" });
                person.mutate("sendMessage", input, "message { seq text } duplicate").await
            })
        });
        let mut acknowledged = BTreeMap::new();
        for (number, send) in sends.collect::<Vec<_>>().into_iter().enumerate() {
            let sent = send.await.unwrap();
            assert_eq!((&sent["message"]["text"], &sent["duplicate"]), (&json!(number.to_string()), &json!(false)));
            assert_eq!(acknowledged.insert(sent["message"]["seq"].as_i64().unwrap(), number.to_string()), None);
        }
        // Read the room and the earlier message, take a place, store: less where many share them.
        let spent = store.statements() - before;
        assert!(spent <= 4 * 64 + 64, "{spent} statements");
        let page = Page { end: End::First, limit: 100, after: None, before: None };
        let slice = store.read(move |conn| Box::pin(async move { messages::page(conn, RoomKey(1), &page).await }));
        let stored: Vec<Message> = slice.await.unwrap().items.into_iter().map(|(message, _)| message).collect();
        assert!(stored.iter().map(|message| message.position).eq(head + 1..=head + 64));
        assert_eq!(place().await.unwrap()[0].room.head, head + 64);
        let stored: BTreeMap<_, _> = stored.into_iter().map(|message| (message.seq, message.text)).collect();
        assert_eq!(stored, acknowledged);
    }

    async fn a_two_person_room_and_one_of_notes_take_messages_the_same_way(app) {
        let amber = app.user("amber").await;
        let bruno = app.user("bruno").await;
        let notes = amber.mutate("createRoom", json!({ "kind": "SELF" }), "room { id }").await;
        let notes = notes["room"]["id"].as_str().unwrap().to_owned();
        let direct = json!({ "userId": bruno.id, "text": "hello", "clientMessageId": "k" });
        let first = amber.mutate("sendDirectMessage", direct.clone(), "message { seq room { id } } duplicate").await;
        let room = first["message"]["room"]["id"].as_str().unwrap().to_owned();
        assert_eq!(bruno.say(&room, "hello to you").await["message"]["seq"], json!(2));
        let again = amber.mutate("sendDirectMessage", direct, "message { seq } duplicate").await;
        assert_eq!((&again["message"]["seq"], &again["duplicate"]), (&json!(1), &json!(true)));
        assert_eq!(amber.say(&notes, "to myself").await["message"]["seq"], json!(1));
        assert_eq!(bruno.refused("sendMessage", json!({ "roomId": notes, "text": "of another" })).await, ["NOT_FOUND"]);
        // The room of the newest message comes first.
        let rooms = amber.ask("{ rooms { nodes { id } } }", json!({})).await;
        assert_eq!(rooms["rooms"]["nodes"], json!([{ "id": notes }, { "id": room }]));
    }
}
