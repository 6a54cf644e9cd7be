//! Sending messages: order, repetition, refusals.

use serde_json::json;

use crate::on_both;

on_both! {
    async fn messages_are_numbered_in_the_order_they_are_stored(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for number in 1..=5 {
            let sent = amber.say(&room, &format!("message {number}")).await;
            assert_eq!(sent["message"]["seq"], json!(number));
        }
    }

    async fn the_same_client_message_id_never_makes_a_second_message(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let input = json!({ "roomId": room, "text": "once", "clientMessageId": "k1" });
        let first = amber.mutate("sendMessage", input.clone(), "message { id } duplicate").await;
        let again = amber.mutate("sendMessage", input, "message { id } duplicate").await;
        assert_eq!(first["message"]["id"], again["message"]["id"]);
        assert_eq!((first["duplicate"].as_bool(), again["duplicate"].as_bool()), (Some(false), Some(true)));
        let other = json!({ "roomId": room, "text": "other", "clientMessageId": "k1" });
        assert_eq!(amber.refused("sendMessage", other).await, ["CONFLICT"]);
    }

    async fn concurrent_sends_leave_no_hole_and_no_tie(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let sends = (0..40).map(|number| {
            let (amber, room) = (amber.clone(), room.clone());
            tokio::spawn(async move { amber.say(&room, &number.to_string()).await["message"]["seq"].as_i64().unwrap() })
        });
        let mut seqs = Vec::new();
        for send in sends.collect::<Vec<_>>() {
            seqs.push(send.await.unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
    }
}
