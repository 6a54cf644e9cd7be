//! Answers that stay open: what ends one from outside, a sign of life, and how many there may be.
//!
//! Nothing queues here. A body is made as its reader takes it; what an operation has not yielded stays where
//! it comes from. A peer that takes nothing is closed by the connection.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep};

use crate::app::App;
use crate::app::auth::Identity;
use crate::config::Config;
use crate::domain::ids::SessionKey;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};
use crate::graphql::context::Caller;
use crate::graphql::error::extensions;
use crate::graphql::operation::{Item, Operation, error_list};
use crate::graphql::sse::reservations::Reservations;
use crate::graphql::{multipart, sse};
use crate::hub::{PresenceGuard, SessionBell};
use crate::metrics::{Counted, Metrics};

/// What carries a stream of results over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Server-sent events.
    Events,
    /// `multipart/mixed`.
    Parts,
}

/// Parts of a body, each written as soon as it is there.
pub(super) type Frames = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// What happens to an operation. All but the first are its end.
#[derive(Debug)]
pub(super) enum Step {
    Items(Vec<Item>),
    /// It ended by itself.
    Complete,
    /// Its caller may no longer listen. A JSON list of errors.
    Cut(Bytes),
    /// The server stops; whoever comes back finds another, or this one again. A JSON list of errors.
    Stop(Bytes),
}

/// What the streams of a server share.
pub(super) struct Streams {
    heartbeat: Duration,
    renew_grace: Duration,
    operations_max: usize,
    drain_timeout: Duration,
    stop: watch::Receiver<bool>,
    metrics: Metrics,
    seats: Arc<Seats>,
    reservations: Arc<Reservations>,
}

