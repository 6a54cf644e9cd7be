//! Sign-up, log-in, tokens, the list of people, and one's own account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Member, PASSWORD, V1, log_in, parts, person};
use crate::dialects::support::{Body, Legacy, Part};
use crate::on_both;
use crate::support::TestApp;

const REQUIRED: &str = "This field is required.";
const BLANK: &str = "This field may not be blank.";

fn changed(name: &str, field: &str, value: Value) -> Value {
    let mut body = person(name);
    body[field] = value;
    body
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

on_both! {
    async fn a_sign_up_makes_an_account_and_a_room_of_its_own(app) {
        let rest = Legacy::of(&app);
        let reply = rest.post("/api/v1/signup", person("hazel")).await;
        let short = reply.body["userId"].as_str().unwrap_or_default().to_owned();
        reply.is(201, &json!({ "id": 1, "userId": short, "message": "User registered successfully" }));
        assert_eq!(short.len(), 22);
        let mut form = parts(&person("rowan"));
        form.push(Part::Field("extra", "ignored".to_owned()));
        let reply = rest.send("/api/v1/signup", Body::Multipart(form)).await;
        assert_eq!((reply.status, &reply.body["id"]), (201, &json!(2)), "{}", reply.text);
        let fields = person("linden");
        let fields = ["first_name", "last_name", "username", "email", "password", "passwordTwo"]
            .map(|name| (name, fields[name].as_str().unwrap().to_owned()));
        let reply = rest.send("/api/v1/signup", Body::Form(fields.to_vec())).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let hazel = Member::enter(&app, "hazel", 1).await;
        assert_eq!(hazel.short, short);
        let rooms = hazel.get("/chats").await.body;
        assert_eq!(rooms.as_array().unwrap().len(), 1);
        let own = json!([{ "id": 1, "image": null, "first_name": "Hazel", "last_name": "Reed" }]);
        assert_eq!(
            (&rooms[0]["type"], &rooms[0]["name"], &rooms[0]["member"]),
            (&json!("SELF"), &json!("HazelReed"), &own)
        );
    }

    async fn a_sign_up_says_all_that_is_wrong_field_by_field(app) {
        Member::join(&app, "hazel").await;
        let rest = Legacy::of(&app);
        let fields = ["first_name", "last_name", "username", "email", "password", "passwordTwo"];
        let all = |text: &str| Value::from_iter(fields.map(|field| (field.to_owned(), json!([text]))));
        let null = Value::from_iter(fields.map(|field| (field.to_owned(), Value::Null)));
        let blank = Value::from_iter(fields.map(|field| (field.to_owned(), json!(" "))));
        let taken = "A user with that username already exists.";
        let cases = [
            (json!({}), all(REQUIRED)),
            (null, all("This field may not be null.")),
            (
                blank,
                json!({ "username": [BLANK], "email": [BLANK], "password": [BLANK], "passwordTwo": [BLANK] }),
            ),
            (changed("hazel", "email", json!("else@example.com")), json!({ "username": [taken] })),
            (changed("hazel", "username", json!("else")), json!({ "email": ["This field must be unique."] })),
            (person("hazel"), json!({ "username": [taken], "email": ["This field must be unique."] })),
            (
                changed("oak", "passwordTwo", json!("plum-and-quince-8")),
                json!({ "password": ["Password fields didn't match."] }),
            ),
            // Where a field is wrong by itself, the two are not compared.
            (changed("hazel", "passwordTwo", json!("another one of mine")), person_taken(taken)),
            (changed("oak", "email", json!("oak")), json!({ "email": ["Enter a valid email address."] })),
            (
                changed("oak", "username", json!("o a!k")),
                json!({ "username": ["Enter a valid username. This value may contain only letters, numbers, \
                    and @/./+/-/_ characters."] }),
            ),
            (
                changed("oak", "username", json!("o".repeat(151))),
                json!({ "username": ["Ensure this field has no more than 150 characters."] }),
            ),
            (
                changed("oak", "image", json!("picture.png")),
                json!({ "image": ["The submitted data was not a file. Check the encoding type on the form."] }),
            ),
        ];
        for (body, expected) in cases {
            rest.post("/api/v1/signup", body).await.is(400, &expected);
        }
        let weak = |password: &str| {
            let mut body = changed("oak", "password", json!(password));
            body["passwordTwo"] = json!(password);
            body
        };
        let short = "This password is too short. It must contain at least 8 characters.";
        let common = "This password is too common.";
        for (password, texts) in [
            ("qwerty", vec![short]),
            ("password123", vec![common]),
            ("904817263548", vec!["This password is entirely numeric."]),
        ] {
            let reply = rest.post("/api/v1/signup", weak(password)).await;
            assert_eq!(reply.status, 400, "{password}");
            let said = reply.body["password"].as_array().unwrap();
            assert!(texts.iter().all(|text| said.contains(&json!(text))), "{password}: {said:?}");
        }
        assert_eq!(rest.post("/api/v1/signup", person("oak")).await.status, 201);
    }

    async fn bodies_and_methods_that_do_not_fit_are_refused_in_the_frameworks_words(app) {
        let rest = Legacy::of(&app);
        for path in ["/api/v1/signup", "/api/v1/login"] {
            let raw = |media, text: &str| Body::Raw(media, text.to_owned());
            let reply = rest.send(path, raw("application/json", "{\"username\": ")).await;
            assert_eq!(reply.status, 400);
            assert!(reply.body["detail"].as_str().unwrap().starts_with("JSON parse error - "), "{}", reply.text);
            let text = "Invalid data. Expected a dictionary, but got list.";
            rest.send(path, raw("application/json", "[1]")).await.is(400, &json!({ "non_field_errors": [text] }));
            let text = "Unsupported media type \"text/plain\" in request.";
            rest.send(path, raw("text/plain", "hello")).await.is(415, &json!({ "detail": text }));
            let reply = rest.get(path).await;
            reply.is(405, &json!({ "detail": "Method \"GET\" not allowed." }));
            assert_eq!(reply.header("allow"), "POST, OPTIONS");
            assert_eq!(reply.header("content-type"), "application/json");
            assert_eq!(rest.call(Method::OPTIONS, path, Body::None).await.status, 200);
        }
        let text = "Could not satisfy the request Accept header.";
        rest.with("accept", "application/xml").get("/api/v1/users").await.is(406, &json!({ "detail": text }));
        for gone in ["/api/v1/logout", "/api/v1/token/refresh", "/api/v1/guest/auth", "/api/v1/chats/support/"] {
            assert_eq!(rest.post(gone, json!({})).await.status, 404, "{gone}");
        }
    }

    async fn a_log_in_takes_the_username_or_the_address(app) {
        let hazel = Member::join(&app, "hazel").await;
        let rest = Legacy::of(&app);
        for name in ["hazel", "hazel@example.com"] {
            let reply = log_in(&app, name, PASSWORD).await;
            assert_eq!((reply.status, &reply.body["userId"]), (200, &json!(hazel.short)));
            let keys: Vec<&String> = reply.body.as_object().unwrap().keys().collect();
            assert_eq!(keys.len(), 3);
            let at = |key| reply.text.find(key).unwrap();
            assert!(at("\"refresh\"") < at("\"access\"") && at("\"access\"") < at("\"userId\""));
        }
        let form = Body::Form(vec![("username", "hazel".to_owned()), ("password", PASSWORD.to_owned())]);
        assert_eq!(rest.send("/api/v1/login", form).await.status, 200);
        let wrong = json!({ "non_field_errors": ["Invalid credentials."] });
        for (name, password) in
            [("hazel", "wrong"), ("nobody", PASSWORD), ("nobody@example.com", PASSWORD), ("hazel@", PASSWORD)]
        {
            log_in(&app, name, password).await.is(400, &wrong);
        }
        let missing = json!({ "username": [REQUIRED], "password": [REQUIRED] });
        rest.post("/api/v1/login", json!({})).await.is(400, &missing);
        log_in(&app, "", "").await.is(400, &json!({ "username": [BLANK], "password": [BLANK] }));
        let body = json!({ "email": "hazel@example.com", "password": PASSWORD });
        rest.post("/api/v1/login", body).await.is(400, &json!({ "username": [REQUIRED] }));
        // A bad header does not stand in the way.
        let body = json!({ "username": "hazel", "password": PASSWORD });
        assert_eq!(rest.authorized("Bearer garbage").post("/api/v1/login", body).await.status, 200);
    }

    async fn tokens_last_a_day_and_name_the_person_twice(app) {
        let hazel = Member::join(&app, "hazel").await;
        for (token, kind) in [(&hazel.access, "access"), (&hazel.refresh, "refresh")] {
            let claims = claims(token);
            assert_eq!(claims["token_type"], kind);
            assert_eq!((&claims["user_id"], &claims["userId"]), (&json!("1"), &json!(1)));
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
            assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
        }
    }

    async fn what_is_no_good_token_is_refused_and_says_why(app) {
        let hazel = Member::join(&app, "hazel").await;
        let rest = Legacy::of(&app);
        let none = json!({ "detail": "Authentication credentials were not provided." });
        let odd = json!({ "detail": "Authorization header must contain two space-delimited values",
            "code": "bad_authorization_header" });
        let bad = |message: &str| json!({
            "detail": "Given token not valid for any token type",
            "code": "token_not_valid",
            "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": message }],
        });
        let signature = hazel.access.rfind('.').unwrap();
        let forged = format!("Bearer {}.{}", &hazel.access[..signature], "A".repeat(86));
        let cases = [
            (format!("Token {}", hazel.access), none.clone()),
            (format!("bearer {}", hazel.access), none.clone()),
            ("Bearer".to_owned(), odd.clone()),
            ("Bearer a b".to_owned(), odd),
            ("Bearer garbage".to_owned(), bad("Token is invalid")),
            (forged, bad("Token is invalid")),
            (format!("Bearer {}", hazel.refresh), bad("Token has wrong type")),
        ];
        let reply = rest.get("/api/v1/users").await;
        reply.is(401, &none);
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        for (header, body) in cases {
            for path in ["/users", "/chats", "/user/chats", "/profile", "/chats/messages"] {
                let reply = rest.authorized(&header).get(&format!("{V1}{path}")).await;
                reply.is(401, &body);
                assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"", "{header}");
            }
        }
        assert_eq!(hazel.get("/users").await.status, 200);
        app.pass(TimeDelta::days(1) + TimeDelta::seconds(10));
        hazel.get("/users").await.is(401, &bad("Token is expired"));
    }

    async fn people_are_listed_by_first_name_and_cut_only_where_a_limit_is_given(app) {
        let walnut = Member::join(&app, "walnut").await;
        for name in ["hazel", "cedar", "rowan"] {
            Member::join(&app, name).await;
        }
        let names = |list: &Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|item| item["first_name"].as_str().unwrap().to_owned()).collect()
        };
        let all = ["Cedar", "Hazel", "Rowan", "Walnut"];
        for query in ["", "?limit=0", "?limit=abc", "?limit=-1", "?offset=2", "?exclude="] {
            assert_eq!(names(&walnut.get(&format!("/users{query}")).await.body), all, "{query}");
        }
        let first = walnut.get("/users").await.body[0].clone();
        assert_eq!(first, json!({ "id": 3, "image": null, "first_name": "Cedar", "last_name": "Reed" }));
        let base = format!("{}/api/v1/users", app.base);
        for (query, shown, next, previous) in [
            ("limit=2", &all[..2], Some("limit=2&offset=2"), None),
            ("limit=2&offset=abc", &all[..2], Some("limit=2&offset=2"), None),
            ("format=json&limit=1", &all[..1], Some("format=json&limit=1&offset=1"), None),
            ("limit=2&offset=2", &all[2..], None, Some("limit=2")),
            ("limit=1&offset=3", &all[3..], None, Some("limit=1&offset=2")),
            ("limit=2&offset=90", &[], None, Some("limit=2&offset=88")),
            ("limit=99", &all[..], None, None),
        ] {
            let reply = walnut.get(&format!("/users?{query}")).await.body;
            assert_eq!(names(&reply["results"]), shown, "{query}");
            assert_eq!(reply["count"], 4, "{query}");
            let link = |query: Option<&str>| query.map_or(Value::Null, |query| json!(format!("{base}?{query}")));
            assert_eq!((&reply["next"], &reply["previous"]), (&link(next), &link(previous)), "{query}");
        }
        assert_eq!(names(&walnut.get("/users?exclude=1,3,77").await.body), ["Hazel", "Rowan"]);
        assert_eq!(walnut.get("/users?exclude=1&limit=9").await.body["count"], 3);
        assert_eq!(walnut.get("/users?exclude=1,x").await.body, json!([]));
        let empty = json!({ "count": 0, "next": null, "previous": null, "results": [] });
        assert_eq!(walnut.get("/users?exclude=x&limit=5").await.body, empty);
        assert_eq!(names(&walnut.get("/users?search=AZE").await.body), ["Hazel"]);
        assert_eq!(names(&walnut.get("/users?search=%20").await.body), all);
        // What nobody sees, nobody finds.
        assert_eq!(walnut.get("/users?search=hazel@example").await.body, json!([]));
        walnut.post("/users", json!({})).await.is(405, &json!({ "detail": "Method \"POST\" not allowed." }));
        assert_eq!(walnut.get("/users/").await.status, 200);
    }

    async fn its_own_web_client_may_call_from_where_it_is_worked_on(app) {
        let hazel = Member::join(&app, "hazel").await;
        let rest = Legacy::of(&app).with("access-control-request-method", "POST");
        for (origin, admitted) in [
            ("http://localhost:4200", true),
            ("https://localhost:4200", true),
            ("http://localhost:4201", false),
            ("http://evil.example", false),
        ] {
            let expected = if admitted { origin } else { "" };
            let preflight =
                rest.with("origin", origin).call(Method::OPTIONS, "/api/v1/login", Body::None).await;
            assert_eq!((preflight.status, preflight.text.as_str()), (200, ""), "{origin}");
            assert_eq!(preflight.header("access-control-allow-origin"), expected);
            assert_eq!(preflight.header("access-control-allow-methods").contains("POST"), admitted);
            assert_eq!(preflight.header("access-control-allow-headers").contains("authorization"), admitted);
            let reply = hazel.rest.with("origin", origin).get("/api/v1/users").await;
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, expected));
            assert_eq!(reply.header("access-control-allow-credentials"), "");
            assert!(reply.headers.get_all("vary").iter().any(|value| value == "origin"));
        }
        let other = Legacy::of(&app).with("origin", "http://localhost:4200").get("/userauth/users/").await;
        assert_eq!(other.header("access-control-allow-origin"), "");
    }

    async fn a_profile_is_read_and_changed_by_forms(app) {
        let hazel = Member::join(&app, "hazel").await;
        Member::join(&app, "rowan").await;
        let own = |email: &str, first: &str| json!({ "username": "hazel", "email": email, "first_name": first,
            "last_name": "Reed", "image": null });
        hazel.get("/profile").await.is(200, &own("hazel@example.com", "Hazel"));
        let path = "/api/v1/profile";
        let form = Body::Form(vec![("first_name", "Filbert".to_owned()), ("username", "other".to_owned())]);
        hazel.rest.call(Method::PATCH, path, form).await.is(200, &own("hazel@example.com", "Filbert"));
        let form = Body::Multipart(vec![Part::Field("email", "nut@example.com".to_owned())]);
        hazel.rest.call(Method::PUT, path, form).await.is(200, &own("nut@example.com", "Filbert"));
        let form = |email: &str| Body::Form(vec![("email", email.to_owned())]);
        let taken = json!({ "email": ["Email existing currently!"] });
        hazel.rest.call(Method::PATCH, path, form("rowan@example.com")).await.is(400, &taken);
        let odd = json!({ "email": ["Enter a valid email address."] });
        hazel.rest.call(Method::PATCH, path, form("nut")).await.is(400, &odd);
        let text = "Unsupported media type \"application/json\" in request.";
        let json_body = Body::Json(json!({ "first_name": "Almond" }));
        hazel.rest.call(Method::PATCH, path, json_body).await.is(415, &json!({ "detail": text }));
        assert_eq!(Legacy::of(&app).call(Method::PATCH, path, form("x@example.com")).await.status, 401);
    }

    async fn a_password_is_changed_by_whoever_knows_it_and_other_sessions_end(app) {
        let hazel = Member::join(&app, "hazel").await;
        let other = Member::enter(&app, "hazel", hazel.id).await;
        let change = |current: &str, new: &str, again: &str| {
            json!({ "current_password": current, "new_password": new, "confirm_new_password": again })
        };
        let new = "figs-and-medlars-3";
        let wrong = json!({ "current_password": ["The password is incorrect from server!"] });
        hazel.post("/change-password", change("wrong", new, new)).await.is(400, &wrong);
        let differ = json!({ "confirm_new_password": ["The password doesn't match."] });
        hazel.post("/change-password", change(PASSWORD, new, "another")).await.is(400, &differ);
        let reply = hazel.post("/change-password", change(PASSWORD, "short", "short")).await;
        assert_eq!((reply.status, reply.body["new_password"].is_array()), (400, true), "{}", reply.text);
        let missing = json!({ "current_password": [REQUIRED], "new_password": [REQUIRED],
            "confirm_new_password": [REQUIRED] });
        hazel.post("/change-password", json!({})).await.is(400, &missing);
        let done = json!({ "message": "Password were updated successfully!" });
        hazel.post("/change-password", change(PASSWORD, new, new)).await.is(200, &done);
        assert_eq!(hazel.get("/profile").await.status, 200);
        assert_eq!(other.get("/profile").await.status, 401);
        assert_eq!(log_in(&app, "hazel", PASSWORD).await.status, 400);
        assert_eq!(log_in(&app, "hazel", new).await.status, 200);
    }
}

fn person_taken(text: &str) -> Value {
    json!({ "username": [text], "email": ["This field must be unique."] })
}

on_both!(where_origins_are_configured_those_alone_may_call, async |db: Db| {
    let app = TestApp::with(db, &[("ALLOWED_ORIGINS", "https://chat.example")]).await;
    let hazel = Member::join(&app, "hazel").await;
    for (origin, expected) in
        [("https://chat.example", "https://chat.example"), ("http://localhost:4200", "")]
    {
        let reply = hazel.rest.with("origin", origin).get("/api/v1/users").await;
        assert_eq!(reply.header("access-control-allow-origin"), expected);
    }
});
