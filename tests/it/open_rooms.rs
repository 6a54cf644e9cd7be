//! Open rooms: anyone signed in reads and writes, and nobody has to join.

use serde_json::{Value, json};
use tertulia::app::live::{Moment, RoomFeed};
use tertulia::app::rooms::NewDoorRoom;
use tertulia::domain::ids::GlobalId;
use tertulia::domain::rooms::DoorRoomView;
use tertulia::domain::sessions::Door;
use tertulia::error::Code;

use crate::directory::{Person, by_key, group, message};
use crate::on_both;
use crate::support::TestApp;

/// An open room with a password, and its global id.
async fn open_room(app: &TestApp, owner: &Person, members: &[&Person]) -> (DoorRoomView, String) {
    let new = NewDoorRoom { open: true, password: Some("sesame".into()), ..group("Hall", members) };
    let room = app.app.create_room_at(&owner.viewer, Door::ThanChat, new).await.unwrap();
    let id = GlobalId::Room(room.view.room.id).encode();
    (room, id)
}

/// Reads on to a message, and gives its text.
async fn hear(feed: &mut RoomFeed, text: &str) {
    loop {
        for told in feed.next().await.unwrap().expect("the feed has ended") {
            if let Moment::Event(entry) = &told.moment
                && entry.event.message().is_some_and(|message| message.text == text)
            {
                return;
            }
        }
    }
}

