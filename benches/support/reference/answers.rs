//! What both servers answer, written here by serde.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use tertulia::domain::ids::{GlobalId, MessageKey, RoomKey};
use tertulia::domain::paging::{Epoch, List, Place, encode_cursor};
use tertulia::domain::users::display_name;
use uuid::Uuid;

/// Messages in a page.
pub(crate) const PAGE: usize = 50;

/// A message as its row holds it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) key: i64,
    pub(crate) room: i64,
    pub(crate) position: i64,
    pub(crate) seq: i64,
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) sender: Option<Sender>,
}

/// Who sent it.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) id: Uuid,
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
}

#[derive(Serialize)]
pub(crate) struct Data<T> {
    data: T,
}

#[derive(Serialize)]
pub(crate) struct HelloData {
    __typename: &'static str,
}

pub(crate) fn hello() -> Data<HelloData> {
    Data { data: HelloData { __typename: "Query" } }
}

#[derive(Serialize)]
pub(crate) struct PageData {
    messages: Connection,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    edges: Vec<Edge>,
    page_info: PageInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_previous_page: bool,
    start_cursor: Option<String>,
}

#[derive(Serialize)]
struct Edge {
    cursor: String,
    node: Node,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    seq: i64,
    text: String,
    created_at: String,
    sender: Option<Person>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    username: String,
    display_name: String,
}

/// A page of rows that came newest first, with one more than the page holds where there are more.
pub(crate) fn page(epoch: Epoch, mut rows: Vec<Message>) -> Data<PageData> {
    let has_previous_page = rows.len() > PAGE;
    rows.truncate(PAGE);
    let edges: Vec<Edge> = rows.into_iter().rev().map(|message| edge(epoch, message)).collect();
    let start_cursor = edges.first().map(|edge| edge.cursor.clone());
    Data {
        data: PageData {
            messages: Connection { edges, page_info: PageInfo { has_previous_page, start_cursor } },
        },
    }
}

fn edge(epoch: Epoch, message: Message) -> Edge {
    Edge {
        cursor: cursor(epoch, &message),
        node: Node {
            id: GlobalId::Message(MessageKey(message.key)).encode(),
            seq: message.seq,
            text: message.text,
            created_at: instant(message.at),
            sender: message.sender.map(|sender| Person {
                id: GlobalId::User(sender.id).encode(),
                display_name: display_name(&sender.username, &sender.first_name, &sender.last_name),
                username: sender.username,
            }),
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendData {
    send_message: Payload,
}

#[derive(Serialize)]
struct Payload {
    message: Stored,
    edge: SentEdge,
    errors: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    id: String,
    seq: i64,
    created_at: String,
}

#[derive(Serialize)]
struct SentEdge {
    cursor: String,
}

pub(crate) fn sent(epoch: Epoch, message: &Message) -> Data<SendData> {
    let id = GlobalId::Message(MessageKey(message.key)).encode();
    let stored = Stored { id, seq: message.seq, created_at: instant(message.at) };
    let edge = SentEdge { cursor: cursor(epoch, message) };
    Data { data: SendData { send_message: Payload { message: stored, edge, errors: [] } } }
}

fn cursor(epoch: Epoch, message: &Message) -> String {
    encode_cursor(epoch, List::Log(RoomKey(message.room)), Place(message.position, message.seq))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
