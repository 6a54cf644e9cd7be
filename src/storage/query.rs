//! How one query serves two engines.

/// Runs a diesel query on whichever engine the connection is of, as one counted statement.
///
/// The query is written once and compiled for both: `run!(conn, db => query.load(db))`. Inside it,
/// `Db` is the engine's backend type, for boxed queries. On SQLite the query runs on the spot (a unit
/// of work has its own thread), on PostgreSQL it is awaited.
macro_rules! run {
    ($conn:expr, $db:ident => $query:expr) => {
        match $conn.count_statement() {
            $crate::storage::pool::Engined::Sqlite($db) => {
                #[allow(unused_imports, reason = "not every query is a load")]
                use diesel::RunQueryDsl as _;
                #[allow(dead_code, reason = "only boxed queries name it")]
                type Db = diesel::sqlite::Sqlite;
                $query
            }
            $crate::storage::pool::Engined::Postgres($db) => {
                #[allow(unused_imports, reason = "not every query is a load")]
                use diesel_async::RunQueryDsl as _;
                #[allow(dead_code, reason = "only boxed queries name it")]
                type Db = diesel::pg::Pg;
                ($query).await
            }
        }
    };
}
