//! condor_chat: what its callers rely on, and where it is safer than it was.

mod accounts;
mod cookies;
mod rooms;
mod tokens;

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Body, Legacy, Reply};
use crate::support::TestApp;
use crate::support::app::PASSWORD;

const V1: &str = "/api/v1";
/// The tests' clock as this server shows it.
const NOW: &str = "2027-01-15T03:00:00-05:00";
const FORBIDDEN: &str = "You do not have permission to perform this action.";

/// Someone with an account and a token of this dialect.
pub struct Member {
    pub rest: Legacy,
    pub id: i64,
    pub access: String,
    pub refresh: String,
}

impl Member {
    /// An administrator, as the command line makes one.
    async fn admin(app: &TestApp, name: &str) -> Self {
        app.admin(name).await;
        Self::enter(app, name, PASSWORD).await
    }

    /// Someone whose account this administrator makes.
    async fn join(app: &TestApp, admin: &Self, name: &str) -> Self {
        let reply = admin.post("/profiles/", person(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        Self::enter(app, name, PASSWORD).await
    }

    async fn enter(app: &TestApp, name: &str, password: &str) -> Self {
        let reply = sign_in(app, name, password).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let field = |name: &str| reply.body[name].as_str().unwrap().to_owned();
        let (access, refresh) = (field("access"), field("refresh"));
        let id = claims(&access)["user_id"].as_i64().unwrap();
        Self { rest: Legacy::of(app).authorized(&format!("Bearer {access}")), id, access, refresh }
    }

    async fn call(&self, method: Method, path: &str, body: Body) -> Reply {
        self.rest.call(method, &format!("{V1}{path}"), body).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Body::None).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Body::Json(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Body::Json(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Body::Json(body)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, Body::None).await
    }

    /// Makes a room of these people, and gives its id.
    async fn room(&self, title: &str, people: &[&Self]) -> i64 {
        let ids: Vec<i64> = people.iter().map(|member| member.id).collect();
        let reply = self.post("/rooms/", json!({ "title": title, "participants": ids })).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["id"].as_i64().unwrap()
    }

    async fn tell(&self, to: &Self, text: &str) -> Reply {
        self.post("/send_message_to_user/", json!({ "message": text, "user_id": to.id })).await
    }

    async fn say(&self, room: i64, text: &str) -> Reply {
        self.post("/send_message_to_room/", json!({ "message": text, "group_id": room })).await
    }
}

/// The body that makes an account.
fn person(name: &str) -> Value {
    json!({
        "username": name,
        "first_name": format!("{}{}", name[..1].to_uppercase(), &name[1..]),
        "last_name": "Stone",
        "email": format!("{name}@example.com"),
        "password": PASSWORD,
    })
}

async fn sign_in(app: &TestApp, name: &str, password: &str) -> Reply {
    let body = json!({ "username": name, "password": password });
    Legacy::of(app).post("/api/v1/access_token/", body).await
}

/// What a token says, unverified.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

fn error(text: &str) -> Value {
    json!({ "error": text })
}

/// The texts of a room, in the order given.
fn contents(room: &Value) -> Vec<&str> {
    room["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

/// An administrator and three people.
async fn people(app: &TestApp) -> (Member, Member, Member, Member) {
    let root = Member::admin(app, "root").await;
    let hazel = Member::join(app, &root, "hazel").await;
    let rowan = Member::join(app, &root, "rowan").await;
    let cedar = Member::join(app, &root, "cedar").await;
    (root, hazel, rowan, cedar)
}
