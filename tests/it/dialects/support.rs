//! What the tests of the dialects share: a caller over REST, and a client of their sockets.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::TestApp;
use crate::support::raw::PATIENCE;

/// A caller of one server, perhaps with headers that go with each request.
#[derive(Clone)]
pub struct Legacy {
    http: reqwest::Client,
    pub base: String,
    headers: HeaderMap,
}

/// A body in one of the forms that the originals read.
#[derive(Debug, Clone)]
pub enum Body {
    None,
    Json(Value),
    /// As it is, with its content type.
    Raw(&'static str, String),
    Form(Vec<(&'static str, String)>),
    Multipart(Vec<Part>),
}

/// A field of a multipart body, or a file.
#[derive(Debug, Clone)]
pub enum Part {
    Field(&'static str, String),
    File(&'static str, &'static str, Vec<u8>),
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    /// Null where it is no JSON.
    pub body: Value,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless this is exactly the answer.
    #[track_caller]
    pub fn is(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.body), (status, body), "{}", self.text);
    }
}

impl Legacy {
    pub fn of(app: &TestApp) -> Self {
        Self { http: app.http.clone(), base: app.base.clone(), headers: HeaderMap::new() }
    }

    /// The same caller under a path, such as `/compat/mrm`.
    pub fn under(&self, prefix: &str) -> Self {
        Self { base: format!("{}{prefix}", self.base), ..self.clone() }
    }

    /// The same caller with one more header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        Self { headers, ..self.clone() }
    }

    /// The same caller with the whole value of `Authorization`.
    pub fn authorized(&self, value: &str) -> Self {
        self.with(AUTHORIZATION.as_str(), value)
    }

    /// What goes with each request under this name.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub async fn call(&self, method: Method, path: &str, body: Body) -> Reply {
        let mut request =
            self.http.request(method, format!("{}{path}", self.base)).headers(self.headers.clone());
        request = match body {
            Body::None => request,
            Body::Json(value) => request.header(CONTENT_TYPE, "application/json").body(value.to_string()),
            Body::Raw(media, text) => request.header(CONTENT_TYPE, media).body(text),
            Body::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                let form = form.extend_pairs(fields).finish();
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
            }
            Body::Multipart(parts) => request
                .header(CONTENT_TYPE, "multipart/form-data; boundary=the-boundary")
                .body(multipart(&parts)),
        };
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Reply { status, headers, body, text }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Body::None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Body::Json(body)).await
    }

    pub async fn send(&self, path: &str, body: Body) -> Reply {
        self.call(Method::POST, path, body).await
    }
}

fn multipart(parts: &[Part]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        let (head, bytes) = match part {
            Part::Field(name, text) => (format!("name=\"{name}\""), text.as_bytes()),
            Part::File(name, file, bytes) => {
                (format!("name=\"{name}\"; filename=\"{file}\""), bytes.as_slice())
            }
        };
        let head = format!("--the-boundary\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--the-boundary--\r\n");
    out
}

/// An open socket of a dialect.
pub struct Wire(WebSocketStream<TcpStream>);

impl Wire {
    /// Shakes hands; fails with the status of a refusal.
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match client_async(request, TcpStream::connect(address).await.unwrap()).await {
            Ok((inner, _)) => Ok(Self(inner)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.frame(Message::text(message.to_string())).await;
    }

    pub async fn frame(&mut self, frame: Message) {
        timeout(PATIENCE, self.0.send(frame)).await.expect("the server does not read").unwrap();
    }

    /// The next message as it is.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.as_str().to_owned(),
            other => panic!("no message but {other:?}"),
        }
    }

    pub async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The next message that is wanted; others are passed over.
    pub async fn hear_one(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.hear().await;
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Reads on to the server's close, and gives its code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.expect("a close without a code").code.into();
            }
        }
    }

    async fn next(&mut self) -> Message {
        loop {
            let next = timeout(PATIENCE, self.0.next()).await.expect("the server says nothing");
            match next.expect("the connection ended without a close").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }
}
