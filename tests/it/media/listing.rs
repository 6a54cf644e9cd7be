//! Everybody's files, as administrators see them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{png, put, ticket, upload};
use crate::on_both;

const UPLOADS: &str = "query($o: ID, $f: Int, $a: String, $l: Int, $b: String) {
    uploads(ownerId: $o, first: $f, after: $a, last: $l, before: $b) { totalCount totalBytes
        edges { cursor } pageInfo { hasNextPage hasPreviousPage }
        nodes { id fileName byteSize isImage complete url thumbnailUrl messageId
            owner { username } message { id } room { name } } } }";

on_both! {
    async fn administrators_see_everybodys_files_and_where_they_are(app) {
        let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("ada").await);
        let room = amber.room("Den", &[]).await;
        let (picture, notes) = (upload(&amber, "a.png", png(3, 2)).await, upload(&amber, "n.txt", b"12345".to_vec()).await);
        let input = json!({ "roomId": room, "text": "here", "uploadIds": [picture, notes] });
        let message = amber.mutate("sendMessage", input, "message { id }").await["message"]["id"].take();
        let announced = ticket(&basil, "later.bin", 1000).await;
        let ask = async |variables: Value| admin.ask(UPLOADS, variables).await["uploads"].take();
        let found = ask(json!({})).await;
        assert_eq!(found["totalCount"], 3);
        let sizes = found["nodes"].as_array().unwrap().iter().map(|file| file["byteSize"].as_i64().unwrap());
        // A `Float` of the schema, since it may be more than an `Int`.
        assert_eq!(found["totalBytes"].to_string(), format!("{}.0", sizes.sum::<i64>()));
        assert_eq!(found["nodes"][0], json!({ "id": announced["id"], "fileName": "later.bin", "byteSize": 1000,
            "isImage": false, "complete": false, "url": null, "thumbnailUrl": null, "messageId": null,
            "owner": { "username": "basil" }, "message": null, "room": null }));
        let file = &found["nodes"][1];
        assert_eq!((&file["id"], &file["fileName"], &file["byteSize"]), (&json!(notes), &json!("n.txt"), &json!(5)));
        assert_eq!((&file["isImage"], &file["complete"], &file["thumbnailUrl"]), (&json!(false), &json!(true), &Value::Null));
        assert_eq!((&file["messageId"], &file["message"]), (&message, &Value::Null), "they are not in the room");
        assert_eq!((&file["room"]["name"], &file["owner"]["username"]), (&json!("Den"), &json!("amber")));
        let bytes = app.http.get(file["url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(bytes.bytes().await.unwrap(), "12345");
        let picture = &found["nodes"][2];
        assert_eq!(picture["isImage"], true);
        for link in ["url", "thumbnailUrl"] {
            assert_eq!(app.http.get(picture[link].as_str().unwrap()).send().await.unwrap().status(), 200);
        }
        // Page by page, of one person, and from the end.
        let cursors: Vec<&Value> = found["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
        let page = ask(json!({ "f": 1, "a": cursors[0] })).await;
        assert_eq!((&page["nodes"][0]["id"], &page["pageInfo"]), (&json!(notes),
            &json!({ "hasNextPage": true, "hasPreviousPage": true })));
        assert_eq!(ask(json!({ "l": 1, "b": cursors[2] })).await["nodes"][0]["id"], json!(notes));
        assert_eq!(ask(json!({ "o": amber.id })).await["totalCount"], 2);
        assert_eq!(ask(json!({ "o": admin.id })).await["totalBytes"], 0.0);
        put(&basil, &announced, vec![7; 1000]).await;
        assert_eq!(ask(json!({ "f": 1 })).await["nodes"][0]["complete"], true);
        // With the message its files go, and what nobody uses in time.
        admin.mutate("deleteMessage", json!({ "messageId": message }), "").await;
        assert_eq!(ask(json!({})).await["totalCount"], 1);
        app.pass(TimeDelta::days(2));
        let later = app.login("ada", crate::support::app::PASSWORD).await;
        assert_eq!(later.ask(UPLOADS, json!({})).await["uploads"]["totalCount"], 0);
    }

    async fn only_administrators_see_the_list(app) {
        let amber = app.user("amber").await;
        upload(&amber, "n.txt", b"12345".to_vec()).await;
        assert_eq!(amber.code(UPLOADS, json!({})).await, "FORBIDDEN");
        assert_eq!(amber.code(UPLOADS, json!({ "o": amber.id })).await, "FORBIDDEN", "not even their own");
        assert_eq!(app.anonymous().code(UPLOADS, json!({})).await, "UNAUTHENTICATED");
    }
}
