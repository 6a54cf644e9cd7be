//! ChatCRM: what its callers rely on, and where it is safer than it was.

mod accounts;
mod chats;
mod socket;

use serde_json::{Value, json};

use super::support::{Legacy, Part, Reply};
use crate::support::TestApp;

/// A password that passes every rule.
const PASSWORD: &str = "plum-and-quince-9";

const V1: &str = "/api/v1";

/// Someone with an account of this dialect.
pub struct Member {
    pub rest: Legacy,
    pub id: i64,
    /// 22 characters.
    pub short: String,
    pub access: String,
    pub refresh: String,
}

/// The body of a sign-up: both names are made from the username.
fn person(name: &str) -> Value {
    json!({
        "first_name": format!("{}{}", name[..1].to_uppercase(), &name[1..]),
        "last_name": "Reed",
        "username": name,
        "email": format!("{name}@example.com"),
        "password": PASSWORD,
        "passwordTwo": PASSWORD,
    })
}

/// The same as parts of a multipart body.
fn parts(body: &Value) -> Vec<Part> {
    let names = ["first_name", "last_name", "username", "email", "password", "passwordTwo"];
    names.into_iter().map(|name| Part::Field(name, body[name].as_str().unwrap().to_owned())).collect()
}

async fn log_in(app: &TestApp, name: &str, password: &str) -> Reply {
    let body = json!({ "username": name, "password": password });
    Legacy::of(app).post("/api/v1/login", body).await
}

impl Member {
    /// Signs someone up and in.
    async fn join(app: &TestApp, name: &str) -> Self {
        let reply = Legacy::of(app).post("/api/v1/signup", person(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        Self::enter(app, name, reply.body["id"].as_i64().unwrap()).await
    }

    async fn enter(app: &TestApp, name: &str, id: i64) -> Self {
        let reply = log_in(app, name, PASSWORD).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let field = |name: &str| reply.body[name].as_str().unwrap().to_owned();
        let (access, refresh, short) = (field("access"), field("refresh"), field("userId"));
        let rest = Legacy::of(app).authorized(&format!("Bearer {access}"));
        Self { rest, id, short, access, refresh }
    }

    async fn get(&self, path: &str) -> Reply {
        self.rest.get(&format!("{V1}{path}")).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.rest.post(&format!("{V1}{path}"), body).await
    }

    /// Makes a room, and gives its id.
    async fn room(&self, name: &str, members: &[&Member]) -> String {
        let ids: Vec<i64> = members.iter().map(|member| member.id).collect();
        let body = json!({ "name": name, "type": "GROUP", "members": ids });
        let reply = self.post("/chats/create", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["roomId"].as_str().unwrap().to_owned()
    }

    async fn say(&self, room: &str, text: &str) -> Reply {
        self.post("/chats/messages", json!({ "roomId": room, "message": text })).await
    }

    /// The caller of the schema who has this account.
    async fn at_graphql(&self, app: &TestApp, name: &str) -> crate::support::Caller {
        app.login(name, PASSWORD).await
    }

    /// The texts of a room, as listed.
    async fn texts(&self, room: &str) -> Vec<String> {
        let reply = self.get(&format!("/chats/messages/{room}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let items = reply.body.as_array().unwrap().iter();
        items.map(|item| item["message"].as_str().unwrap().to_owned()).collect()
    }
}

/// A room's global id in the schema, from its 22 characters: the caller sees it under its name there.
async fn global_room(caller: &crate::support::Caller, name: &str) -> String {
    let query = "query { rooms { nodes { id name } } }";
    let rooms = caller.ask(query, json!({})).await["rooms"]["nodes"].take();
    let found = rooms.as_array().unwrap().iter().find(|room| room["name"] == json!(name));
    found.unwrap_or_else(|| panic!("no {name} among {rooms}"))["id"].as_str().unwrap().to_owned()
}
