//! Making an account and proving to be its owner.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::exchange::{Exchange, LOGIN, exchange, login, with_token};
use crate::support::{Caller, Db, TestApp};

const SIGNUP: &str = "mutation($input: SignupInput!) { signup(input: $input) {
    user { id username email firstName lastName displayName phone address userType }
    tokens { accessToken refreshToken }
    errors { code message path } } }";

fn person(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

async fn signup(app: &TestApp, input: Value) -> Exchange {
    exchange(app, &[], SIGNUP, json!({ "input": input })).await
}

/// The codes of a refused sign-up with the inputs they are about.
fn faults(answer: &Exchange) -> Vec<(String, String)> {
    let payload = answer.payload();
    assert!(payload["user"].is_null() && payload["tokens"].is_null(), "{payload:#}");
    let errors = payload["errors"].as_array().unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let path =
        |error: &Value| error["path"].as_array().unwrap().iter().map(word).collect::<Vec<_>>().join(".");
    errors.iter().map(|error| (word(&error["code"]), path(error))).collect()
}

#[track_caller]
fn assert_faults(answer: &Exchange, expected: &[(&str, &str)]) {
    let found = faults(answer);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, path)| (code.as_str(), path.as_str())).collect();
    assert_eq!(found, expected);
}

async fn can_log_in(app: &TestApp, name: &str, password: &str) -> bool {
    let answer = exchange(app, &[], LOGIN, login(name, password)).await;
    match answer.payload_code() {
        "" => true,
        "BAD_CREDENTIALS" => false,
        other => panic!("{other}"),
    }
}

