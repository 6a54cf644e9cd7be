//! Readers who ask the same share the result; what is one's own stays one's own.

use super::*;

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
