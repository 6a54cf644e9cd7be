//! The SQL of the bare server on SQLite, as Tertulia sends it, column for column. diesel prepares each
//! statement once for each connection, as it does for queries of its own.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// Declares a statement: the SQL in pieces, and what stands between them.
macro_rules! statement {
    ($(#[$doc:meta])* $name:ident -> $row:ty: $first:literal $(, $bind:ident: $rust:ty as $sql:ty, $next:literal)*) => {
        $(#[$doc])*
        pub(super) struct $name {
            $(pub(super) $bind: $rust),*
        }

        impl QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl Query for $name {
            type SqlType = $row;
        }

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql($first);
                $(
                    out.push_bind_param::<$sql, $rust>(&self.$bind)?;
                    out.push_sql($next);
                )*
                Ok(())
            }
        }

        impl RunQueryDsl<SqliteConnection> for $name {}
    };
}

statement!(Epoch -> Text: "SELECT value FROM server_meta WHERE name = 'epoch'");

statement!(RoomKey -> BigInt: "SELECT key FROM rooms WHERE id = ", id: Vec<u8> as Binary, "");

statement!(Counts -> (BigInt, BigInt): "SELECT (SELECT count(*) FROM messages), (SELECT sum(last_seq) FROM rooms)");

statement!(Session -> (BigInt, BigInt, Bool):
    "SELECT sessions.key, users.key, users.is_admin FROM sessions INNER JOIN users ON sessions.user_key = users.key \
     WHERE sessions.id = ", id: Vec<u8> as Binary, " AND sessions.ended_at IS NULL AND users.disabled_at IS NULL LIMIT 1");

/// A room, and what the viewer is in it.
pub(super) type ViewSql = (
    (BigInt, Binary, SmallInt, Text, Text, SmallInt, Nullable<Integer>, Nullable<Text>),
    (Text, BigInt, BigInt, BigInt, Integer, Nullable<BigInt>, BigInt),
    Nullable<SmallInt>,
);
pub(super) type View = (
    (i64, Vec<u8>, i16, String, String, i16, Option<i32>, Option<String>),
    (String, i64, i64, i64, i32, Option<i64>, i64),
    Option<i16>,
);

statement!(FindView -> ViewSql:
    "SELECT rooms.key, rooms.id, rooms.kind, rooms.name, rooms.description, rooms.visibility, rooms.capacity, \
     rooms.password_hash, rooms.invite_code, rooms.head, rooms.last_seq, rooms.activity, rooms.member_count, \
     rooms.created_by, rooms.created_at, members.role FROM rooms LEFT OUTER JOIN members ON \
     members.room_key = rooms.key AND members.user_key = ", viewer: i64 as BigInt,
    " WHERE rooms.id = ", room: Vec<u8> as Binary, " AND rooms.deleted_at IS NULL LIMIT 1");

pub(super) type MessageSql = (BigInt, BigInt, BigInt, BigInt, Nullable<BigInt>, Text, BigInt, Nullable<Text>);
pub(super) type MessageRow = (i64, i64, i64, i64, Option<i64>, String, i64, Option<String>);
pub(super) type UserSql = (
    Nullable<BigInt>,
    Nullable<Binary>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<SmallInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Bool>,
    Nullable<BigInt>,
);
pub(super) type UserRow = (
    Option<i64>,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i16>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<bool>,
    Option<i64>,
);

statement!(Page -> (MessageSql, UserSql):
    "SELECT messages.key, messages.room_key, messages.position, messages.seq, messages.sender_key, \
     messages.text, messages.created_at, messages.client_message_id, users.key, users.id, users.username, \
     users.first_name, users.last_name, users.email, users.user_type, users.bio, users.phone, users.address, \
     users.avatar, users.is_admin, users.created_at FROM messages LEFT OUTER JOIN users ON \
     messages.sender_key = users.key WHERE messages.room_key = ", room: i64 as BigInt,
    " AND messages.position < ", before: i64 as BigInt,
    " ORDER BY messages.position DESC LIMIT 51");

statement!(NextMessage -> (BigInt, BigInt):
    "UPDATE rooms SET head = head + 1, last_seq = last_seq + 1, \
     activity = (SELECT coalesce(max(key), 0) + 1 FROM messages) WHERE rooms.key = ", room: i64 as BigInt,
    " AND rooms.deleted_at IS NULL RETURNING head, last_seq");

statement!(Insert -> MessageSql:
    "INSERT INTO messages (room_key, position, seq, sender_key, text, client_message_id, created_at) VALUES (",
    room: i64 as BigInt, ", ", position: i64 as BigInt, ", ", seq: i64 as BigInt, ", ",
    sender: i64 as BigInt, ", ", text: String as Text, ", NULL, ", at: i64 as BigInt,
    ") RETURNING key, room_key, position, seq, sender_key, text, created_at, client_message_id");
