//! SQL beside the server: a test looks at a database, or changes it, behind the server's back.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::Db;

/// A connection of its own to a test's database.
pub enum Sql {
    Sqlite(Box<SqliteConnection>),
    Postgres(Client),
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

impl Sql {
    /// Opens the database of a server whose data is in `folder`.
    pub async fn open(db: &Db, folder: &Path) -> Self {
        match db {
            Db::Sqlite => Self::file(&folder.join("tertulia.db")),
            Db::Postgres(url) => Self::url(url).await,
        }
    }

    pub fn file(path: &Path) -> Self {
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON").unwrap();
        Self::Sqlite(Box::new(connection))
    }

    pub async fn url(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self::Postgres(client)
    }

    /// Runs statements that answer nothing.
    pub async fn run(&mut self, statements: &str) {
        let outcome = match self {
            Self::Sqlite(connection) => connection.batch_execute(statements).map_err(|e| e.to_string()),
            Self::Postgres(client) => client.batch_execute(statements).await.map_err(|e| format!("{e:?}")),
        };
        if let Err(fault) = outcome {
            panic!("{fault}: {statements}");
        }
    }

    /// The rows of a query with one text column called `line`.
    pub async fn lines(&mut self, query: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let rows: Vec<Line> =
                    sql_query(query).load(&mut **connection).unwrap_or_else(|e| panic!("{e}: {query}"));
                rows.into_iter().map(|row| row.line).collect()
            }
            Self::Postgres(client) => {
                let rows = client.simple_query(query).await.unwrap_or_else(|e| panic!("{e:?}: {query}"));
                let text = |row: SimpleQueryMessage| match row {
                    SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                };
                rows.into_iter().filter_map(text).collect()
            }
        }
    }

    /// How the engine would run a query. `PostgreSQL` plans it for these arguments or, without any, for
    /// whatever they may be; `SQLite` always does the latter.
    pub async fn plan(&mut self, query: &str, arguments: Option<&str>) -> String {
        if let Self::Sqlite(connection) = self {
            let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {query}"))
                .load(&mut **connection)
                .unwrap_or_else(|e| panic!("{e}: {query}"));
            return steps.into_iter().map(|step| step.detail + "\n").collect();
        }
        let mode = if arguments.is_some() { "force_custom_plan" } else { "force_generic_plan" };
        let parameters = (1..100).take_while(|number| query.contains(&format!("${number}"))).count();
        let unknown = vec!["NULL"; parameters].join(", ");
        let arguments = arguments.unwrap_or(&unknown);
        self.run(&format!("SET plan_cache_mode = {mode}; PREPARE asked AS {query}")).await;
        let plan = self.lines(&format!("EXPLAIN (COSTS OFF) EXECUTE asked({arguments})")).await;
        self.run("DEALLOCATE asked").await;
        plan.into_iter().map(|step| step + "\n").collect()
    }
}

/// Like [`on_both!`](crate::on_both), for tests that make their servers themselves.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs more than its database")]
            use super::*;

            async fn check($db: $crate::support::Db) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check($crate::support::Db::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = $crate::support::Db::postgres() {
                    check(db).await;
                }
            }
        }
    )*};
}
