//! The bare servers that `bench` reads Tertulia against: what is left of each workload when nothing is
//! asked, checked or rendered. Runs as a process of its own, on the core of the server.
//!
//! Over HTTP it inserts messages (`/insert`) and holds sockets that say nothing (`/idle`). `fan` has
//! sockets that get what others send, one write for each.

mod fan;

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::storage::probe::BareWriter;

/// That of Tertulia's sockets.
const READ_BUFFER: usize = 4 * 1024;

#[derive(Debug, Clone)]
struct Probe {
    writer: Option<BareWriter>,
    fan: SocketAddr,
}

/// Serves until it is killed. Messages go into `database`, which is the file of a server.
pub async fn serve(listen: SocketAddr, folder: &Path, database: Option<&Path>) -> anyhow::Result<()> {
    let writer = match database {
        Some(path) => Some(BareWriter::open(path).context("cannot open the database")?),
        None => None,
    };
    let fan = TcpListener::bind((listen.ip(), 0)).await?;
    let probe = Probe { writer, fan: fan.local_addr()? };
    let folder = folder.to_owned();
    let fan = tokio::spawn(async move { fan::serve(fan, &folder).await });
    let router = Router::new()
        .route("/hello", post(hello))
        .route("/insert", post(insert))
        .route("/idle", any(idle))
        .with_state(probe);
    let web = axum::serve(TcpListener::bind(listen).await?, router);
    tokio::select! {
        ended = web => Ok(ended?),
        ended = fan => ended?,
    }
}

/// Where the sockets of `fan` are.
async fn hello(State(probe): State<Probe>) -> Json<Value> {
    Json(json!({ "fan": probe.fan.to_string() }))
}

#[derive(Deserialize)]
struct Insert {
    room: String,
    text: String,
}

async fn insert(State(probe): State<Probe>, Json(insert): Json<Insert>) -> Result<Json<Value>, StatusCode> {
    let writer = probe.writer.ok_or(StatusCode::NOT_FOUND)?;
    let seq = writer.insert(insert.room, insert.text).await;
    let seq = seq.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({ "seq": seq })))
}

async fn idle(upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .protocols(["graphql-transport-ws"])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .on_upgrade(|mut socket: WebSocket| async move { while let Some(Ok(_)) = socket.recv().await {} })
}
