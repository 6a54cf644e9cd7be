//! Messages by their words, which `domain/search.rs` makes. SQLite has them in a full-text table beside the messages,
//! PostgreSQL in a column of them with an index of its own.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    QueryDsl as _, SelectableHelper as _,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use diesel::{allow_tables_to_appear_in_same_query, table};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::paging::{End, Page, Slice};
use crate::domain::search::words;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::messages::{MessageRow, Sent, SentRow, sent};
use crate::storage::pool::Engined;
use crate::storage::schema::{members, messages, rooms, unsearched, users};
use crate::storage::types::{At, Id};
use crate::storage::users::UserRow;

table! {
    /// On SQLite alone; not in the schema of both.
    message_words (rowid) {
        rowid -> BigInt,
    }
}
allow_tables_to_appear_in_same_query!(message_words, messages);
allow_tables_to_appear_in_same_query!(message_words, users);
allow_tables_to_appear_in_same_query!(message_words, members);
allow_tables_to_appear_in_same_query!(message_words, rooms);

/// Keeps the words of one message.
#[derive(Debug, QueryId)]
struct KeepOne {
    message: i64,
    words: String,
}

impl QueryFragment<Sqlite> for KeepOne {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT OR REPLACE INTO message_words (rowid, words) VALUES (");
        out.push_bind_param::<BigInt, _>(&self.message)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(&self.words)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<Conn> diesel::RunQueryDsl<Conn> for KeepOne {}

/// Keeps the words of several messages.
#[derive(Debug, QueryId)]
struct KeepAll {
    messages: Vec<i64>,
    words: Vec<String>,
}

impl QueryFragment<Pg> for KeepAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE messages SET words = array_to_tsvector(string_to_array(kept.words, ' ')) FROM unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.messages)?;
        out.push_sql("::bigint[], ");
        out.push_bind_param::<Array<Text>, _>(&self.words)?;
        out.push_sql("::text[]) AS kept (key, words) WHERE messages.key = kept.key");
        Ok(())
    }
}

/// The words of a text, as both engines take them.
pub(super) fn joined(text: &str) -> String {
    words(text).join(" ")
}

/// Has messages found by what they say now.
pub(super) async fn keep(conn: &mut Conn, said: &[(MessageKey, &str)]) -> Result<()> {
    if !conn.has_other_writers() {
        for (message, text) in said {
            let Engined::Sqlite(db) = conn.count_statement() else { return Ok(()) };
            let one = KeepOne { message: message.0, words: joined(text) };
            diesel::RunQueryDsl::execute(one, db)?;
        }
        return Ok(());
    }
    let (messages, words) = said.iter().map(|(message, text)| (message.0, joined(text))).unzip();
    let Engined::Postgres(db) = conn.count_statement() else { return Ok(()) };
    diesel_async::RunQueryDsl::execute(KeepAll { messages, words }, db).await?;
    Ok(())
}

/// Has up to `limit` messages found that were sent before there was search, the newest first; tells how many.
pub async fn keep_older(conn: &mut Conn, limit: i64) -> Result<usize> {
    let next: Vec<i64> = run!(conn, db => unsearched::table
        .order(unsearched::message_key.desc())
        .limit(limit)
        .select(unsearched::message_key)
        .load(db))?;
    let texts = messages::table.filter(messages::key.eq_any(&next)).select((messages::key, messages::text));
    let said: Vec<(i64, String)> = match conn.count_statement() {
        Engined::Sqlite(db) => diesel::RunQueryDsl::load(texts, db)?,
        // Held, so that nobody edits one meanwhile.
        Engined::Postgres(db) => diesel_async::RunQueryDsl::load(texts.for_update(), db).await?,
    };
    let said: Vec<(MessageKey, &str)> =
        said.iter().map(|(message, text)| (MessageKey(*message), text.as_str())).collect();
    keep(conn, &said).await?;
    run!(conn, db => diesel::delete(unsearched::table.filter(unsearched::message_key.eq_any(&next)))
        .execute(db))?;
    Ok(next.len())
}

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

/// What the full-text table has. It is read along its keys, so that a page ends as soon as it is full. Room and
/// sender are sums, so that SQLite does not begin with all messages of one.
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
            messages::table
                .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
                .filter(
                    sql::<Bool>("messages.words @@ ")
                        .bind::<Text, _>($narrowing.on_postgres())
                        .sql("::tsquery"),
                )
                .into_boxed::<Pg>(),
            messages::room_key,
            messages::sender_key,
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
            let query = paged!(on_postgres!(narrowing), messages::key, page);
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
