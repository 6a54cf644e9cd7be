//! Documents by hash and by name: Apollo's automatic persisted queries, and the operator's manifest.

use serde_json::{Value, json};

use crate::http::{GRAPHQL, Got, JSON, post, request, sha256};
use crate::support::{Db, TestApp};

const QUERY: &str = "query Known { __typename }";

fn apq(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn send(app: &TestApp, body: Value) -> Got {
    Got::of(post(app, GRAPHQL, body.to_string())).await
}

async fn by_get(app: &TestApp, parameters: &[(&str, &str)]) -> Got {
    Got::of(request(app, reqwest::Method::GET).header("accept", GRAPHQL).query(parameters)).await
}

fn assert_ran(got: &Got) {
    assert_eq!((got.status, got.json()), (200, json!({ "data": { "__typename": "Query" } })));
}

#[tokio::test]
async fn an_unknown_hash_is_answered_in_the_words_that_apollo_compares() {
    let app = TestApp::start(Db::Sqlite).await;
    for (media, status) in [(GRAPHQL, 400), (JSON, 200)] {
        let got = Got::of(post(&app, media, json!({ "extensions": apq(&sha256(QUERY)) }).to_string())).await;
        got.assert_refused(status, "PERSISTED_QUERY_NOT_FOUND", media);
        assert_eq!(got.json()["errors"][0]["message"], "PersistedQueryNotFound");
    }
}

#[tokio::test]
async fn a_hash_sent_once_with_its_text_runs_without_it_from_then_on() {
    let app = TestApp::start(Db::Sqlite).await;
    let extensions = apq(&sha256(QUERY));
    assert_ran(&send(&app, json!({ "query": QUERY, "extensions": extensions })).await);
    assert_ran(&send(&app, json!({ "extensions": extensions })).await);
    assert_ran(&by_get(&app, &[("extensions", extensions.to_string().as_str())]).await);
}

#[tokio::test]
async fn a_text_sent_without_its_hash_is_known_by_it_too() {
    let app = TestApp::start(Db::Sqlite).await;
    assert_ran(&send(&app, json!({ "query": QUERY })).await);
    assert_ran(&send(&app, json!({ "extensions": apq(&sha256(QUERY)) })).await);
}

#[tokio::test]
async fn a_get_registers_a_query_as_a_post_does() {
    let app = TestApp::start(Db::Sqlite).await;
    let extensions = apq(&sha256(QUERY)).to_string();
    assert_eq!(by_get(&app, &[("extensions", &extensions)]).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_ran(&by_get(&app, &[("query", QUERY), ("extensions", &extensions)]).await);
    assert_ran(&by_get(&app, &[("extensions", &extensions)]).await);
}

#[tokio::test]
async fn a_hash_of_another_text_is_refused_and_not_kept() {
    let app = TestApp::start(Db::Sqlite).await;
    let other = sha256("{ viewer { id } }");
    send(&app, json!({ "query": QUERY, "extensions": apq(&other) })).await.assert_refused(
        400,
        "BAD_INPUT",
        "mismatch",
    );
    send(&app, json!({ "extensions": apq(&other) })).await.assert_refused(
        400,
        "PERSISTED_QUERY_NOT_FOUND",
        "other",
    );
    send(&app, json!({ "extensions": apq(&sha256(QUERY)) })).await.assert_refused(
        400,
        "PERSISTED_QUERY_NOT_FOUND",
        "text",
    );
}

#[tokio::test]
async fn a_malformed_extension_is_bad_input() {
    let app = TestApp::start(Db::Sqlite).await;
    for persisted in [
        json!(5),
        json!([]),
        json!({}),
        json!({ "version": 2, "sha256Hash": sha256(QUERY) }),
        json!({ "version": 1 }),
        json!({ "version": 1, "sha256Hash": 5 }),
        json!({ "sha256Hash": sha256(QUERY) }),
    ] {
        let got = send(&app, json!({ "query": QUERY, "extensions": { "persistedQuery": persisted } })).await;
        got.assert_refused(400, "BAD_INPUT", &persisted.to_string());
    }
}

#[tokio::test]
async fn a_registered_document_keeps_to_the_guard_each_time() {
    let app = TestApp::start(Db::Sqlite).await;
    let dear = "query($n: Int) { rooms(first: $n) { nodes { messages(first: $n) { nodes { id } } } } }";
    let extensions = apq(&sha256(dear));
    send(&app, json!({ "query": dear, "extensions": extensions, "variables": { "n": 2 } })).await;
    send(&app, json!({ "extensions": extensions, "variables": { "n": 200 } })).await.assert_refused(
        400,
        "QUERY_TOO_COMPLEX",
        "by hash",
    );
}

#[tokio::test]
async fn a_mutation_by_its_hash_is_still_none_for_get() {
    let app = TestApp::start(Db::Sqlite).await;
    let logout = "mutation { logout(input: {}) { loggedOut } }";
    let extensions = apq(&sha256(logout));
    send(&app, json!({ "query": logout, "extensions": extensions })).await;
    let got = by_get(&app, &[("extensions", extensions.to_string().as_str())]).await;
    assert_eq!((got.status, got.header("allow")), (405, "POST"), "{}", got.text);
}

const TRUSTED: &str = "query Trusted { __typename }";

/// A server with one trusted document, under a name of its own and under its hash.
async fn trusting(only: &str) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("documents.json");
    let hashed = format!("sha256:{}", sha256(TRUSTED));
    std::fs::write(&manifest, json!({ "trusted-1": TRUSTED, hashed: TRUSTED }).to_string()).unwrap();
    // Read once, at the start.
    TestApp::with(
        Db::Sqlite,
        &[("TRUSTED_DOCUMENTS", manifest.to_str().unwrap()), ("TRUSTED_DOCUMENTS_ONLY", only)],
    )
    .await
}

#[tokio::test]
async fn a_trusted_document_runs_by_name_by_hash_and_by_text() {
    for only in ["off", "on"] {
        let app = trusting(only).await;
        let hash = sha256(TRUSTED);
        assert_ran(&send(&app, json!({ "documentId": "trusted-1" })).await);
        assert_ran(&send(&app, json!({ "documentId": format!("sha256:{hash}") })).await);
        assert_ran(&send(&app, json!({ "documentId": hash })).await);
        assert_ran(&send(&app, json!({ "extensions": apq(&hash) })).await);
        assert_ran(&send(&app, json!({ "query": TRUSTED })).await);
        assert_ran(&send(&app, json!({ "query": TRUSTED, "documentId": "trusted-1" })).await);
        assert_ran(&by_get(&app, &[("documentId", "trusted-1")]).await);
    }
}

#[tokio::test]
async fn a_server_that_trusts_only_its_manifest_refuses_everything_else() {
    let app = trusting("on").await;
    for body in [
        json!({ "query": QUERY }),
        json!({ "query": format!("{TRUSTED} ") }),
        json!({ "query": "{ viewer {" }),
        json!({ "documentId": "nothing" }),
        json!({ "extensions": apq(&sha256(QUERY)) }),
        json!({ "query": QUERY, "extensions": apq(&sha256(QUERY)) }),
        json!({ "query": "{ __schema { types { name } } }" }),
    ] {
        send(&app, body.clone()).await.assert_refused(400, "DOCUMENT_NOT_TRUSTED", &body.to_string());
    }
    assert_eq!(by_get(&app, &[("query", QUERY)]).await.code(), "DOCUMENT_NOT_TRUSTED");
}

#[tokio::test]
async fn a_server_that_trusts_others_too_runs_them() {
    let app = trusting("off").await;
    assert_ran(&send(&app, json!({ "query": QUERY })).await);
    send(&app, json!({ "documentId": "nothing" })).await.assert_refused(400, "NOT_FOUND", "unknown name");
}

#[tokio::test]
async fn a_name_and_a_text_that_disagree_are_refused() {
    let app = trusting("off").await;
    let body = json!({ "query": QUERY, "documentId": "trusted-1" });
    send(&app, body).await.assert_refused(400, "BAD_INPUT", "another text");
    let body = json!({ "documentId": "trusted-1", "extensions": apq(&sha256(QUERY)) });
    send(&app, body).await.assert_refused(400, "BAD_INPUT", "another hash");
}
