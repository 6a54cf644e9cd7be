//! The pages inside the binary: which paths give which, in which form, with which headers.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH};
use reqwest::{Method, RequestBuilder};

use crate::http::Got;
use crate::support::{Db, TestApp, skip};

/// As Chromium and Firefox send it.
pub const BROWSER: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

const CHAT: [&str; 18] = [
    "/",
    "/?next=7",
    "/sign-in",
    "/sign-in/",
    "/sign-in?next=/rooms/7",
    "/sign-up",
    "/sign-out",
    "/find",
    "/join/abc-DEF_1",
    "/join/abc-DEF_1/",
    "/setup/abc",
    "/rooms/VTox",
    "/rooms/VTox/details",
    "/rooms/%3Cscript%3E",
    "/settings",
    "/settings/",
    "/settings/profile",
    "/settings/a/b/c",
];
const DESK: [&str; 5] =
    ["/admin", "/admin/", "/admin/users", "/admin/rooms/VTox/members", "/admin/chat/message/7/change/"];

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist")
}

/// Whether Vite has built the pages; said aloud where it has not.
pub fn are_built() -> bool {
    let built = folder().join("playground.html.gz").exists();
    if !built {
        skip("web/dist is not built, so no page was looked at");
    }
    built
}

/// A server with its pages, where they are built.
pub async fn start() -> Option<TestApp> {
    if are_built() { Some(TestApp::start(Db::Sqlite).await) } else { None }
}

pub fn file(app: &TestApp, path: &str) -> RequestBuilder {
    app.http.get(format!("{}{path}", app.base))
}

/// A caller who gets bytes as they are sent.
fn plain() -> reqwest::Client {
    reqwest::Client::builder().no_gzip().build().unwrap()
}

/// The files that a page names.
pub fn named(page: &str) -> Vec<String> {
    let parts = page.split('"').filter(|part| part.starts_with("/assets/"));
    parts.map(str::to_owned).collect()
}

