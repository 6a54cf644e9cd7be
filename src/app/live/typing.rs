//! Who begins to type in any of the rooms that an inbox follows.

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::domain::ids::{RoomKey, UserKey};
use crate::hub::{Hub, Look};

/// Waits for changes in many rooms.
#[derive(Default)]
pub(super) struct TypingWatch {
    waiting: FuturesUnordered<BoxFuture<'static, Look>>,
    due: VecDeque<Look>,
    /// Rooms in `waiting` or `due`. One that the person has left goes when something changes there.
    looked: HashSet<RoomKey>,
    /// Who typed where, when it was looked at last.
    known: HashMap<RoomKey, Vec<UserKey>>,
}

impl TypingWatch {
    /// Watches one more room.
    pub(super) fn add(&mut self, look: Look) {
        if self.looked.insert(look.room()) {
            let seen = look.version();
            self.wait(look, seen);
        }
    }

    fn wait(&mut self, mut look: Look, seen: u64) {
        let changed = async move {
            look.changed(seen).await;
            look
        };
        self.waiting.push(changed.boxed());
    }

    /// A room where something may have changed, if there is one.
    pub(super) fn next_due(&mut self) -> Option<Look> {
        while let Some(Some(look)) = self.waiting.next().now_or_never() {
            self.due.push_back(look);
        }
        self.due.pop_front()
    }

    /// Waits until there is one.
    pub(super) async fn rung(&mut self) {
        match self.waiting.next().await {
            Some(look) => self.due.push_back(look),
            None => std::future::pending().await,
        }
    }

    /// Looks at a room, and gives those who did not type there before. It is watched on.
    pub(super) fn read(&mut self, hub: &Hub, look: Look) -> Vec<UserKey> {
        let (room, seen) = (look.room(), look.version());
        let typing = hub.typing_in(room);
        let known = self.known.remove(&room).unwrap_or_default();
        let began = typing.iter().filter(|user| !known.contains(user)).copied().collect();
        if !typing.is_empty() {
            self.known.insert(room, typing);
        }
        self.wait(look, seen);
        began
    }

    /// Someone is known to have stopped, though nobody looked since.
    pub(super) fn stopped(&mut self, room: RoomKey, user: UserKey) {
        if let Some(known) = self.known.get_mut(&room) {
            known.retain(|typing| *typing != user);
        }
    }

    /// No longer watches a room.
    pub(super) fn forget(&mut self, room: RoomKey) {
        self.looked.remove(&room);
        self.known.remove(&room);
    }
}
