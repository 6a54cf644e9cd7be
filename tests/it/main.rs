//! The server from outside, behaviour by behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_debug_implementations)] // nobody imports this crate

mod accounts;
mod credentials;
mod limits;
mod middleware;
mod playground;
mod sending;
mod server;
mod sessions;
mod support;
mod tidy;
