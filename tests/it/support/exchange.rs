//! One request with headers of the test's choosing, and all of its answer.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Value, json};

use super::TestApp;

/// What came back.
#[derive(Debug)]
pub struct Exchange {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Sends one operation to the schema.
pub async fn exchange(app: &TestApp, headers: &[(&str, &str)], query: &str, variables: Value) -> Exchange {
    let mut all = HeaderMap::new();
    all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        all.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    if !all.contains_key(ACCEPT) {
        all.insert(ACCEPT, HeaderValue::from_static("application/graphql-response+json"));
    }
    let body = json!({ "query": query, "variables": variables }).to_string();
    let answer = app.http.post(format!("{}/graphql", app.base)).headers(all).body(body).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Exchange { status, headers, body: answer.json().await.unwrap() }
}

/// The same with a token.
pub async fn with_token(app: &TestApp, token: &str, query: &str, variables: Value) -> Exchange {
    exchange(app, &[("authorization", &format!("Bearer {token}"))], query, variables).await
}

impl Exchange {
    /// The code of the first top-level error; empty when there is none.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// The payload of the one field that was asked for.
    pub fn payload(&self) -> &Value {
        let data = self.body["data"].as_object().unwrap_or_else(|| panic!("no data: {:#}", self.body));
        data.values().next().unwrap()
    }

    /// The code of the payload's first error; empty when it has none.
    pub fn payload_code(&self) -> &str {
        self.payload()["errors"][0]["code"].as_str().unwrap_or_default()
    }

    /// The answer without what differs from one request to the next.
    pub fn shape(&self) -> Value {
        let mut body = self.body.clone();
        for error in body["errors"].as_array_mut().into_iter().flatten() {
            error["extensions"]["requestId"] = Value::Null;
        }
        json!({ "status": self.status, "body": body })
    }

    /// Fails unless this is a refusal for haste that says when to come back, the same way twice.
    pub fn assert_throttled(&self) -> u64 {
        assert_eq!((self.status, self.code()), (429, "RATE_LIMITED"), "{:#}", self.body);
        let wait_ms = self.body["errors"][0]["extensions"]["retryAfterMs"].as_u64().unwrap();
        let seconds: u64 = self.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!(wait_ms >= 1 && seconds == wait_ms.div_ceil(1000), "{wait_ms} ms and {seconds} s");
        wait_ms
    }
}

/// Logs in; the variables are those of [`login`].
pub const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) {
    user { id username email }
    tokens { accessToken accessExpiresAt refreshToken refreshExpiresAt }
    errors { code message path } } }";

pub fn login(name: &str, password: &str) -> Value {
    json!({ "input": { "usernameOrEmail": name, "password": password } })
}
