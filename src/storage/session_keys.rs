//! Opaque keys of sessions, by their hashes: tokens and cookies that say nothing themselves.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
};

use crate::clock::Timestamp;
use crate::domain::ids::SessionKey;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{session_keys, sessions, users};
use crate::storage::sessions::{LiveRow, LiveSession};
use crate::storage::types::At;

/// Lets a key stand for a session, if it does not already.
pub async fn insert(conn: &mut Conn, hash: &[u8], session: SessionKey, at: Timestamp) -> Result<()> {
    run!(conn, db => diesel::insert_into(session_keys::table)
        .values((
            session_keys::hash.eq(hash),
            session_keys::session_key.eq(session.0),
            session_keys::created_at.eq(At(at)),
        ))
        .on_conflict_do_nothing()
        .execute(db))?;
    Ok(())
}

/// The session of a key, unless it has ended or the account is disabled.
pub async fn find_live(conn: &mut Conn, hash: &[u8]) -> Result<Option<LiveSession>> {
    let row: Option<LiveRow> = run!(conn, db => session_keys::table
        .inner_join(sessions::table.inner_join(users::table))
        .filter(session_keys::hash.eq(hash))
        .filter(sessions::ended_at.is_null().and(users::disabled_at.is_null()))
        .select((sessions::key, users::key, users::id, users::is_admin, sessions::expires_at))
        .first(db))
    .optional()?;
    Ok(row.map(LiveSession::from))
}
