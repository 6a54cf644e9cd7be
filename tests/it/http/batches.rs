//! Several calls in one request, where the operator allows them.

use serde_json::json;

use super::{GRAPHQL, Got, LOGIN, post, sha256, start};
use crate::support::{Db, TestApp};

#[tokio::test]
async fn batches_are_off_unless_they_are_turned_on() {
    let app = start().await;
    for body in ["[]", r#"[{"query": "{ __typename }"}]"#] {
        Got::of(post(&app, GRAPHQL, body)).await.assert_refused(400, "BAD_INPUT", body);
    }
}

async fn batching() -> TestApp {
    TestApp::with(Db::Sqlite, &[("HTTP_BATCH_MAX", "10")]).await
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order_each_call_for_itself() {
    let app = batching().await;
    let body = r#"[{"query": "{ a: __typename }"}, {"query": "{ nonsense }"}, {"query": "query X { b: __typename } query Y { c: __typename }", "operationName": "Y"}]"#;
    let got = Got::of(post(&app, GRAPHQL, body)).await;
    let answers = got.json();
    assert_eq!(got.status, 200);
    assert_eq!(answers[0], json!({ "data": { "a": "Query" } }));
    assert_eq!(answers[1]["errors"][0]["extensions"]["code"], "BAD_INPUT");
    assert!(answers[1].get("data").is_none());
    assert_eq!(answers[2], json!({ "data": { "c": "Query" } }));
}

#[tokio::test]
async fn a_batch_holds_ten_calls_and_not_eleven_nor_none() {
    let app = batching().await;
    let batch = |calls: usize| json!(vec![json!({ "query": "{ __typename }" }); calls]).to_string();
    let ten = Got::of(post(&app, GRAPHQL, batch(10))).await;
    assert_eq!((ten.status, ten.json().as_array().unwrap().len()), (200, 10));
    for calls in [0, 11, 1000] {
        Got::of(post(&app, GRAPHQL, batch(calls))).await.assert_refused(400, "BAD_INPUT", &calls.to_string());
    }
    Got::of(post(&app, GRAPHQL, "[5]")).await.assert_refused(400, "BAD_INPUT", "no object");
}

#[tokio::test]
async fn a_batch_holds_one_login_at_most() {
    let app = batching().await;
    app.user("amber").await;
    let one =
        Got::of(post(&app, GRAPHQL, json!([{ "query": LOGIN }, { "query": "{ __typename }" }]).to_string()))
            .await;
    assert!(one.json()[0]["data"]["login"]["tokens"]["accessToken"].is_string(), "{}", one.text);
    let two = Got::of(post(&app, GRAPHQL, json!([{ "query": LOGIN }, { "query": LOGIN }]).to_string())).await;
    two.assert_refused(400, "BAD_INPUT", "two logins");
}

#[tokio::test]
async fn a_batch_cannot_bring_more_logins_by_a_hash_that_it_registers_itself() {
    let app = batching().await;
    app.user("amber").await;
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256(LOGIN) } });
    let by_hash = json!({ "extensions": extensions });
    let body = json!([by_hash, by_hash, { "query": LOGIN, "extensions": extensions }]);
    let got = Got::of(post(&app, GRAPHQL, body.to_string())).await;
    assert_eq!(got.text.matches("accessToken\":\"").count(), 1, "{}", got.text);
    assert_eq!(got.json()[0]["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
}
