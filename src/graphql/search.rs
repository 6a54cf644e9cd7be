//! Finding messages in the schema.

use async_graphql::{Context, ID, InputObject, Object};

use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::paging::PageArgs;
use crate::error::Result;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::expose;
use crate::graphql::ids::DateTime;
use crate::graphql::messages::MessageConnection;

/// What to find; every field given must hold.
#[derive(InputObject)]
pub(super) struct MessageSearch {
    /// Words or beginnings of words, all of which must occur; without regard to case.
    text: String,
    /// One room that you may read.
    room_id: Option<ID>,
    sender_id: Option<ID>,
    /// Sent then or later.
    since: Option<DateTime>,
    /// Sent before.
    until: Option<DateTime>,
    has_attachment: Option<bool>,
    /// All rooms of the server: administrators only.
    #[graphql(default_with = "Some(false)")]
    everywhere: Option<bool>,
}

impl MessageSearch {
    fn parse(self) -> Result<domain::search::MessageSearch> {
        let Self { text, room_id, sender_id, since, until, has_attachment, everywhere } = self;
        Ok(domain::search::MessageSearch {
            text,
            room: room_id.map(|id| GlobalId::room(&id, "roomId")).transpose()?,
            sender: sender_id.map(|id| GlobalId::user(&id, "senderId")).transpose()?,
            since: since.map(|at| at.0),
            until: until.map(|at| at.0),
            has_attachment,
            everywhere: everywhere.unwrap_or_default(),
        })
    }
}

#[derive(Debug, Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Newest first, in the rooms you are in. A room that you may read without being in it has to be named.
    async fn search_messages(
        &self,
        ctx: &Context<'_>,
        search: MessageSearch,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<MessageConnection> {
        let args = PageArgs { first, after, last, before };
        let found = async { app(ctx).search_messages(viewer(ctx), search.parse()?, &args).await };
        Ok(MessageConnection::found(ctx, expose(ctx, found.await)?))
    }
}
