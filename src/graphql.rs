//! The GraphQL schema and its transports. Resolvers are thin: parse, one `app` call, shape the answer.

pub mod auth;
mod connection;
pub mod context;
pub mod documents;
pub mod error;
pub mod guard;
pub mod http;

mod ids;
mod loaders;
pub mod messages;
pub mod rooms;
pub mod schema;
pub mod subscriptions;
pub mod users;
