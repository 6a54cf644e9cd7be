//! The data of all runs: people and rooms made through the schema, history by SQL.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::{Value, json};
use tertulia::domain::ids::GlobalId;
use tertulia::domain::paging::Epoch;
use tertulia::load::http::{Connection, post};
use tertulia::load::target::Target;

use super::reference::database::Database;

pub(crate) const TEXT_BYTES: usize = 200;
/// Callers at once, at most.
const CALLERS: usize = 64;

/// Which database a run is on.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    /// As the server's `database_url`.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(folder.join("tertulia.db"))
    }

    /// Runs statements that give nothing back.
    pub(crate) async fn execute(&self, statements: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.display().to_string())?;
                connection.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536",
                )?;
                connection.batch_execute(statements)?;
            }
            Self::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
                let driver = tokio::spawn(connection);
                client.batch_execute(statements).await?;
                drop(client);
                driver.await??;
            }
        }
        Ok(())
    }
}

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rooms: usize,
    pub(crate) users: usize,
    /// Messages in all rooms together.
    pub(crate) messages: usize,
}

impl Size {
    pub(crate) fn of(messages: usize) -> Self {
        if messages >= 100_000 {
            Self { rooms: 50, users: 200, messages }
        } else {
            Self { rooms: 5, users: CALLERS, messages }
        }
    }
}

/// A room as the schema and as the tables know it.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) id: String,
    pub(crate) key: i64,
}

/// A database full of messages, and people who are signed in and in every room.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) epoch: Epoch,
    pub(crate) messages_in_room: usize,
    tokens: Vec<String>,
    rooms: Vec<Room>,
}

impl World {
    /// Fills the fresh database behind a running server.
    pub(crate) async fn make(server: &Target, place: &Place, size: Size) -> anyhow::Result<Self> {
        let mut caller = Caller { target: server.clone(), connection: Connection::open(server).await? };
        let mut tokens = Vec::new();
        for number in 0..size.users {
            tokens.push(sign_up(&mut caller, number).await?);
        }
        let owner = tokens.first().context("a world without people")?;
        let mut rooms = Vec::new();
        for number in 0..size.rooms {
            rooms.push(make_room(&mut caller, owner, number).await?);
        }
        let messages_in_room = size.messages.div_ceil(size.rooms);
        place.execute(&history(place, messages_in_room)).await?;
        let database = Database::open(place).await?;
        for room in &mut rooms {
            let Some(GlobalId::Room(id)) = GlobalId::decode(&room.id) else { continue };
            room.key = database.room_key(id).await?;
        }
        tokens.truncate(CALLERS);
        Ok(Self { epoch: database.epoch().await?, messages_in_room, tokens, rooms })
    }

    pub(crate) fn token(&self, caller: usize) -> &str {
        self.tokens.iter().cycle().nth(caller % CALLERS).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn room(&self, number: usize) -> Room {
        self.rooms
            .iter()
            .cycle()
            .nth(number % self.rooms.len().max(1))
            .cloned()
            .unwrap_or(Room { id: String::new(), key: 0 })
    }
}

struct Caller {
    target: Target,
    connection: Connection,
}

impl Caller {
    /// Runs one GraphQL operation, which must succeed, and gives its data.
    async fn ask(&mut self, token: Option<&str>, query: &str, variables: Value) -> anyhow::Result<Value> {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.connection.exchange(&post(&self.target, "/graphql", token, &body)).await?;
        let mut json: Value = serde_json::from_slice(answer.body)?;
        ensure!(answer.status == 200 && json.get("errors").is_none(), "refused: {json}");
        Ok(json.get_mut("data").map(Value::take).unwrap_or_default())
    }
}

async fn sign_up(caller: &mut Caller, number: usize) -> anyhow::Result<String> {
    let query =
        "mutation($i: SignupInput!) { signup(input: $i) { tokens { accessToken } errors { message } } }";
    let input = json!({
        "username": format!("person{number}"),
        "email": format!("person{number}@example.com"),
        "password": "a long enough phrase",
        "firstName": format!("Given{number}"),
        "lastName": format!("Family{number}"),
    });
    let data = caller.ask(None, query, json!({ "i": input })).await?;
    text_at(&data, "/signup/tokens/accessToken")
}

async fn make_room(caller: &mut Caller, owner: &str, number: usize) -> anyhow::Result<Room> {
    let query = "mutation($i: CreateRoomInput!) { createRoom(input: $i) { room { id } errors { message } } }";
    let input = json!({ "name": format!("Room {number}") });
    let data = caller.ask(Some(owner), query, json!({ "i": input })).await?;
    Ok(Room { id: text_at(&data, "/createRoom/room/id")?, key: 0 })
}

fn text_at(data: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = data.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("no {pointer} in {data}"))?.to_owned())
}

/// Puts everybody into every room, and history behind what the rooms' logs hold. Rooms take turns, as
/// they would in life, so that one room's messages do not lie side by side.
fn history(place: &Place, messages_in_room: usize) -> String {
    let (numbers, instant, order) = match place {
        Place::Sqlite(_) => (
            format!(
                "WITH RECURSIVE numbers(number) AS \
                 (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {messages_in_room}) "
            ),
            "1750000000000000 + numbers.number * 1000000",
            // A cross join runs as it is written.
            "",
        ),
        Place::Postgres(_) => (
            format!("WITH numbers(number) AS (SELECT generate_series(1, {messages_in_room})) "),
            "to_timestamp(1750000000 + numbers.number)",
            "ORDER BY numbers.number",
        ),
    };
    let filler = "lorem ipsum ".repeat(TEXT_BYTES / 12);
    let mut sql = String::from("BEGIN; ");
    let _ = write!(
        sql,
        "INSERT INTO members (room_key, user_key, role, joined_at) \
         SELECT rooms.key, users.key, 1, rooms.created_at FROM rooms CROSS JOIN users WHERE NOT EXISTS \
         (SELECT 1 FROM members m WHERE m.room_key = rooms.key AND m.user_key = users.key); \
         UPDATE rooms SET member_count = (SELECT count(*) FROM members m WHERE m.room_key = rooms.key); \
         {numbers} INSERT INTO messages (room_key, position, seq, sender_key, text, created_at) \
         SELECT rooms.key, rooms.head + numbers.number, rooms.last_seq + numbers.number, \
         1 + (numbers.number * 7 + rooms.key) % (SELECT count(*) FROM users), \
         substr(numbers.number || ' {filler}', 1, {TEXT_BYTES}), {instant} \
         FROM numbers CROSS JOIN rooms {order}; \
         UPDATE rooms SET head = head + {messages_in_room}, last_seq = last_seq + {messages_in_room}, \
         activity = (SELECT max(key) FROM messages); COMMIT; "
    );
    sql.push_str(match place {
        Place::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE);",
        Place::Postgres(_) => "ANALYZE;",
    });
    sql
}
