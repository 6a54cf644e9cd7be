//! Bringing in what the five originals have: what becomes of each row, and running it again.

mod commands;
mod layouts;
mod pictures;
mod rows;

use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;
use tertulia::app::import::{ImportError, ImportRequest, Remark, Report};
use tertulia::domain::sessions::Viewer;
use tertulia::storage::originals::{Dialect, Original};

use crate::on_both;
use crate::support::sql::Sql;
use crate::support::{Db, TestApp};

use layouts::PASSWORD;

/// An original's file.
struct File {
    folder: TempDir,
}

impl File {
    async fn of(statements: &str) -> Self {
        let file = Self { folder: tempfile::tempdir().unwrap() };
        file.run(statements).await;
        file
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("db.sqlite3")
    }

    async fn run(&self, statements: &str) {
        let mut sql = Sql::file(&self.path());
        // Rows that break the rules are among what is read.
        sql.run("PRAGMA foreign_keys = OFF").await;
        sql.run(statements).await;
    }
}

/// A server, and its database beside it.
struct Here {
    app: TestApp,
    sql: Sql,
}

impl Here {
    async fn on(db: Db) -> Self {
        let app = TestApp::start(db.clone()).await;
        let sql = Sql::open(&db, app.data.path()).await;
        Self { app, sql }
    }

    async fn try_bring(
        &self,
        dialect: Dialect,
        place: &str,
        source: Option<&str>,
    ) -> Result<Report, ImportError> {
        let original = Original::open(dialect, place).await.unwrap();
        let request = ImportRequest { source: source.map(str::to_owned), media: None };
        self.app.app.import(&Viewer::Operator, &original, request, &|_| {}).await
    }

    async fn bring(&self, dialect: Dialect, file: &File) -> Report {
        self.try_bring(dialect, file.path().to_str().unwrap(), None).await.unwrap()
    }

    /// A column of time in microseconds since 1970.
    fn micros(&self, column: &str) -> String {
        match self.sql {
            Sql::Sqlite(_) => column.to_owned(),
            Sql::Postgres(_) => format!("(extract(epoch from {column}) * 1000000)::bigint"),
        }
    }

    async fn people(&mut self) -> Vec<String> {
        self.sql
            .lines(
                "SELECT key || ' ' || username || ' ' || email || ' ' || coalesce(login_email, '-') || ' ' || user_type
                    || CASE WHEN is_admin THEN ' admin' ELSE '' END
                    || CASE WHEN disabled_at IS NULL THEN '' ELSE ' disabled' END AS line
                 FROM users ORDER BY key",
            )
            .await
    }

    async fn rooms(&mut self) -> Vec<String> {
        self.sql
            .lines(
                "SELECT r.key || ' kind ' || r.kind || ' ' || r.name || CASE WHEN r.is_open THEN ' open' ELSE '' END
                    || CASE WHEN r.pair_low IS NULL THEN '' ELSE ' of ' || r.pair_low || ' and ' || r.pair_high END
                    || coalesce(' called ' || l.door || '/' || l.title || '/' || l.kind, '')
                    || coalesce(' link ' || l.link, '') || coalesce(' capacity ' || l.capacity, '') AS line
                 FROM rooms r LEFT JOIN room_labels l ON l.room_key = r.key ORDER BY r.key",
            )
            .await
    }

    /// Room, user and role (3 owns, 1 is in) in the order they joined.
    async fn members(&mut self) -> Vec<String> {
        let query =
            "SELECT room_key || ' ' || user_key || ' ' || role AS line FROM members ORDER BY room_key, key";
        self.sql.lines(query).await
    }

    async fn messages(&mut self) -> Vec<String> {
        let time = self.micros("created_at");
        let query = format!(
            "SELECT key || ' in ' || room_key || ' no. ' || seq || ' of ' || coalesce('' || sender_key, 'nobody')
                || ' at ' || {time} || ': ' || text AS line FROM messages ORDER BY room_key, seq"
        );
        self.sql.lines(&query).await
    }

