//! The first minute of a server: whether it still waits for someone to look after it.

use crate::app::App;
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::storage::users;

impl App {
    /// Whether there is no administrator yet.
    pub async fn setup_needed(&self, _viewer: &Viewer) -> Result<bool> {
        self.store.read(|conn| Box::pin(async move { Ok(!users::has_admin(conn).await?) })).await
    }
}
