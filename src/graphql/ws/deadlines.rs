//! The moments at which something of a socket is due, on one timer.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Init,
    Ping,
    Pong,
    TokenWarning,
    TokenOver,
    /// Running operations have had their time to end before a shutdown.
    Drain,
}

#[derive(Debug)]
pub(super) struct Deadlines {
    set: Vec<(Instant, Due)>,
    timer: Pin<Box<Sleep>>,
}

impl Deadlines {
    pub(super) fn new() -> Self {
        Self { set: Vec::new(), timer: Box::pin(sleep_until(Instant::now())) }
    }

    /// Sets a deadline, in the place of an earlier one of the kind.
    pub(super) fn set(&mut self, due: Due, after: Duration) {
        self.clear(due);
        self.set.push((Instant::now() + after, due));
    }

    pub(super) fn clear(&mut self, due: Due) {
        self.set.retain(|(_, set)| *set != due);
    }

    /// Waits for the next one, and takes it.
    pub(super) async fn next(&mut self) -> Due {
        let Some((at, due)) = self.set.iter().copied().min_by_key(|(at, _)| *at) else {
            return std::future::pending().await;
        };
        if self.timer.deadline() != at {
            self.timer.as_mut().reset(at);
        }
        self.timer.as_mut().await;
        self.clear(due);
        due
    }
}
