//! Profiles: who is listed, who makes accounts, and who changes them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{FORBIDDEN, Member, detail, people, person, sign_in};
use crate::dialects::support::{Body, Legacy};
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::{Db, TestApp};

const UNIQUE: &str = "This field must be unique.";
const REQUIRED: &str = "This field is required.";

/// The body that makes an account, with one field as given.
fn but(name: &str, field: &str, value: &str) -> Value {
    let mut body = person(name);
    body[field] = json!(value);
    body
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

on_both! {
    async fn an_account_is_shown_with_its_whole_name_and_a_picture(app) {
        let root = Member::admin(&app, "root").await;
        let reply = root.post("/profiles/", person("hazel")).await;
        let picture = format!("{}/media/avatar_files/default_img.png", app.base);
        let hazel = json!({
            "id": 2, "full_name": "Hazel Stone", "username": "hazel", "email": "hazel@example.com",
            "avatar_url": picture,
        });
        reply.is(201, &hazel);
        root.get("/profiles/2/").await.is(200, &hazel);
        // Without names the username stands for them.
        assert_eq!(root.get("/profiles/1/").await.body["full_name"], "root");
        let picture = app.http.get(&picture).send().await.unwrap();
        assert_eq!((picture.status().as_u16(), &picture.headers()["content-type"]), (200, &"image/png".parse().unwrap()));
        let bytes = picture.bytes().await.unwrap();
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82"));
        for path in ["/profiles/999/", "/profiles/abc/", "/profiles/-1/", "/profiles/99999999999999999999/"] {
            root.get(path).await.is(404, &detail("Not found."));
        }
    }

    async fn what_is_wrong_with_a_new_account_is_said_by_field(app) {
        let root = Member::admin(&app, "root").await;
        root.post("/profiles/", person("hazel")).await;
        let required = json!([REQUIRED]);
        root.post("/profiles/", json!({})).await.is(400, &json!({
            "username": required, "first_name": required, "last_name": required, "email": required,
            "password": required,
        }));
        let too_long = "x".repeat(33);
        for (body, field, text) in [
            (but("hazel", "email", "z@example.com"), "username", UNIQUE),
            (but("HAZEL", "email", "z@example.com"), "username", UNIQUE),
            (but("rowan", "email", "hazel@example.com"), "email", UNIQUE),
            (but("rowan", "email", "nope"), "email", "Enter a valid email address."),
            (but("rowan", "password", "12345"), "password", "Ensure this field has at least 6 characters."),
            (but("rowan", "username", &too_long), "username", "Ensure this field has no more than 32 characters."),
            (but("rowan", "username", "a\tb"), "username", "Enter a valid username. This value may contain only \
                letters, numbers, and @/./+/-/_ characters."),
            (but("rowan", "first_name", " "), "first_name", "This field may not be blank."),
            // The one floor of the whole server, above that of the original.
            (but("rowan", "password", "plum-9"), "password",
                "This password is too short. It must contain at least 8 characters."),
            (but("rowan", "password", "password1"), "password", "This password is too common."),
        ] {
            root.post("/profiles/", body).await.is(400, &json!({ field: [text] }));
        }
        // Any character that can be seen may be in a name, and a form will do.
        let fields = ["first_name", "last_name", "email", "password"];
        let odd = person("oak");
        let mut form: Vec<_> =
            fields.into_iter().map(|name| (name, odd[name].as_str().unwrap().to_owned())).collect();
        form.push(("username", "o k!".to_owned()));
        let reply = root.call(Method::POST, "/profiles/", Body::Form(form)).await;
        assert_eq!((reply.status, &reply.body["username"]), (201, &json!("o k!")), "{}", reply.text);
        assert_eq!(sign_in(&app, "o k!", PASSWORD).await.status, 200);
    }

    async fn everyone_else_is_listed_and_found_by_parts_of_names_and_addresses(app) {
        let (_, hazel, ..) = people(&app).await;
        let path = "/profiles/get_available_users/";
        for (query, expected) in [
            ("", &["root", "rowan", "cedar"][..]),
            ("?limit=1", &["root", "rowan", "cedar"]),
            ("?full_name=ROW", &["rowan"]),
            ("?full_name=sto", &["rowan", "cedar"]),
            ("?full_name=", &["root", "rowan", "cedar"]),
            ("?full_name=%25", &[]),
            ("?email=cedar@", &["cedar"]),
            ("?full_name=row&email=cedar", &[]),
        ] {
            let reply = hazel.get(&format!("{path}{query}")).await;
            assert_eq!((reply.status, names(&reply.body)), (200, expected.to_vec()), "{query}");
        }
        let nul = hazel.get(&format!("{path}?full_name=%00")).await;
        nul.is(400, &json!({ "full_name": ["Null characters are not allowed."] }));
        let long = hazel.get(&format!("{path}?email={}", "e".repeat(300))).await;
        assert_eq!((long.status, long.body["email"].is_array()), (400, true));
        let posted = hazel.post(path, json!({})).await;
        posted.is(405, &detail("Method \"POST\" not allowed."));
        assert_eq!(posted.header("allow"), "GET, HEAD, OPTIONS");
    }

    async fn the_list_is_cut_by_limit_and_offset(app) {
        let (_, hazel, ..) = people(&app).await;
        let whole = hazel.get("/profiles/").await.body;
        assert_eq!(names(&whole["results"]), ["root", "hazel", "rowan", "cedar"]);
        assert_eq!((&whole["count"], &whole["next"], &whole["previous"]), (&json!(4), &json!(null), &json!(null)));
        let path = format!("{}/api/v1/profiles/", app.base);
        let piece = hazel.get("/profiles/?limit=2&offset=1").await.body;
        assert_eq!(names(&piece["results"]), ["hazel", "rowan"]);
        assert_eq!(piece["next"], format!("{path}?limit=2&offset=3"));
        assert_eq!(piece["previous"], format!("{path}?limit=2"));
        for odd in ["?limit=x", "?limit=0", "?limit=-1", "?offset=-1", "?limit=99999999999999999999999"] {
            assert_eq!(names(&hazel.get(&format!("/profiles/{odd}")).await.body["results"]).len(), 4, "{odd}");
        }
        let behind = hazel.get("/profiles/?offset=99999999999").await.body;
        assert_eq!((&behind["count"], &behind["results"]), (&json!(4), &json!([])));
    }

    async fn an_account_is_changed_by_its_owner_and_by_administrators(app) {
        let (root, hazel, rowan, _) = people(&app).await;
        let own = format!("/profiles/{}/", hazel.id);
        assert_eq!(hazel.patch(&own, json!({ "first_name": "Hazelnut" })).await.body["full_name"], "Hazelnut Stone");
        assert_eq!(root.patch(&own, json!({ "last_name": "Shell" })).await.body["full_name"], "Hazelnut Shell");
        let others = rowan.patch(&own, json!({ "first_name": "Mine" })).await;
        others.is(403, &detail(FORBIDDEN));
        rowan.put(&own, person("hazel")).await.is(403, &detail(FORBIDDEN));
        rowan.delete(&own).await.is(403, &detail(FORBIDDEN));
        rowan.patch("/profiles/999/", json!({})).await.is(404, &detail("Not found."));
        assert_eq!(root.get(&own).await.body["full_name"], "Hazelnut Shell");
        let required = json!([REQUIRED]);
        hazel.put(&own, json!({ "username": "hazel" })).await.is(400, &json!({
            "first_name": required, "last_name": required, "email": required, "password": required,
        }));
        hazel.patch(&own, json!({ "username": "rowan" })).await.is(400, &json!({ "username": [UNIQUE] }));
        hazel.patch(&own, json!({ "email": "rowan@example.com" })).await.is(400, &json!({ "email": [UNIQUE] }));
        hazel.patch(&own, json!({ "username": "h z!" })).await.is(200, &root.get(&own).await.body);
        // All of it again, with the password that it has, changes what differs.
        let body = but("hazel", "username", "h z!");
        assert_eq!(hazel.put(&own, body).await.body["full_name"], "Hazel Stone");
        assert_eq!(hazel.get(&own).await.status, 200);
    }

    async fn who_changes_their_password_shows_the_one_they_have(app) {
        let (_, hazel, rowan, _) = people(&app).await;
        let own = format!("/profiles/{}/", hazel.id);
        let new = "quince-and-plum-7";
        let asked = hazel.patch(&own, json!({ "password": new, "first_name": "Not" })).await;
        asked.is(400, &json!({ "current_password": [REQUIRED] }));
        let wrong = hazel.patch(&own, json!({ "password": new, "current_password": "nope", "first_name": "Not" })).await;
        assert_eq!((wrong.status, wrong.body["current_password"].is_array()), (400, true));
        let weak = hazel.patch(&own, json!({ "password": "password1", "current_password": PASSWORD })).await;
        weak.is(400, &json!({ "password": ["This password is too common."] }));
        // A name that is taken leaves the password as it was.
        let taken = json!({ "username": "rowan", "password": new, "current_password": PASSWORD });
        hazel.patch(&own, taken).await.is(400, &json!({ "username": [UNIQUE] }));
        assert_eq!(hazel.get(&own).await.body["full_name"], "Hazel Stone");
        let others = rowan.patch(&own, json!({ "password": new, "current_password": PASSWORD })).await;
        others.is(403, &detail(FORBIDDEN));
        let changed = hazel.patch(&own, json!({ "password": new, "current_password": PASSWORD })).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        // Every token from before is over.
        assert_eq!(hazel.get(&own).await.status, 403);
        let renewed = Legacy::of(&app).post("/api/v1/refresh_token/", json!({ "refresh": hazel.refresh })).await;
        assert_eq!(renewed.status, 401);
        assert_eq!(sign_in(&app, "hazel", PASSWORD).await.status, 401);
        assert_eq!(sign_in(&app, "hazel", new).await.status, 200);
    }

    async fn an_administrator_gives_others_a_password_and_shows_their_own_for_themselves(app) {
        let (root, hazel, ..) = people(&app).await;
        let new = json!({ "password": "quince-and-plum-7" });
        let reply = root.patch(&format!("/profiles/{}/", hazel.id), new.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(hazel.get("/profiles/").await.status, 403);
        assert_eq!(sign_in(&app, "hazel", "quince-and-plum-7").await.status, 200);
        let own = root.patch(&format!("/profiles/{}/", root.id), new).await;
        own.is(400, &json!({ "current_password": [REQUIRED] }));
    }

    async fn an_account_is_removed_by_its_owner_and_by_administrators(app) {
        let (root, hazel, rowan, cedar) = people(&app).await;
        hazel.tell(&rowan, "so long").await;
        assert_eq!(hazel.delete(&format!("/profiles/{}/", hazel.id)).await.status, 204);
        assert_eq!(root.delete(&format!("/profiles/{}/", cedar.id)).await.status, 204);
        for gone in [hazel.id, cedar.id] {
            rowan.get(&format!("/profiles/{gone}/")).await.is(404, &detail("Not found."));
        }
        assert_eq!(sign_in(&app, "hazel", PASSWORD).await.status, 401);
        // What was said stays, without a sender.
        let left = rowan.get("/messages/").await.body["results"][0].clone();
        assert_eq!((&left["sender"], &left["content"]), (&json!(null), &json!("so long")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_made_by_people_while_sign_ups_are_open_and_else_by_administrators() {
    let app = TestApp::with(Db::Sqlite, &[("SIGNUP", "false")]).await;
    let root = Member::admin(&app, "root").await;
    let hazel = Member::join(&app, &root, "hazel").await;
    hazel.post("/profiles/", person("rowan")).await.is(403, &detail(FORBIDDEN));
    let app = TestApp::start(Db::Sqlite).await;
    let (_, hazel, ..) = people(&app).await;
    assert_eq!(hazel.post("/profiles/", person("oak")).await.status, 201);
    let anyone = Legacy::of(&app).post("/api/v1/profiles/", person("elm")).await;
    anyone.is(403, &detail("Authentication credentials were not provided."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_makes_many_accounts_has_to_wait_unless_an_administrator() {
    let settings = [("RATE_LIMITS", "on"), ("LIMITS_SIGNUP_PER_ADDRESS_PER_HOUR", "1")];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let root = Member::admin(&app, "root").await;
    let hazel = Member::join(&app, &root, "hazel").await;
    assert_eq!(root.post("/profiles/", person("rowan")).await.status, 201);
    assert_eq!(hazel.post("/profiles/", person("oak")).await.status, 201);
    let refused = hazel.post("/profiles/", person("elm")).await;
    assert_eq!((refused.status, refused.header("retry-after").is_empty()), (429, false), "{}", refused.text);
}
