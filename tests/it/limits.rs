//! How much one caller may try, and what the rest of the world notices of it: nothing.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::exchange::{Exchange, LOGIN, exchange, login, with_token};
use crate::support::{Caller, Db, TestApp};

const WRONG: &str = "some other phrase";
const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) {
    message { seq } errors { code } } }";
/// Longer than any wait under test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with the limits on. Those that a test is not about are wide.
async fn server(settings: &[(&str, &str)]) -> TestApp {
    let wide = [
        ("RATE_LIMITS", "on"),
        ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "1000"),
        ("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "1000"),
        ("LIMITS_SIGNUP_PER_ADDRESS_PER_HOUR", "1000"),
    ];
    TestApp::with(Db::Sqlite, &[&wide, settings].concat()).await
}

async fn guess(app: &TestApp, name: &str, password: &str) -> Exchange {
    exchange(app, &[], LOGIN, login(name, password)).await
}

/// A guess that comes through a proxy, which says this of its way.
async fn guess_from(app: &TestApp, way: &str, name: &str, password: &str) -> Exchange {
    exchange(app, &[("x-forwarded-for", way)], LOGIN, login(name, password)).await
}

#[track_caller]
fn assert_wrong(answer: &Exchange) {
    assert_eq!((answer.status, answer.payload_code()), (200, "BAD_CREDENTIALS"));
}

#[track_caller]
fn assert_in(answer: &Exchange) {
    assert_eq!(answer.payload()["errors"], json!([]));
}

#[tokio::test]
async fn guesses_at_one_account_are_throttled_and_another_account_is_not() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "3")]).await;
    app.user("amber").await;
    app.user("bruno").await;
    for _ in 0..3 {
        assert_wrong(&guess(&app, "amber", WRONG).await);
    }
    let wait_ms = guess(&app, "amber", WRONG).await.assert_throttled();
    assert!(wait_ms <= 20_000, "{wait_ms}");
    guess(&app, "amber", PASSWORD).await.assert_throttled();
    assert_in(&guess(&app, "bruno", PASSWORD).await);
}

#[tokio::test]
async fn another_spelling_of_a_name_is_no_other_account() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "3")]).await;
    app.user("amber").await;
    for name in ["amber", "AMBER", " Amber "] {
        assert_wrong(&guess(&app, name, WRONG).await);
    }
    guess(&app, "aMBER", WRONG).await.assert_throttled();
}

#[tokio::test]
async fn throttling_does_not_tell_whether_an_account_exists() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "1")]).await;
    app.user("amber").await;
    let mut refusals = Vec::new();
    for name in ["amber", "nobody"] {
        assert_wrong(&guess(&app, name, WRONG).await);
        let refusal = guess(&app, name, WRONG).await;
        refusal.assert_throttled();
        let mut shape = refusal.shape();
        shape["body"]["errors"][0]["extensions"]["retryAfterMs"] = Value::Null;
        refusals.push(shape);
    }
    assert_eq!(refusals[0], refusals[1]);
}