    async fn everything(&mut self) -> Vec<String> {
        let mut all = self.people().await;
        all.extend(self.rooms().await);
        all.extend(self.members().await);
        all.extend(self.messages().await);
        all.extend(
            self.sql.lines("SELECT room_key || ' ' || position AS line FROM room_events ORDER BY 1").await,
        );
        all
    }

    /// Positions and numbers of all rooms, which must be without holes.
    async fn check_logs(&mut self) {
        let broken = self
            .sql
            .lines(
                "SELECT r.key || ' ' || r.head || ' ' || r.last_seq AS line FROM rooms r WHERE
                    r.head <> (SELECT count(*) FROM messages m WHERE m.room_key = r.key)
                        + (SELECT count(*) FROM room_events e WHERE e.room_key = r.key)
                    OR r.last_seq <> (SELECT count(*) FROM messages m WHERE m.room_key = r.key)
                    OR r.last_seq <> (SELECT coalesce(max(m.seq), 0) FROM messages m WHERE m.room_key = r.key)
                    OR r.member_count <> (SELECT count(*) FROM members n WHERE n.room_key = r.key)
                    OR EXISTS (SELECT 1 FROM messages m JOIN room_events e ON e.room_key = m.room_key
                        AND e.position = m.position WHERE m.room_key = r.key)
                    OR EXISTS (SELECT 1 FROM messages m WHERE m.room_key = r.key AND m.position > r.head)",
            )
            .await;
        assert!(broken.is_empty(), "rooms whose logs do not add up: {broken:?}");
    }

    /// Nothing that was brought is news to anyone.
    async fn check_read(&mut self) {
        let unread = "SELECT n.room_key || ' ' || n.user_key AS line FROM members n JOIN rooms r
            ON r.key = n.room_key AND n.last_read_seq <> r.last_seq";
        assert_eq!(self.sql.lines(unread).await, Vec::<String>::new());
    }

    /// As SQLite and PostgreSQL write a uuid, in lower-case digits.
    async fn ids(&mut self, table: &str) -> Vec<String> {
        let id = match self.sql {
            Sql::Sqlite(_) => "lower(hex(id))",
            Sql::Postgres(_) => "replace(id::text, '-', '')",
        };
        self.sql.lines(&format!("SELECT {id} AS line FROM {table} ORDER BY key")).await
    }
}

/// How often something was remarked on whose words begin so.
fn remarked(report: &Report, words: &str) -> i64 {
    let says = |remark: &Remark| match remark {
        Remark::LeftOut(what) | Remark::Changed(what) | Remark::LeftBehind(what) => what.contains(words),
    };
    report.remarks.iter().filter(|(remark, _)| says(remark)).map(|(_, occasions)| occasions.count).sum()
}

