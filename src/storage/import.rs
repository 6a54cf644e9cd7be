//! Storing what `import` brings: rows with the times and, where they are free, the numbers that they had.

use std::collections::{HashMap, HashSet};

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _,
};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::events::LogPlace;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::rooms::RoomKind;
use crate::domain::users::fold;
use crate::error::Result;
use crate::storage::pool::Engined;
use crate::storage::rooms::NewRoom;
use crate::storage::schema::{imports, messages, rooms, users};
use crate::storage::types::{At, Id, KindColumn, UserTypeColumn, VisibilityColumn};
use crate::storage::users::{NameKeys, NewUser};
use crate::storage::{Conn, search};

/// What was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Person,
    Room,
    /// Of a room: both ids with a colon between.
    Member,
    Message,
    /// Of a person.
    Avatar,
    /// The files of a message.
    Attachment,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Room => "room",
            Self::Member => "member",
            Self::Message => "message",
            Self::Avatar => "avatar",
            Self::Attachment => "attachment",
        }
    }
}

#[derive(Debug, Insertable)]
#[diesel(table_name = imports)]
struct ImportRow<'a> {
    source: &'a str,
    kind: &'a str,
    original: &'a str,
    ours: i64,
}

/// Which of these were brought before, and what they are here. It may be gone by now.
pub async fn known(
    conn: &mut Conn,
    source: &str,
    kind: Kind,
    originals: &[String],
) -> Result<HashMap<String, i64>> {
    let rows: Vec<(String, i64)> = run!(conn, db => imports::table
        .filter(imports::source.eq(source).and(imports::kind.eq(kind.as_str())))
        .filter(imports::original.eq_any(originals))
        .select((imports::original, imports::ours))
        .load(db))?;
    Ok(rows.into_iter().collect())
}

/// Notes what was brought, in the transaction that brought it.
pub async fn remember(conn: &mut Conn, source: &str, kind: Kind, brought: &[(String, i64)]) -> Result<()> {
    let rows: Vec<ImportRow<'_>> = brought
        .iter()
        .map(|(original, ours)| ImportRow { source, kind: kind.as_str(), original, ours: *ours })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    if conn.has_other_writers()
        && let Engined::Postgres(db) = conn.count_statement()
    {
        diesel_async::RunQueryDsl::execute(diesel::insert_into(imports::table).values(&rows), db).await?;
        return Ok(());
    }
    // On SQLite diesel would begin a transaction of its own for all of them.
    for row in rows {
        run!(conn, db => diesel::insert_into(imports::table).values(row).execute(db))?;
    }
    Ok(())
}

/// Tables whose keys are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Users,
    Rooms,
    Messages,
}

impl Counted {
    const fn table(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Rooms => "rooms",
            Self::Messages => "messages",
        }
    }
}

/// Has keys up to a number given to nobody who does not ask for them by number.
pub async fn reserve(conn: &mut Conn, counted: Counted, up_to: i64) -> Result<()> {
    let table = counted.table();
    if conn.has_other_writers() {
        // Whoever is about to take a key ends first, and whoever comes takes one above.
        run!(conn, db => sql_query(format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")).execute(db))?;
        let raise = format!(
            "SELECT setval('{table}_key_seq', greatest($1, last_value)) FROM {table}_key_seq \
             WHERE last_value < $1 OR NOT is_called"
        );
        run!(conn, db => sql_query(raise).bind::<BigInt, _>(up_to).execute(db))?;
    } else {
        run!(conn, db => sql_query(
            "INSERT INTO sqlite_sequence (name, seq) SELECT $1, 0 \
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)",
        )
        .bind::<Text, _>(table)
        .execute(db))?;
        run!(conn, db => sql_query("UPDATE sqlite_sequence SET seq = max(seq, $1) WHERE name = $2")
            .bind::<BigInt, _>(up_to)
            .bind::<Text, _>(table)
            .execute(db))?;
    }
    Ok(())
}

/// Which of these keys are in use.
pub async fn taken(conn: &mut Conn, counted: Counted, keys: &[i64]) -> Result<HashSet<i64>> {
    let found: Vec<i64> = match counted {
        Counted::Users => {
            run!(conn, db => users::table.filter(users::key.eq_any(keys)).select(users::key).load(db))?
        }
        Counted::Rooms => {
            run!(conn, db => rooms::table.filter(rooms::key.eq_any(keys)).select(rooms::key).load(db))?
        }
        Counted::Messages => {
            run!(conn, db => messages::table.filter(messages::key.eq_any(keys)).select(messages::key).load(db))?
        }
    };
    Ok(found.into_iter().collect())
}

/// An account with what no sign-up gives.
#[derive(Debug, Clone)]
pub struct BroughtUser {
    /// A free key; else the next one.
    pub key: Option<i64>,
    pub new: NewUser,
    pub bio: Option<String>,
    pub disabled_at: Option<Timestamp>,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = users)]
struct UserRow<'a> {
    key: Option<i64>,
    #[diesel(embed)]
    keys: NameKeys,
    id: Id,
    username: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    login_email: Option<&'a str>,
    password_hash: &'a str,
    user_type: UserTypeColumn,
    bio: Option<&'a str>,
    phone: Option<&'a str>,
    address: Option<&'a str>,
    is_admin: bool,
    disabled_at: Option<At>,
    created_at: At,
}

