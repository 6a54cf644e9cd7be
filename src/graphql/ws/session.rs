//! One socket: the task that carries frames to the protocol and does what it says.
//!
//! Nothing queues here. While the peer does not take what was written, neither its frames are read nor its
//! operations polled; what they have not yielded stays where it comes from.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{self, StreamExt as _};
use futures_util::{FutureExt as _, SinkExt as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use crate::app::auth::Identity;
use crate::auth::Credential;
use crate::error::{Error, Text};
use crate::graphql::call::Call;
use crate::graphql::context::Caller;
use crate::graphql::operation::{Item, Operation, error_list};
use crate::graphql::streams::told;
use crate::graphql::ws::connection::Connection;
use crate::graphql::ws::deadlines::{Deadlines, Due};
use crate::graphql::ws::operations::{Operations, Step};
use crate::graphql::ws::outside::{Outside, Watch, watch};
use crate::graphql::ws::protocol::{
    Close, CloseCode, Dialect, Input, Key, Output, Protocol, Rules, Unreadable,
};
use crate::graphql::ws::{Sockets, WRITE_BUFFER_BYTES};
use crate::http::log::log_fault;
use crate::hub::PresenceGuard;
use crate::metrics::{Counted, SocketEnd};

/// Steps that are taken before what they led to is written.
const STEPS_PER_WRITE_MAX: usize = 64;

/// What a peer has to take a close and answer it.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

type Judging = Pin<Box<dyn Future<Output = Result<Identity, Error>> + Send>>;

/// What the loop waits for.
enum Event {
    Frame(Option<Result<Message, axum::Error>>),
    Step(Step),
    Judged(Result<Identity, Error>),
    Outside(Outside),
    Due(Due),
}

/// How a socket ended without a close of ours.
enum Gone {
    Left,
    Stalled,
    Stop,
}

pub(super) struct Session {
    socket: WebSocket,
    sockets: Arc<Sockets>,
    protocol: Protocol,
    operations: Operations,
    connection: Connection,
    caller: Caller,
    judging: Option<Judging>,
    outside: Watch,
    /// Shows the caller as here.
    present: Option<PresenceGuard>,
    deadlines: Deadlines,
    stop: watch::Receiver<bool>,
    stopping: bool,
    /// What is to be written.
    frames: Vec<Message>,
    bytes: usize,
    close: Option<Close>,
    _open: Counted,
}

impl Session {
    pub(super) fn new(socket: WebSocket, sockets: Arc<Sockets>, dialect: Dialect, caller: Caller) -> Self {
        let rules = Rules {
            operations_max: sockets.live.operations_max,
            message_bytes_max: sockets.live.message_bytes_max,
            language: caller.language,
            request_id: caller.request_id.as_str().into(),
        };
        let connection = Connection::new();
        let mut deadlines = Deadlines::new();
        deadlines.set(Due::Init, sockets.live.init_timeout);
        Self {
            socket,
            protocol: Protocol::new(dialect, rules),
            operations: Operations::default(),
            outside: watch(connection.clone(), None, Some(sockets.stop.clone())),
            connection,
            caller,
            judging: None,
            present: None,
            deadlines,
            stop: sockets.stop.clone(),
            stopping: false,
            frames: Vec::new(),
            bytes: 0,
            close: None,
            _open: sockets.metrics.socket_open(),
            sockets,
        }
    }

    /// Talks until either side is done.
    pub(super) async fn run(mut self: Box<Self>) {
        let left = loop {
            let event = self.event().await;
            let mut left = self.handle(event).err();
            for _ in 1..STEPS_PER_WRITE_MAX {
                if left.is_some() || self.close.is_some() || self.bytes >= WRITE_BUFFER_BYTES {
                    break;
                }
                // Frames of the peer wait for the next event; asking for them each time would cost more.
                let Some(step) = self.operations.next().now_or_never() else { break };
                left = self.handle(Event::Step(step)).err();
            }
            let left = match left {
                Some(left) => Some(left),
                None => self.write().await.err(),
            };
            match left {
                Some(Gone::Stalled) => self.apply(Input::Stalled),
                Some(Gone::Stop) => self.apply(Input::Shutdown),
                Some(Gone::Left) => break true,
                None => {}
            }
            if self.close.is_some() {
                break false;
            }
        };
        self.operations.clear();
        let close = self.close.take();
        let code = close.as_ref().filter(|_| !left).map(|close| close.code);
        let why = code.map_or(SocketEnd::Peer, end);
        self.sockets.metrics.socket_closed(why);
        let (id, code) = (&self.caller.request_id, code.map(CloseCode::number));
        tracing::info!(request.id = id, code, why = why.as_str(), "socket closed");
        if let Some(close) = close {
            farewell(&mut self.socket, close).await;
        }
    }

    /// Waits for whatever comes first; of what is there together, for any of it, so that neither frames
    /// nor operations crowd out the others.
    async fn event(&mut self) -> Event {
        let reads = !self.stopping;
        tokio::select! {
            frame = self.socket.next(), if reads => Event::Frame(frame),
            step = self.operations.next() => Event::Step(step),
            judged = judged(&mut self.judging) => Event::Judged(judged),
            outside = &mut self.outside => Event::Outside(outside),
            due = self.deadlines.next() => Event::Due(due),
        }
    }

    fn handle(&mut self, event: Event) -> Result<(), Gone> {
        match event {
            Event::Frame(frame) => self.frame(frame)?,
            Event::Step((key, Some(items))) => self.apply(Input::Produced(key, items)),
            Event::Step((key, None)) => self.apply(Input::Ended(key)),
            Event::Judged(Ok(identity)) => self.accept(identity),
            Event::Judged(Err(error)) => {
                log_fault(&error, &self.caller.request_id);
                self.apply(Input::Verdict(Err(&error)));
            }
            Event::Outside(Outside::Renewed) => self.watch_identity(),
            Event::Outside(Outside::SessionOver) => self.apply(Input::Forbidden(Text::SessionOver)),
            Event::Outside(Outside::Stop) => {
                self.stopping = true;
                self.watch_identity();
                self.deadlines.set(Due::Drain, self.sockets.drain_timeout);
            }
            Event::Due(due) => self.due(due),
        }
        // Subscriptions do not end by themselves, so only the others are waited for.
        if self.stopping && self.operations.finite() == 0 {
            self.apply(Input::Shutdown);
        }
        Ok(())
    }

    fn frame(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<(), Gone> {
        match frame {
            Some(Ok(Message::Text(text))) => self.apply(Input::Text(&text)),
            Some(Ok(Message::Binary(_))) => self.apply(Input::Binary),
            Some(Ok(Message::Pong(_))) => self.apply(Input::Pong),
            // The library has put the answer in its buffer; the write after this flushes it.
            Some(Ok(Message::Ping(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(Gone::Left),
            Some(Err(error)) => self.apply(Input::Unreadable(unreadable(error).ok_or(Gone::Left)?)),
        }
        Ok(())
    }

    fn due(&mut self, due: Due) {
        let live = &self.sockets.live;
        match due {
            Due::Init => self.apply(Input::InitOverdue),
            Due::Ping => {
                self.deadlines.set(Due::Ping, live.ping_interval);
                self.deadlines.set(Due::Pong, live.pong_timeout);
                self.apply(Input::PingDue);
            }
            Due::Pong => self.apply(Input::PongOverdue),
            Due::TokenWarning => {
                if let Some(lasts) = self.connection.identity().lasts {
                    let closes_in = live.renew_warning.min(lasts.left) + live.renew_grace;
                    self.apply(Input::TokenExpires { at: lasts.until, closes_in });
                }
            }
            Due::TokenOver => self.apply(Input::Forbidden(Text::TokenExpired)),
            Due::Drain => self.apply(Input::Shutdown),
        }
    }

    fn accept(&mut self, identity: Identity) {
        if let Err(error) = self.connection.renew(identity) {
            return self.apply(Input::Verdict(Err(&error)));
        }
        self.present = self.sockets.app.present(&identity.viewer);
        self.deadlines.set(Due::Ping, self.sockets.live.ping_interval);
        self.apply(Input::Verdict(Ok(())));
    }

    /// Watches for the end of the token that was accepted last, and of its session.
    fn watch_identity(&mut self) {
        let live = &self.sockets.live;
        let identity = self.connection.identity();
        let bell = self.sockets.app.watch_session(&identity.viewer);
        let stop = (!self.stopping).then(|| self.stop.clone());
        self.outside = watch(self.connection.clone(), bell, stop);
        self.present = self.sockets.app.present(&identity.viewer);
        match identity.lasts {
            Some(lasts) => {
                self.deadlines.set(Due::TokenWarning, lasts.left.saturating_sub(live.renew_warning));
                self.deadlines.set(Due::TokenOver, lasts.left + live.renew_grace);
            }
            None => {
                self.deadlines.clear(Due::TokenWarning);
                self.deadlines.clear(Due::TokenOver);
            }
        }
    }

    fn apply(&mut self, input: Input<'_>) {
        let mut outputs = Vec::new();
        self.protocol.apply(input, &mut outputs);
        for output in outputs {
            match output {
                Output::Send(text) => {
                    self.bytes += text.len();
                    self.frames.push(Message::Text(text.into()));
                }
                Output::Ping => self.frames.push(Message::Ping(axum::body::Bytes::new())),
                Output::Authenticate(payload) => {
                    self.deadlines.clear(Due::Init);
                    let credential = Credential::from_connection_init(payload.as_ref());
                    let app = Arc::clone(&self.sockets.app);
                    self.judging = Some(Box::pin(async move { app.identify(&credential).await }));
                }
                Output::Start(key, call) => self.start(key, *call),
                Output::Stop(key) => self.operations.stop(key),
                Output::Close(close) => self.close = Some(close),
            }
        }
    }

    fn start(&mut self, key: Key, call: Call) {
        self.caller.viewer = self.connection.viewer();
        let admitted = self.sockets.app.admit_request(&self.caller.viewer, &self.caller.origin);
        let operation = match admitted {
            Ok(()) => self.sockets.endpoint.operate(&self.caller, Some(&self.connection), call),
            Err(error) => refused(&error, &self.caller),
        };
        self.operations.start(key, operation, self.sockets.metrics.socket_operation_open());
    }

    /// Hands all frames over and flushes once.
    async fn write(&mut self) -> Result<(), Gone> {
        let frames = std::mem::take(&mut self.frames);
        self.bytes = 0;
        let (socket, stop, sockets) = (&mut self.socket, &mut self.stop, &self.sockets);
        let written = async {
            for frame in frames {
                socket.feed(frame).await?;
            }
            socket.flush().await
        };
        let stopped = async {
            told(stop).await;
            sleep(sockets.drain_timeout).await;
        };
        tokio::select! {
            biased;
            written = written => written.map_err(|_| Gone::Left),
            () = sleep(sockets.live.stall_timeout) => Err(Gone::Stalled),
            () = stopped => Err(Gone::Stop),
        }
    }
}

/// The verdict on the credential, where one is awaited.
async fn judged(judging: &mut Option<Judging>) -> Result<Identity, Error> {
    let Some(future) = judging else { return std::future::pending().await };
    let judged = future.await;
    *judging = None;
    judged
}

fn refused(error: &Error, caller: &Caller) -> Operation {
    let errors = error_list(caller, error);
    Box::pin(stream::once(async move { vec![Item::Errors(errors)] }))
}

/// What is wrong with what came; nothing is said where the connection itself is gone.
fn unreadable(error: axum::Error) -> Option<Unreadable> {
    match *error.into_inner().downcast::<SocketError>().ok()? {
        SocketError::Capacity(_) => Some(Unreadable::TooLarge),
        SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        SocketError::Utf8(_) => Some(Unreadable::NotUtf8),
        SocketError::Protocol(_) => Some(Unreadable::NotFrames),
        _ => None,
    }
}

/// Says why, and waits a moment for the peer to say good-bye: closing with its frames unread would reset the
/// connection, and the reason could be lost.
pub(super) async fn farewell(socket: &mut WebSocket, close: Close) {
    let Close { code, reason } = close;
    let frame = CloseFrame { code: code.number(), reason: reason.into() };
    let farewell = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(FAREWELL_TIMEOUT, farewell).await;
}

fn end(code: CloseCode) -> SocketEnd {
    match code {
        CloseCode::Normal => SocketEnd::Peer,
        CloseCode::ServiceRestart => SocketEnd::Shutdown,
        CloseCode::TryAgainLater => SocketEnd::Unresponsive,
        CloseCode::Forbidden => SocketEnd::Forbidden,
        CloseCode::InitTimeout => SocketEnd::InitTimeout,
        CloseCode::InternalError => SocketEnd::Internal,
        CloseCode::NotFrames
        | CloseCode::NotUtf8
        | CloseCode::TooLarge
        | CloseCode::BadRequest
        | CloseCode::Unauthorized
        | CloseCode::UnknownProtocol
        | CloseCode::IdInUse
        | CloseCode::TooManyInits => SocketEnd::Protocol,
    }
}
