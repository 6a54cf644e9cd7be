//! Finding messages by their words.

mod index;

use crate::app::{App, administrator, allow, person};
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::GlobalId;
use crate::domain::messages::Message;
use crate::domain::paging::{List, PageArgs, Place, Slice};
use crate::domain::policy::{Action, Standing};
use crate::domain::search::MessageSearch;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Error, Result};
use crate::storage::messages::Sent;
use crate::storage::search::{self, Narrowing, Scope};
use crate::storage::{Conn, audit, rooms};

pub(in crate::app) use index::Index;
pub use index::keep_indexed;

/// Messages, the newest first, and how to count them all.
#[derive(Debug, Clone)]
pub struct Findings {
    pub slice: Slice<Sent>,
    narrowing: Narrowing,
}

impl Findings {
    /// Where a message stands in this list.
    pub fn place(message: &Message) -> Place {
        Place::at(message.key.0)
    }
}

impl App {
    /// Messages with all of the words, of rooms that the viewer is in; of one that is named, where they may read
    /// it. What was stored before is found. An administrator may search everywhere, which is written down.
    ///
    /// # Errors
    /// `FORBIDDEN` everywhere for anyone else; `NOT_FOUND` and `NOT_A_MEMBER` as for reading the room.
    pub async fn search_messages(
        &self,
        viewer: &Viewer,
        asked: MessageSearch,
        args: &PageArgs,
    ) -> Result<Findings> {
        let caller = person(viewer)?;
        if asked.everywhere {
            administrator(viewer).map_err(|refusal| refusal.at("everywhere"))?;
        }
        let words = asked.words()?;
        let page = args.check(self.epoch(), List::Findings, self.bounds.pages)?;
        self.limits.search(caller.user)?;
        let (viewer, narrowed) = (*viewer, asked.clone());
        let (scope, is_behind) = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    Ok((scope(conn, &viewer, caller, &narrowed).await?, search::is_behind(conn).await?))
                })
            })
            .await?;
        if is_behind {
            self.index_before_search().await?;
        }
        if asked.everywhere {
            let note = Note {
                actor: Some(caller.user),
                deed: Deed::MessageSearch,
                target: asked.room.map(GlobalId::Room),
                detail: String::new(),
                at: self.clock.now(),
            };
            self.store.write(move |conn| Box::pin(async move { audit::insert(conn, &note).await })).await?;
        }
        let MessageSearch { sender, since, until, has_attachment, .. } = asked;
        let narrowing = Narrowing { words, scope, sender, since, until, has_attachment };
        let looked_for = narrowing.clone();
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { search::page(conn, &looked_for, &page).await }))
            .await?;
        Ok(Findings { slice, narrowing })
    }

    /// How many messages the whole list has.
    pub async fn count_findings(&self, viewer: &Viewer, list: &Findings) -> Result<i64> {
        person(viewer)?;
        let narrowing = list.narrowing.clone();
        self.store.read(move |conn| Box::pin(async move { search::count(conn, &narrowing).await })).await
    }
}

async fn scope(conn: &mut Conn, viewer: &Viewer, caller: SignedIn, asked: &MessageSearch) -> Result<Scope> {
    let Some(room) = asked.room else {
        return Ok(if asked.everywhere { Scope::Everywhere } else { Scope::RoomsOf(caller.user) });
    };
    let view = rooms::find_view(conn, room, caller.user).await?;
    let view = view.ok_or_else(|| Error::not_found().at("roomId"))?;
    let action = if asked.everywhere { Action::See } else { Action::Read };
    allow(Standing::of(viewer, &view.room, view.role), action)?;
    Ok(Scope::Room(view.room.key))
}
