//! Password hashing on threads of its own, behind a queue with an end.
//!
//! A hash is meant to be slow (cost 12 is about 0.3 s of one core), so it never runs on the threads that
//! answer requests, and a flood of logins is refused rather than queued for ever. Which passwords are
//! good enough is in [`rules`]; counting wrong guesses is not done here.

pub mod rules;
mod scheme;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use self::scheme::Scheme;
use super::random;
use crate::error::{Code, Error, Result, Text};

/// The costs that are hashed and verified. Each step doubles the work; above 16 a single stored hash
/// could hold a thread for the better part of a minute.
pub const COSTS: RangeInclusive<u32> = 4..=16;

/// A longer password is nobody's, in whatever way it was hashed.
const VERIFIED_BYTES_MAX: usize = 4096;

/// The salt of the hash that is done for nobody. It guards nothing, so it may as well be constant.
const NOBODY: [u8; 16] = *b"tertulia, nobody";

/// How long a hash of cost 12 takes before one has been measured.
const FIRST_GUESS_MICROS: u64 = 290_000;

#[derive(Debug, Clone, Copy)]
pub struct PasswordOptions {
    /// Within [`COSTS`].
    pub cost: u32,
    pub threads: usize,
    /// How many callers may wait for a thread; the next is refused.
    pub queue_max: usize,
}

/// The pool of hashing threads. Dropping it, or [`Passwords::shutdown`], ends them.
pub struct Passwords {
    pool: Arc<Pool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// From -20, which yields to nobody, to 19.
const HASHING_NICENESS: i32 = 15;

impl Passwords {
    /// Starts the threads; costs no hash. Fails on a cost outside [`COSTS`] or without threads to give.
    pub fn start(options: PasswordOptions) -> io::Result<Self> {
        let passwords = Self::idle(options)?;
        passwords.spawn()?;
        Ok(passwords)
    }

    fn idle(options: PasswordOptions) -> io::Result<Self> {
        if !COSTS.contains(&options.cost) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the bcrypt cost must be from 4 to 16"));
        }
        let pool = Pool {
            options: PasswordOptions {
                threads: options.threads.max(1),
                queue_max: options.queue_max.max(1),
                ..options
            },
            queue: Mutex::new(Queue { waiting: VecDeque::new(), closed: false }),
            ready: Condvar::new(),
            busy: AtomicUsize::new(0),
            hash_micros: AtomicU64::new((FIRST_GUESS_MICROS << options.cost) >> 12),
            work: AtomicU64::new(0),
        };
        Ok(Self { pool: Arc::new(pool), threads: Mutex::new(Vec::new()) })
    }

    fn spawn(&self) -> io::Result<()> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for number in 0..self.pool.options.threads {
            let pool = Arc::clone(&self.pool);
            let thread = std::thread::Builder::new().name(format!("password-{number}"));
            threads.push(thread.spawn(move || {
                yield_to_others();
                pool.run();
            })?);
        }
        Ok(())
    }

    /// Hashes a password for storing. Waits its turn; fails with `RATE_LIMITED` and a time to come back
    /// when too many wait already. Dropping the future before its turn saves the work.
    pub async fn hash(&self, password: SecretString) -> Result<String> {
        if let Some(text) = rules::unhashable(password.expose_secret()) {
            return Err(Error::new(Code::WeakPassword, text));
        }
        self.ask(|reply| Job::Hash { password, reply }).await
    }

    /// Whether the password is the one that was hashed. Without a stored hash, or with one that this
    /// server cannot read, the same work is done and the answer is no, so that the time taken does not
    /// tell whether an account exists.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool> {
        // This says nothing of the account.
        if password.expose_secret().len() > VERIFIED_BYTES_MAX {
            return Ok(false);
        }
        self.ask(|reply| Job::Verify { password, stored, reply }).await
    }

    /// A new hash of a password that was right, where the stored one was made in another way than
    /// today's. A password that could not be hashed today keeps the hash that it has.
    pub async fn renew(&self, password: SecretString, stored: &str) -> Result<Option<String>> {
        if !self.needs_rehash(stored) || rules::unhashable(password.expose_secret()).is_some() {
            return Ok(None);
        }
        self.hash(password).await.map(Some)
    }

    fn needs_rehash(&self, stored: &str) -> bool {
        Scheme::of(stored) != Some(Scheme::Bcrypt { cost: self.pool.options.cost })
    }

    /// How many callers wait for a thread.
    pub fn queue_len(&self) -> usize {
        self.pool.queue().waiting.len()
    }

    /// Hashing done since the start, in rounds: one hash of cost n adds 2 to the n.
    pub fn work(&self) -> u64 {
        self.pool.work.load(Ordering::Relaxed)
    }

    /// Refuses those who wait, and returns when the threads have ended: at most one hash later. Blocks,
    /// so call it where that does no harm.
    pub fn shutdown(&self) {
        {
            let mut queue = self.pool.queue();
            queue.closed = true;
            queue.waiting.clear();
        }
        self.pool.ready.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread's panic was reported by the panic hook when it happened.
            drop(thread.join());
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T>>) -> Job) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.pool.submit(job(reply))?;
        match answer.await {
            Ok(answer) => answer,
            Err(_) if self.pool.queue().closed => Err(Error::unavailable(Duration::from_secs(1))),
            Err(gone) => Err(Error::internal(gone)),
        }
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("options", &self.pool.options).finish_non_exhaustive()
    }
}

