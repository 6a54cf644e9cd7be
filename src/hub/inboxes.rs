//! People who follow all their rooms at once, and the bell that has them look at which those are.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::watch;

use crate::domain::ids::UserKey;
use crate::hub::lock;

#[derive(Debug, Default)]
pub(super) struct Inboxes {
    bells: Mutex<HashMap<UserKey, watch::Sender<u64>>>,
}

/// Tells that a person's rooms may be others now.
#[derive(Debug)]
pub struct InboxBell(watch::Receiver<u64>);

impl InboxBell {
    /// Waits until the bell has rung since the last time.
    pub async fn rung(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Inboxes {
    pub(super) fn watch(&self, user: UserKey) -> InboxBell {
        let mut bells = lock(&self.bells);
        InboxBell(bells.entry(user).or_insert_with(|| watch::Sender::new(0)).subscribe())
    }

    pub(super) fn ring(&self, user: UserKey) {
        if let Some(bell) = lock(&self.bells).get(&user) {
            bell.send_modify(|rings| *rings = rings.wrapping_add(1));
        }
    }

    pub(super) fn ring_all(&self) {
        for bell in lock(&self.bells).values() {
            bell.send_modify(|rings| *rings = rings.wrapping_add(1));
        }
    }

    pub(super) fn tidy(&self) {
        lock(&self.bells).retain(|_, bell| bell.receiver_count() > 0);
    }
}
