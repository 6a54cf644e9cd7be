//! Where bytes are kept: a folder, or a bucket of something that speaks S3.

use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::prefix::PrefixStore;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::io::AsyncWriteExt as _;

use super::RETRY;
use crate::domain::media::MediaPath;
use crate::error::{Error, Result};

/// What of a file is held before it is written: S3 takes no smaller parts.
const S3_PART_BYTES: usize = 5 * 1024 * 1024;
const FOLDER_PART_BYTES: usize = 256 * 1024;
/// How often, and how long, a request to S3 is repeated.
const S3_RETRIES: usize = 3;
const S3_RETRY_TIMEOUT: Duration = Duration::from_secs(15);

/// Why the place for files is none. Said at the console.
#[derive(Debug, thiserror::Error)]
pub enum BadStore {
    #[error("cannot make the folder for files {}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot keep files there: {0}")]
    Other(#[source] object_store::Error),
}

/// A bucket, and how to speak to it.
#[derive(Debug)]
pub struct S3<'a> {
    pub bucket: &'a str,
    pub prefix: &'a str,
    /// `None` for Amazon's own.
    pub endpoint: Option<&'a str>,
    pub region: &'a str,
    /// The id of a key and the key; `None` for what the machine is given by its cloud.
    pub keys: Option<(&'a str, &'a str)>,
    pub allow_http: bool,
}

/// Bytes by generated names.
#[derive(Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// Where it is a folder.
    folder: Option<PathBuf>,
    part_bytes: usize,
}

/// The bytes of a file, as they come.
pub type Contents = BoxStream<'static, Result<Bytes, object_store::Error>>;

impl Files {
    /// A folder, which is made if it is missing, for its owner alone.
    pub fn folder(path: &Path) -> Result<Self, BadStore> {
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true).mode(0o700);
        folder.create(path).map_err(|source| BadStore::Folder { path: path.into(), source })?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(BadStore::Other)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: Some(path.into()), part_bytes: FOLDER_PART_BYTES })
    }

    /// A bucket. Nothing is sent yet.
    pub fn s3(s3: &S3<'_>) -> Result<Self, BadStore> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(s3.bucket)
            .with_region(s3.region)
            .with_allow_http(s3.allow_http)
            .with_retry(RetryConfig {
                max_retries: S3_RETRIES,
                retry_timeout: S3_RETRY_TIMEOUT,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = s3.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some((id, secret)) = s3.keys {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        let store = builder.build().map_err(BadStore::Other)?;
        let store: Arc<dyn ObjectStore> = match s3.prefix {
            "" => Arc::new(store),
            prefix => Arc::new(PrefixStore::new(store, prefix)),
        };
        Ok(Self { store, folder: None, part_bytes: S3_PART_BYTES })
    }

    pub async fn put(&self, path: &MediaPath, bytes: Bytes) -> Result<()> {
        self.store.put(&place(path), bytes.into()).await.map_err(unavailable)?;
        Ok(())
    }

    /// Takes a file in piece by piece. It appears under its name when it is whole.
    pub fn writer(&self, path: &MediaPath) -> Writer {
        Writer(BufWriter::with_capacity(Arc::clone(&self.store), place(path), self.part_bytes))
    }

    /// How long a file is; `None` when there is none.
    pub async fn size(&self, path: &MediaPath) -> Result<Option<u64>> {
        Ok(found(self.store.head(&place(path)).await)?.map(|meta| meta.size))
    }

    /// A file, or a part of it that it has, and how long the whole is; `None` when there is none.
    pub async fn read(&self, path: &MediaPath, range: Option<Range<u64>>) -> Result<Option<(u64, Contents)>> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let got = found(self.store.get_opts(&place(path), options).await)?;
        Ok(got.map(|got| (got.meta.size, got.into_stream().boxed())))
    }

    /// The same bytes under another name; false when there are none.
    pub async fn copy(&self, from: &MediaPath, to: &MediaPath) -> Result<bool> {
        Ok(found(self.store.copy(&place(from), &place(to)).await)?.is_some())
    }

    /// Removes a file, and what is left of one that was cut off while it was written. Fine if there is none.
    pub async fn delete(&self, path: &MediaPath) -> Result<()> {
        found(self.store.delete(&place(path)).await)?;
        let Some(folder) = &self.folder else { return Ok(()) };
        let staged = folder.join(format!("{path}#1"));
        let removed = tokio::task::spawn_blocking(move || fs::remove_file(staged)).await;
        match removed.map_err(Error::internal)? {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(unavailable(fault)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct Writer(BufWriter);

impl Writer {
    pub async fn put(&mut self, bytes: Bytes) -> Result<()> {
        self.0.put(bytes).await.map_err(unavailable)
    }

    /// Stores what was written; until then nobody sees any of it.
    pub async fn finish(mut self) -> Result<()> {
        self.0.shutdown().await.map_err(unavailable)
    }

    /// Gives up, and removes what was written as far as it can.
    pub async fn abort(mut self) {
        if let Err(error) = self.0.abort().await {
            tracing::warn!(%error, "What there is of a refused file is left for the sweep.");
        }
    }
}

fn place(path: &MediaPath) -> Place {
    Place::from(path.to_string())
}

fn found<T>(outcome: object_store::Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(fault) => Err(unavailable(fault)),
    }
}

fn unavailable(fault: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unavailable(RETRY).caused_by(fault)
}
