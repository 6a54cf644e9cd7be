//! Tertulia, a self-hosted chat server with one GraphQL schema. ARCHITECTURE.md has the map.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod dice;
pub mod docs;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod http;
pub mod hub;
pub mod load;
pub mod media;
pub mod metrics;
pub mod rest;
pub mod server;
pub mod storage;
pub mod telemetry;
pub mod ui;
