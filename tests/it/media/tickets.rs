//! Tickets: once, for whoever holds the link, for as many bytes as announced.

use chrono::TimeDelta;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{fetch, file_in, header, put, refusal, send_files, stored, sweep, ticket, upload};
use crate::on_both;
use crate::support::{Db, TestApp};

on_both! {
    async fn a_file_is_announced_sent_and_shown(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let given = ticket(&amber, "../../etc/plan für alle.txt", 5).await;
        assert_eq!(given["maxBytes"], 5);
        assert_eq!(given["headers"], json!([{ "name": "Content-Type", "value": "text/plain" }]));
        let sent = put(&amber, &given, "hello").await;
        assert_eq!((sent.status().as_u16(), header(&sent, "content-length")), (204, ""));
        let file = send_files(&amber, &room, &[given["id"].as_str().unwrap()]).await.remove(0);
        assert_eq!(file["id"], given["id"], "the ticket becomes the file");
        assert_eq!(file["fileName"], "plan für alle.txt");
        assert_eq!((&file["kind"], &file["byteSize"]), (&json!("FILE"), &json!(5)));
        assert_eq!(file["contentType"], "application/octet-stream", "whatever was said");
        assert_eq!((&file["width"], &file["height"], &file["thumbnailUrl"]), (&json!(null), &json!(null), &json!(null)));
        let shown = fetch(&app, &file["url"]).await;
        assert_eq!(header(&shown, "content-type"), "application/octet-stream");
        assert_eq!(
            header(&shown, "content-disposition"),
            "attachment; filename=\"plan f_r alle.txt\"; filename*=UTF-8''plan%20f%C3%BCr%20alle.txt"
        );
        assert_eq!(shown.text().await.unwrap(), "hello");
    }

    async fn a_ticket_is_for_one_file_of_one_size_for_a_while(app) {
        let amber = app.user("amber").await;
        let given = ticket(&amber, "a.txt", 5).await;
        for wrong in ["hell", "hello!"] {
            assert_eq!(refusal(put(&amber, &given, wrong).await).await, (400, "BAD_INPUT".into()), "{wrong}");
        }
        // Without a length in the head, too.
        let pieces = |texts: &[&'static str]| {
            let pieces: Vec<Result<&'static str, std::io::Error>> = texts.iter().map(|text| Ok(*text)).collect();
            reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
        };
        for wrong in [&["he", "ll"][..], &["hello", "!"], &[]] {
            assert_eq!(refusal(put(&amber, &given, pieces(wrong)).await).await, (400, "BAD_INPUT".into()), "{wrong:?}");
        }
        assert_eq!(put(&amber, &given, pieces(&["he", "llo"])).await.status(), 204, "nothing of them was stored");
        assert_eq!(refusal(put(&amber, &given, "hello").await).await, (409, "CONFLICT".into()));

        let (late, other) = (ticket(&amber, "b.txt", 5).await, ticket(&amber, "c.txt", 5).await);
        let url = other["url"].as_str().unwrap();
        let (_, query) = url.split_once('?').unwrap();
        let (late_path, late_query) = late["url"].as_str().unwrap().split_once('?').unwrap();
        let later = late_query.replacen("expires=1", "expires=2", 1);
        for forged in [late_path.to_owned(), format!("{late_path}?{query}"), format!("{late_path}?{later}"),
            format!("{}/media/uploads/none?{query}", app.base)] {
            let response = amber.http.put(&forged).body("hello").send().await.unwrap();
            assert_eq!(refusal(response).await, (404, "NOT_FOUND".into()), "{forged}");
        }
        app.pass(TimeDelta::minutes(16));
        assert_eq!(refusal(put(&amber, &late, "hello").await).await, (403, "FORBIDDEN".into()));
        let got = amber.http.get(url).send().await.unwrap();
        assert_eq!(got.status(), 405, "a ticket is no link to what it brought");
    }

    async fn only_own_complete_unused_files_go_with_a_message(app) {
        let (amber, boris) = (app.user("amber").await, app.user("boris").await);
        let room = amber.room("Den", &[&boris]).await;
        let (mine, his) = (upload(&amber, "a.txt", b"mine".to_vec()).await, upload(&boris, "b.txt", b"his".to_vec()).await);
        let empty = ticket(&amber, "c.txt", 5).await["id"].as_str().unwrap().to_owned();
        let used = file_in(&amber, &room, "d.txt", b"used".to_vec()).await["id"].as_str().unwrap().to_owned();
        let over = upload(&amber, "e.txt", b"late".to_vec()).await;
        let refused = async |ids: &[&str]| {
            let input = json!({ "roomId": room, "text": "look", "uploadIds": ids });
            let payload = amber.try_mutate("sendMessage", input, "").await;
            assert_eq!(payload["errors"][0]["path"], json!(["input", "uploadIds"]), "{payload}");
            let code = payload["errors"][0]["code"].as_str().unwrap().to_owned();
            (code, payload["errors"][0]["message"].as_str().unwrap().to_owned())
        };
        for (ids, number) in [
            (&[mine.as_str(), his.as_str()][..], 2),
            (&[empty.as_str()], 1),
            (&[mine.as_str(), used.as_str()], 2),
            (&[mine.as_str(), mine.as_str()], 2),
        ] {
            let (code, message) = refused(ids).await;
            assert_eq!(code, "BAD_INPUT");
            assert!(message.contains(&format!("File {number} ")), "{message}");
        }
        assert_eq!(refused(&["no id"]).await.0, "BAD_INPUT");
        assert_eq!(refused(&[room.as_str()]).await.0, "BAD_INPUT");
        let many: Vec<&str> = std::iter::repeat_n(mine.as_str(), 11).collect();
        assert_eq!(refused(&many).await.0, "TOO_LONG");
        let history = amber.ask("query($r: ID!) { messages(roomId: $r) { totalCount } }", json!({ "r": room })).await;
        assert_eq!(history["messages"]["totalCount"], 1, "none of these was stored");
        app.pass(TimeDelta::hours(25));
        let again = app.login("amber", crate::support::app::PASSWORD).await;
        let input = json!({ "roomId": room, "uploadIds": [over] });
        assert_eq!(again.refused("sendMessage", input).await, ["BAD_INPUT"], "its time is over");
        assert_eq!(stored(&app, "tmp").len(), 4);
        sweep(&app).await;
        assert_eq!(stored(&app, "tmp").len(), 1, "what nobody used is gone, and what a message has is not");
    }

    async fn what_is_announced_is_bounded(app) {
        let amber = app.user("amber").await;
        let input = |name: &str, kind: &str, size: i64| json!({ "fileName": name, "contentType": kind, "byteSize": size });
        for (wrong, code) in [
            (input("a", "text/plain", 0), "BAD_INPUT"),
            (input("a", "text/plain", -1), "BAD_INPUT"),
            (input("a", "text/plain", 26_214_401), "BAD_INPUT"),
            (input("", "text/plain", 1), "EMPTY"),
            (input("..", "text/plain", 1), "EMPTY"),
            (input(&"a".repeat(256), "text/plain", 1), "TOO_LONG"),
            (input("a", "text", 1), "BAD_INPUT"),
            (input("a", "text/plain\r\nx: y", 1), "BAD_INPUT"),
        ] {
            assert_eq!(amber.refused("createUpload", wrong.clone()).await, [code], "{wrong}");
        }
        let call = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { ticket { id } errors { code } } }";
        assert_eq!(app.anonymous().code(call, json!({ "i": input("a", "text/plain", 1) })).await, "UNAUTHENTICATED");
        for _ in 0..5 {
            ticket(&amber, "a.bin", 26_214_400).await;
        }
        let large = json!({ "i": input("a", "text/plain", 26_214_400) });
        assert_eq!(amber.code(call, large.clone()).await, "RATE_LIMITED", "in bytes");
        for _ in 5..30 {
            ticket(&amber, "a.txt", 1).await;
        }
        assert_eq!(amber.code(call, json!({ "i": input("a", "text/plain", 1) })).await, "RATE_LIMITED", "in files");
        app.user("boris").await.mutate("createUpload", input("a", "text/plain", 1), "").await;
        app.pass(TimeDelta::minutes(16));
        let again = app.login("amber", crate::support::app::PASSWORD).await;
        again.ask(call, large).await;
    }
}

