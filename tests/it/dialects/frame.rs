//! What all dialects share: how a request is read, what is refused before it runs, and which dialect it is in.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::http::Got;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::sql::Sql;
use crate::support::{Db, TestApp};

const USERS: &str = "/userauth/users/";
const LOGIN: &str = "/userauth/token/login/";
const ROOMS: &str = "/chatApp/chatRooms/";

async fn start() -> TestApp {
    TestApp::start(Db::Sqlite).await
}

fn at(app: &TestApp, method: Method, path: &str) -> RequestBuilder {
    app.http.request(method, format!("{}{path}", app.base))
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Got {
    let request = at(app, Method::GET, path);
    Got::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

async fn post(app: &TestApp, path: &str, media: &str, body: impl Into<reqwest::Body>) -> Got {
    Got::of(at(app, Method::POST, path).header(CONTENT_TYPE, media).body(body)).await
}

/// Signs someone up, and gives their credential.
async fn join(app: &TestApp, name: &str) -> String {
    app.user(name).await;
    let body = json!({ "username": name, "password": PASSWORD }).to_string();
    let token = post(app, LOGIN, "application/json", body).await.json()["auth_token"].clone();
    format!("Token {}", token.as_str().unwrap())
}

#[track_caller]
fn assert_detail(got: &Got, status: u16, detail: &str) {
    assert_eq!((got.status, got.json()), (status, json!({ "detail": detail })));
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("cache-control"), "no-store");
}

#[tokio::test]
async fn bodies_come_as_json_as_a_form_or_as_multipart_and_as_nothing_else() {
    let app = start().await;
    let required = json!({ "email": ["This field is required."], "username": ["This field is required."],
        "password": ["This field is required."] });
    let multipart = "multipart/form-data; boundary=b";
    for (media, body) in [
        ("application/json", "{}"),
        ("application/json; charset=utf-8", "{\"unknown\": 1}"),
        ("Application/JSON", "{}"),
        ("application/x-www-form-urlencoded", "unknown=1"),
        (multipart, "--b\r\nContent-Disposition: form-data; name=\"unknown\"\r\n\r\n1\r\n--b--\r\n"),
        // Nothing at all has no type.
        ("text/plain", ""),
    ] {
        let got = post(&app, USERS, media, body).await;
        assert_eq!((got.status, got.json()), (400, required.clone()), "{media}");
    }
    for media in ["text/plain", "application/xml", "application/jsonp", ""] {
        let text = format!("Unsupported media type \"{media}\" in request.");
        assert_detail(&post(&app, USERS, media, "x").await, 415, &text);
    }
    for body in ["{", "{\"a\": 1,}", "nonsense", "\u{feff}{}", "{} {}"] {
        let got = post(&app, USERS, "application/json", body).await;
        let detail = got.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(got.status == 400 && detail.starts_with("JSON parse error - "), "{body}: {}", got.text);
    }
    let nested = "[".repeat(4096);
    assert_eq!(post(&app, USERS, "application/json", nested).await.status, 400);
    for (body, kind) in
        [("[]", "list"), ("[{}]", "list"), ("5", "int"), ("1.5", "float"), ("\"x\"", "str"), ("true", "bool")]
    {
        let got = post(&app, USERS, "application/json", body).await;
        let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
        assert_eq!((got.status, got.json()), (400, json!({ "non_field_errors": [text] })), "{body}");
    }
    let null = post(&app, USERS, "application/json", "null").await;
    assert_eq!((null.status, null.json()), (400, json!({ "non_field_errors": ["No data provided"] })));
}

#[tokio::test]
async fn forms_are_bounded_and_broken_ones_are_refused() {
    let app = start().await;
    let part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n";
    let multipart = "multipart/form-data; boundary=b";
    let parts = |count: usize| format!("{}--b--\r\n", part.repeat(count));
    let too_many = "The form has more than 1000 fields.";
    assert_detail(&post(&app, USERS, multipart, parts(1001)).await, 400, too_many);
    assert!(post(&app, USERS, multipart, parts(1000)).await.json().get("email").is_some());
    let form = "application/x-www-form-urlencoded";
    assert_detail(&post(&app, USERS, form, "x=1&".repeat(1001)).await, 400, too_many);
    assert!(post(&app, USERS, form, "x=1&".repeat(1000)).await.json().get("email").is_some());
    for (media, body) in
        [("multipart/form-data", part), (multipart, part), (multipart, "--c--"), (multipart, "x")]
    {
        let got = post(&app, USERS, media, body).await;
        let detail = got.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(
            got.status == 400 && detail.starts_with("Multipart form parse error - "),
            "{body}: {}",
            got.text
        );
    }
    let file =
        "--b\r\nContent-Disposition: form-data; name=\"email\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n";
    let got = post(&app, USERS, multipart, file).await;
    assert_eq!((got.status, got.json()["email"].clone()), (400, json!(["Not a valid string."])));
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let app = TestApp::with(Db::Sqlite, &[("HTTP_BODY_BYTES_MAX", "2000")]).await;
    let large = json!({ "email": "x".repeat(3000) }).to_string();
    let got = post(&app, USERS, "application/json", large).await;
    assert_eq!(got.status, 413, "{}", got.text);
    assert_eq!(got.json()["detail"], "The request body may have at most 2000 bytes.");
    assert_eq!(post(&app, USERS, "application/json", "{}").await.status, 400);
}

#[tokio::test]
async fn every_path_is_served_in_both_forms_and_again_under_its_dialects_name() {
    let app = start().await;
    let token = join(&app, "amber").await;
    for path in [
        "/chatApp/chatRooms",
        "/chatApp/chatRooms/",
        "/compat/thanchat/chatApp/chatRooms",
        "/compat/thanchat/chatApp/chatRooms/",
    ] {
        let got = get(&app, path, &[("authorization", &token)]).await;
        assert_eq!((got.status, got.text.as_str()), (200, "[]"), "{path}");
    }
    for path in [
        "/chatApp/nope/",
        "/compat/thanchat/",
        "/compat/nobody/chatApp/",
        "/compat/mrm/chatApp/",
        "/chatApp/chatRooms//",
    ] {
        assert_eq!(get(&app, path, &[("authorization", &token)]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn methods_are_told_in_the_order_of_the_originals() {
    let app = start().await;
    let token = join(&app, "amber").await;
    for (path, allow) in [
        (ROOMS, "GET, POST, HEAD, OPTIONS"),
        ("/chatApp/messages/1/", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        (LOGIN, "POST, OPTIONS"),
        ("/chatApp/", "GET, HEAD, OPTIONS"),
    ] {
        let options = Got::of(at(&app, Method::OPTIONS, path).header(AUTHORIZATION, &token)).await;
        assert_eq!((options.status, options.header("allow")), (200, allow), "{path}");
        let said = options.json();
        assert!(!said["name"].as_str().unwrap().is_empty());
        assert_eq!(said["renders"], json!(["application/json"]));
        assert_eq!(
            said["parses"],
            json!(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
        );
        assert_eq!(said.get("actions").is_some(), allow.contains("POST") || allow.contains("PUT"), "{path}");
        let method = if allow.contains("POST") { Method::DELETE } else { Method::POST };
        let got = Got::of(at(&app, method.clone(), path).header(AUTHORIZATION, &token)).await;
        assert_detail(&got, 405, &format!("Method \"{method}\" not allowed."));
        assert_eq!(got.header("allow"), allow);
    }
    // Who asks in a wrong way is first asked who they are.
    assert_eq!(Got::of(at(&app, Method::DELETE, ROOMS)).await.status, 401);
    assert_eq!(Got::of(at(&app, Method::OPTIONS, ROOMS)).await.status, 401);
    let head = Got::of(at(&app, Method::HEAD, ROOMS).header(AUTHORIZATION, &token)).await;
    assert_eq!((head.status, head.text.as_str(), head.header("content-type")), (200, "", "application/json"));
    assert_eq!(Got::of(at(&app, Method::HEAD, LOGIN)).await.status, 405);
}

#[tokio::test]
async fn every_answer_says_what_its_path_allows_and_what_it_varies_by() {
    let app = start().await;
    let token = join(&app, "amber").await;
    for (path, credential, status) in [
        (ROOMS, token.as_str(), 200),
        (ROOMS, "Token garbage", 401),
        ("/chatApp/chatRooms/9/", token.as_str(), 404),
        ("/chatApp/messages/?chat_room_id=x", token.as_str(), 400),
    ] {
        let got = get(&app, path, &[("authorization", credential)]).await;
        assert_eq!(got.status, status, "{path}");
        assert!(got.header("allow").ends_with("HEAD, OPTIONS"), "{path}: {}", got.header("allow"));
        assert_eq!(got.headers.get_all("allow").iter().count(), 1);
        assert!(got.header("vary").starts_with("Accept"), "{path}: {}", got.header("vary"));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_accepted_is_406() {
    let app = start().await;
    let token = join(&app, "amber").await;
    for accept in [
        "application/json",
        "*/*",
        "application/*",
        "text/html",
        "image/png, application/json;q=0.1",
        "text/html,application/xhtml+xml,*/*;q=0.8",
    ] {
        let got = get(&app, ROOMS, &[("authorization", &token), ("accept", accept)]).await;
        assert_eq!(
            (got.status, got.text.as_str(), got.header("content-type")),
            (200, "[]", "application/json"),
            "{accept}"
        );
    }
    for accept in ["image/png", "application/xml", "application/jsonp"] {
        // Before it is asked who calls.
        let got = Got::of(at(&app, Method::GET, ROOMS).header(ACCEPT, accept)).await;
        assert_detail(&got, 406, "Could not satisfy the request Accept header.");
    }
}

#[tokio::test]
async fn a_header_or_the_path_says_the_dialect_where_two_claim_a_path() {
    let app = start().await;
    // One asks for a bearer token, the other for a cookie.
    for (path, header, status) in [
        ("/api/users/", None, 401),
        ("/api/users/", Some("mrm"), 403),
        ("/api/users", Some("rtca"), 401),
        ("/api/users/", Some("nobody"), 401),
        ("/api/users/", Some("thanchat"), 401),
        ("/compat/mrm/api/users/", None, 403),
        ("/compat/rtca/api/users", None, 401),
        ("/compat/rtca/api/users", Some("mrm"), 401),
    ] {
        let headers: Vec<(&str, &str)> = header.map(|name| ("x-chat-dialect", name)).into_iter().collect();
        let got = get(&app, path, &headers).await;
        assert_detail(&got, status, "Authentication credentials were not provided.");
        assert_eq!(got.headers.contains_key("www-authenticate"), status == 401, "{path} {header:?}");
    }
}

#[tokio::test]
async fn a_dialect_that_is_switched_off_is_not_there() {
    let app = TestApp::with(Db::Sqlite, &[("REST_DIALECTS", "mrm, thanchat")]).await;
    for (path, status) in [
        (ROOMS, 401),
        ("/compat/thanchat/chatApp/", 200),
        // The other claimant is gone.
        ("/api/users/", 403),
        ("/compat/rtca/api/users/", 404),
        ("/compat/condor/api/v1/profiles/", 404),
    ] {
        assert_eq!(get(&app, path, &[]).await.status, status, "{path}");
    }
    let other = TestApp::with(Db::Sqlite, &[("REST_DIALECTS", "condor")]).await;
    for path in [ROOMS, "/compat/thanchat/chatApp/", "/api/users/"] {
        assert_eq!(get(&other, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn haste_is_429_with_the_time_to_wait_in_the_frameworks_words() {
    let settings = [("RATE_LIMITS", "on"), ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "1")];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let guess = json!({ "username": "amber", "password": "nope" }).to_string();
    assert_eq!(post(&app, LOGIN, "application/json", guess.clone()).await.status, 400);
    let got = post(&app, LOGIN, "application/json", guess).await;
    let seconds: u64 = got.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_detail(&got, 429, &format!("Request was throttled. Expected available in {seconds} seconds."));
    assert_eq!(got.header("allow"), "POST, OPTIONS");
    let basic = [("authorization", "Basic YW1iZXI6bm9wZQ==")];
    assert_eq!(get(&app, ROOMS, &basic).await.status, 429, "the same budget");
}

#[tokio::test]
async fn requests_of_one_address_have_a_budget() {
    let settings = [
        ("RATE_LIMITS", "on"),
        ("LIMITS_REQUEST_PER_ADDRESS_PER_SECOND", "1"),
        ("LIMITS_REQUEST_PER_ADDRESS_BURST", "2"),
    ];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&app, "/chatApp/", &[]).await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

on_both!(a_fault_of_the_server_tells_nothing_of_its_inside, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let token = join(&app, "amber").await;
    Sql::open(&db, app.data.path()).await.run("ALTER TABLE messages RENAME TO mislaid").await;
    let got = get(&app, "/chatApp/messages/", &[("authorization", &token)]).await;
    assert_eq!(got.status, 500);
    for inside in ["messages", "mislaid", "SELECT", "table", "relation", "src/"] {
        assert!(!got.text.contains(inside), "{}", got.text);
    }
    assert_eq!(got.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["detail"]);
    assert_eq!(got.header("content-type"), "application/json");
});

#[tokio::test]
async fn links_are_made_from_the_host_that_was_asked_for_or_from_the_public_address() {
    let app = start().await;
    let link = async |app: &TestApp, host: &str| {
        let got = Got::of(at(app, Method::GET, "/userauth/").header(HOST, host)).await;
        assert_eq!(got.status, 200, "{}", got.text);
        got.json()["users"].as_str().unwrap().to_owned()
    };
    assert_eq!(link(&app, "chat.example:8080").await, "http://chat.example:8080/userauth/users/");
    assert_eq!(link(&app, "CHAT.example").await, "http://chat.example/userauth/users/");
    // What is no host, or could break out of a link, is not believed.
    for host in ["evil.example/path", "user@evil.example", "evil.example\"><script>", "evil.example:99999"] {
        assert_eq!(link(&app, host).await, format!("{}/userauth/users/", app.base), "{host}");
    }
    let forwarded =
        Got::of(at(&app, Method::GET, "/userauth/").header("x-forwarded-host", "evil.example")).await;
    assert!(!forwarded.text.contains("evil"), "{}", forwarded.text);
    let public = TestApp::with(Db::Sqlite, &[("PUBLIC_URL", "https://chat.example")]).await;
    assert_eq!(link(&public, "other.example").await, "https://chat.example/userauth/users/");
}

#[tokio::test]
async fn refusals_are_in_english_whatever_the_caller_speaks() {
    let app = start().await;
    let got = Got::of(at(&app, Method::POST, USERS).header("accept-language", "es").json(&json!({}))).await;
    assert_eq!(got.json()["email"], json!(["This field is required."]));
    let body: Value = json!({ "email": "a@example.com", "username": "amber", "password": "short" });
    let got = Got::of(at(&app, Method::POST, USERS).header("accept-language", "es").json(&body)).await;
    assert_eq!(
        got.json()["password"],
        json!(["This password is too short. It must contain at least 8 characters."])
    );
}
