//! Migrations: both engines end alike, newer databases are refused, files are copied aside first.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tertulia::domain::paging::Epoch;
use tertulia::storage::{Engine, Herald, OpenError, Options, Store};

use crate::on_both_databases;
use crate::support::sql::Sql;
use crate::support::{Db, TestApp};

/// What tests ask of a database's tables, one line a fact, the same words for both engines.
async fn shape(sql: &mut Sql) -> BTreeSet<String> {
    let queries: [&str; 3] = match sql {
        // Columns, indexes, foreign keys. A key that is `INTEGER PRIMARY KEY` is a BIGINT and never null.
        Sql::Sqlite(_) => [
            "SELECT 'column ' || t.name || '.' || c.name || ' ' ||
                CASE WHEN c.pk = 1 AND c.type = 'INTEGER' THEN 'bigint' ELSE lower(c.type) END ||
                CASE WHEN c.pk > 0 OR c.\"notnull\" THEN '' ELSE ' null' END ||
                CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END AS line
             FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
            "SELECT CASE WHEN i.origin = 'c' THEN 'index ' || i.name ELSE 'constraint' END ||
                CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END || CASE WHEN i.partial THEN ' partial' ELSE '' END ||
                ' ' || t.name || ' (' || (SELECT group_concat(name, ', ') FROM
                    (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' AS line
             FROM sqlite_master t, pragma_index_list(t.name) i
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND i.origin <> 'pk'",
            "SELECT 'reference ' || t.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\" ||
                ' on delete ' || lower(f.on_delete) AS line
             FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'",
        ],
        Sql::Postgres(_) => [
            "SELECT 'column ' || c.table_name || '.' || c.column_name || ' ' ||
                CASE c.data_type WHEN 'uuid' THEN 'blob' WHEN 'bytea' THEN 'blob'
                    WHEN 'timestamp with time zone' THEN 'bigint' ELSE c.data_type END ||
                CASE c.is_nullable WHEN 'NO' THEN '' ELSE ' null' END ||
                coalesce(' key ' || k.ordinal_position, '') AS line
             FROM information_schema.columns c
             LEFT JOIN information_schema.table_constraints t
                ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.constraint_type = 'PRIMARY KEY'
             LEFT JOIN information_schema.key_column_usage k
                ON k.constraint_name = t.constraint_name AND k.table_schema = c.table_schema
                AND k.table_name = c.table_name AND k.column_name = c.column_name
             WHERE c.table_schema = 'public'",
            "SELECT CASE WHEN o.oid IS NULL THEN 'index ' || i.relname ELSE 'constraint' END ||
                CASE WHEN x.indisunique THEN ' unique' ELSE '' END ||
                CASE WHEN x.indpred IS NULL THEN '' ELSE ' partial' END ||
                ' ' || t.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY p.place)
                    FROM unnest(x.indkey::int[]) WITH ORDINALITY AS p (number, place)
                    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.number) || ')' AS line
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
             LEFT JOIN pg_constraint o ON o.conindid = i.oid AND o.contype = 'u'
             WHERE t.relnamespace = 'public'::regnamespace AND NOT x.indisprimary",
            "SELECT 'reference ' || t.relname || '.' || a.attname || ' to ' || f.relname || '.' || b.attname ||
                ' on delete ' || CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
                    WHEN 'a' THEN 'no action' ELSE 'other' END AS line
             FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
             JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = c.confkey[1]
             WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace",
        ],
    };
    let mut facts = BTreeSet::new();
    for query in queries {
        for line in sql.lines(query).await {
            // Words of messages are kept by each engine in its own way.
            let of_words = ["message_words", "messages.words", "index messages_words"];
            if !line.contains("__diesel_schema_migrations")
                && !of_words.iter().any(|name| line.contains(name))
            {
                facts.insert(line);
            }
        }
    }
    facts
}

/// `up.sql` or `down.sql` of every migration of an engine, oldest first.
fn scripts(engine: &str, direction: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| fs::read_to_string(folder.join(direction)).unwrap()).collect()
}

