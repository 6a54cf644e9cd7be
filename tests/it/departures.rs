//! Accounts that go: at once for their person, and without a trace of a name in what stays.

use serde_json::{Value, json};
use tertulia::auth::Credential;
use tertulia::domain::ids::UserKey;
use tertulia::domain::sessions::Viewer;
use tertulia::error::Code;

use crate::on_both;
use crate::support::socket::Socket;
use crate::support::sql::Sql;
use crate::support::{Caller, TestApp};

const EVENTS: &str = "subscription($r: ID!, $a: String) { roomEvents(roomId: $r, after: $a) { __typename
    ... on MessageAdded { message { text sender { username } } }
    ... on MessageChanged { message { text sender { username } } }
    ... on MemberChanged { user { username } role } ... on RoomChanged { room { name } } } }";

async fn viewer(app: &TestApp, caller: &Caller) -> Viewer {
    app.app.authenticate(&Credential::Bearer(caller.token.clone().unwrap())).await.unwrap()
}

async fn key(caller: &Caller) -> UserKey {
    UserKey(
        caller.ask("{ viewer { databaseId } }", json!({})).await["viewer"]["databaseId"].as_i64().unwrap(),
    )
}

/// Removes someone's own account.
async fn leave(app: &TestApp, caller: &Caller) {
    app.app.delete_account(&viewer(app, caller).await, key(caller).await).await.unwrap();
}

async fn members(caller: &Caller, room: &str) -> Value {
    let query =
        "query($r: ID!) { room(id: $r) { memberCount members { edges { role node { username } } } } }";
    let found = caller.ask(query, json!({ "r": room })).await;
    let edges = found["room"]["members"]["edges"].as_array().unwrap();
    assert_eq!(found["room"]["memberCount"], json!(edges.len()));
    edges.iter().map(|edge| json!([edge["node"]["username"], edge["role"]])).collect()
}

async fn next(socket: &mut Socket) -> Value {
    let mut message = socket.hear_past_pings().await;
    assert_eq!(message["type"], "next", "{message}");
    message["payload"]["data"].as_object_mut().unwrap().values_mut().next().unwrap().take()
}

async fn head(caller: &Caller, room: &str) -> Value {
    caller.ask("query($r: ID!) { room(id: $r) { headCursor } }", json!({ "r": room })).await["room"]
        ["headCursor"]
        .take()
}

