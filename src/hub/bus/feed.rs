//! What was heard and not yet taken: bounded, and never silent about what did not fit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Heard;
use crate::metrics::Metrics;

/// The end that hears. Nothing here waits.
#[derive(Debug)]
pub(in crate::hub) struct Feed {
    queue: Mutex<Queue>,
    filled: Notify,
    max: usize,
    metrics: Metrics,
}

#[derive(Debug, Default)]
struct Queue {
    heard: VecDeque<Heard>,
    closed: bool,
}

impl Feed {
    pub(in crate::hub) fn new(max: usize, metrics: Metrics) -> (Arc<Self>, Inbox) {
        let feed =
            Arc::new(Self { queue: Mutex::default(), filled: Notify::new(), max: max.max(1), metrics });
        (Arc::clone(&feed), Inbox { feed })
    }

    /// Appends a message, or a gap in the place of all that does not fit.
    pub(in crate::hub) fn hear(&self, heard: Heard) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        if queue.heard.len() < self.max && heard != Heard::Gap {
            queue.heard.push_back(heard);
            self.metrics.bus_received();
        } else {
            if heard != Heard::Gap {
                self.metrics.bus_unheard();
            }
            // Never two in a row. What is one above the bound is a gap, so it grows no further.
            if queue.heard.back() == Some(&Heard::Gap) {
                return;
            }
            queue.heard.push_back(Heard::Gap);
        }
        drop(queue);
        self.filled.notify_one();
    }

    /// No more will come.
    pub(in crate::hub) fn close(&self) {
        self.queue().closed = true;
        self.filled.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one receiver of what was heard.
#[derive(Debug)]
pub struct Inbox {
    feed: Arc<Feed>,
}

impl Inbox {
    /// The next thing heard; `None` when the last handle on the bus is gone. Safe to cancel.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            {
                let mut queue = self.feed.queue();
                match queue.heard.pop_front() {
                    Some(heard) => return Some(heard),
                    None if queue.closed => return None,
                    None => {}
                }
            }
            // A notification that comes before this line is kept.
            self.feed.filled.notified().await;
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let mut queue = self.feed.queue();
        queue.closed = true;
        queue.heard.clear();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::ids::RoomKey;
    use crate::hub::bus::Topic;

    fn message(number: u8) -> Heard {
        Heard::Message { topic: Topic::Room(RoomKey(1)), payload: Bytes::copy_from_slice(&[number]) }
    }

    #[tokio::test]
    async fn what_does_not_fit_becomes_one_gap_in_its_place() {
        let metrics = Metrics::new();
        let (feed, mut inbox) = Feed::new(2, metrics.clone());
        (0..5).for_each(|number| feed.hear(message(number)));
        assert_eq!(inbox.next().await, Some(message(0)));
        assert_eq!(inbox.next().await, Some(message(1)));
        feed.hear(message(5));
        assert_eq!(inbox.next().await, Some(Heard::Gap));
        assert_eq!(inbox.next().await, Some(message(5)));
        let text = metrics.render();
        assert!(text.contains("tertulia_bus_dropped_total{side=\"inbox\"} 3\n"), "{text}");
        assert!(text.contains("tertulia_bus_received_total 3\n"), "{text}");
    }

    #[tokio::test]
    async fn gaps_beside_each_other_are_one() {
        let (feed, mut inbox) = Feed::new(2, Metrics::new());
        feed.hear(Heard::Gap);
        feed.hear(Heard::Gap);
        feed.hear(message(1));
        feed.close();
        assert_eq!(inbox.next().await, Some(Heard::Gap));
        assert_eq!(inbox.next().await, Some(message(1)));
        assert_eq!(inbox.next().await, None);
    }

    #[tokio::test]
    async fn an_inbox_never_holds_more_than_its_bound_and_a_gap() {
        let (feed, mut inbox) = Feed::new(3, Metrics::new());
        for round in 0..100 {
            feed.hear(message(round));
            feed.hear(Heard::Gap);
            feed.hear(message(round));
            assert!(feed.queue().heard.len() <= 4);
            if round % 3 == 0 {
                assert!(inbox.next().await.is_some());
            }
        }
        let held: Vec<_> = feed.queue().heard.iter().cloned().collect();
        assert_eq!(held.last(), Some(&Heard::Gap), "what was lost last is behind the last gap: {held:?}");
    }
}
