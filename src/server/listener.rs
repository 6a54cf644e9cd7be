//! Accepts connections and serves the routes on them, over HTTP/1 and HTTP/2 without TLS.
//!
//! Every wait has a deadline and every number a cap; `connection.rs` has the deadlines. TLS is the
//! business of a proxy.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::Service;

use super::answer::OVERLOADED;
use super::connection::{Activity, AnswerBody, Deadline, InFlight, Seat, Socket};
use crate::metrics::{Metrics, Overdue};

/// How long accepting rests when descriptors or memory have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Callers over the cap that are told so at the same time; more are dropped without a word.
const REFUSALS_MAX: usize = 64;
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// What HTTP/2 has to say good-bye.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// hyper's smallest read buffer, which is where HTTP/1 heads are bounded.
const HEAD_BUFFER_MIN: usize = 8 * 1024;
const H2_STREAMS_MAX: u32 = 100;
const H2_STREAM_WINDOW: u32 = 64 * 1024;
const H2_CONNECTION_WINDOW: u32 = 256 * 1024;
const H2_SEND_BUFFER_MAX: usize = 64 * 1024;
const H2_PING_INTERVAL: Duration = Duration::from_secs(20);
const H2_PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams that the peer opened and reset before they were looked at (rapid reset, CVE-2023-44487).
const H2_PENDING_RESETS_MAX: usize = 20;
/// Streams that we had to reset because of the peer's faults (CVE-2025-8671).
const H2_LOCAL_RESETS_MAX: usize = 64;

/// What one caller, and all of them together, may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections open at once, upgraded ones among them.
    pub connections_max: usize,
    /// From the first byte of a request, or from connecting, to the end of its head.
    pub header_timeout: Duration,
    /// From the head of a request to the end of its body.
    pub body_timeout: Duration,
    /// Between two requests, and for a peer that takes nothing of its answer.
    pub idle_timeout: Duration,
    /// From the end of a request's body to the head of the answer.
    pub request_timeout: Duration,
    pub body_bytes_max: usize,
    /// Less than 8 KiB counts as 8 KiB on HTTP/1.
    pub header_bytes_max: usize,
    /// From being told to stop until what is still open is cut off.
    pub drain_timeout: Duration,
}

/// Whether connections go on, wind up, or end now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    Draining,
    Cut,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything that was open came to its own end.
    Completely,
    /// Something was still open at the deadline.
    Cut,
}

struct Server {
    builder: auto::Builder<TokioExecutor>,
    router: Router,
    bounds: Bounds,
    metrics: Metrics,
    phase: watch::Sender<Phase>,
    seats: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

/// Serves `router` until `stop` becomes true, or its sender is gone, and everything open has ended.
///
/// Handlers of upgraded connections and endless streams have to watch the same signal: they are waited
/// for until the drain deadline, and then cut.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    metrics: Metrics,
    stop: watch::Receiver<bool>,
) -> Drained {
    let server = Arc::new(Server {
        builder: protocols(&bounds),
        router,
        bounds,
        metrics,
        phase: watch::Sender::new(Phase::Serving),
        seats: Arc::new(Semaphore::new(bounds.connections_max.min(Semaphore::MAX_PERMITS))),
        refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
    });
    accept_until_stopped(&server, &listener, stop).await;
    drop(listener);
    drain(&server).await
}

fn protocols(bounds: &Bounds) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // See connection.rs for why this is ours.
        .header_read_timeout(None)
        .max_buf_size(bounds.header_bytes_max.max(HEAD_BUFFER_MIN));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(bounds.header_bytes_max).unwrap_or(u32::MAX))
        .max_concurrent_streams(H2_STREAMS_MAX)
        .initial_stream_window_size(H2_STREAM_WINDOW)
        .initial_connection_window_size(H2_CONNECTION_WINDOW)
        .max_send_buf_size(H2_SEND_BUFFER_MAX)
        .max_pending_accept_reset_streams(H2_PENDING_RESETS_MAX)
        .max_local_error_reset_streams(H2_LOCAL_RESETS_MAX)
        .keep_alive_interval(H2_PING_INTERVAL)
        .keep_alive_timeout(H2_PING_TIMEOUT);
    builder
}

async fn accept_until_stopped(server: &Arc<Server>, listener: &TcpListener, mut stop: watch::Receiver<bool>) {
    let mut stopped = pin!(async move { drop(stop.wait_for(|stop| *stop).await) });
    let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopped => return,
            _ = upkeep.tick() => {
                server.metrics.upkeep();
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => admit(server, stream, peer),
            Err(error) => {
                let pause = pause_after(&error);
                server.metrics.accept_error(pause.is_some());
                if let Some(pause) = pause {
                    tracing::error!(%error, "cannot accept connections; trying again shortly");
                    tokio::select! {
                        () = &mut stopped => return,
                        () = sleep(pause) => {}
                    }
                }
            }
        }
    }
}

