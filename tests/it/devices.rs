//! Signed-in devices: who is shown which, and signing them out.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tertulia::app::auth::{LoginName, Origin};
use tertulia::domain::ids::GlobalId;
use tertulia::domain::sessions::{Door, Viewer};

use crate::audit::log;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::exchange::{LOGIN, exchange, login};
use crate::support::socket::Socket;
use crate::support::sql::Sql;
use crate::support::{Caller, Db, TestApp};

const FIELDS: &str = "id client door createdAt lastUsedAt expiresAt current user { username }";

/// What a caller is shown of their own devices.
pub async fn devices(caller: &Caller) -> Vec<Value> {
    let answer = caller.ask(&format!("{{ viewer {{ sessions {{ {FIELDS} }} }} }}"), json!({})).await;
    answer["viewer"]["sessions"].as_array().unwrap().clone()
}

/// What a caller is shown of another person's devices.
async fn devices_of(caller: &Caller, person: &Caller) -> Vec<Value> {
    let query = format!("query($u: ID!) {{ user(id: $u) {{ sessions {{ {FIELDS} }} }} }}");
    let answer = caller.ask(&query, json!({ "u": person.id })).await;
    answer["user"]["sessions"].as_array().unwrap().clone()
}

/// The id of the session that a caller calls with.
async fn own_device(caller: &Caller) -> String {
    let all = devices(caller).await;
    let mut current = all.iter().filter(|device| device["current"] == json!(true));
    let id = current.next().unwrap()["id"].as_str().unwrap().to_owned();
    assert!(current.next().is_none(), "{all:?}");
    id
}

async fn end(caller: &Caller, input: Value) -> i64 {
    caller.mutate("endSession", input, "ended").await["ended"].as_i64().unwrap()
}

async fn is_signed_in(caller: &Caller) -> bool {
    let answer = caller.send("{ viewer { id } }", json!({})).await;
    match answer["errors"][0]["extensions"]["code"].as_str() {
        None => true,
        Some("UNAUTHENTICATED") => false,
        Some(other) => panic!("{other}"),
    }
}

async fn can_renew(app: &TestApp, caller: &Caller) -> bool {
    let input = json!({ "refreshToken": caller.refresh });
    let payload = app.anonymous().try_mutate("refreshSession", input, "tokens { accessToken }").await;
    !payload["tokens"].is_null()
}

async fn disable(app: &TestApp, db: &Db, name: &str) {
    let mut sql = Sql::open(db, app.data.path()).await;
    sql.run(&format!("UPDATE users SET disabled_at = created_at WHERE username = '{name}'")).await;
}

