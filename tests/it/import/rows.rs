//! Rows that no original should have, and some have.

use tertulia::storage::originals::Dialect;

use super::{File, Here, contents, layouts, remarked};
use crate::on_both;
use crate::support::Db;
use crate::support::sql::Sql;

on_both!(rows_that_point_nowhere_are_left_out_or_come_without_what_is_missing, async |db: Db| {
    let file = File::of(&layouts::condor()).await;
    file.run(
        "INSERT INTO chat_message VALUES (20, 'of nobody known', '2025-03-02 10:00:00', 99), (21, 'nowhere', '2025-03-02 10:00:01', 1),
            (22, 'in a room that is gone', '2025-03-02 10:00:02', 1), (23, 'twice', '2025-03-02 10:00:03', 1);
         INSERT INTO chat_room_messages VALUES (20, 2, 20), (22, 77, 22), (23, 1, 23), (24, 2, 23);
         INSERT INTO chat_room_participants VALUES (20, 2, 98), (21, 2, 1), (22, 66, 1)",
    )
    .await;
    let mut here = Here::on(db).await;
    let report = here.bring(Dialect::Condor, &file).await;
    let messages = here.messages().await;
    assert!(
        messages.contains(&"20 in 2 no. 3 of nobody at 1740909600000000: of nobody known".to_owned()),
        "{messages:?}"
    );
    // A message that is in two rooms is two, and one has the number.
    assert!(messages.contains(&"23 in 1 no. 3 of 1 at 1740909603000000: twice".to_owned()), "{messages:?}");
    assert!(messages.contains(&"24 in 2 no. 4 of 1 at 1740909603000000: twice".to_owned()), "{messages:?}");
    assert_eq!((remarked(&report, "in no room"), remarked(&report, "room is not there")), (1, 1));
    assert_eq!(
        (remarked(&report, "without a sender"), remarked(&report, "people who are not there")),
        (1, 1)
    );
    assert_eq!(report.messages.left_out, 2);
    here.check_logs().await;
    let before = here.everything().await;
    here.bring(Dialect::Condor, &file).await;
    assert_eq!(here.everything().await, before);
});

on_both!(times_that_nobody_lived_through_become_others, async |db: Db| {
    let file = File::of(&layouts::mrm()).await;
    file.run(
        "UPDATE chat_user SET date_joined = '0001-01-01 00:00:00' WHERE id = 1;
         UPDATE chat_chat SET created_at = 'last week' WHERE id = 2;
         DELETE FROM chat_message;
         INSERT INTO chat_message VALUES (1, 'good', '2025-03-01 10:00:00', 1, 1), (2, 'far', '9999-12-31 23:59:59.999999', 1, 1),
            (3, 'words', 'yesterday', 1, 1), (4, 'old', '1969-12-31 23:59:59', 1, 2)",
    )
    .await;
    let mut here = Here::on(db).await;
    let report = here.bring(Dialect::Mrm, &file).await;
    // In the order of the original's own times, the unreadable ones with the time before them.
    assert_eq!(
        here.messages().await,
        [
            "4 in 1 no. 1 of 2 at 1800000000000000: old",
            "1 in 1 no. 2 of 1 at 1740823200000000: good",
            "2 in 1 no. 3 of 1 at 1740823200000000: far",
            "3 in 1 no. 4 of 1 at 1740823200000000: words",
        ]
    );
    assert_eq!(remarked(&report, "time of the one before"), 3);
    assert_eq!(
        (remarked(&report, "accounts count as made now"), remarked(&report, "rooms count as made now")),
        (1, 1)
    );
    here.check_logs().await;
});

on_both!(texts_that_cannot_be_stored_as_they_are_come_as_far_as_they_can, async |db: Db| {
    let file = File::of(&layouts::mrm()).await;
    file.run(
        "DELETE FROM chat_message;
         INSERT INTO chat_message VALUES (1, 'a' || char(0) || 'b', '2025-03-01 10:00:00', 1, 1),
            (2, CAST(x'6361c3a9ff' AS TEXT), '2025-03-01 10:00:01', 1, 1),
            (3, replace(hex(zeroblob(2500)), '0', 'x'), '2025-03-01 10:00:02', 1, 1),
            (4, x'626c6f62', '2025-03-01 10:00:03', 1, 1), (5, 42, '2025-03-01 10:00:04', 1, 1);
         UPDATE chat_user SET username = 'two words' WHERE id = 1;
         UPDATE chat_user SET username = 'BORIS' WHERE id = 3;
         UPDATE chat_user SET first_name = replace(hex(zeroblob(200)), '0', 'y') WHERE id = 2;
         UPDATE chat_chat SET name = '  '",
    )
    .await;
    let mut here = Here::on(db).await;
    let report = here.bring(Dialect::Mrm, &file).await;
    let texts = here.sql.lines("SELECT text AS line FROM messages ORDER BY key").await;
    assert_eq!(texts[0], "ab");
    assert_eq!(texts[1], "caé\u{fffd}");
    assert_eq!(texts[2].chars().count(), 4000);
    assert_eq!(texts[3..], ["blob", "42"]);
    assert_eq!(remarked(&report, "were cut"), 1);
    let people = here.people().await;
    assert!(people[0].starts_with("1 two words "), "{people:?}");
    // Usernames are unique here without regard to case.
    assert!(people[2].starts_with("3 BORIS-2 "), "{people:?}");
    let first = here.sql.lines("SELECT first_name AS line FROM users WHERE key = 2").await;
    assert_eq!(first[0].chars().count(), 150);
    let names = here.sql.lines("SELECT name AS line FROM rooms WHERE key = 2").await;
    assert_eq!(names, ["clara Reed"]);
});

