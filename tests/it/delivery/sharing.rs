//! Readers who ask the same share the result; what is one's own stays one's own.

use super::*;
use crate::support::sql::Sql;

on_both!(what_depends_on_the_viewer_is_shown_to_its_viewer_alone, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let private = "subscription($r: ID!) { messageAdded(roomId: $r) {
        message { clientMessageId sender { email } room { viewerRole } } } }";
    let mut sockets = Vec::new();
    for caller in [&amber, &basil, &amber] {
        let mut socket = follow(&app, caller, private, json!({ "r": room })).await;
        opened(&mut socket, &amber, &room).await;
        sockets.push(socket);
    }
    let send = json!({ "roomId": room, "text": "mine", "clientMessageId": "key of amber" });
    amber.mutate("sendMessage", send, "errors { code }").await;
    amber.say(&room, "the end").await;
    let own = json!({ "clientMessageId": "key of amber", "sender": { "email": "amber@example.com" },
        "room": { "viewerRole": "OWNER" } });
    let foreign =
        json!({ "clientMessageId": null, "sender": { "email": null }, "room": { "viewerRole": "MEMBER" } });
    for (socket, seen) in sockets.iter_mut().zip([&own, &foreign, &own]) {
        loop {
            let message = next(socket).await["message"].take();
            let keyless = message["clientMessageId"].is_null();
            if &message == seen && (!keyless || seen["clientMessageId"].is_null()) {
                break;
            }
            assert!(keyless, "{message}");
        }
    }
});

on_both!(those_who_ask_with_other_variables_get_their_own_result, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let query = "subscription($r: ID!, $t: Boolean!, $a: String) { messageAdded(roomId: $r, after: $a) {
        message { seq text @include(if: $t) } } }";
    let start = head(&amber, &room).await;
    let mut with = follow(&app, &amber, query, json!({ "r": room, "t": true, "a": start })).await;
    let mut without = follow(&app, &amber, query, json!({ "r": room, "t": false, "a": start })).await;
    amber.say(&room, "hello").await;
    assert_eq!(next(&mut with).await["message"], json!({ "seq": 1, "text": "hello" }));
    assert_eq!(next(&mut without).await["message"], json!({ "seq": 1 }));
});

on_both!(one_who_was_removed_meanwhile_spoils_nothing_for_the_others, async |db: Db| {
    let app = TestApp::start(db.clone()).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let query = "subscription($r: ID!) { roomEvents(roomId: $r) { __typename ... on RoomChanged { room { name } } } }";
    let mut sockets = Vec::new();
    // Whoever is first makes the result for all; most of these are basil.
    for caller in [&basil, &basil, &basil, &amber] {
        let mut socket = follow(&app, caller, query, json!({ "r": room })).await;
        while next(&mut socket).await["__typename"] != "CaughtUp" {}
        sockets.push(socket);
    }
    // As in the moment before those who deliver are told of it.
    let mut sql = Sql::open(&db, app.data.path()).await;
    sql.run("DELETE FROM members WHERE user_key = (SELECT key FROM users WHERE username = 'basil')").await;
    for number in 0..12 {
        let name = format!("Room {number}");
        amber.mutate("updateRoom", json!({ "roomId": room, "name": name }), "errors { code }").await;
        // Basil sees what was made for all, or that he no longer sees anything; the others always see it.
        let (of_amber, of_basil) = sockets.split_last_mut().unwrap();
        for socket in of_basil {
            let seen = next(socket).await;
            assert!(seen["room"].is_null() || seen["room"]["name"] == name, "{seen}");
        }
        assert_eq!(next(of_amber).await["room"], json!({ "name": name }), "round {number}");
    }
});
