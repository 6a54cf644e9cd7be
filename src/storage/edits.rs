//! What messages said before they were edited.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _,
};

use crate::clock::Timestamp;
use crate::domain::ids::{MessageKey, UserKey};
use crate::domain::messages::{Message, MessageEdit};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{members, message_edits, messages, rooms};
use crate::storage::types::At;

/// Keeps the text of a message that is about to get another, and the newest `kept_max` texts in all.
pub async fn keep(conn: &mut Conn, message: &Message, until: Timestamp, kept_max: i32) -> Result<()> {
    run!(conn, db => diesel::insert_into(message_edits::table)
        .values((
            message_edits::message_key.eq(message.key.0),
            message_edits::revision.eq(message.revision),
            message_edits::text.eq(&message.text),
            message_edits::edited_at.eq(At(until)),
        ))
        .execute(db))?;
    // Not every revision is an edit, so the newest have to be counted.
    let newest_to_go: Option<i32> = run!(conn, db => message_edits::table
        .filter(message_edits::message_key.eq(message.key.0))
        .order(message_edits::revision.desc())
        .offset(i64::from(kept_max))
        .select(message_edits::revision)
        .first(db))
    .optional()?;
    let Some(newest_to_go) = newest_to_go else { return Ok(()) };
    run!(conn, db => diesel::delete(message_edits::table)
        .filter(message_edits::message_key.eq(message.key.0))
        .filter(message_edits::revision.le(newest_to_go))
        .execute(db))?;
    Ok(())
}

/// Forgets all earlier texts of a message.
pub async fn forget(conn: &mut Conn, message: MessageKey) -> Result<()> {
    run!(conn, db => diesel::delete(message_edits::table)
        .filter(message_edits::message_key.eq(message.0))
        .execute(db))?;
    Ok(())
}

/// The earlier texts of several messages, oldest first, each only if `viewer` is in its room or the room is open.
pub async fn of_many(conn: &mut Conn, keys: &[MessageKey], viewer: UserKey) -> Result<Vec<MessageEdit>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<(i64, String, At)> = run!(conn, db => message_edits::table
        .inner_join(messages::table.inner_join(rooms::table))
        .left_join(
            members::table.on(members::room_key.eq(messages::room_key).and(members::user_key.eq(viewer.0))),
        )
        .filter(message_edits::message_key.eq_any(&keys))
        .filter(members::key.nullable().is_not_null().or(rooms::is_open))
        .filter(rooms::deleted_at.is_null())
        .order((message_edits::message_key.asc(), message_edits::revision.asc()))
        .select((message_edits::message_key, message_edits::text, message_edits::edited_at))
        .load(db))?;
    let edit = |(message, text, edited_at): (i64, String, At)| MessageEdit {
        message: MessageKey(message),
        text,
        edited_at: edited_at.into(),
    };
    Ok(rows.into_iter().map(edit).collect())
}
