//! Who speaks on a socket, and until when. `renewConnection` changes it while operations run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::app::auth::Identity;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};

/// The caller of one socket, shared by its loop and its operations.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct Connection(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Held for a copy.
    identity: Mutex<Identity>,
    renewed: Notify,
}

impl Connection {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { identity: Mutex::new(Identity::ANONYMOUS), renewed: Notify::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, Identity> {
        self.0.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn identity(&self) -> Identity {
        *self.lock()
    }

    pub(super) fn viewer(&self) -> Viewer {
        self.lock().viewer
    }

    /// Takes over what a fresh token says. One who was not signed in may be now.
    ///
    /// # Errors
    /// `FORBIDDEN` for the token of someone else.
    pub(in crate::graphql) fn renew(&self, fresh: Identity) -> Result<()> {
        let mut identity = self.lock();
        let user = |viewer: &Viewer| viewer.signed_in().map(|signed_in| signed_in.user);
        let known = user(&identity.viewer);
        if known.is_some() && known != user(&fresh.viewer) {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed).at("accessToken"));
        }
        *identity = fresh;
        drop(identity);
        self.0.renewed.notify_one();
        Ok(())
    }

    /// Waits for the next renewal; one that came before the wait counts.
    pub(super) async fn renewed(&self) {
        self.0.renewed.notified().await;
    }
}
