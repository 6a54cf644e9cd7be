//! What administrators do to accounts, and how nobody else does.

use serde_json::{Value, json};
use tertulia::auth::Credential;
use tertulia::domain::ids::{GlobalId, UserKey};
use tertulia::domain::sessions::Viewer;
use tertulia::error::Code;

use crate::audit::log;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::socket::Socket;
use crate::support::sql::Sql;
use crate::support::{Caller, TestApp};

const NEW_PASSWORD: &str = "quite another phrase";

async fn key(caller: &Caller) -> UserKey {
    let found = caller.ask("{ viewer { databaseId } }", json!({})).await;
    UserKey(found["viewer"]["databaseId"].as_i64().unwrap())
}

async fn viewer(app: &TestApp, caller: &Caller) -> Viewer {
    app.app.authenticate(&Credential::Bearer(caller.token.clone().unwrap())).await.unwrap()
}

fn id(caller: &Caller) -> uuid::Uuid {
    GlobalId::user(&caller.id, "userId").unwrap()
}

/// The codes of a login, none where it succeeds.
async fn login_codes(app: &TestApp, name: &str, password: &str) -> Vec<Value> {
    let input = json!({ "usernameOrEmail": name, "password": password });
    let payload = app.anonymous().try_mutate("login", input, "tokens { accessToken }").await;
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.is_empty(), payload["tokens"].is_object(), "{payload}");
    errors.iter().map(|error| error["code"].clone()).collect()
}

/// Usernames of a list, in its order.
async fn usernames(caller: &Caller, filter: Value) -> Value {
    let query = "query($f: UserFilter) { users(filter: $f) { totalCount nodes { username } } }";
    let found = caller.ask(query, json!({ "f": filter })).await;
    let nodes = found["users"]["nodes"].as_array().unwrap();
    assert_eq!(found["users"]["totalCount"], json!(nodes.len()));
    nodes.iter().map(|node| node["username"].clone()).collect()
}

/// Whether someone may do what only administrators may.
async fn administers(caller: &Caller) -> String {
    let answer = caller.send("{ auditLog { totalCount } }", json!({})).await;
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK").to_owned()
}

on_both!(accounts_are_made_also_while_sign_ups_are_closed, async |db: Db| {
    let app = TestApp::with(db, &[("SIGNUP", "off")]).await;
    let admin = app.admin("ada").await;
    let selection = "password user { id username email firstName userType }";
    let given = json!({ "username": "amber", "email": "amber@example.com", "password": PASSWORD,
        "firstName": "Amber", "userType": "STAFF" });
    let made = admin.mutate("createUser", given, selection).await;
    assert_eq!(made["password"], Value::Null);
    let amber = app.login("amber", PASSWORD).await;
    assert_eq!(
        made["user"],
        json!({ "id": amber.id, "username": "amber", "email": "amber@example.com",
        "firstName": "Amber", "userType": "STAFF" })
    );
    let asked = json!({ "username": "basil", "email": "basil@example.com", "isAdmin": true });
    let made = admin.mutate("createUser", asked, "password user { id }").await;
    let basil = app.login("basil@example.com", made["password"].as_str().unwrap()).await;
    assert_eq!(administers(&basil).await, "OK");
    assert_eq!(administers(&amber).await, "FORBIDDEN");
    let wrong = json!({ "username": "amber", "email": "none", "password": "short" });
    assert_eq!(admin.refused("createUser", wrong).await, ["BAD_INPUT", "WEAK_PASSWORD"]);
    let taken = json!({ "username": "amber", "email": "basil@example.com" });
    assert_eq!(admin.refused("createUser", taken).await, ["USERNAME_TAKEN", "EMAIL_TAKEN"]);
    let other = json!({ "username": "carol", "email": "carol@example.com", "password": PASSWORD });
    assert_eq!(amber.refused("createUser", other.clone()).await, ["FORBIDDEN"]);
    let made = admin.mutate("signup", other, "user { id }").await;
    let expected = [
        json!(["user.create", "ada", made["user"]["id"], "carol"]),
        json!(["user.admin_on", "ada", basil.id, "basil"]),
        json!(["user.create", "ada", basil.id, "basil"]),
        json!(["user.create", "ada", amber.id, "amber"]),
    ];
    assert_eq!(log(&admin).await, expected, "a sign-up only an administrator could make among them");
});

