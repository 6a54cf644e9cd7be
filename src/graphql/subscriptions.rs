//! Subscriptions in the schema. What they tell is in `events.rs`, how they run in `live.rs`.

use async_graphql::{Context, ID, Subscription};
use futures_util::Stream;
use futures_util::stream;

use crate::domain::ids::GlobalId;
use crate::error::Result;
use crate::graphql::context::{shared_app, viewer};
use crate::graphql::error::expose;
use crate::graphql::events::{MessageAdded, RoomEvent};
use crate::graphql::live::{Feed, Pass, Shown, pass};
use crate::graphql::presence::RoomActivity;

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
        let open = async |resume: Option<&str>| {
            let room = GlobalId::room(&room_id, "roomId")?;
            // With `last`, one who missed more than that would lose the rest.
            let last = last.filter(|_| resume.is_none());
            let after = resume.or(after.as_deref());
            Ok(Feed::Messages(shared_app(ctx).follow_room(viewer(ctx), room, after, last).await?))
        };
        let shown = expose(ctx, run(ctx, open).await)?;
        Ok(stream::iter(shown.and_then(|shown| MessageAdded::of(ctx, &shown))))
    }

    /// Every change in one room, in one order, each once.
    async fn room_events(
        &self,
        ctx: &Context<'_>,
        room_id: ID,
        after: Option<String>,
    ) -> async_graphql::Result<impl Stream<Item = RoomEvent> + use<>> {
        let open = async |resume: Option<&str>| {
            let room = GlobalId::room(&room_id, "roomId")?;
            let after = resume.or(after.as_deref());
            Ok(Feed::Room(shared_app(ctx).follow_room(viewer(ctx), room, after, None).await?))
        };
        event(ctx, run(ctx, open).await)
    }

    /// Every change in all your rooms, joined and left ones included: one subscription feeds a whole app.
    async fn inbox_events(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
    ) -> async_graphql::Result<impl Stream<Item = RoomEvent> + use<>> {
        let open = async |resume: Option<&str>| {
            let after = resume.or(after.as_deref());
            let feed = shared_app(ctx).follow_inbox(viewer(ctx), after).await?;
            Ok(Feed::Inbox(Box::new(feed)))
        };
        event(ctx, run(ctx, open).await)
    }

    /// Who is typing and who is here: how it is, and then each change, at most one in a second.
    async fn room_activity(
        &self,
        ctx: &Context<'_>,
        room_id: ID,
    ) -> async_graphql::Result<impl Stream<Item = RoomActivity> + use<>> {
        let open = async |_: Option<&str>| {
            let room = GlobalId::room(&room_id, "roomId")?;
            Ok(Feed::Activity(Box::new(shared_app(ctx).follow_activity(viewer(ctx), room).await?)))
        };
        let shown = run(ctx, open).await;
        let activity = shown.and_then(|shown| shown.map(|shown| RoomActivity::of(&shown.told)).transpose());
        Ok(stream::iter(expose(ctx, activity)?))
    }
}

/// Opens the feed, or says what is to be shown of it.
async fn run(
    ctx: &Context<'_>,
    open: impl AsyncFnOnce(Option<&str>) -> Result<Feed>,
) -> Result<Option<Shown>> {
    match pass(ctx)? {
        Pass::Open(opening) => {
            opening.slot.put(open(opening.resume.as_deref()).await?);
            Ok(None)
        }
        Pass::Show(shown) => Ok(Some(shown.clone())),
    }
}

fn event(
    ctx: &Context<'_>,
    shown: Result<Option<Shown>>,
) -> async_graphql::Result<stream::Iter<std::option::IntoIter<RoomEvent>>> {
    let event = shown.and_then(|shown| shown.map(|shown| RoomEvent::of(ctx, &shown)).transpose());
    Ok(stream::iter(expose(ctx, event)?))
}
