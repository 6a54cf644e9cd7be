//! The server round the routes: the listener, what every request passes through, and health.
//!
//! It knows no use case; `router` puts the faces together.

mod answer;
pub mod assemble;
mod body;
mod connection;
pub mod health;
pub mod listener;
pub mod middleware;
mod observe;
pub mod router;

use std::io;

use tokio::sync::watch;

pub use listener::{Bounds, Drained, serve};

/// What SIGHUP is for, which also comes when a terminal is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hangup {
    /// See [`on_hangup`].
    IsElsewhere,
    Stops,
}

/// Becomes true when the process is told to stop, by SIGTERM or SIGINT.
///
/// The signals are caught from the moment this returns. A second signal changes nothing: the drain has
/// its own deadline.
pub fn shutdown_signal(hangup: Hangup) -> io::Result<watch::Receiver<bool>> {
    let (stop, stopped) = watch::channel(false);
    let mut signals = Signals::catch(hangup)?;
    tokio::spawn(async move {
        let name = signals.next().await;
        tracing::info!(signal = name, "told to stop");
        stop.send_replace(true);
        // Kept, because to listeners a dropped sender means the same as a stop.
        stop.closed().await;
    });
    Ok(stopped)
}

/// Calls `reload` at each SIGHUP.
#[cfg(unix)]
pub fn on_hangup(reload: impl Fn() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload();
        }
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn catch(hangup: Hangup) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let stops = hangup == Hangup::Stops;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: stops.then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = async { self.hangup.as_mut()?.recv().await }, if self.hangup.is_some() => "SIGHUP",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn catch(_: Hangup) -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            // Without a handler there is nothing to wait for, and stopping at once would be wrong.
            Err(_) => std::future::pending().await,
        }
    }
}