on_both! {
    async fn a_person_sees_their_live_devices_the_latest_used_first(app) {
        let amber = app.user("amber").await;
        app.user("bruno").await;
        app.pass(TimeDelta::minutes(1));
        let phone = [("user-agent", "Phone/7 (Galaxy)")];
        let on_phone = exchange(&app, &phone, LOGIN, login("amber", PASSWORD)).await.payload().clone();
        app.pass(TimeDelta::minutes(1));
        let shown = devices(&amber).await;
        let at = |minutes: i64| (app.clock.now() + TimeDelta::minutes(minutes)).format("%FT%T%.3fZ").to_string();
        let month = 30 * 24 * 60;
        assert_eq!(shown.iter().map(|device| &device["client"]).collect::<Vec<_>>(), ["Phone/7 (Galaxy)", ""]);
        assert_eq!(shown.iter().map(|device| &device["current"]).collect::<Vec<_>>(), [&json!(false), &json!(true)]);
        for (device, opened) in shown.iter().zip([-1, -2]) {
            assert_eq!(device["door"], "graphql");
            assert_eq!(device["user"]["username"], "amber");
            assert_eq!((&device["createdAt"], &device["lastUsedAt"]), (&json!(at(opened)), &json!(at(opened))));
            assert_eq!(device["expiresAt"], json!(at(opened + month)));
        }
        let renew = json!({ "refreshToken": amber.refresh });
        let renewed = app.anonymous().mutate("refreshSession", renew, "tokens { accessToken }").await;
        let renewed = Caller { token: Some(renewed["tokens"]["accessToken"].as_str().unwrap().to_owned()), ..amber };
        let after = devices(&renewed).await;
        assert_eq!(after[0]["id"], shown[1]["id"], "what was just renewed comes first");
        assert_eq!((&after[0]["createdAt"], &after[0]["lastUsedAt"]), (&json!(at(-2)), &json!(at(0))));
        assert_eq!(after[0]["current"], json!(true), "a renewed session is the same one");
        let phone = Caller { token: Some(on_phone["tokens"]["accessToken"].as_str().unwrap().to_owned()), ..renewed };
        assert_eq!(own_device(&phone).await, shown[0]["id"].as_str().unwrap());
    }

    async fn what_has_ended_or_run_out_is_not_shown(app) {
        let amber = app.user("amber").await;
        let tablet = app.login("amber", PASSWORD).await;
        tablet.mutate("logout", json!({}), "loggedOut").await;
        assert_eq!(devices(&amber).await.len(), 1);
        app.pass(TimeDelta::days(30));
        let phone = app.login("amber", PASSWORD).await;
        let shown = devices(&phone).await;
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0]["current"], json!(true));
    }

    async fn a_device_at_a_legacy_door_is_shown_with_its_door(app) {
        let amber = app.user("amber").await;
        let origin = Origin { address: None, client: "okhttp/4".to_owned() };
        for (door, lasts) in [(Door::Condor, Duration::from_hours(1)), (Door::ThanChat, Duration::MAX)] {
            let name = LoginName::Username("amber");
            app.app.sign_in(&Viewer::Anonymous, &origin, door, name, PASSWORD.into(), lasts).await.unwrap();
        }
        let shown = devices(&amber).await;
        let doors: Vec<&str> = shown.iter().map(|device| device["door"].as_str().unwrap()).collect();
        assert_eq!(doors, ["thanchat", "condor", "graphql"], "all were used at one moment, so the newest is first");
        assert_eq!(shown[1]["client"], "okhttp/4");
        assert_eq!(shown[0]["expiresAt"], "9999-12-31T23:59:59.000Z", "without an end");
        assert_eq!(end(&amber, json!({})).await, 2);
        assert_eq!(devices(&amber).await.len(), 1);
    }

    async fn another_persons_devices_are_shown_to_administrators_alone(app) {
        let (amber, bruno, dora) = (app.user("amber").await, app.user("bruno").await, app.admin("dora").await);
        assert_eq!(devices_of(&bruno, &amber).await, Vec::<Value>::new());
        let shown = devices_of(&dora, &amber).await;
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0]["current"], json!(false), "it is not hers");
        let id = own_device(&amber).await;
        assert_eq!(shown[0]["id"], json!(id));
        let node = "query($id: ID!) { node(id: $id) { id __typename ... on Session { user { username } } } }";
        let found = json!({ "node": { "id": id, "__typename": "Session", "user": { "username": "amber" } } });
        assert_eq!(amber.ask(node, json!({ "id": id })).await, found);
        assert_eq!(dora.ask(node, json!({ "id": id })).await, found);
        assert_eq!(bruno.ask(node, json!({ "id": id })).await["node"], Value::Null);
        let fresh = "mutation($i: LoginInput!) { login(input: $i) { user { isAdmin sessions { id } } } }";
        let login = json!({ "i": { "usernameOrEmail": "amber", "password": PASSWORD } });
        let login = app.anonymous().ask(fresh, login).await;
        assert_eq!(login["login"]["user"], json!({ "isAdmin": false, "sessions": [] }), "a login names nobody yet");
    }

    async fn at_most_a_hundred_devices_are_shown_and_the_latest_used_of_each_person(app) {
        let (amber, dora) = (app.user("amber").await, app.admin("dora").await);
        app.user("bruno").await;
        let origin = Origin::default();
        for number in 0..109 {
            if number % 10 == 9 {
                app.pass(TimeDelta::seconds(1));
            }
            let name = LoginName::Username("bruno");
            let day = Duration::from_hours(24);
            app.app.sign_in(&Viewer::Anonymous, &origin, Door::Mrm, name, PASSWORD.into(), day).await.unwrap();
        }
        let everyone = dora.ask("{ users { nodes { username sessions { createdAt } } } }", json!({})).await;
        let counts: Vec<(&str, usize)> = everyone["users"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| (user["username"].as_str().unwrap(), user["sessions"].as_array().unwrap().len()))
            .collect();
        assert_eq!(counts, [("amber", 1), ("bruno", 100), ("dora", 1)]);
        let newest = &everyone["users"]["nodes"][1]["sessions"];
        assert_eq!(newest[0]["createdAt"], json!(app.clock.now().format("%FT%T%.3fZ").to_string()));
        let at_first = devices_of(&dora, &amber).await[0]["createdAt"].clone();
        let kept = newest.as_array().unwrap().iter().filter(|device| device["createdAt"] != at_first);
        assert_eq!(kept.count(), 100, "the ten of the first moment do not fit");
    }

    async fn all_but_this_one_are_signed_out_at_once(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let (phone, tablet) = (app.login("amber", PASSWORD).await, app.login("amber", PASSWORD).await);
        assert!(is_signed_in(&phone).await && is_signed_in(&tablet).await, "and this node believes so");
        let mut ended = Socket::ready(&app, phone.token.as_deref()).await;
        let mut kept = Socket::ready(&app, amber.token.as_deref()).await;
        assert_eq!(end(&amber, json!({})).await, 2);
        assert_eq!(ended.closed().await.0, 4403);
        assert!(!is_signed_in(&phone).await && !is_signed_in(&tablet).await);
        assert!(!can_renew(&app, &phone).await && !can_renew(&app, &tablet).await);
        let viewer = kept.ask("{ viewer { username } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"]["username"], "amber");
        assert!(can_renew(&app, &amber).await && is_signed_in(&bruno).await);
        assert_eq!(end(&amber, json!({})).await, 0, "nothing is left to end");
    }

    async fn one_device_is_signed_out_and_a_second_time_nothing_happens(app) {
        let amber = app.user("amber").await;
        let (phone, tablet) = (app.login("amber", PASSWORD).await, app.login("amber", PASSWORD).await);
        let id = own_device(&phone).await;
        assert_eq!(end(&amber, json!({ "sessionId": id })).await, 1);
        assert!(!is_signed_in(&phone).await && !can_renew(&app, &phone).await);
        assert!(is_signed_in(&tablet).await);
        assert_eq!(end(&amber, json!({ "sessionId": id })).await, 0);
        let own = own_device(&amber).await;
        assert_eq!(end(&amber, json!({ "sessionId": own })).await, 1, "one's own is as good as a logout");
        assert!(!is_signed_in(&amber).await);
    }

    async fn a_device_that_ran_out_is_nothing_to_end(app) {
        let amber = app.user("amber").await;
        let id = own_device(&amber).await;
        app.pass(TimeDelta::days(31));
        let again = app.login("amber", PASSWORD).await;
        assert_eq!(end(&again, json!({ "sessionId": id })).await, 0);
        app.login("amber", PASSWORD).await;
        assert_eq!(end(&again, json!({})).await, 1);
    }

    async fn other_peoples_devices_are_signed_out_by_administrators_alone(app) {
        let (amber, bruno, dora) = (app.user("amber").await, app.user("bruno").await, app.admin("dora").await);
        let id = own_device(&amber).await;
        let guessed = GlobalId::Session(uuid::Uuid::from_u128(7)).encode();
        let hidden = bruno.try_mutate("endSession", json!({ "sessionId": id }), "ended").await;
        let absent = bruno.try_mutate("endSession", json!({ "sessionId": guessed }), "ended").await;
        assert_eq!(hidden, absent, "whether there is such a session does not show");
        assert_eq!(hidden["errors"][0]["code"], "NOT_FOUND");
        assert_eq!(hidden["errors"][0]["path"], json!(["input", "sessionId"]));
        assert_eq!(bruno.refused("endSession", json!({ "userId": amber.id })).await, ["FORBIDDEN"]);
        assert!(is_signed_in(&amber).await);
        assert_eq!(end(&dora, json!({ "sessionId": id })).await, 1);
        assert!(!is_signed_in(&amber).await);
        let (phone, tablet) = (app.login("amber", PASSWORD).await, app.login("amber", PASSWORD).await);
        assert_eq!(end(&dora, json!({ "userId": amber.id })).await, 2);
        assert!(!is_signed_in(&phone).await && !is_signed_in(&tablet).await);
        assert!(is_signed_in(&bruno).await && is_signed_in(&dora).await);
        assert_eq!(dora.refused("endSession", json!({ "userId": crate::rooms::nobody(7) })).await, ["NOT_FOUND"]);
        assert_eq!(end(&dora, json!({ "sessionId": id })).await, 0, "it has ended already");
        assert_eq!(end(&dora, json!({ "userId": dora.id })).await, 1, "her own are nobody's business");
        let dora = app.login("dora", PASSWORD).await;
        let entries = [
            json!(["session.end", "dora", amber.id, "amber"]),
            json!(["session.end", "dora", id, "amber"]),
        ];
        assert_eq!(log(&dora).await, entries);
    }

    async fn a_person_signs_out_everywhere_by_their_own_id(app) {
        let amber = app.user("amber").await;
        let phone = app.login("amber", PASSWORD).await;
        assert_eq!(end(&amber, json!({ "userId": amber.id })).await, 2);
        assert!(!is_signed_in(&amber).await && !is_signed_in(&phone).await);
    }

    async fn what_names_no_device_is_refused(app) {
        let amber = app.user("amber").await;
        let id = own_device(&amber).await;
        let both = amber.try_mutate("endSession", json!({ "sessionId": id, "userId": amber.id }), "ended").await;
        assert_eq!(both, json!({ "ended": 0, "errors": [{ "code": "BAD_INPUT",
            "message": "Give sessionId or userId, not both.", "path": ["input", "userId"] }] }));
        for wrong in ["", "x", &amber.id] {
            assert_eq!(amber.refused("endSession", json!({ "sessionId": wrong })).await, ["BAD_INPUT"], "{wrong}");
        }
        assert_eq!(amber.refused("endSession", json!({ "userId": id })).await, ["BAD_INPUT"]);
        assert!(is_signed_in(&amber).await);
        let query = "mutation { endSession(input: {}) { ended } }";
        assert_eq!(app.anonymous().code(query, json!({})).await, "UNAUTHENTICATED");
    }
}

crate::on_both_databases! {
    async fn a_disabled_account_has_no_devices_and_administrators_see_since_when(db) {
        let app = TestApp::start(db.clone()).await;
        let (amber, bruno, dora) = (app.user("amber").await, app.user("bruno").await, app.admin("dora").await);
        let id = own_device(&amber).await;
        let query = "query($u: ID!, $s: ID!) { user(id: $u) { isAdmin disabledAt sessions { id } } node(id: $s) { id } }";
        let asked = json!({ "u": amber.id, "s": id });
        let enabled = dora.ask(query, asked.clone()).await;
        assert_eq!(enabled["user"], json!({ "isAdmin": false, "disabledAt": null, "sessions": [{ "id": id }] }));
        disable(&app, &db, "amber").await;
        let since = json!(app.clock.now().format("%FT%T%.3fZ").to_string());
        let disabled = json!({ "user": { "isAdmin": false, "disabledAt": since, "sessions": [] }, "node": null });
        assert_eq!(dora.ask(query, asked.clone()).await, disabled);
        let hidden = json!({ "user": { "isAdmin": null, "disabledAt": null, "sessions": [] }, "node": null });
        assert_eq!(bruno.ask(query, asked).await, hidden);
    }
}
