//! A running subscription: a feed, and how what it tells becomes execution results.
//!
//! The executor sees a subscription twice. When it opens, the resolver checks its arguments and puts
//! the feed into a slot. Then, for each thing to tell, the same operation is executed on that one thing
//! as if it were a stream of one. So a result depends on the document, the variables its selection
//! uses, and who may see what; those who agree in all of it share the bytes.

mod audience;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::{Context, Response, Variables};
use bytes::Bytes;
use futures_util::StreamExt as _;

use crate::app::live::{ActivityFeed, InboxFeed, Moment, RoomFeed, Told};
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::graphql::answer::{Answer, known_code};
use crate::graphql::context::Caller;
use crate::graphql::documents::Admitted;
use crate::graphql::http::Endpoint;
use crate::graphql::live::audience::Audience;
use crate::graphql::loaders::{LookedUp, loaders};
use crate::graphql::operation::{Delivery, Item, fault, is_passing};
use crate::hub::Entry;

/// Tries of a rendering that the database could not serve, and the pause between them.
const TRIES_MAX: u32 = 40;
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// Where a subscription's items come from.
#[derive(Debug)]
pub(super) enum Feed {
    /// Messages alone; all else of the room's log passes unseen.
    Messages(RoomFeed),
    Room(RoomFeed),
    Inbox(Box<InboxFeed>),
    Activity(Box<ActivityFeed>),
}

/// What the executor is asked for: to open a feed, or to show one thing of it.
#[derive(Debug, Clone)]
pub(super) enum Pass {
    Open(Opening),
    Show(Shown),
}

/// A feed that is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Opening {
    pub(super) slot: Slot,
    /// The cursor of a client that comes back; it had all that its arguments asked for up to there.
    pub(super) resume: Option<String>,
}

/// Where a resolver leaves the feed that it has opened.
#[derive(Debug, Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Feed>>>);

impl Slot {
    pub(super) fn put(&self, feed: Feed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(feed);
    }

    fn take(&self) -> Option<Feed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One thing to show, with the person it is about.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) told: Told,
    pub(super) person: Option<Arc<User>>,
}

impl Shown {
    /// With the person that was read along.
    pub(super) fn known(told: Told) -> Self {
        let person = match &told.moment {
            Moment::Event(entry) => entry.person().flatten(),
            _ => None,
        };
        Self { told, person }
    }
}

/// Which pass this execution is.
pub(super) fn pass<'c>(ctx: &Context<'c>) -> Result<&'c Pass> {
    ctx.data_opt::<Pass>().ok_or_else(|| Error::internal("a subscription was executed without a pass"))
}

/// A subscription that is open.
pub(super) struct Live {
    feed: Feed,
    show: Show,
    over: bool,
}

/// The operation, and for whom it is executed on each thing.
struct Show {
    endpoint: Arc<Endpoint>,
    caller: Arc<Caller>,
    admitted: Admitted,
    variables: Variables,
    audience: Audience,
}

/// What came of opening a subscription.
pub(super) enum Opened {
    Live(Box<Live>),
    Refused(Answer),
}

impl Live {
    pub(super) async fn open(
        endpoint: Arc<Endpoint>,
        caller: Arc<Caller>,
        admitted: Admitted,
        variables: Variables,
        resume: Option<String>,
    ) -> Opened {
        let slot = Slot::default();
        let opening = Pass::Open(Opening { slot: slot.clone(), resume });
        let response =
            execute(&endpoint, &caller, &admitted, variables.clone(), opening, LookedUp::default()).await;
        match (slot.take(), response) {
            (Some(feed), None) => {
                let audience = Audience::of(&admitted, &variables, &caller);
                let show = Show { endpoint, caller, admitted, variables, audience };
                Opened::Live(Box::new(Self { feed, show, over: false }))
            }
            (_, Some(response)) => Opened::Refused(Answer::executed(
                response,
                endpoint.introspection(),
                true,
                &caller.request_id,
            )),
            (None, None) => {
                Opened::Refused(Answer::fault(Error::internal("a subscription opened without a feed")))
            }
        }
    }

    /// All that is ready, at least one item; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Vec<Item>> {
        while !self.over {
            let told = match &mut self.feed {
                Feed::Messages(feed) | Feed::Room(feed) => feed.next().await,
                // Large where it waits, which the others need not be for it.
                Feed::Inbox(feed) => Box::pin(feed.next()).await.map(Some),
                Feed::Activity(feed) => Box::pin(feed.next()).await.map(|told| told.map(|told| vec![told])),
            };
            let items = match told {
                Ok(Some(told)) => self.deliver(told).await,
                Ok(None) => {
                    self.over = true;
                    self.farewell()
                }
                Err(error) => self.fail(&error),
            };
            if !items.is_empty() {
                return Some(items);
            }
        }
        None
    }

    /// A feed ends when its room is deleted. Who was told of that by an event needs no error.
    fn farewell(&self) -> Vec<Item> {
        match self.feed {
            Feed::Messages(_) | Feed::Activity(_) => {
                vec![fault(&self.show.caller, &Error::not_found().at("roomId"))]
            }
            Feed::Room(_) | Feed::Inbox(_) => Vec::new(),
        }
    }

    fn fail(&mut self, error: &Error) -> Vec<Item> {
        self.over = true;
        vec![fault(&self.show.caller, error)]
    }

    async fn deliver(&mut self, told: Vec<Told>) -> Vec<Item> {
        let shared = !matches!(self.feed, Feed::Inbox(_));
        let mut items = Vec::with_capacity(told.len());
        for told in told {
            if !self.shows(&told.moment) {
                continue;
            }
            let rendered = match self.show.rendered(&told, shared) {
                Some(payload) => Ok(payload),
                None => Box::pin(self.show.render(&told, shared)).await,
            };
            match rendered {
                Ok(payload) => {
                    // There is no going on after what is not stored.
                    let place = (!matches!(told.moment, Moment::Activity(_))).then_some(told.place);
                    items.push(Item::Next(Delivery { payload, place }));
                }
                Err(error) => {
                    items.extend(self.fail(&error));
                    break;
                }
            }
        }
        self.show.endpoint.count_deliveries(items.len());
        items
    }

    fn shows(&self, moment: &Moment) -> bool {
        match (&self.feed, moment) {
            (Feed::Messages(_), Moment::Event(entry)) => entry.event.message().is_some(),
            (Feed::Messages(_), _) => false,
            (Feed::Room(_) | Feed::Inbox(_) | Feed::Activity(_), _) => true,
        }
    }
}

