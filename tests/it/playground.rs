//! The pages inside the binary: which requests get them, with which headers.

use std::path::Path;

use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Method, RequestBuilder};

use crate::http::{Got, request};
use crate::support::{Db, TestApp, skip};

/// As Chromium and Firefox send it.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist")
}

/// A server with its pages, where they are built.
async fn start() -> Option<TestApp> {
    if !folder().join("playground.html").exists() {
        skip("web/dist is not built, so the pages were not looked at");
        return None;
    }
    Some(TestApp::start(Db::Sqlite).await)
}

fn open(app: &TestApp) -> RequestBuilder {
    request(app, Method::GET).header(ACCEPT, BROWSER)
}

fn file(app: &TestApp, path: &str) -> RequestBuilder {
    app.http.get(format!("{}{path}", app.base))
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

/// The files that a page names.
fn named(page: &str) -> Vec<String> {
    let parts = page.split('"').filter(|part| part.starts_with("/assets/"));
    parts.map(str::to_owned).collect()
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
async fn every_asset_has_the_type_of_its_kind() {
    let Some(app) = start().await else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder().join("assets")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let expected = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript",
            "css" => "text/css",
            "svg" => "image/svg+xml",
            "ttf" => "font/ttf",
            other => panic!("which type has .{other}?"),
        };
        let response = file(&app, &format!("/assets/{name}")).send().await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind.split(';').next().unwrap(), expected, "{name}");
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

#[tokio::test]
async fn what_is_no_asset_is_404_and_not_kept() {
    let Some(app) = start().await else { return };
    for path in [
        "/assets/none.js",
        "/assets/",
        "/assets/%2e%2e/playground.html",
        "/assets/..%2fplayground.html",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets//etc/passwd",
        "/assets/%ff",
        "/assets/%00",
        "/playground.html",
    ] {
        let got = Got::of(file(&app, path)).await;
        assert_eq!(got.status, 404, "{path}: {}", got.text);
        assert_eq!(got.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn dots_that_no_browser_sends_lead_nowhere() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Some(app) = start().await else { return };
    for path in
        ["/assets/../playground.html", "/assets/../../package.json", "/assets/../../../../../../etc/passwd"]
    {
        let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_root_leads_to_the_playground() {
    let app = TestApp::start(Db::Sqlite).await;
    let got = Got::of(file(&app, "/")).await;
    assert_eq!((got.status, got.headers.get(LOCATION).unwrap().to_str().unwrap()), (307, "/graphql"));
}

#[tokio::test]
async fn a_head_says_of_the_page_what_a_get_does() {
    let Some(app) = start().await else { return };
    let head = Got::of(request(&app, Method::HEAD).header(ACCEPT, BROWSER)).await;
    let get = Got::of(open(&app)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), get.header("content-type"));
    assert_eq!(head.header("content-security-policy"), get.header("content-security-policy"));
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
