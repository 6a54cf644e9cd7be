//! The server from outside, behaviour by behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_debug_implementations)] // nobody imports this crate

mod authorisation;
mod membership;
mod messages;
mod middleware;
mod people;
mod rooms;
mod sending;
mod server;
mod sessions;
mod statements;
mod storage;
mod support;
mod tidy;
