//! The server from outside, behaviour by behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_debug_implementations)] // nobody imports this crate

mod architecture;
mod durability;
mod middleware;
mod migrations;
mod nodes;
mod paging;
mod readme;
mod sending;
mod server;
mod statements;
mod storage;
mod support;
mod tidy;
