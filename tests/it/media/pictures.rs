//! Row 27 of the security list: what is sent as a picture, and what becomes of it.

use std::io::Cursor;

use image::codecs::gif::{GifDecoder, GifEncoder};
use image::{AnimationDecoder as _, Delay, Frame, ImageFormat};
use serde_json::{Value, json};

use super::{colours, encoded, fetch, file_in, glass, header, jpeg, png, put, refusal, stored, ticket};
use crate::support::{Caller, Db, TestApp};

async fn scene() -> (TestApp, Caller, String) {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    let room = amber.room("Den", &[]).await;
    (app, amber, room)
}

async fn bytes_of(app: &TestApp, url: &Value) -> Vec<u8> {
    let shown = fetch(app, url).await;
    assert_eq!(shown.status(), 200);
    shown.bytes().await.unwrap().to_vec()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn what_is_no_picture_is_a_file_to_save_whatever_its_name() {
    let (app, amber, room) = scene().await;
    for (name, text) in [
        ("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"),
        ("a.png", "<!doctype html><script>alert(1)</script>"),
        ("a.html", "<html><script>alert(1)</script></html>"),
        ("a.js", "alert(1)"),
        ("a.bmp", "BM not one of the four"),
    ] {
        let file = file_in(&amber, &room, name, text.as_bytes().to_vec()).await;
        assert_eq!((&file["kind"], &file["thumbnailUrl"]), (&json!("FILE"), &json!(null)), "{name}");
        assert!(!file["url"].as_str().unwrap().split('?').next().unwrap().contains(name), "generated names");
        let shown = fetch(&app, &file["url"]).await;
        assert_eq!(header(&shown, "content-type"), "application/octet-stream");
        assert_eq!(header(&shown, "x-content-type-options"), "nosniff");
        assert_eq!(header(&shown, "content-security-policy"), "sandbox; default-src 'none'");
        assert!(header(&shown, "content-disposition").starts_with("attachment; "), "{name}");
        assert_eq!(shown.text().await.unwrap(), text);
    }
}

#[tokio::test]
async fn a_picture_is_what_its_bytes_are() {
    let (app, amber, room) = scene().await;
    let opaque = colours(30, 20);
    for (name, bytes, shown_name, kind) in [
        ("a.html", png(30, 20), "a.png", "image/png"),
        ("a.png", jpeg(30, 20), "a.jpg", "image/jpeg"),
        ("a.jpeg", jpeg(30, 20), "a.jpeg", "image/jpeg"),
        ("a.webp", encoded(&opaque, ImageFormat::WebP), "a.jpg", "image/jpeg"),
        ("b.webp", encoded(&glass(30, 20), ImageFormat::WebP), "b.png", "image/png"),
        ("a.gif", encoded(&opaque, ImageFormat::Gif), "a.gif", "image/gif"),
        ("c", png(30, 20), "c.png", "image/png"),
    ] {
        let file = file_in(&amber, &room, name, bytes).await;
        assert_eq!((&file["fileName"], &file["contentType"]), (&json!(shown_name), &json!(kind)));
        assert_eq!(
            (&file["kind"], &file["width"], &file["height"]),
            (&json!("IMAGE"), &json!(30), &json!(20))
        );
        let shown = fetch(&app, &file["url"]).await;
        assert_eq!((header(&shown, "content-type"), header(&shown, "content-disposition")), (kind, "inline"));
        let bytes = shown.bytes().await.unwrap();
        assert_eq!(file["byteSize"], bytes.len());
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (30, 20), "{name}");
    }
}

#[tokio::test]
async fn a_large_picture_has_a_small_one() {
    let (app, amber, room) = scene().await;
    let file = file_in(&amber, &room, "a.png", png(1200, 300)).await;
    assert_ne!(file["url"], file["thumbnailUrl"]);
    let small = image::load_from_memory(&bytes_of(&app, &file["thumbnailUrl"]).await).unwrap();
    assert_eq!((small.width(), small.height()), (512, 128));
    let file = file_in(&amber, &room, "b.png", png(512, 100)).await;
    let path = |url: &Value| url.as_str().unwrap().split('?').next().unwrap().to_owned();
    assert_eq!(path(&file["url"]), path(&file["thumbnailUrl"]), "it is small already");
}

