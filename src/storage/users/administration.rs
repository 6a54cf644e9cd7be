//! What administrators change of accounts.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    SelectableHelper as _,
};

use crate::clock::Timestamp;
use crate::domain::ids::UserKey;
use crate::domain::users::User;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::pool::Engined;
use crate::storage::schema::users;
use crate::storage::types::{At, Id};
use crate::storage::users::UserRow;

/// An account that is not about to go.
pub async fn find_staying(conn: &mut Conn, id: uuid::Uuid) -> Result<Option<User>> {
    let row: Option<UserRow> = run!(conn, db => users::table
        .filter(users::id.eq(Id(id)).and(users::leaving_at.is_null()))
        .select(UserRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(User::from))
}

/// All administrators who are not disabled. None of them stops being one before the transaction ends.
///
/// SQLite has one writer, which holds everything. PostgreSQL locks their rows, in one order for everybody, and
/// leaves out whom the wait for a lock has let others change.
pub async fn hold_administrators(conn: &mut Conn) -> Result<Vec<UserKey>> {
    macro_rules! administrators {
        () => {
            users::table
                .filter(users::is_admin)
                .filter(users::disabled_at.is_null())
                .order(users::key.asc())
                .select(users::key)
        };
    }
    let keys: Vec<i64> = match conn.count_statement() {
        Engined::Sqlite(db) => diesel::RunQueryDsl::load(administrators!(), db)?,
        Engined::Postgres(db) => {
            diesel_async::RunQueryDsl::load(administrators!().for_no_key_update(), db).await?
        }
    };
    Ok(keys.into_iter().map(UserKey).collect())
}

/// Locks a person out as of a time, or lets them in again; false when they were so before, or are about to go.
pub async fn set_disabled(conn: &mut Conn, key: UserKey, at: Option<Timestamp>) -> Result<bool> {
    let account = users::table.filter(users::key.eq(key.0)).filter(users::leaving_at.is_null());
    let written = match at {
        Some(at) => run!(conn, db => diesel::update(account.filter(users::disabled_at.is_null()))
            .set(users::disabled_at.eq(At(at)))
            .execute(db))?,
        None => run!(conn, db => diesel::update(account.filter(users::disabled_at.is_not_null()))
            .set(users::disabled_at.eq(None::<At>))
            .execute(db))?,
    };
    Ok(written > 0)
}

/// Makes someone an administrator, or no longer; false when they were so before.
pub async fn set_admin(conn: &mut Conn, key: UserKey, on: bool) -> Result<bool> {
    let written = run!(conn, db => diesel::update(users::table.find(key.0))
        .filter(users::is_admin.ne(on))
        .set(users::is_admin.eq(on))
        .execute(db))?;
    Ok(written > 0)
}
