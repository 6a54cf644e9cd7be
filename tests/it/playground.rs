//! The playground: which requests get it, with which headers.

use reqwest::header::ACCEPT;
use reqwest::{Method, RequestBuilder};

use crate::http::{Got, request};
use crate::pages::{BROWSER, file, named, start};
use crate::support::{Db, TestApp};

fn open(app: &TestApp) -> RequestBuilder {
    request(app, Method::GET).header(ACCEPT, BROWSER)
}

#[tokio::test]
async fn a_browser_gets_the_page_with_its_policy() {
    let Some(app) = start().await else { return };
    let page = Got::of(open(&app)).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    assert!(page.text.contains("<title>Tertulia"), "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|directive| directive == part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe-eval") && !policy.contains("http") && !policy.contains('*'), "{policy}");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_holds_no_script_of_its_own() {
    let Some(app) = start().await else { return };
    let page = Got::of(open(&app)).await.text;
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("\"//"), "{page}");
    for tag in page.split("<script").skip(1) {
        assert!(tag.contains(" src=\"/assets/"), "{tag}");
    }
}

#[tokio::test]
async fn every_file_the_page_names_is_there_for_ever() {
    let Some(app) = start().await else { return };
    let files = named(&Got::of(open(&app)).await.text);
    assert!(files.len() >= 3, "{files:?}");
    for path in files {
        let got = Got::of(file(&app, &path)).await;
        assert_eq!(got.status, 200, "{path}");
        assert_eq!(got.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn a_head_says_of_the_page_what_a_get_does() {
    let Some(app) = start().await else { return };
    let head = Got::of(request(&app, Method::HEAD).header(ACCEPT, BROWSER)).await;
    let get = Got::of(open(&app)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), get.header("content-type"));
    assert_eq!(head.header("content-security-policy"), get.header("content-security-policy"));
    assert_eq!(head.header("etag"), get.header("etag"));
}

#[tokio::test]
async fn a_link_from_elsewhere_opens_the_page() {
    let Some(app) = start().await else { return };
    let got =
        Got::of(open(&app).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate")).await;
    assert_eq!(got.status, 200);
}

#[tokio::test]
async fn a_browser_that_asks_a_query_gets_its_answer_and_no_page() {
    let app = TestApp::start(Db::Sqlite).await;
    let got = Got::of(open(&app).query(&[("query", "{ __typename }")])).await;
    assert_eq!((got.status, got.text.as_str()), (200, r#"{"data":{"__typename":"Query"}}"#));
}

#[tokio::test]
async fn a_program_that_takes_json_first_gets_no_page() {
    let app = TestApp::start(Db::Sqlite).await;
    for accept in ["application/json", "application/json, text/html", "*/*"] {
        let got = Got::of(request(&app, Method::GET).header(ACCEPT, accept)).await;
        got.assert_refused(400, "BAD_INPUT", accept);
    }
}
