//! The server from outside, behaviour by behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_debug_implementations)] // nobody imports this crate

mod bad_input;
mod cli;
mod clients;
mod documents;
mod executor;
mod generated;
mod guard;
mod http;
mod middleware;
mod playground;
mod sending;
mod server;
mod statements;
mod storage;
mod support;
mod tidy;
