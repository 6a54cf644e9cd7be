//! GraphQL over server-sent events: <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.
//!
//! Here is how results become events. A stream of its own for each operation comes out of `streams.rs`; one
//! stream for many is in `sse/single.rs`, and what is kept of it between requests in `sse/reservations.rs`.

pub(super) mod reservations;
mod single;

use std::io::Write as _;

use bytes::Bytes;
use serde_json::json;

use crate::domain::paging::Epoch;
use crate::graphql::operation::{Delivery, Item};
use crate::graphql::streams::Step;

pub(super) const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

/// A comment.
pub(super) const HEARTBEAT: &[u8] = b":\n\n";

/// One step as events, if it has any. `id` names the operation on a stream of many.
///
/// A server that stops says nothing, for a client comes back only to what broke off.
pub(super) fn frame(step: Step, id: Option<&str>, epoch: Epoch) -> Option<Bytes> {
    let mut out = Vec::new();
    match step {
        Step::Items(items) => items.iter().for_each(|item| next(&mut out, item, id, epoch)),
        Step::Complete => complete(&mut out, id),
        Step::Cut(errors) => {
            next(&mut out, &Item::Errors(errors), id, epoch);
            complete(&mut out, id);
        }
        Step::Stop(_) => {}
    }
    (!out.is_empty()).then(|| out.into())
}

/// JSON has no line breaks, so one line holds it.
fn next(out: &mut Vec<u8>, item: &Item, id: Option<&str>, epoch: Epoch) {
    out.extend_from_slice(b"event: next\n");
    if let Item::Next(Delivery { place: Some(place), .. }) = item {
        // A vector takes whatever is written.
        let _ = writeln!(out, "id: {}", place.cursor(epoch));
    }
    out.extend_from_slice(b"data: ");
    if let Some(id) = id {
        let _ = write!(out, r#"{{"id":{},"payload":"#, json!(id));
    }
    match item {
        Item::Next(delivery) => out.extend_from_slice(&delivery.payload),
        Item::Errors(errors) => {
            out.extend_from_slice(br#"{"errors":"#);
            out.extend_from_slice(errors);
            out.push(b'}');
        }
    }
    if id.is_some() {
        out.push(b'}');
    }
    out.extend_from_slice(b"\n\n");
}

/// With a line of data, though it may be empty: browsers drop an event without.
fn complete(out: &mut Vec<u8>, id: Option<&str>) {
    out.extend_from_slice(b"event: complete\ndata:");
    if let Some(id) = id {
        let _ = write!(out, " {}", json!({ "id": id }));
    }
    out.extend_from_slice(b"\n\n");
}
