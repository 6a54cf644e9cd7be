//! Readers that were away, or are slower than the room.

use super::*;
use crate::support::Db;
use crate::support::sql::Sql;

/// A ring so small that everyone is soon behind it.
const SMALL: &[(&str, &str)] = &[("LIVE_RING_EVENTS_MAX", "4"), ("RATE_LIMITS", "off")];

on_both!(a_cursor_of_any_age_resumes_behind_its_message, async |db: Db| {
    let app = TestApp::with(db, SMALL).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    for number in 1..=600 {
        amber.say(&room, &format!("m{number}")).await;
    }
    let expected = |from: i64, to: i64| (from..=to).map(|n| (n, format!("m{n}"))).collect::<Vec<_>>();
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": start })).await;
    assert_eq!(texts(&mut socket, 400).await, expected(1, 400));
    let last = next(&mut socket).await;
    assert_eq!((&last["message"]["seq"], &last["replayed"]), (&json!(401), &json!(true)));
    drop(socket);
    let mut again = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": last["cursor"] })).await;
    assert_eq!(texts(&mut again, 199).await, expected(402, 600));
    amber.say(&room, "m601").await;
    let live = next(&mut again).await;
    assert_eq!((&live["message"]["seq"], &live["replayed"]), (&json!(601), &json!(false)));
});

on_both!(a_cursor_of_a_page_resumes_a_subscription_and_the_other_way_round, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    for text in ["one", "two", "three"] {
        amber.say(&room, text).await;
    }
    let page = "query($r: ID!, $a: String) { messages(roomId: $r, first: 1, after: $a) { edges { cursor } nodes { text } } }";
    let paged = amber.ask(page, json!({ "r": room })).await;
    let cursor = &paged["messages"]["edges"][0]["cursor"];
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "a": cursor })).await;
    let second = next(&mut socket).await;
    assert_eq!(second["message"]["text"], "two");
    let third = amber.ask(page, json!({ "r": room, "a": second["cursor"] })).await;
    assert_eq!(third["messages"]["nodes"][0]["text"], "three");
});

on_both!(a_reader_that_falls_out_of_the_ring_gets_the_rest_from_the_database, async |db: Db| {
    let app = TestApp::with(db, SMALL).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let mut socket = follow(&app, &amber, MESSAGES, json!({ "r": room, "n": 0 })).await;
    opened(&mut socket, &amber, &room).await;
    // It does not read while these come, and what fits into no buffer leaves the ring.
    let long = "x".repeat(3_000);
    let mut last = 0;
    for _ in 0..300 {
        last = amber.say(&room, &long).await["message"]["seq"].as_i64().unwrap();
    }
    let mut seen = None;
    while seen != Some(last) {
        let added = next(&mut socket).await;
        let seq = added["message"]["seq"].as_i64().unwrap();
        assert!(seen.is_none_or(|seen| seq == seen + 1), "{seq} after {seen:?}");
        seen = Some(seq);
    }
});

on_both!(removed_messages_are_told_as_trimmed_and_the_rest_arrives, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let start = head(&amber, &room).await;
    for text in ["one", "two", "three", "four", "five"] {
        amber.say(&room, text).await;
    }
    let mut sql = Sql::open(&db, app.data.path()).await;
    sql.run("DELETE FROM messages WHERE seq IN (2, 3, 5)").await;
    let mut socket = follow(&app, &amber, EVENTS, json!({ "r": room, "a": start })).await;
    let started = next(&mut socket).await;
    assert_eq!((&started["__typename"], &started["backlog"]), (&json!("SubscriptionStarted"), &json!(2)));
    assert_eq!(next(&mut socket).await["message"]["seq"], 1);
    let trimmed = next(&mut socket).await;
    assert_eq!((&trimmed["fromSeq"], &trimmed["toSeq"]), (&json!(2), &json!(3)), "{trimmed}");
    assert_eq!(next(&mut socket).await["message"]["seq"], 4);
    let tail = next(&mut socket).await;
    assert_eq!((&tail["fromSeq"], &tail["toSeq"]), (&json!(5), &json!(5)), "{tail}");
    assert_eq!(next(&mut socket).await["__typename"], "CaughtUp");
    amber.say(&room, "six").await;
    assert_eq!(next(&mut socket).await["message"]["seq"], 6);
    // Going on from the trimmed place tells the same no second time.
    let mut again = follow(&app, &amber, EVENTS, json!({ "r": room, "a": trimmed["cursor"] })).await;
    assert_eq!(next(&mut again).await["__typename"], "SubscriptionStarted");
    assert_eq!(next(&mut again).await["message"]["seq"], 4);
});

on_both!(a_cursor_that_fits_no_more_says_so, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let amber = app.user("amber").await;
    let (den, attic) = (amber.room("Den", &[]).await, amber.room("Attic", &[]).await);
    let other = TestApp::start(Db::Sqlite).await;
    let elsewhere = other.user("amber").await;
    let foreign = head(&elsewhere, &elsewhere.room("Den", &[]).await).await;
    amber.say(&den, "one").await;
    let newest = head(&amber, &den).await;
    let mut sql = Sql::open(&db, app.data.path()).await;
    sql.run("DELETE FROM messages; UPDATE rooms SET head = head - 1, last_seq = 0 WHERE name = 'Den'").await;
    let cases = [
        (foreign, "CURSOR_EXPIRED"),
        // As after a backup was restored that is older than the cursor.
        (newest, "CURSOR_EXPIRED"),
        (head(&amber, &attic).await, "CURSOR_INVALID"),
        ("nonsense".to_owned(), "CURSOR_INVALID"),
    ];
    for (cursor, code) in cases {
        for query in [MESSAGES, EVENTS] {
            let mut socket = follow(&app, &amber, query, json!({ "r": den, "a": cursor })).await;
            assert_eq!(end(&mut socket).await, code, "{cursor}");
        }
    }
});
