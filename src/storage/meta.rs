//! What a database knows of itself.

use diesel::prelude::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _};

use crate::domain::paging::Epoch;
use crate::error::{Error, Result};
use crate::storage::Conn;
use crate::storage::schema::server_meta;

const EPOCH: &str = "epoch";

/// Gives a new database its epoch, and reads that of an old one.
pub(super) async fn settle_epoch(conn: &mut Conn, new: Epoch) -> Result<Epoch> {
    run!(conn, db => diesel::insert_into(server_meta::table)
        .values((server_meta::name.eq(EPOCH), server_meta::value.eq(new.0.to_string())))
        .on_conflict_do_nothing()
        .execute(db))?;
    let stored = run!(conn, db => server_meta::table
        .find(EPOCH)
        .select(server_meta::value)
        .first::<String>(db))
    .optional()?;
    stored
        .and_then(|text| text.parse().ok())
        .map(Epoch)
        .ok_or_else(|| Error::internal("the database has no readable epoch"))
}