on_both!(condor_chats_people_rooms_and_messages_come_under_their_numbers, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::condor()).await, Here::on(db).await);
    let report = here.bring(Dialect::Condor, &file).await;
    assert_eq!(
        here.people().await,
        [
            "1 amber amber@example.com amber@example.com 0 admin",
            "2 boris boris@example.com boris@example.com 0",
            "5 clara clara@example.com clara@example.com 0 disabled",
        ]
    );
    assert_eq!(
        here.rooms().await,
        [
            "1 kind 1  of 1 and 2 called condor/amber - boris/DUO",
            "2 kind 2 Climbing called condor/Climbing/",
            // A pair has one room of two; what was another is a group.
            "4 kind 2 Again called condor/Again/DUO",
        ]
    );
    assert_eq!(here.members().await, ["1 2 1", "1 1 1", "2 1 3", "2 2 1", "2 5 1", "4 1 3", "4 2 1"]);
    assert_eq!(
        here.messages().await,
        [
            "1 in 1 no. 1 of 1 at 1740823200123456: hola",
            "7 in 1 no. 2 of 2 at 1740823203000000: ciao",
            "2 in 2 no. 1 of 2 at 1740823201000000: who climbs?",
            "3 in 2 no. 2 of 5 at 1740823202000000: me",
        ]
    );
    here.check_logs().await;
    assert_eq!(here.sql.lines("SELECT bio AS line FROM users WHERE bio IS NOT NULL").await, ["Climbs."]);
    assert_eq!((report.people.brought, report.people.kept_number), (3, 3));
    assert_eq!((report.rooms.brought, report.messages.brought, report.members), (3, 4, 7));
    assert_eq!(remarked(&report, "have such a room already"), 1);
    // The newest message makes the most recent room.
    let recent = "SELECT '' || key AS line FROM rooms ORDER BY activity DESC, key DESC";
    assert_eq!(here.sql.lines(recent).await, ["1", "2", "4"]);
    let amber = here.app.login("amber", PASSWORD).await;
    let found =
        amber.ask("{ searchMessages(search: { text: \"CLIMB\" }) { nodes { text } } }", json!({})).await;
    assert_eq!(found["searchMessages"]["nodes"], json!([{ "text": "who climbs?" }]));
});

on_both!(chatcrms_short_ids_kinds_and_order_stay, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::chat_crm()).await, Here::on(db).await);
    let report = here.bring(Dialect::ChatCrm, &file).await;
    assert_eq!(
        here.ids("users").await,
        ["c3a1d7f29e444f0b8a6621f3b9d0e5c4", "0b8e6e4e5b5d4a529d436f0d5c1f7a11"]
    );
    assert_eq!(
        here.ids("rooms").await[..2],
        ["7d2f1c9013ab4e6db7f890ac5e3d2b16", "91e0b4d36c2a4f7ea5d83b1c0f9e8d72"]
    );
    assert_eq!(
        here.rooms().await,
        [
            "1 kind 0  of 1 and 1 called chatcrm/amberStone/SELF",
            "2 kind 1  of 1 and 2 called chatcrm//DUO",
            "3 kind 2 boris Reed, amber Stone called chatcrm//FOO",
        ]
    );
    assert_eq!(here.members().await, ["1 1 3", "2 1 1", "2 2 1", "3 2 3", "3 1 1"]);
    assert_eq!(
        here.messages().await,
        [
            "1 in 1 no. 1 of 1 at 1740823200000000: remember",
            "3 in 2 no. 1 of 2 at 1740819600000000: second by time",
            "2 in 2 no. 2 of 1 at 1740823201000000:  ",
            "5 in 3 no. 1 of nobody at 1740823204000000: from nobody",
        ]
    );
    here.check_logs().await;
    // Rooms have no time of their own in this version; their first message has.
    let made = format!("SELECT '' || {} AS line FROM rooms WHERE key = 2", here.micros("created_at"));
    assert_eq!(here.sql.lines(&made).await, ["1740819600000000"]);
    assert_eq!(remarked(&report, "in no room"), 1);
    assert_eq!(remarked(&report, "without a sender"), 1);
    assert_eq!(remarked(&report, "rooms have another public id"), 1);
});

on_both!(the_later_chatcrm_comes_as_well, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::later_chat_crm()).await, Here::on(db).await);
    let report = here.bring(Dialect::ChatCrm, &file).await;
    assert_eq!(
        here.people().await,
        ["1 amber amber@example.com amber@example.com 0", "2 boris boris@example.com boris@example.com 3"]
    );
    // Who made a room owns it.
    assert_eq!(here.members().await, ["1 1 1", "1 2 3"]);
    let joined = format!("SELECT '' || {} AS line FROM members ORDER BY key", here.micros("joined_at"));
    assert_eq!(here.sql.lines(&joined).await, ["1738922400000000", "1740823200000000"]);
    assert_eq!(here.messages().await, ["1 in 1 no. 1 of 2 at 1740823200000000: "]);
    assert_eq!(remarked(&report, "API keys"), 2);
});

