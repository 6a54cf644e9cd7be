//! Changing what was sent, in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::domain::ids::GlobalId;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::messages::Message;

#[derive(InputObject)]
pub(super) struct EditMessageInput {
    message_id: ID,
    text: String,
}

#[derive(SimpleObject, Default)]
pub(super) struct EditMessagePayload {
    message: Option<Message>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct DeleteMessageInput {
    message_id: ID,
}

#[derive(SimpleObject, Default)]
pub(super) struct DeleteMessagePayload {
    /// What is left of it: its place and number, without its text.
    message: Option<Message>,
    deleted_message_id: Option<ID>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(super) struct EditingMutation;

#[Object]
impl EditingMutation {
    /// Gives a message of your own another text. What it said before stays readable under edits.
    async fn edit_message(
        &self,
        ctx: &Context<'_>,
        input: EditMessageInput,
    ) -> async_graphql::Result<EditMessagePayload> {
        let outcome = async {
            let key = GlobalId::message(&input.message_id, "messageId")?;
            app(ctx).edit_message(viewer(ctx), key, input.text).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(message) => EditMessagePayload { message: Some(message.into()), errors: Vec::new() },
            Err(errors) => EditMessagePayload { errors, ..Default::default() },
        })
    }

    /// Empties a message, for everyone and for good. Your own; in a room that you moderate others', too.
    async fn delete_message(
        &self,
        ctx: &Context<'_>,
        input: DeleteMessageInput,
    ) -> async_graphql::Result<DeleteMessagePayload> {
        let outcome = async {
            let key = GlobalId::message(&input.message_id, "messageId")?;
            app(ctx).delete_message(viewer(ctx), key).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(message) => DeleteMessagePayload {
                message: Some(message.into()),
                deleted_message_id: Some(input.message_id),
                errors: Vec::new(),
            },
            Err(errors) => DeleteMessagePayload { errors, ..Default::default() },
        })
    }
}
