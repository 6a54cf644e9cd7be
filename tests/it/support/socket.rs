//! A client of GraphQL over WebSocket that does only what it is told.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::raw::PATIENCE;
use super::{Caller, TestApp};

pub const MODERN: &str = "graphql-transport-ws";
pub const LEGACY: &str = "graphql-ws";

/// An open socket.
pub struct Socket {
    inner: WebSocketStream<TcpStream>,
    /// The sub-protocol that the server chose.
    pub protocol: Option<String>,
}

impl Socket {
    /// Shakes hands, with a sub-protocol and further headers; fails with the status of a refusal.
    pub async fn open(app: &TestApp, offered: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        Self::open_at(app.address, offered, headers).await
    }

    /// The same, to a server or a proxy by its address.
    pub async fn open_at(address: SocketAddr, offered: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        Self::open_path(address, "/graphql", offered, headers).await
    }

    /// The same at another path, for the sockets of dialects.
    pub async fn open_path(
        address: SocketAddr,
        path: &str,
        offered: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        let offer = (!offered.is_empty()).then_some(("sec-websocket-protocol", offered));
        for (name, value) in headers.iter().copied().chain(offer) {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match client_async(request, connect(address).await).await {
            Ok((inner, response)) => {
                let chosen = response.headers().get("sec-websocket-protocol");
                let protocol = chosen.map(|name| name.to_str().unwrap().to_owned());
                Ok(Self { inner, protocol })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A socket whose `connection_init` was accepted.
    pub async fn ready(app: &TestApp, token: Option<&str>) -> Self {
        Self::ready_at(app.address, token).await
    }

    pub async fn ready_at(address: SocketAddr, token: Option<&str>) -> Self {
        let mut socket = Self::open_at(address, MODERN, &[]).await.unwrap();
        let payload = token.map(|token| json!({ "Authorization": format!("Bearer {token}") }));
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn say(&mut self, message: Value) {
        self.frame(Message::text(message.to_string())).await;
    }

    pub async fn frame(&mut self, frame: Message) {
        timeout(PATIENCE, self.inner.send(frame)).await.expect("the server does not read").unwrap();
    }

    /// Bytes that are no frames, or none that a client would send.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        self.inner.get_mut().write_all(bytes).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// A socket of someone, with one subscription.
    pub async fn follow(app: &TestApp, caller: &Caller, query: &str, variables: Value) -> Self {
        let mut socket = Self::ready(app, caller.token.as_deref()).await;
        socket.subscribe("s", query, variables).await;
        socket
    }

    /// What the next result has under its root field.
    pub async fn told(&mut self) -> Value {
        let mut message = self.hear_past_pings().await;
        assert_eq!(message["type"], "next", "{message}");
        let data = message["payload"]["data"].as_object_mut().unwrap_or_else(|| panic!("no data"));
        data.values_mut().next().unwrap().take()
    }

    /// The next event of this type; what comes before it is passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.told().await;
            if event["__typename"] == kind {
                return event;
            }
        }
    }

    /// The next message; frames of WebSocket's own kinds are passed over.
    pub async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("no message but {other:?}"),
        }
    }

    /// The next message, which need not be JSON.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.as_str().to_owned(),
            other => panic!("no message but {other:?}"),
        }
    }

    /// The next message that is no ping.
    pub async fn hear_past_pings(&mut self) -> Value {
        loop {
            let message = self.hear().await;
            if message["type"] != "ping" {
                return message;
            }
        }
    }

    /// Runs an operation that ends by itself, and gives its one result.
    pub async fn ask(&mut self, query: &str, variables: Value) -> Value {
        self.subscribe("ask", query, variables).await;
        let mut message = self.hear_past_pings().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!("ask")), "{message}");
        assert_eq!(self.hear_past_pings().await, json!({ "type": "complete", "id": "ask" }));
        message["payload"].take()
    }

    /// The next message that came through whole, until the connection ends in whatever way.
    pub async fn try_hear(&mut self) -> Option<Value> {
        loop {
            match timeout(PATIENCE, self.inner.next()).await.expect("the connection stays open") {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Reads on to the server's close, and gives its code and its reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.next().await {
                let frame = frame.expect("a close without a code");
                assert!(frame.reason.len() <= 123, "{}", frame.reason);
                return (frame.code.into(), frame.reason.as_str().to_owned());
            }
        }
    }

    async fn next(&mut self) -> Message {
        loop {
            let next = timeout(PATIENCE, self.inner.next()).await.expect("the server says nothing");
            match next.expect("the connection ended without a close").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }
}

/// With a small buffer, so that a test need not send much to one who does not read.
async fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket.connect(address).await.unwrap()
}
