//! How one query serves two engines, and what pages have in common.

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

/// One page of a boxed query whose list rises along a column, with one row more to tell whether it goes on.
macro_rules! rising {
    ($query:expr, $place:expr, $page:expr) => {{
        let mut query = $query;
        if let Some(after) = $page.after {
            query = query.filter($place.gt(after.0));
        }
        if let Some(before) = $page.before {
            query = query.filter($place.lt(before.0));
        }
        query = match $page.end {
            $crate::domain::paging::End::First => query.order($place.asc()),
            $crate::domain::paging::End::Last => query.order($place.desc()),
        };
        query.limit(i64::from($page.limit) + 1)
    }};
}
