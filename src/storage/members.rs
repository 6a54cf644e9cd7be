//! Who is in which room.

use diesel::dsl::sql;
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel::sql_types::BigInt;

use crate::clock::Timestamp;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::paging::{End, Page, Slice};
use crate::domain::rooms::{Member, MemberRole};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{members, users};
use crate::storage::types::{At, RoleColumn};
use crate::storage::users::UserRow;

type MemberRow = ((i64, i64, RoleColumn, At, i64), UserRow);

type Columns = (members::key, members::room_key, members::role, members::joined_at, members::last_read_seq);

const COLUMNS: Columns =
    (members::key, members::room_key, members::role, members::joined_at, members::last_read_seq);

fn member(((key, room, role, joined_at, last_read_seq), user): MemberRow) -> Member {
    let (room, role, joined_at) = (RoomKey(room), role.into(), joined_at.into());
    Member { key, room, user: user.into(), role, joined_at, last_read_seq }
}

/// Adds someone, to whom all that was sent before counts as read; false when they are in already.
pub async fn insert(
    conn: &mut Conn,
    room: RoomKey,
    user: UserKey,
    role: MemberRole,
    at: Timestamp,
) -> Result<bool> {
    let last_seq = || {
        let last_seq = sql::<BigInt>("coalesce((SELECT last_seq FROM rooms WHERE key = ");
        last_seq.bind::<BigInt, _>(room.0).sql("), 0)")
    };
    let added = run!(conn, db => diesel::insert_into(members::table)
        .values((
            members::room_key.eq(room.0),
            members::user_key.eq(user.0),
            members::role.eq(RoleColumn(role)),
            members::joined_at.eq(At(at)),
            members::last_read_seq.eq(last_seq()),
        ))
        .on_conflict_do_nothing()
        .execute(db))?;
    Ok(added > 0)
}

/// Takes someone out; false when they were not in.
pub async fn delete(conn: &mut Conn, room: RoomKey, user: UserKey) -> Result<bool> {
    let removed = run!(conn, db => diesel::delete(members::table)
        .filter(members::room_key.eq(room.0).and(members::user_key.eq(user.0)))
        .execute(db))?;
    Ok(removed > 0)
}

pub async fn set_role(conn: &mut Conn, room: RoomKey, user: UserKey, role: MemberRole) -> Result<()> {
    run!(conn, db => diesel::update(members::table)
        .filter(members::room_key.eq(room.0).and(members::user_key.eq(user.0)))
        .set(members::role.eq(RoleColumn(role)))
        .execute(db))?;
    Ok(())
}

pub async fn role(conn: &mut Conn, room: RoomKey, user: UserKey) -> Result<Option<MemberRole>> {
    let role: Option<RoleColumn> = run!(conn, db => members::table
        .filter(members::room_key.eq(room.0).and(members::user_key.eq(user.0)))
        .select(members::role)
        .first(db))
    .optional()?;
    Ok(role.map(MemberRole::from))
}

/// How many owners a room has.
pub async fn count_owners(conn: &mut Conn, room: RoomKey) -> Result<i64> {
    Ok(run!(conn, db => members::table
        .filter(members::room_key.eq(room.0).and(members::role.eq(RoleColumn(MemberRole::Owner))))
        .count()
        .get_result(db))?)
}

/// Members with their accounts, by these people's keys.
pub async fn get_many(conn: &mut Conn, room: RoomKey, people: &[UserKey]) -> Result<Vec<Member>> {
    let people: Vec<i64> = people.iter().map(|user| user.0).collect();
    let rows: Vec<MemberRow> = run!(conn, db => members::table
        .inner_join(users::table)
        .filter(members::room_key.eq(room.0).and(members::user_key.eq_any(&people)))
        .order(members::key.asc())
        .select((COLUMNS, UserRow::as_select()))
        .load(db))?;
    Ok(rows.into_iter().map(member).collect())
}

/// The first `limit` people to have joined, of those who are in.
pub async fn keys(conn: &mut Conn, room: RoomKey, limit: usize) -> Result<Vec<UserKey>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let keys: Vec<i64> = run!(conn, db => members::table
        .filter(members::room_key.eq(room.0))
        .order(members::key.asc())
        .select(members::user_key)
        .limit(limit)
        .load(db))?;
    Ok(keys.into_iter().map(UserKey).collect())
}

/// Members in the order they joined. A place in the list is a membership's key.
pub async fn page(conn: &mut Conn, room: RoomKey, page: &Page) -> Result<Slice<Member>> {
    let rows: Vec<MemberRow> = run!(conn, db => {
        let query = members::table
            .inner_join(users::table)
            .filter(members::room_key.eq(room.0))
            .select((COLUMNS, UserRow::as_select()))
            .into_boxed::<Db>();
        rising!(query, members::key, page).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(member))
}

/// The same end of the member lists of several rooms, at most `limit` of each, in list order.
pub async fn ends(conn: &mut Conn, rooms: &[RoomKey], end: End, limit: u16) -> Result<Vec<Member>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let peers = diesel::alias!(members as peers);
    let peer_key = || peers.field(members::key);
    let beyond = i64::from(limit);
    let mut rows: Vec<MemberRow> = run!(conn, db => {
        // The first key past the wanted end, found once for each room by its index.
        let bound = peers.filter(peers.field(members::room_key).eq(members::room_key)).select(peer_key());
        let query = members::table
            .inner_join(users::table)
            .filter(members::room_key.eq_any(&rooms))
            .select((COLUMNS, UserRow::as_select()))
            .order(members::key.asc())
            .into_boxed::<Db>();
        let query = match end {
            End::First => {
                let bound = bound.order(peer_key().asc()).limit(1).offset(beyond).single_value();
                query.filter(bound.is_null().or(members::key.nullable().lt(bound)))
            }
            End::Last => {
                let bound = bound.order(peer_key().desc()).limit(1).offset(beyond).single_value();
                query.filter(bound.is_null().or(members::key.nullable().gt(bound)))
            }
        };
        query.load(db)
    })?;
    rows.sort_by_key(|((key, room, ..), _)| (*room, *key));
    Ok(rows.into_iter().map(member).collect())
}
