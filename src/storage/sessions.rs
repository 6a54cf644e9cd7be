//! Signed-in devices and the hashes of their refresh tokens. Their opaque keys are in `session_keys`, the list of all in
//! `sessions/list.rs`.

mod list;

use std::collections::HashMap;

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::events::News;
use crate::domain::ids::{SessionKey, UserKey};
use crate::domain::sessions::{Door, Session};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{refresh_tokens, sessions, users};
use crate::storage::types::{At, DoorColumn, Id};

pub use list::{Narrowing, count, page};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    key: i64,
    id: Id,
    user_key: i64,
    door: DoorColumn,
    client: String,
    created_at: At,
    last_used_at: At,
    expires_at: At,
    ended_at: Option<At>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        let SessionRow { key, id, user_key, door, client, created_at, last_used_at, expires_at, ended_at } =
            row;
        Self {
            key: SessionKey(key),
            id: id.into(),
            user: UserKey(user_key),
            door: door.0,
            client,
            created_at: created_at.into(),
            last_used_at: last_used_at.into(),
            expires_at: expires_at.into(),
            ended_at: ended_at.map(Timestamp::from),
        }
    }
}

#[derive(Debug, Clone)]
pub struct NewSession {
    pub id: Uuid,
    pub user: UserKey,
    pub door: Door,
    /// What the device calls itself.
    pub client: String,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// Stores a session; `None` at a door where a person has one session, when it was just opened elsewhere.
pub async fn insert(conn: &mut Conn, new: &NewSession) -> Result<Option<SessionKey>> {
    let key: Option<i64> = run!(conn, db => diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(Id(new.id)),
            sessions::user_key.eq(new.user.0),
            sessions::door.eq(new.door.as_str()),
            sessions::client.eq(&new.client),
            sessions::created_at.eq(At(new.at)),
            sessions::last_used_at.eq(At(new.at)),
            sessions::expires_at.eq(At(new.expires_at)),
        ))
        .on_conflict_do_nothing()
        .returning(sessions::key)
        .get_result(db))
    .optional()?;
    Ok(key.map(SessionKey))
}

/// The session that a person has at a door, if it has not ended.
pub async fn find_open(conn: &mut Conn, user: UserKey, door: Door) -> Result<Option<Session>> {
    let row: Option<SessionRow> = run!(conn, db => sessions::table
        .filter(sessions::user_key.eq(user.0).and(sessions::door.eq(door.as_str())))
        .filter(sessions::ended_at.is_null())
        .select(SessionRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(Session::from))
}

/// A session, whatever became of it.
pub async fn get_by_id(conn: &mut Conn, id: Uuid) -> Result<Option<Session>> {
    let row: Option<SessionRow> = run!(conn, db => sessions::table
        .filter(sessions::id.eq(Id(id)))
        .select(SessionRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(Session::from))
}

/// Those of several sessions that live.
pub async fn get_many_live(conn: &mut Conn, ids: &[Uuid], now: Timestamp) -> Result<Vec<Session>> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    let rows: Vec<SessionRow> = run!(conn, db => sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq_any(ids.iter().copied()))
        .filter(sessions::ended_at.is_null().and(sessions::expires_at.gt(At(now))))
        .filter(users::disabled_at.is_null())
        .select(SessionRow::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// The live sessions of several people, at most `limit` of each, the latest used first.
pub async fn live_of(
    conn: &mut Conn,
    people: &[UserKey],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Session>> {
    let people: Vec<i64> = people.iter().map(|user| user.0).collect();
    let peers = diesel::alias!(sessions as peers);
    let beyond = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<SessionRow> = run!(conn, db => {
        // When the first one past the wanted end was used, found once for each person.
        let bound = peers
            .filter(peers.field(sessions::user_key).eq(sessions::user_key))
            .filter(peers.field(sessions::ended_at).is_null())
            .filter(peers.field(sessions::expires_at).gt(At(now)))
            .select(peers.field(sessions::last_used_at))
            .order(peers.field(sessions::last_used_at).desc())
            .limit(1)
            .offset(beyond)
            .single_value();
        sessions::table
            .inner_join(users::table)
            .filter(sessions::user_key.eq_any(&people))
            .filter(sessions::ended_at.is_null().and(sessions::expires_at.gt(At(now))))
            .filter(users::disabled_at.is_null())
            .filter(bound.is_null().or(sessions::last_used_at.nullable().ge(bound)))
            .order((sessions::last_used_at.desc(), sessions::key.desc()))
            .select(SessionRow::as_select())
            .load(db)
    })?;
    let mut shown: HashMap<i64, usize> = HashMap::new();
    let mut within = |row: &SessionRow| {
        let count = shown.entry(row.user_key).or_default();
        *count += 1;
        // Others may have been used at the very moment of the one past the end.
        *count <= limit
    };
    Ok(rows.into_iter().filter(|row| within(row)).map(Session::from).collect())
}

/// A live session with what its requests need to know of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveSession {
    pub key: SessionKey,
    pub user: UserKey,
    pub user_id: Uuid,
    pub is_admin: bool,
    pub expires_at: Timestamp,
}

pub(super) type LiveRow = (i64, i64, Id, bool, At);

impl From<LiveRow> for LiveSession {
    fn from((key, user, user_id, is_admin, expires_at): LiveRow) -> Self {
        Self {
            key: SessionKey(key),
            user: UserKey(user),
            user_id: user_id.into(),
            is_admin,
            expires_at: expires_at.into(),
        }
    }
}

/// The session of an access token, unless it has ended or the account is disabled.
pub async fn find_live(conn: &mut Conn, id: Uuid) -> Result<Option<LiveSession>> {
    let row: Option<LiveRow> = run!(conn, db => sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(Id(id)).and(sessions::ended_at.is_null()).and(users::disabled_at.is_null()))
        .select((sessions::key, users::key, users::id, users::is_admin, sessions::expires_at))
        .first(db))
    .optional()?;
    Ok(row.map(LiveSession::from))
}

/// Ends a session for good; tells whether it was live.
pub async fn end(conn: &mut Conn, key: SessionKey, at: Timestamp) -> Result<bool> {
    let ended = run!(conn, db => diesel::update(sessions::table.find(key.0))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(At(at)))
        .execute(db))?;
    if ended > 0 {
        conn.announce(News::SessionEnded(key));
    }
    Ok(ended > 0)
}

/// Ends all of a user's sessions; tells how many lived.
pub async fn end_all(conn: &mut Conn, user: UserKey, at: Timestamp) -> Result<usize> {
    // Keys begin with 1.
    end_all_but(conn, user, SessionKey(0), at).await
}

/// Ends all of a user's sessions but one; tells how many lived.
pub async fn end_all_but(conn: &mut Conn, user: UserKey, kept: SessionKey, at: Timestamp) -> Result<usize> {
    let ended: Vec<(i64, At)> = run!(conn, db => diesel::update(sessions::table)
        .filter(sessions::user_key.eq(user.0))
        .filter(sessions::key.ne(kept.0))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(At(at)))
        .returning((sessions::key, sessions::expires_at))
        .get_results(db))?;
    for (key, _) in &ended {
        conn.announce(News::SessionEnded(SessionKey(*key)));
    }
    Ok(ended.iter().filter(|(_, expires_at)| expires_at.0 > at).count())
}

