//! The index of words. A message is noted when it is stored, which costs next to nothing, and indexed later with many
//! others; an edit is indexed where it is stored, so that nothing is found by what it no longer says.
//!
//! The note is a row of the same transaction as the message. So nothing is lost with a node, and what a transaction that
//! ends late on PostgreSQL has stored is indexed all the same, though others passed it by.

use diesel::pg::Pg;
use diesel::prelude::{
    ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _, QueryDsl as _,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Text};
use diesel::sqlite::Sqlite;

use crate::domain::ids::MessageKey;
use crate::domain::search::words;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::pool::Engined;
use crate::storage::schema::{messages, unindexed};

/// Names the advisory lock that nodes index by turns with: "words" as a number.
const TURN: i64 = 0x77_6f72_6473;

/// Keeps the words of one message, in place of those that it had.
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

impl QueryFragment<Pg> for KeepOne {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO message_words (message_key, words) VALUES (");
        out.push_bind_param::<BigInt, _>(&self.message)?;
        out.push_sql(", array_to_tsvector(string_to_array(");
        out.push_bind_param::<Text, _>(&self.words)?;
        out.push_sql(", ' '))) ON CONFLICT (message_key) DO UPDATE SET words = excluded.words");
        Ok(())
    }
}

impl<Conn> diesel::RunQueryDsl<Conn> for KeepOne {}

/// Keeps the words of several messages, of those that are there still and have none: whoever edited one meanwhile knows
/// better what it says.
#[derive(Debug, QueryId)]
struct KeepAll {
    messages: Vec<i64>,
    words: Vec<String>,
}

impl QueryFragment<Pg> for KeepAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO message_words (message_key, words) \
             SELECT messages.key, array_to_tsvector(string_to_array(kept.words, ' ')) FROM unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.messages)?;
        out.push_sql("::bigint[], ");
        out.push_bind_param::<Array<Text>, _>(&self.words)?;
        out.push_sql(
            "::text[]) AS kept (key, words) JOIN messages ON messages.key = kept.key \
             FOR KEY SHARE OF messages ON CONFLICT (message_key) DO NOTHING",
        );
        Ok(())
    }
}

/// The words of a text, as both engines take them.
fn joined(text: &str) -> String {
    words(text).join(" ")
}

/// Has a new message indexed later.
pub(in crate::storage) async fn note(conn: &mut Conn, message: MessageKey) -> Result<()> {
    run!(conn, db => diesel::insert_into(unindexed::table)
        .values(unindexed::message_key.eq(message.0))
        .execute(db))?;
    Ok(())
}

/// Has a message found by this text, and by no other, at once.
pub(in crate::storage) async fn keep(conn: &mut Conn, message: MessageKey, text: &str) -> Result<()> {
    let one = KeepOne { message: message.0, words: joined(text) };
    run!(conn, db => one.execute(db))?;
    Ok(())
}

/// Whether messages wait to be indexed.
pub async fn is_behind(conn: &mut Conn) -> Result<bool> {
    let next: Vec<i64> = run!(conn, db => unindexed::table
        .order(unindexed::message_key.desc())
        .limit(1)
        .select(unindexed::message_key)
        .load(db))?;
    Ok(!next.is_empty())
}

/// Indexes up to `limit` of the messages that wait, the newest first; tells how many waited.
///
/// Nodes take turns, so that whoever comes second finds what the first has left, and all that it indexed.
pub async fn keep_waiting(conn: &mut Conn, limit: i64) -> Result<usize> {
    if conn.has_other_writers() {
        let turn = sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(TURN);
        run!(conn, db => turn.execute(db))?;
    }
    let waiting: Vec<(i64, Option<String>)> = run!(conn, db => unindexed::table
        .left_join(messages::table.on(messages::key.eq(unindexed::message_key)))
        .order(unindexed::message_key.desc())
        .limit(limit)
        .select((unindexed::message_key, messages::text.nullable()))
        .load(db))?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let said = waiting.iter().filter_map(|(message, text)| Some((*message, joined(text.as_deref()?))));
    if conn.has_other_writers() {
        let (messages, words) = said.unzip();
        let Engined::Postgres(db) = conn.count_statement() else { return Ok(0) };
        diesel_async::RunQueryDsl::execute(KeepAll { messages, words }, db).await?;
    } else {
        for (message, words) in said {
            let Engined::Sqlite(db) = conn.count_statement() else { return Ok(0) };
            diesel::RunQueryDsl::execute(KeepOne { message, words }, db)?;
        }
    }
    let done: Vec<i64> = waiting.iter().map(|(message, _)| *message).collect();
    run!(conn, db => diesel::delete(unindexed::table.filter(unindexed::message_key.eq_any(&done)))
        .execute(db))?;
    Ok(done.len())
}
