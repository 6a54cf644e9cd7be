//! The audit log.

use diesel::prelude::{ExpressionMethods as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};

use crate::clock::Timestamp;
use crate::domain::audit::{AuditEntry, AuditFilter, Note};
use crate::domain::ids::{AuditKey, GlobalId, UserKey};
use crate::domain::paging::{End, Page, Slice};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{audit_entries, users};
use crate::storage::types::{At, Id};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct AuditRow {
    key: i64,
    created_at: At,
    actor_key: Option<i64>,
    action: String,
    target: Option<String>,
    detail: String,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let AuditRow { key, created_at, actor_key, action, target, detail } = row;
        let (key, actor) = (AuditKey(key), actor_key.map(UserKey));
        Self { key, at: created_at.into(), actor, action, target, detail }
    }
}

/// Writes an entry down. It is stored with what else the transaction stores, or not at all.
pub async fn insert(conn: &mut Conn, note: &Note) -> Result<()> {
    run!(conn, db => diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::created_at.eq(At(note.at)),
            audit_entries::actor_key.eq(note.actor.map(|actor| actor.0)),
            audit_entries::action.eq(note.deed.as_str()),
            audit_entries::target.eq(note.target.map(GlobalId::encode)),
            audit_entries::detail.eq(&note.detail),
        ))
        .execute(db))?;
    Ok(())
}

/// Entries of a filter, boxed; the same words for a page and for a count.
macro_rules! narrowed {
    ($filter:expr) => {{
        let mut query = audit_entries::table.into_boxed::<Db>();
        if let Some(actor) = $filter.actor {
            let actor = users::table.filter(users::id.eq(Id(actor))).select(users::key).single_value();
            query = query.filter(audit_entries::actor_key.eq(actor));
        }
        if let Some(target) = $filter.target {
            query = query.filter(audit_entries::target.eq(target.encode()));
        }
        if let Some(deed) = $filter.deed {
            query = query.filter(audit_entries::action.eq(deed.as_str()));
        }
        query
    }};
}

/// Entries, the newest first. A place in the list is an entry's key.
pub async fn page(conn: &mut Conn, filter: AuditFilter, page: &Page) -> Result<Slice<AuditEntry>> {
    let rows: Vec<AuditRow> = run!(conn, db => {
        let mut query = narrowed!(filter).select(AuditRow::as_select());
        if let Some(after) = page.after {
            query = query.filter(audit_entries::key.lt(after.0));
        }
        if let Some(before) = page.before {
            query = query.filter(audit_entries::key.gt(before.0));
        }
        query = match page.end {
            End::First => query.order(audit_entries::key.desc()),
            End::Last => query.order(audit_entries::key.asc()),
        };
        query.limit(i64::from(page.limit) + 1).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(AuditEntry::from))
}

pub async fn count(conn: &mut Conn, filter: AuditFilter) -> Result<i64> {
    Ok(run!(conn, db => narrowed!(filter).count().get_result(db))?)
}

/// Several entries, in no order.
pub async fn get_many(conn: &mut Conn, keys: &[AuditKey]) -> Result<Vec<AuditEntry>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<AuditRow> = run!(conn, db => audit_entries::table
        .filter(audit_entries::key.eq_any(&keys))
        .select(AuditRow::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Forgets entries from before `before`.
pub async fn delete_older(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    let old = audit_entries::created_at.lt(At(before));
    Ok(run!(conn, db => diesel::delete(audit_entries::table.filter(old)).execute(db))?)
}
