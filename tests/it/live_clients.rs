//! Clients of live delivery from npm, as they come, each in a program of tests/node.

use crate::clients::node;
use crate::support::{Db, TestApp};

/// Runs a program against a server, and looks whether it came to its end.
async fn check(program: &str, settings: &[(&str, &str)], last: &str) {
    let app = TestApp::with(Db::Sqlite, settings).await;
    if let Some(said) = node(program, vec![app.base.clone()]).await {
        assert!(said.contains(last), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_ws_follows_resumes_renews_and_comes_back_after_4403() {
    let brief = [("ACCESS_TOKEN_TTL", "2s"), ("LIVE_RENEW_WARNING", "1s"), ("LIVE_RENEW_GRACE", "500ms")];
    check("graphql-ws.mjs", &brief, "ok 4403 brings the client back with a fresh token").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_transport_ws_follows_and_resumes() {
    check("subscriptions-transport-ws.mjs", &[], "ok a bad token is refused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_sse_follows_and_resumes_in_both_its_modes() {
    let last = "ok single: logging out ends what runs, with the reason";
    check("graphql-sse.mjs", &[], last).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apollo_client_follows_and_resumes_over_multipart() {
    check("apollo-client.mjs", &[], "ok logging out ends it with an error of the transport").await;
}
