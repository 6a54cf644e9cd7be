//! GraphQL over HTTP from outside: statuses, media types, methods, bounds, headers.

mod batches;
mod origins;

use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Caller, Db, TestApp};

pub const GRAPHQL: &str = "application/graphql-response+json";
pub const JSON: &str = "application/json";

/// An answer, read to its end.
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} is no JSON: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the first error.
    pub fn code(&self) -> String {
        let json = self.json();
        let code = json["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("no coded error: {}", self.text)).to_owned()
    }

    /// Whether this is a coded refusal of something that did not run.
    pub fn assert_refused(&self, status: u16, code: &str, what: &str) {
        assert_eq!(self.status, status, "{what}: {}", self.text);
        assert_eq!(self.code(), code, "{what}");
        assert!(self.json().get("data").is_none(), "{what}: {}", self.text);
    }
}

/// A request to the endpoint, without a body.
pub fn request(app: &TestApp, method: Method) -> RequestBuilder {
    app.http.request(method, format!("{}/graphql", app.base))
}

/// A POST of this text as JSON.
pub fn post(app: &TestApp, accept: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    request(app, Method::POST).header(CONTENT_TYPE, JSON).header(ACCEPT, accept).body(body)
}

/// A POST of a document.
pub async fn ask(app: &TestApp, accept: &str, query: &str) -> Got {
    Got::of(post(app, accept, json!({ "query": query }).to_string())).await
}

fn get(app: &TestApp, parameters: &[(&str, &str)]) -> RequestBuilder {
    request(app, Method::GET).header(ACCEPT, GRAPHQL).query(parameters)
}

async fn start() -> TestApp {
    TestApp::start(Db::Sqlite).await
}

/// A document that makes an account, and the question whether it was made.
const SIGNUP: &str = r#"mutation { signup(input: {username: "mallory", email: "m@example.com", password: "a long enough phrase"}) { user { id } errors { code } } }"#;

const LOGIN: &str = r#"mutation { login(input: {usernameOrEmail: "amber", password: "a long enough phrase"}) { tokens { accessToken } errors { code } } }"#;

async fn signed_up(app: &TestApp) -> bool {
    let input = json!({ "usernameOrEmail": "mallory", "password": "a long enough phrase" });
    let payload = app.anonymous().try_mutate("login", input, "tokens { accessToken }").await;
    payload["errors"] == json!([])
}