#[tokio::test]
async fn a_throttled_owner_gets_in_after_the_wait_that_was_told() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "60")]).await;
    app.user("amber").await;
    let mut wait_ms = 0;
    for _ in 0..200 {
        let answer = guess(&app, "amber", WRONG).await;
        if answer.status == 429 {
            wait_ms = answer.assert_throttled();
            break;
        }
    }
    assert!((1..=1_000).contains(&wait_ms), "{wait_ms}");
    let started = Instant::now();
    while guess(&app, "amber", PASSWORD).await.status == 429 {
        assert!(started.elapsed() < PATIENCE, "locked out");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn one_password_tried_on_many_accounts_is_throttled() {
    let app = server(&[("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "5")]).await;
    app.user("amber").await;
    for number in 0..5 {
        assert_wrong(&guess(&app, &format!("name-{number}"), WRONG).await);
    }
    guess(&app, "name-5", WRONG).await.assert_throttled();
    guess(&app, "amber", PASSWORD).await.assert_throttled();
}

#[tokio::test]
async fn one_request_holds_one_guess() {
    let app = server(&[("HTTP_BATCH_MAX", "10")]).await;
    app.user("amber").await;
    let one = format!(
        "login(input: {{ usernameOrEmail: \"amber\", password: \"{PASSWORD}\" }}) {{ user {{ id }} }}"
    );
    let two = exchange(&app, &[], &format!("mutation {{ a: {one} b: {one} }}"), json!({})).await;
    assert_eq!((two.status, two.code()), (400, "QUERY_TOO_COMPLEX"));
    assert!(two.body.get("data").is_none());
    let call = json!({ "query": format!("mutation {{ {one} }}") });
    let batch =
        app.http.post(format!("{}/graphql", app.base)).json(&json!([call, call])).send().await.unwrap();
    assert_eq!(batch.status(), 400);
    let body: Value = batch.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], json!("BAD_INPUT"));
}

#[tokio::test]
async fn what_a_stranger_says_of_its_way_does_not_widen_its_budget() {
    let app = server(&[("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "3")]).await;
    for number in 0..3 {
        assert_wrong(
            &guess_from(&app, &format!("203.0.113.{number}"), &format!("name-{number}"), WRONG).await,
        );
    }
    let headers =
        [("x-forwarded-for", "203.0.113.9"), ("x-real-ip", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
    exchange(&app, &headers, LOGIN, login("name-9", WRONG)).await.assert_throttled();
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_has_its_own_budget() {
    let app = server(&[("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "2"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    app.user("amber").await;
    for number in 0..2 {
        assert_wrong(&guess_from(&app, "203.0.113.1", &format!("name-{number}"), WRONG).await);
    }
    guess_from(&app, "203.0.113.1", "amber", PASSWORD).await.assert_throttled();
    assert_in(&guess_from(&app, "203.0.113.2", "amber", PASSWORD).await);
}

#[tokio::test]
async fn a_caller_behind_a_trusted_proxy_cannot_make_up_its_address() {
    let app = server(&[("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "2"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    for number in 0..2 {
        let way = format!("198.51.100.{number}, 203.0.113.1");
        assert_wrong(&guess_from(&app, &way, &format!("name-{number}"), WRONG).await);
    }
    guess_from(&app, "198.51.100.9, 203.0.113.1", "name-9", WRONG).await.assert_throttled();
}

#[tokio::test]
async fn neighbours_in_one_ipv6_network_share_a_budget() {
    let app = server(&[("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "2"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    for number in 0..2 {
        assert_wrong(
            &guess_from(&app, &format!("2001:db8:1:2::{number}"), &format!("name-{number}"), WRONG).await,
        );
    }
    guess_from(&app, "2001:db8:1:2:ffff::1", "name-9", WRONG).await.assert_throttled();
    assert_wrong(&guess_from(&app, "2001:db8:1:3::1", "name-9", WRONG).await);
}

#[tokio::test]
async fn an_attacker_at_one_address_does_not_lock_the_owner_out_elsewhere() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "2"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    app.user("amber").await;
    for _ in 0..2 {
        assert_wrong(&guess_from(&app, "203.0.113.1", "amber", WRONG).await);
    }
    for _ in 0..50 {
        guess_from(&app, "203.0.113.1", "amber", WRONG).await.assert_throttled();
    }
    assert_in(&guess_from(&app, "203.0.113.2", "amber", PASSWORD).await);
}

#[tokio::test]
async fn guesses_at_one_account_from_everywhere_have_a_limit_too() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "1"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    app.user("amber").await;
    app.user("bruno").await;
    let mut tried = 0;
    for number in 0..20 {
        let answer = guess_from(&app, &format!("203.0.113.{number}"), "amber", WRONG).await;
        if answer.status == 429 {
            answer.assert_throttled();
            break;
        }
        tried += 1;
    }
    assert!((10..=12).contains(&tried), "{tried} guesses went through");
    assert_in(&guess_from(&app, "203.0.113.99", "bruno", PASSWORD).await);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_throttled() {
    let app = server(&[("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "3")]).await;
    let amber = app.user("amber").await.token.unwrap();
    let change =
        "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { errors { code } } }";
    let input = |current: &str| json!({ "input": { "currentPassword": current, "newPassword": "quite another phrase" } });
    for _ in 0..3 {
        assert_wrong(&with_token(&app, &amber, change, input(WRONG)).await);
    }
    with_token(&app, &amber, change, input(PASSWORD)).await.assert_throttled();
    assert_in(&guess(&app, "amber", PASSWORD).await);
}

#[tokio::test]
async fn accounts_from_one_address_are_limited_and_mistakes_do_not_count() {
    let app = server(&[("LIMITS_SIGNUP_PER_ADDRESS_PER_HOUR", "2"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let signup = "mutation($input: SignupInput!) { signup(input: $input) { errors { code } } }";
    let person = |name: &str, password: &str| json!({ "input": { "username": name, "email": format!("{name}@example.com"), "password": password } });
    let from =
        async |way: &str, variables| exchange(&app, &[("x-forwarded-for", way)], signup, variables).await;
    for _ in 0..5 {
        assert_eq!(from("203.0.113.1", person("amber", "short")).await.payload_code(), "WEAK_PASSWORD");
    }
    assert_in(&from("203.0.113.1", person("amber", PASSWORD)).await);
    assert_in(&from("203.0.113.1", person("bruno", PASSWORD)).await);
    from("203.0.113.1", person("clara", PASSWORD)).await.assert_throttled();
    assert_in(&from("203.0.113.2", person("clara", PASSWORD)).await);
}

#[tokio::test]
async fn more_passwords_than_can_be_hashed_are_turned_away_and_the_others_are_served() {
    let settings = [
        ("RATE_LIMITS", "off"),
        ("PASSWORD_THREADS", "1"),
        ("PASSWORD_QUEUE_MAX", "2"),
        ("BCRYPT_COST", "10"),
    ];
    let app = server(&settings).await;
    let amber = app.user("amber").await;
    let (mut served, mut refused) = (0, 0);
    for answer in join_all((0..24).map(|_| guess(&app, "amber", PASSWORD))).await {
        if answer.status == 429 {
            answer.assert_throttled();
            refused += 1;
        } else {
            assert_in(&answer);
            served += 1;
        }
    }
    assert!(served >= 2 && refused >= 1, "{served} served, {refused} refused");
    amber.ask("{ viewer { id } }", json!({})).await;
    assert_in(&guess(&app, "amber", PASSWORD).await);
}

async fn say(caller: &Caller, app: &TestApp, room: &str) -> Exchange {
    let input = json!({ "input": { "roomId": room, "text": "hello" } });
    with_token(app, caller.token.as_deref().unwrap(), SEND, input).await
}

#[tokio::test]
async fn one_person_sends_so_much_and_no_more_and_the_others_do_not_notice() {
    let app = server(&[("LIMITS_SEND_PER_USER_PER_SECOND", "1"), ("LIMITS_SEND_PER_USER_BURST", "5")]).await;
    let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
    let room = amber.room("Den", &[&bruno]).await;
    let other_device = app.login("amber", PASSWORD).await;
    let (mut sent, mut refused) = (0, 0);
    for number in 0..40 {
        let answer = say(if number % 2 == 0 { &amber } else { &other_device }, &app, &room).await;
        if answer.status == 429 {
            assert!(answer.assert_throttled() <= 1_000);
            refused += 1;
        } else {
            assert_in(&answer);
            sent += 1;
        }
    }
    assert!(sent >= 5 && refused >= 1, "{sent} sent, {refused} refused");
    let next = say(&bruno, &app, &room).await;
    assert_eq!(next.payload()["message"]["seq"], json!(sent + 1), "what was refused was not stored");
}

#[tokio::test]
async fn nobody_is_throttled_where_limits_are_off() {
    let off = [
        ("RATE_LIMITS", "off"),
        ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "1"),
        ("LIMITS_LOGIN_PER_ADDRESS_PER_MINUTE", "1"),
        ("LIMITS_SIGNUP_PER_ADDRESS_PER_HOUR", "1"),
    ];
    let app = server(&off).await;
    app.user("amber").await;
    app.user("bruno").await;
    for _ in 0..5 {
        assert_wrong(&guess(&app, "amber", WRONG).await);
    }
}
