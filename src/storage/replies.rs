//! Messages that answer a message.

use diesel::dsl::sql;
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel::sql_types::{BigInt, Bool};
use uuid::Uuid;

use crate::domain::ids::{MessageKey, UserKey};
use crate::domain::paging::{End, Page, Slice};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::messages::{MessageRow, Sent, SentRow, sent};
use crate::storage::schema::{members, messages, rooms, users};
use crate::storage::users::UserRow;

/// Messages of a room by their keys, and whether each was deleted.
macro_rules! of_room {
    ($room:expr, $keys:expr) => {
        $crate::storage::schema::messages::table
            .inner_join($crate::storage::schema::rooms::table)
            .filter($crate::storage::schema::rooms::id.eq($crate::storage::types::Id($room)))
            .filter($crate::storage::schema::messages::key.eq_any($keys))
            .select((
                $crate::storage::schema::messages::key,
                $crate::storage::schema::messages::deleted_at.is_not_null(),
            ))
    };
}
pub(super) use of_room;

/// A message that is to be answered, and whether it was deleted; `None` when the room has no such message.
pub(super) async fn answered(
    conn: &mut Conn,
    room: Uuid,
    message: MessageKey,
) -> Result<Option<(MessageKey, bool)>> {
    let row: Option<(i64, bool)> = run!(conn, db => of_room!(room, [message.0]).first(db)).optional()?;
    Ok(row.map(|(key, deleted)| (MessageKey(key), deleted)))
}

/// The replies to one message, oldest to newest, if `viewer` may read its room. A place in the list is a position of the room's log.
pub async fn page(
    conn: &mut Conn,
    answered: MessageKey,
    viewer: UserKey,
    page: &Page,
) -> Result<Slice<Sent>> {
    let rows: Vec<SentRow> = run!(conn, db => {
        let query = messages::table
            .inner_join(rooms::table)
            .left_join(
                members::table
                    .on(members::room_key.eq(messages::room_key).and(members::user_key.eq(viewer.0))),
            )
            .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
            .filter(messages::reply_to.eq(answered.0))
            .filter(members::key.nullable().is_not_null().or(rooms::is_open))
            .filter(rooms::deleted_at.is_null())
            .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
            .into_boxed::<Db>();
        rising!(query, messages::position, page).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(sent))
}

/// The same end of the replies to several messages, at most `limit` to each and one more, oldest to newest; of
/// those whose room `viewer` may read.
pub async fn ends(
    conn: &mut Conn,
    answered: &[MessageKey],
    viewer: UserKey,
    end: End,
    limit: u16,
) -> Result<Vec<Sent>> {
    let answered: Vec<i64> = answered.iter().map(|message| message.0).collect();
    let parents = diesel::alias!(messages as parents);
    // The first position past the wanted end, found once for each message by the index of replies.
    let within = || {
        let bound = match end {
            End::First => {
                "messages.position < coalesce((SELECT peers.position FROM messages AS peers \
                 WHERE peers.reply_to = parents.key ORDER BY peers.position LIMIT 1 OFFSET "
            }
            End::Last => {
                "messages.position > coalesce((SELECT peers.position FROM messages AS peers \
                 WHERE peers.reply_to = parents.key ORDER BY peers.position DESC LIMIT 1 OFFSET "
            }
        };
        let none = match end {
            End::First => i64::MAX,
            End::Last => 0,
        };
        let bound = sql::<Bool>(bound).bind::<BigInt, _>(i64::from(limit) + 1).sql("), ");
        bound.bind::<BigInt, _>(none).sql(")")
    };
    let rows: Vec<SentRow> = run!(conn, db => parents
        .inner_join(messages::table.on(messages::reply_to.eq(parents.field(messages::key).nullable())))
        .inner_join(rooms::table.on(rooms::key.eq(messages::room_key)))
        .left_join(
            members::table.on(members::room_key.eq(messages::room_key).and(members::user_key.eq(viewer.0))),
        )
        .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
        .filter(parents.field(messages::key).eq_any(&answered))
        .filter(within())
        .filter(members::key.nullable().is_not_null().or(rooms::is_open))
        .filter(rooms::deleted_at.is_null())
        .order((messages::reply_to.asc(), messages::position.asc()))
        .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
        .load(db))?;
    Ok(rows.into_iter().map(sent).collect())
}

/// How many replies each of several messages has, if `viewer` may read its room.
pub async fn counts(
    conn: &mut Conn,
    answered: &[MessageKey],
    viewer: UserKey,
) -> Result<Vec<(MessageKey, i64)>> {
    let answered: Vec<i64> = answered.iter().map(|message| message.0).collect();
    let count = "(SELECT count(*) FROM messages AS replies WHERE replies.reply_to = messages.key)";
    let rows: Vec<(i64, i64)> = run!(conn, db => messages::table
        .inner_join(rooms::table)
        .left_join(
            members::table.on(members::room_key.eq(messages::room_key).and(members::user_key.eq(viewer.0))),
        )
        .filter(messages::key.eq_any(&answered))
        .filter(members::key.nullable().is_not_null().or(rooms::is_open))
        .filter(rooms::deleted_at.is_null())
        .select((messages::key, sql::<BigInt>(count)))
        .load(db))?;
    Ok(rows.into_iter().map(|(key, count)| (MessageKey(key), count)).collect())
}
