//! Messages that answer a message.

use crate::app::messages::MessageList;
use crate::app::{App, person};
use crate::domain::ids::MessageKey;
use crate::domain::messages::Message;
use crate::domain::paging::{End, List, Page, PageArgs, Slice};
use crate::domain::sessions::Viewer;
use crate::error::Result;
use crate::storage::messages::Sent;
use crate::storage::replies;

impl App {
    /// Checks what page of the replies to a message is asked for. Its places are those of the room's log.
    pub fn reply_page(&self, viewer: &Viewer, answered: &Message, args: &PageArgs) -> Result<Page> {
        person(viewer)?;
        args.check(self.epoch(), List::Log(answered.room), self.bounds.pages)
    }

    /// A page in the middle of the replies to a message, oldest to newest; nothing of a room that the viewer
    /// may not read.
    pub async fn replies(&self, viewer: &Viewer, answered: MessageKey, page: Page) -> Result<MessageList> {
        let caller = person(viewer)?;
        let slice = self
            .store
            .read(move |conn| {
                Box::pin(async move { replies::page(conn, answered, caller.user, &page).await })
            })
            .await?;
        Ok(MessageList { slice })
    }

    /// The same end of the replies to several messages; nothing of rooms that the viewer may not read.
    pub async fn reply_ends(
        &self,
        viewer: &Viewer,
        answered: Vec<MessageKey>,
        end: End,
        limit: u16,
    ) -> Result<Vec<(MessageKey, MessageList)>> {
        let caller = person(viewer)?;
        let wanted = answered.clone();
        let found = self
            .store
            .read(move |conn| {
                Box::pin(async move { replies::ends(conn, &wanted, caller.user, end, limit).await })
            })
            .await?;
        let page = Page { end, limit, after: None, before: None };
        let lists = answered.into_iter().map(|answered| {
            let to = |(message, _): &&Sent| message.reply_to == Some(answered);
            let mut rows: Vec<Sent> = found.iter().filter(to).cloned().collect();
            if end == End::Last {
                rows.reverse();
            }
            (answered, MessageList { slice: Slice::cut(&page, rows) })
        });
        Ok(lists.collect())
    }

    /// How many replies each of several messages has, of those that the viewer may read. Deleted ones count:
    /// they keep their place.
    pub async fn reply_counts(
        &self,
        viewer: &Viewer,
        answered: Vec<MessageKey>,
    ) -> Result<Vec<(MessageKey, i64)>> {
        let caller = person(viewer)?;
        self.store
            .read(move |conn| Box::pin(async move { replies::counts(conn, &answered, caller.user).await }))
            .await
    }
}