on_both!(mrm_chats_stay_groups_and_addresses_that_repeat_are_claimed_once, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::mrm()).await, Here::on(db).await);
    let report = here.bring(Dialect::Mrm, &file).await;
    assert_eq!(
        here.people().await,
        [
            "1 amber amber@example.com amber@example.com 1",
            "2 boris boris@example.com boris@example.com 2",
            "3 clara boris@example.com - 3",
        ]
    );
    assert_eq!(
        here.rooms().await,
        ["1 kind 2 Study Group called mrm/Study Group/", "2 kind 2 Alone called mrm/Alone/"]
    );
    assert_eq!(here.members().await, ["1 2 3", "1 1 1", "2 3 3"]);
    assert_eq!(here.messages().await.len(), 2);
    assert_eq!(remarked(&report, "e-mail address"), 1);
    assert_eq!(remarked(&report, "AI chats"), 1);
});

on_both!(thanchats_rooms_are_open_and_its_direct_messages_make_rooms, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::than_chat()).await, Here::on(db).await);
    let report = here.bring(Dialect::ThanChat, &file).await;
    assert_eq!(
        here.rooms().await,
        [
            "1 kind 2 Lobby open called thanchat/Lobby/ link lobby@example.com capacity -5",
            "2 kind 2 Attic open called thanchat/Attic/ link x capacity 9",
            "3 kind 1  of 1 and 2",
            "4 kind 0  of 1 and 1",
        ]
    );
    // Boris left the lobby.
    assert_eq!(here.members().await, ["1 1 3", "3 2 1", "3 1 1", "4 1 3"]);
    assert_eq!(
        here.messages().await,
        [
            "1 in 1 no. 1 of 2 at 1740823200000000: in the lobby",
            "5 in 1 no. 2 of 1 at 1740823203000000: undated",
            "2 in 3 no. 1 of 2 at 1740823201000000: to you",
            "3 in 3 no. 2 of 1 at 1740823202000000: ",
            "4 in 4 no. 1 of 1 at 1740823203000000: note",
        ]
    );
    here.check_logs().await;
    assert_eq!(report.direct_rooms, 2);
    assert_eq!(remarked(&report, "have the time of the one before"), 1);
    let phone = "SELECT phone || ', ' || address AS line FROM users WHERE phone IS NOT NULL";
    assert_eq!(here.sql.lines(phone).await, ["1234567, Elm Street"]);
    // The password is hashed, and whoever joins by another door needs it.
    let hashes = here.sql.lines("SELECT coalesce(password_hash, '-') AS line FROM rooms ORDER BY key").await;
    assert!(hashes[0].starts_with("$2b$04$") && hashes[1..] == ["-", "-", "-"], "{hashes:?}");
});

on_both!(real_time_chat_apps_people_get_usernames_and_keep_their_uuids, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::rtca()).await, Here::on(db).await);
    here.bring(Dialect::Rtca, &file).await;
    assert_eq!(
        here.people().await,
        [
            "1 amber amber@example.com amber@example.com 0",
            "2 boris boris@example.com boris@example.com 0 admin"
        ]
    );
    assert_eq!(
        here.ids("users").await,
        ["c3a1d7f29e444f0b8a6621f3b9d0e5c4", "0b8e6e4e5b5d4a529d436f0d5c1f7a11"]
    );
    assert_eq!(here.ids("rooms").await, ["7d2f1c9013ab4e6db7f890ac5e3d2b16"]);
    assert_eq!(here.rooms().await, ["1 kind 1  of 1 and 2"]);
    assert_eq!(
        here.messages().await,
        ["1 in 1 no. 1 of 1 at 1740823200000000: first", "2 in 1 no. 2 of 2 at 1740823200500000: second",]
    );
    here.app.login("amber@example.com", PASSWORD).await;
});