on_both! {
    async fn who_is_signed_in_sees_reads_and_writes_without_joining(app) {
        let (amber, stranger) = (Person::join(&app, "amber").await, Person::join(&app, "sam").await);
        let (_, id) = open_room(&app, &amber, &[]).await;
        amber.caller.say(&id, "welcome").await;
        let said = stranger.caller.say(&id, "hello").await;
        assert_eq!(said["message"]["seq"], json!(2));
        let seen = stranger.caller.ask(
            "query($id: ID!, $m: ID!) {
                room(id: $id) { name isOpen hasPassword viewerRole memberCount members { totalCount }
                    messages { nodes { text sender { username } } } lastMessage { text } }
                node(id: $m) { ... on Message { text room { isOpen } } } }",
            json!({ "id": id, "m": said["message"]["id"] })).await;
        let room = &seen["room"];
        assert_eq!((&room["name"], &room["isOpen"], &room["hasPassword"]), (&json!("Hall"), &json!(true), &json!(true)));
        assert_eq!((&room["viewerRole"], &room["memberCount"]), (&Value::Null, &json!(1)));
        assert_eq!(room["members"]["totalCount"], json!(1));
        assert_eq!(room["messages"]["nodes"][1], json!({ "text": "hello", "sender": { "username": "sam" } }));
        assert_eq!(room["lastMessage"]["text"], "hello");
        assert_eq!(seen["node"], json!({ "text": "hello", "room": { "isOpen": true } }));
        let anonymous = app.anonymous();
        assert_eq!(anonymous.code("query($id: ID!) { room(id: $id) { id } }", json!({ "id": id })).await, "UNAUTHENTICATED");
        let den = amber.caller.room("Den", &[]).await;
        let closed = amber.caller.ask("query($id: ID!) { room(id: $id) { isOpen } }", json!({ "id": den })).await;
        assert_eq!(closed["room"]["isOpen"], json!(false));
    }

    async fn the_password_is_asked_of_those_who_join(app) {
        let (amber, stranger) = (Person::join(&app, "amber").await, Person::join(&app, "sam").await);
        let (room, id) = open_room(&app, &amber, &[]).await;
        assert!(room.view.room.password_hash.is_some_and(|hash| !hash.contains("sesame")));
        for password in [Value::Null, json!("guess")] {
            let input = json!({ "roomId": id, "password": password });
            assert_eq!(stranger.caller.refused("joinRoom", input).await, ["ROOM_PASSWORD_WRONG"]);
        }
        let input = json!({ "roomId": id, "password": "sesame" });
        let joined = stranger.caller.mutate("joinRoom", input, "room { viewerRole memberCount }").await;
        assert_eq!(joined["room"], json!({ "viewerRole": "MEMBER", "memberCount": 2 }));
        let blank = NewDoorRoom { open: true, password: Some("".into()), ..group("Lobby", &[]) };
        let lobby = app.app.create_room_at(&amber.viewer, Door::ThanChat, blank).await.unwrap();
        assert_eq!(lobby.view.room.password_hash, None);
    }

    async fn an_open_room_is_changed_and_deleted_by_its_owner_or_an_administrator(app) {
        let (amber, bruno, stranger) =
            (Person::join(&app, "amber").await, Person::join(&app, "bruno").await, Person::join(&app, "sam").await);
        let (_, id) = open_room(&app, &amber, &[]).await;
        let input = json!({ "roomId": id, "userIds": [bruno.caller.id], "role": "MODERATOR" });
        amber.caller.mutate("addMembers", input, "").await;
        let rename = json!({ "roomId": id, "name": "Mine" });
        assert_eq!(stranger.caller.refused("updateRoom", rename.clone()).await, ["NOT_A_MEMBER"]);
        assert_eq!(bruno.caller.refused("updateRoom", rename.clone()).await, ["FORBIDDEN"]);
        amber.caller.mutate("updateRoom", rename, "").await;
        let delete = json!({ "roomId": id });
        assert_eq!(stranger.caller.refused("deleteRoom", delete.clone()).await, ["NOT_A_MEMBER"]);
        assert_eq!(bruno.caller.refused("deleteRoom", delete.clone()).await, ["FORBIDDEN"]);
        let admin = app.admin("root").await;
        admin.mutate("deleteRoom", delete, "").await;
        assert_eq!(stranger.caller.refused("sendMessage", json!({ "roomId": id, "text": "late" })).await, ["NOT_FOUND"]);
    }

    async fn strangers_and_members_who_write_at_once_each_get_a_place(app) {
        let (amber, stranger) = (Person::join(&app, "amber").await, Person::join(&app, "sam").await);
        let (room, _) = open_room(&app, &amber, &[]).await;
        let sends = (0..40).map(|number| {
            let person = if number % 2 == 0 { &amber } else { &stranger };
            app.app.post_at(&person.viewer, by_key(&room), message(&number.to_string()))
        });
        let mut places: Vec<i64> = futures_util::future::join_all(sends)
            .await
            .into_iter()
            .map(|posted| posted.unwrap().message.seq)
            .collect();
        places.sort_unstable();
        assert_eq!(places, (1..=40).collect::<Vec<_>>());
    }

    async fn a_stranger_follows_an_open_room_and_one_who_was_removed_follows_on(app) {
        let (amber, bruno, stranger) =
            (Person::join(&app, "amber").await, Person::join(&app, "bruno").await, Person::join(&app, "sam").await);
        let (room, id) = open_room(&app, &amber, &[&bruno]).await;
        let uuid = room.view.room.id;
        let mut feeds = [
            app.app.follow_room(&stranger.viewer, uuid, None, None).await.unwrap(),
            app.app.follow_room(&bruno.viewer, uuid, None, None).await.unwrap(),
        ];
        app.app.follow_activity(&stranger.viewer, uuid).await.unwrap();
        amber.caller.mutate("removeMember", json!({ "roomId": id, "userId": bruno.caller.id }), "").await;
        amber.caller.say(&id, "still here?").await;
        for feed in &mut feeds {
            hear(feed, "still here?").await;
        }
        bruno.caller.say(&id, "yes").await;
        for feed in &mut feeds {
            hear(feed, "yes").await;
        }
        // A room of members ends its feed, as it always did.
        let den = amber.caller.room("Den", &[&bruno.caller]).await;
        let uuid = GlobalId::room(&den, "id").unwrap();
        let refused = app.app.follow_room(&stranger.viewer, uuid, None, None).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        let mut feed = app.app.follow_room(&bruno.viewer, uuid, None, None).await.unwrap();
        amber.caller.mutate("removeMember", json!({ "roomId": den, "userId": bruno.caller.id }), "").await;
        let ended = loop {
            match feed.next().await {
                Ok(told) => assert!(told.is_some()),
                Err(refusal) => break refusal.code(),
            }
        };
        assert_eq!(ended, Code::NotAMember);
    }

    async fn an_inbox_holds_the_open_rooms_one_is_a_member_of(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let (room, id) = open_room(&app, &amber, &[&bruno]).await;
        let mut inbox = app.app.follow_inbox(&bruno.viewer, None).await.unwrap();
        amber.caller.mutate("removeMember", json!({ "roomId": id, "userId": bruno.caller.id }), "").await;
        let vanished = 'told: loop {
            for told in inbox.next().await.unwrap() {
                if matches!(told.moment, Moment::Vanished) {
                    break 'told told.room.unwrap().key;
                }
            }
        };
        assert_eq!(vanished, room.view.room.key);
    }
}
