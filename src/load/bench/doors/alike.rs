//! What callers of the schema do in place of a legacy server's: they send the same, and ask for the same back.

use serde_json::json;

use crate::load::bench::doors::face::Face;
use crate::load::bench::latency::PAGE;
use crate::load::http::post;
use crate::load::target::Target;

/// What the answer to a send shows of the message.
const STORED: &str = "id seq text createdAt";
/// It, and who sent it.
const SIGNED: &str = "id seq text createdAt sender { id username firstName lastName avatarUrl }";
/// It, as the last of all messages of its room.
const IN_ITS_ROOM: &str =
    "room { id name createdAt messages(last: 100) { nodes { text createdAt sender { id } } } }";

impl Face {
    /// One send over GraphQL as bytes, which is answered with what this face answers with.
    pub(super) fn send_alike(self, target: &Target, token: &str, room: &str, text: &str) -> Vec<u8> {
        let shown = match self {
            Self::ThanChat | Self::Rtca => STORED,
            Self::ChatCrm | Self::Mrm => SIGNED,
            Self::Condor => IN_ITS_ROOM,
        };
        let query = format!(
            "mutation($i: SendMessageInput!) {{ sendMessage(input: $i) {{ message {{ {shown} }} errors {{ code message }} }} }}"
        );
        let body = json!({ "query": query, "variables": { "i": { "roomId": room, "text": text } } });
        post(target, "/graphql", Some(token), &body)
    }
}

/// A page of 50 over GraphQL as bytes.
pub(super) fn page_alike(target: &Target, token: &str, room: &str) -> Vec<u8> {
    post(target, "/graphql", Some(token), &json!({ "query": PAGE, "variables": { "room": room } }))
}
