//! Sending in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::app::messages::{PostMessage, Posted, log_place};
use crate::domain::ids::GlobalId;
use crate::graphql::context::{app, cursor, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::media::files;
use crate::graphql::messages::{Message, MessageEdge};

#[derive(InputObject)]
pub(super) struct SendMessageInput {
    room_id: ID,
    #[graphql(default)]
    text: String,
    /// A message of the same room that this one answers; not a deleted one.
    reply_to_id: Option<ID>,
    /// Tickets of createUpload whose bytes are sent, in the order to show them.
    #[graphql(default)]
    upload_ids: Vec<ID>,
    /// Your own key for this send. Repeat it, now or next year, and the first message comes back, never a second.
    client_message_id: Option<String>,
}

#[derive(InputObject)]
pub(super) struct SendDirectMessageInput {
    user_id: ID,
    #[graphql(default)]
    text: String,
    #[graphql(default)]
    upload_ids: Vec<ID>,
    client_message_id: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct SendMessagePayload {
    message: Option<Message>,
    edge: Option<MessageEdge>,
    /// True when clientMessageId had been used before.
    duplicate: bool,
    errors: Vec<UserError>,
}

impl SendMessagePayload {
    fn of(ctx: &Context<'_>, outcome: crate::error::Result<Posted>) -> async_graphql::Result<Self> {
        Ok(match settle(ctx, outcome)? {
            Ok(Posted { message, duplicate }) => {
                let (list, place) = log_place(&message);
                let edge = MessageEdge { cursor: cursor(ctx, list, place), node: message.clone().into() };
                Self { message: Some(message.into()), edge: Some(edge), duplicate, errors: Vec::new() }
            }
            Err(errors) => Self { errors, ..Default::default() },
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct PostingMutation;

#[Object]
impl PostingMutation {
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        input: SendMessageInput,
    ) -> async_graphql::Result<SendMessagePayload> {
        let SendMessageInput { room_id, text, reply_to_id, upload_ids, client_message_id } = input;
        let outcome = async {
            let room = GlobalId::room(&room_id, "roomId")?;
            let reply_to = reply_to_id.map(|id| GlobalId::message(&id, "replyToId")).transpose()?;
            let uploads = files(&upload_ids)?;
            let request =
                PostMessage { text, client_message_id, reply_to, uploads, ..PostMessage::default() };
            app(ctx).post(viewer(ctx), room, request).await
        };
        SendMessagePayload::of(ctx, outcome.await)
    }

    /// Opens the DUO room if there is none, then sends.
    async fn send_direct_message(
        &self,
        ctx: &Context<'_>,
        input: SendDirectMessageInput,
    ) -> async_graphql::Result<SendMessagePayload> {
        let SendDirectMessageInput { user_id, text, upload_ids, client_message_id } = input;
        let outcome = async {
            let to = GlobalId::user(&user_id, "userId")?;
            let uploads = files(&upload_ids)?;
            app(ctx)
                .post_direct(
                    viewer(ctx),
                    to,
                    PostMessage { text, client_message_id, uploads, ..PostMessage::default() },
                )
                .await
        };
        SendMessagePayload::of(ctx, outcome.await)
    }
}
