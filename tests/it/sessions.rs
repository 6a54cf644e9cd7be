//! How a session is renewed, and all the ways it ends.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::exchange::{Exchange, LOGIN, exchange, login, with_token};
use crate::support::{Caller, Db, TestApp};

const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
    tokens { accessToken accessExpiresAt refreshToken refreshExpiresAt } errors { code message path } } }";
const CHANGE: &str = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
    tokens { accessToken refreshToken } errors { code message path } } }";
const NEW_PASSWORD: &str = "quite another phrase";
/// So many that what is done at the same moment is done in every order.
const SEVERAL: [&str; 8] = ["amber", "basil", "cyan", "dove", "ecru", "fawn", "grey", "hazel"];
/// Within the second in which a session must be over on every node, and a little for the machine.
const OVER_WITHIN: Duration = Duration::from_millis(1_500);

/// An access and a refresh token.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(payload: &Value) -> Self {
        assert_eq!(payload["errors"], json!([]));
        let token = |name: &str| payload["tokens"][name].as_str().unwrap().to_owned();
        Self { access: token("accessToken"), refresh: token("refreshToken") }
    }

    fn of_caller(caller: &Caller) -> Self {
        Self { access: caller.token.clone().unwrap(), refresh: caller.refresh.clone() }
    }
}

async fn try_renew(app: &TestApp, refresh: &str) -> Exchange {
    exchange(app, &[], REFRESH, json!({ "input": { "refreshToken": refresh } })).await
}

async fn renew(app: &TestApp, refresh: &str) -> Pair {
    Pair::of(try_renew(app, refresh).await.payload())
}

async fn assert_not_renewed(app: &TestApp, refresh: &str) {
    let payload = try_renew(app, refresh).await.payload().clone();
    let error = json!([{
        "code": "BAD_CREDENTIALS", "message": "This refresh token is not valid. Log in again.",
        "path": ["input", "refreshToken"],
    }]);
    assert_eq!(payload, json!({ "tokens": null, "errors": error }), "{refresh:?}");
}

async fn whoami(app: &TestApp, access: &str) -> Exchange {
    with_token(app, access, "{ viewer { username } }", json!({})).await
}

async fn is_live(app: &TestApp, access: &str) -> bool {
    let answer = whoami(app, access).await;
    match (answer.status, answer.code()) {
        (200, "") => true,
        (401, "UNAUTHENTICATED") => false,
        other => panic!("{other:?}"),
    }
}

async fn change_password(app: &TestApp, access: &str, current: &str, new: &str) -> Exchange {
    with_token(app, access, CHANGE, json!({ "input": { "currentPassword": current, "newPassword": new } }))
        .await
}