/// A peer that is already gone costs nothing. Anything else is about this process, such as a full table
/// of descriptors, and would fail again at once.
fn pause_after(error: &io::Error) -> Option<Duration> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted => None,
        _ => Some(ACCEPT_PAUSE),
    }
}

/// Seats a connection, or tells it that the house is full.
///
/// Accepting goes on at the cap, for a connection left in the kernel's queue looks to its caller, and
/// to a balancer, like a server that hangs.
fn admit(server: &Arc<Server>, stream: TcpStream, peer: SocketAddr) {
    server.metrics.connection_accepted();
    if let Ok(permit) = Arc::clone(&server.seats).try_acquire_owned() {
        let seat = Seat {
            _permit: permit,
            _open: server.metrics.connection_open(),
            phase: server.phase.subscribe(),
        };
        tokio::spawn(converse(Arc::clone(server), stream, peer, seat));
        return;
    }
    server.metrics.connection_refused();
    if let Ok(permit) = Arc::clone(&server.refusals).try_acquire_owned() {
        tokio::spawn(async move {
            // An answer that cannot be delivered in time is not worth a word.
            let _ = timeout(REFUSAL_TIMEOUT, refuse(stream)).await;
            drop(permit);
        });
    }
}

/// Answers the first request unread, then waits for the caller to close: closing first, with bytes
/// unread, would reset the connection and lose the answer on the way.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    let mut scrap = [0_u8; 1024];
    if stream.read(&mut scrap).await? == 0 {
        return Ok(());
    }
    stream.write_all(OVERLOADED.as_bytes()).await?;
    stream.shutdown().await?;
    while stream.read(&mut scrap).await? > 0 {}
    Ok(())
}

async fn converse(server: Arc<Server>, stream: TcpStream, peer: SocketAddr, seat: Seat) {
    // Latency is worth more than a full packet; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let mut phase = seat.phase.clone();
    let activity = Arc::new(Activity::new(server.bounds.header_timeout, server.bounds.idle_timeout));
    let mut deadline = Deadline::new(Arc::clone(&activity));
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&activity), seat));
    let router = server.router.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let in_flight = activity.request(request.version() == Version::HTTP_2);
        answer(router.clone(), request, peer, in_flight)
    });
    let mut connection = pin!(server.builder.serve_connection_with_upgrades(socket, service));
    loop {
        let progress = poll_fn(|cx| match connection.as_mut().poll(cx) {
            // What ends a connection early is the peer's doing; handlers have logged what is ours.
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => deadline.poll(cx).map(Some),
        });
        let overdue = tokio::select! {
            biased;
            changed = phase.changed() => match (changed, *phase.borrow_and_update()) {
                (Ok(()), Phase::Serving) => continue,
                (Ok(()), Phase::Draining) => {
                    connection.as_mut().graceful_shutdown();
                    continue;
                }
                (Ok(()), Phase::Cut) | (Err(_), _) => Some(Overdue::Drain),
            },
            overdue = progress => overdue,
        };
        if let Some(overdue) = overdue {
            server.metrics.connection_overdue(overdue);
            tracing::debug!(deadline = overdue.as_str(), "connection closed at its deadline");
        }
        if overdue == Some(Overdue::Idle) {
            connection.as_mut().graceful_shutdown();
            // Whether or not the peer takes its leave, the connection is dropped.
            let _ = timeout(GOODBYE_TIMEOUT, connection).await;
        }
        return;
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    in_flight: InFlight,
) -> Result<Response<AnswerBody>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.call(request).await?;
    Ok(response.map(|body| AnswerBody::new(body, in_flight)))
}

/// Lets what is open end by itself, and cuts what has not at the deadline.
///
/// Each connection holds a receiver of the phase in its seat, so the channel closes with the last one.
async fn drain(server: &Server) -> Drained {
    let open = server.phase.receiver_count();
    tracing::info!(connections = open, "no longer accepting connections; draining");
    server.phase.send_replace(Phase::Draining);
    if timeout(server.bounds.drain_timeout, server.phase.closed()).await.is_ok() {
        tracing::info!("drained");
        return Drained::Completely;
    }
    server.phase.send_replace(Phase::Cut);
    tracing::warn!("the drain deadline has passed; cutting what is still open");
    // One moment for the cut to be seen; upgraded connections see it only when they move.
    let _ = timeout(GOODBYE_TIMEOUT / 10, server.phase.closed()).await;
    Drained::Cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepting_rests_only_when_the_fault_is_here() {
        let pause = |code| pause_after(&io::Error::from_raw_os_error(code)).is_some();
        // EMFILE, ENFILE and ENOMEM, then ECONNABORTED, as Linux counts them.
        assert!(pause(24) && pause(23) && pause(12));
        assert!(!pause(103));
    }
}
