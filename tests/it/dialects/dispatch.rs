//! Paths that two dialects claim, and how their callers are told apart.

use serde_json::{Value, json};

use super::{mrm, realtime};
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::rest::{Body, send};
use crate::support::{Db, TestApp};

/// Which of the two answers an empty registration.
async fn registers(app: &TestApp, path: &str, headers: &[(&str, &str)], body: Value) -> &'static str {
    let answer = send(app, "POST", path, headers, Body::Json(body.clone())).await;
    let wrong = answer.json();
    match (wrong.get("password_confirm"), wrong.get("confirm_password")) {
        (Some(_), None) => "mrm",
        (None, Some(_)) => "rtca",
        _ => panic!("{body} {answer:?}"),
    }
}

async fn alone(dialects: &str) -> TestApp {
    TestApp::with(Db::Sqlite, &[("REST_DIALECTS", dialects)]).await
}

on_both! {
    async fn a_registration_is_told_by_its_keys_then_by_its_credential(app) {
        for (body, expected) in [
            (json!({ "first_name": "x" }), "rtca"),
            (json!({ "last_name": "x", "password": "x" }), "rtca"),
            (json!({ "username": "x" }), "mrm"),
            (json!({ "user_type": "staff" }), "mrm"),
            (json!({ "username": "x", "first_name": "x" }), "mrm"),
            (json!({ "user_type": "staff", "first_name": "x" }), "rtca"),
            (json!({}), "rtca"),
            (json!({ "email": "x@example.com", "password": "x" }), "rtca"),
        ] {
            assert_eq!(registers(&app, "/api/register/", &[], body.clone()).await, expected, "{body}");
        }
        let csrf = [("cookie", "csrftoken=abc")];
        assert_eq!(registers(&app, "/api/register/", &csrf, json!({})).await, "mrm");
        // The header and the path under `/compat` leave nothing to guess.
        for name in ["mrm", "rtca"] {
            let by_header = [("x-chat-dialect", name)];
            assert_eq!(registers(&app, "/api/register/", &by_header, json!({})).await, name);
            let path = format!("/compat/{name}/api/register/");
            assert_eq!(registers(&app, &path, &[], json!({ "first_name": "x" })).await, name);
            assert_eq!(registers(&app, &path, &[("x-chat-dialect", "other")], json!({})).await, name);
        }
        assert_eq!(registers(&app, "/api/register/", &[("x-chat-dialect", "condor")], json!({})).await, "rtca");
        // A bad token spoils a registration of the one, and is nothing to the other.
        let bad = [("authorization", "Bearer garbage")];
        let answer = send(&app, "POST", "/api/register/", &bad, Body::Json(json!({ "first_name": "x" }))).await;
        assert_eq!(answer.status, 401);
        let answer = send(&app, "POST", "/api/register/", &bad, Body::Json(json!({ "username": "x" }))).await;
        assert_eq!(answer.status, 400);
    }

    async fn a_login_is_told_by_the_name_it_gives(app) {
        mrm::Person::new(&app, "ann").await;
        let login = async |headers: &[(&str, &str)], body: Value| {
            send(&app, "POST", "/api/login/", headers, Body::Json(body)).await.both()
        };
        let by_name = login(&[], json!({ "username": "ann", "email": "x", "password": PASSWORD })).await;
        assert_eq!((by_name.0, &by_name.1["username"]), (200, &json!("ann")));
        let by_address = login(&[], json!({ "email": "ann@example.com", "password": PASSWORD })).await;
        assert!(by_address.0 == 200 && by_address.1["access"].is_string(), "{by_address:?}");
        assert_eq!(login(&[], json!({})).await.0, 400);
        assert_eq!(login(&[("cookie", "csrftoken=abc")], json!({})).await.0, 401);
        assert_eq!(login(&[("cookie", "sessionid=abc")], json!({})).await.0, 401);
        assert_eq!(login(&[("x-chat-dialect", "mrm")], json!({})).await.0, 401);
    }

    async fn a_logout_is_told_by_its_credential(app) {
        let person = mrm::Person::new(&app, "ann").await;
        let other = realtime::Person::new(&app, "ben").await;
        let logout = async |method: &str, headers: &[(&str, &str)], body: Body<'_>| {
            send(&app, method, "/api/logout/", headers, body).await.status
        };
        assert_eq!(logout("POST", &[], Body::Nothing).await, 403);
        assert_eq!(logout("POST", &[], Body::Json(json!({}))).await, 400);
        assert_eq!(logout("GET", &[], Body::Nothing).await, 405);
        assert_eq!(logout("POST", &[("authorization", "Bearer garbage")], Body::Nothing).await, 400);
        // A browser sends its cookie to whatever it asks.
        let cookies = person.cookies();
        let both = Body::Json(json!({ "refresh": other.refresh }));
        assert_eq!(logout("POST", &[("cookie", &cookies)], both).await, 200);
        assert_eq!(other.get("/api/users/").await.status, 401);
        assert_eq!(person.get("/api/me/").await.status, 200);
        let headers = [("cookie", cookies.as_str()), ("x-csrftoken", person.csrf.as_str())];
        assert_eq!(logout("POST", &headers, Body::Nothing).await, 200);
        assert_eq!(person.get("/api/me/").await.status, 403);
    }

    async fn a_list_of_people_is_told_by_its_credential(app) {
        let person = mrm::Person::new(&app, "ann").await;
        let other = realtime::Person::new(&app, "ben").await;
        assert_eq!(person.get("/api/users/").await.json()[0]["username"], "ann");
        assert!(other.get("/api/users/").await.json()[0]["id"].is_string());
        let (cookies, bearer) = (person.cookies(), format!("Bearer {}", other.access));
        let headers = [("cookie", cookies.as_str()), ("authorization", bearer.as_str())];
        let both = send(&app, "GET", "/api/users/", &headers, Body::Nothing).await;
        assert!(both.json()[0]["id"].is_string(), "{both:?}");
        let none = send(&app, "GET", "/api/users/", &[], Body::Nothing).await;
        assert_eq!((none.status, none.header("www-authenticate")), (401, "Bearer realm=\"api\""));
    }

    async fn what_both_answer_alike_needs_no_telling(app) {
        for path in ["/api/register/", "/api/login/"] {
            let answer = send(&app, "POST", path, &[], Body::Raw("application/json", "{")).await;
            assert!(answer.status == 400 && answer.text.contains("JSON parse error - "), "{path} {answer:?}");
            assert_eq!(send(&app, "POST", path, &[], Body::Raw("text/plain", "x")).await.status, 415, "{path}");
            let answer = send(&app, "GET", path, &[], Body::Nothing).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "POST, OPTIONS"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialect_alone_answers_whatever_comes() {
    let app = alone("mrm").await;
    assert_eq!(registers(&app, "/api/register/", &[], json!({ "first_name": "x" })).await, "mrm");
    mrm::Person::new(&app, "ann").await;
    for path in ["/api/users/00000000-0000-0000-0000-000000000005/chat/", "/compat/rtca/api/register/"] {
        assert_eq!(send(&app, "GET", path, &[], Body::Nothing).await.status, 404, "{path}");
    }
    let socket = crate::support::socket::Socket::open_path;
    let path = "/ws/chat/00000000-0000-0000-0000-000000000005/";
    assert_eq!(socket(app.address, path, "", &[]).await.map(|_| ()), Err(403));

    let app = alone("rtca").await;
    assert_eq!(registers(&app, "/api/register/", &[], json!({ "username": "x" })).await, "rtca");
    realtime::Person::new(&app, "ann").await;
    for path in ["/api/me/", "/api/chats/", "/compat/mrm/api/register/"] {
        assert_eq!(send(&app, "GET", path, &[], Body::Nothing).await.status, 404, "{path}");
    }
    assert_eq!(socket(app.address, "/ws/chat/12/", "", &[]).await.map(|_| ()), Err(403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_dialects_there_is_nothing() {
    let app = TestApp::with(Db::Sqlite, &[("REST_DIALECTS", "")]).await;
    for path in ["/api/register/", "/api/me/", "/compat/mrm/api/me/", "/ws/chat/1/"] {
        assert_eq!(send(&app, "GET", path, &[], Body::Nothing).await.status, 404, "{path}");
    }
}
