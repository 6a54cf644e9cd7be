//! Subscriptions in the schema.

use async_graphql::{Context, ID, SimpleObject, Subscription};
use futures_util::Stream;

use crate::domain::ids::GlobalId;
use crate::error::{Code, Error};
use crate::graphql::context::{app, viewer};
use crate::graphql::error::expose;
use crate::graphql::messages::{Message, MessageEdge};

/// A message that joined the room.
#[derive(SimpleObject)]
pub(super) struct MessageAdded {
    /// Keep it to resume; the same as edge.cursor.
    cursor: String,
    message: Message,
    /// For Relay's @appendEdge.
    edge: MessageEdge,
    /// True while catching up, false once live.
    replayed: bool,
}

#[derive(Debug)]
pub struct Subscriptions;

#[Subscription(name = "Subscription")]
impl Subscriptions {
    /// New messages in seq order, each once. after: resume past a cursor, however old. last: begin with that many. Neither: from now.
    async fn message_added(
        &self,
        ctx: &Context<'_>,
        room_id: ID,
        after: Option<String>,
        last: Option<i32>,
    ) -> async_graphql::Result<impl Stream<Item = MessageAdded> + use<>> {
        let opened = async {
            let room = GlobalId::room(&room_id, "roomId")?;
            app(ctx).follow_messages(viewer(ctx), room, after.as_deref(), last).await
        };
        expose(ctx, opened.await)?;
        let refusal =
            Error::plain(Code::Unavailable, "This server does not deliver live yet; page messages instead.");
        expose::<futures_util::stream::Empty<MessageAdded>>(ctx, Err(refusal))
    }
}
