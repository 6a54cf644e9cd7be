//! How far members have read, and what is left for them.

use diesel::dsl::sql;
use diesel::prelude::{BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _};
use diesel::sql_types::BigInt;

use crate::domain::ids::{RoomKey, UserKey};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{members, rooms};

/// The messages of others after a member's mark, without deleted ones; 1,000 at most, and among the room's
/// newest 5,000, so that it costs little to have sent much and read nothing.
const UNREAD: &str = "(SELECT count(*) FROM (SELECT 1 FROM messages AS m WHERE m.room_key = members.room_key \
     AND m.seq > CASE WHEN members.last_read_seq > rooms.last_seq - 5000 THEN members.last_read_seq \
     ELSE rooms.last_seq - 5000 END AND m.seq <= rooms.last_seq AND m.deleted_at IS NULL \
     AND (m.sender_key IS NULL OR m.sender_key <> members.user_key) LIMIT 1000) AS unread)";

pub async fn set(conn: &mut Conn, room: RoomKey, user: UserKey, seq: i64) -> Result<()> {
    run!(conn, db => diesel::update(members::table)
        .filter(members::room_key.eq(room.0).and(members::user_key.eq(user.0)))
        .set(members::last_read_seq.eq(seq))
        .execute(db))?;
    Ok(())
}

/// Has those who had read up to one message have read up to a later one.
pub async fn read_along(conn: &mut Conn, room: RoomKey, from: i64, to: i64) -> Result<()> {
    run!(conn, db => diesel::update(members::table)
        .filter(members::room_key.eq(room.0).and(members::last_read_seq.eq(from)))
        .set(members::last_read_seq.eq(to))
        .execute(db))?;
    Ok(())
}

/// How many messages someone has not read, for those of several rooms that they are in.
pub async fn unread(conn: &mut Conn, keys: &[RoomKey], user: UserKey) -> Result<Vec<(RoomKey, i64)>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<(i64, i64)> = run!(conn, db => members::table
        .inner_join(rooms::table)
        .filter(members::user_key.eq(user.0).and(members::room_key.eq_any(&keys)))
        .filter(rooms::deleted_at.is_null())
        .select((members::room_key, sql::<BigInt>(UNREAD)))
        .load(db))?;
    Ok(rows.into_iter().map(|(room, count)| (RoomKey(room), count)).collect())
}
