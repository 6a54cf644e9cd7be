//! Files: taken in by tickets, made harmless, shown by links, and gone when nothing needs them.

mod attachments;
mod avatars;
mod listing;
mod pictures;
mod serving;
mod stores;
mod tickets;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage, Rgba, RgbaImage};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Caller, TestApp};

const TICKET: &str = "ticket { id url headers { name value } maxBytes expiresAt }";
const FILE: &str = "id kind fileName contentType byteSize width height url thumbnailUrl";

/// A picture with some colours in it.
fn colours(width: u32, height: u32) -> DynamicImage {
    let colour = |x: u32, y: u32| image::Rgb([x * 7, y * 5, x + y].map(|value| value.to_le_bytes()[0]));
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&colours(width, height), ImageFormat::Png)
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&colours(width, height), ImageFormat::Jpeg)
}

/// One whose first pixel lets through what is behind.
fn glass(width: u32, height: u32) -> DynamicImage {
    let mut picture = RgbaImage::from_pixel(width, height, Rgba([200, 10, 10, 255]));
    picture.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
    DynamicImage::ImageRgba8(picture)
}

async fn ticket(caller: &Caller, name: &str, byte_size: usize) -> Value {
    let input = json!({ "fileName": name, "contentType": "text/plain", "byteSize": byte_size });
    caller.mutate("createUpload", input, TICKET).await["ticket"].take()
}

async fn put(caller: &Caller, ticket: &Value, bytes: impl Into<reqwest::Body>) -> Response {
    caller.http.put(ticket["url"].as_str().unwrap()).body(bytes).send().await.unwrap()
}

/// The status of an answer, and the code in it.
async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned())
}

/// Announces a file and sends it; gives its id.
pub async fn upload(caller: &Caller, name: &str, bytes: Vec<u8>) -> String {
    let ticket = ticket(caller, name, bytes.len()).await;
    let sent = put(caller, &ticket, bytes).await;
    assert_eq!(sent.status(), StatusCode::NO_CONTENT, "{}", sent.text().await.unwrap());
    ticket["id"].as_str().unwrap().to_owned()
}

/// Sends files into a room; gives them as the message has them.
async fn send_files(caller: &Caller, room: &str, ids: &[&str]) -> Vec<Value> {
    let input = json!({ "roomId": room, "uploadIds": ids });
    let selection = format!("message {{ text attachments {{ {FILE} }} }}");
    let mut sent = caller.mutate("sendMessage", input, &selection).await;
    sent["message"]["attachments"].as_array_mut().unwrap().drain(..).collect()
}

/// Uploads one file, sends it, and gives it as the message has it.
async fn file_in(caller: &Caller, room: &str, name: &str, bytes: Vec<u8>) -> Value {
    let id = upload(caller, name, bytes).await;
    send_files(caller, room, &[&id]).await.remove(0)
}

async fn fetch(app: &TestApp, url: &Value) -> Response {
    app.http.get(url.as_str().unwrap()).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Sends bytes as they are, and gives all of the answer.
async fn raw(app: &TestApp, bytes: &str) -> String {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The names of what lies in a folder of the media root.
fn stored(app: &TestApp, folder: &str) -> Vec<String> {
    let folder = app.data.path().join("media").join(folder);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn sweep(app: &TestApp) {
    app.app.sweep(&tertulia::domain::sessions::Viewer::Operator).await.unwrap();
}
