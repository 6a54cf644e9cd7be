//! The pages of examples/, built and served from an origin of their own, in a browser with two people.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::clients::{at, node};
use crate::support::{Db, TestApp, skip};

const EXAMPLES: [&str; 3] = ["apollo", "urql", "relay"];

fn built(example: &str) -> PathBuf {
    at("examples").join(example).join("dist")
}

/// One file of a built page.
async fn file(extract::Path((example, path)): extract::Path<(String, String)>) -> Response {
    let known = EXAMPLES.contains(&example.as_str()) && !path.contains("..");
    let kind = match Path::new(&path).extension().and_then(|ending| ending.to_str()) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "text/html",
    };
    match std::fs::read(built(&example).join(path)) {
        Ok(bytes) if known => ([(CONTENT_TYPE, kind)], bytes).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn page(extract::Path(example): extract::Path<String>) -> Response {
    file(extract::Path((example, "index.html".to_owned()))).await
}

/// Serves the pages, and gives their origin.
async fn serve_pages() -> String {
    let pages = Router::new().route("/{example}/", get(page)).route("/{example}/{*path}", get(file));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
    origin
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_talk_over_each_example_and_come_back_complete() {
    if !Path::new("/usr/bin/chromium").exists() {
        return skip("Chromium is not installed, so the examples were not opened");
    }
    if !EXAMPLES.iter().all(|example| built(example).join("index.html").exists()) {
        return skip("the examples are not built (npm ci and npm run check in examples/ do it)");
    }
    let pages = serve_pages().await;
    // Every socket outlives several tokens.
    let settings = [
        ("ALLOWED_ORIGINS", pages.as_str()),
        ("ACCESS_TOKEN_TTL", "3s"),
        ("LIVE_RENEW_WARNING", "2s"),
        ("LIVE_RENEW_GRACE", "5s"),
    ];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let shots = tempfile::tempdir().unwrap();
    let arguments = vec![app.base.clone(), shots.path().to_str().unwrap().to_owned(), pages];
    if let Some(said) = node("examples.mjs", arguments).await {
        assert!(said.contains("all three list, page back, stay live and come back complete"), "{said}");
    }
}