/// Those of several sessions that have ended or run out, or whose account is disabled.
pub async fn over_among(conn: &mut Conn, keys: &[SessionKey], now: Timestamp) -> Result<Vec<SessionKey>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let over: Vec<i64> = run!(conn, db => sessions::table
        .inner_join(users::table)
        .filter(sessions::key.eq_any(&keys))
        .filter(
            sessions::ended_at
                .is_not_null()
                .or(sessions::expires_at.le(At(now)))
                .or(users::disabled_at.is_not_null()),
        )
        .select(sessions::key)
        .load(db))?;
    Ok(over.into_iter().map(SessionKey).collect())
}

/// A use moves the session's end.
pub async fn touch(conn: &mut Conn, key: SessionKey, at: Timestamp, expires_at: Timestamp) -> Result<()> {
    run!(conn, db => diesel::update(sessions::table.find(key.0))
        .set((sessions::last_used_at.eq(At(at)), sessions::expires_at.eq(At(expires_at))))
        .execute(db))?;
    Ok(())
}

pub async fn insert_refresh_token(
    conn: &mut Conn,
    hash: &[u8],
    session: SessionKey,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    run!(conn, db => diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::hash.eq(hash),
            refresh_tokens::session_key.eq(session.0),
            refresh_tokens::created_at.eq(At(at)),
            refresh_tokens::expires_at.eq(At(expires_at)),
        ))
        .execute(db))?;
    Ok(())
}

/// A refresh token with its family.
#[derive(Debug, Clone)]
pub struct FoundToken {
    pub session: Session,
    pub expires_at: Timestamp,
    pub rotated_at: Option<Timestamp>,
    pub user_id: Uuid,
    pub disabled: bool,
}

type FoundRow = (SessionRow, At, Option<At>, Id, Option<At>);

pub async fn find_refresh_token(conn: &mut Conn, hash: &[u8]) -> Result<Option<FoundToken>> {
    let row: Option<FoundRow> = run!(conn, db => refresh_tokens::table
        .inner_join(sessions::table.inner_join(users::table))
        .filter(refresh_tokens::hash.eq(hash))
        .select((
            SessionRow::as_select(),
            refresh_tokens::expires_at,
            refresh_tokens::rotated_at,
            users::id,
            users::disabled_at,
        ))
        .first(db))
    .optional()?;
    Ok(row.map(|(session, expires_at, rotated_at, user_id, disabled_at)| FoundToken {
        session: session.into(),
        expires_at: expires_at.into(),
        rotated_at: rotated_at.map(Timestamp::from),
        user_id: user_id.into(),
        disabled: disabled_at.is_some(),
    }))
}

/// Marks a token as used, once; false when another call was faster.
pub async fn rotate_refresh_token(conn: &mut Conn, hash: &[u8], at: Timestamp) -> Result<bool> {
    let rotated = run!(conn, db => diesel::update(refresh_tokens::table.find(hash))
        .filter(refresh_tokens::rotated_at.is_null())
        .set(refresh_tokens::rotated_at.eq(At(at)))
        .execute(db))?;
    Ok(rotated > 0)
}

/// Forgets sessions, and with them their tokens, that ended or ran out before `before`.
pub async fn delete_stale(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    Ok(run!(conn, db => diesel::delete(sessions::table)
        .filter(sessions::expires_at.lt(At(before)).nullable().or(sessions::ended_at.lt(At(before))))
        .execute(db))?)
}

/// Forgets refresh tokens of live sessions that ran out before `before`.
pub async fn delete_expired_tokens(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    Ok(run!(conn, db => diesel::delete(refresh_tokens::table)
        .filter(refresh_tokens::expires_at.lt(At(before)))
        .execute(db))?)
}
