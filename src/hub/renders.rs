//! What has been made of one thing for those who asked the same.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::hub::lock;

/// Who is shown a thing the same way: a hash of document, operation, variables and audience.
pub type RenderKey = u128;

/// Renderings kept for one thing; whoever asks yet another way makes their own.
pub(super) const RENDERS_MAX: usize = 64;

#[derive(Debug, Default)]
pub struct Renders(Mutex<Vec<(RenderKey, Arc<OnceCell<Bytes>>)>>);

impl Renders {
    /// What the thing looks like to those of one key, if it has been made.
    pub fn made(&self, key: RenderKey) -> Option<Bytes> {
        let renders = lock(&self.0);
        renders.iter().find(|(known, _)| *known == key).and_then(|(_, cell)| cell.get().cloned())
    }

    /// Forgets all that was made, because it may show what is no longer so.
    pub(super) fn forget(&self) {
        lock(&self.0).clear();
    }

    /// The place for what the thing looks like to those of one key; `None` when there are too many kinds.
    pub fn of(&self, key: RenderKey) -> Option<Arc<OnceCell<Bytes>>> {
        let mut renders = lock(&self.0);
        if let Some((_, cell)) = renders.iter().find(|(known, _)| *known == key) {
            return Some(Arc::clone(cell));
        }
        if renders.len() >= RENDERS_MAX {
            return None;
        }
        let cell = Arc::default();
        renders.push((key, Arc::clone(&cell)));
        Some(cell)
    }
}
