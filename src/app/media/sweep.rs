//! Housekeeping: files that nothing refers to are removed, a little at a time.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::iter;

use crate::app::App;
use crate::domain::media::MediaPath;
use crate::error::Result;
use crate::storage::{loose_files, uploads};

/// Uploads forgotten, and files removed, in one go.
const BATCH_MAX: i64 = 200;
/// Files removed side by side.
const AT_ONCE: usize = 8;
/// How long the store may take with a file, and is left alone after it failed.
pub(super) const STORE_PATIENCE: Duration = Duration::from_mins(10);

impl App {
    /// Removes what was never used, and what belonged to messages and pictures that are gone.
    pub(in crate::app) async fn sweep_media(&self) -> Result<()> {
        let now = self.clock.now();
        while self.store.write(move |conn| Box::pin(uploads::drop_over(conn, now, BATCH_MAX))).await? > 0 {}
        loop {
            let due = self.store.read(move |conn| Box::pin(loose_files::due(conn, now, BATCH_MAX))).await?;
            if due.is_empty() {
                return Ok(());
            }
            let outcomes: Vec<(MediaPath, Result<()>)> = iter(due)
                .map(|path| async {
                    let removed = self.media.files().delete(&path).await;
                    (path, removed)
                })
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            let (mut gone, mut kept) = (Vec::new(), Vec::new());
            for (path, outcome) in outcomes {
                match outcome {
                    Ok(()) => gone.push(path),
                    Err(error) => {
                        tracing::warn!(%error, %path, "A file cannot be removed, which will be tried again.");
                        kept.push(path);
                    }
                }
            }
            self.store
                .write(move |conn| {
                    Box::pin(async move {
                        loose_files::remove(conn, &gone).await?;
                        loose_files::postpone(conn, &kept, now + STORE_PATIENCE).await
                    })
                })
                .await?;
        }
    }
}
