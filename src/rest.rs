//! Faces that are addressed by paths.

pub mod media;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

/// Every route of this face.
pub fn routes(app: &Arc<App>) -> Router {
    media::routes(app)
}