on_both! {
    async fn reactions_go_along(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let message = amber.say(&room, "hello").await["message"]["id"].take();
        for (caller, emoji) in [(&basil, "👍"), (&amber, "👍"), (&basil, "🎉")] {
            caller.mutate("reactToMessage", json!({ "messageId": message, "emoji": emoji }), "").await;
        }
        leave(&app, &basil).await;
        let query = "query($m: ID!) { node(id: $m) { ... on Message { reactions { emoji count } } } }";
        let found = amber.ask(query, json!({ "m": message })).await;
        assert_eq!(found["node"]["reactions"], json!([{ "emoji": "👍", "count": 1 }]));
    }

    async fn what_was_sent_stays_without_its_sender(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let room = amber.room("Den", &[&basil]).await;
        let start = head(&amber, &room).await;
        let mut live = Socket::ready(&app, basil.token.as_deref()).await;
        live.subscribe("s", EVENTS, json!({ "r": room })).await;
        while next(&mut live).await["__typename"] != "CaughtUp" {}
        let mut own = Socket::ready(&app, amber.token.as_deref()).await;
        let sent = amber.say(&room, "hello").await["message"]["id"].take();
        amber.mutate("editMessage", json!({ "messageId": sent, "text": "hello again" }), "").await;
        leave(&app, &amber).await;
        assert_eq!(own.closed().await.0, 4403, "every session ends");
        assert_eq!(amber.code("{ rooms { totalCount } }", json!({})).await, "UNAUTHENTICATED");
        let heir = loop {
            let event = next(&mut live).await;
            if event["__typename"] == "MemberChanged" {
                break event;
            }
        };
        assert_eq!((&heir["user"]["username"], &heir["role"]), (&json!("basil"), &json!("OWNER")));
        // Depending on which is faster there is still a name to tell.
        let left = next(&mut live).await;
        let named = json!({ "__typename": "MemberChanged", "user": { "username": "amber" }, "role": null });
        let unnamed = json!({ "__typename": "RoomChanged", "room": { "name": "Den" } });
        assert!(left == named || left == unnamed, "{left}");
        let query = "query($r: ID!, $u: ID!) { user(id: $u) { id } room(id: $r) { createdBy { id }
            messages { totalCount nodes { seq text sender { username } edits { text } } } } }";
        let found = basil.ask(query, json!({ "r": room, "u": amber.id })).await;
        let message = json!({ "seq": 1, "text": "hello again", "sender": null, "edits": [{ "text": "hello" }] });
        assert_eq!(found, json!({ "user": null,
            "room": { "createdBy": null, "messages": { "totalCount": 1, "nodes": [message] } } }));
        // The log is whole for whoever comes back, from memory and from the database.
        let expected = [
            json!({ "__typename": "MessageAdded", "message": { "text": "hello again", "sender": null } }),
            json!({ "__typename": "MessageChanged", "message": { "text": "hello again", "sender": null } }),
            json!({ "__typename": "MemberChanged", "user": { "username": "basil" }, "role": "OWNER" }),
            json!({ "__typename": "RoomChanged", "room": { "name": "Den" } }),
        ];
        for round in ["the ring", "the database"] {
            if round == "the database" {
                app.app.hub().tidy(tokio::time::Instant::now() + std::time::Duration::from_hours(24));
            }
            let mut again = Socket::ready(&app, basil.token.as_deref()).await;
            again.subscribe("s", EVENTS, json!({ "r": room, "a": start })).await;
            assert_eq!(next(&mut again).await["__typename"], "SubscriptionStarted");
            for event in &expected {
                assert_eq!(&next(&mut again).await, event, "from {round}");
            }
        }
        let again = app.user("amber").await;
        assert_ne!(again.id, amber.id, "the name is free, and nobody's past comes with it");
    }

    async fn rooms_go_on_without_an_account_or_go_with_it(app) {
        let (amber, basil, carol) = (app.user("amber").await, app.user("basil").await, app.user("carol").await);
        let shared = amber.room("Shared", &[&basil, &carol]).await;
        let alone = amber.room("Alone", &[]).await;
        let theirs = basil.room("Theirs", &[&amber, &carol]).await;
        let two = json!({ "roomId": theirs, "userIds": [amber.id], "role": "OWNER" });
        basil.mutate("addMembers", two, "").await;
        let deleted = amber.room("Deleted", &[&basil]).await;
        amber.mutate("deleteRoom", json!({ "roomId": deleted }), "").await;
        let notes = amber.mutate("createRoom", json!({ "kind": "SELF" }), "room { id }").await["room"]["id"].take();
        let direct = json!({ "userId": basil.id, "text": "hello" });
        let duo = amber.mutate("sendDirectMessage", direct, "message { room { id } }").await["message"]["room"]["id"]
            .take();
        let duo = duo.as_str().unwrap();
        leave(&app, &amber).await;
        assert_eq!(members(&carol, &shared).await, json!([["basil", "OWNER"], ["carol", "MEMBER"]]));
        assert_eq!(members(&carol, &theirs).await, json!([["basil", "OWNER"], ["carol", "MEMBER"]]));
        let admin = app.admin("admin").await;
        for gone in [&json!(alone), &notes] {
            let found = admin.ask("query($r: ID!) { room(id: $r) { id } }", json!({ "r": gone })).await;
            assert_eq!(found["room"], Value::Null);
        }
        let found = basil.ask(
            "query($r: ID!) { room(id: $r) { name kind memberCount messages { nodes { text sender { id } } } } }",
            json!({ "r": duo })).await;
        assert_eq!(found["room"], json!({ "name": "basil", "kind": "DUO", "memberCount": 1,
            "messages": { "nodes": [{ "text": "hello", "sender": null }] } }));
        basil.say(duo, "are you there?").await;
        // The other one goes, too, and with them the room.
        leave(&app, &basil).await;
        let found = admin.ask("query($r: ID!) { room(id: $r) { id } }", json!({ "r": duo })).await;
        assert_eq!(found["room"], Value::Null);
        assert_eq!(members(&carol, &shared).await, json!([["carol", "OWNER"]]));
    }

    async fn only_its_person_and_administrators_remove_an_account(app) {
        let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("admin").await);
        let amber_key = key(&amber).await;
        let remove = async |viewer: Viewer, user: UserKey| {
            app.app.delete_account(&viewer, user).await.map_err(|error| error.code())
        };
        assert_eq!(remove(Viewer::Anonymous, amber_key).await, Err(Code::Unauthenticated));
        assert_eq!(remove(viewer(&app, &basil).await, amber_key).await, Err(Code::Forbidden));
        assert_eq!(remove(viewer(&app, &basil).await, UserKey(i64::MAX)).await, Err(Code::Forbidden));
        amber.ask("{ viewer { id } }", json!({})).await;
        assert_eq!(remove(viewer(&app, &admin).await, amber_key).await, Ok(()));
        assert_eq!(remove(viewer(&app, &admin).await, amber_key).await, Err(Code::NotFound));
        assert_eq!(remove(Viewer::Operator, key(&basil).await).await, Ok(()));
    }
}

on_both!(a_removal_that_broke_off_is_ended_by_the_sweep, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    for number in 0..3 {
        amber.say(&room, &number.to_string()).await;
    }
    // As after a crash right behind the first step.
    let mut sql = Sql::open(&db, app.data.path()).await;
    sql.run("UPDATE users SET leaving_at = created_at, disabled_at = created_at WHERE username = 'amber'")
        .await;
    app.app.sweep(&Viewer::Operator).await.unwrap();
    assert_eq!(members(&basil, &room).await, json!([["basil", "OWNER"]]));
    assert_eq!(sql.lines("SELECT username AS line FROM users ORDER BY key").await, ["basil"]);
    app.app.sweep(&Viewer::Operator).await.unwrap();
    assert_eq!(sql.lines("SELECT text AS line FROM messages ORDER BY seq").await, ["0", "1", "2"]);
});
