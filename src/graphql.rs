//! The GraphQL schema and its transports. Resolvers are thin: parse, one `app` call, shape the answer.

mod answer;
pub mod audit;
pub mod auth;
mod call;
mod connection;
pub mod context;
pub mod documents;
pub mod error;
mod events;
pub mod guard;
pub mod http;
mod ids;
mod live;
mod loaders;
pub mod media;
pub mod messages;
mod multipart;
mod operation;
pub mod presence;
pub mod rooms;
pub mod schema;
mod sse;
mod streams;
pub mod subscriptions;
pub mod users;
pub mod ws;
