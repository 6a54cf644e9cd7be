//! Brings a database up to date at start, one transaction for each migration.
//!
//! A SQLite file is copied aside first. A database that a newer binary has migrated is refused. On
//! PostgreSQL an advisory lock lets several nodes start at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl as _, SqliteConnection, sql_query, sql_types};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::config::SecretUrl;
use crate::storage::pool::{Engine, OpenError, Options};
use crate::storage::postgres::{Target, connect};
use crate::storage::sqlite;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Older ones can lose data when a checkpoint and a write race (the WAL-reset fault).
const SQLITE_NEEDED: (i32, &str) = (3_051_003, "3.51.3");
const POSTGRES_NEEDED: i32 = 150_000;
/// Names the advisory lock that nodes take turns with: "tertulia" as a number.
const LOCK: i64 = 0x7465_7274_756c_6961;

/// What a migration run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub applied: Vec<String>,
    /// The copy that was made before, on SQLite.
    pub backup: Option<PathBuf>,
}

/// Runs what is pending.
pub async fn run(options: &Options) -> Result<Report, OpenError> {
    let report = match &options.engine {
        Engine::Sqlite(path) => {
            let (path, timeout) = (path.clone(), options.statement_timeout);
            blocking(move || migrate_sqlite(&path, timeout)).await
        }
        Engine::Postgres(url) => {
            let target = Target::parse(url)?;
            let connection = connect(&target).await.map_err(|e| unreachable(&options.engine, &e))?;
            blocking(move || migrate_postgres(connection)).await
        }
    }?;
    for name in &report.applied {
        tracing::info!(migration = %name, "The database has a new migration.");
    }
    if let Some(backup) = &report.backup {
        tracing::info!(backup = %backup.display(), "The database was copied before it was migrated.");
    }
    Ok(report)
}

/// A migration that a database has.
#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = sql_types::Text)]
    version: String,
}

/// Whether a database is there and has all migrations. Looks, and changes nothing.
pub async fn is_current(engine: &Engine) -> Result<bool, OpenError> {
    const QUERY: &str = "SELECT version FROM __diesel_schema_migrations";
    let (applied, known) = match engine {
        Engine::Sqlite(path) if !path.exists() => return Ok(false),
        Engine::Sqlite(path) => {
            let path = path.clone();
            let applied = blocking(move || {
                let mut connection = sqlite::connect_to_read(&path, "mode=ro")
                    .map_err(|e| unreachable(&Engine::Sqlite(path.clone()), &e))?;
                // Without the table there is nothing in the file.
                Ok(sql_query(QUERY).load::<Applied>(&mut connection).unwrap_or_default())
            });
            (applied.await?, names::<Sqlite>(&SQLITE_MIGRATIONS))
        }
        Engine::Postgres(url) => {
            let mut connection = connect(&Target::parse(url)?).await.map_err(|e| unreachable(engine, &e))?;
            let applied = diesel_async::RunQueryDsl::load::<Applied>(sql_query(QUERY), &mut connection).await;
            (applied.unwrap_or_default(), names::<Pg>(&POSTGRES_MIGRATIONS))
        }
    };
    Ok(known.iter().all(|name| applied.iter().any(|applied| applied.version == *name)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(OpenError::Migration { name: "run".into(), reason: panic.to_string() }))
}

pub(super) fn unreachable(engine: &Engine, error: &dyn std::error::Error) -> OpenError {
    let place = match engine {
        Engine::Sqlite(path) => path.display().to_string(),
        Engine::Postgres(url) => SecretUrl::from(url.as_str()).to_string(),
    };
    let reason = match error.source() {
        Some(source) => format!("{error} ({source})"),
        None => error.to_string(),
    };
    OpenError::Unreachable { place, reason }
}

fn migrate_sqlite(path: &Path, timeout: Duration) -> Result<Report, OpenError> {
    let mut connection =
        sqlite::connect(path, timeout).map_err(|e| unreachable(&Engine::Sqlite(path.into()), &e))?;
    check_library(&mut connection)?;
    let fresh = is_fresh(&mut connection).map_err(|e| unreachable(&Engine::Sqlite(path.into()), &e))?;
    let pending = pending::<Sqlite, _>(&mut connection, SQLITE_MIGRATIONS)?;
    let backup = if pending.is_empty() || fresh { None } else { Some(back_up(&mut connection, path)?) };
    let applied = apply(&mut connection, pending)?;
    Ok(Report { applied, backup })
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = sql_types::Text)]
    found: String,
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::Integer)]
    number: i32,
}