impl Show {
    /// The result, if someone has made it already.
    fn rendered(&self, told: &Told, shared: bool) -> Option<Bytes> {
        match &told.moment {
            Moment::Event(entry) if shared => entry.renders().made(self.audience.key(told.replayed)),
            _ => None,
        }
    }

    /// The result for one thing. It is `shared` with all who see it in the same bytes; cursors of an
    /// inbox are its owner's alone.
    async fn render(&self, told: &Told, shared: bool) -> Result<Bytes> {
        let (entry, renders) = match &told.moment {
            Moment::Event(entry) => (Some(entry), Some(entry.renders())),
            Moment::Activity(activity) => (None, Some(activity.renders())),
            _ => (None, None),
        };
        let renders = renders.filter(|_| shared);
        let Some(cell) = renders.and_then(|renders| renders.of(self.audience.key(told.replayed))) else {
            return self.make(told, entry).await.map(Made::into_bytes);
        };
        // Whoever comes first makes it, and the others wait. One with errors is not kept, nor one that is too
        // large, nor one by someone who was removed meanwhile and saw less than the others do.
        let made = cell.get_or_try_init(async || {
            let (bytes, same_for_all) = match self.make(told, entry).await {
                Ok(Made::Whole(bytes)) => (bytes, true),
                Ok(Made::LookedUp(bytes)) => {
                    let (app, viewer) = (self.endpoint.app(), &self.caller.viewer);
                    let reads = match told.room {
                        Some(room) => app.still_reads(viewer, room.key).await,
                        None => false,
                    };
                    (bytes, reads)
                }
                Ok(Made::Faulty(bytes)) => (bytes, false),
                Err(error) => return Err(Err(error)),
            };
            let fits = entry.is_none_or(|entry| entry.keeps(bytes.len()));
            if same_for_all && fits { Ok(bytes) } else { Err(Ok(bytes)) }
        });
        match made.await {
            Ok(bytes) => Ok(bytes.clone()),
            Err(not_kept) => not_kept,
        }
    }

    /// Executes the operation on one thing. What the database could not serve is tried again, for a
    /// result with a fault in it could not be asked for a second time.
    async fn make(&self, told: &Told, entry: Option<&Arc<Entry>>) -> Result<Made> {
        let mut tries = 0;
        loop {
            tries += 1;
            let looked_up = LookedUp::default();
            let response = match self.attempt(told, entry, looked_up.clone()).await {
                Ok(response) => response,
                Err(error) if is_passing(error.code()) && tries < TRIES_MAX => {
                    tokio::time::sleep(TRY_AGAIN).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let passing = response.errors.iter().filter_map(known_code).any(is_passing);
            if passing && tries < TRIES_MAX {
                tokio::time::sleep(TRY_AGAIN).await;
                continue;
            }
            let bytes = Bytes::from(serde_json::to_vec(&response).map_err(Error::internal)?);
            return Ok(match (response.errors.is_empty(), looked_up.anything()) {
                (true, false) => Made::Whole(bytes),
                (true, true) => Made::LookedUp(bytes),
                (false, _) => Made::Faulty(bytes),
            });
        }
    }

    async fn attempt(
        &self,
        told: &Told,
        entry: Option<&Arc<Entry>>,
        looked_up: LookedUp,
    ) -> Result<Response> {
        let person = match entry {
            Some(entry) => self.endpoint.app().person_shown(&self.caller.viewer, entry).await?,
            None => None,
        };
        let shown = Pass::Show(Shown { told: told.clone(), person });
        execute(&self.endpoint, &self.caller, &self.admitted, self.variables.clone(), shown, looked_up)
            .await
            .ok_or_else(|| Error::internal("an event was not shown"))
    }
}

enum Made {
    /// Of the event alone.
    Whole(Bytes),
    /// With what was looked up for the caller.
    LookedUp(Bytes),
    /// With errors in it, which may be this caller's alone.
    Faulty(Bytes),
}

impl Made {
    fn into_bytes(self) -> Bytes {
        match self {
            Self::Whole(bytes) | Self::LookedUp(bytes) | Self::Faulty(bytes) => bytes,
        }
    }
}

async fn execute(
    endpoint: &Endpoint,
    caller: &Arc<Caller>,
    admitted: &Admitted,
    variables: Variables,
    pass: Pass,
    looked_up: LookedUp,
) -> Option<Response> {
    let request = admitted
        .request(variables)
        .data(Caller::clone(caller))
        .data(loaders(Arc::clone(endpoint.app()), caller.viewer))
        .data(looked_up)
        .data(pass);
    Box::pin(endpoint.schema().execute_stream(request)).next().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<'l, F: Future>(_: impl Fn(&'l mut Live) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_subscription_that_waits_is_small() {
        assert!(size_of::<Live>() + size(Live::next) <= 1024, "{}", size(Live::next));
    }
}
