//! Everybody's signed-in devices, for administrators.

use uuid::Uuid;

use crate::app::{App, administrator};
use crate::domain::paging::{List, PageArgs, Place, Slice};
use crate::domain::sessions::{Session, Viewer};
use crate::error::Result;
use crate::storage::sessions::{self, Narrowing};

/// Sessions, the latest used first, and how to count them all.
#[derive(Debug, Clone)]
pub struct SessionList {
    pub slice: Slice<Session>,
    narrowing: Narrowing,
}

impl SessionList {
    /// Where a session stands in this list. One that is used meanwhile goes to its front.
    pub fn place(session: &Session) -> Place {
        Place(session.last_used_at.timestamp_micros(), session.key.0)
    }
}

impl App {
    /// The live sessions of everybody, or of one person.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators.
    pub async fn sessions(
        &self,
        viewer: &Viewer,
        user: Option<Uuid>,
        page: &PageArgs,
    ) -> Result<SessionList> {
        administrator(viewer)?;
        let page = page.check(self.epoch(), List::Sessions, self.bounds.pages)?;
        let narrowing = Narrowing { user, now: self.clock.now() };
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { sessions::page(conn, narrowing, &page).await }))
            .await?;
        Ok(SessionList { slice, narrowing })
    }

    /// How many sessions the whole list has.
    pub async fn count_sessions(&self, viewer: &Viewer, list: &SessionList) -> Result<i64> {
        administrator(viewer)?;
        let narrowing = list.narrowing;
        self.store.read(move |conn| Box::pin(sessions::count(conn, narrowing))).await
    }
}
