//! Statements of the busiest path in SQL of our own, each prepared once for every connection.
//!
//! diesel prepares an `UPDATE`, and whatever holds a literal, anew for each run. That is most of the cost
//! of a small statement on SQLite, and a round trip more on PostgreSQL.

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Integer, Nullable, SmallInt, Text};

use crate::storage::types::{At, Id, Instant, Uuid};

/// A word of transaction control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Control(pub(super) &'static str);

// Without an id of its own the statement is remembered by its text.
impl QueryId for Control {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Control {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<Conn> diesel::RunQueryDsl<Conn> for Control {}

/// What makes a room the most recent: twice the key of the message that is about to be stored. So a message
/// passes all rooms made before it, which have one more than twice the newest key of their time.
const ADVANCED: &str = "activity = (SELECT 2 * coalesce(max(key), 0) + 2 FROM messages) WHERE key = ";

/// Takes a room's next position and number for one message: `head` and `last_seq`, if the room is there.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct NextMessage {
    pub(super) room: i64,
}

impl<DB> QueryFragment<DB> for NextMessage
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE rooms SET head = head + 1, last_seq = last_seq + 1, ");
        out.push_sql(ADVANCED);
        out.push_bind_param::<BigInt, _>(&self.room)?;
        out.push_sql(" AND deleted_at IS NULL RETURNING head, last_seq");
        Ok(())
    }
}

impl Query for NextMessage {
    type SqlType = (BigInt, BigInt);
}

impl<Conn> diesel::RunQueryDsl<Conn> for NextMessage {}

/// Stores messages at the end of a room's log, in the order of the columns, under the next positions and
/// numbers, and notes them for the index of words: `key`, `position`, `seq` and `created_at` of each. Nothing where the room is gone.
#[derive(Debug, QueryId)]
pub(super) struct Append {
    pub(super) room: i64,
    pub(super) count: i64,
    pub(super) senders: Vec<i64>,
    pub(super) texts: Vec<String>,
    pub(super) client_ids: Vec<Option<String>>,
    pub(super) created_at: Vec<At>,
    pub(super) replies_to: Vec<Option<i64>>,
}

impl QueryFragment<Pg> for Append {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH place AS (UPDATE rooms SET head = head + ");
        out.push_bind_param::<BigInt, _>(&self.count)?;
        out.push_sql(", last_seq = last_seq + ");
        out.push_bind_param::<BigInt, _>(&self.count)?;
        out.push_sql(", ");
        out.push_sql(ADVANCED);
        out.push_bind_param::<BigInt, _>(&self.room)?;
        out.push_sql(" AND deleted_at IS NULL RETURNING key, head - ");
        out.push_bind_param::<BigInt, _>(&self.count)?;
        out.push_sql(" AS head, last_seq - ");
        out.push_bind_param::<BigInt, _>(&self.count)?;
        // Sorted, so that keys, too, rise in the order of the log.
        out.push_sql(
            " AS last_seq), stored AS (INSERT INTO messages \
             (room_key, position, seq, sender_key, text, client_message_id, created_at, reply_to) \
             SELECT place.key, place.head + draft.number, place.last_seq + draft.number, \
             draft.sender, draft.text, draft.client_id, draft.created_at, draft.reply_to FROM place, unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.senders)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.texts)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.client_ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.created_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.replies_to)?;
        out.push_sql(
            ") WITH ORDINALITY AS draft (sender, text, client_id, created_at, reply_to, number) \
             ORDER BY draft.number RETURNING key, position, seq, created_at), \
             noted AS (INSERT INTO unindexed (message_key) SELECT key FROM stored) \
             SELECT key, position, seq, created_at FROM stored",
        );
        Ok(())
    }
}

impl Query for Append {
    type SqlType = (BigInt, BigInt, BigInt, Instant);
}

/// The messages of a room that have one of these pairs of sender and client message id.
#[derive(Debug, QueryId)]
pub(super) struct Earlier {
    pub(super) room: Id,
    pub(super) senders: Vec<i64>,
    pub(super) client_ids: Vec<String>,
}

impl QueryFragment<Pg> for Earlier {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT m.key, m.room_key, m.position, m.seq, m.sender_key, m.text, m.created_at, m.client_message_id, \
             m.edited_at, m.deleted_at, m.revision, m.attachments, m.reply_to, \
             m.reactions FROM unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.senders)?;
        out.push_sql("::bigint[], ");
        out.push_bind_param::<Array<Text>, _>(&self.client_ids)?;
        out.push_sql("::text[]) AS asked (sender, client_id) JOIN \"rooms\" ON \"rooms\".\"id\" = ");
        out.push_bind_param::<Uuid, _>(&self.room)?;
        // The last condition is that of the index.
        out.push_sql(
            " JOIN messages AS m ON m.room_key = \"rooms\".\"key\" AND m.sender_key = asked.sender \
             AND m.client_message_id = asked.client_id AND m.client_message_id IS NOT NULL",
        );
        Ok(())
    }
}

impl Query for Earlier {
    type SqlType = (
        BigInt,
        BigInt,
        BigInt,
        BigInt,
        Nullable<BigInt>,
        Text,
        Instant,
        Nullable<Text>,
        Nullable<Instant>,
        Nullable<Instant>,
        Integer,
        SmallInt,
        Nullable<BigInt>,
        SmallInt,
    );
}