/// Stores an account; `None` when its username, address or id is taken.
pub async fn insert_user(conn: &mut Conn, brought: &BroughtUser) -> Result<Option<UserKey>> {
    let BroughtUser { key, new, bio, disabled_at } = brought;
    let row = UserRow {
        key: *key,
        keys: NameKeys::of(&new.username, &new.first_name, &new.last_name),
        id: Id(new.id),
        username: &new.username,
        first_name: &new.first_name,
        last_name: &new.last_name,
        email: &new.email,
        login_email: new.login_email.as_deref(),
        password_hash: &new.password_hash,
        user_type: UserTypeColumn(new.user_type),
        bio: bio.as_deref(),
        phone: new.phone.as_deref(),
        address: new.address.as_deref(),
        is_admin: new.is_admin,
        disabled_at: disabled_at.map(At),
        created_at: At(new.created_at),
    };
    let key: Option<i64> = run!(conn, db => diesel::insert_into(users::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(users::key)
        .get_result(db))
    .optional()?;
    Ok(key.map(UserKey))
}

#[derive(Debug, Insertable)]
#[diesel(table_name = rooms)]
struct RoomRow<'a> {
    key: Option<i64>,
    id: Id,
    kind: KindColumn,
    name: &'a str,
    name_key: String,
    description: &'a str,
    visibility: VisibilityColumn,
    password_hash: Option<&'a str>,
    is_open: bool,
    invite_code: &'a str,
    pair_low: Option<i64>,
    pair_high: Option<i64>,
    head: i64,
    last_seq: i64,
    activity: i64,
    member_count: i32,
    created_by: Option<i64>,
    created_at: At,
}

