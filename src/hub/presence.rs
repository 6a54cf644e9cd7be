//! Who is here and who is typing, on this node and as other nodes tell.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::Timestamp;
use crate::domain::events::{RoomChange, RoomEvent};
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::presence::{
    NodeId, PresenceState, PresenceWord, Roster, Terms, Tick, Typing, TypingAsk, TypingBounds, TypingWord,
};
use crate::hub::activity::Looks;
use crate::hub::bus::Topic;
use crate::hub::{Hub, Word, lock};

/// Rooms asked for in one word.
const ROOMS_PER_WORD: usize = 1000;

/// How presence is kept, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct PresenceOptions {
    /// A number that no other node has. Random.
    pub node: u64,
    pub terms: Terms,
    pub typing: TypingBounds,
    /// The least time between two updates of one room, and between two words to other nodes.
    pub interval: Duration,
    /// People in one list.
    pub list_max: usize,
    /// Members of one room who are looked at.
    pub members_max: usize,
}

#[derive(Debug)]
pub(super) struct Presence {
    pub(super) options: PresenceOptions,
    roster: Mutex<Roster>,
    typing: Mutex<Typing>,
    /// As many as are in `typing`, so that messages need not lock it.
    typists: AtomicUsize,
    pub(super) looks: Looks,
    /// Who is online anywhere, kept while someone is told.
    online: watch::Sender<Arc<[UserKey]>>,
}

/// Who is online, for one who is told of it.
#[derive(Debug)]
pub struct OnlineBell {
    told: Arc<[UserKey]>,
    news: watch::Receiver<Arc<[UserKey]>>,
}

impl OnlineBell {
    /// Those who were online when it was hung up.
    pub fn people(&self) -> &Arc<[UserKey]> {
        &self.told
    }

    /// Waits until they are others than the last time.
    pub async fn changed(&mut self) -> Arc<[UserKey]> {
        loop {
            if self.news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let people = Arc::clone(&self.news.borrow_and_update());
            if people != self.told {
                self.told = Arc::clone(&people);
                return people;
            }
        }
    }
}

/// Counts as one connection of a person.
#[derive(Debug)]
pub struct PresenceGuard {
    hub: Arc<Hub>,
    user: UserKey,
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        lock(&self.hub.presence.roster).leave(self.user, Instant::now().into_std());
    }
}

impl Presence {
    pub(super) fn new(options: PresenceOptions) -> Self {
        Self {
            options,
            roster: Mutex::new(Roster::new(NodeId(options.node), options.terms)),
            typing: Mutex::new(Typing::new(options.typing)),
            typists: AtomicUsize::new(0),
            looks: Looks::default(),
            online: watch::Sender::new(Arc::default()),
        }
    }

    fn with_typing<T>(&self, act: impl FnOnce(&mut Typing, std::time::Instant) -> T) -> T {
        let mut typing = lock(&self.typing);
        let outcome = act(&mut typing, Instant::now().into_std());
        self.typists.store(typing.len(), Ordering::Relaxed);
        outcome
    }

    pub(super) fn typing_in(&self, room: RoomKey) -> Vec<UserKey> {
        self.with_typing(|typing, now| typing.shown(room, now))
    }

    /// Those of several people who are online or away, as many as a list may have.
    pub(super) fn here_among(&self, people: &[UserKey]) -> Vec<(UserKey, PresenceState)> {
        let roster = lock(&self.roster);
        let states = people.iter().map(|user| (*user, roster.state(*user)));
        states.filter(|(_, state)| *state != PresenceState::Offline).take(self.options.list_max).collect()
    }

    pub(super) fn hear(&self, word: PresenceWord) {
        lock(&self.roster).hear(word, Instant::now().into_std());
    }

    pub(super) fn hear_typing(&self, word: &TypingWord) {
        if self.with_typing(|typing, now| typing.hear(word, now)) {
            self.looks.ring(word.room);
        }
    }

    pub(super) fn hear_typing_ask(&self, ask: &TypingAsk) {
        self.with_typing(|typing, _| ask.rooms.iter().for_each(|room| typing.tell_again(*room)));
    }

