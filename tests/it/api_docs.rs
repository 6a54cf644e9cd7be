//! The document of the REST faces, and the two pages that show it.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::Value;

use crate::clients::node;
use crate::http::Got;
use crate::pages;
use crate::support::{Db, TestApp, skip};

async fn get(app: &TestApp, path: &str) -> Got {
    Got::of(app.http.get(format!("{}{path}", app.base))).await
}

async fn document(app: &TestApp) -> Value {
    serde_json::from_str(&get(app, "/api/schema/?format=json").await.text).unwrap()
}

struct Operation<'d> {
    path: &'d str,
    method: Method,
    described: &'d Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, described)| {
            let method = method.to_ascii_uppercase().parse().unwrap();
            Operation { path, method, described }
        })
    });
    operations.collect()
}

#[tokio::test]
async fn the_document_is_yaml_unless_json_is_asked_for() {
    let app = TestApp::start(Db::Sqlite).await;
    for (path, accept, expected) in [
        ("/api/schema/", "*/*", "application/vnd.oai.openapi; charset=utf-8"),
        ("/api/schema", "text/html,*/*;q=0.8", "application/vnd.oai.openapi; charset=utf-8"),
        ("/api/schema/?format=yaml", "application/json", "application/vnd.oai.openapi; charset=utf-8"),
        ("/api/schema/?format=json", "*/*", "application/vnd.oai.openapi+json"),
        ("/api/schema/", "application/json", "application/json"),
    ] {
        let got = Got::of(app.http.get(format!("{}{path}", app.base)).header(ACCEPT, accept)).await;
        assert_eq!((got.status, got.header("content-type")), (200, expected), "{path} {accept}");
        let starts =
            if expected.contains("json") { "{\n  \"openapi\": \"3.1.0\"" } else { "openapi: 3.1.0\n" };
        assert!(got.text.starts_with(starts), "{path} {accept}: {:.40}", got.text);
    }
    assert_eq!(get(&app, "/api/schema/?format=xml").await.status, 404);
}

#[tokio::test]
async fn the_document_is_whole() {
    let app = TestApp::start(Db::Sqlite).await;
    let document = document(&app).await;
    let tags: Vec<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for Operation { path, method, described } in operations(&document) {
        let of = format!("{method} {path}");
        assert!(ids.insert(described["operationId"].as_str().unwrap()), "{of} has another's id");
        assert!(tags.contains(&described["tags"][0].as_str().unwrap()), "{of} has no tag");
        let statuses = described["responses"].as_object().unwrap();
        for status in ["406", "429", "500", "503"] {
            assert!(statuses.contains_key(status), "{of} does not tell of {status}");
        }
        let in_path: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = described["parameters"].as_array().into_iter().flatten();
        let declared: Vec<&str> = parameters
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(in_path, declared, "{of}");
        for scheme in described["security"].as_array().into_iter().flatten() {
            for name in scheme.as_object().unwrap().keys() {
                assert!(document["components"]["securitySchemes"].get(name).is_some(), "{of}: {name}");
            }
        }
    }
    assert!(ids.len() > 25, "only {} operations", ids.len());
    let text = document.to_string();
    let references: BTreeSet<&str> =
        text.split("\"#/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(document.pointer(&format!("/{reference}")).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn every_operation_answers_a_stranger_as_the_document_says() {
    let app = TestApp::start(Db::Sqlite).await;
    let document = document(&app).await;
    for Operation { path, method, described } in operations(&document) {
        let address = format!("{}{}", app.base, path.replace("{id}", "7").replace("{other}", "7"));
        let got = Got::of(app.http.request(method.clone(), address)).await;
        let statuses: Vec<&String> = described["responses"].as_object().unwrap().keys().collect();
        let told = statuses.iter().any(|status| **status == got.status.to_string());
        assert!(told && got.status < 500, "{method} {path}: {} {}", got.status, got.text);
    }
}

#[tokio::test]
async fn the_pages_have_their_policy_at_either_form_of_their_paths() {
    if !pages::are_built() {
        return;
    }
    let app = TestApp::start(Db::Sqlite).await;
    for path in ["/api/docs/", "/api/docs", "/api/redoc/", "/api/redoc"] {
        let page = get(&app, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-eval"), "{path}: {policy}");
        assert!(!page.text.contains("http:") && !page.text.contains("https:"), "{path}: {}", page.text);
        for tag in page.text.split("<script").skip(1) {
            assert!(tag.contains(" src=\"/assets/"), "{path}: {tag}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_pages_show_every_operation_in_a_browser_and_try_them_out() {
    if !Path::new("/usr/bin/chromium").exists() {
        return skip("Chromium is not installed, so the pages about REST were not opened");
    }
    if !pages::are_built() {
        return;
    }
    let app = TestApp::start(Db::Sqlite).await;
    let shots = tempfile::tempdir().unwrap();
    let arguments = vec![app.base.clone(), shots.path().to_str().unwrap().to_owned()];
    if let Some(said) = node("api-docs.mjs", arguments).await {
        assert!(said.contains("both pages show"), "{said}");
    }
}
