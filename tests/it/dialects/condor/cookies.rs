//! The session's cookie and the pages that give it, and the pictures that people show.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Member, contents, detail, people};
use crate::dialects::support::{Body, Legacy, Part, Reply};
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::{Db, TestApp};

const NONE: &str = "Authentication credentials were not provided.";

/// A picture of three pixels by two.
const PIXELS: &[u8] =
    b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x02\x00\
    \x00\x00\x12\x16\xf1M\x00\x00\x00\x10IDATx\xdacph8\x00A\x0cp\x16\x00W\x14\x09\x01\xbb{\x8d\
    \xbc\x00\x00\x00\x00IEND\xaeB`\x82";

async fn log_in(app: &TestApp, name: &str, password: &str) -> Reply {
    let form = vec![("username", name.to_owned()), ("password", password.to_owned())];
    Legacy::of(app).send("/accounts/login/", Body::Form(form)).await
}

/// The value of a cookie that an answer sets, and all that is said of it.
fn cookie(reply: &Reply, name: &str) -> Option<(String, String)> {
    let lines = reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let line = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).next_back()?;
    let (value, about) = line.split_once(';').unwrap();
    Some((value.trim_matches('"').to_owned(), about.to_owned()))
}

/// Someone with the two cookies of a sign-in, and their guard's value.
async fn browser(app: &TestApp, name: &str) -> (Legacy, String, String) {
    let reply = log_in(app, name, PASSWORD).await;
    let (session, guard) = (cookie(&reply, "sessionid").unwrap().0, cookie(&reply, "csrftoken").unwrap().0);
    (Legacy::of(app).with("cookie", &format!("sessionid={session}; csrftoken={guard}")), session, guard)
}

fn picture(name: &'static str, bytes: &[u8]) -> Body {
    Body::Multipart(vec![Part::File(name, "me.png", bytes.to_vec())])
}

on_both! {
    async fn the_page_gives_a_cookie_that_calls_the_rest(app) {
        let (_, hazel, rowan, _) = people(&app).await;
        let reply = log_in(&app, "hazel", PASSWORD).await;
        assert_eq!((reply.status, reply.header("location")), (302, "/"));
        let (session, about) = cookie(&reply, "sessionid").unwrap();
        assert!(session.len() == 32 && session.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        for said in ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax"] {
            assert!(about.contains(said), "{about}");
        }
        let (guard, about) = cookie(&reply, "csrftoken").unwrap();
        assert!(guard.len() == 64 && !about.contains("HttpOnly"), "{guard} {about}");
        let with = |cookies: &str| Legacy::of(&app).with("cookie", cookies);
        let bare = with(&format!("sessionid={session}"));
        let listed = bare.get("/api/v1/profiles/get_available_users/").await;
        assert_eq!((listed.status, listed.body.as_array().unwrap().len()), (200, 3));
        let path = "/api/v1/send_message_to_user/";
        let body = json!({ "message": "by cookie", "user_id": rowan.id });
        bare.post(path, body.clone()).await.is(403, &detail("CSRF Failed: CSRF cookie not set."));
        let both = with(&format!("sessionid={session}; csrftoken={guard}"));
        both.post(path, body.clone()).await.is(403, &detail("CSRF Failed: CSRF token missing."));
        let wrong = both.with("x-csrftoken", &guard.to_uppercase()).post(path, body.clone()).await;
        let text = "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect.";
        wrong.is(403, &detail(text));
        let shown = both.with("x-csrftoken", &guard);
        let foreign = shown.with("origin", "http://elsewhere.example").post(path, body.clone()).await;
        let text = "CSRF Failed: Origin checking failed - http://elsewhere.example does not match any trusted origins.";
        foreign.is(403, &detail(text));
        let sent = shown.with("origin", &app.base).post(path, body).await;
        assert_eq!((sent.status, &sent.body["messages"][0]["sender"]), (201, &json!(hazel.id)), "{}", sent.text);
        assert_eq!(contents(&sent.body), ["by cookie"]);
    }

    async fn the_cookie_goes_before_the_token_and_a_dead_one_is_taken_back(app) {
        let (_, hazel, rowan, _) = people(&app).await;
        let (rowans, session, guard) = browser(&app, "rowan").await;
        let both = rowans.authorized(&format!("Bearer {}", hazel.access));
        let others = both.get("/api/v1/profiles/get_available_users/").await;
        let ids: Vec<&Value> = others.body.as_array().unwrap().iter().map(|user| &user["id"]).collect();
        assert!(ids.contains(&&json!(hazel.id)) && !ids.contains(&&json!(rowan.id)), "{ids:?}");
        let out = rowans.get("/accounts/logout/").await;
        assert_eq!((out.status, out.header("location")), (302, "/sign-out"));
        assert_eq!(cookie(&out, "sessionid").unwrap().0, "");
        for dead in [session.as_str(), "rubbish"] {
            let caller = Legacy::of(&app).with("cookie", &format!("sessionid={dead}; csrftoken={guard}"));
            let refused = caller.get("/api/v1/profiles/").await;
            refused.is(403, &detail(NONE));
            assert_eq!(cookie(&refused, "sessionid").unwrap().0, "", "{dead}");
            // With a token it does not stand in the way.
            let token = caller.authorized(&format!("Bearer {}", hazel.access));
            assert_eq!(token.get("/api/v1/profiles/").await.status, 200);
        }
        let again = Legacy::of(&app).get("/accounts/logout/").await;
        assert_eq!((again.status, cookie(&again, "sessionid")), (302, None));
    }

    async fn a_sign_in_that_fails_shows_the_page_again(app) {
        people(&app).await;
        for (name, password) in [("hazel", "nope"), ("ghost", PASSWORD), ("", ""), ("hazel@example.com", PASSWORD)] {
            let reply = log_in(&app, name, password).await;
            assert_eq!((reply.status, cookie(&reply, "sessionid")), (200, None), "{name}");
            assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
            assert!(cookie(&reply, "csrftoken").is_some() && reply.text.contains("name=\"password\""));
            assert!(reply.text.contains("role=\"alert\""), "{}", reply.text);
            let policy = reply.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(reply.header("referrer-policy"), "same-origin");
        }
        let reply = log_in(&app, "\"><script>alert('&')</script>", "nope").await;
        assert!(reply.text.contains("value=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\""));
        assert!(!reply.text.contains("<script"), "{}", reply.text);
        // A page of another site signs nobody in.
        for origin in ["http://elsewhere.example", "null"] {
            let form = vec![("username", "hazel".to_owned()), ("password", PASSWORD.to_owned())];
            let foreign = Legacy::of(&app).with("origin", origin);
            let reply = foreign.send("/accounts/login/", Body::Form(form)).await;
            assert_eq!((reply.status, cookie(&reply, "sessionid")), (403, None), "{origin}");
        }
    }

    async fn its_pages_lead_to_those_of_the_chat(app) {
        people(&app).await;
        let (hazel, ..) = browser(&app, "hazel").await;
        for caller in [Legacy::of(&app), hazel.clone(), hazel.under("/compat/condor")] {
            for (path, ours) in [
                ("/accounts/login/", "/sign-in"),
                ("/accounts/login", "/sign-in"),
                ("/accounts/login/?next=/update_avatar/", "/sign-in?next=%2Fupdate_avatar%2F"),
                ("/accounts/login/?next=/rooms/7%3Fa%3Db%26c", "/sign-in?next=%2Frooms%2F7%3Fa%3Db%26c"),
                ("/accounts/login/?next=https://elsewhere.example/", "/sign-in"),
                ("/accounts/login/?next=//elsewhere.example/", "/sign-in"),
                ("/accounts/login/?next=/%5Celsewhere.example", "/sign-in"),
                ("/accounts/login/?next=/%09/elsewhere.example", "/sign-in"),
                ("/accounts/login/?next=javascript:alert(1)", "/sign-in"),
                ("/accounts/login/?next=", "/sign-in"),
                ("/update_avatar/", "/settings/profile"),
                ("/accounts/logout/", "/sign-out"),
            ] {
                let reply = caller.get(path).await;
                assert_eq!((reply.status, reply.header("location")), (302, ours), "{path}");
            }
        }
        // Programs take the guard from the page, and then sign in.
        let page = Legacy::of(&app).get("/accounts/login/").await;
        let guard = cookie(&page, "csrftoken").unwrap().0;
        assert_eq!(guard.len(), 64, "{guard}");
        // The cookie is as good as its session, which one of the callers above has ended.
        assert_eq!(hazel.get("/api/v1/profiles/").await.status, 403);
    }

    async fn a_picture_is_shown_by_its_owner_or_an_administrator(app) {
        let (root, hazel, rowan, _) = people(&app).await;
        let own = format!("/profiles/{}/pic/", hazel.id);
        let shown = hazel.call(Method::PUT, &own, picture("avatar", PIXELS)).await;
        let path = shown.body["avatar"].as_str().unwrap().to_owned();
        assert!(shown.status == 202 && path.starts_with("/media/avatar_files/"), "{}", shown.text);
        let profile = hazel.get(&format!("/profiles/{}/", hazel.id)).await.body;
        assert_eq!(profile["avatar_url"], format!("{}{path}", app.base));
        // It is open to everyone.
        let served = app.http.get(format!("{}{path}", app.base)).send().await.unwrap();
        assert_eq!(served.status(), 200);
        assert!(served.headers()["content-type"].to_str().unwrap().starts_with("image/"));
        let invalid = json!({ "error": "invalid user to update" });
        rowan.call(Method::PUT, &own, picture("avatar", PIXELS)).await.is(400, &invalid);
        // Without one of that name nothing changes.
        let same = json!({ "avatar": path });
        hazel.call(Method::PUT, &own, picture("other", b"text")).await.is(202, &same);
        hazel.call(Method::PUT, &own, Body::None).await.is(202, &same);
        let image = "Upload a valid image. The file you uploaded was either not an image or a corrupted image.";
        let refused = hazel.call(Method::PUT, &own, picture("avatar", b"text")).await;
        refused.is(400, &json!({ "avatar": [image] }));
        let empty = hazel.call(Method::PUT, &own, picture("avatar", b"")).await;
        empty.is(400, &json!({ "avatar": ["The submitted file is empty."] }));
        let text = Body::Multipart(vec![Part::Field("avatar", "x".to_owned())]);
        assert_eq!(hazel.call(Method::PUT, &own, text).await.status, 400);
        let other = root.call(Method::PUT, &own, picture("avatar", PIXELS)).await;
        assert_eq!(other.status, 202, "{}", other.text);
        assert_ne!(other.body, same);
        let default = json!({ "avatar": "/media/avatar_files/default_img.png" });
        rowan.call(Method::PUT, &format!("/profiles/{}/pic/", rowan.id), Body::None).await.is(202, &default);
        let json = hazel.call(Method::PUT, &own, Body::Json(json!({ "avatar": "x" }))).await;
        json.is(415, &detail("Unsupported media type \"application/json\" in request."));
        let form = Body::Form(vec![("avatar", "x".to_owned())]);
        assert_eq!(hazel.call(Method::PUT, &own, form).await.status, 415);
        for unknown in ["/profiles/999/pic/", "/profiles/abc/pic/"] {
            let reply = hazel.call(Method::PUT, unknown, picture("avatar", PIXELS)).await;
            reply.is(404, &detail("Not found."));
        }
        let posted = hazel.call(Method::POST, &own, picture("avatar", PIXELS)).await;
        posted.is(405, &detail("Method \"POST\" not allowed."));
        assert_eq!(posted.header("allow"), "PUT, OPTIONS");
        let anyone = Legacy::of(&app).call(Method::PUT, &format!("/api/v1{own}"), picture("avatar", PIXELS)).await;
        anyone.is(403, &detail(NONE));
    }

    async fn the_page_for_pictures_asks_for_a_session_and_its_guard(app) {
        let (_, hazel, ..) = people(&app).await;
        let page = "/update_avatar/";
        let anyone = Legacy::of(&app).send(page, picture("avatar", PIXELS)).await;
        assert_eq!((anyone.status, anyone.header("location")), (302, "/accounts/login/?next=/update_avatar/"));
        let (hazels, _, guard) = browser(&app, "hazel").await;
        assert_eq!(hazels.send(page, picture("avatar", PIXELS)).await.status, 403);
        let form = |guard: &str, bytes: &[u8]| {
            Body::Multipart(vec![
                Part::Field("csrfmiddlewaretoken", guard.to_owned()),
                Part::File("avatar", "me.png", bytes.to_vec()),
            ])
        };
        let wrong = hazels.send(page, form("x", PIXELS)).await;
        wrong.is(403, &detail("CSRF Failed: CSRF token from POST incorrect."));
        let refused = hazels.send(page, form(&guard, b"text")).await;
        assert!(refused.status == 200 && refused.text.contains("role=\"alert\""), "{}", refused.text);
        assert!(refused.text.contains(&guard), "{}", refused.text);
        let done = hazels.send(page, form(&guard, PIXELS)).await;
        assert_eq!((done.status, done.header("location")), (302, page), "{}", done.text);
        let profile = hazel.get(&format!("/profiles/{}/", hazel.id)).await.body;
        assert!(!profile["avatar_url"].as_str().unwrap().contains("default_img"), "{profile}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dialect_can_be_switched_off() {
    let app = TestApp::with(Db::Sqlite, &[("REST_DIALECTS", "mrm")]).await;
    let root = app.admin("root").await;
    let token = format!("Bearer {}", root.token.unwrap());
    for path in ["/api/v1/profiles/", "/compat/condor/api/v1/profiles/", "/accounts/login/"] {
        assert_eq!(Legacy::of(&app).authorized(&token).get(path).await.status, 404, "{path}");
    }
    let app = TestApp::start(Db::Sqlite).await;
    assert_eq!(Member::admin(&app, "root").await.get("/profiles/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_a_password_run_out_on_the_page_as_well() {
    let settings = [("RATE_LIMITS", "on"), ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "2")];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(log_in(&app, "ghost", "nope").await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}
