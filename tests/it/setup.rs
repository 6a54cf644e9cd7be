//! The link that makes the first administrator: once, in time, and only while there is none.

use chrono::TimeDelta;
use futures_util::future::join_all;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tertulia::auth::Credential;
use tertulia::domain::sessions::Viewer;
use tertulia::error::Code;

use crate::audit::log;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::exchange::{Exchange, exchange};
use crate::support::{Caller, Db, TestApp};

const SET_UP: &str = "mutation($input: SetUpServerInput!) { setUpServer(input: $input) {
    user { id username email firstName } tokens { accessToken refreshToken } errors { code message path } } }";

/// The code of the link that a start prints, if it prints one.
async fn code(app: &TestApp) -> Option<String> {
    let code = app.app.open_setup(&Viewer::Operator).await.unwrap();
    code.map(|code| code.expose_secret().to_owned())
}

fn ada(code: &str) -> Value {
    json!({ "code": code, "username": "ada", "email": "ada@example.com", "password": PASSWORD })
}

async fn set_up(app: &TestApp, input: Value) -> Exchange {
    exchange(app, &[], SET_UP, json!({ "input": input })).await
}

#[track_caller]
fn assert_over(answer: &Exchange) {
    let payload = answer.payload();
    assert!(payload["user"].is_null() && payload["tokens"].is_null(), "{payload:#}");
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[0]["code"], &errors[0]["path"]), (1, &json!("FORBIDDEN"), &json!([])));
    let message = errors[0]["message"].as_str().unwrap();
    assert!(
        message.contains("Restart the server") && message.contains("tertulia user create --admin"),
        "{message}"
    );
}

/// Whoever the tokens of an answer belong to.
fn caller(app: &TestApp, answer: &Exchange) -> Caller {
    let payload = answer.payload();
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    let word = |at: &str| payload.pointer(at).unwrap().as_str().unwrap().to_owned();
    let token = Some(word("/tokens/accessToken"));
    Caller { token, refresh: word("/tokens/refreshToken"), id: word("/user/id"), ..app.anonymous() }
}

async fn is_admin(app: &TestApp, caller: &Caller) -> bool {
    let credential = Credential::Bearer(caller.token.clone().unwrap());
    app.app.authenticate(&credential).await.unwrap().signed_in().unwrap().is_admin
}

