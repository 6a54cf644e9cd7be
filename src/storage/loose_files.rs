//! Files that nothing refers to: not yet, or no more.
//!
//! A path is entered before its bytes are written, and taken out in the transaction that makes something
//! refer to it. So whenever a server is killed, each file is either referred to or in here.

use diesel::prelude::{ExpressionMethods as _, QueryDsl as _};

use crate::clock::Timestamp;
use crate::domain::media::MediaPath;
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::loose_files;
use crate::storage::types::At;

/// Enters files, to be deleted after a time unless they are claimed until then.
pub async fn enter(conn: &mut Conn, paths: &[MediaPath], delete_after: Timestamp) -> Result<()> {
    for path in paths {
        let path = path.to_string();
        run!(conn, db => diesel::insert_into(loose_files::table)
            .values((loose_files::path.eq(&path), loose_files::delete_after.eq(At(delete_after))))
            .on_conflict_do_nothing()
            .execute(db))?;
    }
    Ok(())
}

/// Takes files out, because something refers to them from now on. False when one was deleted already.
pub async fn claim(conn: &mut Conn, paths: &[MediaPath]) -> Result<bool> {
    Ok(remove(conn, paths).await? == paths.len())
}

/// The files whose time has come, at most `limit`.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<MediaPath>> {
    let paths: Vec<String> = run!(conn, db => loose_files::table
        .filter(loose_files::delete_after.le(At(now)))
        .order(loose_files::delete_after.asc())
        .select(loose_files::path)
        .limit(limit)
        .load(db))?;
    Ok(paths.iter().filter_map(|path| MediaPath::parse(path)).collect())
}

/// Takes files out, because they are deleted; tells how many were in.
pub async fn remove(conn: &mut Conn, paths: &[MediaPath]) -> Result<usize> {
    let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
    Ok(
        run!(conn, db => diesel::delete(loose_files::table.filter(loose_files::path.eq_any(&paths))).execute(db))?,
    )
}

/// Gives files another time, because they could not be deleted.
pub async fn postpone(conn: &mut Conn, paths: &[MediaPath], delete_after: Timestamp) -> Result<()> {
    let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
    run!(conn, db => diesel::update(loose_files::table.filter(loose_files::path.eq_any(&paths)))
        .set(loose_files::delete_after.eq(At(delete_after)))
        .execute(db))?;
    Ok(())
}
