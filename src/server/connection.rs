//! One connection: what is known about its progress, and when it has to be closed.
//!
//! hyper has a single timer, `header_read_timeout`: it starts whenever hyper begins to wait for a head,
//! so it bounds the pause between two requests and the head itself with one number, it does not run
//! while the protocol is still being told apart, and HTTP/2 has none. The deadlines here replace it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Sleep, sleep_until};

use super::listener::Phase;
use crate::metrics::{Counted, Overdue};

/// What the socket and the requests on it report, for the deadlines to be computed from.
///
/// The lock is held for a few assignments, by the connection's own task or by a stream of it.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    head_timeout: Duration,
    idle_timeout: Duration,
}

#[derive(Debug)]
struct State {
    in_flight: usize,
    http2: bool,
    /// When the head that is being read began; set from the start, for a connection must speak soon.
    head_since: Option<Instant>,
    idle_since: Instant,
    /// Since when the peer has taken nothing of what waits to be written.
    stalled_since: Option<Instant>,
}

impl Activity {
    pub(super) fn new(head_timeout: Duration, idle_timeout: Duration) -> Self {
        let now = Instant::now();
        let state =
            State { in_flight: 0, http2: false, head_since: Some(now), idle_since: now, stalled_since: None };
        Self { state: Mutex::new(state), head_timeout, idle_timeout }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has been read; the guard lives until its answer is written or given up.
    pub(super) fn request(self: &Arc<Self>, http2: bool) -> InFlight {
        let mut state = self.state();
        state.in_flight += 1;
        state.http2 = http2;
        state.head_since = None;
        drop(state);
        InFlight(Arc::clone(self))
    }

    fn bytes_read(&self) {
        let mut state = self.state();
        // HTTP/2 has other frames than heads, such as answers to our pings.
        if state.in_flight == 0 && !state.http2 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    fn write_progress<T>(&self, result: &Poll<io::Result<T>>) {
        let mut state = self.state();
        match result {
            Poll::Pending if state.stalled_since.is_none() => state.stalled_since = Some(Instant::now()),
            Poll::Pending => {}
            Poll::Ready(_) => state.stalled_since = None,
        }
    }

    /// The next moment at which this connection has waited long enough, if it is waiting at all.
    fn due(&self) -> Option<(Instant, Overdue)> {
        let state = self.state();
        let quiet = match state.head_since {
            _ if state.in_flight > 0 => None,
            Some(since) => Some((since + self.head_timeout, Overdue::Head)),
            None => Some((state.idle_since + self.idle_timeout, Overdue::Idle)),
        };
        let stalled = state.stalled_since.map(|since| (since + self.idle_timeout, Overdue::Stalled));
        quiet.into_iter().chain(stalled).min_by_key(|(at, _)| *at)
    }
}

/// A request on a connection, from its head to the last byte of its answer.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if state.in_flight == 0 {
            state.idle_since = Instant::now();
        }
    }
}

/// Watches the deadlines of one connection.
///
/// Polled after the connection itself, in the same task, so it sees what that poll has changed. The
/// timer is moved only when a deadline comes nearer; a later one is found when the timer fires.
#[derive(Debug)]
pub(super) struct Deadline {
    activity: Arc<Activity>,
    armed: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        Self { activity, armed: None }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Overdue> {
        while let Some((at, which)) = self.activity.due() {
            if at <= Instant::now() {
                return Poll::Ready(which);
            }
            let armed = self.armed.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if at < armed.deadline() || armed.is_elapsed() {
                armed.as_mut().reset(at);
            }
            ready!(armed.as_mut().poll(cx));
        }
        Poll::Pending
    }
}

/// What a connection holds until its last user is gone, after an upgrade too.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) _permit: OwnedSemaphorePermit,
    pub(super) _open: Counted,
    pub(super) phase: watch::Receiver<Phase>,
}

/// The socket, reporting its progress. It fails once the server has given up on draining.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    activity: Arc<Activity>,
    seat: Seat,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>, seat: Seat) -> Self {
        Self { stream, activity, seat }
    }

    fn check(&self) -> io::Result<()> {
        match *self.seat.phase.borrow() {
            Phase::Cut => Err(io::ErrorKind::ConnectionAborted.into()),
            Phase::Serving | Phase::Draining => Ok(()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.activity.bytes_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.activity.write_progress(&result);
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.activity.write_progress(&result);
        result
    }
}

/// The body of an answer; the request counts as in flight until it is done or dropped.
#[derive(Debug)]
pub(super) struct AnswerBody {
    inner: Body,
    _in_flight: InFlight,
}

impl AnswerBody {
    pub(super) fn new(inner: Body, in_flight: InFlight) -> Self {
        Self { inner, _in_flight: in_flight }
    }
}

impl HttpBody for AnswerBody {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
