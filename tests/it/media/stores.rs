//! Where bytes are kept, and that a server that dies leaves nothing behind for ever.

use std::fs;

use chrono::TimeDelta;
use serde_json::json;
use tertulia::domain::media::MediaPath;
use tertulia::storage::loose_files;

use super::{fetch, file_in, header, png, put, raw, refusal, send_files, stored, sweep, ticket, upload};
use crate::on_both;
use crate::support::moto::Moto;
use crate::support::{Db, TestApp};

on_both! {
    async fn what_a_killed_server_had_written_is_removed_in_time(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let kept = file_in(&amber, &room, "a.txt", b"kept".to_vec()).await;
        // As between the bytes and the commit, and in the middle of the bytes.
        let folder = app.data.path().join("media/tmp");
        let paths: Vec<MediaPath> =
            ["whole", "half"].iter().map(|name| MediaPath::parse(&format!("tmp/{name}-0123456789abcdef.bin")).unwrap()).collect();
        fs::write(folder.join(paths[0].name()), "orphan").unwrap();
        fs::write(folder.join(format!("{}#1", paths[1].name())), "orp").unwrap();
        let until = app.clock.now() + TimeDelta::minutes(15);
        let entered = paths.clone();
        let enter = app.app.store().write(move |conn| Box::pin(async move { loose_files::enter(conn, &entered, until).await }));
        enter.await.unwrap();
        sweep(&app).await;
        assert_eq!(stored(&app, "tmp").len(), 3, "another node may be at it");
        app.pass(TimeDelta::minutes(16));
        sweep(&app).await;
        assert_eq!(stored(&app, "tmp").len(), 1);
        let read = app.app.store().read(|conn| Box::pin(async move {
            loose_files::due(conn, chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap(), 100).await
        }));
        assert_eq!(read.await.unwrap(), [], "and is remembered no longer");
        assert_eq!(fetch(&app, &kept["url"]).await.status(), 200);
    }

    async fn a_row_without_its_file_breaks_no_reader(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let file = file_in(&amber, &room, "a.txt", b"lost".to_vec()).await;
        let lost = upload(&amber, "b.txt", b"lost too".to_vec()).await;
        let gone = upload(&amber, "c.png", png(4, 4)).await;
        fs::remove_dir_all(app.data.path().join("media/tmp")).unwrap();
        assert_eq!(refusal(fetch(&app, &file["url"]).await).await, (404, "NOT_FOUND".into()));
        let query = "query($r: ID!) { messages(roomId: $r) { nodes { attachments { fileName url } } } }";
        let history = amber.ask(query, json!({ "r": room })).await;
        assert_eq!(history["messages"]["nodes"][0]["attachments"][0]["fileName"], "a.txt");
        send_files(&amber, &room, &[&lost]).await;
        assert_eq!(amber.refused("updateProfile", json!({ "avatarUploadId": gone })).await, ["BAD_INPUT"]);
        amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
        app.pass(TimeDelta::hours(25));
        sweep(&app).await;
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_and_may_be_sent_again() {
    let app = TestApp::with(Db::Sqlite, &[("MEDIA_UPLOAD_TIMEOUT", "1s")]).await;
    let amber = app.user("amber").await;
    let given = ticket(&amber, "a.bin", 1_000_000).await;
    let path = given["url"].as_str().unwrap().strip_prefix(&app.base).unwrap();
    // More than is held before it is written.
    let head =
        format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n");
    let answer = raw(&app, &format!("{head}{}", "x".repeat(600_000))).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(stored(&app, "tmp"), Vec::<String>::new());
    assert_eq!(put(&amber, &given, vec![7; 1_000_000]).await.status(), 204);
}

#[tokio::test]
async fn files_are_kept_in_a_bucket() {
    const BUCKET: &str = "tertulia-test";
    let Some(moto) = Moto::start(BUCKET).await else { return };
    let place = format!("s3://{BUCKET}/chat/files");
    let settings = [
        ("MEDIA_URL", place.as_str()),
        ("MEDIA_ENDPOINT", moto.url.as_str()),
        ("MEDIA_ACCESS_KEY", "key"),
        ("MEDIA_SECRET_KEY", "secret"),
        ("MEDIA_ALLOW_HTTP", "on"),
    ];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    // More than one part.
    let bytes: Vec<u8> = (0..11_000_000_u32).map(|number| (number * 31 % 251) as u8).collect();
    let large = file_in(&amber, &room, "large.bin", bytes.clone()).await;
    let picture = file_in(&amber, &room, "a.png", png(600, 20)).await;
    assert_eq!(fetch(&app, &large["url"]).await.bytes().await.unwrap(), bytes);
    let part =
        app.http.get(large["url"].as_str().unwrap()).header("range", "bytes=10999990-").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), header(&part, "content-range")),
        (206, "bytes 10999990-10999999/11000000")
    );
    assert_eq!(part.bytes().await.unwrap(), bytes[10_999_990..]);
    let head = app.http.head(large["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(header(&head, "content-length"), "11000000");
    assert_eq!(fetch(&app, &picture["thumbnailUrl"]).await.status(), 200);
    let face = upload(&amber, "me.png", png(40, 40)).await;
    let shown = amber.mutate("updateProfile", json!({ "avatarUploadId": face }), "user { avatarUrl }").await;
    assert_eq!(fetch(&app, &shown["user"]["avatarUrl"]).await.status(), 200);
    let names = moto.names(BUCKET).await;
    assert!(
        names.iter().all(|name| name.starts_with("chat/files/tmp/") || name.starts_with("chat/files/user/"))
    );
    assert_eq!(names.len(), 5, "{names:?}");
    amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
    sweep(&app).await;
    assert_eq!(moto.names(BUCKET).await.len(), 1, "the face");
    assert!(!app.data.path().join("media").exists());

    let given = ticket(&amber, "b.txt", 5).await;
    drop(moto);
    assert_eq!(refusal(put(&amber, &given, "hello").await).await, (503, "UNAVAILABLE".into()));
    assert_eq!(refusal(fetch(&app, &shown["user"]["avatarUrl"]).await).await, (503, "UNAVAILABLE".into()));
}
