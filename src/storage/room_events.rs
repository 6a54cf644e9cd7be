//! The rows of a room's log that are not messages.

use diesel::prelude::{ExpressionMethods as _, Insertable, QueryDsl as _};

use crate::domain::events::{RoomChange, RoomEvent};
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::rooms::MemberRole;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::room_events;
use crate::storage::types::{At, ChangeColumn, ChangeKind, RoleColumn};

#[derive(Debug, Insertable)]
#[diesel(table_name = room_events, treat_none_as_default_value = false)]
struct EventRow {
    room_key: i64,
    position: i64,
    kind: ChangeColumn,
    actor_key: Option<i64>,
    user_key: Option<i64>,
    role: Option<RoleColumn>,
    created_at: At,
}

impl From<&RoomEvent> for EventRow {
    fn from(event: &RoomEvent) -> Self {
        let (kind, user, role): (_, Option<UserKey>, Option<MemberRole>) = match event.change {
            RoomChange::MemberSet { user, role } => (ChangeKind::MemberSet, Some(user), Some(role)),
            RoomChange::MemberGone { user } => (ChangeKind::MemberGone, Some(user), None),
            RoomChange::RoomEdited => (ChangeKind::RoomEdited, None, None),
            RoomChange::RoomDeleted => (ChangeKind::RoomDeleted, None, None),
        };
        Self {
            room_key: event.room.0,
            position: event.position,
            kind: ChangeColumn(kind),
            actor_key: event.actor.map(|actor| actor.0),
            user_key: user.map(|user| user.0),
            role: role.map(RoleColumn),
            created_at: At(event.at),
        }
    }
}

pub async fn insert(conn: &mut Conn, event: &RoomEvent) -> Result<()> {
    let row = EventRow::from(event);
    run!(conn, db => diesel::insert_into(room_events::table).values(row).execute(db))?;
    Ok(())
}

/// How many changes a room's log holds besides messages.
pub async fn count(conn: &mut Conn, room: RoomKey) -> Result<i64> {
    Ok(run!(conn, db => room_events::table
        .filter(room_events::room_key.eq(room.0))
        .count()
        .get_result(db))?)
}
