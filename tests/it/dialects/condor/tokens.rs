//! Tokens: getting, renewing, and what is said of bad ones.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Member, claims, detail, people, sign_in};
use crate::dialects::support::{Body, Legacy};
use crate::on_both;
use crate::support::app::PASSWORD;

const LIST: &str = "/api/v1/profiles/get_available_users/";

fn not_valid(message: &str) -> Value {
    json!({
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": message }],
    })
}

fn not_renewed(text: &str) -> Value {
    json!({ "detail": text, "code": "token_not_valid" })
}

on_both! {
    async fn tokens_last_ten_minutes_and_a_day_and_the_second_is_good_again_and_again(app) {
        let root = Member::admin(&app, "root").await;
        let reply = sign_in(&app, "root", PASSWORD).await;
        let now = 1_800_000_000;
        for (name, seconds) in [("access", 600), ("refresh", 86_400)] {
            let claims = claims(reply.body[name].as_str().unwrap());
            assert_eq!((&claims["token_type"], &claims["user_id"]), (&json!(name), &json!(root.id)));
            assert_eq!(claims["exp"], now + seconds);
            let id = claims["jti"].as_str().unwrap();
            assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
        let stranger = Legacy::of(&app);
        let renew = || stranger.post("/api/v1/refresh_token/", json!({ "refresh": root.refresh }));
        for _ in 0..2 {
            let renewed = renew().await;
            assert_eq!(renewed.status, 200, "{}", renewed.text);
            assert_eq!(renewed.body.as_object().unwrap().len(), 1);
        }
        app.pass(TimeDelta::seconds(606));
        root.get("/profiles/").await.is(403, &not_valid("Token is invalid or expired"));
        let access = renew().await.body["access"].as_str().unwrap().to_owned();
        assert_eq!(Legacy::of(&app).authorized(&format!("Bearer {access}")).get(LIST).await.status, 200);
        app.pass(TimeDelta::days(1));
        renew().await.is(401, &not_renewed("Token is invalid or expired"));
    }

    async fn a_sign_in_is_by_username_and_its_refusals_are_as_ever(app) {
        Member::admin(&app, "root").await;
        for (name, password) in [("root", "nope"), ("ghost", PASSWORD), ("root@example.com", PASSWORD)] {
            let reply = sign_in(&app, name, password).await;
            reply.is(401, &detail("No active account found with the given credentials"));
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        }
        let anyone = Legacy::of(&app);
        let required = json!(["This field is required."]);
        let blank = json!(["This field may not be blank."]);
        let path = "/api/v1/access_token/";
        anyone.post(path, json!({})).await.is(400, &json!({ "username": required, "password": required }));
        sign_in(&app, "", "").await.is(400, &json!({ "username": blank, "password": blank }));
        let broken = anyone.send(path, Body::Raw("application/json", "{".to_owned())).await;
        assert_eq!(broken.status, 400);
        assert!(broken.body["detail"].as_str().unwrap().starts_with("JSON parse error - "));
        let plain = anyone.send(path, Body::Raw("text/plain", "x".to_owned())).await;
        plain.is(415, &detail("Unsupported media type \"text/plain\" in request."));
        let got = anyone.get(path).await;
        got.is(405, &detail("Method \"GET\" not allowed."));
        assert_eq!(got.header("allow"), "POST, OPTIONS");
        // A form will do, without the slash, and a bad token in the header is not looked at.
        let form = Body::Form(vec![("username", "root".to_owned()), ("password", PASSWORD.to_owned())]);
        let reply = anyone.authorized("Bearer rubbish").send("/api/v1/access_token", form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    async fn a_refresh_token_that_is_not_good_is_told_apart(app) {
        let root = Member::admin(&app, "root").await;
        let renew = |body: Value| {
            let anyone = Legacy::of(&app);
            async move { anyone.post("/api/v1/refresh_token/", body).await }
        };
        let reply = renew(json!({ "refresh": "rubbish" })).await;
        reply.is(401, &not_renewed("Token is invalid or expired"));
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        renew(json!({ "refresh": root.access })).await.is(401, &not_renewed("Token has wrong type"));
        renew(json!({})).await.is(400, &json!({ "refresh": ["This field is required."] }));
        renew(json!({ "refresh": "" })).await.is(400, &json!({ "refresh": ["This field may not be blank."] }));
    }

    async fn whatever_is_wrong_with_a_credential_is_403_without_a_challenge(app) {
        let (root, hazel, ..) = people(&app).await;
        let anyone = Legacy::of(&app);
        let invalid = not_valid("Token is invalid or expired");
        let none = detail("Authentication credentials were not provided.");
        let two = json!({
            "detail": "Authorization header must contain two space-delimited values",
            "code": "bad_authorization_header",
        });
        for (header, body) in [
            (None, &none),
            (Some("Basic cm9vdDpyb290".to_owned()), &none),
            (Some(format!("Token {}", hazel.access)), &none),
            (Some(format!("bearer {}", hazel.access)), &none),
            (Some("Bearer rubbish".to_owned()), &invalid),
            (Some(format!("Bearer {}", hazel.refresh)), &not_valid("Token has wrong type")),
            (Some("Bearer a b".to_owned()), &two),
            (Some("Bearer".to_owned()), &two),
        ] {
            let caller = header.as_deref().map_or(anyone.clone(), |header| anyone.authorized(header));
            for reply in [caller.get(LIST).await, caller.post("/api/v1/rooms/", json!({})).await] {
                reply.is(403, body);
                assert_eq!(reply.header("www-authenticate"), "", "{header:?}");
            }
        }
        assert_eq!(root.delete(&format!("/profiles/{}/", hazel.id)).await.status, 204);
        hazel.get("/profiles/").await.is(403, &json!({ "detail": "User not found", "code": "user_not_found" }));
        let renewed = anyone.post("/api/v1/refresh_token/", json!({ "refresh": hazel.refresh })).await;
        assert_eq!((renewed.status, &renewed.body["code"]), (401, &json!("token_not_valid")));
    }

    async fn a_token_of_any_door_opens_this_one_and_the_reverse(app) {
        let root = Member::admin(&app, "root").await;
        let caller = app.login("root", PASSWORD).await;
        let header = format!("Bearer {}", caller.token.as_deref().unwrap());
        assert_eq!(Legacy::of(&app).authorized(&header).get(LIST).await.status, 200);
        let there = crate::support::Caller { token: Some(root.access.clone()), ..caller };
        assert_eq!(there.ask("{ viewer { username } }", json!({})).await["viewer"]["username"], "root");
    }

    async fn paths_work_in_both_forms_and_under_the_prefix(app) {
        let root = Member::admin(&app, "root").await;
        for path in ["/profiles", "/profiles/", "/profiles/1", "/profiles/get_available_users"] {
            assert_eq!(root.get(path).await.status, 200, "{path}");
            let reply = root.rest.under("/compat/condor").get(&format!("/api/v1{path}")).await;
            assert_eq!(reply.status, 200, "{path}");
        }
        let options = root.call(Method::OPTIONS, "/rooms/", Body::None).await;
        assert_eq!((options.status, options.header("allow")), (200, "GET, POST, HEAD, OPTIONS"));
    }
}