on_both!(whoever_is_disabled_is_out_at_once, async |db: Db| {
    let app = TestApp::with(db, &[("LIVE_PRESENCE_LINGER", "0s")]).await;
    let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("ada").await);
    let room = amber.room("Den", &[&basil]).await;
    amber.say(&room, "hello").await;
    let basic = Credential::Basic { name: "amber".to_owned(), password: PASSWORD.into() };
    app.app.authenticate(&basic).await.unwrap();
    let mut open = Socket::ready(&app, amber.token.as_deref()).await;
    let mut other = Socket::ready(&app, basil.token.as_deref()).await;
    let on = json!({ "userId": amber.id });
    let payload = admin.mutate("setUserDisabled", on.clone(), "user { username }").await;
    assert_eq!(payload["user"]["username"], "amber");
    assert_eq!(open.closed().await.0, 4403);
    assert_eq!(amber.code("{ viewer { id } }", json!({})).await, "UNAUTHENTICATED");
    assert_eq!(
        amber.refused("refreshSession", json!({ "refreshToken": amber.refresh })).await,
        ["BAD_CREDENTIALS"]
    );
    for (name, password) in [("amber", PASSWORD), ("amber@example.com", PASSWORD), ("amber", "wrong")] {
        assert_eq!(login_codes(&app, name, password).await, ["BAD_CREDENTIALS"]);
    }
    assert_eq!(app.app.authenticate(&basic).await.unwrap_err().code(), Code::BadCredentials);
    assert_eq!(other.ask("{ viewer { username } }", json!({})).await["data"]["viewer"]["username"], "basil");
    // What others see of them stays, and they are away.
    let query = "query($r: ID!, $u: ID!) { user(id: $u) { username presence }
        room(id: $r) { memberCount messages { nodes { text sender { username } } } } }";
    let found = loop {
        let found = basil.ask(query, json!({ "r": room, "u": amber.id })).await;
        if found["user"]["presence"] == "OFFLINE" {
            break found;
        }
    };
    let message = json!({ "text": "hello", "sender": { "username": "amber" } });
    assert_eq!(found["user"]["username"], "amber");
    assert_eq!(found["room"], json!({ "memberCount": 2, "messages": { "nodes": [message] } }));
    // Twice is no mistake, and is no further deed.
    admin.mutate("setUserDisabled", on, "").await;
    admin.mutate("setUserDisabled", json!({ "userId": amber.id, "on": false }), "").await;
    assert_eq!(
        amber.code("{ viewer { id } }", json!({})).await,
        "UNAUTHENTICATED",
        "what is ended stays ended"
    );
    let again = app.login("amber", PASSWORD).await;
    again.say(&room, "back again").await;
    let expected =
        [json!(["user.enable", "ada", amber.id, ""]), json!(["user.disable", "ada", amber.id, ""])];
    assert_eq!(log(&admin).await, expected);
});

