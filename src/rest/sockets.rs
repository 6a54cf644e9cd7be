//! The dialects' own WebSockets: who may open one, and the task that carries its frames.
//!
//! A dialect gives a [`Conversation`]; here its frames are bounded, pinged, written and closed. Nothing queues:
//! while the peer does not take what was written, neither its frames are read nor the conversation asked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::SinkExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use uuid::Uuid;

use crate::app::App;
use crate::app::auth::Lasts;
use crate::app::live::{Moment, RoomFeed, Told};
use crate::domain::messages::Message;
use crate::domain::sessions::Viewer;
use crate::domain::users::User;
use crate::error::{Code, Error, Language};
use crate::http::log::log_fault;
use crate::hub::{Entry, PresenceGuard, SessionBell};
use crate::metrics::SocketEnd;
use crate::rest::Rest;
use crate::rest::call::Call;
use crate::rest::dispatch::{head, language, put_into_words, request_id};
use crate::rest::reply::Refusal;
use crate::rest::route::Dialect;

const READ_BUFFER_BYTES: usize = 1024;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// What is read of a message over its bound, so that most are refused with a reason instead of a reset.
const OVERSIZE_READ: usize = 2;
/// What a peer has to take a close and answer it.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause before someone whom the database could not name is looked up again.
const TRY_AGAIN: Duration = Duration::from_millis(250);

const TOO_LARGE: &str = "The message is too large.";

/// One path of a dialect that opens a socket.
pub(super) struct SocketRoute {
    pub(super) path: &'static str,
    /// What the API document says of it.
    pub(super) about: &'static str,
    /// Whether the path's id is one of this dialect's, where two claim the path.
    pub(super) claims: fn(&Call) -> bool,
    pub(super) open: Open,
}

/// Lets a caller in, or refuses the handshake.
pub(super) type Open = fn(Call) -> BoxFuture<'static, Result<Conversation, Refusal>>;

/// A frame of the peer.
#[derive(Debug)]
pub(super) enum Heard {
    Text(String),
    Binary,
}

/// What a conversation has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Say {
    Text(String),
    /// The last word: a close code and why.
    Close(u16, &'static str),
}

/// Both directions of one socket.
pub(super) struct Conversation {
    pub(super) viewer: Viewer,
    /// How long its credential is good, if not for ever.
    pub(super) lasts: Option<Duration>,
    /// What the peer is told unasked; its end ends the socket.
    pub(super) told: BoxStream<'static, Vec<Say>>,
    /// What a frame of the peer leads to. The next frame waits for it.
    pub(super) heard: Box<dyn FnMut(Heard) -> BoxFuture<'static, Vec<Say>> + Send>,
}

impl Conversation {
    pub(super) fn new<H>(viewer: Viewer, told: BoxStream<'static, Vec<Say>>, heard: H) -> Self
    where
        H: FnMut(Heard) -> BoxFuture<'static, Vec<Say>> + Send + 'static,
    {
        Self { viewer, lasts: None, told, heard: Box::new(heard) }
    }

    /// The same, which ends with the credential that opened it.
    pub(super) fn lasting(self, lasts: Option<Lasts>) -> Self {
        Self { lasts: lasts.map(|lasts| lasts.left), ..self }
    }
}

/// Every socket of every dialect, in both forms of its path, and again under `/compat`.
pub(super) fn routes(rest: &Arc<Rest>) -> Router {
    let mut claims: BTreeMap<String, Vec<(Arc<Dialect>, usize)>> = BTreeMap::new();
    for dialect in &rest.dialects {
        for (socket, path) in dialect.sockets.iter().map(|socket| socket.path).enumerate() {
            let bare = path.trim_end_matches('/');
            claims.entry(bare.to_owned()).or_default().push((Arc::clone(dialect), socket));
            let under = format!("/compat/{}{bare}", dialect.name);
            claims.entry(under).or_default().push((Arc::clone(dialect), socket));
        }
    }
    claims.into_iter().fold(Router::new(), |router, (path, claims)| {
        let claims: Arc<[(Arc<Dialect>, usize)]> = claims.into();
        let rest = Arc::clone(rest);
        let serve = move |request: Request| {
            let (rest, claims) = (Arc::clone(&rest), Arc::clone(&claims));
            async move { upgrade(rest, &claims, request).await }
        };
        router.route(&format!("{path}/"), get(serve.clone())).route(&path, get(serve))
    })
}

async fn upgrade(rest: Arc<Rest>, claims: &[(Arc<Dialect>, usize)], request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let (request_id, language) = (request_id(&parts), language(&parts.headers));
    let refuse = |refusal| put_into_words(refusal, language, &request_id).into_response();
    let handshake = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(handshake) => handshake,
        Err(rejection) => return rejection.into_response(),
    };
    let call = match head(Arc::clone(&rest), &mut parts).await {
        Ok(call) => call,
        Err(refusal) => return refuse(refusal),
    };
    let mut offered = claims.iter().filter_map(|(dialect, socket)| dialect.sockets.get(*socket));
    let Some(route) = offered.find(|route| (route.claims)(&call)) else { return refuse(forbidden()) };
    let conversation = match (route.open)(call).await {
        Ok(conversation) => conversation,
        Err(refusal) => return refuse(refusal),
    };
    let bytes_max = rest.live.message_bytes_max.saturating_mul(OVERSIZE_READ);
    handshake
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(bytes_max)
        .max_frame_size(bytes_max)
        .on_upgrade(move |socket| async move { Box::pin(converse(rest, socket, conversation)).await })
}

