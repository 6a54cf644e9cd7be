//! Two rules of the executor that releases of the library have broken, on a schema of the test's own.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Result, Schema};
use serde_json::json;
use tokio::sync::Notify;

#[derive(Default)]
struct Root {
    fast_is_done: Notify,
}

struct Branch<'r>(&'r Root);

#[Object]
impl Root {
    async fn o(&self) -> Option<Branch<'_>> {
        Some(Branch(self))
    }
}

#[Object]
impl Branch<'_> {
    async fn slow(&self) -> i32 {
        self.0.fast_is_done.notified().await;
        1
    }

    async fn fast(&self) -> i32 {
        self.0.fast_is_done.notify_one();
        2
    }

    #[expect(clippy::unused_async, reason = "a resolver is async")]
    async fn bad(&self) -> Result<i32> {
        Err("no".into())
    }

    async fn perhaps(&self) -> Option<Result<i32>> {
        Some(Err("no".into()))
    }
}

async fn run(query: &str) -> async_graphql::Response {
    Schema::new(Root::default(), EmptyMutation, EmptySubscription).execute(query).await
}

#[tokio::test]
async fn keys_come_in_the_order_of_the_query_whatever_finishes_first() {
    let answer = run("{ o { slow fast } }").await;
    assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"data":{"o":{"slow":1,"fast":2}}}"#);
}

#[tokio::test]
async fn a_failing_non_null_field_nulls_its_parent() {
    let answer = serde_json::to_value(run("{ o { fast bad } }").await).unwrap();
    assert_eq!(answer["data"], json!({ "o": null }), "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["o", "bad"]), "{answer}");
}

#[tokio::test]
async fn a_failing_nullable_field_is_null_beside_its_siblings() {
    let answer = serde_json::to_value(run("{ o { fast perhaps } }").await).unwrap();
    assert_eq!(answer["data"], json!({ "o": { "fast": 2, "perhaps": null } }), "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["o", "perhaps"]), "{answer}");
}
