//! The server from outside, behaviour by behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_debug_implementations)] // nobody imports this crate

mod accounts;
mod architecture;
mod authorisation;
mod bad_input;
mod bench_command;
mod bus;
mod cli;
mod clients;
mod credentials;
mod delivery;
mod documents;
mod durability;
mod executor;
mod gathering;
mod generated;
mod guard;
mod http;
mod limits;
mod live_clients;
mod membership;
mod messages;
mod middleware;
mod migrations;
mod nginx;
mod nodes;
mod paging;
mod people;
mod playground;
mod presence;
mod readme;
mod rooms;
mod sending;
mod server;
mod sessions;
mod sockets;
mod statements;
mod storage;
mod streams;
mod support;
mod sweeping;
mod tidy;
mod torture;
