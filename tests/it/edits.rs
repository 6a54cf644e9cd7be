//! Editing and deleting messages: who may, what becomes of them, and what is left for the reader.

mod live;
mod nodes;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Caller, TestApp};

const FULL: &str = "message { id seq text editedAt deletedAt edits { text editedAt } sender { username } }";

/// Sends a message and gives its id.
async fn send(caller: &Caller, room: &str, text: &str) -> String {
    caller.say(room, text).await["message"]["id"].as_str().unwrap().to_owned()
}

async fn edit(caller: &Caller, message: &str, text: &str) -> Value {
    let input = json!({ "messageId": message, "text": text });
    caller.mutate("editMessage", input, FULL).await["message"].take()
}

async fn delete(caller: &Caller, message: &str) -> Value {
    caller.mutate("deleteMessage", json!({ "messageId": message }), FULL).await["message"].take()
}

async fn head(caller: &Caller, room: &str) -> Value {
    caller.ask("query($r: ID!) { room(id: $r) { headCursor } }", json!({ "r": room })).await["room"]
        ["headCursor"]
        .take()
}

/// What the history of a room says, each message by its number.
async fn history(caller: &Caller, room: &str) -> Vec<(i64, String)> {
    let query = "query($r: ID!) { messages(roomId: $r) { totalCount nodes { seq text } } }";
    let found = caller.ask(query, json!({ "r": room })).await;
    let nodes = found["messages"]["nodes"].as_array().unwrap();
    assert_eq!(found["messages"]["totalCount"], json!(nodes.len()));
    let line = |node: &Value| (node["seq"].as_i64().unwrap(), node["text"].as_str().unwrap().to_owned());
    nodes.iter().map(line).collect()
}

