//! Load on a running server, as its clients make it: `torture` proves delivery, `bench` measures it.
//!
//! Knows a server only by what it answers over HTTP and WebSocket. Never opens a database.

mod answer;
pub mod bench;
pub mod http;
pub mod measure;
mod person;
pub mod probe;
pub mod process;
mod socket;
mod stamp;
pub mod target;
pub mod torture;