on_both! {
    async fn a_signup_gives_the_account_and_tokens_that_work(app) {
        let answer = signup(&app, json!({
            "username": "Amber", "email": "Amber@Example.com", "password": PASSWORD, "firstName": "Amber",
            "lastName": "Stone", "phone": "+1 555 0100", "address": "1 Quarry Road", "userType": "STUDENT",
        })).await;
        let payload = answer.payload();
        assert_eq!(payload["errors"], json!([]));
        let mut user = payload["user"].clone();
        let id = user["id"].take();
        assert_eq!(user, json!({
            "id": null, "username": "Amber", "email": "Amber@Example.com", "firstName": "Amber",
            "lastName": "Stone", "displayName": "Amber Stone", "phone": "+1 555 0100",
            "address": "1 Quarry Road", "userType": "STUDENT",
        }));
        let token = payload["tokens"]["accessToken"].as_str().unwrap();
        let seen = with_token(&app, token, "{ viewer { id email } }", json!({})).await;
        assert_eq!(*seen.payload(), json!({ "id": id, "email": "Amber@Example.com" }));
    }

    async fn what_a_signup_leaves_out_is_blank(app) {
        let answer = signup(&app, person("amber")).await;
        let user = &answer.payload()["user"];
        assert_eq!((&user["firstName"], &user["lastName"]), (&json!(""), &json!("")));
        assert_eq!((&user["displayName"], &user["userType"]), (&json!("amber"), &json!("OTHER")));
        assert_eq!((&user["phone"], &user["address"]), (&Value::Null, &Value::Null));
    }

    async fn every_fault_of_a_signup_is_told_at_once_with_its_path(app) {
        let answer = signup(&app, json!({
            "username": "two words", "email": "nowhere", "password": "12345678", "firstName": "a".repeat(151),
            "lastName": "a\0b", "phone": "5".repeat(256), "address": "a".repeat(501),
        })).await;
        assert_faults(&answer, &[
            ("BAD_INPUT", "input.username"),
            ("BAD_INPUT", "input.email"),
            ("TOO_LONG", "input.firstName"),
            ("BAD_INPUT", "input.lastName"),
            ("TOO_LONG", "input.phone"),
            ("TOO_LONG", "input.address"),
            ("WEAK_PASSWORD", "input.password"),
            ("WEAK_PASSWORD", "input.password"),
        ]);
    }

    async fn empty_names_are_called_empty(app) {
        let answer = signup(&app, json!({ "username": "", "email": "", "password": "" })).await;
        let expected = [("EMPTY", "input.username"), ("EMPTY", "input.email"), ("WEAK_PASSWORD", "input.password")];
        assert_faults(&answer, &expected);
    }

    async fn texts_of_the_greatest_length_are_taken_and_one_more_character_is_not(app) {
        let host = "@example.com";
        let bounds = |over: usize| json!({
            "username": "ñ".repeat(150 + over), "email": "e".repeat(254 - host.len() + over) + host,
            "password": PASSWORD, "firstName": "ñ".repeat(150 + over), "lastName": "🦊".repeat(150 + over),
            "phone": "5".repeat(255 + over), "address": "ñ".repeat(500 + over),
        });
        let names = ["username", "email", "firstName", "lastName", "phone", "address"];
        let paths = names.map(|name| format!("input.{name}"));
        let expected: Vec<(&str, &str)> = paths.iter().map(|path| ("TOO_LONG", path.as_str())).collect();
        assert_faults(&signup(&app, bounds(1)).await, &expected);
        assert_eq!(signup(&app, bounds(0)).await.payload()["errors"], json!([]));
    }

    async fn a_nul_is_refused_in_every_text(app) {
        for field in ["username", "email", "password", "firstName", "lastName", "phone", "address"] {
            let mut input = person("amber");
            let before = input[field].as_str().unwrap_or("a").to_owned();
            input[field] = json!(format!("{before}\0{before}"));
            let code = if field == "password" { "WEAK_PASSWORD" } else { "BAD_INPUT" };
            assert_faults(&signup(&app, input).await, &[(code, &format!("input.{field}"))]);
        }
    }

    async fn a_taken_name_and_a_taken_address_are_both_told_whatever_their_case(app) {
        app.user("amber").await;
        for (username, email) in [("amber", "amber@example.com"), ("AMBER", "Amber@EXAMPLE.com")] {
            let answer = signup(&app, json!({ "username": username, "email": email, "password": PASSWORD })).await;
            assert_faults(&answer, &[("USERNAME_TAKEN", "input.username"), ("EMAIL_TAKEN", "input.email")]);
        }
        app.user("zoë").await;
        assert_faults(&signup(&app, person("ZOË")).await, &[("USERNAME_TAKEN", "input.username"), ("EMAIL_TAKEN", "input.email")]);
    }

    async fn a_refused_signup_leaves_its_name_and_its_address_free(app) {
        app.user("amber").await;
        let taken_address = json!({ "username": "bruno", "email": "amber@example.com", "password": PASSWORD });
        assert_faults(&signup(&app, taken_address).await, &[("EMAIL_TAKEN", "input.email")]);
        let taken_name = json!({ "username": "amber", "email": "bruno@example.com", "password": PASSWORD });
        assert_faults(&signup(&app, taken_name).await, &[("USERNAME_TAKEN", "input.username")]);
        app.user("bruno").await;
    }

    async fn of_racing_signups_of_one_name_one_wins_and_nothing_is_left_of_the_others(app) {
        let race = (0..12).map(|number| {
            let name = if number % 2 == 0 { "amber" } else { "AMBER" };
            json!({ "username": name, "email": format!("{number}@example.com"), "password": PASSWORD })
        });
        let answers = futures_util::future::join_all(race.map(|input| signup(&app, input))).await;
        let mut winners = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            if answer.payload()["errors"] == json!([]) {
                winners.push(number);
            } else {
                assert_faults(answer, &[("USERNAME_TAKEN", "input.username")]);
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert!(can_log_in(&app, "amber", PASSWORD).await);
        for number in 0..12 {
            let email = format!("{number}@example.com");
            let again = json!({ "username": format!("late-{number}"), "email": email, "password": PASSWORD });
            assert_eq!(signup(&app, again).await.payload_code() == "EMAIL_TAKEN", winners.contains(&number));
        }
    }

    async fn of_racing_signups_with_one_address_one_wins(app) {
        let race = (0..12).map(|number| {
            json!({ "username": format!("amber-{number}"), "email": "Amber@example.com", "password": PASSWORD })
        });
        let answers = futures_util::future::join_all(race.map(|input| signup(&app, input))).await;
        let (winners, losers): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.payload_code().is_empty());
        assert_eq!(winners.len(), 1);
        for loser in losers {
            assert_faults(loser, &[("EMAIL_TAKEN", "input.email")]);
        }
    }

    async fn nobody_takes_anothers_address_for_a_username(app) {
        app.user("amber").await;
        let squatter = json!({ "username": "Amber@Example.com", "email": "b@example.com", "password": PASSWORD });
        assert_faults(&signup(&app, squatter).await, &[("USERNAME_TAKEN", "input.username")]);
        let bruno = app.user("bruno").await;
        assert_eq!(bruno.refused("updateProfile", json!({ "username": "amber@example.com" })).await, ["USERNAME_TAKEN"]);
    }

    async fn nobody_takes_anothers_username_for_an_address(app) {
        let named = json!({ "username": "amber@home.example", "email": "a@example.com", "password": PASSWORD });
        assert_eq!(signup(&app, named).await.payload()["errors"], json!([]));
        let squatter = json!({ "username": "bruno", "email": "AMBER@home.example", "password": PASSWORD });
        assert_faults(&signup(&app, squatter).await, &[("EMAIL_TAKEN", "input.email")]);
        let bruno = app.user("bruno").await;
        assert_eq!(bruno.refused("updateProfile", json!({ "email": "amber@home.example" })).await, ["EMAIL_TAKEN"]);
    }

    async fn an_address_may_be_its_owners_username_too(app) {
        let both = json!({ "username": "amber@example.com", "email": "amber@example.com", "password": PASSWORD });
        assert_eq!(signup(&app, both).await.payload()["errors"], json!([]));
        assert!(can_log_in(&app, "amber@example.com", PASSWORD).await);
    }

    async fn one_logs_in_by_name_or_by_address_in_any_case(app) {
        app.user("Amber").await;
        for name in ["Amber", "amber", "AMBER", "amber@example.com", "AMBER@Example.COM", " amber "] {
            let answer = exchange(&app, &[], LOGIN, login(name, PASSWORD)).await;
            let user = &answer.payload()["user"];
            assert_eq!((&user["username"], &user["email"]), (&json!("Amber"), &json!("Amber@example.com")), "{name:?}");
        }
    }

    async fn an_unknown_user_and_a_wrong_password_are_answered_alike(app) {
        app.user("amber").await;
        let wrong = exchange(&app, &[], LOGIN, login("amber", "some other phrase")).await;
        let unknown = exchange(&app, &[], LOGIN, login("nobody", "some other phrase")).await;
        let by_address = exchange(&app, &[], LOGIN, login("nobody@example.com", "some other phrase")).await;
        assert_eq!(wrong.shape(), unknown.shape());
        assert_eq!(wrong.shape(), by_address.shape());
        assert_eq!(*wrong.payload(), json!({
            "user": null, "tokens": null, "errors": [{
                "code": "BAD_CREDENTIALS", "message": "The name or the password is wrong.", "path": [] }],
        }));
    }

    async fn a_password_is_compared_to_the_last_byte_and_the_case(app) {
        let longest = "kq".repeat(36)[1..].to_owned();
        let mut input = person("amber");
        input["password"] = json!(longest);
        assert_eq!(signup(&app, input).await.payload()["errors"], json!([]));
        assert!(can_log_in(&app, "amber", &longest).await);
        for wrong in [longest[..70].to_owned(), format!("{longest}k"), longest.to_uppercase(), format!("{longest}\0")] {
            assert!(!can_log_in(&app, "amber", &wrong).await, "{wrong:?}");
        }
    }

    async fn names_that_no_account_can_have_are_wrong_like_any_other(app) {
        app.user("amber").await;
        for name in ["", " ", "amber\0", "\0", "%", "amber' or '1'='1", &"a".repeat(300), &"🦊".repeat(10_000)] {
            let answer = exchange(&app, &[], LOGIN, login(name, PASSWORD)).await;
            assert_eq!((answer.status, answer.payload_code()), (200, "BAD_CREDENTIALS"), "{name:?}");
        }
    }

    async fn the_viewer_is_who_calls_or_nobody(app) {
        let amber = app.user("amber").await;
        let query = "{ viewer { id username email } }";
        let own = json!({ "id": amber.id, "username": "amber", "email": "amber@example.com" });
        assert_eq!(amber.ask(query, json!({})).await["viewer"], own);
        assert_eq!(app.anonymous().ask(query, json!({})).await["viewer"], Value::Null);
    }

    async fn an_address_is_seen_by_its_owner_alone(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let query = "query($id: ID!) { user(id: $id) { email } }";
        assert_eq!(amber.ask(query, json!({ "id": amber.id })).await["user"]["email"], json!("amber@example.com"));
        assert_eq!(bruno.ask(query, json!({ "id": amber.id })).await["user"]["email"], Value::Null);
    }
}

