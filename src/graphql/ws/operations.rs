//! The operations of one socket, polled in turn: one that always has something does not starve another.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{AbortHandle, Abortable, SelectAll, Stream, StreamExt as _};

use crate::graphql::operation::{Item, Operation};
use crate::graphql::ws::protocol::Key;
use crate::metrics::Counted;

/// What an operation did: what it produced, or `None` for its end.
pub(super) type Step = (Key, Option<Vec<Item>>);

#[derive(Default)]
pub(super) struct Operations {
    running: SelectAll<Abortable<Running>>,
    handles: Vec<Handle>,
}

struct Handle {
    key: Key,
    abort: AbortHandle,
    /// Whether it ends by itself, as queries and mutations do.
    finite: bool,
}

/// An operation that says its key with all it yields, and its end.
struct Running {
    key: Key,
    operation: Option<Operation>,
    _open: Counted,
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").field("running", &self.handles.len()).finish()
    }
}

impl Operations {
    pub(super) fn start(&mut self, key: Key, operation: Operation, open: Counted) {
        let (abort, registration) = AbortHandle::new_pair();
        let finite = operation.size_hint().1.is_some();
        self.handles.push(Handle { key, abort, finite });
        let running = Running { key, operation: Some(operation), _open: open };
        self.running.push(Abortable::new(running, registration));
    }

    /// Drops an operation, at the latest when the operations are polled next, which this causes.
    pub(super) fn stop(&mut self, key: Key) {
        if let Some(at) = self.handles.iter().position(|handle| handle.key == key) {
            self.handles.swap_remove(at).abort.abort();
        }
    }

    /// How many run that will end by themselves.
    pub(super) fn finite(&self) -> usize {
        self.handles.iter().filter(|handle| handle.finite).count()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next step of any operation; waits for ever where there is none.
    pub(super) async fn next(&mut self) -> Step {
        match self.running.next().await {
            Some((key, None)) => {
                self.handles.retain(|handle| handle.key != key);
                (key, None)
            }
            Some(step) => step,
            None => std::future::pending().await,
        }
    }
}

impl Stream for Running {
    type Item = Step;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        let key = self.key;
        let Some(operation) = &mut self.operation else { return Poll::Ready(None) };
        operation.as_mut().poll_next(cx).map(|items| {
            if items.is_none() {
                self.operation = None;
            }
            Some((key, items))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures_util::{FutureExt as _, stream};

    use super::*;
    use crate::metrics::Metrics;

    struct Dropped(Arc<AtomicBool>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn key(number: u64) -> Key {
        Key(number)
    }

    fn busy() -> Operation {
        Box::pin(stream::repeat_with(Vec::new))
    }

    #[test]
    fn a_busy_operation_does_not_starve_another() {
        let (metrics, mut operations) = (Metrics::new(), Operations::default());
        for number in 0..3 {
            operations.start(key(number), busy(), metrics.socket_operation_open());
        }
        let mut turns = [0; 3];
        for _ in 0..300 {
            let (Key(number), _) = operations.next().now_or_never().expect("all are always ready");
            turns[usize::try_from(number).unwrap()] += 1;
        }
        assert_eq!(turns, [100; 3]);
    }

    #[test]
    fn a_stopped_operation_is_dropped_at_the_next_poll_and_says_no_more() {
        let (metrics, mut operations) = (Metrics::new(), Operations::default());
        let dropped = Arc::new(AtomicBool::new(false));
        let guard = Dropped(Arc::clone(&dropped));
        let operation = stream::pending::<Vec<Item>>().map(move |items| {
            let _ = &guard;
            items
        });
        operations.start(key(1), Box::pin(operation), metrics.socket_operation_open());
        assert!(operations.next().now_or_never().is_none());
        operations.stop(key(1));
        assert!(operations.next().now_or_never().is_none());
        assert!(dropped.load(Ordering::SeqCst));
        assert!(metrics.render().contains("tertulia_socket_operations_open 0\n"));
    }

    #[test]
    fn an_end_is_said_once_and_only_what_ends_by_itself_counts_as_finite() {
        let (metrics, mut operations) = (Metrics::new(), Operations::default());
        let once = stream::once(async { Vec::new() });
        operations.start(key(1), Box::pin(once), metrics.socket_operation_open());
        let endless = stream::pending::<Vec<Item>>().chain(busy());
        operations.start(key(2), Box::pin(endless), metrics.socket_operation_open());
        assert_eq!(operations.finite(), 1);
        assert!(matches!(operations.next().now_or_never(), Some((Key(1), Some(_)))));
        assert!(matches!(operations.next().now_or_never(), Some((Key(1), None))));
        assert_eq!(operations.finite(), 0);
        assert!(operations.next().now_or_never().is_none());
    }
}
