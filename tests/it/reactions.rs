//! Reactions: who may react, what a message shows of them, and who is told.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::socket::Socket;
use crate::support::{Caller, TestApp};

const FULL: &str = "message { id seq editedAt reactions { emoji count viewerReacted users { totalCount nodes { username } } } }";

async fn send(caller: &Caller, room: &str, text: &str) -> String {
    caller.say(room, text).await["message"]["id"].as_str().unwrap().to_owned()
}

fn with(message: &str, emoji: &str, on: bool) -> Value {
    json!({ "messageId": message, "emoji": emoji, "on": on })
}

/// Reacts, or takes that back, and gives the reactions as the caller then sees them.
async fn react(caller: &Caller, message: &str, emoji: &str, on: bool) -> Value {
    caller.mutate("reactToMessage", with(message, emoji, on), FULL).await["message"]["reactions"].take()
}

fn group(emoji: &str, own: bool, names: &[&str]) -> Value {
    let nodes: Vec<Value> = names.iter().map(|name| json!({ "username": name })).collect();
    json!({ "emoji": emoji, "count": names.len(), "viewerReacted": own,
        "users": { "totalCount": names.len(), "nodes": nodes } })
}

async fn shown(caller: &Caller, message: &str) -> Value {
    let query = "query($m: ID!) { node(id: $m) { ... on Message { reactions { emoji count viewerReacted
        users { totalCount nodes { username } } } } } }";
    caller.ask(query, json!({ "m": message })).await["node"]["reactions"].take()
}

async fn head(caller: &Caller, room: &str) -> Value {
    caller.ask("query($r: ID!) { room(id: $r) { headCursor } }", json!({ "r": room })).await["room"]
        ["headCursor"]
        .take()
}

async fn next(socket: &mut Socket) -> Value {
    let mut message = socket.hear_past_pings().await;
    assert_eq!(message["type"], "next", "{message}");
    message["payload"]["data"]["roomEvents"].take()
}

