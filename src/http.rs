//! Words that the HTTP faces share: who calls, and what the headers say. It answers no request.

pub mod caching;
pub mod client;
pub mod gate;
pub mod headers;
pub mod log;