#[tokio::test]
async fn a_document_that_cannot_run_is_400_in_one_media_type_and_200_in_the_other() {
    let app = start().await;
    for (name, body, code) in [
        ("parse error", json!({ "query": "{ viewer {" }), "BAD_INPUT"),
        ("no such field", json!({ "query": "{ nonsense }" }), "BAD_INPUT"),
        ("empty query", json!({ "query": "" }), "BAD_INPUT"),
        ("only a fragment", json!({ "query": "fragment F on Query { __typename }" }), "BAD_INPUT"),
        (
            "several operations",
            json!({ "query": "query A { __typename } query B { __typename }" }),
            "BAD_INPUT",
        ),
        (
            "unknown operationName",
            json!({ "query": "query A { __typename }", "operationName": "B" }),
            "BAD_INPUT",
        ),
        ("missing variable", json!({ "query": "query($id: ID!) { room(id: $id) { id } }" }), "BAD_INPUT"),
        ("unknown documentId", json!({ "documentId": "nothing" }), "NOT_FOUND"),
        ("too many logins", json!({ "query": "mutation { a: login b: login }" }), "QUERY_TOO_COMPLEX"),
        (
            "a subscription",
            json!({ "query": "subscription { messageAdded(roomId: \"x\") { cursor } }" }),
            "BAD_INPUT",
        ),
    ] {
        for (media, status) in [(GRAPHQL, 400), (JSON, 200)] {
            let got = Got::of(post(&app, media, body.to_string())).await;
            got.assert_refused(status, code, name);
            assert_eq!(got.header("content-type"), format!("{media}; charset=utf-8"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_request_is_400_in_both_media_types() {
    let app = start().await;
    let bodies: [&[u8]; 14] = [
        b"",
        b"{",
        b"null",
        b"5",
        b"\"{ __typename }\"",
        b"{}",
        b"{\"query\": null}",
        b"{\"query\": 5}",
        b"{\"query\": \"{ __typename }\", \"variables\": \"{}\"}",
        b"{\"query\": \"{ __typename }\", \"variables\": [1]}",
        b"{\"query\": \"{ __typename }\", \"operationName\": 5}",
        b"{\"query\": \"{ __typename }\", \"extensions\": 5}",
        b"{\"documentId\": 5}",
        b"{\"query\": \"\xff\"}",
    ];
    for body in bodies {
        for media in [GRAPHQL, JSON] {
            let got = Got::of(post(&app, media, body.to_vec())).await;
            got.assert_refused(400, "BAD_INPUT", &String::from_utf8_lossy(body));
            assert_eq!(got.header("content-type"), format!("{media}; charset=utf-8"));
        }
    }
}

#[tokio::test]
async fn a_request_that_runs_is_200_in_both_media_types() {
    let app = start().await;
    for media in [GRAPHQL, JSON] {
        let got = ask(&app, media, "{ __typename }").await;
        assert_eq!((got.status, got.json()), (200, json!({ "data": { "__typename": "Query" } })));
        assert_eq!(got.header("content-type"), format!("{media}; charset=utf-8"));
    }
}

#[tokio::test]
async fn nulls_count_as_left_out() {
    let app = start().await;
    let body = r#"{"query": "{ __typename }", "operationName": null, "variables": null, "extensions": null, "documentId": null}"#;
    assert_eq!(Got::of(post(&app, GRAPHQL, body)).await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_say_that_it_is_json_is_415_and_does_not_run() {
    let app = start().await;
    for kind in [
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/jsonx",
    ] {
        let sent = request(&app, Method::POST)
            .header(CONTENT_TYPE, kind)
            .body(json!({ "query": SIGNUP }).to_string());
        Got::of(sent).await.assert_refused(415, "BAD_INPUT", kind);
    }
    let untyped = request(&app, Method::POST).body(json!({ "query": SIGNUP }).to_string());
    Got::of(untyped).await.assert_refused(415, "BAD_INPUT", "no type");
    assert!(!signed_up(&app).await);
}

#[tokio::test]
async fn a_caller_that_takes_neither_media_type_gets_406_and_nothing_runs() {
    let app = start().await;
    for accept in ["text/html", "image/png", "application/json;q=0", "application/json; charset=latin1"] {
        let got = ask(&app, accept, SIGNUP).await;
        got.assert_refused(406, "BAD_INPUT", accept);
    }
    assert!(!signed_up(&app).await);
}

#[tokio::test]
async fn a_wrong_method_is_405_with_those_that_are_right() {
    let app = start().await;
    for method in [Method::PATCH, Method::OPTIONS] {
        let got = Got::of(request(&app, method.clone()).header(CONTENT_TYPE, JSON).body("{}")).await;
        got.assert_refused(405, "BAD_INPUT", method.as_str());
        let allow: Vec<&str> = got.header("allow").split(',').map(str::trim).collect();
        assert!(
            allow.contains(&"GET") && allow.contains(&"POST") && !allow.contains(&"PATCH"),
            "{method} {allow:?}"
        );
    }
    let got = Got::of(request(&app, Method::TRACE)).await;
    got.assert_refused(405, "BAD_INPUT", "TRACE");
    assert!(got.header("allow").contains("POST"));
    assert!(!got.text.contains("accept"), "TRACE echoes nothing: {}", got.text);
}

#[tokio::test]
async fn a_mutation_by_get_is_405_and_has_no_effect() {
    let app = start().await;
    for media in [GRAPHQL, JSON] {
        let sent = request(&app, Method::GET).header(ACCEPT, media).query(&[("query", SIGNUP)]);
        let got = Got::of(sent).await;
        got.assert_refused(405, "BAD_INPUT", media);
        assert_eq!(got.header("allow"), "POST");
    }
    let document =
        format!("query Harmless {{ __typename }} {}", SIGNUP.replacen("mutation", "mutation Harm", 1));
    let named = get(&app, &[("query", document.as_str()), ("operationName", "Harm")]);
    Got::of(named).await.assert_refused(405, "BAD_INPUT", "by name");
    let by_head = request(&app, Method::HEAD).query(&[("query", SIGNUP)]);
    assert_eq!(Got::of(by_head).await.status, 405);
    assert!(!signed_up(&app).await);
}

#[tokio::test]
async fn a_get_runs_a_query_with_its_variables_and_the_operation_it_names() {
    let app = start().await;
    let document =
        "query A { a: __typename } query B($yes: Boolean!) { b: __typename viewer @skip(if: $yes) { id } }";
    let got = Got::of(get(
        &app,
        &[
            ("query", document),
            ("operationName", "B"),
            ("variables", r#"{"yes": true}"#),
            ("extensions", "{}"),
        ],
    ))
    .await;
    assert_eq!((got.status, got.json()), (200, json!({ "data": { "b": "Query" } })));
}

#[tokio::test]
async fn a_get_with_malformed_parameters_is_400() {
    let app = start().await;
    let query = ("query", "{ __typename }");
    for parameters in [
        &[("nonsense", "1")][..],
        &[query, ("variables", "x")],
        &[query, ("variables", "[1]")],
        &[query, ("extensions", "5")],
        &[query, query],
        &[query, ("operationName", "Nope")],
        &[("documentId", "nope"), query],
    ] {
        let got = Got::of(get(&app, parameters)).await;
        got.assert_refused(400, "BAD_INPUT", &format!("{parameters:?}"));
    }
}

#[tokio::test]
async fn an_empty_operation_name_is_none() {
    let app = start().await;
    let got = Got::of(get(&app, &[("query", "{ __typename }"), ("operationName", "")])).await;
    assert_eq!(got.status, 200, "{}", got.text);
}

on_both! {
    async fn a_field_that_fails_leaves_the_data_of_its_siblings(app) {
        let amber = app.user("amber").await;
        let answer = amber.send(r#"{ viewer { username } room(id: "x") { id } }"#, json!({})).await;
        assert_eq!(answer["data"], json!({ "viewer": { "username": "amber" }, "room": null }), "{answer}");
        let error = &answer["errors"][0];
        assert_eq!((&error["path"], &error["extensions"]["code"]), (&json!(["room"]), &json!("BAD_INPUT")));
    }
}

/// Breaks the database below a running server, and sends it a message.
async fn a_fault_tells_nothing(app: &TestApp, ruin: impl AsyncFnOnce(&str)) {
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    ruin("ALTER TABLE messages RENAME TO gone").await;
    let query =
        "mutation($i: SendMessageInput!) { sendMessage(input: $i) { message { id } errors { code } } }";
    let input = json!({ "roomId": room, "text": "a secret remark" });
    let sent = post(app, GRAPHQL, json!({ "query": query, "variables": { "i": input } }).to_string());
    let sent = sent.header("x-request-id", "edge-42").header(AUTHORIZATION, bearer(&amber));
    let got = Got::of(sent).await;
    assert_eq!(got.code(), "INTERNAL", "{}", got.text);
    assert_eq!(got.json()["errors"][0]["extensions"]["requestId"], "edge-42");
    assert_shows_nothing(&got.text);
    assert!(!got.text.contains("secret remark"), "{}", got.text);
}

#[tokio::test]
async fn a_fault_of_the_server_tells_nothing_of_its_inside_on_sqlite() {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;
    let app = start().await;
    let path = app.data.path().join("tertulia.db");
    a_fault_tells_nothing(&app, async |sql: &str| {
        let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute(&format!("PRAGMA busy_timeout = 5000; {sql}")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_fault_of_the_server_tells_nothing_of_its_inside_on_postgres() {
    let Some(Db::Postgres(url)) = Db::postgres() else { return };
    let app = TestApp::start(Db::Postgres(url.clone())).await;
    a_fault_tells_nothing(&app, async |sql: &str| {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
    })
    .await;
}

fn bearer(caller: &Caller) -> String {
    format!("Bearer {}", caller.token.as_deref().unwrap())
}

/// Words that would be ours alone: of code, of files, of SQL, of tables.
fn assert_shows_nothing(text: &str) {
    let lower = text.to_lowercase();
    for word in [
        "select ",
        "insert ",
        "sql",
        "diesel",
        "postgres",
        "no such table",
        "relation",
        "constraint",
        "panicked",
        "tertulia::",
        "async_graphql",
        "async-graphql",
        ".rs",
        "/tmp",
        "/src",
        "backtrace",
        "room_id",
        "users.",
        "option<",
    ] {
        assert!(!lower.contains(word), "{word:?} in {text}");
    }
}

#[tokio::test]
async fn a_server_without_its_database_is_unavailable_and_says_when_to_come_back() {
    let app = start().await;
    let amber = app.user("amber").await;
    app.app.close().await;
    // With a field that may be null too, whose failure leaves an empty shell of data.
    for query in ["{ rooms { totalCount } }", "{ viewer { id } }"] {
        let asked = post(&app, GRAPHQL, json!({ "query": query }).to_string());
        let got = Got::of(asked.header(AUTHORIZATION, bearer(&amber))).await;
        assert_eq!((got.status, got.code().as_str()), (503, "UNAVAILABLE"), "{query}: {}", got.text);
        assert!(
            got.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1),
            "{:?}",
            got.headers
        );
        assert_shows_nothing(&got.text);
    }
}

#[tokio::test]
async fn no_refusal_shows_code_or_files_or_sql() {
    let app = start().await;
    let amber = app.user("amber").await;
    for query in [
        "{ viewer {",
        "{ nonsense }",
        "query($id: ID!) { room(id: $id) { id } }",
        "{ rooms(first: 99999999999) { totalCount } }",
        "{ rooms(after: \"x\") { totalCount } }",
        "{ room(id: \"'; DROP TABLE users; --\") { id } }",
        "{ users(filter: {search: \"\\u0000%_'\"}) { totalCount } }",
        "mutation { signup(input: {}) { user { id } } }",
        "subscription { messageAdded(roomId: \"x\") { cursor } }",
    ] {
        for caller in [None, Some(&amber)] {
            let mut sent = post(&app, GRAPHQL, json!({ "query": query }).to_string());
            if let Some(caller) = caller {
                sent = sent.header(AUTHORIZATION, bearer(caller));
            }
            let got = Got::of(sent).await;
            assert_shows_nothing(&got.text.replace("DROP TABLE users", ""));
        }
    }
    for path in
        ["/nowhere", "/assets/none.js", "/assets/%ff", "/assets/%2e%2e/%2e%2e/Cargo.toml", "/graphql/x"]
    {
        let got = Got::of(app.http.get(format!("{}{path}", app.base))).await;
        assert_eq!(got.status, 404, "{path}");
        assert_shows_nothing(&got.text);
    }
}

#[tokio::test]
async fn a_request_id_goes_in_and_comes_out_in_the_header_and_in_every_error() {
    let app = start().await;
    let documents = [
        "{ nonsense }",
        "{ viewer {",
        "{ rooms { totalCount } }",
        "{ rooms(first: 99999999999) { totalCount } }",
    ];
    for query in documents {
        let sent =
            post(&app, GRAPHQL, json!({ "query": query }).to_string()).header("x-request-id", "edge-7");
        let got = Got::of(sent).await;
        assert_eq!(got.header("x-request-id"), "edge-7", "{query}");
        assert_eq!(got.json()["errors"][0]["extensions"]["requestId"], "edge-7", "{query}: {}", got.text);
    }
}

#[tokio::test]
async fn a_request_without_an_id_or_with_a_foul_one_gets_a_fresh_one() {
    let app = start().await;
    let mut seen = Vec::new();
    for id in ["", "a b", "a\"b", "${jndi:x}", &"x".repeat(65)] {
        let got = Got::of(post(&app, GRAPHQL, r#"{"query": "{ nope }"}"#).header("x-request-id", id)).await;
        let given = got.header("x-request-id").to_owned();
        assert_ne!(given, id);
        assert_eq!(got.json()["errors"][0]["extensions"]["requestId"], given.as_str());
        assert!(!given.is_empty() && !seen.contains(&given), "{given}");
        seen.push(given);
    }
}

/// The name of a document in Apollo's protocol.
pub fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    sha2::Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_413_and_the_server_goes_on() {
    let app = start().await;
    let sent = post(
        &app,
        GRAPHQL,
        json!({ "query": format!("{{ __typename }} #{}", "x".repeat(10_000_000)) }).to_string(),
    );
    let got = Got::of(sent).await;
    got.assert_refused(413, "PAYLOAD_TOO_LARGE", "10 MB");
    assert_eq!(ask(&app, GRAPHQL, "{ __typename }").await.status, 200);
}

#[tokio::test]
async fn a_body_in_a_content_encoding_is_refused() {
    let app = start().await;
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let sent = post(&app, GRAPHQL, r#"{"query": "{ __typename }"}"#).header(CONTENT_ENCODING, encoding);
        Got::of(sent).await.assert_refused(415, "BAD_INPUT", encoding);
    }
}

#[tokio::test]
async fn every_kind_of_answer_carries_the_headers_that_protect_it() {
    let app = start().await;
    let url = |path: &str| format!("{}{path}", app.base);
    let query = r#"{"query": "{ __typename }"}"#;
    let all = [
        ("200", post(&app, GRAPHQL, query)),
        ("400", post(&app, GRAPHQL, "{")),
        ("401", post(&app, GRAPHQL, query).header(AUTHORIZATION, "Bearer nonsense")),
        ("403", get(&app, &[("query", "{ __typename }")]).header("sec-fetch-site", "cross-site")),
        ("404", app.http.get(url("/nowhere"))),
        ("405", request(&app, Method::PATCH)),
        ("406", post(&app, "image/png", query)),
        ("413", post(&app, GRAPHQL, "x".repeat(1_100_000))),
        ("415", request(&app, Method::POST).body("x")),
        ("200", request(&app, Method::GET).header(ACCEPT, "text/html")),
        ("404", app.http.get(url("/assets/none.js"))),
        ("200", app.http.get(url("/"))),
        ("200", app.http.get(url("/health/live"))),
        ("200", app.http.get(url("/health/ready"))),
        ("200", app.http.get(url("/metrics"))),
        ("200", app.http.get(url("/.well-known/jwks.json"))),
    ];
    for (number, (status, request)) in all.into_iter().enumerate() {
        let got = Got::of(request).await;
        let what = format!("number {number}: {status} {:?}", got.headers);
        assert_eq!(got.status.to_string(), status, "{what}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(got.header("referrer-policy"), "no-referrer", "{what}");
        assert_eq!(got.header("x-frame-options"), "DENY", "{what}");
        assert!(got.header("content-security-policy").contains("default-src 'none'"), "{what}");
        assert!(got.header("content-security-policy").contains("frame-ancestors 'none'"), "{what}");
        assert!(!got.header("x-request-id").is_empty(), "{what}");
        assert_eq!(got.headers.get("server"), None, "{what}");
    }
}

#[tokio::test]
async fn no_answer_of_the_schema_may_be_stored() {
    let app = start().await;
    for query in ["{ __typename }", LOGIN, "{ nonsense }"] {
        let got = ask(&app, GRAPHQL, query).await;
        assert_eq!(got.headers.get(CACHE_CONTROL).unwrap(), "no-store", "{query}");
    }
}

#[tokio::test]
async fn a_server_behind_tls_tells_browsers_to_keep_to_it() {
    let app = TestApp::with(Db::Sqlite, &[("PUBLIC_URL", "https://chat.example")]).await;
    assert!(
        ask(&app, GRAPHQL, "{ __typename }").await.header("strict-transport-security").contains("max-age=")
    );
    let plain = start().await;
    assert_eq!(ask(&plain, GRAPHQL, "{ __typename }").await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_subscription_over_post_is_refused_with_words_that_tell_why() {
    let app = start().await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let body = json!({ "query": "subscription($r: ID!) { messageAdded(roomId: $r) { cursor } }", "variables": { "r": room } });
    let got = Got::of(post(&app, GRAPHQL, body.to_string()).header(AUTHORIZATION, bearer(&amber))).await;
    got.assert_refused(400, "BAD_INPUT", "subscription");
    let message = got.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    for way in ["WebSocket", "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
        assert!(message.contains(way), "{message}");
    }
}

#[tokio::test]
async fn errors_are_told_in_the_language_that_was_asked_for_and_codes_are_not() {
    let app = start().await;
    let english = "Log in first, and send the access token.";
    let spanish = "Inicia sesión primero y envía el token de acceso.";
    for (language, text) in [
        ("es", spanish),
        ("es-MX, en;q=0.5", spanish),
        ("en", english),
        ("fr", english),
        ("", english),
        (";;q", english),
    ] {
        let sent =
            post(&app, GRAPHQL, r#"{"query": "{ rooms { totalCount } }"}"#).header(ACCEPT_LANGUAGE, language);
        let got = Got::of(sent).await;
        assert_eq!(got.json()["errors"][0]["message"], text, "{language}");
        assert_eq!(got.code(), "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_401_and_says_how_to_send_one() {
    let app = start().await;
    for (name, value) in
        [("nonsense", "Bearer nonsense"), ("no token", "Bearer "), ("two tokens", "Bearer a b")]
    {
        let sent = post(&app, GRAPHQL, r#"{"query": "{ viewer { id } }"}"#).header(AUTHORIZATION, value);
        let got = Got::of(sent).await;
        got.assert_refused(401, "UNAUTHENTICATED", name);
        assert_eq!(got.header("www-authenticate"), "Bearer", "{name}");
    }
}

#[tokio::test]
async fn a_credential_of_another_scheme_is_a_proxys_and_none_of_ours() {
    let app = start().await;
    let sent = post(&app, GRAPHQL, r#"{"query": "{ viewer { id } }"}"#).header(AUTHORIZATION, "Basic dTpw");
    let got = Got::of(sent).await;
    assert_eq!((got.status, got.json()), (200, json!({ "data": { "viewer": null } })));
}

#[tokio::test]
async fn allow_is_sent_with_405_alone() {
    let app = start().await;
    assert_eq!(ask(&app, GRAPHQL, "{ nonsense }").await.headers.get(ALLOW), None);
}