on_both! {
    async fn reactions_are_grouped_by_emoji_in_the_order_of_their_first_use(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let (one, two) = (send(&amber, &room, "one").await, send(&amber, &room, "two").await);
        assert_eq!(shown(&basil, &one).await, json!([]));
        assert_eq!(react(&basil, &one, "🎉", true).await, json!([group("🎉", true, &["basil"])]));
        react(&basil, &one, "❤️", true).await;
        assert_eq!(react(&amber, &one, "🎉", true).await,
            json!([group("🎉", true, &["basil", "amber"]), group("❤️", false, &["basil"])]));
        assert_eq!(shown(&basil, &one).await,
            json!([group("🎉", true, &["basil", "amber"]), group("❤️", true, &["basil"])]));
        assert_eq!(shown(&basil, &two).await, json!([]));
        assert_eq!(react(&basil, &one, "🎉", false).await,
            json!([group("❤️", true, &["basil"]), group("🎉", false, &["amber"])]));
        react(&amber, &one, "🎉", false).await;
        assert_eq!(react(&basil, &one, "❤️", false).await, json!([]));
    }

    async fn a_page_of_messages_shows_each_its_own(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        for number in 0..3 {
            let message = send(&amber, &room, &format!("m{number}")).await;
            if number != 1 {
                react(&basil, &message, "👍", true).await;
            }
            if number == 2 {
                react(&amber, &message, "👀", true).await;
            }
        }
        let query = "query($r: ID!) { messages(roomId: $r) { nodes { reactions { emoji viewerReacted
            users(last: 1) { nodes { username } pageInfo { hasPreviousPage } } } } } }";
        let found = amber.ask(query, json!({ "r": room })).await;
        let reactions: Vec<Value> =
            found["messages"]["nodes"].as_array().unwrap().iter().map(|node| node["reactions"].clone()).collect();
        let by = |emoji: &str, own: bool, name: &str| json!({ "emoji": emoji, "viewerReacted": own,
            "users": { "nodes": [{ "username": name }], "pageInfo": { "hasPreviousPage": false } } });
        assert_eq!(reactions, [json!([by("👍", false, "basil")]), json!([]),
            json!([by("👍", false, "basil"), by("👀", true, "amber")])]);
    }

    async fn the_same_again_changes_nothing_and_tells_nobody(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        let before = head(&amber, &room).await;
        assert_eq!(react(&amber, &message, "👍", false).await, json!([]));
        assert_eq!(head(&amber, &room).await, before, "there was nothing to take back");
        let once = react(&amber, &message, "👍", true).await;
        let after = head(&amber, &room).await;
        assert_ne!(after, before);
        assert_eq!(react(&amber, &message, "👍", true).await, once);
        // One emoji has one spelling.
        react(&amber, &message, "❤", true).await;
        let after_heart = head(&amber, &room).await;
        let both = react(&amber, &message, "❤️", true).await;
        assert_eq!(both, json!([group("👍", true, &["amber"]), group("❤️", true, &["amber"])]));
        assert_eq!(head(&amber, &room).await, after_heart);
    }

    async fn what_is_no_emoji_is_refused(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        for text in ["", "a", "👍👍", ":+1:", "<b>", "1", "\0"] {
            let refused = amber.try_mutate("reactToMessage", with(&message, text, true), "message { id }").await;
            assert_eq!((&refused["errors"][0]["code"], &refused["errors"][0]["path"]),
                (&json!("BAD_INPUT"), &json!(["input", "emoji"])), "{text:?}");
        }
        assert_eq!(amber.refused("reactToMessage", with(&room, "👍", true)).await, ["BAD_INPUT"]);
        assert_eq!(shown(&amber, &message).await, json!([]));
    }

    async fn a_message_takes_only_so_many_different_emoji(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let message = send(&amber, &room, "one").await;
        let many = ["😀", "😃", "😄", "😁", "😆", "😅", "🤣", "😂", "🙂", "🙃",
            "😉", "😊", "😇", "🥰", "😍", "🤩", "😘", "😗", "😚", "😙"];
        for emoji in many {
            react(&amber, &message, emoji, true).await;
        }
        assert_eq!(basil.refused("reactToMessage", with(&message, "👍", true)).await, ["CONFLICT"]);
        let shown = react(&basil, &message, "😀", true).await;
        assert_eq!(shown.as_array().unwrap().len(), many.len(), "one that is there takes more people");
        react(&amber, &message, "😃", false).await;
        react(&basil, &message, "👍", true).await;
    }

    async fn readers_react_and_those_who_may_not_read_find_no_message(app) {
        let (amber, basil, dora) = (app.user("amber").await, app.user("basil").await, app.user("dora").await);
        let admin = app.admin("ada").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        amber.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id], "role": "READER" }), "").await;
        react(&basil, &message, "👍", true).await;
        for stranger in [&dora, &admin] {
            for on in [true, false] {
                assert_eq!(stranger.refused("reactToMessage", with(&message, "👍", on)).await, ["NOT_FOUND"]);
            }
        }
        amber.mutate("removeMember", json!({ "roomId": room, "userId": basil.id }), "").await;
        assert_eq!(basil.refused("reactToMessage", with(&message, "👍", false)).await, ["NOT_FOUND"]);
        assert_eq!(shown(&amber, &message).await, json!([group("👍", false, &["basil"])]), "it stays");
    }

    async fn what_was_reacted_is_taken_back_in_a_closed_room(app) {
        let amber = app.user("amber").await;
        let admin = app.admin("ada").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        react(&amber, &message, "👍", true).await;
        admin.mutate("archiveRoom", json!({ "roomId": room }), "").await;
        assert_eq!(amber.refused("reactToMessage", with(&message, "🎉", true)).await, ["FORBIDDEN"]);
        assert_eq!(react(&amber, &message, "👍", false).await, json!([]));
    }

    async fn a_deleted_message_has_none_and_takes_none(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "one").await;
        react(&amber, &message, "👍", true).await;
        amber.mutate("deleteMessage", json!({ "messageId": message }), "").await;
        assert_eq!(shown(&amber, &message).await, json!([]));
        for on in [true, false] {
            assert_eq!(amber.refused("reactToMessage", with(&message, "👍", on)).await, ["CONFLICT"]);
        }
    }

    async fn a_reaction_is_no_edit_and_edits_are_kept_beside_it(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let message = send(&amber, &room, "0").await;
        let seen = amber.mutate("reactToMessage", with(&message, "👍", true), FULL).await;
        assert_eq!(seen["message"]["editedAt"], Value::Null);
        for number in 1..=12 {
            amber.mutate("editMessage", json!({ "messageId": message, "text": number.to_string() }), "").await;
            react(&amber, &message, "🎉", number % 2 == 1).await;
        }
        let query = "query($m: ID!) { node(id: $m) { ... on Message { edits { text } reactions { emoji } } } }";
        let found = amber.ask(query, json!({ "m": message })).await;
        let kept: Vec<Value> = (2..=11).map(|number: i32| json!({ "text": number.to_string() })).collect();
        assert_eq!(found["node"], json!({ "edits": kept, "reactions": [{ "emoji": "👍" }] }),
            "the newest ten, whatever lay between");
    }
}

