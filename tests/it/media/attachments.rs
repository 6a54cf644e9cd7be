//! Files of messages: told live, found again, sent once, gone with their room.

use serde_json::{Value, json};

use super::{FILE, fetch, file_in, png, send_files, stored, sweep, upload};
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::events::Events;

on_both! {
    async fn those_who_follow_a_room_are_told_of_files_at_once(app) {
        let (amber, boris) = (app.user("amber").await, app.user("boris").await);
        let room = amber.room("Den", &[&boris]).await;
        let follow = format!(
            "subscription($r: ID!) {{ messageAdded(roomId: $r) {{ message {{ text attachments {{ {FILE} }} }} }} }}"
        );
        let mut heard = Events::open(boris.operation(&follow, json!({ "r": room }))).await;
        let first = upload(&amber, "a.png", png(20, 10)).await;
        let second = upload(&amber, "b.txt", b"hello".to_vec()).await;
        let sent = send_files(&amber, &room, &[&first, &second]).await;
        let told = heard.data().await["data"]["messageAdded"]["message"].take();
        assert_eq!(told["text"], "", "files may say all");
        assert_eq!(told["attachments"], json!(sent));
        let names: Vec<&Value> = sent.iter().map(|file| &file["fileName"]).collect();
        assert_eq!(names, ["a.png", "b.txt"], "in the order given");
        assert_eq!(fetch(&app, &told["attachments"][1]["url"]).await.text().await.unwrap(), "hello");
        amber.say(&room, "words alone").await;
        let told = heard.data().await["data"]["messageAdded"]["message"].take();
        assert_eq!(told, json!({ "text": "words alone", "attachments": [] }));
        let query = format!("query($r: ID!) {{ messages(roomId: $r) {{ nodes {{ attachments {{ {FILE} }} }} }} }}");
        let history = boris.ask(&query, json!({ "r": room })).await;
        assert_eq!(history["messages"]["nodes"][0]["attachments"], json!(sent));
        assert_eq!(history["messages"]["nodes"][1]["attachments"], json!([]));
    }

    async fn a_repeated_send_is_the_first_one_with_its_files(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let (file, other) = (upload(&amber, "a.txt", b"a".to_vec()).await, upload(&amber, "b.txt", b"b".to_vec()).await);
        let send = async |ids: &[&String]| {
            let input = json!({ "roomId": room, "uploadIds": ids, "clientMessageId": "key" });
            amber.try_mutate("sendMessage", input, "duplicate message { id attachments { id } }").await
        };
        let first = send(&[&file]).await;
        assert_eq!(first["message"]["attachments"], json!([{ "id": file }]));
        let again = send(&[&file]).await;
        assert_eq!((&again["duplicate"], &again["message"]), (&json!(true), &first["message"]));
        let text = json!({ "roomId": room, "text": "x", "clientMessageId": "key" });
        for refused in [send(&[&other]).await, send(&[&file, &other]).await, amber.try_mutate("sendMessage", text, "").await] {
            assert_eq!(refused["errors"][0]["code"], "CONFLICT");
        }
        let bare = json!({ "roomId": room, "uploadIds": [] });
        assert_eq!(amber.refused("sendMessage", bare).await, ["EMPTY"]);
    }

    async fn files_go_to_a_single_person_too(app) {
        let (amber, boris) = (app.user("amber").await, app.user("boris").await);
        let file = upload(&amber, "a.png", png(4, 4)).await;
        let input = json!({ "userId": boris.id, "uploadIds": [file] });
        let payload = amber.mutate("sendDirectMessage", input, "message { id }").await;
        let query = format!("query($m: ID!) {{ node(id: $m) {{ ... on Message {{ attachments {{ {FILE} }} }} }} }}");
        let seen = boris.ask(&query, json!({ "m": payload["message"]["id"] })).await;
        assert_eq!(seen["node"]["attachments"][0]["id"], json!(file));
    }

    async fn a_file_is_there_for_the_readers_of_its_room_alone(app) {
        let (amber, boris, carol) = (app.user("amber").await, app.user("boris").await, app.user("carol").await);
        let room = amber.room("Den", &[&boris]).await;
        let unused = upload(&amber, "b.txt", b"b".to_vec()).await;
        let file = file_in(&amber, &room, "a.txt", b"a".to_vec()).await;
        let query = "query($i: [ID!]!) { nodes(ids: $i) { id } }";
        let ids = json!({ "i": [file["id"], unused] });
        assert_eq!(boris.ask(query, ids.clone()).await["nodes"], json!([{ "id": file["id"] }, null]));
        assert_eq!(carol.ask(query, ids.clone()).await["nodes"], json!([null, null]));
        amber.mutate("removeMember", json!({ "roomId": room, "userId": boris.id }), "").await;
        assert_eq!(boris.ask(query, ids).await["nodes"], json!([null, null]));
    }

    async fn the_files_of_a_deleted_room_are_removed(app) {
        let amber = app.user("amber").await;
        let (gone, kept) = (amber.room("Gone", &[]).await, amber.room("Kept", &[]).await);
        let file = file_in(&amber, &gone, "a.png", png(600, 600)).await;
        file_in(&amber, &kept, "b.txt", b"b".to_vec()).await;
        assert_eq!(stored(&app, "tmp").len(), 3, "with the small form");
        amber.mutate("deleteRoom", json!({ "roomId": gone }), "").await;
        sweep(&app).await;
        assert_eq!(stored(&app, "tmp").len(), 1);
        assert_eq!(fetch(&app, &file["url"]).await.status(), 404);
        app.login("amber", PASSWORD).await;
    }

    async fn messages_without_files_cost_no_statement_for_them(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for number in 0..3 {
            amber.say(&room, &format!("{number}")).await;
        }
        let read = async |fields: &str| {
            let query = format!("query($r: ID!) {{ messages(roomId: $r) {{ nodes {{ text {fields} }} }} }}");
            amber.ask(&query, json!({ "r": room })).await;
            let before = app.app.store().statements();
            amber.ask(&query, json!({ "r": room })).await;
            app.app.store().statements() - before
        };
        let bare = read("").await;
        assert_eq!(read("attachments { id }").await, bare);
        for _ in 0..3 {
            file_in(&amber, &room, "a.txt", b"a".to_vec()).await;
        }
        assert_eq!(read("attachments { id }").await, bare + 1, "one for all of them");
    }
}
