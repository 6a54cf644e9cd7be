//! Accounts on their way out: what has to be undone before a row can go, a little at a time.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
};
use diesel::sql_query;
use diesel::sql_types::BigInt;

use crate::clock::Timestamp;
use crate::domain::events::News;
use crate::domain::ids::{RoomKey, UserKey};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::pool::Engined;
use crate::storage::schema::{members, users};
use crate::storage::types::At;

/// Marks an account as leaving, which also disables it; `false` when there is none.
pub async fn begin(conn: &mut Conn, user: UserKey, at: Timestamp) -> Result<bool> {
    let marked = run!(conn, db => diesel::update(users::table.find(user.0))
        .set((users::disabled_at.eq(At(at)), users::leaving_at.eq(At(at))))
        .execute(db))?;
    Ok(marked > 0)
}

/// Accounts that are leaving, at most `limit`.
pub async fn under_way(conn: &mut Conn, limit: i64) -> Result<Vec<UserKey>> {
    let keys: Vec<i64> = run!(conn, db => users::table
        .filter(users::leaving_at.is_not_null())
        .order(users::key.asc())
        .select(users::key)
        .limit(limit)
        .load(db))?;
    Ok(keys.into_iter().map(UserKey).collect())
}

/// A room that the account is still in, deleted ones included.
pub async fn next_room(conn: &mut Conn, user: UserKey) -> Result<Option<RoomKey>> {
    let room: Option<i64> = run!(conn, db => members::table
        .filter(members::user_key.eq(user.0))
        .order(members::room_key.asc())
        .select(members::room_key)
        .first(db))
    .optional()?;
    Ok(room.map(RoomKey))
}

/// Of those who are in a room beside someone, the one who joined first.
pub async fn longest_standing_other(
    conn: &mut Conn,
    room: RoomKey,
    user: UserKey,
) -> Result<Option<UserKey>> {
    let heir: Option<i64> = run!(conn, db => members::table
        .filter(members::room_key.eq(room.0).and(members::user_key.ne(user.0)))
        .order(members::key.asc())
        .select(members::user_key)
        .first(db))
    .optional()?;
    Ok(heir.map(UserKey))
}

/// Takes the account's name from up to `limit` rows of each kind, and removes as many of its reactions; tells how
/// many there were.
pub async fn unname(conn: &mut Conn, user: UserKey, limit: i64) -> Result<usize> {
    let mut changed = 0;
    for (table, column, key) in [
        ("messages", "sender_key", "key"),
        ("rooms", "created_by", "key"),
        ("room_events", "user_key", "room_key, position"),
        ("room_events", "actor_key", "room_key, position"),
        ("audit_entries", "actor_key", "key"),
    ] {
        let sql = format!(
            "UPDATE {table} SET {column} = NULL WHERE ({key}) IN \
             (SELECT {key} FROM {table} WHERE {column} = $1 LIMIT $2)"
        );
        changed += run!(conn, db => sql_query(sql)
            .bind::<BigInt, _>(user.0)
            .bind::<BigInt, _>(limit)
            .execute(db))?;
    }
    let reactions =
        "DELETE FROM reactions WHERE key IN (SELECT key FROM reactions WHERE user_key = $1 LIMIT $2)";
    changed += run!(conn, db => sql_query(reactions)
        .bind::<BigInt, _>(user.0)
        .bind::<BigInt, _>(limit)
        .execute(db))?;
    Ok(changed)
}

/// Removes the account's row, and has it told after the commit; `false` when the account is in a room
/// again and has to leave that first.
///
/// On PostgreSQL the row is locked before its memberships are looked for, so nobody can add one unseen.
pub async fn finish(conn: &mut Conn, user: UserKey) -> Result<bool> {
    if conn.has_other_writers()
        && let Engined::Postgres(db) = conn.count_statement()
    {
        let row = users::table.find(user.0).select(users::key).for_update();
        diesel_async::RunQueryDsl::execute(row, db).await?;
    }
    if next_room(conn, user).await?.is_some() {
        return Ok(false);
    }
    let removed = run!(conn, db => diesel::delete(users::table.find(user.0)).execute(db))?;
    if removed > 0 {
        conn.announce(News::AccountGone(user));
    }
    Ok(true)
}
