//! Sessions with open connections, and the bell that ends them.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::ids::SessionKey;
use crate::hub::lock;

/// How long an end is remembered: whoever was let in by a look-up from before it, asks within that.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Ends remembered at most. More than this in five seconds, and the oldest are forgotten.
const REMEMBERED_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Sessions {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// One for each session, however many connections it has. Their number bounds the map.
    bells: HashMap<SessionKey, watch::Sender<bool>>,
    ended: VecDeque<(Instant, SessionKey)>,
}

/// Tells a connection that its session is over.
#[derive(Debug, Clone)]
pub struct SessionBell(watch::Receiver<bool>);

impl SessionBell {
    /// Waits until the session is over.
    pub async fn ended(&mut self) {
        if self.0.wait_for(|ended| *ended).await.is_err() {
            // The sender goes only after it has told, or when nobody is left.
            std::future::pending::<()>().await;
        }
    }
}

impl Sessions {
    pub(super) fn watch(&self, session: SessionKey) -> SessionBell {
        let mut state = lock(&self.state);
        let State { bells, ended } = &mut *state;
        let bell = bells
            .entry(session)
            .or_insert_with(|| watch::Sender::new(ended.iter().any(|(_, over)| *over == session)));
        SessionBell(bell.subscribe())
    }

    /// The bell stays until its last listener has gone, so that one who comes late is told, too.
    pub(super) fn end(&self, session: SessionKey) {
        let mut state = lock(&self.state);
        if let Some(bell) = state.bells.get(&session) {
            bell.send_replace(true);
        }
        if state.ended.len() >= REMEMBERED_MAX {
            state.ended.pop_front();
        }
        state.ended.push_back((Instant::now(), session));
    }

    pub(super) fn watched(&self) -> Vec<SessionKey> {
        lock(&self.state).bells.keys().copied().collect()
    }

    pub(super) fn tidy(&self, now: Instant) {
        let mut state = lock(&self.state);
        while state.ended.front().is_some_and(|(at, _)| now.duration_since(*at) > REMEMBERED) {
            state.ended.pop_front();
        }
        let bells = &mut state.bells;
        bells.retain(|_, bell| bell.receiver_count() > 0);
        if bells.capacity() > 1024 && bells.len() < bells.capacity() / 4 {
            bells.shrink_to_fit();
        }
    }
}