on_both!(whoever_comes_signs_in_as_before_and_reads_and_writes_on, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::condor()).await, Here::on(db).await);
    here.bring(Dialect::Condor, &file).await;
    let boris = here.app.login("boris", PASSWORD).await;
    let hash = "SELECT password_hash AS line FROM users WHERE username = 'boris'";
    // The first login replaced Django's hash.
    assert!(here.sql.lines(hash).await[0].starts_with("$2b$04$"));
    here.app.login("boris@example.com", PASSWORD).await;
    let answer = boris
        .ask(
            "{ rooms(first: 10) { nodes { id databaseId messages(first: 10) { nodes { text seq } } } } }",
            serde_json::json!({}),
        )
        .await;
    let rooms = answer["rooms"]["nodes"].as_array().unwrap();
    let climbing = rooms.iter().find(|room| room["databaseId"] == 2).unwrap();
    assert_eq!(climbing["messages"]["nodes"][1]["text"], "me");
    let said = boris.say(climbing["id"].as_str().unwrap(), "and I").await;
    assert_eq!(said["message"]["seq"], 3);
    // A new message's number is above all that came.
    assert_eq!(here.messages().await.last().unwrap().split(" at ").next(), Some("8 in 2 no. 3 of 2"));
    // Inactive accounts stay out.
    let refused = here
        .app
        .anonymous()
        .refused("login", serde_json::json!({ "usernameOrEmail": "clara", "password": PASSWORD }))
        .await;
    assert!(["BAD_CREDENTIALS", "FORBIDDEN"].contains(&refused[0].as_str()), "{refused:?}");
    here.check_logs().await;
});

on_both!(a_second_run_brings_only_what_is_new, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::condor()).await, Here::on(db).await);
    here.bring(Dialect::Condor, &file).await;
    let before = here.everything().await;
    let again = here.bring(Dialect::Condor, &file).await;
    assert_eq!(here.everything().await, before);
    assert_eq!((again.people.known, again.rooms.known, again.messages.known), (3, 3, 4));
    assert_eq!(
        (again.people.brought, again.rooms.brought, again.messages.brought, again.members),
        (0, 0, 0, 0)
    );
    file.run(
        "INSERT INTO auth_user SELECT 6, password, NULL, FALSE, 'dora', 'dora', '', 'dora@example.com', FALSE, TRUE, date_joined
            FROM auth_user WHERE id = 1;
         INSERT INTO chat_room_participants VALUES (8, 2, 6), (9, 1, 6);
         INSERT INTO chat_message VALUES (8, 'me too', '2025-03-02 10:00:00', 6);
         INSERT INTO chat_room_messages VALUES (5, 2, 8)",
    )
    .await;
    let more = here.bring(Dialect::Condor, &file).await;
    assert_eq!((more.people.brought, more.rooms.brought, more.messages.brought, more.members), (1, 0, 1, 1));
    // A room of two stays one.
    assert_eq!(remarked(&more, "who came later"), 1);
    assert_eq!(here.messages().await.last().unwrap(), "8 in 2 no. 3 of 6 at 1740909600000000: me too");
    assert!(here.members().await.contains(&"2 6 1".to_owned()));
    here.check_logs().await;
    here.check_read().await;
});

on_both!(names_addresses_and_numbers_that_are_taken_stay_with_whoever_has_them, async |db: Db| {
    let (file, mut here) = (File::of(&layouts::condor()).await, Here::on(db).await);
    // Someone else, with the number, name and address that the original's Amber has.
    let ours = here.app.user("amber").await;
    ours.room("Ours", &[]).await;
    let report = here.bring(Dialect::Condor, &file).await;
    let people = here.people().await;
    assert_eq!(
        people[..2],
        ["1 amber amber@example.com amber@example.com 0", "2 boris boris@example.com boris@example.com 0"]
    );
    assert!(people[3].ends_with(" amber-2 amber@example.com - 0 admin"), "{people:?}");
    assert_eq!((report.people.brought, report.people.kept_number), (3, 2));
    assert_eq!((remarked(&report, "another username"), remarked(&report, "e-mail address")), (1, 1));
    assert_eq!((report.rooms.brought, report.rooms.kept_number), (3, 2));
    here.app.login("amber-2", PASSWORD).await;
    // The password of the one who was here is theirs still.
    here.app.login("amber", crate::support::app::PASSWORD).await;
    here.check_logs().await;
});

