//! The server from outside, behaviour by behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_debug_implementations)] // nobody imports this crate

mod architecture;
mod middleware;
mod readme;
mod sending;
mod server;
mod support;
mod tidy;