/// The refusal of a handshake.
pub(super) fn forbidden() -> Refusal {
    Refusal::detail(StatusCode::FORBIDDEN, "This socket is not open to you.")
}

/// What is said of a credential that opens no socket.
pub(super) fn not_good(error: Error) -> Refusal {
    match error.code() {
        Code::Unauthenticated | Code::TokenExpired | Code::BadCredentials => forbidden(),
        _ => error.into(),
    }
}

/// Who is on a socket: what a conversation needs to hear and to tell.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) app: Arc<App>,
    pub(super) viewer: Viewer,
    language: Language,
    request_id: Arc<str>,
}

impl Peer {
    pub(super) fn of(call: &Call, viewer: Viewer) -> Self {
        let (app, request_id) = (Arc::clone(call.app()), call.request_id.as_str().into());
        Self { app, viewer, language: call.language, request_id }
    }

    /// A room's feed from now on, for those who may read there.
    pub(super) async fn feed(&self, room: Uuid) -> Result<RoomFeed, Refusal> {
        self.app.follow_room(&self.viewer, room, None, None).await.map_err(|error| match error.code() {
            Code::NotFound | Code::NotAMember | Code::Forbidden => forbidden(),
            _ => error.into(),
        })
    }

    /// The messages of a feed, each with its sender, in a dialect's words. It ends when the peer may no longer
    /// read, or the room is gone.
    pub(super) fn messages<F>(&self, feed: RoomFeed, say: F) -> BoxStream<'static, Vec<Say>>
    where
        F: Fn(&Message, Option<&User>) -> Say + Send + 'static,
    {
        let told = unfold((self.clone(), feed, say), |(peer, mut feed, say)| async move {
            let told = feed.next().await.ok().flatten()?;
            let mut said = Vec::with_capacity(told.len());
            for Told { moment, .. } in told {
                let Moment::Event(entry) = moment else { continue };
                let message = entry.event.message().filter(|message| message.deleted_at.is_none());
                let Some(message) = message else { continue };
                let sender = peer.person(&entry).await;
                said.push(say(message, sender.as_deref()));
            }
            Some((said, (peer, feed, say)))
        });
        Box::pin(told)
    }

    /// Whoever an event shows, as soon as the database can tell.
    pub(super) async fn person(&self, entry: &Entry) -> Option<Arc<User>> {
        loop {
            match self.app.person_shown(&self.viewer, entry).await {
                Ok(person) => return person,
                Err(error) if error.code() == Code::Unavailable => sleep(TRY_AGAIN).await,
                Err(error) => {
                    self.log(&error);
                    return None;
                }
            }
        }
    }

    /// Puts a fault of ours into the log.
    pub(super) fn log(&self, error: &Error) {
        log_fault(error, &self.request_id);
    }

    /// What the peer is told of an error. Faults of ours go to the log.
    pub(super) fn sentence(&self, error: &Error) -> Cow<'static, str> {
        self.log(error);
        error.text().render(self.language)
    }
}

/// How a conversation ended.
struct End {
    why: SocketEnd,
    /// The good-bye; none where there is nobody to hear it.
    close: Option<(u16, &'static str)>,
}

impl End {
    const PEER: Self = Self { why: SocketEnd::Peer, close: None };

