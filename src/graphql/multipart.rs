//! Subscriptions as parts of a `multipart/mixed` body, as Apollo's clients speak them:
//! <https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>.

use bytes::Bytes;

use crate::graphql::operation::Item;
use crate::graphql::streams::Step;

pub(super) const CONTENT_TYPE: &str = r#"multipart/mixed;boundary="graphql";subscriptionSpec=1.0"#;

/// Before the first part.
pub(super) const BEGIN: &[u8] = b"\r\n--graphql";

/// A part that says nothing.
pub(super) const HEARTBEAT: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql";

/// After the last boundary.
const END: &[u8] = b"--\r\n";

/// One step, in parts.
///
/// What ends the stream from outside stands beside the payload, as an error of the transport. Each part goes
/// out with the boundary behind it, without which a client could not tell that it is whole.
pub(super) fn frame(step: Step) -> Bytes {
    let mut out = Vec::new();
    match step {
        Step::Items(items) => {
            for item in items {
                match item {
                    Item::Next(delivery) => part(&mut out, [br#"{"payload":"#, &delivery.payload, b"}"]),
                    Item::Errors(errors) => {
                        part(&mut out, [br#"{"payload":{"errors":"#, &errors, b"}}"]);
                    }
                }
            }
        }
        Step::Complete => out.extend_from_slice(END),
        Step::Cut(errors) | Step::Stop(errors) => {
            part(&mut out, [br#"{"payload":null,"errors":"#, &errors, b"}"]);
            out.extend_from_slice(END);
        }
    }
    out.into()
}

fn part(out: &mut Vec<u8>, json: [&[u8]; 3]) {
    out.extend_from_slice(b"\r\ncontent-type: application/json\r\n\r\n");
    for piece in json {
        out.extend_from_slice(piece);
    }
    out.extend_from_slice(BEGIN);
}