on_both! {
    async fn an_edit_shows_the_new_text_and_keeps_the_old_one(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        let untouched = amber.ask("query($m: ID!) { node(id: $m) { ... on Message { editedAt deletedAt edits { text } } } }",
            json!({ "m": message })).await;
        assert_eq!(untouched["node"], json!({ "editedAt": null, "deletedAt": null, "edits": [] }));
        app.pass(chrono::TimeDelta::minutes(1));
        let first = edit(&amber, &message, "two").await;
        assert_eq!((&first["seq"], &first["text"], &first["deletedAt"]), (&json!(1), &json!("two"), &Value::Null));
        assert_eq!(first["edits"], json!([{ "text": "one", "editedAt": first["editedAt"] }]));
        app.pass(chrono::TimeDelta::minutes(1));
        let second = edit(&amber, &message, "three").await;
        assert_eq!(second["edits"], json!([
            { "text": "one", "editedAt": first["editedAt"] }, { "text": "two", "editedAt": second["editedAt"] }]));
        assert_eq!(history(&amber, &room).await, [(1, "three".to_owned())]);
    }

    async fn an_edit_with_the_same_text_changes_nothing(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        let before = head(&amber, &room).await;
        let same = edit(&amber, &message, "one").await;
        assert_eq!((&same["editedAt"], &same["edits"]), (&Value::Null, &json!([])));
        assert_eq!(head(&amber, &room).await, before, "no event");
    }

    async fn an_edit_obeys_the_rules_for_sending(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let message = send(&amber, &room, "one").await;
        let with = |text: &str| json!({ "messageId": message, "text": text });
        assert_eq!(amber.refused("editMessage", with(" \n")).await, ["EMPTY"]);
        assert_eq!(amber.refused("editMessage", with(&"x".repeat(100_000))).await, ["TOO_LONG"]);
        assert_eq!(amber.refused("editMessage", with("a\0b")).await, ["BAD_INPUT"]);
        let of_room = json!({ "messageId": room, "text": "two" });
        assert_eq!(amber.refused("editMessage", of_room).await, ["BAD_INPUT"]);
        // One who may no longer post may no longer change what others read, but may take it back.
        let theirs = send(&basil, &room, "basil's").await;
        let reader = json!({ "roomId": room, "userIds": [basil.id], "role": "READER" });
        amber.mutate("addMembers", reader, "").await;
        assert_eq!(basil.refused("editMessage", json!({ "messageId": theirs, "text": "two" })).await, ["FORBIDDEN"]);
        delete(&basil, &theirs).await;
        assert_eq!(history(&amber, &room).await, [(1, "one".to_owned()), (2, String::new())]);
    }

    async fn a_deleted_message_keeps_its_place_and_nothing_else(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        send(&amber, &room, "one").await;
        let message = send(&amber, &room, "secret").await;
        send(&amber, &room, "three").await;
        edit(&amber, &message, "another secret").await;
        let gone = delete(&amber, &message).await;
        assert_eq!((&gone["seq"], &gone["text"], &gone["edits"]), (&json!(2), &json!(""), &json!([])));
        assert_eq!((&gone["id"], gone["deletedAt"].is_string()), (&json!(message), true));
        assert_eq!(gone["sender"]["username"], "amber");
        let texts = [(1, "one".to_owned()), (2, String::new()), (3, "three".to_owned())];
        assert_eq!(history(&amber, &room).await, texts);
        let before = head(&amber, &room).await;
        app.pass(chrono::TimeDelta::minutes(1));
        assert_eq!(delete(&amber, &message).await, gone, "deleting twice is the same");
        assert_eq!(head(&amber, &room).await, before, "and no second event");
        assert_eq!(amber.refused("editMessage", json!({ "messageId": message, "text": "back" })).await, ["CONFLICT"]);
        assert_eq!(send(&amber, &room, "four").await, {
            let found = amber.ask("query($r: ID!) { room(id: $r) { lastMessage { id seq } } }", json!({ "r": room })).await;
            assert_eq!(found["room"]["lastMessage"]["seq"], 4);
            found["room"]["lastMessage"]["id"].as_str().unwrap().to_owned()
        });
    }

    async fn a_send_that_is_repeated_finds_its_message_whatever_became_of_it(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let room = amber.room("Den", &[&bruno]).await;
        let input = |text: &str| json!({ "roomId": room, "text": text, "clientMessageId": "k" });
        let sent = amber.mutate("sendMessage", input("one"), "message { id }").await;
        let message = sent["message"]["id"].as_str().unwrap();
        edit(&amber, message, "two").await;
        let again = amber.mutate("sendMessage", input("one"), "duplicate message { id text }").await;
        assert_eq!(again["duplicate"], true);
        assert_eq!(again["message"], json!({ "id": message, "text": "two" }));
        delete(&amber, message).await;
        let again = amber.mutate("sendMessage", input("one"), "duplicate message { id text deletedAt seq }").await;
        assert_eq!(again["duplicate"], true);
        assert_eq!((&again["message"]["id"], &again["message"]["text"]), (&json!(message), &json!("")));
        assert_eq!(history(&amber, &room).await.len(), 1);
    }

    async fn rank_decides_who_deletes_what_others_sent(app) {
        let owner = app.user("owner").await;
        let names = ["moderator", "equal", "member", "other"];
        let mut people = Vec::new();
        for name in names {
            people.push(app.user(name).await);
        }
        let [moderator, equal, member, other] = &people[..] else { panic!() };
        let (admin, stranger) = (app.admin("admin").await, app.user("stranger").await);
        let room = owner.room("Den", &[member, other]).await;
        let add = json!({ "roomId": room, "userIds": [moderator.id, equal.id], "role": "MODERATOR" });
        owner.mutate("addMembers", add, "").await;
        let refused = async |caller: &Caller, sender: &Caller| {
            let message = send(sender, &room, "kept").await;
            let before = head(&owner, &room).await;
            let codes = caller.refused("deleteMessage", json!({ "messageId": message })).await;
            assert_eq!(head(&owner, &room).await, before, "no effect and no event");
            assert_eq!(history(&owner, &room).await.last().unwrap().1, "kept");
            codes.join(" ")
        };
        for (caller, sender) in [(member, other), (member, &owner), (moderator, equal), (moderator, &owner)] {
            assert_eq!(refused(caller, sender).await, "FORBIDDEN");
        }
        assert_eq!(refused(&stranger, member).await, "NOT_FOUND");
        for (caller, sender) in
            [(member, member), (moderator, member), (&owner, moderator), (&owner, member), (&admin, member), (&admin, &owner)]
        {
            let message = send(sender, &room, "gone").await;
            let input = json!({ "messageId": message });
            let payload = caller.mutate("deleteMessage", input, "deletedMessageId message { text }").await;
            assert_eq!(payload, json!({ "deletedMessageId": message, "message": { "text": "" }, "errors": [] }));
        }
        // Who has left is below everyone.
        let left = send(member, &room, "bye").await;
        member.mutate("leaveRoom", json!({ "roomId": room }), "").await;
        assert_eq!(other.refused("deleteMessage", json!({ "messageId": left })).await, ["FORBIDDEN"]);
        assert_eq!(member.refused("deleteMessage", json!({ "messageId": left })).await, ["NOT_FOUND"]);
        delete(moderator, &left).await;
    }

    async fn nobody_but_the_sender_edits(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let (admin, stranger) = (app.admin("admin").await, app.user("stranger").await);
        let room = amber.room("Den", &[&basil]).await;
        let message = send(&basil, &room, "mine").await;
        let input = json!({ "messageId": message, "text": "yours" });
        assert_eq!(amber.refused("editMessage", input.clone()).await, ["FORBIDDEN"], "though the owner");
        for caller in [&stranger, &admin] {
            assert_eq!(caller.refused("editMessage", input.clone()).await, ["NOT_FOUND"]);
        }
        let absent = tertulia::domain::ids::GlobalId::Message(i64::MAX.into()).encode();
        assert_eq!(basil.refused("editMessage", json!({ "messageId": absent, "text": "x" })).await, ["NOT_FOUND"]);
        assert_eq!(basil.refused("deleteMessage", json!({ "messageId": absent })).await, ["NOT_FOUND"]);
        basil.mutate("leaveRoom", json!({ "roomId": room }), "").await;
        assert_eq!(basil.refused("editMessage", input.clone()).await, ["NOT_FOUND"], "out of the room");
        assert_eq!(history(&amber, &room).await, [(1, "mine".to_owned())]);
        amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
        assert_eq!(admin.refused("deleteMessage", json!({ "messageId": message })).await, ["NOT_FOUND"]);
    }

    async fn what_messages_said_before_costs_one_statement_for_a_page(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for number in 0..20 {
            let message = send(&amber, &room, "old").await;
            if number % 2 == 0 {
                edit(&amber, &message, "new").await;
            }
        }
        let query = "query($r: ID!) { messages(roomId: $r) { nodes { text edits { text } } } }";
        let mut least = u64::MAX;
        for _ in 0..3 {
            amber.ask("{ viewer { id } }", json!({})).await;
            let before = app.app.store().statements();
            let found = amber.ask(query, json!({ "r": room })).await;
            least = least.min(app.app.store().statements() - before);
            assert_eq!(found["messages"]["nodes"][0]["edits"], json!([{ "text": "old" }]));
            assert_eq!(found["messages"]["nodes"][1]["edits"], json!([]));
        }
        assert!(least <= 3, "the room, its page and the edits, not {least} statements");
    }

    async fn edits_side_by_side_each_keep_the_text_before_them(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "0").await;
        let edits = (1..=8).map(|number| {
            let (amber, message) = (amber.clone(), message.clone());
            tokio::spawn(async move { edit(&amber, &message, &number.to_string()).await })
        });
        for edit in edits.collect::<Vec<_>>() {
            edit.await.unwrap();
        }
        let found = amber.ask("query($m: ID!) { node(id: $m) { ... on Message { text edits { text } } } }",
            json!({ "m": message })).await;
        let mut texts: Vec<&str> =
            found["node"]["edits"].as_array().unwrap().iter().map(|edit| edit["text"].as_str().unwrap()).collect();
        texts.push(found["node"]["text"].as_str().unwrap());
        texts.sort_unstable();
        assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    }
}

on_both!(of_many_edits_the_newest_few_are_kept, async |db: Db| {
    let app = TestApp::with(db, &[("CHAT_EDITS_KEPT_MAX", "2")]).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let message = send(&amber, &room, "one").await;
    for text in ["two", "three", "four"] {
        edit(&amber, &message, text).await;
    }
    let edited = edit(&amber, &message, "five").await;
    let kept: Vec<&Value> = edited["edits"].as_array().unwrap().iter().map(|edit| &edit["text"]).collect();
    assert_eq!(kept, ["three", "four"]);
});
