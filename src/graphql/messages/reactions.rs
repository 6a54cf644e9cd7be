//! Reactions in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::paging::{Page, PageArgs};
use crate::graphql::context::{app, viewer};
use crate::graphql::error::{UserError, expose, settle};
use crate::graphql::loaders::{OwnReactions, ReactorsEnd, load};
use crate::graphql::messages::Message;
use crate::graphql::users::UserConnection;

/// Everyone who reacted with one emoji.
pub(super) struct ReactionGroup(pub(super) domain::reactions::ReactionGroup);

/// Everyone who reacted with one emoji.
#[Object]
impl ReactionGroup {
    async fn emoji(&self) -> &str {
        &self.0.emoji
    }

    async fn count(&self) -> i64 {
        self.0.count
    }

    async fn viewer_reacted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let own = load(ctx, OwnReactions(self.0.message)).await?;
        Ok(own.is_some_and(|own| own.contains(&self.0.emoji)))
    }

    /// Who they are, the first to react before others.
    async fn users(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<UserConnection> {
        let domain::reactions::ReactionGroup { message, ref emoji, count } = self.0;
        let page = app(ctx).reactor_page(viewer(ctx), message, &PageArgs { first, after, last, before });
        let list = match expose(ctx, page)? {
            Page { end, limit, after: None, before: None } if count <= i64::from(limit) => {
                load(ctx, ReactorsEnd { message, emoji: emoji.clone(), end, limit })
                    .await?
                    .unwrap_or_default()
            }
            page => expose(ctx, app(ctx).reactors(viewer(ctx), message, emoji.clone(), page).await)?,
        };
        Ok(UserConnection::of_reactors(ctx, message, list, count))
    }
}

#[derive(InputObject)]
pub(super) struct ReactToMessageInput {
    message_id: ID,
    /// One emoji of Unicode's list.
    emoji: String,
    /// False takes the reaction back.
    #[graphql(default = true)]
    on: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct ReactToMessagePayload {
    message: Option<Message>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(super) struct ReactionMutation;

#[Object]
impl ReactionMutation {
    /// Reacts to a message. Doing it again changes nothing, and tells nobody.
    async fn react_to_message(
        &self,
        ctx: &Context<'_>,
        input: ReactToMessageInput,
    ) -> async_graphql::Result<ReactToMessagePayload> {
        let outcome = async {
            let key = GlobalId::message(&input.message_id, "messageId")?;
            app(ctx).react(viewer(ctx), key, &input.emoji, input.on).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(message) => ReactToMessagePayload { message: Some(message.into()), errors: Vec::new() },
            Err(errors) => ReactToMessagePayload { errors, ..Default::default() },
        })
    }
}