    /// Whoever has sent a message or left no longer types.
    pub(super) fn see(&self, event: &RoomEvent) {
        if self.typists.load(Ordering::Relaxed) == 0 {
            return;
        }
        let done = match event.change() {
            None => event.message().and_then(|message| message.sender),
            Some(RoomChange::MemberGone { user }) => Some(user),
            Some(_) => None,
        };
        if let Some(user) = done
            && self.with_typing(|typing, _| typing.sent(event.room, user))
        {
            self.looks.ring(event.room);
        }
    }
}

impl Hub {
    /// Counts a person as connected to this node until the guard is dropped. `None` when so many people
    /// are known that this one does not show.
    pub fn arrive(self: &Arc<Self>, user: UserKey) -> Option<PresenceGuard> {
        let arrived = lock(&self.presence.roster).arrive(user);
        arrived.then(|| PresenceGuard { hub: Arc::clone(self), user })
    }

    /// Shows a person as they said at `at`, as long as they are connected to any node.
    pub fn say_presence(&self, user: UserKey, state: PresenceState, at: Timestamp) {
        lock(&self.presence.roster).say(user, state, at.timestamp_micros());
    }

    pub fn presence_of(&self, user: UserKey) -> PresenceState {
        lock(&self.presence.roster).state(user)
    }

    /// Tells who is online, now and when that changes, in as many as a list may have.
    pub fn watch_online(&self) -> OnlineBell {
        // Under the lock, so that no older list comes after this one.
        let roster = lock(&self.presence.roster);
        let news = self.presence.online.subscribe();
        OnlineBell { told: roster.shown(self.presence.options.list_max).into(), news }
    }

    /// People with a connection to this node, now or a moment ago.
    pub fn people_here(&self) -> usize {
        lock(&self.presence.roster).here()
    }

    /// People who are typing, in all rooms that this node has heard of.
    pub fn people_typing(&self) -> usize {
        self.presence.typists.load(Ordering::Relaxed)
    }

    /// Shows a person as typing from now on, or no longer. Gives for how long.
    pub fn set_typing(&self, room: RoomKey, user: UserKey, on: bool) -> Duration {
        let changed = self.presence.with_typing(|typing, now| {
            if on { typing.start(room, user, now) } else { typing.stop(room, user) }
        });
        if changed {
            self.presence.looks.ring(room);
        }
        self.presence.options.typing.ttl
    }

    /// How often [`Hub::beat`] wants to be called.
    pub fn beat_interval(&self) -> Duration {
        self.presence.options.interval
    }

    /// Tells those who look, and other nodes, what has changed since the last time.
    pub fn beat(&self, now: Instant) {
        let now = now.into_std();
        let mut roster = lock(&self.presence.roster);
        let Tick { words, changed } = roster.tick(now);
        if !changed.is_empty() && self.presence.online.receiver_count() > 0 {
            self.presence.online.send_replace(roster.shown(self.presence.options.list_max).into());
        }
        drop(roster);
        let (typing, over) = self.presence.with_typing(|typing, _| typing.tick(now));
        for room in over {
            self.presence.looks.ring(room);
        }
        self.presence.looks.ring_for(&changed);
        let new = self.presence.looks.take_new();
        if !self.bus.has_others() {
            return;
        }
        for word in words {
            self.tell(Topic::Everyone, &Word::Presence(word));
        }
        for word in typing {
            self.tell(Topic::Room(word.room), &Word::Typing(word));
        }
        // Whose node nobody reads the room on does not listen to it.
        for rooms in new.chunks(ROOMS_PER_WORD) {
            self.tell(Topic::Everyone, &Word::TypingAsk(TypingAsk { rooms: rooms.to_vec() }));
        }
    }

    /// Words may have been lost: asks other nodes for all they have, and tells them all there is here.
    pub fn refresh_presence(&self) {
        lock(&self.presence.roster).miss();
    }

    fn tell(&self, topic: Topic, word: &Word) {
        // Nothing in a word can fail to be written.
        if let Ok(payload) = serde_json::to_vec(word) {
            self.bus.publish(topic, Bytes::from(payload));
        }
    }
}
