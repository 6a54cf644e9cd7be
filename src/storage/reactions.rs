//! Reactions to messages: a row for each message, emoji and person.

use std::collections::HashSet;

use diesel::dsl::{count_star, min};
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    QueryDsl as _, SelectableHelper as _,
};

use crate::domain::ids::{MessageKey, UserKey};
use crate::domain::paging::{Page, Slice};
use crate::domain::reactions::{Emoji, Reaction, ReactionGroup};
use crate::domain::users::User;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{members, messages, reactions, rooms, users};
use crate::storage::users::UserRow;

/// The reactions to messages of rooms that a viewer may read.
macro_rules! shown_to {
    ($viewer:expr) => {
        reactions::table
            .inner_join(messages::table.inner_join(rooms::table))
            .left_join(
                members::table
                    .on(members::room_key.eq(messages::room_key).and(members::user_key.eq($viewer.0))),
            )
            .filter(members::key.nullable().is_not_null().or(rooms::is_open))
            .filter(rooms::deleted_at.is_null())
    };
}

/// A reaction with whose it is.
pub type Reactor = (Reaction, User);

type ReactorRow = ((i64, i64, String, i64), UserRow);

fn reactor(((key, message, emoji, user), person): ReactorRow) -> Reactor {
    (Reaction { key, message: MessageKey(message), emoji, user: UserKey(user) }, person.into())
}

/// Adds someone's reaction; false when it is there already.
pub async fn insert(conn: &mut Conn, message: MessageKey, user: UserKey, emoji: &Emoji) -> Result<bool> {
    let added = run!(conn, db => diesel::insert_into(reactions::table)
        .values((
            reactions::message_key.eq(message.0),
            reactions::emoji.eq(emoji.as_str()),
            reactions::user_key.eq(user.0),
        ))
        .on_conflict_do_nothing()
        .execute(db))?;
    Ok(added > 0)
}

/// Takes someone's reaction back; false when there was none.
pub async fn delete(conn: &mut Conn, message: MessageKey, user: UserKey, emoji: &Emoji) -> Result<bool> {
    let removed = run!(conn, db => diesel::delete(reactions::table)
        .filter(reactions::message_key.eq(message.0))
        .filter(reactions::emoji.eq(emoji.as_str()))
        .filter(reactions::user_key.eq(user.0))
        .execute(db))?;
    Ok(removed > 0)
}

/// Forgets all reactions to a message.
pub async fn forget(conn: &mut Conn, message: MessageKey) -> Result<()> {
    run!(conn, db => diesel::delete(reactions::table)
        .filter(reactions::message_key.eq(message.0))
        .execute(db))?;
    Ok(())
}

/// How many different emoji a message has.
pub async fn count_kinds(conn: &mut Conn, message: MessageKey) -> Result<usize> {
    let kinds: Vec<String> = run!(conn, db => reactions::table
        .filter(reactions::message_key.eq(message.0))
        .select(reactions::emoji)
        .distinct()
        .load(db))?;
    Ok(kinds.len())
}

/// The reactions of each of several messages by their emoji, those used first before others; of messages whose
/// room `viewer` may read.
pub async fn groups(conn: &mut Conn, keys: &[MessageKey], viewer: UserKey) -> Result<Vec<ReactionGroup>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let mut rows: Vec<(i64, String, i64, Option<i64>)> = run!(conn, db => shown_to!(viewer)
        .filter(reactions::message_key.eq_any(&keys))
        .group_by((reactions::message_key, reactions::emoji))
        .select((reactions::message_key, reactions::emoji, count_star(), min(reactions::key)))
        .load(db))?;
    rows.sort_unstable_by_key(|(.., first)| *first);
    let group = |(message, emoji, count, _)| ReactionGroup { message: MessageKey(message), emoji, count };
    Ok(rows.into_iter().map(group).collect())
}

/// What someone reacted to several messages with.
pub async fn of_user(
    conn: &mut Conn,
    keys: &[MessageKey],
    user: UserKey,
) -> Result<HashSet<(MessageKey, String)>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<(i64, String)> = run!(conn, db => reactions::table
        .filter(reactions::message_key.eq_any(&keys))
        .filter(reactions::user_key.eq(user.0))
        .select((reactions::message_key, reactions::emoji))
        .load(db))?;
    Ok(rows.into_iter().map(|(message, emoji)| (MessageKey(message), emoji)).collect())
}

/// Who reacted to a message with one emoji, the first before others, if `viewer` may read its room. A place in
/// the list is a reaction's key.
pub async fn page(
    conn: &mut Conn,
    message: MessageKey,
    emoji: &str,
    viewer: UserKey,
    page: &Page,
) -> Result<Slice<Reactor>> {
    let rows: Vec<ReactorRow> = run!(conn, db => {
        let query = shown_to!(viewer)
            .inner_join(users::table.on(users::key.eq(reactions::user_key)))
            .filter(reactions::message_key.eq(message.0))
            .filter(reactions::emoji.eq(emoji))
            .select((reactions::all_columns, UserRow::as_select()))
            .into_boxed::<Db>();
        rising!(query, reactions::key, page).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(reactor))
}

/// Everyone who reacted to each of several messages, the first before others; of messages whose room `viewer` may
/// read. For messages that few reacted to.
pub async fn all(conn: &mut Conn, keys: &[MessageKey], viewer: UserKey) -> Result<Vec<Reactor>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<ReactorRow> = run!(conn, db => shown_to!(viewer)
        .inner_join(users::table.on(users::key.eq(reactions::user_key)))
        .filter(reactions::message_key.eq_any(&keys))
        .order(reactions::key.asc())
        .select((reactions::all_columns, UserRow::as_select()))
        .load(db))?;
    Ok(rows.into_iter().map(reactor).collect())
}
