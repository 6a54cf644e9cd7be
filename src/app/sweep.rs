//! Housekeeping: what is over is forgotten, a little at a time.

use chrono::TimeDelta;

use crate::app::App;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};
use crate::storage::{audit, messages, sessions};

/// How long an ended session is kept, so that a stolen token of it is still known for what it is.
const ENDED_SESSION_KEPT: TimeDelta = TimeDelta::days(30);
/// Messages of deleted rooms removed in one transaction; bounds how long senders wait for it.
const PURGE_MAX: i64 = 500;

impl App {
    /// Forgets ended sessions and old entries of the audit log, empties deleted rooms, removes accounts that are
    /// leaving and files that nothing refers to, and drops idle rate budgets.
    pub async fn sweep(&self, viewer: &Viewer) -> Result<()> {
        if *viewer != Viewer::Operator {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        self.limits.forget_idle();
        let now = self.clock.now();
        let before = now - ENDED_SESSION_KEPT;
        let logged_before = now - self.bounds.audit_kept;
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    sessions::delete_stale(conn, before).await?;
                    sessions::delete_expired_tokens(conn, before).await?;
                    audit::delete_older(conn, logged_before).await
                })
            })
            .await?;
        loop {
            let removed =
                self.store.write(|conn| Box::pin(messages::purge_deleted_rooms(conn, PURGE_MAX))).await?;
            if removed == 0 {
                break;
            }
        }
        self.see_out_all(viewer).await?;
        self.sweep_media().await
    }
}