struct Pool {
    options: PasswordOptions,
    /// Guards the waiting jobs; held for a push, a pop or a sweep, never during a hash.
    queue: Mutex<Queue>,
    /// Told of each new job, and of the end.
    ready: Condvar,
    busy: AtomicUsize,
    /// A running mean, for the estimate that goes with a refusal.
    hash_micros: AtomicU64,
    work: AtomicU64,
}

struct Queue {
    waiting: VecDeque<Job>,
    closed: bool,
}

enum Job {
    Hash { password: SecretString, reply: oneshot::Sender<Result<String>> },
    Verify { password: SecretString, stored: Option<String>, reply: oneshot::Sender<Result<bool>> },
}

impl Job {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Hash { reply, .. } => reply.is_closed(),
            Self::Verify { reply, .. } => reply.is_closed(),
        }
    }
}

impl Pool {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, job: Job) -> Result<()> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(Error::unavailable(Duration::from_secs(1)));
        }
        if queue.waiting.len() >= self.options.queue_max {
            queue.waiting.retain(|job| !job.is_abandoned());
        }
        if queue.waiting.len() >= self.options.queue_max {
            let wait = self.estimate(queue.waiting.len());
            return Err(Error::new(Code::RateLimited, Text::RateLimited).retry_after(wait));
        }
        queue.waiting.push_back(job);
        drop(queue);
        self.ready.notify_one();
        Ok(())
    }

    /// How long until those who wait now have been served.
    fn estimate(&self, waiting: usize) -> Duration {
        let ahead = waiting.saturating_add(self.busy.load(Ordering::Relaxed));
        let rounds = u32::try_from(ahead.div_ceil(self.options.threads)).unwrap_or(u32::MAX);
        Duration::from_micros(self.hash_micros.load(Ordering::Relaxed)).saturating_mul(rounds)
    }

    /// A thread's life: one job after another until the pool closes.
    fn run(&self) {
        while let Some(job) = self.take() {
            self.busy.fetch_add(1, Ordering::Relaxed);
            // A panic drops the reply, which its caller sees as a fault of ours; the thread lives on.
            drop(catch_unwind(AssertUnwindSafe(|| self.serve(job))));
            self.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn take(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            match queue.waiting.pop_front() {
                Some(job) => return Some(job),
                None => queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Does the job, unless its caller has gone. A send fails only if they go meanwhile.
    fn serve(&self, job: Job) {
        if job.is_abandoned() {
            return;
        }
        match job {
            Job::Hash { password, reply } => {
                drop(reply.send(self.hash(password.expose_secret())));
            }
            Job::Verify { password, stored, reply } => {
                drop(reply.send(self.verify(password.expose_secret(), stored.as_deref())));
            }
        }
    }

    fn hash(&self, password: &str) -> Result<String> {
        let cost = self.options.cost;
        self.timed(cost, || bcrypt::non_truncating_hash_with_salt(password, cost, random::bytes()))
            .map(|parts| parts.to_string())
            .map_err(Error::internal)
    }

    fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let Some((stored, scheme)) = stored.and_then(|stored| Some((stored, Scheme::of(stored)?))) else {
            return self.verify_nobody();
        };
        match scheme {
            // bcrypt never hashed such a password. It repeats its input with a NUL between, so without
            // this "a\0a" would pass for "a".
            Scheme::Bcrypt { .. } if rules::unhashable(password).is_some() => self.verify_nobody(),
            Scheme::Pbkdf2(hash) => Ok(self.timed(self.options.cost, || hash.verify(password))),
            Scheme::Bcrypt { cost } => {
                self.timed(cost, || bcrypt::non_truncating_verify(password, stored)).map_err(Error::internal)
            }
        }
    }

    /// The work of a verification, and always no.
    fn verify_nobody(&self) -> Result<bool> {
        let cost = self.options.cost;
        let hashed = self.timed(cost, || bcrypt::non_truncating_hash_with_salt("nobody", cost, NOBODY));
        std::hint::black_box(hashed).map(|_| false).map_err(Error::internal)
    }

    /// Every hash goes through here, to be counted and measured. One of another scheme counts as one of
    /// today's.
    fn timed<T>(&self, cost: u32, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let outcome = run();
        self.work.fetch_add(1 << cost, Ordering::Relaxed);
        if cost == self.options.cost {
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX / 8);
            let mean = self.hash_micros.load(Ordering::Relaxed);
            // Two threads may lose one another's sample; an estimate does not mind.
            self.hash_micros.store((mean.saturating_mul(7).saturating_add(micros)) / 8, Ordering::Relaxed);
        }
        outcome
    }
}

/// Has the kernel run this thread when no other of the server wants the core: a hash may wait some
/// milliseconds, and a message on its way may not.
fn yield_to_others() {
    // For the kernel a thread is a process. Refused, hashing works as well, at the others' cost.
    let _ = rustix::process::setpriority_process(None, HASHING_NICENESS);
}