#[tokio::test]
async fn what_is_hidden_in_a_picture_is_gone() {
    let (app, amber, room) = scene().await;
    let mut polyglot = png(8, 8);
    polyglot.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>");
    let file = file_in(&amber, &room, "a.png", polyglot).await;
    assert!(!has(&bytes_of(&app, &file["url"]).await, "<script>"));
    let mut behind = jpeg(8, 8);
    behind.extend_from_slice(b"<?php evil();");
    let file = file_in(&amber, &room, "b.jpg", behind).await;
    assert!(!has(&bytes_of(&app, &file["url"]).await, "<?php"));

    // A picture that lies on its side, by metadata that also says where it was taken.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPS 48.2082 N 16.3738 E");
    let plain = jpeg(40, 24);
    let mut lying = vec![0xff, 0xd8, 0xff, 0xe1];
    lying.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    lying.extend_from_slice(&exif);
    lying.extend_from_slice(&plain[2..]);
    let file = file_in(&amber, &room, "c.jpg", lying).await;
    assert_eq!((&file["width"], &file["height"]), (&json!(24), &json!(40)), "it is set upright");
    let bytes = bytes_of(&app, &file["url"]).await;
    assert!(!has(&bytes, "48.2082") && !has(&bytes, "Exif"));
}

#[tokio::test]
async fn a_broken_or_cut_off_picture_is_refused_and_nothing_is_kept() {
    let (app, amber, _) = scene().await;
    let gif = encoded(&colours(60, 60), ImageFormat::Gif);
    let webp = encoded(&colours(60, 60), ImageFormat::WebP);
    for (name, whole) in [("a.png", png(60, 60)), ("a.jpg", jpeg(60, 60)), ("a.gif", gif), ("a.webp", webp)] {
        for length in [20, whole.len() / 2, whole.len() - 30] {
            let given = ticket(&amber, name, length).await;
            let refused = refusal(put(&amber, &given, whole[..length].to_vec()).await).await;
            assert_eq!(refused, (400, "BAD_INPUT".into()), "{name}, {length} of {}", whole.len());
        }
        let mut noise = whole.clone();
        let middle = noise.len() / 2;
        noise[20..middle].fill(0xa5);
        let given = ticket(&amber, name, noise.len()).await;
        assert_eq!(put(&amber, &given, noise).await.status(), 400, "{name}");
        // What was wrong may be sent aright.
        assert_eq!(put(&amber, &given, whole).await.status(), 204, "{name}");
    }
    assert_eq!(stored(&app, "tmp").len(), 4);
}

/// A PNG of a few bytes that says it is of that size.
fn claims_to_be(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(1, 1);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes.resize(4096, 0);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[tokio::test]
async fn a_picture_is_bounded_in_pixels_by_its_header_in_bytes_and_in_frames() {
    let settings = [
        ("MEDIA_PICTURE_BYTES_MAX", "20000"),
        ("MEDIA_PIXELS_MAX", "10000"),
        ("MEDIA_FRAMES_MAX", "3"),
        ("MEDIA_ANIMATION_PIXELS_MAX", "1200"),
    ];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let amber = app.user("amber").await;
    let refused = async |name: &str, bytes: Vec<u8>| {
        let given = ticket(&amber, name, bytes.len()).await;
        let answer = put(&amber, &given, bytes).await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or_default();
        (status, body["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
    };
    let pixels = (400, "A picture may have at most 10000 pixels.".to_owned());
    assert_eq!(refused("a.png", claims_to_be(50_000, 50_000)).await, pixels);
    assert_eq!(refused("a.png", claims_to_be(101, 100)).await, pixels);
    assert_eq!(refused("a.png", claims_to_be(0, 100)).await.0, 400);
    assert_eq!(refused("a.jpg", jpeg(200, 60)).await, pixels);
    assert_eq!(refused("a.gif", gif(4, 10, 10)).await, pixels);
    assert_eq!(refused("a.gif", gif(3, 30, 20)).await, pixels);
    let mut long = png(10, 10);
    long.resize(20_001, 0);
    assert_eq!(refused("a.png", long).await.1, "Such a file may have at most 20000 bytes.");
    assert_eq!(refused("a.png", png(100, 100)).await.0, 204);
    assert_eq!(refused("a.gif", gif(3, 20, 20)).await.0, 204);
}

fn gif(frames: u32, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for number in 0..frames {
        let shown =
            colours(width + number, height + number).crop_imm(number, number, width, height).to_rgba8();
        let delay = Delay::from_numer_denom_ms(50 * (number + 1), 1);
        encoder.encode_frame(Frame::from_parts(shown, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

#[tokio::test]
async fn a_moving_picture_moves_on_and_its_small_one_does_not() {
    let (app, amber, room) = scene().await;
    let file = file_in(&amber, &room, "a.gif", gif(3, 40, 30)).await;
    let bytes = bytes_of(&app, &file["url"]).await;
    let frames = GifDecoder::new(Cursor::new(bytes)).unwrap().into_frames().collect_frames().unwrap();
    let delays: Vec<u32> = frames.iter().map(|frame| frame.delay().numer_denom_ms().0).collect();
    assert_eq!(delays, [50, 100, 150]);
    let still = bytes_of(&app, &file["thumbnailUrl"]).await;
    assert_eq!(image::guess_format(&still).unwrap(), ImageFormat::Jpeg);
}
