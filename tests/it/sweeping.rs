//! Housekeeping: what is deleted is emptied, what is over is forgotten, and nothing else is touched.

use chrono::TimeDelta;
use serde_json::json;
use tertulia::domain::ids::RoomKey;
use tertulia::domain::paging::{End, Page};
use tertulia::domain::sessions::Viewer;
use tertulia::storage::messages;

use crate::on_both;
use crate::support::{Caller, TestApp};

async fn key_of(caller: &Caller, room: &str) -> RoomKey {
    let answer = caller.ask("query($r: ID!) { room(id: $r) { databaseId } }", json!({ "r": room })).await;
    RoomKey(answer["room"]["databaseId"].as_i64().unwrap())
}

async fn stored_messages(app: &TestApp, room: RoomKey) -> usize {
    let page = Page { end: End::First, limit: 100, after: None, before: None };
    let read =
        app.app.store().read(move |conn| Box::pin(async move { messages::page(conn, room, &page).await }));
    read.await.unwrap().items.len()
}

on_both! {
    async fn a_deleted_room_is_emptied_and_no_other(app) {
        let amber = app.user("amber").await;
        let (gone, kept) = (amber.room("Gone", &[]).await, amber.room("Kept", &[]).await);
        for room in [&gone, &kept] {
            amber.say(room, "one").await;
            amber.say(room, "two").await;
        }
        let (gone_key, kept_key) = (key_of(&amber, &gone).await, key_of(&amber, &kept).await);
        amber.mutate("deleteRoom", json!({ "roomId": gone }), "").await;
        assert_eq!(stored_messages(&app, gone_key).await, 2, "the deletion itself is short");
        app.app.sweep(&Viewer::Operator).await.unwrap();
        assert_eq!(stored_messages(&app, gone_key).await, 0);
        assert_eq!(stored_messages(&app, kept_key).await, 2);
    }

    async fn live_sessions_outlive_the_sweep_and_stale_ones_do_not(app) {
        let amber = app.user("amber").await;
        app.app.sweep(&Viewer::Operator).await.unwrap();
        amber.ask("{ viewer { id } }", json!({})).await;
        // Past the session's own end, and then past the time it is kept for.
        app.pass(TimeDelta::days(61));
        app.app.sweep(&Viewer::Operator).await.unwrap();
        let input = json!({ "refreshToken": amber.refresh });
        assert_eq!(app.anonymous().refused("logout", input).await, ["BAD_CREDENTIALS"], "it is forgotten");
    }

    async fn only_the_operator_sweeps(app) {
        assert!(app.app.sweep(&Viewer::Anonymous).await.is_err());
    }
}
