//! Lists of rooms, the most recently active first.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    QueryDsl as _, SelectableHelper as _,
};

use crate::domain::ids::UserKey;
use crate::domain::paging::{End, Page, Slice};
use crate::domain::rooms::{RoomFilter, RoomKind, RoomScope, RoomView, RoomVisibility};
use crate::domain::users::fold;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::rooms::{MEMBERSHIP, RoomRow, ViewRow, seen_by, view};
use crate::storage::schema::{members, rooms, users};
use crate::storage::types::{KindColumn, VisibilityColumn};
use crate::storage::users::prefix_end;

/// A filter with the viewer it is asked by.
#[derive(Debug, Clone)]
pub struct Narrowing {
    filter: RoomFilter,
    viewer: UserKey,
}

impl Narrowing {
    pub fn new(filter: RoomFilter, viewer: UserKey) -> Self {
        Self { filter, viewer }
    }
}

/// The rooms of a filter, boxed; the same words for a page and for a count.
macro_rules! narrowed {
    ($narrowing:expr) => {{
        let Narrowing { filter, viewer } = $narrowing;
        let mut query = seen_by!(viewer).filter(rooms::deleted_at.is_null()).into_boxed::<Db>();
        query = match filter.scope {
            // Equality, not `is_not_null`: from it both engines see that no outer join is needed, and
            // begin with the viewer's memberships instead of all rooms.
            RoomScope::Mine => query.filter(members::user_key.nullable().eq(viewer.0)),
            RoomScope::Public => query.filter(rooms::visibility.eq(VisibilityColumn(RoomVisibility::Public))),
            RoomScope::All => query,
        };
        query = match filter.archived {
            Some(true) => query.filter(rooms::archived_at.is_not_null()),
            Some(false) => query.filter(rooms::archived_at.is_null()),
            None => query,
        };
        if let Some(kind) = filter.kind {
            query = query.filter(rooms::kind.eq(KindColumn(kind)));
        }
        if let Some(search) = filter.search.as_deref().map(fold).filter(|search| !search.is_empty()) {
            let end = prefix_end(&search).unwrap_or_default();
            let peers = diesel::alias!(members as peers);
            // SELF and DUO rooms are called by their members.
            let called_by_member = diesel::dsl::exists(
                peers
                    .inner_join(users::table.on(users::key.eq(peers.field(members::user_key))))
                    .filter(peers.field(members::room_key).eq(rooms::key))
                    .filter(users::display_key.ge(search.clone()).and(users::display_key.lt(end.clone()))),
            );
            query = query.filter(
                rooms::name_key
                    .ge(search)
                    .and(rooms::name_key.lt(end))
                    .or(rooms::kind.ne(KindColumn(RoomKind::Group)).and(called_by_member)),
            );
        }
        query
    }};
}

/// Rooms, the most recently active first. A place in the list is a room's activity and key.
pub async fn page(conn: &mut Conn, narrowing: &Narrowing, page: &Page) -> Result<Slice<RoomView>> {
    let rows: Vec<ViewRow> = run!(conn, db => {
        let mut query = narrowed!(narrowing).select((RoomRow::as_select(), MEMBERSHIP.nullable()));
        if let Some(after) = page.after {
            query = query.filter(
                rooms::activity.lt(after.0).or(rooms::activity.eq(after.0).and(rooms::key.lt(after.1))),
            );
        }
        if let Some(before) = page.before {
            query = query.filter(
                rooms::activity.gt(before.0).or(rooms::activity.eq(before.0).and(rooms::key.gt(before.1))),
            );
        }
        query = match page.end {
            End::First => query.order((rooms::activity.desc(), rooms::key.desc())),
            End::Last => query.order((rooms::activity.asc(), rooms::key.asc())),
        };
        query.limit(i64::from(page.limit) + 1).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(view))
}

pub async fn count(conn: &mut Conn, narrowing: &Narrowing) -> Result<i64> {
    Ok(run!(conn, db => narrowed!(narrowing).count().get_result(db))?)
}
