//! The databases: one set of queries for SQLite and PostgreSQL.
//!
//! Queries answer with plain domain values; what is absent is `None`. Nothing here asks who is
//! calling: `app` opens the transactions and decides.

#[macro_use]
mod query;

pub mod audit;
pub mod departures;
pub mod edits;
mod errors;
pub mod figures;
pub mod gather;
pub mod import;
pub mod labels;
pub mod loose_files;
pub mod members;
pub mod messages;
mod meta;
pub mod migrate;
pub mod originals;
mod pool;
mod postgres;
mod prepared;
pub mod probe;
pub mod reactions;
pub mod read_marks;
pub mod replies;
pub mod room_events;
pub mod rooms;
mod schema;
pub mod search;
pub mod sends;
pub mod session_keys;
pub mod sessions;
pub mod setup;
mod sqlite;
mod types;
pub mod uploads;
pub mod users;
pub mod windows;

pub use pool::{Conn, Engine, Herald, OpenError, Options, Store};
