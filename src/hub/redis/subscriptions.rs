//! The topics that are wanted, and the connection that each is in force on. A table, no I/O.

use std::collections::HashMap;

use tokio::sync::oneshot;

use super::link::LinkId;
use crate::hub::bus::Topic;

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    topics: HashMap<Topic, Subscription>,
    /// How many are overdue.
    late: usize,
}

#[derive(Debug, Default)]
struct Subscription {
    on: Option<LinkId>,
    /// Not in force although nobody waits for it any more: when it comes, it is a gap.
    late: bool,
    waiters: Vec<oneshot::Sender<()>>,
}

impl Subscriptions {
    /// Wants a topic. `None` when it is in force, else what resolves when it is, and breaks when it will
    /// not soon be.
    pub(super) fn want(&mut self, topic: Topic) -> Option<oneshot::Receiver<()>> {
        let subscription = self.topics.entry(topic).or_default();
        if subscription.on.is_some() {
            return None;
        }
        let (waiter, resolved) = oneshot::channel();
        subscription.waiters.retain(|waiter| !waiter.is_closed());
        subscription.waiters.push(waiter);
        Some(resolved)
    }

    pub(super) fn forget(&mut self, topic: Topic) {
        if self.topics.remove(&topic).is_some_and(|subscription| subscription.late) {
            self.late -= 1;
        }
    }

    pub(super) fn wants(&self, topic: Topic) -> bool {
        self.topics.contains_key(&topic)
    }

    pub(super) fn is_on(&self, topic: Topic, link: LinkId) -> bool {
        self.topics.get(&topic).is_some_and(|subscription| subscription.on == Some(link))
    }

    /// A subscription is in force. `true` when messages may have been missed before it was.
    pub(super) fn confirm(&mut self, topic: Topic, link: LinkId) -> bool {
        let Some(subscription) = self.topics.get_mut(&topic) else { return false };
        if subscription.on.replace(link).is_some() {
            return false;
        }
        let waiters = std::mem::take(&mut subscription.waiters);
        // Told all of them, not only the first.
        let told = waiters.into_iter().filter_map(|waiter| waiter.send(()).ok()).count();
        let late = std::mem::take(&mut subscription.late);
        if late {
            self.late -= 1;
        }
        late || told == 0
    }

    /// Nobody waits for this one any more, if it is not in force.
    pub(super) fn give_up(&mut self, topic: Topic) {
        if let Some(subscription) = self.topics.get_mut(&topic)
            && subscription.on.is_none()
            && !subscription.late
        {
            subscription.late = true;
            self.late += 1;
        }
    }

    /// A connection is gone, and with it what was in force on it. Those that wait for any other
    /// connection are let go, too: simpler, and only a gap that was none.
    pub(super) fn lose(&mut self, link: LinkId) {
        for subscription in self.topics.values_mut() {
            if subscription.on == Some(link) {
                subscription.on = None;
            }
            if subscription.on.is_none() {
                subscription.waiters.clear();
                subscription.late = true;
            }
        }
        self.late = self.topics.values().filter(|subscription| subscription.late).count();
    }

    /// Each topic with the connection that it is in force on.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Topic, Option<LinkId>)> {
        self.topics.iter().map(|(&topic, subscription)| (topic, subscription.on))
    }

    pub(super) const fn late(&self) -> usize {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RoomKey;

    const ROOM: Topic = Topic::Room(RoomKey(1));
    const LINK: LinkId = LinkId(1);

    #[test]
    fn who_waits_until_it_is_in_force_has_missed_nothing() {
        let mut table = Subscriptions::default();
        let mut resolved = table.want(ROOM).unwrap();
        assert!(!table.confirm(ROOM, LINK));
        assert_eq!(resolved.try_recv(), Ok(()));
        assert!(table.want(ROOM).is_none(), "it is in force already");
    }

    #[test]
    fn who_gave_up_hears_of_a_gap() {
        let mut table = Subscriptions::default();
        drop(table.want(ROOM));
        assert!(table.confirm(ROOM, LINK), "the waiter was gone");

        let other = Topic::Room(RoomKey(2));
        let _still_there = table.want(other);
        table.give_up(other);
        assert_eq!(table.late(), 1);
        assert!(table.confirm(other, LINK));
        assert_eq!(table.late(), 0);
    }

    #[test]
    fn a_lost_connection_makes_its_topics_overdue_until_they_are_back() {
        let mut table = Subscriptions::default();
        let _first = table.want(ROOM);
        let _second = table.want(Topic::Everyone);
        table.confirm(ROOM, LINK);
        table.confirm(Topic::Everyone, LinkId(2));
        table.lose(LINK);
        assert_eq!(table.late(), 1);
        assert!(table.is_on(Topic::Everyone, LinkId(2)) && !table.is_on(ROOM, LINK));
        assert!(table.confirm(ROOM, LinkId(3)));
        table.lose(LinkId(3));
        table.forget(ROOM);
        assert_eq!(table.late(), 0, "what is forgotten is not overdue");
        assert!(!table.confirm(ROOM, LinkId(4)) && !table.wants(ROOM));
    }

    #[test]
    fn a_waiter_learns_that_the_connection_went() {
        let mut table = Subscriptions::default();
        let mut resolved = table.want(ROOM).unwrap();
        table.lose(LINK);
        assert!(matches!(resolved.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }
}
