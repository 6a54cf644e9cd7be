//! Files: where their bytes are kept, and what becomes of a picture before it is kept.
//!
//! Knows names and bytes, and neither people nor rooms: which file belongs to what is in `storage`, and who
//! may have it is decided in `app`.

mod decoding;
mod files;
mod gifs;
mod picture;

use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use secrecy::ExposeSecret as _;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config;
use crate::error::{Code, Error, Result};
use crate::metrics::{Metrics, UploadEnd};
use decoding::Decoding;
use picture::Bounds;

pub use files::{BadStore, Contents, Files, S3, Writer};
pub use picture::{Image, Picture, looks_like_picture};

/// When to try again after there was no turn.
const RETRY: Duration = Duration::from_secs(2);

/// Why files cannot be kept. Said at the console.
#[derive(Debug, thiserror::Error)]
pub enum BadMedia {
    #[error(transparent)]
    Store(#[from] BadStore),
    #[error("cannot start the threads that decode pictures: {0}")]
    Decoding(#[source] io::Error),
}

/// The files of a server, and the threads that look into pictures.
#[derive(Debug)]
pub struct Media {
    files: Files,
    decoding: Decoding,
    bounds: Bounds,
    /// Turns for taking in files, each of which holds some of it in memory.
    turns: Semaphore,
    metrics: Metrics,
}

impl Media {
    /// Opens the folder or the bucket that the settings name.
    pub fn open(settings: &config::Media, data_dir: &Path, metrics: &Metrics) -> Result<Self, BadMedia> {
        let files = match &settings.place {
            config::MediaPlace::Default => Files::folder(&data_dir.join("media"))?,
            config::MediaPlace::Folder(path) => Files::folder(path)?,
            config::MediaPlace::S3 { bucket, prefix } => Files::s3(&S3 {
                bucket,
                prefix,
                endpoint: settings.endpoint.as_deref(),
                region: &settings.region,
                keys: settings.keys.as_ref().map(|(id, secret)| (id.as_str(), secret.expose_secret())),
                allow_http: settings.allow_http,
            })?,
        };
        let decoding = Decoding::start(settings.decode_threads, settings.decode_queue_max);
        Ok(Self {
            files,
            decoding: decoding.map_err(BadMedia::Decoding)?,
            bounds: Bounds {
                bytes_max: settings.picture_bytes_max,
                pixels_max: settings.pixels_max,
                frames_max: settings.frames_max,
                animation_pixels_max: settings.animation_pixels_max,
                thumbnail_side: settings.thumbnail_pixels,
            },
            turns: Semaphore::new(settings.receiving_max),
            metrics: metrics.clone(),
        })
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Pictures that wait to be decoded.
    pub fn queue_len(&self) -> usize {
        self.decoding.queue_len()
    }

    /// Files that are being taken in, where so many may be at once.
    pub fn receiving(&self, most: usize) -> usize {
        most.saturating_sub(self.turns.available_permits())
    }

    /// The longest that a picture may be, in bytes.
    pub fn picture_bytes_max(&self) -> usize {
        self.bounds.bytes_max
    }

    /// A turn to take a file in; `UNAVAILABLE` when all are taken.
    pub fn turn(&self) -> Result<SemaphorePermit<'_>> {
        self.turns.try_acquire().map_err(|_| Error::unavailable(RETRY))
    }

    /// Makes a picture of bytes that someone sent, with nothing of them left but what is seen.
    ///
    /// # Errors
    /// `BAD_INPUT` for what is no picture, or a broken or too large one; `UNAVAILABLE` when too many wait.
    pub async fn picture(&self, bytes: Bytes) -> Result<Picture> {
        let bounds = self.bounds;
        self.decoding.run(move || picture::inspect(&bytes, &bounds)).await?
    }

    /// Counts what became of a file that someone sent.
    pub fn count<T>(&self, outcome: &Result<T>, stored: impl FnOnce(&T) -> u64) {
        let end = match outcome {
            Ok(kept) => {
                self.metrics.media_stored(stored(kept));
                UploadEnd::Stored
            }
            Err(error) if error.code() == Code::Unavailable => UploadEnd::Unavailable,
            Err(error) if error.code() == Code::Internal => UploadEnd::Failed,
            Err(_) => UploadEnd::Refused,
        };
        self.metrics.upload(end);
    }
}
