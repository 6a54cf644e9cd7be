//! The REST faces and sockets of five legacy chat servers, each a closed file in `dialects` over the use cases.
//!
//! `route.rs` is what a dialect is made of, `dispatch.rs` what happens before a handler runs, `drf.rs` what callers
//! of Django REST framework share, `openapi.rs` the document made from all of it.

mod body;
mod call;
mod dialects;
mod dispatch;
mod drf;
pub mod media;
pub mod openapi;
mod options;
mod pages;
mod reply;
mod route;
mod sockets;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, header};
use tokio::sync::{Semaphore, watch};

use crate::app::App;
use crate::config::{Config, Live};
use crate::http::gate::Gate;
use crate::metrics::Metrics;
use crate::rest::route::Dialect;

/// What all dialects of a server share.
pub struct Rest {
    app: Arc<App>,
    gate: Arc<Gate>,
    /// The configured address of the server; links of others are made from what the caller asked for.
    public_url: Option<String>,
    /// The address to fall back on.
    own_url: String,
    /// How many items a list may hold.
    list_max: u64,
    dialects: Vec<Arc<Dialect>>,
    /// Whether pages are let in that the configuration does not name.
    admits_pages: bool,
    live: Live,
    metrics: Metrics,
    stop: watch::Receiver<bool>,
    /// Turns for bodies with files, which are read whole.
    receiving: Semaphore,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.dialects.iter().map(|dialect| dialect.name).collect();
        f.debug_struct("Rest").field("dialects", &names).finish_non_exhaustive()
    }
}

impl Rest {
    /// The configured dialects over the use cases. `own_url` is where the server listens.
    pub fn new(
        (app, gate): (Arc<App>, Arc<Gate>),
        config: &Config,
        own_url: String,
        metrics: Metrics,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let is_on = |dialect: &Dialect| config.rest.dialects.iter().any(|name| name == dialect.name);
        Self {
            app,
            gate,
            public_url: config.public_url.clone(),
            own_url,
            list_max: u64::try_from(config.rest.list_max).unwrap_or(u64::MAX),
            admits_pages: config.allowed_origins.is_empty(),
            dialects: dialects::all().into_iter().filter(is_on).map(Arc::new).collect(),
            live: config.live.clone(),
            metrics,
            stop,
            receiving: Semaphore::new(config.media.receiving_max),
        }
    }

    /// Every path of the dialects, and the documents about them.
    pub fn routes(self: &Arc<Self>) -> Router {
        dispatch::routes(self).merge(openapi::routes(&self.dialects)).merge(media::routes(&self.app))
    }
}

/// Whether files may come with the body.
pub fn is_multipart(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.trim_start().get(.."multipart/".len()).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
}