/// Nothing is loaded from elsewhere, and nothing is run that is not a file of ours.
const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn every_path_of_the_chat_and_of_the_desk_gives_its_page() {
    let app = TestApp::start(Db::Sqlite).await;
    let titles = [(&CHAT[..], "index.html"), (&DESK, "admin.html")].map(|(paths, name)| {
        let built = fs::read(folder().join(format!("{name}.gz"))).ok().map(|packed| {
            let mut page = String::new();
            GzDecoder::new(packed.as_slice()).read_to_string(&mut page).unwrap();
            page
        });
        (paths, built)
    });
    for (paths, built) in titles {
        for path in paths {
            let got = Got::of(file(&app, path).header(ACCEPT, BROWSER)).await;
            assert_eq!((got.status, got.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
            assert_eq!(got.header("content-security-policy"), STRICT, "{path}");
            assert_eq!(got.header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
            match &built {
                Some(page) => {
                    assert!(got.text == *page, "{path}: {}", got.text);
                    assert_eq!(got.header("cache-control"), "no-cache", "{path}");
                }
                None => assert!(got.text.contains("make run"), "{path}: {}", got.text),
            }
            let head = Got::of(app.http.head(format!("{}{path}", app.base))).await;
            assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
            let posted = Got::of(app.http.post(format!("{}{path}", app.base))).await;
            posted.assert_refused(405, "BAD_INPUT", path);
        }
    }
}

#[tokio::test]
async fn other_paths_stay_unknown() {
    let app = TestApp::start(Db::Sqlite).await;
    for path in [
        "/index.html",
        "/admin.html",
        "/chat",
        "/sign-in/x",
        "/find/a",
        "/rooms/",
        "/join",
        "/join/a/b",
        "/setup/",
        "/administrator",
        "/.built",
        "/index.html.gz",
    ] {
        Got::of(file(&app, path).header(ACCEPT, BROWSER)).await.assert_refused(404, "NOT_FOUND", path);
    }
}

#[tokio::test]
async fn a_page_goes_out_as_it_is_kept_and_is_not_compressed_again() {
    let Some(app) = start().await else { return };
    for (accepted, form) in [("gzip, deflate, br, zstd", "br"), ("gzip", "gz"), ("br;q=0, gzip;q=0.5", "gz")]
    {
        let request = plain().get(format!("{}/api/docs", app.base)).header(ACCEPT_ENCODING, accepted);
        let response = request.send().await.unwrap();
        let encodings: Vec<_> = response.headers().get_all("content-encoding").iter().cloned().collect();
        assert_eq!(encodings, [if form == "br" { "br" } else { "gzip" }], "{accepted}");
        assert_eq!(response.headers()["vary"], "accept-encoding", "{accepted}");
        let kept = fs::read(folder().join(format!("docs.html.{form}"))).unwrap();
        assert_eq!(response.headers()["content-length"], kept.len().to_string().as_str(), "{accepted}");
        assert!(response.bytes().await.unwrap() == kept, "{accepted}");
    }
}

#[tokio::test]
async fn who_takes_no_compression_gets_the_same_page() {
    let Some(app) = start().await else { return };
    let named = named(&Got::of(file(&app, "/api/docs")).await.text);
    for path in ["/api/docs"].into_iter().chain(named.iter().map(String::as_str)) {
        let unpacked = Got::of(file(&app, path)).await.text;
        for accepted in ["identity", "br;q=0, gzip;q=0", ""] {
            let request = plain().get(format!("{}{path}", app.base)).header(ACCEPT_ENCODING, accepted);
            let got = Got::of(request).await;
            assert_eq!((got.status, got.header("content-encoding")), (200, ""), "{path} {accepted}");
            assert!(got.text == unpacked, "{path} {accepted}");
        }
    }
}

#[tokio::test]
async fn who_has_a_form_of_the_page_is_not_sent_it_again() {
    let Some(app) = start().await else { return };
    let ask = |accepted: &'static str, known: &str| {
        let request = plain().get(format!("{}/api/docs", app.base)).header(ACCEPT_ENCODING, accepted);
        Got::of(request.header(IF_NONE_MATCH, known.to_owned()))
    };
    let mut marks = Vec::new();
    for accepted in ["br", "gzip", "identity"] {
        let mark = ask(accepted, "\"other\"").await.header("etag").to_owned();
        assert!(mark.starts_with('"') && mark.len() > 20, "{accepted}: {mark}");
        for known in [mark.clone(), format!("\"other\", {mark}"), format!("W/{mark}"), "*".to_owned()] {
            let got = ask(accepted, &known).await;
            assert_eq!((got.status, got.text.as_str()), (304, ""), "{accepted} {known}");
            assert_eq!(got.header("etag"), mark, "{accepted}");
            assert_eq!(got.header("cache-control"), "no-cache", "{accepted}");
            assert!(got.header("content-security-policy").contains("script-src 'self'"), "{accepted}");
        }
        marks.push(mark);
    }
    // Bytes in one form do not stand for those in another.
    assert!(marks[0] != marks[1] && marks[1] != marks[2] && marks[0] != marks[2], "{marks:?}");
    assert_eq!(ask("gzip", &marks[0]).await.status, 200);
}

#[tokio::test]
async fn every_asset_has_the_type_of_its_kind() {
    let Some(app) = start().await else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder().join("assets")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".br").trim_end_matches(".gz");
        let expected = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript",
            "css" => "text/css",
            "svg" => "image/svg+xml",
            "ttf" => "font/ttf",
            "woff2" => "font/woff2",
            "png" => "image/png",
            "json" => "application/json",
            other => panic!("which type has .{other}?"),
        };
        let response = file(&app, &format!("/assets/{name}")).send().await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind.split(';').next().unwrap(), expected, "{name}");
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

#[tokio::test]
async fn what_is_no_asset_is_404_and_not_kept() {
    let Some(app) = start().await else { return };
    for path in [
        "/assets/none.js",
        "/assets/",
        "/assets/%2e%2e/playground.html",
        "/assets/..%2fplayground.html",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets//etc/passwd",
        "/assets/%ff",
        "/assets/%00",
        "/playground.html",
    ] {
        let got = Got::of(file(&app, path)).await;
        assert_eq!(got.status, 404, "{path}: {}", got.text);
        assert_eq!(got.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn dots_that_no_browser_sends_lead_nowhere() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Some(app) = start().await else { return };
    for path in
        ["/assets/../playground.html", "/assets/../../package.json", "/assets/../../../../../../etc/passwd"]
    {
        let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_licences_of_what_is_bundled_come_with_it() {
    let Some(app) = start().await else { return };
    let got = Got::of(file(&app, "/licenses.md")).await;
    assert_eq!((got.status, got.header("content-type")), (200, "text/markdown; charset=utf-8"));
    assert!(got.text.contains("MIT"), "{}", got.text);
    assert_eq!(
        Got::of(app.http.request(Method::DELETE, format!("{}/licenses.md", app.base))).await.status,
        405
    );
}
