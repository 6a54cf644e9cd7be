//! Files: announcing and taking them in, showing them to those who hold a link, and pictures of people.

mod avatars;
mod links;
mod listing;
mod receiving;
mod showing;
mod sweep;

use std::time::Duration;

use crate::config::Config;

pub use crate::media::Picture;
pub use links::{Proof, avatar_path};
pub use listing::{Listed, Totals, UploadList};
pub use receiving::{Incoming, NewFile, Ticket};
pub use showing::{Asked, Opened, Part};

/// The bounds of files, from the configuration.
#[derive(Debug, Clone, Copy)]
pub struct MediaBounds {
    pub file_bytes_max: usize,
    pub attachments_max: usize,
    unused_files_max: usize,
    unused_bytes_max: i64,
    ticket_ttl: Duration,
    unused_ttl: Duration,
    link_ttl: Duration,
    old_avatar_ttl: Duration,
    upload_timeout: Duration,
}

impl MediaBounds {
    pub(in crate::app) fn of(config: &Config) -> Self {
        let media = &config.media;
        Self {
            file_bytes_max: media.file_bytes_max,
            attachments_max: media.attachments_max,
            unused_files_max: media.unused_files_max,
            unused_bytes_max: media.unused_bytes_max,
            ticket_ttl: media.ticket_ttl,
            unused_ttl: media.unused_ttl,
            link_ttl: media.link_ttl,
            old_avatar_ttl: media.old_avatar_ttl,
            upload_timeout: media.upload_timeout,
        }
    }
}