on_both! {
    async fn who_becomes_an_administrator_is_one_at_once_and_who_no_longer_is_signs_in_again(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        assert_eq!(administers(&amber).await, "FORBIDDEN");
        admin.mutate("setAdministrator", json!({ "userId": amber.id }), "user { id }").await;
        assert_eq!(administers(&amber).await, "OK");
        let mut open = Socket::ready(&app, amber.token.as_deref()).await;
        assert_eq!(open.ask("{ auditLog { totalCount } }", json!({})).await["errors"], Value::Null);
        admin.mutate("setAdministrator", json!({ "userId": amber.id }), "").await;
        admin.mutate("setAdministrator", json!({ "userId": amber.id, "on": false }), "").await;
        assert_eq!(open.closed().await.0, 4403);
        assert_eq!(administers(&amber).await, "UNAUTHENTICATED");
        assert_eq!(administers(&app.login("amber", PASSWORD).await).await, "FORBIDDEN");
        let expected =
            [json!(["user.admin_off", "ada", amber.id, ""]), json!(["user.admin_on", "ada", amber.id, ""])];
        assert_eq!(log(&admin).await, expected);
    }

    async fn nobody_takes_it_from_themself_and_one_is_always_left(app) {
        let (amber, ada) = (app.user("amber").await, app.admin("ada").await);
        for (field, input) in [
            ("setAdministrator", json!({ "userId": ada.id, "on": false })),
            ("setUserDisabled", json!({ "userId": ada.id })),
            ("resetPassword", json!({ "userId": ada.id })),
        ] {
            let payload = ada.try_mutate(field, input, "").await;
            let error = json!([{ "code": "FORBIDDEN", "path": ["input", "userId"],
                "message": "Not to your own account: another administrator has to do that." }]);
            assert_eq!(payload["errors"], error, "{field}");
        }
        let last = async |outcome: tertulia::error::Result<tertulia::domain::users::User>| {
            let refusal = outcome.unwrap_err();
            assert_eq!(refusal.code(), Code::Conflict);
            assert!(refusal.to_string().contains("at least one administrator"), "{refusal}");
        };
        last(app.app.set_administrator(&Viewer::Operator, id(&ada), false).await).await;
        last(app.app.set_disabled(&Viewer::Operator, id(&ada), true).await).await;
        let removed = app.app.delete_account(&viewer(&app, &ada).await, key(&ada).await).await;
        assert_eq!(removed.unwrap_err().code(), Code::Conflict);
        assert_eq!(administers(&ada).await, "OK");
        // One who is locked out does not count.
        let bob = app.admin("bob").await;
        ada.mutate("setUserDisabled", json!({ "userId": bob.id }), "").await;
        last(app.app.set_administrator(&Viewer::Operator, id(&ada), false).await).await;
        ada.mutate("setAdministrator", json!({ "userId": bob.id, "on": false }), "").await;
        ada.mutate("setUserDisabled", json!({ "userId": amber.id }), "").await;
        app.app.set_administrator(&Viewer::Operator, id(&amber), true).await.unwrap();
        last(app.app.set_administrator(&Viewer::Operator, id(&ada), false).await).await;
    }

    async fn of_two_who_act_against_each_other_one_stays(app) {
        for round in 0..6 {
            let (one, other) = (app.admin(&format!("ada{round}")).await, app.admin(&format!("bob{round}")).await);
            let against = |caller: &Caller, whom: &Caller| {
                let (caller, whom) = (caller.clone(), whom.id.clone());
                async move {
                    if round % 2 == 0 {
                        let query = "mutation($i: SetAdministratorInput!) { setAdministrator(input: $i) {
                            user { id } errors { code } } }";
                        caller.send(query, json!({ "i": { "userId": whom, "on": false } })).await
                    } else {
                        let query = "mutation($i: SetUserDisabledInput!) { setUserDisabled(input: $i) {
                            user { id } errors { code } } }";
                        caller.send(query, json!({ "i": { "userId": whom } })).await
                    }
                }
            };
            let answers = tokio::join!(against(&one, &other), against(&other, &one));
            let left = [administers(&one).await, administers(&other).await];
            assert_eq!(left.iter().filter(|told| *told == "OK").count(), 1, "{left:?} {answers:?}");
            // Makes room for the next two.
            app.admin(&format!("eve{round}")).await;
            for gone in [&one, &other] {
                app.app.delete_account(&Viewer::Operator, key_at(&app, gone).await).await.unwrap();
            }
        }
    }

    async fn a_new_password_signs_out_everywhere(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        let further = app.login("amber", PASSWORD).await;
        let mut open = Socket::ready(&app, amber.token.as_deref()).await;
        let weak = json!({ "userId": amber.id, "newPassword": "amber@example.com" });
        assert_eq!(admin.refused("resetPassword", weak).await, ["WEAK_PASSWORD"]);
        let made = admin.mutate("resetPassword", json!({ "userId": amber.id }), "password user { id }").await;
        let password = made["password"].as_str().unwrap();
        assert_eq!(open.closed().await.0, 4403);
        for caller in [&amber, &further] {
            assert_eq!(caller.code("{ viewer { id } }", json!({})).await, "UNAUTHENTICATED");
        }
        assert_eq!(login_codes(&app, "amber", PASSWORD).await, ["BAD_CREDENTIALS"]);
        assert_eq!(login_codes(&app, "amber", password).await, Vec::<Value>::new());
        let given = json!({ "userId": amber.id, "newPassword": NEW_PASSWORD });
        assert_eq!(admin.mutate("resetPassword", given, "password").await["password"], Value::Null);
        assert_eq!(login_codes(&app, "amber", password).await, ["BAD_CREDENTIALS"]);
        assert_eq!(login_codes(&app, "amber", NEW_PASSWORD).await, Vec::<Value>::new());
        let reset = json!(["user.password_reset", "ada", amber.id, ""]);
        assert_eq!(log(&admin).await, [reset.clone(), reset]);
    }

    async fn administrators_find_everyone_by_their_addresses_too(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        app.user("basil").await;
        let carol = app.user("carol").await;
        admin.mutate("setUserDisabled", json!({ "userId": carol.id }), "").await;
        let address = json!({ "userId": carol.id, "email": "Office%1@Other.example" });
        admin.mutate("updateProfile", address, "").await;
        assert_eq!(usernames(&admin, json!({})).await, json!(["ada", "amber", "basil", "carol"]));
        assert_eq!(usernames(&admin, json!({ "disabled": true })).await, json!(["carol"]));
        assert_eq!(usernames(&admin, json!({ "disabled": false, "isAdmin": false })).await, json!(["amber", "basil"]));
        assert_eq!(usernames(&admin, json!({ "isAdmin": true })).await, json!(["ada"]));
        assert_eq!(usernames(&admin, json!({ "search": "office%1@" })).await, json!(["carol"]));
        assert_eq!(usernames(&admin, json!({ "search": "office_1@" })).await, json!([]), "no letter stands for any");
        assert_eq!(usernames(&admin, json!({ "search": "@EXAMPLE.COM" })).await, json!(["ada", "amber", "basil"]));
        assert_eq!(usernames(&admin, json!({ "search": "l@ex" })).await, json!(["basil"]));
        assert_eq!(usernames(&admin, json!({ "search": "office" })).await, json!(["carol"]));
        assert_eq!(usernames(&admin, json!({ "search": "ex" })).await, json!([]), "no middle of an address");
        assert_eq!(usernames(&amber, json!({})).await, json!(["ada", "amber", "basil"]));
        assert_eq!(usernames(&amber, json!({ "search": "@example" })).await, json!([]));
        let query = "query($f: UserFilter) { users(filter: $f) { totalCount } }";
        for filter in [json!({ "disabled": false }), json!({ "disabled": true }), json!({ "isAdmin": true })] {
            assert_eq!(amber.code(query, json!({ "f": filter })).await, "FORBIDDEN");
            assert_eq!(app.anonymous().code(query, json!({ "f": filter })).await, "UNAUTHENTICATED");
        }
    }
}

