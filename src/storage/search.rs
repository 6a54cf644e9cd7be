//! Messages by their words, which `domain/search.rs` makes and `search/index.rs` keeps: beside the messages, on SQLite in
//! a full-text table, on PostgreSQL in a table with an index for them.

mod index;

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    QueryDsl as _, SelectableHelper as _,
};
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel::{allow_tables_to_appear_in_same_query, table};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::paging::{End, Page, Slice};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::messages::{MessageRow, Sent, SentRow, sent};
use crate::storage::pool::Engined;
use crate::storage::schema::{members, messages, rooms, users};
use crate::storage::types::{At, Id};
use crate::storage::users::UserRow;

pub use index::{is_behind, keep_waiting};
pub(super) use index::{keep, note};

table! {
    /// That of SQLite, which is not in the schema of both.
    message_words (rowid) {
        rowid -> BigInt,
    }
}

table! {
    /// That of PostgreSQL.
    #[sql_name = "message_words"]
    message_words_of_pg (message_key) {
        message_key -> BigInt,
    }
}

macro_rules! beside_all {
    ($($words:ident),*) => {$(
        allow_tables_to_appear_in_same_query!($words, messages);
        allow_tables_to_appear_in_same_query!($words, users);
        allow_tables_to_appear_in_same_query!($words, members);
        allow_tables_to_appear_in_same_query!($words, rooms);
    )*};
}
beside_all!(message_words, message_words_of_pg);

/// Whose messages are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of all rooms that this person is in.
    RoomsOf(UserKey),
    Room(RoomKey),
    Everywhere,
}

/// What is looked for; all of it must hold.
#[derive(Debug, Clone)]
pub struct Narrowing {
    /// At least one, each a word or its beginning.
    pub words: Vec<String>,
    pub scope: Scope,
    pub sender: Option<Uuid>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub has_attachment: Option<bool>,
}

impl Narrowing {
    /// In the language of FTS5. Words have no sign that could end the quotes.
    fn on_sqlite(&self) -> String {
        let quoted: Vec<String> = self.words.iter().map(|word| format!("\"{word}\"*")).collect();
        quoted.join(" ")
    }

    /// As a `tsquery`.
    fn on_postgres(&self) -> String {
        let quoted: Vec<String> = self.words.iter().map(|word| format!("'{word}':*")).collect();
        quoted.join(" & ")
    }
}

/// The messages of a narrowing, boxed; the same words for a page and for a count. `$room` and `$sender` are a
/// message's.
macro_rules! narrowed {
    ($query:expr, $room:expr, $sender:expr, $narrowing:expr) => {{
        let narrowing: &Narrowing = $narrowing;
        let mut query = $query.filter(messages::deleted_at.is_null());
        query = match narrowing.scope {
            Scope::RoomsOf(user) => query.filter(
                $room.eq_any(
                    members::table
                        .inner_join(rooms::table)
                        .filter(members::user_key.eq(user.0).and(rooms::deleted_at.is_null()))
                        .select(members::room_key),
                ),
            ),
            Scope::Room(room) => query.filter($room.eq(room.0)),
            Scope::Everywhere => query
                .filter($room.eq_any(rooms::table.filter(rooms::deleted_at.is_null()).select(rooms::key))),
        };
        if let Some(sender) = narrowing.sender {
            let people = diesel::alias!(users as people);
            let sender = people
                .filter(people.field(users::id).eq(Id(sender)))
                .select(people.field(users::key))
                .single_value();
            query = query.filter($sender.eq(sender));
        }
        if let Some(since) = narrowing.since {
            query = query.filter(messages::created_at.ge(At(since)));
        }
        if let Some(until) = narrowing.until {
            query = query.filter(messages::created_at.lt(At(until)));
        }
        match narrowing.has_attachment {
            Some(true) => query.filter(messages::attachments.gt(0_i16)),
            Some(false) => query.filter(messages::attachments.eq(0_i16)),
            None => query,
        }
    }};
}

/// What the full-text table has. It is read along its keys, so that a page ends as soon as it is full. On both engines
/// room and sender are sums, so that none begins with all messages of one.
macro_rules! on_sqlite {
    ($narrowing:expr) => {
        narrowed!(
            message_words::table
                .inner_join(messages::table.on(messages::key.eq(message_words::rowid)))
                .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
                .filter(sql::<Bool>("message_words MATCH ").bind::<Text, _>($narrowing.on_sqlite()))
                .into_boxed::<Sqlite>(),
            (messages::room_key + 0),
            (messages::sender_key + 0),
            $narrowing
        )
    };
}

macro_rules! on_postgres {
    ($narrowing:expr) => {
        narrowed!(
            message_words_of_pg::table
                .inner_join(messages::table.on(messages::key.eq(message_words_of_pg::message_key)))
                .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
                .filter(
                    sql::<Bool>("message_words.words @@ ")
                        .bind::<Text, _>($narrowing.on_postgres())
                        .sql("::tsquery"),
                )
                .into_boxed::<Pg>(),
            (messages::room_key + 0),
            (messages::sender_key + 0),
            $narrowing
        )
    };
}

/// A page of a query, newest first, by the key of a message.
macro_rules! paged {
    ($query:expr, $key:expr, $page:expr) => {{
        let mut query = $query.select((MessageRow::as_select(), Option::<UserRow>::as_select()));
        if let Some(after) = $page.after {
            query = query.filter($key.lt(after.0));
        }
        if let Some(before) = $page.before {
            query = query.filter($key.gt(before.0));
        }
        query = match $page.end {
            End::First => query.order($key.desc()),
            End::Last => query.order($key.asc()),
        };
        query.limit(i64::from($page.limit) + 1)
    }};
}

/// What is found, newest first. A place in the list is a message's key.
pub async fn page(conn: &mut Conn, narrowing: &Narrowing, page: &Page) -> Result<Slice<Sent>> {
    let rows: Vec<SentRow> = match conn.count_statement() {
        Engined::Sqlite(db) => {
            let query = paged!(on_sqlite!(narrowing), message_words::rowid, page);
            diesel::RunQueryDsl::load(query, db)?
        }
        Engined::Postgres(db) => {
            let query = paged!(on_postgres!(narrowing), message_words_of_pg::message_key, page);
            diesel_async::RunQueryDsl::load(query, db).await?
        }
    };
    Ok(Slice::cut(page, rows).map(sent))
}

pub async fn count(conn: &mut Conn, narrowing: &Narrowing) -> Result<i64> {
    Ok(match conn.count_statement() {
        Engined::Sqlite(db) => diesel::RunQueryDsl::get_result(on_sqlite!(narrowing).count(), db)?,
        Engined::Postgres(db) => {
            diesel_async::RunQueryDsl::get_result(on_postgres!(narrowing).count(), db).await?
        }
    })
}
