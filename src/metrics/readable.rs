//! Numbers that Prometheus is shown, and that administrators read here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::metrics::{Counter, Gauge};

/// A counter that can be read.
#[derive(Debug)]
pub(super) struct Total {
    shown: Counter,
    count: AtomicU64,
}

impl Total {
    pub(super) const fn new(shown: Counter) -> Self {
        Self { shown, count: AtomicU64::new(0) }
    }

    pub(super) fn add(&self, more: u64) {
        self.shown.increment(more);
        self.count.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// A number of things that live, which can be read.
#[derive(Debug)]
pub(super) struct Living {
    shown: Gauge,
    count: AtomicU64,
}

impl Living {
    pub(super) fn new(shown: Gauge) -> Arc<Self> {
        Arc::new(Self { shown, count: AtomicU64::new(0) })
    }

    pub(super) fn get(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// One thing that is counted while it lives.
#[derive(Debug)]
pub struct Counted(Arc<Living>);

impl Counted {
    pub(super) fn new(living: &Arc<Living>) -> Self {
        living.shown.increment(1.0);
        living.count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(living))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.shown.decrement(1.0);
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}