on_both!(two_originals_live_side_by_side, async |db: Db| {
    let mut here = Here::on(db).await;
    here.bring(Dialect::Mrm, &File::of(&layouts::mrm()).await).await;
    here.bring(Dialect::ThanChat, &File::of(&layouts::than_chat()).await).await;
    here.bring(Dialect::ChatCrm, &File::of(&layouts::chat_crm()).await).await;
    here.bring(Dialect::Condor, &File::of(&layouts::condor()).await).await;
    here.bring(Dialect::Rtca, &File::of(&layouts::rtca()).await).await;
    assert_eq!(here.people().await.len(), 3 + 2 + 2 + 3 + 2);
    assert_eq!(here.messages().await.len(), 2 + 5 + 4 + 4 + 2);
    here.check_logs().await;
    here.check_read().await;
});

on_both!(another_database_from_the_same_copy_is_told_apart_and_needs_a_name, async |db: Db| {
    let mut here = Here::on(db).await;
    here.bring(Dialect::Mrm, &File::of(&layouts::mrm()).await).await;
    let before = here.everything().await;
    let other = File::of(&layouts::mrm().replace("2025-01-01 10", "2025-01-09 10")).await;
    let path = other.path();
    let refused = here.try_bring(Dialect::Mrm, path.to_str().unwrap(), None).await;
    assert!(matches!(&refused, Err(ImportError::OtherDatabase { id }) if id == "1"), "{refused:?}");
    assert_eq!(here.everything().await, before);
    let named = here.try_bring(Dialect::Mrm, path.to_str().unwrap(), Some("second")).await.unwrap();
    assert_eq!((named.people.brought, named.messages.brought), (3, 2));
    assert_eq!(here.people().await.len(), 6);
});

on_both!(condor_and_mrm_come_from_postgresql, async |db: Db| {
    let Some(Db::Postgres(condor)) = Db::postgres() else { return };
    let Some(Db::Postgres(mrm)) = Db::postgres() else { return };
    let mut here = Here::on(db).await;
    Sql::url(&condor).await.run(&format!("SET TIME ZONE 'UTC'; {}", layouts::condor())).await;
    Sql::url(&mrm).await.run(&format!("SET TIME ZONE 'UTC'; {}", layouts::mrm())).await;
    here.try_bring(Dialect::Condor, &condor, None).await.unwrap();
    let from_postgres = here.everything().await;
    // The same, whichever engine it was on.
    let same = File::of(&layouts::condor()).await;
    let again = here.bring(Dialect::Condor, &same).await;
    assert_eq!((again.people.known, again.rooms.known, again.messages.known), (3, 3, 4));
    assert_eq!(here.everything().await, from_postgres);
    assert_eq!(here.messages().await[0], "1 in 1 no. 1 of 1 at 1740823200123456: hola");
    let report = here.try_bring(Dialect::Mrm, &mrm, None).await.unwrap();
    assert_eq!((report.people.brought, report.messages.brought), (3, 2));
    here.check_logs().await;
});

#[tokio::test]
async fn only_the_operator_imports() {
    let (file, mut here) = (File::of(&layouts::mrm()).await, Here::on(Db::Sqlite).await);
    let original = Original::open(Dialect::Mrm, file.path().to_str().unwrap()).await.unwrap();
    let refused = here.app.app.import(&Viewer::Anonymous, &original, ImportRequest::default(), &|_| {}).await;
    assert!(matches!(refused, Err(ImportError::Ours(_))));
    assert!(here.people().await.is_empty());
}

/// Every file of a folder with what is in it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}