fn check_library(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let too_old = |found: String| OpenError::LibraryTooOld { found, needed: SQLITE_NEEDED.1 };
    let Found { found } = sql_query("SELECT sqlite_version() AS found")
        .get_result::<Found>(connection)
        .map_err(|e| too_old(e.to_string()))?;
    let number = found.split('.').try_fold(0, |sum, part| part.parse::<i32>().map(|n| sum * 1000 + n));
    match number {
        Ok(number) if number >= SQLITE_NEEDED.0 => Ok(()),
        _ => Err(too_old(found)),
    }
}

/// Whether there is nothing in the file that a copy could save.
fn is_fresh(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let things =
        "SELECT count(*) AS number FROM sqlite_master WHERE tbl_name <> '__diesel_schema_migrations'";
    let Number { number } = sql_query(things).get_result::<Number>(connection)?;
    Ok(number == 0)
}

/// A whole copy beside the file, named by the newest migration it has.
fn back_up(connection: &mut SqliteConnection, path: &Path) -> Result<PathBuf, OpenError> {
    let failed = |reason: String| OpenError::Backup(reason);
    let applied =
        MigrationHarness::<Sqlite>::applied_migrations(connection).map_err(|e| failed(e.to_string()))?;
    let newest = applied.iter().max().map_or_else(|| "0".into(), ToString::to_string);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut copy = path.with_file_name(format!("{name}.before-{newest}"));
    let mut number = 1;
    while copy.exists() {
        number += 1;
        copy = path.with_file_name(format!("{name}.before-{newest}.{number}"));
    }
    sql_query("VACUUM INTO ?")
        .bind::<sql_types::Text, _>(copy.display().to_string())
        .execute(connection)
        .map_err(|e| failed(e.to_string()))?;
    Ok(copy)
}

fn migrate_postgres(connection: AsyncPgConnection) -> Result<Report, OpenError> {
    let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::from(connection);
    let failed = |e: diesel::result::Error| unreachable(&Engine::Postgres(String::new()), &e);
    let Number { number } = sql_query("SELECT current_setting('server_version_num')::int AS number")
        .get_result::<Number>(&mut connection)
        .map_err(failed)?;
    if number < POSTGRES_NEEDED {
        return Err(OpenError::ServerTooOld { found: number / 10_000 });
    }
    sql_query("SELECT pg_advisory_lock($1)")
        .bind::<sql_types::BigInt, _>(LOCK)
        .execute(&mut connection)
        .map_err(failed)?;
    // The lock goes with the connection, which ends here whatever happens.
    let pending = pending::<Pg, _>(&mut connection, POSTGRES_MIGRATIONS)?;
    Ok(Report { applied: apply(&mut connection, pending)?, backup: None })
}

fn names<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Vec<String> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

/// The migrations to run, oldest first; an error when the database is ahead of this binary.
fn pending<DB, H>(
    harness: &mut H,
    source: EmbeddedMigrations,
) -> Result<Vec<Box<dyn Migration<DB>>>, OpenError>
where
    DB: diesel::backend::Backend,
    H: MigrationHarness<DB>,
{
    let failed = |reason: String| OpenError::Migration { name: "list".into(), reason };
    let applied = harness.applied_migrations().map_err(|e| failed(e.to_string()))?;
    let known = names::<DB>(&source);
    let newest_there =
        applied.iter().map(MigrationVersion::to_string).find(|version| !known.contains(version));
    if let Some(newest_there) = newest_there {
        let newest_here = known.into_iter().max().unwrap_or_default();
        return Err(OpenError::Newer { newest_there, newest_here });
    }
    harness.pending_migrations(source).map_err(|e| failed(e.to_string()))
}

fn apply<DB, H>(harness: &mut H, pending: Vec<Box<dyn Migration<DB>>>) -> Result<Vec<String>, OpenError>
where
    DB: diesel::backend::Backend,
    H: MigrationHarness<DB>,
{
    let mut applied = Vec::new();
    for migration in pending {
        let name = migration.name().to_string();
        harness
            .run_migration(&*migration)
            .map_err(|e| OpenError::Migration { name: name.clone(), reason: e.to_string() })?;
        applied.push(name);
    }
    Ok(applied)
}