#[tokio::test]
async fn a_file_may_be_larger_than_other_bodies_and_no_larger_than_allowed() {
    let app =
        TestApp::with(Db::Sqlite, &[("HTTP_BODY_BYTES_MAX", "1024"), ("MEDIA_FILE_BYTES_MAX", "3000000")])
            .await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let bytes: Vec<u8> = (0..2_999_999_u32).map(|number| (number * 31 % 251) as u8).collect();
    let file = file_in(&amber, &room, "a.bin", bytes.clone()).await;
    assert_eq!(fetch(&app, &file["url"]).await.bytes().await.unwrap(), bytes);
    let given = ticket(&amber, "b.bin", 10).await;
    let refused = put(&amber, &given, vec![0; 3_000_001]).await;
    assert_eq!(refusal(refused).await, (413, "PAYLOAD_TOO_LARGE".into()));
}

#[tokio::test]
async fn more_at_once_than_there_are_turns_are_told_to_come_back() {
    let app = TestApp::with(Db::Sqlite, &[("MEDIA_RECEIVING_MAX", "1")]).await;
    let amber = app.user("amber").await;
    let (slow, next) = (ticket(&amber, "a.bin", 4).await, ticket(&amber, "b.bin", 4).await);
    let path = slow["url"].as_str().unwrap().strip_prefix(&app.base).unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    let mut sending = TcpStream::connect(app.address).await.unwrap();
    sending.write_all(head.as_bytes()).await.unwrap();
    // Told to go on, it has its turn.
    assert!(hear(&mut sending).await.starts_with("HTTP/1.1 100"));
    let refused = put(&amber, &next, "abcd").await;
    assert_ne!(header(&refused, "retry-after"), "");
    assert_eq!(refusal(refused).await, (503, "UNAVAILABLE".into()));
    sending.write_all(b"abcd").await.unwrap();
    assert!(hear(&mut sending).await.starts_with("HTTP/1.1 204"));
    assert_eq!(put(&amber, &next, "abcd").await.status(), 204);
    let scraped = app.http.get(format!("{}/metrics", app.base)).send().await.unwrap().text().await.unwrap();
    assert!(scraped.contains("tertulia_uploads_total{result=\"stored\"} 2"), "{scraped}");
    assert!(scraped.contains("tertulia_media_stored_bytes_total 8"), "{scraped}");
}

async fn hear(stream: &mut TcpStream) -> String {
    let mut heard = [0; 2048];
    let count = stream.read(&mut heard).await.unwrap();
    String::from_utf8_lossy(&heard[..count]).into_owned()
}
