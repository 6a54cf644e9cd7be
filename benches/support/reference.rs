//! The bare server: axum handlers that run the SQL that Tertulia runs, and write the same JSON by
//! serde. It is what is left when GraphQL, policy, limits, metrics and logs are taken away.
//!
//! Tokens are verified by Tertulia's own code, and a session is believed for as long. Answers hold the
//! same fields in the same order, so that both can be compared byte by byte.

pub(crate) mod answers;
pub(crate) mod database;
mod postgres;
mod sqlite;
mod statements;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use moka::sync::Cache;
use serde::Deserialize;
use tertulia::auth::{KeySource, Keys, Tokens};
use tertulia::clock::Clock;
use tertulia::domain::ids::{GlobalId, RoomKey};
use tertulia::domain::paging::{Epoch, List, decode_cursor};
use uuid::Uuid;

use super::world::Place;
use answers::Data;
use database::Database;

/// As long as Tertulia believes in one.
const SESSION_BELIEF: Duration = Duration::from_millis(500);

struct Reference {
    database: Database,
    tokens: Tokens,
    sessions: Cache<Uuid, i64>,
    epoch: Epoch,
}

type Outcome = Result<Response, StatusCode>;

/// The bare server beside a Tertulia that has its data in `folder`.
pub(crate) async fn router(folder: &Path, place: &Place) -> anyhow::Result<Router> {
    let database = Database::open(place).await?;
    let keys = Arc::new(Keys::load(KeySource::SecretFile(folder.join("secret")))?);
    let reference = Reference {
        epoch: database.epoch().await?,
        database,
        tokens: Tokens::new(keys, "tertulia", "tertulia", Duration::from_hours(24), Clock::System),
        sessions: Cache::builder().max_capacity(100_000).time_to_live(SESSION_BELIEF).build(),
    };
    let routes =
        Router::new().route("/hello", post(hello)).route("/page", post(page)).route("/send", post(send));
    Ok(routes.with_state(Arc::new(reference)))
}

#[derive(Deserialize)]
struct Hello {
    query: String,
}

async fn hello(Json(hello): Json<Hello>) -> Outcome {
    if hello.query != "{ __typename }" {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(json(&answers::hello()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageOf {
    room_id: String,
    before: Option<String>,
}

async fn page(State(state): State<Arc<Reference>>, headers: HeaderMap, Json(asked): Json<PageOf>) -> Outcome {
    let viewer = state.viewer(&headers).await?;
    let room = room(&asked.room_id)?;
    let epoch = state.epoch;
    let read = state.database.page(room, viewer, move |key| match &asked.before {
        None => Ok(None),
        Some(text) => decode_cursor(epoch, List::Log(RoomKey(key)), text).map(|place| Some(place.0)),
    });
    let rows = read.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.ok_or(StatusCode::NOT_FOUND)?;
    Ok(json(&answers::page(state.epoch, rows)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Send {
    room_id: String,
    text: String,
}

async fn send(State(state): State<Arc<Reference>>, headers: HeaderMap, Json(asked): Json<Send>) -> Outcome {
    let viewer = state.viewer(&headers).await?;
    let room = room(&asked.room_id)?;
    let stored = state.database.send(room, viewer, asked.text, Clock::System.now()).await;
    let message = stored.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.ok_or(StatusCode::NOT_FOUND)?;
    Ok(json(&answers::sent(state.epoch, &message)))
}

impl Reference {
    async fn viewer(&self, headers: &HeaderMap) -> Result<i64, StatusCode> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
        let claims = self.tokens.verify_access(token).map_err(|_| StatusCode::UNAUTHORIZED)?;
        if let Some(user) = self.sessions.get(&claims.session) {
            return Ok(user);
        }
        let found =
            self.database.session(claims.session).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        let user = found.ok_or(StatusCode::UNAUTHORIZED)?;
        self.sessions.insert(claims.session, user);
        Ok(user)
    }
}

fn room(id: &str) -> Result<Uuid, StatusCode> {
    match GlobalId::decode(id) {
        Some(GlobalId::Room(id)) => Ok(id),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

fn json<T: serde::Serialize>(data: &Data<T>) -> Response {
    match serde_json::to_vec(data) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/graphql-response+json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