on_both!(who_reacted_is_paged, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let names = ["basil", "carol", "dora", "erin", "frank"];
    let mut people = Vec::new();
    for name in names {
        people.push(app.user(name).await);
    }
    let room = amber.room("Den", &people.iter().collect::<Vec<_>>()).await;
    let message = send(&amber, &room, "one").await;
    for caller in &people {
        react(caller, &message, "👍", true).await;
    }
    let query = "query($m: ID!, $a: String, $b: String, $f: Int, $l: Int) { node(id: $m) { ... on Message { reactions {
        users(first: $f, after: $a, last: $l, before: $b) { totalCount edges { cursor node { username } }
            pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } } } } }";
    let page = async |variables: Value| -> (Vec<String>, Value) {
        let found = amber.ask(query, variables).await["node"]["reactions"][0]["users"].take();
        assert_eq!(found["totalCount"], 5);
        let names = found["edges"].as_array().unwrap().iter();
        let names = names.map(|edge| edge["node"]["username"].as_str().unwrap().to_owned());
        (names.collect(), found["pageInfo"].clone())
    };
    let (first, info) = page(json!({ "m": message, "f": 2 })).await;
    assert_eq!(first, names[..2]);
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    let (second, info) = page(json!({ "m": message, "f": 3, "a": info["endCursor"] })).await;
    assert_eq!(second, names[2..]);
    assert_eq!(info["hasNextPage"], false);
    let (last, info) = page(json!({ "m": message, "l": 2 })).await;
    assert_eq!(last, names[3..]);
    let (before, _) = page(json!({ "m": message, "l": 9, "b": info["startCursor"] })).await;
    assert_eq!(before, names[..3]);
    let (all, info) = page(json!({ "m": message, "f": 5 })).await;
    assert_eq!((all.as_slice(), &info["hasNextPage"]), (names.map(str::to_owned).as_slice(), &json!(false)));
    let cursor = amber.ask("{ users(first: 1) { pageInfo { endCursor } } }", json!({})).await["users"]["pageInfo"]
        ["endCursor"]
        .take();
    assert_eq!(amber.code(query, json!({ "m": message, "a": cursor })).await, "CURSOR_INVALID");
});

on_both!(everyone_in_the_room_is_told_as_they_see_it, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let message = send(&amber, &room, "one").await;
    let start = head(&amber, &room).await;
    let events = "subscription($r: ID!, $a: String) { roomEvents(roomId: $r, after: $a) { __typename cursor
        ... on MessageChanged { message { seq text editedAt reactions { emoji count viewerReacted } } } } }";
    let mut sockets = Vec::new();
    for viewer in [&amber, &basil] {
        let mut socket = Socket::ready(&app, viewer.token.as_deref()).await;
        socket.subscribe("s", events, json!({ "r": room })).await;
        while next(&mut socket).await["__typename"] != "CaughtUp" {}
        sockets.push(socket);
    }
    react(&basil, &message, "👍", true).await;
    for (socket, own) in sockets.iter_mut().zip([false, true]) {
        let told = next(socket).await;
        assert_eq!(
            (&told["__typename"], &told["message"]),
            (
                &json!("MessageChanged"),
                &json!({ "seq": 1, "text": "one", "editedAt": null,
                "reactions": [{ "emoji": "👍", "count": 1, "viewerReacted": own }] })
            )
        );
    }
    react(&basil, &message, "👍", false).await;
    for socket in &mut sockets {
        assert_eq!(next(socket).await["message"]["reactions"], json!([]));
    }
    // Whoever comes back learns how it is now, from memory and from the database.
    react(&amber, &message, "🎉", true).await;
    for round in ["the ring", "the database"] {
        if round == "the database" {
            app.app.hub().tidy(tokio::time::Instant::now() + std::time::Duration::from_hours(24));
        }
        let mut again = Socket::ready(&app, basil.token.as_deref()).await;
        again.subscribe("s", events, json!({ "r": room, "a": start })).await;
        assert_eq!(next(&mut again).await["__typename"], "SubscriptionStarted");
        for _ in 0..3 {
            let told = next(&mut again).await;
            assert_eq!(
                (&told["__typename"], &told["message"]["reactions"]),
                (&json!("MessageChanged"), &json!([{ "emoji": "🎉", "count": 1, "viewerReacted": false }])),
                "{round}"
            );
        }
        assert_eq!(next(&mut again).await["__typename"], "CaughtUp", "{round}");
    }
});