on_both! {
    async fn the_link_makes_the_first_administrator_and_signs_them_in(app) {
        app.user("basil").await;
        assert!(app.app.setup_needed(&Viewer::Anonymous).await.unwrap());
        let code = code(&app).await.unwrap();
        let mut input = ada(&code);
        input["firstName"] = json!("Ada");
        let answer = set_up(&app, input).await;
        let admin = caller(&app, &answer);
        let user = &answer.payload()["user"];
        assert_eq!((&user["username"], &user["email"], &user["firstName"]),
            (&json!("ada"), &json!("ada@example.com"), &json!("Ada")));
        assert!(is_admin(&app, &admin).await);
        assert!(!app.app.setup_needed(&Viewer::Anonymous).await.unwrap());
        admin.mutate("refreshSession", json!({ "refreshToken": admin.refresh }), "tokens { accessToken }").await;
        app.login("ada", PASSWORD).await;
        assert_eq!(log(&admin).await, [json!(["server.set_up", "ada", admin.id, "ada"])]);
    }

    async fn a_link_is_good_once(app) {
        let code = code(&app).await.unwrap();
        caller(&app, &set_up(&app, ada(&code)).await);
        let mut again = ada(&code);
        (again["username"], again["email"]) = (json!("eve"), json!("eve@example.com"));
        assert_over(&set_up(&app, again).await);
        assert_over(&set_up(&app, ada(&code)).await);
    }

    async fn a_link_is_good_for_half_an_hour(app) {
        let code = code(&app).await.unwrap();
        app.pass(TimeDelta::minutes(30));
        assert_over(&set_up(&app, ada(&code)).await);
        app.pass(TimeDelta::seconds(-1));
        caller(&app, &set_up(&app, ada(&code)).await);
    }

    async fn another_start_voids_the_link_of_the_one_before(app) {
        let (old, new) = (code(&app).await.unwrap(), code(&app).await.unwrap());
        assert_ne!(old, new);
        assert_over(&set_up(&app, ada(&old)).await);
        caller(&app, &set_up(&app, ada(&new)).await);
    }

    async fn a_wrong_code_makes_nobody_and_tells_nothing_of_accounts(app) {
        app.user("ada").await;
        let right = code(&app).await.unwrap();
        for wrong in ["", "x", &right[1..], &format!("{right} "), &right.to_uppercase(), &"a".repeat(10_000)] {
            // Whatever is wrong with the rest, and whoever has the name.
            assert_over(&set_up(&app, ada(wrong)).await);
            let rest = json!({ "code": wrong, "username": "", "email": "", "password": "" });
            assert_over(&set_up(&app, rest).await);
        }
        assert!(app.app.setup_needed(&Viewer::Anonymous).await.unwrap());
    }

    async fn every_fault_of_the_input_is_told_with_its_path_and_the_link_stays_good(app) {
        app.user("basil").await;
        let code = code(&app).await.unwrap();
        let faults = async |input: Value| {
            let answer = set_up(&app, input).await;
            let errors = answer.payload()["errors"].as_array().unwrap().clone();
            errors.iter().map(|error| json!([error["code"], error["path"][1]])).collect::<Vec<_>>()
        };
        let bad = json!({ "code": code, "username": "two words", "email": "nowhere", "password": "short",
            "firstName": "a".repeat(151) });
        let expected = [
            json!(["BAD_INPUT", "username"]),
            json!(["BAD_INPUT", "email"]),
            json!(["TOO_LONG", "firstName"]),
            json!(["WEAK_PASSWORD", "password"]),
        ];
        assert_eq!(faults(bad).await, expected);
        let taken = json!({ "code": code, "username": "Basil", "email": "ada@example.com", "password": PASSWORD });
        assert_eq!(faults(taken).await, [json!(["USERNAME_TAKEN", "username"])]);
        caller(&app, &set_up(&app, ada(&code)).await);
    }

    async fn of_two_who_use_the_link_at_once_one_is_made(app) {
        let code = code(&app).await.unwrap();
        let people = (0..6).map(|number| {
            json!({ "code": code, "username": format!("ada{number}"), "email": format!("ada{number}@example.com"),
                "password": PASSWORD })
        });
        let answers = join_all(people.map(|input| set_up(&app, input))).await;
        let (made, late): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.payload()["errors"] == json!([]));
        assert_eq!((made.len(), late.len()), (1, 5));
        late.into_iter().for_each(assert_over);
        let admin = caller(&app, made[0]);
        let users = admin.ask("{ users { totalCount } }", json!({})).await;
        assert_eq!(users["users"]["totalCount"], 1, "the others left nothing behind");
    }

    async fn an_administrator_of_the_console_ends_it(app) {
        let open = code(&app).await.unwrap();
        app.admin("root").await;
        assert_over(&set_up(&app, ada(&open)).await);
        assert_eq!(code(&app).await, None);
        assert!(!app.app.setup_needed(&Viewer::Anonymous).await.unwrap());
    }

    async fn only_the_operator_opens_it(app) {
        let amber = app.user("amber").await;
        let signed_in = app.app.authenticate(&Credential::Bearer(amber.token.unwrap())).await.unwrap();
        for viewer in [Viewer::Anonymous, signed_in] {
            assert_eq!(app.app.open_setup(&viewer).await.unwrap_err().code(), Code::Forbidden);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_one_node_printed_is_good_at_another() {
    let Some(db) = Db::postgres() else { return };
    let (one, other) = (TestApp::start(db.clone()).await, TestApp::start(db).await);
    let code = code(&one).await.unwrap();
    caller(&other, &set_up(&other, ada(&code)).await);
    assert_over(&set_up(&one, ada(&code)).await);
}

#[tokio::test]
async fn guesses_at_the_code_are_throttled_by_address() {
    let settings = [
        ("RATE_LIMITS", "on"),
        ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "3"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let code = code(&app).await.unwrap();
    let try_from = async |address: &str, code: &str| {
        exchange(&app, &[("x-forwarded-for", address)], SET_UP, json!({ "input": ada(code) })).await
    };
    for _ in 0..3 {
        assert_over(&try_from("192.0.2.1", "wrong").await);
    }
    try_from("192.0.2.1", &code).await.assert_throttled();
    // Whoever has the code is not kept out by someone else's guesses.
    caller(&app, &try_from("192.0.2.2", &code).await);
}

#[tokio::test]
async fn one_request_tries_one_code() {
    let app = TestApp::start(Db::Sqlite).await;
    let twice = "mutation($input: SetUpServerInput!) {
        a: setUpServer(input: $input) { errors { code } } b: setUpServer(input: $input) { errors { code } } }";
    let answer = exchange(&app, &[], twice, json!({ "input": ada("guess") })).await;
    assert_eq!((answer.status, answer.code()), (400, "QUERY_TOO_COMPLEX"), "{:#}", answer.body);
}