on_both! {
    async fn administrators_see_the_devices_of_everyone(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
        app.pass(chrono::TimeDelta::seconds(1));
        let further = app.login("amber", PASSWORD).await;
        app.pass(chrono::TimeDelta::seconds(1));
        app.user("basil").await;
        let query = "query($u: ID, $f: Int, $a: String, $l: Int, $b: String) {
            sessions(userId: $u, first: $f, after: $a, last: $l, before: $b) { totalCount
                edges { cursor node { door current user { username } } }
                pageInfo { hasNextPage hasPreviousPage endCursor } } }";
        let ask = async |variables: Value| admin.ask(query, variables).await["sessions"].take();
        let names = |page: &Value| -> Vec<String> {
            let edges = page["edges"].as_array().unwrap();
            edges.iter().map(|edge| edge["node"]["user"]["username"].as_str().unwrap().to_owned()).collect()
        };
        let all = ask(json!({})).await;
        // Two were used at the same moment; the one opened later comes first.
        assert_eq!((names(&all), &all["totalCount"]), (["basil", "amber", "ada", "amber"].map(String::from).to_vec(), &json!(4)));
        assert_eq!(all["edges"][2]["node"], json!({ "door": "graphql", "current": true, "user": { "username": "ada" } }));
        let cursors: Vec<&Value> = all["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
        let page = ask(json!({ "f": 2, "a": cursors[0] })).await;
        assert_eq!(names(&page), ["amber", "ada"]);
        assert_eq!(page["pageInfo"], json!({ "hasNextPage": true, "hasPreviousPage": true, "endCursor": cursors[2] }));
        assert_eq!(names(&ask(json!({ "l": 1, "b": cursors[3] })).await), ["ada"]);
        assert_eq!(names(&ask(json!({ "a": cursors[2] })).await), ["amber"]);
        // Whoever uses theirs comes to the front.
        app.pass(chrono::TimeDelta::seconds(1));
        amber.mutate("refreshSession", json!({ "refreshToken": amber.refresh }), "").await;
        assert_eq!(names(&ask(json!({})).await), ["amber", "basil", "amber", "ada"]);
        let hers = ask(json!({ "u": amber.id })).await;
        assert_eq!(hers["totalCount"], 2);
        further.mutate("logout", json!({}), "").await;
        assert_eq!(names(&ask(json!({})).await), ["amber", "basil", "ada"]);
        admin.mutate("setUserDisabled", json!({ "userId": amber.id }), "").await;
        assert_eq!(names(&ask(json!({})).await), ["basil", "ada"]);
        app.pass(chrono::TimeDelta::days(31));
        let later = app.login("ada", PASSWORD).await;
        assert_eq!(names(&later.ask(query, json!({})).await["sessions"]), ["ada"], "what ran out is none");
    }
}

