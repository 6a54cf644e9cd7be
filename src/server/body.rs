//! The body of a request, bounded in bytes and in time while it is read.
//!
//! What became of it is told apart from how a handler reports it: [`Progress`] says whether a bound
//! broke, so that every face answers 413 and 408 alike.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

/// What is read and thrown away after a refusal, so that the caller lives to read the answer.
const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;
const LINGER_TIMEOUT: Duration = Duration::from_secs(5);

/// The bound that a body broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    Size,
    Time,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "the request body is too large",
            Self::Time => "the request body is too slow",
        })
    }
}

impl std::error::Error for Broken {}

/// What can be known of a body from outside the handler that reads it.
#[derive(Debug)]
pub(super) struct Progress {
    broken: Arc<AtomicU8>,
    over: Option<oneshot::Receiver<()>>,
    deadline: Instant,
}

impl Progress {
    pub(super) fn broken(&self) -> Option<Broken> {
        match self.broken.load(Ordering::Acquire) {
            1 => Some(Broken::Size),
            2 => Some(Broken::Time),
            _ => None,
        }
    }

    /// Waits until the handler is done with the body, or should be.
    pub(super) async fn over(&mut self) {
        if let Some(over) = self.over.take() {
            // All three ends mean the same: the server's own time starts now.
            let _ = timeout_at(self.deadline, over).await;
        }
    }
}

/// A body that fails when it breaks a bound.
#[derive(Debug)]
pub(super) struct BoundedBody {
    inner: Option<Body>,
    bytes_left: usize,
    deadline: Pin<Box<Sleep>>,
    broken: Arc<AtomicU8>,
    /// Dropped when the body is over.
    reading: Option<oneshot::Sender<()>>,
    lingers: bool,
}

/// Bounds a body. `lingers` says whether what is left unread is to be thrown away instead of closing on it.
pub(super) fn bound(body: Body, bytes_max: usize, limit: Duration, lingers: bool) -> (Body, Progress) {
    let deadline = Instant::now() + limit;
    let broken = Arc::new(AtomicU8::new(0));
    if body.is_end_stream() {
        return (body, Progress { broken, over: None, deadline });
    }
    let (reading, over) = oneshot::channel();
    let bounded = BoundedBody {
        inner: Some(body),
        bytes_left: bytes_max,
        deadline: Box::pin(sleep_until(deadline)),
        broken: Arc::clone(&broken),
        reading: Some(reading),
        lingers,
    };
    (Body::new(bounded), Progress { broken, over: Some(over), deadline })
}

impl BoundedBody {
    fn fail(&mut self, broken: Broken) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mark = match broken {
            Broken::Size => 1,
            Broken::Time => 2,
        };
        self.broken.store(mark, Ordering::Release);
        self.lingers &= broken == Broken::Size;
        self.finish();
        Poll::Ready(Some(Err(axum::Error::new(broken))))
    }

    fn finish(&mut self) {
        self.reading = None;
        if let Some(rest) = self.inner.take()
            && self.lingers
        {
            linger(rest);
        }
    }
}

impl HttpBody for BoundedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        match Pin::new(inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                match self.bytes_left.checked_sub(bytes) {
                    None => self.fail(Broken::Size),
                    Some(left) => {
                        self.bytes_left = left;
                        Poll::Ready(Some(Ok(frame)))
                    }
                }
            }
            Poll::Ready(end_or_error) => {
                self.inner = None;
                self.finish();
                Poll::Ready(end_or_error)
            }
            Poll::Pending if self.deadline.as_mut().poll(cx).is_ready() => self.fail(Broken::Time),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for BoundedBody {
    fn drop(&mut self) {
        if self.is_end_stream() {
            self.inner = None;
        }
        self.finish();
    }
}

/// Reads on for a while and keeps nothing.
///
/// Closing a socket with bytes unread resets it, and a caller that sends all before it reads would see
/// the reset instead of the refusal. The task ends at a bound of bytes and of time.
pub(super) fn linger(mut body: Body) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        let mut left = LINGER_BYTES_MAX;
        let drain = async {
            while let Some(Ok(frame)) = body.frame().await {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                let Some(rest) = left.checked_sub(bytes) else { return };
                left = rest;
            }
        };
        // Past the deadline the connection is closed on the rest.
        let _ = timeout(LINGER_TIMEOUT, drain).await;
    });
}
