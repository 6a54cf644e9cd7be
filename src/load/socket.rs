//! A client of graphql-transport-ws
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>), which does what it is told and
//! nothing by itself: no reconnecting, no resuming.

use std::fmt;
use std::io;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::load::target::{Buffer, Target};

const PROTOCOL: &str = "graphql-transport-ws";
/// Of each socket, in bytes. Thousands of them must fit into one process.
const READ_BUFFER: usize = 4 * 1024;
/// How long a handshake and its `connection_ack` may take.
const OPEN_MAX: Duration = Duration::from_secs(10);

/// The close code of a caller that may no longer use the socket.
pub(super) const FORBIDDEN: u16 = 4403;
/// The close code for a client that breaks the protocol.
pub(super) const BROKEN: u16 = 4400;

/// An open socket whose `connection_init` was accepted. Dropping it hangs up without a close.
#[derive(Debug)]
pub(super) struct Socket {
    inner: WebSocketStream<TcpStream>,
}

/// How a socket ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With a close of the server.
    Closed(u16, String),
    /// Without one.
    Lost(io::Error),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(code, reason) => write!(f, "closed with {code} {reason}"),
            Self::Lost(error) => write!(f, "lost: {error}"),
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Lost(match error {
            Error::Io(error) => error,
            other => io::Error::other(other),
        })
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

impl Socket {
    pub(super) async fn open(target: &Target, token: &str, buffer: Buffer) -> Result<Self, Ended> {
        timeout(OPEN_MAX, Self::shake_hands(target, token, buffer))
            .await
            .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }

    async fn shake_hands(target: &Target, token: &str, buffer: Buffer) -> Result<Self, Ended> {
        let mut socket = Self::upgrade(target, "/graphql", buffer).await?;
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        socket.say(&json!({ "type": "connection_init", "payload": payload })).await?;
        while socket.hear().await?.get("type") != Some(&json!("connection_ack")) {}
        Ok(socket)
    }

    /// A socket on which nothing has been said.
    pub(super) async fn upgrade(target: &Target, path: &str, buffer: Buffer) -> Result<Self, Ended> {
        Self::connect(target, path, (header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL), buffer).await
    }

    /// As [`Socket::upgrade`], without a sub-protocol, from a page of this origin.
    pub(super) async fn plain(target: &Target, path: &str, origin: &'static str) -> Result<Self, Ended> {
        Self::connect(target, path, (header::ORIGIN, origin), Buffer::Usual).await
    }

    async fn connect(
        target: &Target,
        path: &str,
        (name, value): (HeaderName, &'static str),
        buffer: Buffer,
    ) -> Result<Self, Ended> {
        let address = format!("ws://{}{}{path}", target.authority, target.path);
        let mut request = address.into_client_request()?;
        request.headers_mut().insert(name, HeaderValue::from_static(value));
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
        let stream = target.connect(buffer).await?;
        let (inner, _) = client_async_with_config(request, stream, Some(config)).await?;
        Ok(Self { inner })
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) -> Result<(), Ended> {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "type": "subscribe", "id": id, "payload": payload })).await
    }

    pub(super) async fn complete(&mut self, id: &str) -> Result<(), Ended> {
        self.say(&json!({ "type": "complete", "id": id })).await
    }

    async fn say(&mut self, message: &Value) -> Result<(), Ended> {
        self.say_text(message.to_string()).await
    }

    pub(super) async fn say_text(&mut self, text: String) -> Result<(), Ended> {
        Ok(self.inner.send(Message::text(text)).await?)
    }

    /// The next message. Pings are answered. May be dropped while it waits.
    pub(super) async fn hear(&mut self) -> Result<Value, Ended> {
        loop {
            let text = self.hear_text().await?;
            let message: Value = serde_json::from_str(&text).map_err(io::Error::other)?;
            if message.get("type") == Some(&json!("ping")) {
                self.say(&json!({ "type": "pong" })).await?;
            } else {
                return Ok(message);
            }
        }
    }

    /// The next message as it came, pings of the sub-protocol included.
    pub(super) async fn hear_text(&mut self) -> Result<Utf8Bytes, Ended> {
        loop {
            match self.inner.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame
                        .map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                    return Err(Ended::Closed(code, reason));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            }
        }
    }

    /// Says goodbye as a page does that is closed.
    pub(super) async fn close(mut self) {
        let _ = timeout(OPEN_MAX, self.inner.close(None)).await;
    }
}
