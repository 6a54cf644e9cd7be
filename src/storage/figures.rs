//! How much there is.

use diesel::dsl::sql;
use diesel::prelude::{ExpressionMethods as _, QueryDsl as _};
use diesel::sql_types::BigInt;

use crate::domain::figures::Stock;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::{rooms, users};

/// Messages have no gaps in their numbers, so the last number of each room says how many it has, and the largest table
/// is not counted.
const MESSAGES: &str = "CAST(coalesce(sum(last_seq), 0) AS BIGINT)";

pub async fn stock(conn: &mut Conn) -> Result<Stock> {
    let users = run!(conn, db => users::table
        .filter(users::leaving_at.is_null())
        .count()
        .get_result(db))?;
    let (rooms, messages) = run!(conn, db => rooms::table
        .filter(rooms::deleted_at.is_null())
        .select((sql::<BigInt>("count(*)"), sql::<BigInt>(MESSAGES)))
        .first(db))?;
    Ok(Stock { users, rooms, messages })
}
