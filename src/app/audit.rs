//! The audit log: what administrators did by that right, for administrators to read.
//!
//! Each use case writes its own entry, in its own transaction.

use crate::app::{App, administrator};
use crate::domain::audit::{AuditEntry, AuditFilter, Note};
use crate::domain::ids::AuditKey;
use crate::domain::paging::{List, PageArgs, Place, Slice};
use crate::domain::policy::{Action, Standing, by_right};
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::storage::{Conn, audit};

/// Entries, the newest first, and how to count them all.
#[derive(Debug, Clone)]
pub struct AuditList {
    pub slice: Slice<AuditEntry>,
    filter: AuditFilter,
}

impl AuditList {
    /// Where an entry stands in this list.
    pub fn place(entry: &AuditEntry) -> Place {
        Place::at(entry.key.0)
    }
}

impl App {
    /// Who did what.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators.
    pub async fn audit_log(
        &self,
        viewer: &Viewer,
        filter: AuditFilter,
        page: &PageArgs,
    ) -> Result<AuditList> {
        administrator(viewer)?;
        let page = page.check(self.epoch(), List::AuditLog, self.bounds.pages)?;
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { audit::page(conn, filter, &page).await }))
            .await?;
        Ok(AuditList { slice, filter })
    }

    /// How many entries the whole list has.
    pub async fn count_audit_log(&self, viewer: &Viewer, list: &AuditList) -> Result<i64> {
        administrator(viewer)?;
        let filter = list.filter;
        self.store.read(move |conn| Box::pin(audit::count(conn, filter))).await
    }

    /// Several entries, in no order; none for anyone but administrators.
    pub async fn audit_entries(&self, viewer: &Viewer, keys: Vec<AuditKey>) -> Result<Vec<AuditEntry>> {
        if administrator(viewer).is_err() {
            return Ok(Vec::new());
        }
        self.store.read(move |conn| Box::pin(async move { audit::get_many(conn, &keys).await })).await
    }
}

/// Writes down what someone does to a room, if they may as an administrator alone. For use inside a transaction.
pub(in crate::app) async fn note_right(
    conn: &mut Conn,
    standing: Standing,
    action: Action,
    note: Note,
) -> Result<()> {
    if by_right(standing, action) { audit::insert(conn, &note).await } else { Ok(()) }
}