/// Stores a room without members under a free key, or the next one; `None` when its pair has one already.
pub async fn insert_room(
    conn: &mut Conn,
    key: Option<i64>,
    maker: Option<UserKey>,
    new: &NewRoom,
) -> Result<Option<RoomKey>> {
    let row = RoomRow {
        key,
        id: Id(new.id),
        kind: KindColumn(new.kind),
        name: &new.name,
        name_key: fold(&new.name),
        description: &new.description,
        visibility: VisibilityColumn(new.visibility),
        password_hash: new.password_hash.as_deref(),
        is_open: new.is_open,
        invite_code: &new.invite_code,
        pair_low: new.pair.map(|pair| pair.keys().0),
        pair_high: new.pair.map(|pair| pair.keys().1),
        head: 0,
        last_seq: 0,
        // Below all rooms that have messages, until it has one.
        activity: 0,
        member_count: 0,
        created_by: maker.map(|maker| maker.0),
        created_at: At(new.created_at),
    };
    let key: Option<i64> = run!(conn, db => diesel::insert_into(rooms::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(rooms::key)
        .get_result(db))
    .optional()?;
    Ok(key.map(RoomKey))
}

/// Whether a room has this public id.
pub async fn is_room_id_taken(conn: &mut Conn, id: Uuid) -> Result<bool> {
    let found: Option<i64> =
        run!(conn, db => rooms::table.filter(rooms::id.eq(Id(id))).select(rooms::key).first(db))
            .optional()?;
    Ok(found.is_some())
}

/// Whether a room is a group; `None` when it is gone.
pub async fn is_group(conn: &mut Conn, room: RoomKey) -> Result<Option<bool>> {
    let kind: Option<KindColumn> = run!(conn, db => rooms::table
        .find(room.0)
        .filter(rooms::deleted_at.is_null())
        .select(rooms::kind)
        .first(db))
    .optional()?;
    Ok(kind.map(|kind| kind.0 == RoomKind::Group))
}

/// Which of these rooms were not deleted.
pub async fn living_rooms(conn: &mut Conn, keys: &[i64]) -> Result<HashSet<i64>> {
    let found: Vec<i64> = run!(conn, db => rooms::table
        .filter(rooms::key.eq_any(keys).and(rooms::deleted_at.is_null()))
        .select(rooms::key)
        .load(db))?;
    Ok(found.into_iter().collect())
}

/// Takes places for so many messages at the end of a room's log; tells where it ended before. `None` when
/// the room is gone.
pub async fn take_places(conn: &mut Conn, room: RoomKey, count: i64) -> Result<Option<LogPlace>> {
    let end: Option<(i64, i64)> = run!(conn, db => diesel::update(rooms::table.find(room.0))
        .filter(rooms::deleted_at.is_null())
        .set((rooms::head.eq(rooms::head + count), rooms::last_seq.eq(rooms::last_seq + count)))
        .returning((rooms::head, rooms::last_seq))
        .get_result(db))
    .optional()?;
    Ok(end.map(|(head, last_seq)| LogPlace { position: head - count, seq: last_seq - count }))
}

/// A message that has its place. Whoever sent it may be gone.
#[derive(Debug, Clone)]
pub struct BroughtMessage {
    /// A free key; else the next one.
    pub key: Option<i64>,
    pub room: RoomKey,
    pub place: LogPlace,
    pub sender: Option<UserKey>,
    pub text: String,
    pub created_at: Timestamp,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = messages)]
struct MessageRow<'a> {
    key: Option<i64>,
    room_key: i64,
    position: i64,
    seq: i64,
    sender_key: Option<i64>,
    text: &'a str,
    created_at: At,
}

/// Stores a message. Nobody is told.
pub async fn insert_message(conn: &mut Conn, brought: &BroughtMessage) -> Result<MessageKey> {
    let row = MessageRow {
        key: brought.key,
        room_key: brought.room.0,
        position: brought.place.position,
        seq: brought.place.seq,
        sender_key: brought.sender.map(|sender| sender.0),
        text: &brought.text,
        created_at: At(brought.created_at),
    };
    let key: i64 = run!(conn, db => diesel::insert_into(messages::table)
        .values(row)
        .returning(messages::key)
        .get_result(db))?;
    search::keep(conn, MessageKey(key), &brought.text).await?;
    Ok(MessageKey(key))
}

/// Who sent a message, if it is there still and has no files.
pub async fn sender_without_files(conn: &mut Conn, message: MessageKey) -> Result<Option<(UserKey, Uuid)>> {
    let found: Option<(i64, Id)> = run!(conn, db => messages::table
        .inner_join(users::table)
        .filter(messages::key.eq(message.0))
        .filter(messages::deleted_at.is_null().and(messages::attachments.eq(0_i16)))
        .select((users::key, users::id))
        .first(db))
    .optional()?;
    Ok(found.map(|(key, id)| (UserKey(key), id.into())))
}

/// Has a room stand among the recent ones where its newest message puts it.
pub async fn advance(conn: &mut Conn, room: RoomKey, newest: MessageKey) -> Result<()> {
    let activity = newest.0.saturating_mul(2);
    run!(conn, db => diesel::update(rooms::table.find(room.0))
        .filter(rooms::activity.lt(activity))
        .set(rooms::activity.eq(activity))
        .execute(db))?;
    Ok(())
}
