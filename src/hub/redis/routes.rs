//! Which link carries which slots.

use std::sync::Arc;

use super::link::Link;
use super::wire::{self, SLOTS};

/// Links by slots.
#[derive(Default)]
pub(super) struct Routes {
    /// By slot, without overlaps; slots may be missing.
    spans: Vec<Span>,
}

pub(super) struct Span {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) link: Arc<Link>,
}

impl Routes {
    /// `spans` are in order of their slots.
    pub(super) const fn new(spans: Vec<Span>) -> Self {
        Self { spans }
    }

    pub(super) fn of(&self, channel: &str) -> Option<Arc<Link>> {
        // A plain Redis has all slots, so there is nothing to reckon.
        let slot = if let [_] = self.spans.as_slice() { 0 } else { wire::slot(channel) };
        let at = self.spans.partition_point(|span| span.last < slot);
        let span = self.spans.get(at).filter(|span| span.first <= slot)?;
        Some(Arc::clone(&span.link))
    }

    /// Whether every slot has a link that stands.
    pub(super) fn whole(&self) -> bool {
        let standing = self.spans.iter().filter(|span| !span.link.is_gone());
        standing.map(|span| usize::from(span.last - span.first) + 1).sum::<usize>() == usize::from(SLOTS)
    }
}
