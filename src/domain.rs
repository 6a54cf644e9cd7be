//! Pure values and rules. Nothing here does I/O or reads a clock.

pub mod audit;
pub mod events;
pub mod figures;
pub mod ids;
pub mod media;
pub mod messages;
pub mod paging;
pub mod policy;
pub mod presence;
pub mod reactions;
pub mod rooms;
pub mod search;
pub mod sessions;
pub mod short_ids;
pub mod users;
pub mod windows;

/// An instant in UTC, to the microsecond, which is what both databases keep.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
