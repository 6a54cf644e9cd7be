//! Who may follow, and what ends it.

use super::*;

on_both!(only_members_follow_and_others_learn_no_more_than_from_a_query, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[]).await;
    for query in [MESSAGES, EVENTS] {
        let mut socket = follow(&app, &basil, query, json!({ "r": room })).await;
        assert_eq!(end(&mut socket).await, "NOT_FOUND");
        let mut socket = follow(&app, &app.anonymous(), query, json!({ "r": room })).await;
        assert_eq!(end(&mut socket).await, "UNAUTHENTICATED");
        let mut socket = follow(&app, &basil, query, json!({ "r": "nonsense" })).await;
        assert_eq!(end(&mut socket).await, "BAD_INPUT");
    }
});

on_both!(one_who_is_removed_hears_nothing_more, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let mut socket = follow(&app, &basil, MESSAGES, json!({ "r": room })).await;
    opened(&mut socket, &amber, &room).await;
    amber.mutate("removeMember", json!({ "roomId": room, "userId": basil.id }), "errors { code }").await;
    amber.say(&room, "secret").await;
    loop {
        let message = socket.hear_past_pings().await;
        if message["type"] == "next" {
            assert_eq!(message["payload"]["data"]["messageAdded"]["message"]["text"], "is it open?");
            continue;
        }
        assert_eq!(message["payload"][0]["extensions"]["code"], "NOT_A_MEMBER", "{message}");
        return;
    }
});

on_both!(one_who_left_and_came_back_may_replay_the_past, async |db: Db| {
    let app = TestApp::start(db).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let start = head(&amber, &room).await;
    amber.say(&room, "one").await;
    basil.mutate("leaveRoom", json!({ "roomId": room }), "errors { code }").await;
    amber.mutate("addMembers", json!({ "roomId": room, "userIds": [basil.id] }), "errors { code }").await;
    amber.say(&room, "two").await;
    let mut socket = follow(&app, &basil, MESSAGES, json!({ "r": room, "a": start })).await;
    assert_eq!(texts(&mut socket, 2).await, [(1, "one".to_owned()), (2, "two".to_owned())]);
});

on_both!(logging_out_closes_every_socket_of_the_session, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let other = app.login("amber", crate::support::app::PASSWORD).await;
    let mut sockets = [
        Socket::ready(&app, amber.token.as_deref()).await,
        Socket::ready(&app, amber.token.as_deref()).await,
    ];
    let mut spared = Socket::ready(&app, other.token.as_deref()).await;
    amber.mutate("logout", json!({}), "loggedOut errors { code }").await;
    for socket in &mut sockets {
        assert_eq!(socket.closed().await.0, 4403);
    }
    assert_eq!(spared.ask("{ viewer { username } }", json!({})).await["data"]["viewer"]["username"], "amber");
});

on_both!(changing_the_password_closes_every_socket_of_the_person, async |db: Db| {
    let app = TestApp::start(db).await;
    let amber = app.user("amber").await;
    let other = app.login("amber", crate::support::app::PASSWORD).await;
    let mut sockets = [
        Socket::ready(&app, amber.token.as_deref()).await,
        Socket::ready(&app, other.token.as_deref()).await,
    ];
    let change =
        json!({ "currentPassword": crate::support::app::PASSWORD, "newPassword": "another long phrase" });
    amber.mutate("changePassword", change, "errors { code }").await;
    for socket in &mut sockets {
        assert_eq!(socket.closed().await.0, 4403);
    }
});
