//! Everybody's files in one list, for administrators.

use diesel::dsl::sql;
use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, NullableExpressionMethods as _, QueryDsl as _,
    SelectableHelper as _,
};
use diesel::sql_types::BigInt;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::ids::RoomKey;
use crate::domain::paging::{End, Page, Slice};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{messages, uploads, users};
use crate::storage::types::{At, Id};
use crate::storage::uploads::{Upload, UploadRow};

/// A file, announced or there, and where it is.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Higher for those that were announced later.
    pub key: i64,
    pub upload: Upload,
    pub created_at: Timestamp,
    /// The room of its message.
    pub room: Option<RoomKey>,
}

/// Whose files, or everybody's, as of a time.
#[derive(Debug, Clone, Copy)]
pub struct Narrowing {
    pub owner: Option<Uuid>,
    pub now: Timestamp,
}

/// How many files a list has, and their bytes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub count: i64,
    pub bytes: i64,
}

/// Files that are in a message or wait for one, boxed; the same words for a page and for its totals. Those of deleted
/// messages, and those that nobody used in time, only wait for the sweep.
macro_rules! narrowed {
    ($narrowing:expr) => {{
        let Narrowing { owner, now } = $narrowing;
        let used = uploads::message_key.is_not_null().nullable();
        let mut query = uploads::table
            .left_join(messages::table)
            .filter(used.or(uploads::expires_at.gt(At(now))))
            .into_boxed::<Db>();
        if let Some(owner) = owner {
            let owner = users::table.filter(users::id.eq(Id(owner))).select(users::key).single_value();
            query = query.filter(uploads::owner_key.eq(owner));
        }
        query
    }};
}

/// Files, those announced last first. A place in the list is an upload's key.
pub async fn page(conn: &mut Conn, narrowing: Narrowing, page: &Page) -> Result<Slice<Listed>> {
    let rows: Vec<(UploadRow, i64, At, Option<i64>)> = run!(conn, db => {
        let mut query = narrowed!(narrowing).select((
            UploadRow::as_select(),
            uploads::key,
            uploads::created_at,
            messages::room_key.nullable(),
        ));
        if let Some(after) = page.after {
            query = query.filter(uploads::key.lt(after.0));
        }
        if let Some(before) = page.before {
            query = query.filter(uploads::key.gt(before.0));
        }
        query = match page.end {
            End::First => query.order(uploads::key.desc()),
            End::Last => query.order(uploads::key.asc()),
        };
        query.limit(i64::from(page.limit) + 1).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(|(row, key, created_at, room)| Listed {
        key,
        upload: row.into(),
        created_at: created_at.into(),
        room: room.map(RoomKey),
    }))
}

pub async fn totals(conn: &mut Conn, narrowing: Narrowing) -> Result<Totals> {
    let bytes = sql::<BigInt>("CAST(coalesce(sum(uploads.byte_size), 0) AS BIGINT)");
    let (count, bytes) =
        run!(conn, db => narrowed!(narrowing).select((sql::<BigInt>("count(*)"), bytes)).first(db))?;
    Ok(Totals { count, bytes })
}
