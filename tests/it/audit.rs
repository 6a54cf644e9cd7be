//! The audit log: what administrators did by that right, all of it, and nothing else.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tertulia::auth::Credential;
use tertulia::domain::audit::Deed;
use tertulia::domain::ids::UserKey;
use tertulia::domain::sessions::Viewer;

use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::{Caller, TestApp};

/// Action, name of who did it, target and detail of each entry but those of accounts made at the console, newest
/// first.
pub(crate) async fn log(admin: &Caller) -> Vec<Value> {
    let query = "{ auditLog { nodes { action actor { username } targetId detail } } }";
    let found = admin.ask(query, json!({})).await;
    let nodes = found["auditLog"]["nodes"].as_array().unwrap();
    let shown =
        |node: &Value| json!([node["action"], node["actor"]["username"], node["targetId"], node["detail"]]);
    let made_there = |entry: &Value| {
        [json!("user.create"), json!("user.admin_on")].contains(&entry[0]) && entry[1].is_null()
    };
    nodes.iter().map(shown).filter(|entry| !made_there(entry)).collect()
}

async fn viewer(app: &TestApp, caller: &Caller) -> Viewer {
    app.app.authenticate(&Credential::Bearer(caller.token.clone().unwrap())).await.unwrap()
}

async fn key(caller: &Caller) -> UserKey {
    let found = caller.ask("{ viewer { databaseId } }", json!({})).await;
    UserKey(found["viewer"]["databaseId"].as_i64().unwrap())
}

