//! Everybody's live sessions in one list, for administrators.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, SelectableHelper as _,
};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::paging::{End, Page, Place, Slice};
use crate::domain::sessions::Session;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{sessions, users};
use crate::storage::sessions::SessionRow;
use crate::storage::types::{At, Id};

/// Whose sessions, or everybody's, as of a time.
#[derive(Debug, Clone, Copy)]
pub struct Narrowing {
    pub user: Option<Uuid>,
    pub now: Timestamp,
}

/// Sessions that live, boxed; the same words for a page and for a count.
macro_rules! narrowed {
    ($narrowing:expr) => {{
        let Narrowing { user, now } = $narrowing;
        let mut query = sessions::table
            .inner_join(users::table)
            .filter(sessions::ended_at.is_null().and(sessions::expires_at.gt(At(now))))
            .filter(users::disabled_at.is_null())
            .into_boxed::<Db>();
        if let Some(user) = user {
            query = query.filter(users::id.eq(Id(user)));
        }
        query
    }};
}

/// The time of a place in the list, which is one that a session was used at, in microseconds, with its key.
fn used_at(place: Place) -> At {
    At(Timestamp::from_timestamp_micros(place.0).unwrap_or_default())
}

/// Sessions, the latest used first.
pub async fn page(conn: &mut Conn, narrowing: Narrowing, page: &Page) -> Result<Slice<Session>> {
    let rows: Vec<SessionRow> = run!(conn, db => {
        let mut query = narrowed!(narrowing).select(SessionRow::as_select());
        if let Some(after) = page.after {
            let same = sessions::last_used_at.eq(used_at(after)).and(sessions::key.lt(after.1));
            query = query.filter(sessions::last_used_at.lt(used_at(after)).or(same));
        }
        if let Some(before) = page.before {
            let same = sessions::last_used_at.eq(used_at(before)).and(sessions::key.gt(before.1));
            query = query.filter(sessions::last_used_at.gt(used_at(before)).or(same));
        }
        query = match page.end {
            End::First => query.order((sessions::last_used_at.desc(), sessions::key.desc())),
            End::Last => query.order((sessions::last_used_at.asc(), sessions::key.asc())),
        };
        query.limit(i64::from(page.limit) + 1).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(Session::from))
}

pub async fn count(conn: &mut Conn, narrowing: Narrowing) -> Result<i64> {
    Ok(run!(conn, db => narrowed!(narrowing).count().get_result(db))?)
}
