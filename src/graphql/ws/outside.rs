//! What seldom happens to a socket from outside, and is waited for all along.

use std::future::Future;
use std::pin::Pin;

use futures_util::FutureExt as _;
use tokio::sync;

use crate::graphql::streams::{over, told};
use crate::graphql::ws::connection::Connection;
use crate::hub::SessionBell;

pub(super) enum Outside {
    /// A fresh token was taken over.
    Renewed,
    /// The caller logged out, here or elsewhere, or was made to.
    SessionOver,
    /// The server is told to stop.
    Stop,
}

/// Kept while frames come and go, and so registered once and not with each of them.
pub(super) type Watch = Pin<Box<dyn Future<Output = Outside> + Send>>;

/// Waits for the first of them; for ever after that, or where there is nothing to wait for.
pub(super) fn watch(
    connection: Connection,
    mut bell: Option<SessionBell>,
    stop: Option<sync::watch::Receiver<bool>>,
) -> Watch {
    let first = async move {
        let stopped = async {
            match stop {
                Some(mut stop) => told(&mut stop).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = connection.renewed() => Outside::Renewed,
            () = over(&mut bell) => Outside::SessionOver,
            () = stopped => Outside::Stop,
        }
    };
    Box::pin(first.fuse())
}
