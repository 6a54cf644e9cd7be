//! What a client may know of the server before it signs in.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tertulia::graphql::schema::sdl;

use crate::http::sha256;
use crate::on_both;
use crate::support::exchange::with_token;
use crate::support::{Db, TestApp};

const INFO: &str =
    "{ serverInfo { version schemaHash maxTextLength maxUploadBytes maxUploadsPerMessage maxPageSize
    maxQueryCost trustedDocumentsOnly signupOpen languages legacyDialects setupNeeded } }";

async fn info(app: &TestApp) -> Value {
    app.anonymous().ask(INFO, json!({})).await["serverInfo"].take()
}

#[tokio::test]
async fn a_fresh_server_tells_its_defaults() {
    let app = TestApp::start(Db::Sqlite).await;
    assert_eq!(
        info(&app).await,
        json!({
            "version": env!("CARGO_PKG_VERSION"), "schemaHash": sha256(&sdl()), "maxTextLength": 4000,
            "maxUploadBytes": 26_214_400, "maxUploadsPerMessage": 10, "maxPageSize": 200, "maxQueryCost": 20_000,
            "trustedDocumentsOnly": false, "signupOpen": true, "languages": ["en", "es"],
            "legacyDialects": ["chatcrm", "condor", "mrm", "thanchat", "rtca"], "setupNeeded": true,
        })
    );
}

#[tokio::test]
async fn what_is_told_follows_the_settings() {
    let settings = [
        ("CHAT_TEXT_CHARS_MAX", "70"),
        ("MEDIA_FILE_BYTES_MAX", "2000"),
        ("MEDIA_ATTACHMENTS_MAX", "3"),
        ("CHAT_PAGE_MAX", "100"),
        ("GRAPHQL_COST_MAX", "900"),
        ("SIGNUP", "off"),
        ("REST_DIALECTS", "mrm"),
    ];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let told = info(&app).await;
    for (field, value) in [
        ("maxTextLength", json!(70)),
        ("maxUploadBytes", json!(2000)),
        ("maxUploadsPerMessage", json!(3)),
        ("maxPageSize", json!(100)),
        ("maxQueryCost", json!(900)),
        ("signupOpen", json!(false)),
        ("legacyDialects", json!(["mrm"])),
    ] {
        assert_eq!(told[field], value, "{field}");
    }
}

#[tokio::test]
async fn a_server_of_trusted_documents_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("documents.json");
    let hash = sha256(INFO);
    std::fs::write(&manifest, json!({ hash.as_str(): INFO }).to_string()).unwrap();
    let settings = [("TRUSTED_DOCUMENTS", manifest.to_str().unwrap()), ("TRUSTED_DOCUMENTS_ONLY", "on")];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let told = with_document(&app, &hash).await;
    assert_eq!(told["data"]["serverInfo"]["trustedDocumentsOnly"], json!(true), "{told}");
}

/// Runs a document that the operator has named.
async fn with_document(app: &TestApp, id: &str) -> Value {
    let body = json!({ "documentId": format!("sha256:{id}") }).to_string();
    let request = app.http.post(format!("{}/graphql", app.base)).header("content-type", "application/json");
    request.body(body).send().await.unwrap().json().await.unwrap()
}

on_both! {
    async fn a_server_waits_to_be_set_up_until_there_is_an_administrator(app) {
        app.user("amber").await;
        assert_eq!(info(&app).await["setupNeeded"], json!(true), "anyone else does not do");
        app.admin("dora").await;
        assert_eq!(info(&app).await["setupNeeded"], json!(false));
    }
}

#[tokio::test]
async fn a_stale_token_does_not_hide_what_everyone_may_know() {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    app.pass(TimeDelta::hours(1));
    let told =
        with_token(&app, amber.token.as_deref().unwrap(), "{ serverInfo { version } }", json!({})).await;
    assert_eq!((told.status, told.code()), (200, ""));
    assert_eq!(told.payload()["version"], env!("CARGO_PKG_VERSION"));
}
