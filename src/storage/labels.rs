//! What the dialects' callers gave with rooms, and rooms as the dialects show them.

use diesel::prelude::{
    BoolExpressionMethods as _, CombineDsl as _, ExpressionMethods as _, JoinOnDsl as _,
    NullableExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};

use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::rooms::{DoorRoomView, RoomLabel, RoomRef};
use crate::domain::sessions::Door;
use crate::domain::windows::RoomsQuery;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::rooms::{MEMBERSHIP, MembershipRow, RoomRow, seen_by, view};
use crate::storage::schema::{members, room_labels, rooms};
use crate::storage::types::Id;
use crate::storage::windows::Span;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = room_labels)]
struct LabelRow {
    title: String,
    kind: String,
    link: Option<String>,
    capacity: Option<i64>,
}

impl From<LabelRow> for RoomLabel {
    fn from(row: LabelRow) -> Self {
        let LabelRow { title, kind, link, capacity } = row;
        Self { title, kind, link, capacity }
    }
}

type DoorRow = (RoomRow, Option<MembershipRow>, Option<LabelRow>);

fn door_view((room, membership, label): DoorRow) -> DoorRoomView {
    DoorRoomView { view: view((room, membership)), label: label.map(RoomLabel::from) }
}

/// Rooms, each beside the viewer's membership and its label, where there are any.
macro_rules! labelled {
    ($viewer:expr) => {
        seen_by!($viewer)
            .left_join(room_labels::table.on(room_labels::room_key.eq(rooms::key)))
            .filter(rooms::deleted_at.is_null())
            .select((RoomRow::as_select(), MEMBERSHIP.nullable(), Option::<LabelRow>::as_select()))
    };
}

/// Stores a room's label, in the place of one that it may have.
pub async fn put(conn: &mut Conn, room: RoomKey, door: Door, label: &RoomLabel) -> Result<()> {
    let given = (
        room_labels::title.eq(&label.title),
        room_labels::kind.eq(&label.kind),
        room_labels::link.eq(label.link.as_deref()),
        room_labels::capacity.eq(label.capacity),
    );
    run!(conn, db => diesel::insert_into(room_labels::table)
        .values((room_labels::room_key.eq(room.0), room_labels::door.eq(door.as_str()), given))
        .on_conflict(room_labels::room_key)
        .do_update()
        .set(given)
        .execute(db))?;
    Ok(())
}

/// Gives a room's label another title, where the room has one.
pub async fn retitle(conn: &mut Conn, room: RoomKey, title: &str) -> Result<()> {
    run!(conn, db => diesel::update(room_labels::table.find(room.0))
        .set(room_labels::title.eq(title))
        .execute(db))?;
    Ok(())
}

/// A room with its label, and with what `viewer` is in it.
pub async fn find_view(conn: &mut Conn, room: RoomRef, viewer: UserKey) -> Result<Option<DoorRoomView>> {
    let row: Option<DoorRow> = run!(conn, db => {
        let query = labelled!(viewer).into_boxed::<Db>();
        match room {
            RoomRef::Key(key) => query.filter(rooms::key.eq(key.0)),
            RoomRef::Id(id) => query.filter(rooms::id.eq(Id(id))),
        }
        .first(db)
    })
    .optional()?;
    Ok(row.map(door_view))
}

/// Narrows a boxed query over rooms and memberships; the same words for a window and for a count.
macro_rules! narrowed {
    ($query:expr, $narrowing:expr, $viewer:expr) => {{
        let query = $query;
        match $narrowing {
            RoomsQuery { everything: true, .. } => query,
            RoomsQuery { open_too: true, .. } => {
                let (own, opened) = diesel::alias!(members as own, rooms as opened);
                let mine = own
                    .filter(own.field(members::user_key).eq($viewer.0))
                    .select(own.field(members::room_key));
                let open = opened
                    .filter(opened.field(rooms::is_open))
                    .filter(opened.field(rooms::deleted_at).is_null())
                    .select(opened.field(rooms::key));
                query.filter(rooms::key.eq_any(mine.union(open)))
            }
            // Equality, as in the other list of rooms: both engines begin with the memberships.
            RoomsQuery { .. } => query.filter(members::user_key.nullable().eq($viewer.0)),
        }
    }};
}

/// Part of a list of rooms, in the order they were made.
pub async fn window(
    conn: &mut Conn,
    narrowing: RoomsQuery,
    viewer: UserKey,
    span: Span,
) -> Result<Vec<DoorRoomView>> {
    let rows: Vec<DoorRow> = run!(conn, db => narrowed!(labelled!(viewer).into_boxed::<Db>(), narrowing, viewer)
        .order(rooms::key.asc())
        .limit(span.limit)
        .offset(span.offset)
        .load(db))?;
    Ok(rows.into_iter().map(door_view).collect())
}

pub async fn count(conn: &mut Conn, narrowing: RoomsQuery, viewer: UserKey) -> Result<i64> {
    Ok(run!(conn, db => {
        let query = seen_by!(viewer).filter(rooms::deleted_at.is_null()).into_boxed::<Db>();
        narrowed!(query, narrowing, viewer).count().get_result(db)
    })?)
}
