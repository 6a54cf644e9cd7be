//! Which web pages may send requests, and which may read the answers.

use reqwest::header::{CONTENT_TYPE, ORIGIN};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::{GRAPHQL, Got, SIGNUP, get, post, request, signed_up, start};
use crate::support::{Db, TestApp};

#[tokio::test]
async fn a_request_that_a_foreign_page_may_have_sent_is_403_and_does_not_run() {
    let app = start().await;
    let cross = ("sec-fetch-site", "cross-site");
    let evil = ("origin", "https://evil.example");
    for (name, headers) in [
        ("an image", &[cross][..]),
        ("a page of a sister domain", &[("sec-fetch-site", "same-site")]),
        ("an older browser", &[evil]),
        ("a sandboxed page", &[("origin", "null")]),
        ("a look-alike", &[("origin", "http://127.0.0.1.evil.example")]),
        ("another port", &[("origin", "http://127.0.0.1:1")]),
        ("an ambient credential", &[cross, ("authorization", "Basic dTpw")]),
    ] {
        let with = |request: RequestBuilder| {
            headers.iter().fold(request, |r, (name, value)| r.header(*name, *value))
        };
        let got = Got::of(with(get(&app, &[("query", "{ __typename }")]))).await;
        got.assert_refused(403, "FORBIDDEN", name);
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let sent = request(&app, Method::POST).header(CONTENT_TYPE, kind);
            let got = Got::of(with(sent.body(json!({ "query": SIGNUP }).to_string()))).await;
            got.assert_refused(403, "FORBIDDEN", name);
            assert!(got.text.contains("Apollo-Require-Preflight"), "it says what to send: {}", got.text);
        }
    }
    assert!(!signed_up(&app).await);
}

#[tokio::test]
async fn a_request_that_no_foreign_page_can_send_unasked_runs() {
    let app = TestApp::with(Db::Sqlite, &[("ALLOWED_ORIGINS", "https://app.example")]).await;
    let cross = ("sec-fetch-site", "cross-site");
    let evil = ("origin", "https://evil.example");
    let own = app.base.clone();
    for (name, headers) in [
        ("no browser", &[][..]),
        ("our own page", &[("sec-fetch-site", "same-origin")]),
        ("our own page in an older browser", &[("origin", own.as_str())]),
        ("the address bar", &[("sec-fetch-site", "none")]),
        ("an allowed page", &[cross, ("origin", "https://app.example")]),
        ("a preflighted header", &[cross, evil, ("apollo-require-preflight", "1")]),
        ("a preflighted token", &[cross, evil, ("x-requested-with", "fetch")]),
    ] {
        let sent = headers
            .iter()
            .fold(get(&app, &[("query", "{ __typename }")]), |r, (name, value)| r.header(*name, *value));
        assert_eq!(Got::of(sent).await.status, 200, "{name}");
    }
    let preflighted =
        post(&app, GRAPHQL, r#"{"query": "{ __typename }"}"#).header(cross.0, cross.1).header(evil.0, evil.1);
    assert_eq!(
        Got::of(preflighted).await.status,
        200,
        "JSON was preflighted, and the browser keeps the answer"
    );
}

async fn preflight(app: &TestApp, origin: &str) -> Got {
    let asked = request(app, Method::OPTIONS).header(ORIGIN, origin);
    let asked = asked.header("access-control-request-method", "POST");
    Got::of(asked.header("access-control-request-headers", "content-type,authorization")).await
}

#[tokio::test]
async fn an_allowed_page_is_granted_what_it_needs_and_no_credentials() {
    let app = TestApp::with(Db::Sqlite, &[("ALLOWED_ORIGINS", "https://app.example")]).await;
    let granted = preflight(&app, "https://app.example").await;
    assert_eq!((granted.status, granted.header("access-control-allow-origin")), (200, "https://app.example"));
    let headers = granted.header("access-control-allow-headers").to_lowercase();
    assert!(headers.contains("content-type") && headers.contains("authorization"), "{headers}");
    for name in ["last-event-id", "x-graphql-event-stream-token"] {
        assert!(headers.contains(name), "{headers}");
    }
    for method in ["GET", "POST", "PUT", "DELETE"] {
        assert!(granted.header("access-control-allow-methods").contains(method), "{method}");
    }
    assert_eq!(granted.header("access-control-allow-credentials"), "");
    let sent = post(&app, GRAPHQL, r#"{"query": "{ __typename }"}"#).header(ORIGIN, "https://app.example");
    let got = Got::of(sent).await;
    assert_eq!((got.status, got.header("access-control-allow-origin")), (200, "https://app.example"));
    let vary: Vec<&str> = got.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.join(",").to_lowercase().contains("origin"), "caches keep origins apart: {vary:?}");
}

#[tokio::test]
async fn a_foreign_page_is_granted_nothing() {
    for allowed in ["https://app.example", ""] {
        let app = TestApp::with(Db::Sqlite, &[("ALLOWED_ORIGINS", allowed)]).await;
        for origin in
            ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"]
        {
            let refused = preflight(&app, origin).await;
            assert_eq!(refused.header("access-control-allow-origin"), "", "{origin}");
            let sent = post(&app, GRAPHQL, r#"{"query": "{ __typename }"}"#).header(ORIGIN, origin);
            assert_eq!(Got::of(sent).await.header("access-control-allow-origin"), "", "{origin}");
        }
    }
}