/// A server on SQLite, where the database makes no difference.
async fn server(settings: &[(&str, &str)]) -> TestApp {
    TestApp::with(Db::Sqlite, settings).await
}

#[tokio::test]
async fn weak_passwords_are_refused_with_the_reason() {
    let app = server(&[]).await;
    let long = "A password may have at most 71 bytes.";
    for (password, reason) in [
        ("zk3!vq9", "A password needs at least 8 characters."),
        ("🦊🐻🐼🐨🐯🦁🐮", "A password needs at least 8 characters."),
        ("kumquat\0tree", "The text may not contain a NUL character."),
        (&"kq".repeat(36), long),
        (&"kq".repeat(40), long),
        (&"🦊".repeat(64), long),
        ("Password1", "This password is too common."),
        ("marianela", "This password is too common."),
        ("marianela@example.com", "This password is too common."),
        ("83920174", "A password needs more than digits."),
    ] {
        let mut input = person("marianela");
        input["password"] = json!(password);
        let answer = signup(&app, input).await;
        let error = json!([{ "code": "WEAK_PASSWORD", "message": reason, "path": ["input", "password"] }]);
        assert_eq!(answer.payload()["errors"], error, "{password:?}");
    }
}

#[tokio::test]
async fn faults_are_told_in_the_language_of_the_request() {
    let app = server(&[]).await;
    app.user("amber").await;
    let input =
        json!({ "username": "two words", "email": "nowhere", "password": "2468", "phone": "5".repeat(256) });
    let spanish = [
        "Un nombre de usuario tiene de 1 a 150 letras, cifras y @ . + - _.",
        "Escribe una dirección de correo válida.",
        "Esto puede tener como máximo 255 caracteres.",
        "Una contraseña necesita al menos 8 caracteres.",
        "Una contraseña necesita algo más que cifras.",
    ];
    let english = [
        "A username has 1 to 150 letters, digits and @ . + - _ only.",
        "Enter a valid e-mail address.",
        "This may have at most 255 characters.",
        "A password needs at least 8 characters.",
        "A password needs more than digits.",
    ];
    for (header, expected) in [
        ("es", spanish),
        ("es-MX,es;q=0.9,en;q=0.5", spanish),
        ("fr, es;q=0.3", spanish),
        ("en-GB, es;q=0.5", english),
        ("fr", english),
        (";;q=,", english),
    ] {
        let answer = exchange(&app, &[("accept-language", header)], SIGNUP, json!({ "input": input })).await;
        let errors = answer.payload()["errors"].as_array().unwrap().clone();
        let told: Vec<&str> = errors.iter().map(|error| error["message"].as_str().unwrap()).collect();
        assert_eq!(told, expected, "{header}");
    }
    let wrong = exchange(&app, &[("accept-language", "es")], LOGIN, login("amber", "wrong")).await;
    assert_eq!(wrong.payload()["errors"][0]["message"], json!("El nombre o la contraseña no son correctos."));
}