async fn key_at(app: &TestApp, person: &Caller) -> UserKey {
    let (id, store) = (id(person), app.app.store());
    let found = store.read(move |conn| Box::pin(tertulia::storage::users::get_by_id(conn, id)));
    found.await.unwrap().unwrap().key
}

on_both!(an_account_that_is_about_to_go_is_none_to_administrators, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let (amber, admin) = (app.user("amber").await, app.admin("ada").await);
    let mut sql = Sql::open(&db, app.data.path()).await;
    sql.run("UPDATE users SET leaving_at = created_at, disabled_at = created_at WHERE username = 'amber'")
        .await;
    for (field, input) in [
        ("setUserDisabled", json!({ "userId": amber.id, "on": false })),
        ("setAdministrator", json!({ "userId": amber.id })),
        ("resetPassword", json!({ "userId": amber.id })),
    ] {
        assert_eq!(admin.refused(field, input).await, ["NOT_FOUND"], "{field}");
    }
    assert_eq!(usernames(&admin, json!({})).await, json!(["ada"]));
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_disabled_at_one_node_is_out_at_the_other() {
    let Some(pair) = TestApp::pair(&[]).await else { return };
    let (amber, admin) = (pair.one.user("amber").await, pair.one.admin("ada").await);
    let there = pair.other.same(&amber);
    there.ask("{ viewer { id } }", json!({})).await;
    let mut open = Socket::ready(&pair.other, amber.token.as_deref()).await;
    admin.mutate("setUserDisabled", json!({ "userId": amber.id }), "").await;
    assert_eq!(open.closed().await.0, 4403);
    let since = std::time::Instant::now();
    while there.send("{ viewer { id } }", json!({})).await["errors"].is_null() {
        assert!(
            since.elapsed() < std::time::Duration::from_millis(1_500),
            "the other node believes for too long"
        );
    }
    assert_eq!(login_codes(&pair.other, "amber", PASSWORD).await, ["BAD_CREDENTIALS"]);
}