on_both! {
    async fn tokens_say_when_they_end(app) {
        app.user("amber").await;
        let answer = exchange(&app, &[], LOGIN, login("amber", PASSWORD)).await;
        let tokens = &answer.payload()["tokens"];
        let ends = |name: &str| DateTime::parse_from_rfc3339(tokens[name].as_str().unwrap()).unwrap().to_utc();
        assert_eq!(ends("accessExpiresAt") - app.clock.now(), TimeDelta::minutes(15));
        assert_eq!(ends("refreshExpiresAt") - app.clock.now(), TimeDelta::days(30));
    }

    async fn a_renewed_session_goes_on_with_new_tokens(app) {
        let first = Pair::of_caller(&app.user("amber").await);
        let second = renew(&app, &first.refresh).await;
        assert!(first.access != second.access && first.refresh != second.refresh);
        assert_eq!(whoami(&app, &second.access).await.payload()["username"], json!("amber"));
        let third = renew(&app, &second.refresh).await;
        assert!(is_live(&app, &third.access).await);
    }

    async fn two_tabs_that_renew_within_the_grace_both_go_on(app) {
        let first = Pair::of_caller(&app.user("amber").await);
        let one = renew(&app, &first.refresh).await;
        app.pass(TimeDelta::seconds(10));
        let other = renew(&app, &first.refresh).await;
        assert_ne!(one.refresh, other.refresh);
        for tab in [one, other] {
            assert!(is_live(&app, &tab.access).await);
            assert!(is_live(&app, &renew(&app, &tab.refresh).await.access).await);
        }
    }

    async fn tabs_that_renew_at_the_same_moment_all_go_on(app) {
        let first = Pair::of_caller(&app.user("amber").await);
        let tabs = futures_util::future::join_all((0..8).map(|_| renew(&app, &first.refresh))).await;
        for tab in &tabs {
            assert!(is_live(&app, &tab.access).await);
            assert!(is_live(&app, &renew(&app, &tab.refresh).await.access).await);
        }
    }

    async fn a_refresh_token_used_again_after_the_grace_ends_the_whole_family(app) {
        let first = Pair::of_caller(&app.user("amber").await);
        let elsewhere = Pair::of_caller(&app.login("amber", PASSWORD).await);
        let second = renew(&app, &first.refresh).await;
        let tab = renew(&app, &first.refresh).await;
        assert!(is_live(&app, &second.access).await, "and this node believes so");
        app.pass(TimeDelta::milliseconds(10_001));
        assert_not_renewed(&app, &first.refresh).await;
        for dead in [first, second, tab] {
            assert!(!is_live(&app, &dead.access).await);
            assert_not_renewed(&app, &dead.refresh).await;
        }
        assert!(is_live(&app, &elsewhere.access).await, "another device is another family");
        renew(&app, &elsewhere.refresh).await;
    }

    async fn a_use_within_the_grace_does_not_prolong_it(app) {
        let first = Pair::of_caller(&app.user("amber").await);
        renew(&app, &first.refresh).await;
        app.pass(TimeDelta::seconds(8));
        let second = renew(&app, &first.refresh).await;
        app.pass(TimeDelta::seconds(8));
        assert_not_renewed(&app, &first.refresh).await;
        assert!(!is_live(&app, &second.access).await);
    }

    async fn what_is_no_refresh_token_renews_nothing(app) {
        let amber = app.user("amber").await;
        let known = amber.refresh.clone();
        let strange = format!("ttr_{}", "A".repeat(43));
        let cut = &known[..known.len() - 1];
        let shouted = known.to_uppercase();
        for odd in ["", " ", "\0", "null", "ttr_", cut, &shouted, &strange, &format!("{known}\0"), &"t".repeat(100_000)] {
            assert_not_renewed(&app, odd).await;
        }
        renew(&app, &known).await;
    }

    async fn a_session_that_is_not_renewed_for_thirty_days_is_over(app) {
        let amber = app.user("amber").await;
        let again = app.login("amber", PASSWORD).await;
        app.pass(TimeDelta::days(30) - TimeDelta::milliseconds(1));
        renew(&app, &amber.refresh).await;
        app.pass(TimeDelta::milliseconds(1));
        assert_not_renewed(&app, &again.refresh).await;
    }

    async fn each_renewal_gives_thirty_days_more(app) {
        let mut pair = Pair::of_caller(&app.user("amber").await);
        for _ in 0..3 {
            app.pass(TimeDelta::days(29));
            pair = renew(&app, &pair.refresh).await;
        }
        assert!(is_live(&app, &pair.access).await);
    }

    async fn logging_out_ends_the_current_session_at_once_and_no_other(app) {
        let amber = app.user("amber").await;
        let here = Pair::of_caller(&amber);
        let elsewhere = Pair::of_caller(&app.login("amber", PASSWORD).await);
        assert!(is_live(&app, &here.access).await, "and this node believes so");
        assert_eq!(amber.mutate("logout", json!({}), "loggedOut").await["loggedOut"], json!(true));
        assert!(!is_live(&app, &here.access).await);
        assert_not_renewed(&app, &here.refresh).await;
        assert!(is_live(&app, &elsewhere.access).await);
        renew(&app, &elsewhere.refresh).await;
    }

    async fn a_refresh_token_logs_its_own_session_out_and_needs_no_other_proof(app) {
        let here = app.user("amber").await;
        let elsewhere = Pair::of_caller(&app.login("amber", PASSWORD).await);
        assert!(is_live(&app, &elsewhere.access).await, "and this node believes so");
        let input = json!({ "refreshToken": elsewhere.refresh });
        let ended = app.anonymous().mutate("logout", input.clone(), "loggedOut").await;
        assert_eq!(ended["loggedOut"], json!(true));
        assert!(!is_live(&app, &elsewhere.access).await);
        assert_not_renewed(&app, &elsewhere.refresh).await;
        assert!(is_live(&app, here.token.as_deref().unwrap()).await);
        let again = app.anonymous().mutate("logout", input, "loggedOut").await;
        assert_eq!(again["loggedOut"], json!(false));
    }

    async fn a_refresh_token_that_was_renewed_still_logs_its_session_out(app) {
        let first = Pair::of_caller(&app.user("amber").await);
        let second = renew(&app, &first.refresh).await;
        app.anonymous().mutate("logout", json!({ "refreshToken": first.refresh }), "loggedOut").await;
        assert!(!is_live(&app, &second.access).await);
    }

    async fn a_logout_of_nobody_is_refused(app) {
        let nobody = app.anonymous();
        let query = "mutation { logout(input: {}) { loggedOut } }";
        assert_eq!(nobody.code(query, json!({})).await, "UNAUTHENTICATED");
        let strange = json!({ "refreshToken": format!("ttr_{}", "A".repeat(43)) });
        assert_eq!(nobody.refused("logout", strange).await, ["BAD_CREDENTIALS"]);
        assert_eq!(nobody.refused("logout", json!({ "refreshToken": "" })).await, ["BAD_CREDENTIALS"]);
    }

    async fn a_changed_password_is_the_only_one_that_logs_in(app) {
        let amber = Pair::of_caller(&app.user("amber").await);
        let changed = change_password(&app, &amber.access, PASSWORD, NEW_PASSWORD).await;
        assert_eq!(changed.payload()["errors"], json!([]));
        assert_eq!(exchange(&app, &[], LOGIN, login("amber", PASSWORD)).await.payload_code(), "BAD_CREDENTIALS");
        app.login("amber", NEW_PASSWORD).await;
    }

    async fn a_password_change_ends_the_other_sessions_at_once_and_renews_this_one(app) {
        let bruno = app.user("bruno").await;
        let here = Pair::of_caller(&app.user("amber").await);
        let elsewhere = Pair::of_caller(&app.login("amber", PASSWORD).await);
        assert!(is_live(&app, &elsewhere.access).await, "and this node believes so");
        let new = Pair::of(change_password(&app, &here.access, PASSWORD, NEW_PASSWORD).await.payload());
        assert!(!is_live(&app, &elsewhere.access).await);
        assert!(!is_live(&app, &here.access).await, "nor is this device's own token from before");
        assert_not_renewed(&app, &elsewhere.refresh).await;
        assert_not_renewed(&app, &here.refresh).await;
        assert!(is_live(&app, &new.access).await, "an old token, tried, does not end the new ones");
        assert!(is_live(&app, &renew(&app, &new.refresh).await.access).await);
        assert!(is_live(&app, bruno.token.as_deref().unwrap()).await);
    }

    async fn a_password_is_not_changed_without_the_current_one(app) {
        let amber = Pair::of_caller(&app.user("amber").await);
        let refused = change_password(&app, &amber.access, "some other phrase", NEW_PASSWORD).await;
        assert_eq!(*refused.payload(), json!({ "tokens": null, "errors": [{
            "code": "BAD_CREDENTIALS", "message": "This is not your current password.",
            "path": ["input", "currentPassword"] }] }));
        app.login("amber", PASSWORD).await;
        renew(&app, &amber.refresh).await;
    }

    async fn a_password_is_not_changed_to_a_weak_one_or_to_itself(app) {
        let amber = Pair::of_caller(&app.user("amber").await);
        for (new, reason) in [
            ("zk3!vq9", "A password needs at least 8 characters."),
            ("kumquat\0tree", "The text may not contain a NUL character."),
            ("sunshine1", "This password is too common."),
            ("amber@example.com", "This password is too common."),
            (PASSWORD, "The new password is the old one."),
        ] {
            let refused = change_password(&app, &amber.access, PASSWORD, new).await;
            let error = json!([{ "code": "WEAK_PASSWORD", "message": reason, "path": ["input", "newPassword"] }]);
            assert_eq!(*refused.payload(), json!({ "tokens": null, "errors": error }));
        }
        app.login("amber", PASSWORD).await;
    }

    async fn of_two_changes_at_the_same_moment_one_stands(app) {
        let (one, other) = ("the phrase of one", "the phrase of the other");
        for name in SEVERAL {
            let here = Pair::of_caller(&app.user(name).await);
            let there = Pair::of_caller(&app.login(name, PASSWORD).await);
            let (first, second) = tokio::join!(
                change_password(&app, &here.access, PASSWORD, one),
                change_password(&app, &there.access, PASSWORD, other),
            );
            let [first, second] =
                [first, second].map(|answer| answer.body["data"]["changePassword"]["tokens"].is_object());
            assert!(first != second, "both were told that it was changed, or neither");
            let (stands, fell) = if first { (one, other) } else { (other, one) };
            app.login(name, stands).await;
            assert_eq!(exchange(&app, &[], LOGIN, login(name, fell)).await.payload_code(), "BAD_CREDENTIALS");
        }
    }

    async fn a_change_does_not_undo_what_an_administrator_set_meanwhile(app) {
        let admin = app.admin("ada").await;
        let given = "what the administrator gave";
        for name in SEVERAL {
            let person = app.user(name).await;
            let access = Pair::of_caller(&person).access;
            let reset = json!({ "userId": person.id, "newPassword": given });
            tokio::join!(
                change_password(&app, &access, PASSWORD, NEW_PASSWORD),
                admin.mutate("resetPassword", reset, ""),
            );
            app.login(name, given).await;
            let login = exchange(&app, &[], LOGIN, login(name, NEW_PASSWORD)).await;
            assert_eq!(login.payload_code(), "BAD_CREDENTIALS");
        }
    }

    async fn nobody_changes_a_password_without_a_token(app) {
        app.user("amber").await;
        let input = json!({ "input": { "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD } });
        assert_eq!(app.anonymous().code(CHANGE, input).await, "UNAUTHENTICATED");
    }
}

/// Two nodes on one database.
async fn nodes() -> Option<(TestApp, TestApp)> {
    let db = Db::postgres()?;
    let secret = [("SECRET", "what two nodes share and nobody knows")];
    Some((TestApp::with(db.clone(), &secret).await, TestApp::with(db, &secret).await))
}

async fn assert_over_soon(app: &TestApp, access: &str) {
    let started = Instant::now();
    while is_live(app, access).await {
        assert!(started.elapsed() < OVER_WITHIN, "the session goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_session_that_ends_on_one_node_is_over_on_another_within_a_second() {
    let Some((near, far)) = nodes().await else { return };
    let amber = near.user("amber").await;
    let access = amber.token.clone().unwrap();
    assert!(is_live(&far, &access).await, "and that node believes so");
    amber.mutate("logout", json!({}), "loggedOut").await;
    assert_over_soon(&far, &access).await;
}

#[tokio::test]
async fn a_password_change_on_one_node_ends_the_other_sessions_on_another_within_a_second() {
    let Some((near, far)) = nodes().await else { return };
    let here = Pair::of_caller(&near.user("amber").await);
    let elsewhere = Pair::of_caller(&far.login("amber", PASSWORD).await);
    assert!(is_live(&far, &elsewhere.access).await, "and that node believes so");
    let new = Pair::of(change_password(&near, &here.access, PASSWORD, NEW_PASSWORD).await.payload());
    assert_over_soon(&far, &elsewhere.access).await;
    assert!(is_live(&far, &new.access).await);
}

#[tokio::test]
async fn a_refresh_token_reused_on_one_node_ends_its_family_on_another_within_a_second() {
    let Some((near, far)) = nodes().await else { return };
    let first = Pair::of_caller(&near.user("amber").await);
    let second = renew(&far, &first.refresh).await;
    assert!(is_live(&far, &second.access).await, "and that node believes so");
    near.pass(TimeDelta::seconds(11));
    assert_not_renewed(&near, &first.refresh).await;
    assert_over_soon(&far, &second.access).await;
}