fn names(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn engine_of(db: &Db) -> &'static str {
    match db {
        Db::Sqlite => "sqlite",
        Db::Postgres(_) => "postgres",
    }
}

fn options(db: &Db, folder: &Path) -> Options {
    let engine = match db {
        Db::Sqlite => Engine::Sqlite(folder.join("tertulia.db")),
        Db::Postgres(url) => Engine::Postgres(url.clone()),
    };
    Options {
        engine,
        read_pool_size: 2,
        pool_size: 2,
        write_queue_max: 16,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(5),
        new_epoch: Epoch(7),
        herald: Herald::mute(),
    }
}

/// Opens the database as a server does, and closes it again.
async fn open(db: &Db, folder: &Path) -> Result<Epoch, OpenError> {
    let store = Store::open(options(db, folder)).await?;
    store.close().await;
    Ok(store.epoch())
}

fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn both_engines_have_the_same_migrations() {
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn both_engines_end_with_the_same_tables_keys_references_and_indexes() {
    let Some(db) = Db::postgres() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut shapes = Vec::new();
    for db in [Db::Sqlite, db] {
        open(&db, folder.path()).await.unwrap();
        shapes.push(shape(&mut Sql::open(&db, folder.path()).await).await);
    }
    let only = |one: usize, other: usize| shapes[one].difference(&shapes[other]).cloned().collect::<Vec<_>>();
    assert!(shapes[0].len() > 100, "too little was read: {:#?}", shapes[0]);
    assert_eq!(only(0, 1), only(1, 0), "only on SQLite, and only on PostgreSQL");
}

#[tokio::test]
async fn the_tables_that_queries_are_written_against_are_those_of_the_database() {
    let source = include_str!("../../src/storage/schema.rs");
    let (mut table, mut keys, mut declared) = (String::new(), Vec::new(), BTreeSet::new());
    for line in source.lines().map(str::trim) {
        if let Some((name, rest)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            name.clone_into(&mut table);
            keys = rest.trim_end_matches(") {").split(", ").map(str::to_owned).collect();
        } else if let Some((column, kind)) =
            line.trim_end_matches(',').split_once(" -> ").filter(|_| line.ends_with(','))
        {
            let bare = kind.trim_start_matches("Nullable<").trim_end_matches('>');
            let bare = match bare {
                "Uuid" | "Binary" => "blob",
                "Instant" | "BigInt" => "bigint",
                "Text" => "text",
                "SmallInt" => "smallint",
                "Integer" => "integer",
                "Bool" => "boolean",
                other => panic!("{other} in src/storage/schema.rs is new here"),
            };
            let null = if kind.starts_with("Nullable") { " null" } else { "" };
            let key = keys.iter().position(|key| key == column).map(|at| format!(" key {}", at + 1));
            declared.insert(format!("column {table}.{column} {bare}{null}{}", key.unwrap_or_default()));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    open(&Db::Sqlite, folder.path()).await.unwrap();
    let mut there = shape(&mut Sql::open(&Db::Sqlite, folder.path()).await).await;
    there.retain(|fact| fact.starts_with("column "));
    let missing: Vec<_> = there.difference(&declared).collect();
    let extra: Vec<_> = declared.difference(&there).collect();
    assert!(missing.is_empty() && extra.is_empty(), "not declared: {missing:#?}, not there: {extra:#?}");
}

on_both_databases! {
    async fn going_up_down_and_up_again_ends_where_a_server_does(db) {
        let folder = tempfile::tempdir().unwrap();
        let mut sql = Sql::open(&db, folder.path()).await;
        let (up, mut down) = (scripts(engine_of(&db), "up.sql"), scripts(engine_of(&db), "down.sql"));
        down.reverse();
        for script in &up {
            sql.run(script).await;
        }
        let before = shape(&mut sql).await;
        for script in &down {
            sql.run(script).await;
        }
        assert_eq!(shape(&mut sql).await, BTreeSet::new());
        for script in &up {
            sql.run(script).await;
        }
        assert_eq!(shape(&mut sql).await, before);
        let (served_folder, served) = (tempfile::tempdir().unwrap(), match db {
            Db::Sqlite => Db::Sqlite,
            Db::Postgres(_) => Db::postgres().unwrap(),
        });
        open(&served, served_folder.path()).await.unwrap();
        assert_eq!(shape(&mut Sql::open(&served, served_folder.path()).await).await, before);
    }

    async fn an_open_database_keeps_its_data_and_its_epoch_when_it_is_opened_again(db) {
        let app = TestApp::start(db.clone()).await;
        app.user("amber").await;
        let epoch = app.app.epoch();
        let folder = app.stop().await;
        let again = TestApp::at(folder, db, &[]).await;
        assert_eq!(again.app.epoch(), epoch);
        again.login("amber", crate::support::app::PASSWORD).await;
    }

    async fn a_database_that_a_newer_server_has_migrated_is_refused_in_words_and_left_alone(db) {
        let app = TestApp::start(db.clone()).await;
        app.user("amber").await;
        let folder = app.stop().await;
        let mut sql = Sql::open(&db, folder.path()).await;
        sql.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").await;
        sql.run("CREATE TABLE novelty (key BIGINT PRIMARY KEY)").await;
        let (before, files_before) = (shape(&mut sql).await, files(folder.path()));
        let refusal = open(&db, folder.path()).await.unwrap_err();
        assert!(matches!(refusal, OpenError::Newer { .. }), "{refusal:?}");
        let words = refusal.to_string();
        let newest = names("sqlite").into_iter().max().unwrap();
        for part in ["newer Tertulia", "9999", newest.split('_').next().unwrap()] {
            assert!(words.contains(part), "{words}");
        }
        assert_eq!(shape(&mut sql).await, before);
        assert_eq!(sql.lines("SELECT username AS line FROM users").await, ["amber"]);
        assert_eq!(sql.lines("SELECT version AS line FROM __diesel_schema_migrations ORDER BY version").await.last().unwrap(), "9999");
        let backups = |names: &BTreeSet<String>| names.iter().filter(|name| name.contains("before")).count();
        assert_eq!(backups(&files(folder.path())), backups(&files_before));
    }

    async fn a_migration_that_fails_half_way_leaves_nothing_behind(db) {
        let folder = tempfile::tempdir().unwrap();
        let mut sql = Sql::open(&db, folder.path()).await;
        // In the way of a table that the first migration makes late.
        sql.run("CREATE TABLE messages (mine TEXT)").await;
        sql.run("INSERT INTO messages VALUES ('keep')").await;
        let before = shape(&mut sql).await;
        let refusal = open(&db, folder.path()).await.unwrap_err();
        assert!(matches!(refusal, OpenError::Migration { .. }), "{refusal:?}");
        assert!(refusal.to_string().contains("0001_foundation"), "{refusal}");
        assert_eq!(shape(&mut sql).await, before);
        assert_eq!(sql.lines("SELECT mine AS line FROM messages").await, ["keep"]);
    }
}

#[tokio::test]
async fn a_file_with_something_in_it_is_copied_before_it_is_migrated_and_a_new_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    open(&Db::Sqlite, folder.path()).await.unwrap();
    let copies =
        || files(folder.path()).into_iter().filter(|name| name.contains(".before-")).collect::<Vec<_>>();
    assert_eq!(copies(), Vec::<String>::new(), "after a fresh start");
    open(&Db::Sqlite, folder.path()).await.unwrap();
    assert_eq!(copies(), Vec::<String>::new(), "after a start with nothing to do");
    // As if the migrations were still to come, in a file that has a table.
    let mut sql = Sql::open(&Db::Sqlite, folder.path()).await;
    let mut down = scripts("sqlite", "down.sql");
    down.reverse();
    sql.run(&down.join("\n")).await;
    sql.run("DELETE FROM __diesel_schema_migrations; CREATE TABLE keepsake (text TEXT); INSERT INTO keepsake VALUES ('old')")
        .await;
    open(&Db::Sqlite, folder.path()).await.unwrap();
    let made = copies();
    assert_eq!(made.len(), 1, "{made:?}");
    let mut copy = Sql::file(&folder.path().join(&made[0]));
    assert_eq!(copy.lines("SELECT text AS line FROM keepsake").await, ["old"]);
    assert_eq!(
        copy.lines("SELECT name AS line FROM sqlite_master WHERE name = 'users'").await,
        Vec::<String>::new()
    );
    assert_eq!(sql.lines("SELECT name AS line FROM sqlite_master WHERE name = 'users'").await, ["users"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_at_once_on_an_empty_postgres_all_come_up_alike() {
    let Some(db) = Db::postgres() else { return };
    let starts = (1..=4).map(|number| {
        let options = Options { new_epoch: Epoch(number), ..options(&db, Path::new("")) };
        tokio::spawn(Store::open(options))
    });
    let mut epochs = BTreeSet::new();
    for start in starts.collect::<Vec<_>>() {
        let store = start.await.unwrap().unwrap_or_else(|refusal| panic!("{refusal}"));
        store.ping().await.unwrap();
        epochs.insert(store.epoch().0);
    }
    assert_eq!(epochs.len(), 1, "one database has one epoch: {epochs:?}");
}

/// Starts the binary with these settings, which must make it give up; gives what it said.
fn refusal_of_the_binary(folder: &Path, settings: &[(&str, &str)]) -> String {
    let mut server = Command::new(env!("CARGO_BIN_EXE_tertulia"));
    server.current_dir(folder).env("TERTULIA_LISTEN", "127.0.0.1:0");
    server.envs(settings.iter().map(|(key, value)| (format!("TERTULIA_{key}"), *value)));
    let output = server.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn a_postgres_that_does_not_answer_is_named_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let url = "postgres://porter:open-sesame@127.0.0.1:1/lobby";
    let said =
        refusal_of_the_binary(folder.path(), &[("DATA_DIR", data.to_str().unwrap()), ("DATABASE_URL", url)]);
    assert!(said.contains("cannot open the database at postgres://porter:***@127.0.0.1:1/lobby"), "{said}");
    assert!(said.contains("refused"), "it says why: {said}");
    assert!(!said.contains("open-sesame"), "{said}");
}

#[test]
fn a_password_that_postgres_refuses_is_not_said() {
    let folder = tempfile::tempdir().unwrap();
    let Some(Db::Postgres(url)) = Db::postgres() else { return };
    let url = url.replace("tertulia@", "nobody-here:open-sesame@");
    let data = folder.path().join("data");
    let said =
        refusal_of_the_binary(folder.path(), &[("DATA_DIR", data.to_str().unwrap()), ("DATABASE_URL", &url)]);
    assert!(said.contains("nobody-here"), "it says what PostgreSQL said: {said}");
    assert!(!said.contains("open-sesame"), "{said}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // A file in the way stops even root.
    fs::write(folder.path().join("file"), "").unwrap();
    let data = folder.path().join("file/data");
    let said = refusal_of_the_binary(folder.path(), &[("DATA_DIR", data.to_str().unwrap())]);
    assert!(said.contains("cannot make the data folder") && said.contains("file/data"), "{said}");
}

#[test]
fn a_database_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let url = format!("sqlite:{}", folder.path().join("not-here/x.db").display());
    let said =
        refusal_of_the_binary(folder.path(), &[("DATA_DIR", data.to_str().unwrap()), ("DATABASE_URL", &url)]);
    assert!(said.contains("cannot open the database at") && said.contains("not-here/x.db"), "{said}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.db");
    let text = "dear diary, ".repeat(100);
    fs::write(&file, &text).unwrap();
    let url = format!("sqlite:{}", file.display());
    let said = refusal_of_the_binary(
        folder.path(),
        &[("DATA_DIR", folder.path().join("data").to_str().unwrap()), ("DATABASE_URL", &url)],
    );
    assert!(said.contains("x.db") && said.contains("not a database"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}