#[tokio::test]
async fn a_server_that_is_closed_to_signups_still_lets_people_in() {
    let open = server(&[]).await;
    open.user("amber").await;
    let closed = TestApp::at(open.stop().await, Db::Sqlite, &[("SIGNUP", "false")]).await;
    let refused = signup(&closed, person("bruno")).await;
    assert_faults(&refused, &[("FORBIDDEN", "")]);
    assert_eq!(signup(&closed, person("amber")).await.shape(), refused.shape(), "a taken name is not told");
    let amber = closed.login("amber", PASSWORD).await;
    let headers = [("authorization", &*format!("Bearer {}", amber.token.unwrap()))];
    let by_amber = exchange(&closed, &headers, SIGNUP, json!({ "input": person("bruno") })).await;
    assert_faults(&by_amber, &[("FORBIDDEN", "")]);
}

#[tokio::test]
async fn an_administrator_makes_accounts_where_signups_are_closed() {
    let app = server(&[("SIGNUP", "false")]).await;
    let admin: Caller = app.admin("root").await;
    let made = admin.mutate("signup", person("bruno"), "user { username }").await;
    assert_eq!(made["user"]["username"], json!("bruno"));
    assert!(can_log_in(&app, "bruno", PASSWORD).await);
}

#[tokio::test]
async fn a_password_stays_good_when_the_cost_of_hashing_changes() {
    let app = server(&[("BCRYPT_COST", "5")]).await;
    app.user("amber").await;
    let app = TestApp::at(app.stop().await, Db::Sqlite, &[("BCRYPT_COST", "4")]).await;
    for _ in 0..2 {
        assert!(can_log_in(&app, "amber", PASSWORD).await);
        assert!(!can_log_in(&app, "amber", "some other phrase").await);
    }
}
