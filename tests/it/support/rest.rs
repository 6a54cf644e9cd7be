//! A caller of the REST dialects that sends what it is told, and keeps no cookies of its own.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::TestApp;

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body<'b> {
    Nothing,
    Json(Value),
    Form(&'b [(&'b str, &'b str)]),
    /// A content type, and the bytes as they are.
    Raw(&'b str, &'b str),
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The whole of a `Set-Cookie` line.
    pub fn cookie_line(&self, name: &str) -> Option<String> {
        let mut lines =
            self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
        lines.find(|line| line.starts_with(&format!("{name}=")))
    }

    /// The value that a cookie was set to.
    pub fn cookie(&self, name: &str) -> String {
        let line = self.cookie_line(name).unwrap_or_else(|| panic!("{name} was not set: {self:?}"));
        line.split(';').next().unwrap()[name.len() + 1..].to_owned()
    }

    /// The status and the body, which is JSON.
    pub fn both(&self) -> (u16, Value) {
        (self.status, self.json())
    }
}

/// Sends one request.
pub async fn send(
    app: &TestApp,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Body<'_>,
) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = app.http.request(method, format!("{}{path}", app.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = match body {
        Body::Nothing => request,
        Body::Json(value) => request.header(CONTENT_TYPE, "application/json").body(value.to_string()),
        Body::Form(pairs) => {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(text)
        }
        Body::Raw(kind, text) => request.header(CONTENT_TYPE, kind).body(text.to_owned()),
    };
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}
