//! The dialects: a line and a file each.

mod chatcrm;
mod condor;
mod mrm;
mod realtime;
mod thanchat;

use crate::rest::route::Dialect;

/// Every dialect, in the order of the API document.
pub(super) fn all() -> Vec<Dialect> {
    vec![chatcrm::dialect(), condor::dialect(), mrm::dialect(), thanchat::dialect(), realtime::dialect()]
}
