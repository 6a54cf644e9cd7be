//! Files over HTTP: parts, marks, caches; and nothing to those without a link (row 28 of the security list).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{fetch, file_in, header, png, raw, refusal, upload};
use crate::support::{Caller, Db, TestApp};

async fn scene() -> (TestApp, Caller, Value) {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    let file = file_in(&amber, &room, "a.txt", b"0123456789".to_vec()).await;
    (app, amber, file)
}

#[tokio::test]
async fn a_part_is_given_when_a_part_is_asked_for() {
    let (app, _, file) = scene().await;
    let ask = async |headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(app.http.get(file["url"].as_str().unwrap()), |request, (name, value)| {
                request.header(*name, *value)
            });
        let response = request.send().await.unwrap();
        let told = (response.status().as_u16(), header(&response, "content-range").to_owned());
        (told.0, told.1, response.text().await.unwrap())
    };
    let part = |status: u16, range: &str, text: &str| (status, range.to_owned(), text.to_owned());
    assert_eq!(ask(&[("range", "bytes=2-4")]).await, part(206, "bytes 2-4/10", "234"));
    assert_eq!(ask(&[("range", "bytes=8-99")]).await, part(206, "bytes 8-9/10", "89"));
    assert_eq!(ask(&[("range", "bytes=-3")]).await, part(206, "bytes 7-9/10", "789"));
    assert_eq!(ask(&[("range", "bytes=10-")]).await, part(416, "bytes */10", ""));
    for whole in ["bytes=0-1,3-4", "bytes=5-2", "lines=1-2", "nonsense"] {
        assert_eq!(ask(&[("range", whole)]).await, part(200, "", "0123456789"), "{whole}");
    }
    let etag = header(&fetch(&app, &file["url"]).await, "etag").to_owned();
    assert_eq!(ask(&[("range", "bytes=0-0"), ("if-range", &etag)]).await, part(206, "bytes 0-0/10", "0"));
    assert_eq!(ask(&[("range", "bytes=0-0"), ("if-range", "\"other\"")]).await, part(200, "", "0123456789"));
    assert_eq!(ask(&[("if-none-match", &format!("\"x\", {etag}"))]).await, part(304, "", ""));
    assert_eq!(ask(&[("if-none-match", "\"x\"")]).await, part(200, "", "0123456789"));
}

#[tokio::test]
async fn a_head_says_all_but_the_bytes() {
    let (app, _, file) = scene().await;
    let (url, got) = (file["url"].as_str().unwrap(), fetch(&app, &file["url"]).await);
    let head = app.http.head(url).send().await.unwrap();
    assert_eq!(head.status(), 200);
    for name in
        ["content-length", "content-type", "etag", "cache-control", "accept-ranges", "content-disposition"]
    {
        assert_eq!(header(&head, name), header(&got, name), "{name}");
        assert_ne!(header(&head, name), "", "{name}");
    }
    assert!(header(&head, "cache-control").starts_with("private, max-age="));
    assert_eq!(head.text().await.unwrap(), "");
    assert_eq!(app.http.post(url).send().await.unwrap().status(), 405);
    assert_eq!(app.http.delete(url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_link_is_good_for_a_while_and_the_same_for_a_while() {
    let (app, amber, file) = scene().await;
    let url = async || {
        let query = "query($f: ID!) { node(id: $f) { ... on Attachment { url } } }";
        amber.ask(query, json!({ "f": file["id"] })).await["node"]["url"].take()
    };
    assert_eq!(url().await, file["url"], "so that a browser has it already");
    app.pass(TimeDelta::minutes(14));
    assert_eq!(fetch(&app, &file["url"]).await.status(), 200);
    app.pass(TimeDelta::hours(2));
    assert_eq!(refusal(fetch(&app, &file["url"]).await).await, (403, "FORBIDDEN".into()));
}

#[tokio::test]
async fn nothing_is_shown_without_a_link_of_ours() {
    let (app, amber, file) = scene().await;
    let room = amber.room("Other", &[]).await;
    let other = file_in(&amber, &room, "b.txt", b"other".to_vec()).await;
    let unused = upload(&amber, "c.png", png(4, 4)).await;
    let (path, query) = file["url"].as_str().unwrap().split_once('?').unwrap();
    let other_query = other["url"].as_str().unwrap().split_once('?').unwrap().1;
    let name = path.rsplit('/').next().unwrap();
    let base = &app.base;
    for wrong in [
        path.to_owned(),
        format!("{path}?{other_query}"),
        format!("{path}?{}", query.replacen("expires=1", "expires=2", 1)),
        format!("{path}?{}", query.replace("a.txt", "a.html")),
        format!("{path}?{}", query.replace("signature=", "signature=A")),
        format!("{path}?expires=99999999999999999999&signature=x"),
        format!("{base}/media/user/{name}?{query}"),
        format!("{base}/media/avatar_files/{name}"),
        format!("{base}/media/uploads/{name}?{query}").replace("uploads", "secret"),
        format!("{base}/media/{unused}"),
        format!("{base}/media/tmp"),
        format!("{base}/media/tmp/"),
        format!("{base}/media/"),
        format!("{base}/media"),
        format!("{base}/media/tmp/..%2f..%2ftertulia.db"),
        format!("{base}/media/tmp/..%2f..%2fsecret?{query}"),
        format!("{base}/media/..%2f/secret"),
        format!("{base}/media/%2e%2e/secret"),
        format!("{base}/media/tmp/%00"),
    ] {
        let answer = app.http.get(&wrong).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{wrong}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("0123456789") && !text.contains(name), "{wrong}");
    }
    // As a browser would not write it.
    let raw =
        raw(&app, "GET /media/tmp/../../tertulia.db HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(raw.starts_with("HTTP/1.1 404"), "{raw}");
}
