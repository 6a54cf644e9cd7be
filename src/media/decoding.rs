//! Threads that decode pictures, behind a queue with an end.
//!
//! A picture may take a second of a core and a hundred megabytes, so it is never decoded on the threads that
//! answer requests, and few at a time.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::RETRY;
use crate::error::{Error, Result};

type Job = Box<dyn FnOnce() + Send>;

/// The threads. They end when this is dropped.
pub(super) struct Decoding {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
}

impl Decoding {
    pub(super) fn start(threads: usize, queue_max: usize) -> io::Result<Self> {
        let (jobs, taken) = sync_channel(queue_max);
        let taken = Arc::new(Mutex::new(taken));
        for number in 0..threads {
            let taken = Arc::clone(&taken);
            std::thread::Builder::new().name(format!("picture-{number}")).spawn(move || {
                // Refused, decoding works as well, at the others' cost.
                let _ = rustix::process::setpriority_process(None, NICENESS);
                serve(&taken);
            })?;
        }
        Ok(Self { jobs, waiting: Arc::default() })
    }

    /// Does some work on one of the threads. `UNAVAILABLE` when the queue is full.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let waiting = Arc::clone(&self.waiting);
        let job = Box::new(move || {
            waiting.fetch_sub(1, Ordering::Relaxed);
            if !reply.is_closed() {
                // The caller may go while it is done.
                let _ = reply.send(work());
            }
        });
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.jobs.try_send(job) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::unavailable(RETRY));
        }
        // A panic of a decoder drops the reply.
        answer.await.map_err(Error::internal)
    }

    pub(super) fn queue_len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// From -20, which yields to nobody, to 19: a picture may wait, a message on its way may not.
const NICENESS: i32 = 15;

fn serve(taken: &Mutex<Receiver<Job>>) {
    loop {
        let job = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("waiting", &self.queue_len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[tokio::test]
    async fn a_full_queue_is_said_at_once_and_a_panic_ends_no_thread() {
        let decoding = Arc::new(Decoding::start(1, 1).unwrap());
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (begun, began) = oneshot::channel();
        let run = |work: Job| {
            let decoding = Arc::clone(&decoding);
            tokio::spawn(async move { decoding.run(work).await })
        };
        let first = run(Box::new(move || {
            begun.send(()).unwrap();
            held.recv().unwrap();
        }));
        began.await.unwrap();
        let mut second = Box::pin(decoding.run(|| panic!("a decoder's mistake")));
        assert!(futures_util::poll!(&mut second).is_pending());
        assert_eq!(decoding.queue_len(), 1);
        assert_eq!(decoding.run(|| ()).await.unwrap_err().code(), Code::Unavailable);
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap_err().code(), Code::Internal);
        assert_eq!(decoding.run(|| 7).await.unwrap(), 7);
        assert_eq!(decoding.queue_len(), 0);
    }
}
