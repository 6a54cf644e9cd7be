//! An original's PostgreSQL database: one transaction that reads, and a cursor for each list.

use diesel::sql_query;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use tokio::sync::mpsc;

use super::{Ask, Line, OriginalError, PAGE_ROWS};
use crate::config::SecretUrl;
use crate::storage::postgres::{Target, connect};

/// The whole run is one transaction, so the limits that the server sets to those are lifted for it.
const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
    SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Opens the database and answers questions until nobody asks any more.
pub(super) async fn open(url: &str, asks: mpsc::Receiver<Ask>) -> Result<(), OriginalError> {
    let unreadable =
        |reason: String| OriginalError::Unreadable { place: SecretUrl::from(url).to_string(), reason };
    let target = Target::parse(url).map_err(|error| unreadable(error.to_string()))?;
    let mut connection = connect(&target).await.map_err(|error| unreadable(error.to_string()))?;
    connection.batch_execute(SETTINGS).await.map_err(|error| unreadable(error.to_string()))?;
    tokio::spawn(answer_all(connection, asks));
    Ok(())
}

async fn answer_all(mut connection: AsyncPgConnection, mut asks: mpsc::Receiver<Ask>) {
    while let Some(Ask { query, pages }) = asks.recv().await {
        if let Err(error) = answer(&mut connection, &query, &pages).await {
            let _ = pages.send(Err(error.to_string())).await;
        }
    }
}

/// Sends the rows page by page, no faster than they are taken. Ends early when nobody takes them.
async fn answer(
    connection: &mut AsyncPgConnection,
    query: &str,
    pages: &mpsc::Sender<Result<Vec<Vec<u8>>, String>>,
) -> diesel::QueryResult<()> {
    connection.batch_execute(&format!("DECLARE rows NO SCROLL CURSOR FOR {query}")).await?;
    loop {
        let lines: Vec<Line> = sql_query(format!("FETCH {PAGE_ROWS} FROM rows")).load(connection).await?;
        let page: Vec<Vec<u8>> = lines.into_iter().map(|line| line.row).collect();
        if page.is_empty() || pages.send(Ok(page)).await.is_err() {
            return connection.batch_execute("CLOSE rows").await;
        }
    }
}
