//! GraphQL over WebSocket: the handshake on `GET /graphql`.
//!
//! `protocol` is what is said, `session` the task of one socket.

pub(in crate::graphql) mod connection;
mod deadlines;
mod operations;
mod outside;
mod protocol;
mod session;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, FromRequestParts as _};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::watch;

use crate::app::App;
use crate::app::auth::Origin as CallOrigin;
use crate::config::{Config, Live};
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Language};
use crate::graphql::context::Caller;
use crate::graphql::error::error_json;
use crate::graphql::http::Endpoint;
use crate::http::headers::RequestId;
use crate::metrics::{Metrics, SocketEnd};

use protocol::{Close, CloseCode, Dialect};
use session::Session;

/// Larger ones cost each idle socket their size.
const READ_BUFFER_BYTES: usize = 1024;
/// Frames that are ready together go out in writes of this size.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// The largest answer. Beside it no more than [`WRITE_BUFFER_BYTES`] wait in a socket.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What is read of a message over its bound, so that most are refused with a reason instead of a reset.
const OVERSIZE_READ: usize = 2;

/// What all sockets of a server share.
pub struct Sockets {
    endpoint: Arc<Endpoint>,
    app: Arc<App>,
    metrics: Metrics,
    live: Live,
    /// What operations that end by themselves have for it before a shutdown.
    drain_timeout: Duration,
    stop: watch::Receiver<bool>,
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets").field("live", &self.live).finish_non_exhaustive()
    }
}

/// Whether a request asks for a WebSocket.
pub fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    let asks = |value: &HeaderValue| {
        let words = value.to_str().unwrap_or_default().split(',');
        words.map(str::trim).any(|word| word.eq_ignore_ascii_case("websocket"))
    };
    method == Method::GET && headers.get_all(header::UPGRADE).iter().any(asks)
}

impl Sockets {
    pub fn new(
        (endpoint, app): (Arc<Endpoint>, Arc<App>),
        config: &Config,
        metrics: Metrics,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            endpoint,
            app,
            metrics,
            live: config.live.clone(),
            drain_timeout: config.http.drain_timeout / 2,
            stop,
        }
    }

    /// Answers a request that [`is_upgrade`], and serves the socket that comes of it.
    pub async fn upgrade(self: &Arc<Self>, mut parts: Parts) -> Response {
        let headers = &parts.headers;
        let request_id = parts.extensions.get::<RequestId>().map_or("", RequestId::as_str).to_owned();
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = accepted.map_or(Language::English, Language::negotiate);
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let origin = match self.enter(*peer, &parts.uri, headers) {
            Ok(origin) => origin,
            Err((status, error)) => return refuse(status, &error, language, &request_id),
        };
        let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => upgrade,
            Err(rejection) => return refuse_handshake(&rejection, language, &request_id),
        };
        let upgrade = upgrade.protocols(Dialect::ALL.map(Dialect::name));
        let dialect = upgrade.selected_protocol().and_then(|name| Dialect::named(name.to_str().ok()?));
        let bytes_max = self.live.message_bytes_max.saturating_mul(OVERSIZE_READ);
        let upgrade = upgrade
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(WRITE_BUFFER_BYTES + ANSWER_BYTES_MAX)
            .max_message_size(bytes_max)
            .max_frame_size(bytes_max);
        let sockets = Arc::clone(self);
        let Some(dialect) = dialect else {
            return upgrade.on_upgrade(move |socket| sockets.turn_away(socket));
        };
        let caller = Caller { viewer: Viewer::Anonymous, origin, language, request_id };
        upgrade.on_upgrade(move |socket| Box::new(Session::new(socket, sockets, dialect, caller)).run())
    }

    /// Where a handshake comes from, if it may come from there.
    fn enter(
        &self,
        peer: SocketAddr,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<CallOrigin, (StatusCode, Error)> {
        let gate = self.endpoint.gate();
        let visitor = gate.visitor(peer, uri, headers);
        if !gate.admits_origin(&visitor, headers) {
            let text = "Pages of this origin may not open a socket; allow it in allowed_origins.";
            return Err((StatusCode::FORBIDDEN, Error::plain(Code::Forbidden, text)));
        }
        let origin = visitor.origin;
        match self.app.admit_request(&Viewer::Anonymous, &origin) {
            Ok(()) => Ok(origin),
            Err(error) => Err((StatusCode::TOO_MANY_REQUESTS, error)),
        }
    }

    /// Says which sub-protocols there are. A refused handshake could not: browsers do not show its answer.
    async fn turn_away(self: Arc<Self>, mut socket: WebSocket) {
        self.metrics.socket_closed(SocketEnd::Protocol);
        let [modern, legacy] = Dialect::ALL.map(Dialect::name);
        let reason = format!("Offer the sub-protocol {modern}, or the older {legacy}.");
        session::farewell(&mut socket, Close::new(CloseCode::UnknownProtocol, &reason)).await;
    }
}

fn refuse_handshake(rejection: &WebSocketUpgradeRejection, language: Language, request_id: &str) -> Response {
    use WebSocketUpgradeRejection::{
        ConnectionNotUpgradable, InvalidConnectionHeader, InvalidUpgradeHeader,
        InvalidWebSocketVersionHeader, WebSocketKeyHeaderMissing,
    };
    let (status, text) = match rejection {
        InvalidConnectionHeader(_) => (StatusCode::BAD_REQUEST, "The handshake lacks `Connection: Upgrade`."),
        InvalidUpgradeHeader(_) => (StatusCode::BAD_REQUEST, "The handshake lacks `Upgrade: websocket`."),
        WebSocketKeyHeaderMissing(_) => (StatusCode::BAD_REQUEST, "The handshake lacks Sec-WebSocket-Key."),
        InvalidWebSocketVersionHeader(_) => (StatusCode::UPGRADE_REQUIRED, "Use version 13 of WebSocket."),
        ConnectionNotUpgradable(_) => {
            (StatusCode::UPGRADE_REQUIRED, "This connection cannot become a WebSocket; use HTTP/1.1.")
        }
        _ => (StatusCode::BAD_REQUEST, "This is no handshake of WebSocket."),
    };
    let mut response = refuse(status, &Error::plain(Code::BadInput, text), language, request_id);
    if status == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

fn refuse(status: StatusCode, error: &Error, language: Language, request_id: &str) -> Response {
    let body = json!({ "errors": [error_json(error, language, request_id)] }).to_string();
    let media = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = (status, [media], body).into_response();
    if let Some(wait) = error.wait() {
        let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