on_both!(passwords_that_are_no_hashes_are_not_kept, async |db: Db| {
    let file = File::of(&layouts::condor()).await;
    file.run(
        "UPDATE auth_user SET password = 'plain as day' WHERE id = 1;
         UPDATE auth_user SET password = '!unusable' WHERE id = 2",
    )
    .await;
    let mut here = Here::on(db).await;
    let report = here.bring(Dialect::Condor, &file).await;
    assert_eq!(here.sql.lines("SELECT password_hash AS line FROM users WHERE key < 5").await, ["!", "!"]);
    assert_eq!(remarked(&report, "until they get a password"), 2);
    for password in ["plain as day", "!", "!unusable"] {
        let input = serde_json::json!({ "usernameOrEmail": "amber", "password": password });
        assert_eq!(here.app.anonymous().refused("login", input).await, ["BAD_CREDENTIALS"]);
    }
});

on_both!(who_left_and_what_was_deleted_here_does_not_come_back, async |db: Db| {
    let file = File::of(&layouts::condor()).await;
    let mut here = Here::on(db).await;
    here.bring(Dialect::Condor, &file).await;
    let at = match here.sql {
        Sql::Sqlite(_) => "1",
        Sql::Postgres(_) => "now()",
    };
    here.sql
        .run(&format!(
            "UPDATE rooms SET deleted_at = {at} WHERE key = 4;
             DELETE FROM members WHERE room_key = 2 AND user_key = 2; UPDATE rooms SET member_count = 2 WHERE key = 2;
             DELETE FROM users WHERE key = 5; UPDATE rooms SET member_count = 1 WHERE key = 2"
        ))
        .await;
    file.run(
        "INSERT INTO chat_message VALUES (30, 'too late', '2025-03-02 10:00:00', 1), (31, 'of one who went', '2025-03-02 10:00:01', 5);
         INSERT INTO chat_room_messages VALUES (30, 4, 30), (31, 2, 31)",
    )
    .await;
    let report = here.bring(Dialect::Condor, &file).await;
    assert_eq!((report.people.brought, report.rooms.brought, report.members), (0, 0, 0));
    assert_eq!(remarked(&report, "was deleted here"), 1);
    assert_eq!(
        here.messages().await.last().unwrap(),
        "31 in 2 no. 3 of nobody at 1740909601000000: of one who went"
    );
    assert_eq!(here.people().await.len(), 2);
});

#[tokio::test]
async fn an_original_is_only_read_even_while_its_server_writes() {
    let file = File::of(&layouts::mrm()).await;
    let mut here = Here::on(Db::Sqlite).await;
    let before = contents(file.folder.path());
    here.bring(Dialect::Mrm, &file).await;
    assert!(before == contents(file.folder.path()), "the original was changed");
    // A server that is running: a log that is not yet in the file, and a connection that holds it.
    let mut running = Sql::file(&file.path());
    running.run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").await;
    running.run("INSERT INTO chat_message VALUES (3, 'in the log', '2025-03-01 10:00:02', 1, 1)").await;
    let report = here.bring(Dialect::Mrm, &file).await;
    assert_eq!((report.messages.known, report.messages.brought), (2, 1));
    assert_eq!(here.messages().await.last().unwrap(), "3 in 1 no. 3 of 1 at 1740823202000000: in the log");
    running.run("INSERT INTO chat_message VALUES (4, 'on it goes', '2025-03-01 10:00:03', 1, 1)").await;
}

#[tokio::test]
async fn more_rows_than_a_page_come_in_order() {
    let file = File::of(&layouts::mrm()).await;
    file.run(
        "DELETE FROM chat_message;
         WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < 1234)
         INSERT INTO chat_message SELECT value, 'no. ' || value, '2025-03-01 10:00:00.' || printf('%06d', value), 1 + value % 2, 1
            FROM numbers",
    )
    .await;
    let mut here = Here::on(Db::Sqlite).await;
    let report = here.bring(Dialect::Mrm, &file).await;
    assert_eq!((report.messages.brought, report.messages.kept_number), (1234, 1234));
    here.check_logs().await;
    let order = "SELECT text AS line FROM messages WHERE room_key = 2 ORDER BY seq";
    let expected: Vec<String> = (1..=1234).filter(|n| n % 2 == 1).map(|n| format!("no. {n}")).collect();
    assert_eq!(here.sql.lines(order).await, expected);
}
