//! An original's SQLite file: opened to read, in one transaction, on a thread of its own.
//!
//! Nothing is written to the file or its log. A server may go on writing to it; what it commits from now
//! on is not seen.

use std::path::Path;
use std::time::Duration;

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::{RunQueryDsl as _, SqliteConnection, sql_query};
use tokio::sync::mpsc;

use crate::storage::sqlite::connect_to_read;

use super::{Ask, Line, OriginalError, PAGE_BYTES, PAGE_ROWS};

/// How long a writer of the original may hold it against the first look.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the file and answers questions until nobody asks any more.
pub(super) fn open(path: &Path, asks: mpsc::Receiver<Ask>) -> Result<(), OriginalError> {
    let unreadable = |reason: String| OriginalError::Unreadable { place: path.display().to_string(), reason };
    let found = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !found.is_file() {
        return Err(unreadable("it is not a file".to_owned()));
    }
    let connection = connect(path, "mode=ro").or_else(|error| {
        // A copy in a folder that cannot be written to: without a log there is nothing to share with anyone.
        let log =
            |end: &str| std::fs::metadata(format!("{}{end}", path.display())).is_ok_and(|log| log.len() > 0);
        if log("-wal") || log("-journal") { Err(error) } else { connect(path, "mode=ro&immutable=1") }
    });
    let connection = connection.map_err(unreadable)?;
    let thread = std::thread::Builder::new().name("original".into());
    thread.spawn(move || answer_all(connection, asks)).map_err(|error| unreadable(error.to_string()))?;
    Ok(())
}

fn connect(path: &Path, how: &str) -> Result<SqliteConnection, String> {
    let mut connection = connect_to_read(path, how).map_err(|error| error.to_string())?;
    let begin = format!(
        "PRAGMA busy_timeout = {}; BEGIN; SELECT count(*) FROM sqlite_master;",
        BUSY_TIMEOUT.as_millis()
    );
    connection.batch_execute(&begin).map_err(|error| error.to_string())?;
    Ok(connection)
}

fn answer_all(mut connection: SqliteConnection, mut asks: mpsc::Receiver<Ask>) {
    while let Some(Ask { query, pages }) = asks.blocking_recv() {
        if let Err(error) = answer(&mut connection, &query, &pages) {
            let _ = pages.blocking_send(Err(error.to_string()));
        }
    }
}

/// Sends the rows page by page, no faster than they are taken. Ends early when nobody takes them.
fn answer(
    connection: &mut SqliteConnection,
    query: &str,
    pages: &mpsc::Sender<Result<Vec<Vec<u8>>, String>>,
) -> diesel::QueryResult<()> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    for line in sql_query(query).load_iter::<Line, DefaultLoadingMode>(connection)? {
        let Line { row } = line?;
        bytes += row.len();
        page.push(row);
        if page.len() >= PAGE_ROWS || bytes >= PAGE_BYTES {
            bytes = 0;
            if pages.blocking_send(Ok(std::mem::take(&mut page))).is_err() {
                return Ok(());
            }
        }
    }
    if !page.is_empty() {
        let _ = pages.blocking_send(Ok(page));
    }
    Ok(())
}