    fn of(why: SocketEnd, code: u16, reason: &'static str) -> Self {
        Self { why, close: Some((code, reason)) }
    }
}

async fn converse(rest: Arc<Rest>, mut socket: WebSocket, mut conversation: Conversation) {
    let _open = rest.metrics.socket_open();
    let _present: Option<PresenceGuard> = rest.app.present(&conversation.viewer);
    let bell = rest.app.watch_session(&conversation.viewer);
    let End { why, close } = exchange(&rest, &mut socket, &mut conversation, bell).await;
    rest.metrics.socket_closed(why);
    let farewell = async {
        let said = match close {
            Some((code, reason)) => {
                let frame = CloseFrame { code, reason: reason.into() };
                socket.send(Frame::Close(Some(frame))).await
            }
            // The library has its answer to the peer's own close ready.
            None => socket.flush().await,
        };
        if said.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(FAREWELL_TIMEOUT, farewell).await;
}

async fn exchange(
    rest: &Rest,
    socket: &mut WebSocket,
    conversation: &mut Conversation,
    mut bell: Option<SessionBell>,
) -> End {
    let live = &rest.live;
    let mut stop = rest.stop.clone();
    let mut answering: Option<BoxFuture<'static, Vec<Say>>> = None;
    let mut ping_at = Instant::now() + live.ping_interval;
    // Where a pong is awaited.
    let mut pong_by: Option<Instant> = None;
    let over_at = conversation.lasts.map(|lasts| Instant::now() + lasts);
    loop {
        let (said, pings) = tokio::select! {
            frame = socket.next(), if answering.is_none() => match frame {
                Some(Ok(Frame::Text(text))) if text.len() > live.message_bytes_max => {
                    return End::of(SocketEnd::Protocol, 1009, TOO_LARGE);
                }
                Some(Ok(Frame::Text(text))) => {
                    answering = Some((conversation.heard)(Heard::Text(text.as_str().to_owned())));
                    continue;
                }
                Some(Ok(Frame::Binary(_))) => {
                    answering = Some((conversation.heard)(Heard::Binary));
                    continue;
                }
                Some(Ok(Frame::Pong(_))) => {
                    pong_by = None;
                    continue;
                }
                // The library has put the answer in its buffer; writing nothing flushes it.
                Some(Ok(Frame::Ping(_))) => (Vec::new(), false),
                Some(Ok(Frame::Close(_))) | None => return End::PEER,
                Some(Err(error)) => return unreadable(error),
            },
            said = answer(&mut answering) => (said, false),
            told = conversation.told.next() => match told {
                Some(told) => (told, false),
                None => return End::of(SocketEnd::Forbidden, 1008, "This is no longer yours to follow."),
            },
            () = until(over_at) => return End::of(SocketEnd::Forbidden, 1008, "The token has expired."),
            () = over(&mut bell) => return End::of(SocketEnd::Forbidden, 1008, "The session is over."),
            // Whoever has asked for something is answered before.
            _ = stop.wait_for(|stop| *stop), if answering.is_none() => {
                return End::of(SocketEnd::Shutdown, 1012, "The server restarts.");
            }
            () = sleep_until(ping_at) => {
                ping_at = Instant::now() + live.ping_interval;
                pong_by.get_or_insert(Instant::now() + live.pong_timeout);
                (Vec::new(), true)
            }
            // While an answer is made, pongs are not read.
            () = until(pong_by), if answering.is_none() => return End::of(SocketEnd::Unresponsive, 1013, "No answer to a ping."),
        };
        let written = tokio::select! {
            written = write(socket, said, pings) => written,
            () = sleep(live.stall_timeout) => return End::of(SocketEnd::Unresponsive, 1013, "Too slow."),
        };
        match written {
            Ok(None) => {}
            Ok(Some((code, reason))) => return End::of(SocketEnd::Protocol, code, reason),
            Err(_) => return End::PEER,
        }
    }
}

/// What is wrong with what came; nothing is said where the connection itself is gone.
fn unreadable(error: axum::Error) -> End {
    match error.into_inner().downcast::<SocketError>().map(|error| *error) {
        Ok(SocketError::Capacity(_)) => End::of(SocketEnd::Protocol, 1009, TOO_LARGE),
        Ok(SocketError::Utf8(_)) => End::of(SocketEnd::Protocol, 1007, "Text is UTF-8."),
        Ok(SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::PEER,
        Ok(SocketError::Protocol(_)) => End::of(SocketEnd::Protocol, 1002, "These are no frames."),
        _ => End::PEER,
    }
}

/// Hands frames over and flushes once; gives the close, where there is one among them.
async fn write(
    socket: &mut WebSocket,
    said: Vec<Say>,
    pings: bool,
) -> Result<Option<(u16, &'static str)>, axum::Error> {
    if pings {
        socket.feed(Frame::Ping(axum::body::Bytes::new())).await?;
    }
    for say in said {
        match say {
            Say::Text(text) => socket.feed(Frame::Text(text.into())).await?,
            Say::Close(code, reason) => {
                socket.flush().await?;
                return Ok(Some((code, reason)));
            }
        }
    }
    socket.flush().await?;
    Ok(None)
}

async fn answer(answering: &mut Option<BoxFuture<'static, Vec<Say>>>) -> Vec<Say> {
    let Some(future) = answering else { return std::future::pending().await };
    let said = future.await;
    *answering = None;
    said
}

async fn over(bell: &mut Option<SessionBell>) {
    match bell {
        Some(bell) => bell.ended().await,
        None => std::future::pending().await,
    }
}

async fn until(by: Option<Instant>) {
    match by {
        Some(by) => sleep_until(by).await,
        None => std::future::pending().await,
    }
}