on_both! {
    async fn what_an_administrator_does_by_that_right_is_written_down(app) {
        let (amber, basil) = (app.user("amber").await, app.user("basil").await);
        let admin = app.admin("ada").await;
        let room = amber.room("Den", &[&basil]).await;
        let message = amber.say(&room, "a private matter").await["message"]["id"].take();
        admin.mutate("updateProfile", json!({ "userId": amber.id, "bio": null, "email": "new@example.com" }), "").await;
        admin.mutate("updateRoom", json!({ "roomId": room, "description": "quiet", "capacity": 9 }), "").await;
        admin.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id], "role": "OWNER" }), "").await;
        admin.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id], "role": "OWNER" }), "").await;
        admin.mutate("removeMember", json!({ "roomId": room, "userId": basil.id }), "").await;
        admin.mutate("deleteMessage", json!({ "messageId": message }), "").await;
        admin.mutate("deleteMessage", json!({ "messageId": message }), "").await;
        admin.mutate("deleteRoom", json!({ "roomId": room }), "").await;
        let expected = [
            json!(["room.delete", "ada", room, "Den"]),
            json!(["message.delete", "ada", message, "number 1 by amber"]),
            json!(["member.remove", "ada", basil.id, "Den"]),
            json!(["member.role", "ada", basil.id, "Den"]),
            json!(["room.update", "ada", room, "description, capacity"]),
            json!(["user.update", "ada", amber.id, "email, bio"]),
        ];
        assert_eq!(log(&admin).await, expected);
        let all = admin.ask("{ auditLog { nodes { action targetId detail } } }", json!({})).await.to_string();
        for secret in ["private matter", "example.com", PASSWORD] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }

    async fn what_they_do_as_anyone_else_may_is_not(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        let own = admin.room("Den", &[&amber]).await;
        admin.mutate("updateProfile", json!({ "userId": admin.id, "bio": "b" }), "").await;
        admin.mutate("updateRoom", json!({ "roomId": own, "name": "Nest" }), "").await;
        let message = amber.say(&own, "hello").await["message"]["id"].take();
        admin.mutate("deleteMessage", json!({ "messageId": message }), "").await;
        admin.mutate("removeMember", json!({ "roomId": own, "userId": amber.id }), "").await;
        admin.mutate("deleteRoom", json!({ "roomId": own }), "").await;
        let theirs = amber.room("Hall", &[]).await;
        amber.mutate("addMembers", json!({ "roomId": theirs, "userIds": [admin.id], "role": "MODERATOR" }), "").await;
        admin.mutate("updateRoom", json!({ "roomId": theirs, "name": "Foyer" }), "").await;
        assert_eq!(log(&admin).await, Vec::<Value>::new());
        // A moderator may not do that; an administrator who is one does.
        admin.mutate("deleteRoom", json!({ "roomId": theirs }), "").await;
        assert_eq!(log(&admin).await, [json!(["room.delete", "ada", theirs, "Foyer"])]);
    }

    async fn what_is_refused_leaves_no_entry(app) {
        let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("ada").await);
        let room = amber.room("Den", &[&basil]).await;
        let taken = json!({ "userId": amber.id, "username": "basil" });
        assert_eq!(admin.refused("updateProfile", taken).await, ["USERNAME_TAKEN"]);
        let small = json!({ "roomId": room, "capacity": 1 });
        assert_eq!(admin.refused("updateRoom", small).await, ["CONFLICT"]);
        let last = json!({ "roomId": room, "userId": amber.id });
        assert_eq!(admin.refused("removeMember", last).await, ["CONFLICT"]);
        assert_eq!(log(&admin).await, Vec::<Value>::new());
    }

    async fn accounts_made_and_removed_are_written_down(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        let basil = app.user("basil").await;
        let query = "{ auditLog { nodes { action actor { id } targetId detail } } }";
        let entry = |action| json!({ "action": action, "actor": null, "targetId": admin.id, "detail": "ada" });
        let found = admin.ask(query, json!({})).await;
        let made = json!([entry("user.admin_on"), entry("user.create")]);
        assert_eq!(found["auditLog"]["nodes"], made, "at the console, and no sign-up");
        app.app.delete_account(&viewer(&app, &admin).await, key(&amber).await).await.unwrap();
        app.app.delete_account(&Viewer::Operator, key(&basil).await).await.unwrap();
        let expected = [
            json!(["user.delete", null, basil.id, "basil"]),
            json!(["user.delete", "ada", amber.id, "amber"]),
        ];
        assert_eq!(log(&admin).await, expected);
    }

    async fn whoever_removes_their_own_account_is_not_and_leaves_no_name(app) {
        let (amber, admin, other) = (app.user("amber").await, app.admin("ada").await, app.admin("bob").await);
        admin.mutate("updateProfile", json!({ "userId": amber.id, "bio": "b" }), "").await;
        app.app.delete_account(&viewer(&app, &admin).await, key(&admin).await).await.unwrap();
        assert_eq!(log(&other).await, [json!(["user.update", null, amber.id, "bio"])]);
    }

    async fn the_log_is_paged_and_narrowed(app) {
        let (amber, ada, bob) = (app.user("amber").await, app.admin("ada").await, app.admin("bob").await);
        for (admin, bio) in [(&ada, "1"), (&bob, "2"), (&ada, "3")] {
            admin.mutate("updateProfile", json!({ "userId": amber.id, "bio": bio }), "").await;
        }
        let query = "query($u: ID, $t: ID, $a: String, $f: Int, $x: String, $l: Int, $b: String) {
            auditLog(actorId: $u, targetId: $t, action: $a, first: $f, after: $x, last: $l, before: $b) {
                totalCount edges { cursor } nodes { actor { username } action }
                pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let ask = async |variables: Value| ada.ask(query, variables).await["auditLog"].take();
        let whole = ask(json!({})).await;
        assert_eq!(whole["totalCount"], 7);
        let actions: Vec<&str> =
            whole["nodes"].as_array().unwrap().iter().map(|node| node["action"].as_str().unwrap()).collect();
        assert_eq!(actions[..4], ["user.update", "user.update", "user.update", "user.admin_on"]);
        let cursors: Vec<&Value> =
            whole["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
        let page = ask(json!({ "f": 2, "x": cursors[0] })).await;
        assert_eq!(page["pageInfo"], json!({ "hasNextPage": true, "hasPreviousPage": true,
            "startCursor": cursors[1], "endCursor": cursors[2] }));
        let page = ask(json!({ "l": 2, "b": cursors[2] })).await;
        assert_eq!((&page["edges"][0]["cursor"], &page["edges"][1]["cursor"]), (cursors[0], cursors[1]));
        assert_eq!(page["pageInfo"]["hasPreviousPage"], false);
        let hers = ask(json!({ "u": ada.id, "f": 1 })).await;
        assert_eq!((&hers["totalCount"], &hers["nodes"][0]["actor"]["username"]), (&json!(2), &json!("ada")));
        assert_eq!(ask(json!({ "a": "user.create" })).await["totalCount"], 2);
        assert_eq!(ask(json!({ "a": "user.create", "u": ada.id })).await["totalCount"], 0);
        assert_eq!(ask(json!({ "t": amber.id })).await["totalCount"], 3);
        assert_eq!(ask(json!({ "t": amber.id, "u": bob.id })).await["totalCount"], 1);
        assert_eq!(ask(json!({ "t": bob.id })).await["totalCount"], 2);
        for wrong in [json!({ "t": "no id" }), json!({ "a": "user" }), json!({ "a": "user.create\0" }), json!({ "u": "no id" })] {
            assert_eq!(ada.code(query, wrong).await, "BAD_INPUT");
        }
        let users = ada.ask("{ users { edges { cursor } } }", json!({})).await["users"]["edges"][0]["cursor"].take();
        assert_eq!(ada.code(query, json!({ "x": users })).await, "CURSOR_INVALID");
    }

    async fn only_administrators_read_it(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        let found = admin.ask("{ auditLog(action: \"user.create\") { nodes { id } } }", json!({})).await;
        let id = &found["auditLog"]["nodes"][0]["id"];
        assert_eq!(amber.code("{ auditLog { totalCount } }", json!({})).await, "FORBIDDEN");
        assert_eq!(app.anonymous().code("{ auditLog { totalCount } }", json!({})).await, "UNAUTHENTICATED");
        let query = "query($i: [ID!]!) { nodes(ids: $i) { id ... on AuditEntry { action } } }";
        let asked = json!({ "i": [amber.id, id, "none"] });
        let seen = amber.ask(query, asked.clone()).await;
        assert_eq!(seen["nodes"], json!([{ "id": amber.id }, null, null]));
        let seen = admin.ask(query, asked).await;
        assert_eq!(seen["nodes"], json!([{ "id": amber.id }, { "id": id, "action": "user.create" }, null]));
    }

    async fn entries_are_kept_for_a_year(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        app.pass(TimeDelta::days(10));
        let admin_again = app.login("ada", PASSWORD).await;
        let change = json!({ "userId": amber.id, "bio": "b" });
        admin_again.mutate("updateProfile", change, "").await;
        app.pass(TimeDelta::days(356));
        app.app.sweep(&Viewer::Operator).await.unwrap();
        let admin = Caller { id: admin.id, ..app.login("ada", PASSWORD).await };
        let query = "{ auditLog { nodes { action } } }";
        let found = admin.ask(query, json!({})).await;
        assert_eq!(found["auditLog"]["nodes"], json!([{ "action": "user.update" }]));
    }
}

#[test]
fn the_guide_has_every_action_in_order() {
    let guide = include_str!("../../docs/admin.md");
    let told: Vec<&str> =
        guide.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    // Its other table is of queues, whose names have no dot.
    let told: Vec<&str> = told.into_iter().filter(|word| word.contains('.')).collect();
    let deeds: Vec<&str> = Deed::ALL.iter().map(|deed| deed.as_str()).collect();
    assert_eq!(told, deeds);
}
