//! Rooms, and the counters of their logs. Lists of them are in `rooms/list.rs`.

mod list;

use diesel::dsl::sql;
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};
use diesel::sql_types::BigInt;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::events::LogPlace;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::rooms::{MemberRole, Room, RoomKind, RoomView, RoomVisibility};
use crate::domain::users::fold;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::pool::Engined;
use crate::storage::prepared::NextMessage;
use crate::storage::schema::{members, rooms};
use crate::storage::types::{At, Id, KindColumn, RoleColumn, VisibilityColumn};

pub use list::{Narrowing, count, page};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = rooms)]
pub(super) struct RoomRow {
    key: i64,
    id: Id,
    kind: KindColumn,
    name: String,
    description: String,
    visibility: VisibilityColumn,
    capacity: Option<i32>,
    password_hash: Option<String>,
    invite_code: String,
    head: i64,
    last_seq: i64,
    activity: i64,
    member_count: i32,
    created_by: Option<i64>,
    created_at: At,
    is_open: bool,
    archived_at: Option<At>,
}

impl From<RoomRow> for Room {
    fn from(row: RoomRow) -> Self {
        let RoomRow { key, id, kind, name, description, visibility, capacity, password_hash, .. } = row;
        let RoomRow { invite_code, head, last_seq, activity, member_count, .. } = row;
        let RoomRow { created_by, created_at, is_open, archived_at, .. } = row;
        Self {
            key: RoomKey(key),
            id: id.into(),
            kind: kind.into(),
            name,
            description,
            visibility: visibility.into(),
            capacity,
            password_hash,
            is_open,
            invite_code,
            head,
            last_seq,
            activity,
            member_count,
            created_by: created_by.map(UserKey),
            created_at: created_at.into(),
            archived_at: archived_at.map(Timestamp::from),
        }
    }
}

/// A new room stands between two messages: one more than twice the newest key. Two rooms may share a
/// place; their keys break the tie.
const NEW_ACTIVITY: &str = "(SELECT 2 * coalesce(max(key), 0) + 1 FROM messages)";

/// Rooms, each beside the viewer's membership in it where there is one.
macro_rules! seen_by {
    ($viewer:expr) => {
        rooms::table.left_join(
            members::table.on(members::room_key.eq(rooms::key).and(members::user_key.eq($viewer.0))),
        )
    };
}
pub(super) use seen_by;

/// What the viewer is in a room, and how far they have read.
pub(super) type MembershipRow = (RoleColumn, i64);

pub(super) type ViewRow = (RoomRow, Option<MembershipRow>);

pub(super) const MEMBERSHIP: (members::role, members::last_read_seq) =
    (members::role, members::last_read_seq);

pub(super) fn view((room, membership): ViewRow) -> RoomView {
    let (role, last_read_seq) = membership.map(|(role, seq)| (MemberRole::from(role), seq)).unzip();
    RoomView { room: room.into(), role, last_read_seq }
}

/// A new room without members.
#[derive(Debug, Clone)]
pub struct NewRoom {
    pub id: Uuid,
    pub kind: RoomKind,
    pub name: String,
    pub description: String,
    pub visibility: RoomVisibility,
    pub capacity: Option<i32>,
    pub password_hash: Option<String>,
    pub is_open: bool,
    pub invite_code: String,
    /// The two of a DUO room, or the one of a SELF room twice.
    pub pair: Option<Pair>,
    pub created_by: UserKey,
    pub created_at: Timestamp,
}

/// Two people, in an order that does not depend on who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    low: i64,
    high: i64,
}

impl Pair {
    pub fn of(one: UserKey, other: UserKey) -> Self {
        Self { low: one.0.min(other.0), high: one.0.max(other.0) }
    }

    /// The lower one first.
    pub(super) fn keys(self) -> (i64, i64) {
        (self.low, self.high)
    }
}

