//! One stream of events for many operations, for browsers that open few connections: a reservation, its stream,
//! and requests that start and end operations on it.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::{self, SelectAll, StreamExt as _};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};

use crate::app::auth::Identity;
use crate::domain::sessions::SignedIn;
use crate::error::{Code, Error, Text};
use crate::graphql::answer::Answer;
use crate::graphql::call::Call;
use crate::graphql::http::{Endpoint, Sender};
use crate::graphql::sse;
use crate::graphql::sse::reservations::{Reservations, Running, Slot};
use crate::graphql::streams::{Frames, over, told};
use crate::hub::SessionBell;

/// Names of operations are kept, so they are short. The client's own are UUIDs.
const OPERATION_ID_BYTES_MAX: usize = 128;

impl Endpoint {
    /// Answers 201 with the token of a new reservation.
    pub(in crate::graphql) async fn reserve(&self, sender: &Sender) -> Response {
        let face = &sender.face;
        let identity = match self.app().identify(&sender.credential).await {
            Ok(identity) => identity,
            Err(error) => return face.respond(Answer::unauthenticated(error)),
        };
        let Some(SignedIn { session, .. }) = identity.viewer.signed_in() else {
            let error = Error::new(Code::Unauthenticated, Text::SignInFirst);
            return face.respond(Answer::unauthenticated(error));
        };
        let streams = self.streams();
        let reserved = streams.seat(self.app(), &identity.viewer).and_then(|seat| {
            let bell = self.app().watch_session(&identity.viewer);
            let slot = Slot::new(*session, bell, (seat, streams.metrics().stream_reserved()));
            streams.reservations().reserve(slot)
        });
        match reserved {
            Ok(token) => {
                let media = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
                (StatusCode::CREATED, [media], token).into_response()
            }
            Err(error) => face.refuse(&error),
        }
    }

    /// Opens the stream of a reservation. Who has its token may; browsers cannot send more than that with it.
    pub(in crate::graphql) async fn open_reserved(&self, sender: &Sender, token: &str) -> Response {
        let slot = match self.reserved(sender, token).await {
            Ok((slot, _)) => slot,
            Err(refusal) => return *refusal,
        };
        if !slot.open() {
            let error = Error::plain(Code::Conflict, "The stream of this token is open.");
            return sender.face.refuse(&error);
        }
        let streams = self.streams();
        let held = Open { reservations: Arc::clone(streams.reservations()), token: token.to_owned() };
        let single = Single {
            running: SelectAll::new(),
            session: slot.session_bell.clone(),
            slot,
            stop: streams.stop(),
            drain_timeout: streams.drain_timeout(),
            ending: None,
        };
        let frames = stream::unfold(single, |mut single| async move {
            let frame = single.next().await?;
            Some((frame, single))
        });
        streams.respond(sse::CONTENT_TYPE, sse::HEARTBEAT, frames, held)
    }

    /// Answers 202, and lets the results go to the stream.
    pub(in crate::graphql) async fn run_reserved(
        self: &Arc<Self>,
        sender: &Sender,
        token: &str,
        mut call: Call,
    ) -> Response {
        let face = &sender.face;
        let (slot, identity) = match self.reserved(sender, token).await {
            Ok(found) => found,
            Err(refusal) => return *refusal,
        };
        if identity.viewer.signed_in().is_none() {
            let error = Error::new(Code::Unauthenticated, Text::SignInFirst);
            return face.respond(Answer::unauthenticated(error));
        }
        let id = call.operation_id.take().unwrap_or_default();
        if id.is_empty() || id.len() > OPERATION_ID_BYTES_MAX {
            let text = format!("Give extensions.operationId, of 1 to {OPERATION_ID_BYTES_MAX} bytes.");
            return face.refuse(&Error::plain(Code::BadInput, text));
        }
        let admission = self.admit(&call);
        if let Err(refusal) = &admission {
            self.count("unknown", Some(refusal.code_name()));
            let mut response = face.respond(Answer::refused(refusal));
            // A success without 202 would mean nothing to the client.
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        }
        let caller = sender.caller(identity.viewer);
        let operation = self.start(&caller, None, call, admission);
        let epoch = self.app().epoch();
        let name: Arc<str> = id.as_str().into();
        let steps = self.streams().attend(self.app(), &caller, &identity, operation);
        let frames = steps.filter_map(move |step| ready(sse::frame(step, Some(&name), epoch)));
        let frames: Frames = Box::pin(frames);
        match slot.add(&id, frames, self.streams().operations_max()) {
            Ok(()) => StatusCode::ACCEPTED.into_response(),
            Err(error) => face.refuse(&error),
        }
    }

    /// Ends an operation, if it still runs.
    pub(in crate::graphql) async fn end_reserved(
        &self,
        sender: &Sender,
        token: Option<String>,
        id: Option<String>,
    ) -> Response {
        let slot = match self.reserved(sender, &token.unwrap_or_default()).await {
            Ok((slot, _)) => slot,
            Err(refusal) => return *refusal,
        };
        match id {
            Some(id) => {
                slot.end(&id);
                StatusCode::OK.into_response()
            }
            None => {
                let error = Error::plain(Code::BadInput, "Say which operation with ?operationId=….");
                sender.face.refuse(&error)
            }
        }
    }

    /// The reservation of a token, with who uses it. A credential beside the token has to be good, and of the
    /// session that reserved.
    async fn reserved(&self, sender: &Sender, token: &str) -> Result<(Arc<Slot>, Identity), Box<Response>> {
        let face = &sender.face;
        let identity = self.app().identify(&sender.credential).await;
        let identity = identity.map_err(|error| face.respond(Answer::unauthenticated(error)))?;
        let Some(slot) = self.streams().reservations().find(token) else {
            return Err(Box::new(face.refuse(&Error::new(Code::NotFound, Text::NotFound))));
        };
        if identity.viewer.signed_in().is_some_and(|signed_in| signed_in.session != slot.session) {
            return Err(Box::new(face.refuse(&Error::new(Code::Forbidden, Text::NotAllowed))));
        }
        Ok((slot, identity))
    }
}

/// Ends a reservation with its stream.
struct Open {
    reservations: Arc<Reservations>,
    token: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.reservations.remove(&self.token);
    }
}

/// The stream of a reservation.
struct Single {
    slot: Arc<Slot>,
    running: SelectAll<Running>,
    session: Option<SessionBell>,
    stop: watch::Receiver<bool>,
    drain_timeout: Duration,
    /// The stream ends with the last operation, or then.
    ending: Option<Pin<Box<Sleep>>>,
}

impl Single {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.ending.is_some() && self.running.is_empty() {
                return None;
            }
            tokio::select! {
                // With none, the last one has ended, which may be what the end waits for.
                frame = self.running.next(), if !self.running.is_empty() => if let Some(frame) = frame {
                    return Some(frame);
                },
                () = self.slot.arrived.notified() => self.running.extend(self.slot.take()),
                () = over(&mut self.session), if self.ending.is_none() => self.end(),
                () = told(&mut self.stop), if self.ending.is_none() => self.end(),
                () = async { match &mut self.ending { Some(due) => due.await, None => std::future::pending().await } } => {
                    return None;
                }
            }
        }
    }

    /// What follows something is told why by itself; what ends by itself has some time for it.
    fn end(&mut self) {
        self.running.extend(self.slot.take());
        self.ending = Some(Box::pin(sleep(self.drain_timeout)));
    }
}
