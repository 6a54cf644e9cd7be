//! Edits and deletions between the nodes of one installation.

use super::live::{EVENTS, INBOX, follow, next, until};
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_and_a_deletion_are_told_on_the_other_node_without_a_look() {
    // Longer than the test, so that what arrives was told and not looked up.
    let Some(pair) = TestApp::pair(&[("LIVE_LOOK_ALWAYS", "1h")]).await else { return };
    for node in [&pair.one, &pair.other] {
        let mut health = node.app.hub().bus_health();
        health.wait_for(|heard| *heard).await.unwrap();
    }
    let (amber, basil) = (pair.one.user("amber").await, pair.one.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let start = head(&amber, &room).await;
    let mut there = follow(&pair.other, &basil, EVENTS, json!({ "r": room })).await;
    let mut inbox = follow(&pair.other, &basil, INBOX, json!({})).await;
    until(&mut there, "CaughtUp").await;
    until(&mut inbox, "CaughtUp").await;
    let message = send(&amber, &room, "one").await;
    assert_eq!(next(&mut there).await["message"]["text"], "one");
    edit(&amber, &message, "two").await;
    assert_eq!(next(&mut there).await["message"]["text"], "two");
    delete(&pair.other.same(&amber), &message).await;
    let deleted = next(&mut there).await;
    assert_eq!((&deleted["__typename"], &deleted["messageId"]), (&json!("MessageDeleted"), &json!(message)));
    for kind in ["MessageAdded", "MessageChanged", "MessageDeleted"] {
        assert_eq!(next(&mut inbox).await["__typename"], kind);
    }
    // One that comes back to the other node is shown its ring, and nothing of the text.
    let mut again = follow(&pair.other, &basil, EVENTS, json!({ "r": room, "a": start })).await;
    for kind in ["MessageAdded", "MessageChanged"] {
        assert_eq!(until(&mut again, kind).await["message"]["text"], "", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_that_the_bus_lost_is_found_by_the_next_look() {
    let Some(mut pair) = TestApp::pair(&[("LIVE_LOOK_WHEN_DEAF", "100ms")]).await else { return };
    let (amber, basil) = (pair.one.user("amber").await, pair.one.user("basil").await);
    let room = amber.room("Den", &[&basil]).await;
    let mut there = follow(&pair.other, &basil, EVENTS, json!({ "r": room })).await;
    until(&mut there, "CaughtUp").await;
    let message = send(&amber, &room, "one").await;
    assert_eq!(next(&mut there).await["message"]["text"], "one");
    pair.redis.stop();
    delete(&amber, &message).await;
    assert_eq!(next(&mut there).await["messageId"], message.as_str());
}