/// Stores a room; `None` when the pair has one already.
pub async fn insert(conn: &mut Conn, new: &NewRoom) -> Result<Option<Room>> {
    let row = run!(conn, db => diesel::insert_into(rooms::table)
        .values((
            rooms::id.eq(Id(new.id)),
            rooms::kind.eq(KindColumn(new.kind)),
            rooms::name.eq(&new.name),
            rooms::name_key.eq(fold(&new.name)),
            rooms::description.eq(&new.description),
            rooms::visibility.eq(VisibilityColumn(new.visibility)),
            rooms::capacity.eq(new.capacity),
            rooms::password_hash.eq(new.password_hash.as_deref()),
            rooms::invite_code.eq(&new.invite_code),
            (
                rooms::is_open.eq(new.is_open),
                rooms::pair_low.eq(new.pair.map(|pair| pair.low)),
                rooms::pair_high.eq(new.pair.map(|pair| pair.high)),
                rooms::head.eq(0),
                rooms::last_seq.eq(0),
                rooms::activity.eq(sql::<BigInt>(NEW_ACTIVITY)),
                rooms::member_count.eq(0),
                rooms::created_by.eq(new.created_by.0),
                rooms::created_at.eq(At(new.created_at)),
            ),
        ))
        .on_conflict_do_nothing()
        .returning(RoomRow::as_returning())
        .get_result(db))
    .optional()?;
    Ok(row.map(Room::from))
}

pub async fn find_by_pair(conn: &mut Conn, pair: Pair) -> Result<Option<Room>> {
    let row = run!(conn, db => rooms::table
        .filter(rooms::pair_low.eq(pair.low).and(rooms::pair_high.eq(pair.high)))
        .filter(rooms::deleted_at.is_null())
        .select(RoomRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(Room::from))
}

/// A room with what `viewer` is in it.
pub async fn find_view(conn: &mut Conn, id: Uuid, viewer: UserKey) -> Result<Option<RoomView>> {
    let row: Option<ViewRow> = run!(conn, db => seen_by!(viewer)
        .filter(rooms::id.eq(Id(id)).and(rooms::deleted_at.is_null()))
        .select((RoomRow::as_select(), MEMBERSHIP.nullable()))
        .first(db))
    .optional()?;
    Ok(row.map(view))
}

pub async fn find_view_by_invite(conn: &mut Conn, code: &str, viewer: UserKey) -> Result<Option<RoomView>> {
    let row: Option<ViewRow> = run!(conn, db => seen_by!(viewer)
        .filter(rooms::invite_code.eq(code).and(rooms::deleted_at.is_null()))
        .select((RoomRow::as_select(), MEMBERSHIP.nullable()))
        .first(db))
    .optional()?;
    Ok(row.map(view))
}

/// Several rooms with what `viewer` is in each.
pub async fn get_views(conn: &mut Conn, keys: &[RoomKey], viewer: UserKey) -> Result<Vec<RoomView>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<ViewRow> = run!(conn, db => seen_by!(viewer)
        .filter(rooms::key.eq_any(&keys).and(rooms::deleted_at.is_null()))
        .select((RoomRow::as_select(), MEMBERSHIP.nullable()))
        .load(db))?;
    Ok(rows.into_iter().map(view).collect())
}

/// All rooms that `user` is in, at most `limit`, in the order made.
pub async fn all_of(conn: &mut Conn, user: UserKey, limit: usize) -> Result<Vec<RoomView>> {
    let rows: Vec<ViewRow> = run!(conn, db => seen_by!(user)
        .filter(members::user_key.nullable().eq(user.0).and(rooms::deleted_at.is_null()))
        .order(rooms::key.asc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((RoomRow::as_select(), MEMBERSHIP.nullable()))
        .load(db))?;
    Ok(rows.into_iter().map(view).collect())
}

/// The public ids of several rooms, deleted ones among them.
pub async fn ids(conn: &mut Conn, keys: &[RoomKey]) -> Result<Vec<(RoomKey, Uuid)>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<(i64, Id)> = run!(conn, db => rooms::table
        .filter(rooms::key.eq_any(&keys))
        .select((rooms::key, rooms::id))
        .load(db))?;
    Ok(rows.into_iter().map(|(key, id)| (RoomKey(key), id.into())).collect())
}

/// Several rooms by their public ids, with what `viewer` is in each.
pub async fn get_views_by_id(conn: &mut Conn, ids: &[Uuid], viewer: UserKey) -> Result<Vec<RoomView>> {
    let rows: Vec<ViewRow> = run!(conn, db => seen_by!(viewer)
        .filter(rooms::id.eq_any(ids.iter().copied().map(Id)).and(rooms::deleted_at.is_null()))
        .select((RoomRow::as_select(), MEMBERSHIP.nullable()))
        .load(db))?;
    Ok(rows.into_iter().map(view).collect())
}