impl Streams {
    pub(super) fn new(config: &Config, metrics: Metrics, stop: watch::Receiver<bool>) -> Self {
        let live = &config.live;
        Self {
            heartbeat: live.stream_heartbeat,
            renew_grace: live.renew_grace,
            operations_max: live.operations_max,
            drain_timeout: config.http.drain_timeout / 2,
            stop,
            metrics,
            seats: Arc::default(),
            reservations: Arc::new(Reservations::new(
                live.stream_reservations_max,
                live.stream_reservation_ttl,
            )),
        }
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn operations_max(&self) -> usize {
        self.operations_max
    }

    pub(super) fn reservations(&self) -> &Arc<Reservations> {
        &self.reservations
    }

    pub(super) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// What operations that end by themselves have for it before a shutdown.
    pub(super) fn drain_timeout(&self) -> Duration {
        self.drain_timeout
    }

    /// The answer that carries one operation.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the session has as many streams open as it may.
    pub(super) fn answer(
        &self,
        app: &App,
        carrier: Carrier,
        caller: &Caller,
        identity: &Identity,
        operation: Operation,
    ) -> Result<Response> {
        let seat = if runs_on(&operation) { self.seat(app, &identity.viewer)? } else { None };
        let steps = self.attend(app, caller, identity, operation);
        Ok(match carrier {
            Carrier::Events => {
                let epoch = app.epoch();
                let frames = steps.filter_map(move |step| ready(sse::frame(step, None, epoch)));
                self.respond(sse::CONTENT_TYPE, sse::HEARTBEAT, frames, seat)
            }
            Carrier::Parts => {
                let begin = stream::once(async { Bytes::from_static(multipart::BEGIN) });
                let frames = begin.chain(steps.map(multipart::frame));
                self.respond(multipart::CONTENT_TYPE, multipart::HEARTBEAT, frames, seat)
            }
        })
    }

    /// A body of frames, with a sign of life wherever nothing else was said for a while. `held` is let go with
    /// it.
    pub(super) fn respond<H: Send + 'static>(
        &self,
        content_type: &'static str,
        heartbeat: &'static [u8],
        frames: impl Stream<Item = Bytes> + Send + 'static,
        held: H,
    ) -> Response {
        let open = self.metrics.stream_open();
        let held: (Counted, H) = (open, held);
        let frames = paced(frames, heartbeat, self.heartbeat).map(move |frame| {
            let _until_the_end = &held;
            Ok::<_, Infallible>(frame)
        });
        let mut response = Response::new(Body::from_stream(frames));
        for (name, value) in [
            (header::CONTENT_TYPE, content_type),
            // Neither kept nor compressed on the way, which would hold events back.
            (header::CACHE_CONTROL, "no-store, no-transform"),
            (HeaderName::from_static("x-accel-buffering"), "no"),
            (header::VARY, "accept, accept-language"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// The steps of an operation, until it ends, or until its caller's session or token, or the server does.
    /// What ends by itself is let run, as it would be without a stream.
    pub(super) fn attend(
        &self,
        app: &App,
        caller: &Caller,
        identity: &Identity,
        operation: Operation,
    ) -> impl Stream<Item = Step> + Send + use<> {
        let watch = if runs_on(&operation) {
            Watch {
                session: app.watch_session(&identity.viewer),
                token: identity.lasts.map(|lasts| Box::pin(sleep(lasts.left + self.renew_grace))),
                stop: Some(self.stop()),
            }
        } else {
            Watch { session: None, token: None, stop: None }
        };
        stream::unfold(Some((operation, watch, caller.clone())), |running| async move {
            let (mut operation, mut watch, caller) = running?;
            let step = tokio::select! {
                biased;
                end = watch.end() => end.step(&caller),
                items = operation.next() => items.map_or(Step::Complete, Step::Items),
            };
            let goes_on = matches!(step, Step::Items(_));
            Some((step, goes_on.then_some((operation, watch, caller))))
        })
    }

    /// A place among the streams of the viewer's session. Who has none cannot follow anything.
    ///
    /// # Errors
    /// `RATE_LIMITED` when all are taken.
    pub(super) fn seat(&self, app: &App, viewer: &Viewer) -> Result<Option<Seat>> {
        let Some(signed_in) = viewer.signed_in() else { return Ok(None) };
        let mut seat = Seats::take(&self.seats, signed_in.session, self.operations_max)?;
        seat.present = app.present(viewer);
        Ok(Some(seat))
    }
}

/// Whether it goes on until something ends it.
fn runs_on(operation: &Operation) -> bool {
    operation.size_hint().1.is_none()
}

/// What ends a running operation from outside.
struct Watch {
    session: Option<SessionBell>,
    token: Option<Pin<Box<Sleep>>>,
    stop: Option<watch::Receiver<bool>>,
}

enum End {
    Session,
    Token,
    Stop,
}

impl Watch {
    async fn end(&mut self) -> End {
        let Self { session, token, stop } = self;
        tokio::select! {
            () = over(session) => End::Session,
            () = async { match token { Some(token) => token.await, None => std::future::pending().await } } => {
                End::Token
            }
            () = async { match stop { Some(stop) => told(stop).await, None => std::future::pending().await } } => {
                End::Stop
            }
        }
    }
}

impl End {
    fn step(self, caller: &Caller) -> Step {
        let cut = |code, text| Step::Cut(error_list(caller, &Error::new(code, text)));
        match self {
            Self::Session => cut(Code::Unauthenticated, Text::SessionOver),
            Self::Token => cut(Code::TokenExpired, Text::TokenExpired),
            Self::Stop => {
                // Not logged: it comes to every stream at once, and is no fault.
                let error = Error::unavailable(Duration::from_secs(1));
                let message = error.text().render(caller.language);
                let values = extensions(&error, &caller.request_id);
                Step::Stop(json!([{ "message": message, "extensions": values }]).to_string().into())
            }
        }
    }
}

/// Waits until the session is over, where there is one.
pub(super) async fn over(session: &mut Option<SessionBell>) {
    match session {
        Some(bell) => bell.ended().await,
        None => std::future::pending().await,
    }
}

/// Waits until the server is told to stop.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    drop(stop.wait_for(|stop| *stop).await);
}

/// The first sign comes at once where there is nothing else, so that everyone on the way sees a body begin.
fn paced(
    frames: impl Stream<Item = Bytes> + Send,
    sign: &'static [u8],
    every: Duration,
) -> impl Stream<Item = Bytes> + Send {
    let first = Box::pin(sleep(Duration::ZERO));
    stream::unfold((Box::pin(frames), first), move |(mut frames, mut due)| async move {
        let frame = tokio::select! {
            biased;
            frame = frames.next() => frame?,
            () = &mut due => Bytes::from_static(sign),
        };
        due.as_mut().reset(Instant::now() + every);
        Some((frame, (frames, due)))
    })
}

/// How many streams each session has open. Their number bounds the map.
#[derive(Debug, Default)]
struct Seats(Mutex<HashMap<SessionKey, usize>>);

/// One open stream of a session.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    session: SessionKey,
    /// Shows the viewer as here.
    present: Option<PresenceGuard>,
}

/// A client that was refused need not wait long: streams end whenever their readers like.
const SEAT_RETRY: Duration = Duration::from_secs(1);

impl Seats {
    fn take(seats: &Arc<Self>, session: SessionKey, max: usize) -> Result<Seat> {
        let mut taken = seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(session).or_default();
        if *count >= max {
            return Err(Error::new(Code::RateLimited, Text::TooMany { max }).retry_after(SEAT_RETRY));
        }
        *count += 1;
        Ok(Seat { seats: Arc::clone(seats), session, present: None })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.session);
            }
        }
    }
}
