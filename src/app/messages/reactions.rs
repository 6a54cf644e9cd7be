//! Reactions to messages.

use std::collections::{HashMap, HashSet};

use crate::app::messages::amending::{Held, tell};
use crate::app::{App, allow, person};
use crate::domain::events::Amendment;
use crate::domain::ids::MessageKey;
use crate::domain::messages::Message;
use crate::domain::paging::{End, List, Page, PageArgs, Place, Slice};
use crate::domain::policy::Action;
use crate::domain::reactions::{Emoji, ReactionGroup};
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};
use crate::storage::messages;
use crate::storage::reactions::{self, Reactor};

/// One page of those who reacted to a message with one emoji.
#[derive(Debug, Clone, Default)]
pub struct ReactorList {
    pub slice: Slice<Reactor>,
}

impl ReactorList {
    /// Where someone stands in this list.
    pub const fn place((reaction, _): &Reactor) -> Place {
        Place::at(reaction.key)
    }
}

impl App {
    /// Reacts to a message with an emoji, or takes that back. Doing it again changes nothing.
    ///
    /// # Errors
    /// `BAD_INPUT` for what is no emoji, `NOT_FOUND` where the viewer may not read the room, `CONFLICT` for a deleted
    /// message, or one that has as many different reactions as a message may have.
    pub async fn react(&self, viewer: &Viewer, key: MessageKey, emoji: &str, on: bool) -> Result<Message> {
        let caller = person(viewer)?;
        let emoji = Emoji::parse(emoji)?;
        self.limits.send(caller.user)?;
        let (viewer, at, kinds_max) = (*viewer, self.clock.now(), self.bounds.reaction_kinds_max);
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let held = Held::of(conn, &viewer, caller, key, &[Action::Read]).await?;
                    held.check_is_there()?;
                    let changed = if on {
                        allow(held.standing, Action::React)?;
                        reactions::insert(conn, key, caller.user, &emoji).await?
                    } else {
                        reactions::delete(conn, key, caller.user, &emoji).await?
                    };
                    if !changed {
                        return Ok(held.message);
                    }
                    let kinds = reactions::count_kinds(conn, key).await?;
                    if on && kinds > kinds_max {
                        let full = Text::ReactionsFull { max: kinds_max };
                        return Err(Error::new(Code::Conflict, full).at("emoji"));
                    }
                    let revision = held.message.revision + 1;
                    let kinds = u16::try_from(kinds).unwrap_or(u16::MAX);
                    let message = Message { reactions: kinds, revision, ..held.message };
                    messages::update_reactions(conn, &message).await?;
                    tell(conn, caller, Amendment::Reacted, message, at).await
                })
            })
            .await
    }

    /// The reactions to several messages by their emoji, those used first before others; nothing of rooms that the
    /// viewer may not read.
    pub async fn reactions(&self, viewer: &Viewer, keys: Vec<MessageKey>) -> Result<Vec<ReactionGroup>> {
        let caller = person(viewer)?;
        self.store
            .read(move |conn| Box::pin(async move { reactions::groups(conn, &keys, caller.user).await }))
            .await
    }

    /// What the viewer reacted to several messages with.
    pub async fn own_reactions(
        &self,
        viewer: &Viewer,
        keys: Vec<MessageKey>,
    ) -> Result<HashSet<(MessageKey, String)>> {
        let caller = person(viewer)?;
        self.store
            .read(move |conn| Box::pin(async move { reactions::of_user(conn, &keys, caller.user).await }))
            .await
    }

    /// Checks what page of those who reacted to a message with one emoji is asked for.
    pub fn reactor_page(&self, viewer: &Viewer, message: MessageKey, args: &PageArgs) -> Result<Page> {
        person(viewer)?;
        args.check(self.epoch(), List::Reactors(message), self.bounds.pages)
    }

    /// A page of those who reacted to a message with one emoji, the first before others; nobody where the viewer may
    /// not read the room.
    pub async fn reactors(
        &self,
        viewer: &Viewer,
        message: MessageKey,
        emoji: String,
        page: Page,
    ) -> Result<ReactorList> {
        let caller = person(viewer)?;
        let slice = self
            .store
            .read(move |conn| {
                Box::pin(async move { reactions::page(conn, message, &emoji, caller.user, &page).await })
            })
            .await?;
        Ok(ReactorList { slice })
    }

    /// The same end of all who reacted to each of several messages that few reacted to, by emoji; nothing of rooms
    /// that the viewer may not read.
    pub async fn reactor_ends(
        &self,
        viewer: &Viewer,
        keys: Vec<MessageKey>,
        end: End,
        limit: u16,
    ) -> Result<HashMap<(MessageKey, String), ReactorList>> {
        let caller = person(viewer)?;
        let found = self
            .store
            .read(move |conn| Box::pin(async move { reactions::all(conn, &keys, caller.user).await }))
            .await?;
        let mut groups: HashMap<(MessageKey, String), Vec<Reactor>> = HashMap::new();
        for reactor in found {
            groups.entry((reactor.0.message, reactor.0.emoji.clone())).or_default().push(reactor);
        }
        let page = Page { end, limit, after: None, before: None };
        let lists = groups.into_iter().map(|(group, mut rows)| {
            if end == End::Last {
                rows.reverse();
            }
            (group, ReactorList { slice: Slice::cut(&page, rows) })
        });
        Ok(lists.collect())
    }
}