/// Holds the room against other writers until the transaction ends, and reads it afresh, with what
/// `user` is in it now.
///
/// SQLite has one writer, which holds everything. PostgreSQL locks the row, and answers both queries in
/// one round trip; the second sees what the wait for the lock has let others store.
pub async fn lock(conn: &mut Conn, key: RoomKey, user: UserKey) -> Result<Option<RoomView>> {
    macro_rules! room {
        () => {
            rooms::table.find(key.0).filter(rooms::deleted_at.is_null()).select(RoomRow::as_select())
        };
    }
    macro_rules! membership {
        () => {
            members::table
                .filter(members::room_key.eq(key.0).and(members::user_key.eq(user.0)))
                .select(MEMBERSHIP)
        };
    }
    conn.count_statement();
    let (room, membership): (Option<RoomRow>, Option<MembershipRow>) = match conn.count_statement() {
        Engined::Sqlite(db) => {
            let room = diesel::RunQueryDsl::first(room!(), db).optional()?;
            (room, diesel::RunQueryDsl::first(membership!(), db).optional()?)
        }
        Engined::Postgres(db) => {
            let (mut one, mut other): (&AsyncPgConnection, &AsyncPgConnection) = (db, db);
            let room =
                async { diesel_async::RunQueryDsl::first(room!().for_update(), &mut one).await.optional() };
            let membership =
                async { diesel_async::RunQueryDsl::first(membership!(), &mut other).await.optional() };
            futures_util::future::try_join(room, membership).await?
        }
    };
    Ok(room.map(|room| view((room, membership))))
}

/// Takes the next position of a room's log for a change that is not a message.
pub async fn next_position(conn: &mut Conn, key: RoomKey) -> Result<LogPlace> {
    let (position, seq) = run!(conn, db => diesel::update(rooms::table.find(key.0))
        .set(rooms::head.eq(rooms::head + 1))
        .returning((rooms::head, rooms::last_seq))
        .get_result(db))?;
    Ok(LogPlace { position, seq })
}

/// Takes the next position and the next number for a message, and makes the room the most recent.
/// `None` when the room is gone.
pub async fn next_message(conn: &mut Conn, key: RoomKey) -> Result<Option<(i64, i64)>> {
    Ok(run!(conn, db => NextMessage { room: key.0 }.get_result(db)).optional()?)
}

pub async fn change_member_count(conn: &mut Conn, key: RoomKey, by: i32) -> Result<()> {
    run!(conn, db => diesel::update(rooms::table.find(key.0))
        .set(rooms::member_count.eq(rooms::member_count + by))
        .execute(db))?;
    Ok(())
}

/// Writes what an owner can edit back.
pub async fn update(conn: &mut Conn, room: &Room) -> Result<()> {
    run!(conn, db => diesel::update(rooms::table.find(room.key.0))
        .set((
            rooms::name.eq(&room.name),
            rooms::name_key.eq(fold(&room.name)),
            rooms::description.eq(&room.description),
            rooms::visibility.eq(VisibilityColumn(room.visibility)),
            rooms::capacity.eq(room.capacity),
            rooms::password_hash.eq(room.password_hash.as_deref()),
        ))
        .execute(db))?;
    Ok(())
}

/// Closes a room as of a time, or opens it again.
pub async fn set_archived(conn: &mut Conn, key: RoomKey, at: Option<Timestamp>) -> Result<()> {
    run!(conn, db => diesel::update(rooms::table.find(key.0))
        .set(rooms::archived_at.eq(at.map(At)))
        .execute(db))?;
    Ok(())
}

/// Takes a room out of everyone's sight. Its log stays until
/// [`messages::purge_deleted_rooms`](crate::storage::messages::purge_deleted_rooms) clears it.
pub async fn mark_deleted(conn: &mut Conn, key: RoomKey, at: Timestamp) -> Result<()> {
    run!(conn, db => diesel::update(rooms::table.find(key.0))
        .set((
            rooms::deleted_at.eq(At(at)),
            rooms::pair_low.eq(None::<i64>),
            rooms::pair_high.eq(None::<i64>),
        ))
        .execute(db))?;
    Ok(())
}
