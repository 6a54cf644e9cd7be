//! Sessions with open connections, and the bell that ends them.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::watch;

use crate::domain::ids::SessionKey;
use crate::hub::lock;

/// One bell for each session, however many connections it has. Their number bounds the map.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    bells: Mutex<HashMap<SessionKey, watch::Sender<bool>>>,
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
        let mut bells = lock(&self.bells);
        SessionBell(bells.entry(session).or_insert_with(|| watch::Sender::new(false)).subscribe())
    }

    /// The bell stays until its last listener has gone, so that one who comes late is told, too.
    pub(super) fn end(&self, session: SessionKey) {
        if let Some(bell) = lock(&self.bells).get(&session) {
            bell.send_replace(true);
        }
    }

    pub(super) fn watched(&self) -> Vec<SessionKey> {
        lock(&self.bells).keys().copied().collect()
    }

    pub(super) fn tidy(&self) {
        let mut bells = lock(&self.bells);
        bells.retain(|_, bell| bell.receiver_count() > 0);
        if bells.capacity() > 1024 && bells.len() < bells.capacity() / 4 {
            bells.shrink_to_fit();
        }
    }
}
