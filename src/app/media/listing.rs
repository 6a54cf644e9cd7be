//! Everybody's files, for administrators.

use uuid::Uuid;

use crate::app::{App, administrator};
use crate::domain::paging::{List, PageArgs, Place, Slice};
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::storage::uploads::{self, Narrowing};

pub use crate::storage::uploads::{Listed, Totals};

/// Files, those announced last first, and how to count them all.
#[derive(Debug, Clone)]
pub struct UploadList {
    pub slice: Slice<Listed>,
    narrowing: Narrowing,
}

impl UploadList {
    /// Where a file stands in this list.
    pub fn place(file: &Listed) -> Place {
        Place::at(file.key)
    }
}

impl App {
    /// The files of everybody, or of one person.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators.
    pub async fn uploads(&self, viewer: &Viewer, owner: Option<Uuid>, page: &PageArgs) -> Result<UploadList> {
        administrator(viewer)?;
        let page = page.check(self.epoch(), List::Uploads, self.bounds.pages)?;
        let narrowing = Narrowing { owner, now: self.clock.now() };
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { uploads::page(conn, narrowing, &page).await }))
            .await?;
        Ok(UploadList { slice, narrowing })
    }

    /// How many files the whole list has, and their bytes.
    pub async fn total_uploads(&self, viewer: &Viewer, list: &UploadList) -> Result<Totals> {
        administrator(viewer)?;
        let narrowing = list.narrowing;
        self.store.read(move |conn| Box::pin(uploads::totals(conn, narrowing))).await
    }
}
