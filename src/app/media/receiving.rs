//! Taking files in: a ticket, then the bytes, then a message that has them.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use uuid::Uuid;

use super::Proof;
use crate::app::{App, person};
use crate::auth::random;
use crate::clock::Timestamp;
use crate::domain::media::{
    Attachment, FileType, Folder, MediaPath, check_content_type, check_file_name, with_extension,
};
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::media::{Picture, looks_like_picture};
use crate::storage::loose_files;
use crate::storage::uploads::{self, NewUpload, Upload};

/// As much of a file as says whether it is a picture.
const START_BYTES: usize = 16;

/// Where the bytes of an announced file are to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub id: Uuid,
    /// The path and query to PUT to.
    pub path: String,
    pub bytes_max: i64,
    pub expires_at: Timestamp,
}

/// A file that came at once.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub name: String,
    pub bytes: Bytes,
}

/// The bytes of a file as they come, and how many were said to come, where that was said.
#[derive(Debug)]
pub struct Incoming<S> {
    pub length: Option<u64>,
    pub bytes: S,
}

impl App {
    /// Announces a file of the viewer's. Nothing is stored but that.
    ///
    /// # Errors
    /// `BAD_INPUT`; `RATE_LIMITED` when too many files of theirs are in no message.
    pub async fn create_upload(
        &self,
        viewer: &Viewer,
        file_name: &str,
        content_type: &str,
        byte_size: i64,
    ) -> Result<Ticket> {
        let caller = person(viewer)?;
        let file_name = check_file_name(file_name)?;
        check_content_type(content_type)?;
        let now = self.clock.now();
        let expires_at = now + self.files.ticket_ttl;
        let id = self.announce(caller, file_name, byte_size, expires_at).await?;
        Ok(Ticket { id, path: self.ticket_path(id, expires_at), bytes_max: byte_size, expires_at })
    }

    async fn announce(
        &self,
        caller: SignedIn,
        file_name: String,
        byte_size: i64,
        expires_at: Timestamp,
    ) -> Result<Uuid> {
        let max = i64::try_from(self.files.file_bytes_max).unwrap_or(i64::MAX);
        if !(1..=max).contains(&byte_size) {
            return Err(Error::new(Code::BadInput, Text::OutOfRange { min: 1, max }).at("byteSize"));
        }
        let (now, bounds) = (self.clock.now(), self.files);
        let id = random::uuid_v7(now);
        let new = NewUpload { id, owner: caller.user, file_name, byte_size, created_at: now, expires_at };
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let waiting = uploads::waiting_of(conn, new.owner, now).await?;
                    let bytes = waiting.iter().fold(byte_size, |sum, size| sum.saturating_add(*size));
                    if waiting.len() >= bounds.unused_files_max || bytes > bounds.unused_bytes_max {
                        let wait = bounds.ticket_ttl;
                        return Err(Error::new(Code::RateLimited, Text::FilesWaiting).retry_after(wait));
                    }
                    uploads::insert(conn, &new).await?;
                    Ok(id)
                })
            })
            .await
    }

    /// Takes in the bytes of an announced file. The link is all the permission that it takes. What was cut
    /// off on the way may be sent again while the ticket is good; what is complete may not.
    ///
    /// # Errors
    /// `NOT_FOUND` for a link that is not ours, `FORBIDDEN` for one that was; `CONFLICT` when the bytes are
    /// there; `BAD_INPUT` for another size than announced, and for what begins as a picture and is none that
    /// may be; `UNAVAILABLE`.
    pub async fn receive_upload<S, E>(
        &self,
        _viewer: &Viewer,
        id: Uuid,
        proof: &Proof,
        incoming: Incoming<S>,
    ) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Send + Unpin,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.check_sent(id, proof)?;
        let upload = self.store.read(move |conn| Box::pin(uploads::find(conn, id))).await?;
        let upload = upload.ok_or_else(Error::not_found)?;
        if upload.file.is_some() {
            return Err(over());
        }
        let size = u64::try_from(upload.byte_size).map_err(Error::internal)?;
        let Incoming { length, mut bytes } = incoming;
        if length.is_some_and(|length| length != size) {
            return Err(wrong_size(&upload));
        }
        let _turn = self.media.turn()?;
        let outcome = self.receive(&upload, size, &mut bytes).await;
        self.media.count(&outcome, |stored| *stored);
        outcome.map(|_| ())
    }

    async fn receive<S, E>(&self, upload: &Upload, size: u64, bytes: &mut S) -> Result<u64>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Send + Unpin,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut counted = Counted { bytes, upload, left: size };
        let mut start = BytesMut::new();
        while start.len() < START_BYTES
            && let Some(more) = counted.next().await?
        {
            start.extend_from_slice(&more);
        }
        if looks_like_picture(&start) {
            let bytes_max = self.media.picture_bytes_max();
            if size > bytes_max as u64 {
                return Err(Error::new(Code::BadInput, Text::FileTooLarge { bytes_max }));
            }
            while let Some(more) = counted.next().await? {
                start.extend_from_slice(&more);
            }
            counted.end()?;
            let picture = self.media.picture(start.freeze()).await?;
            return self.keep_picture(upload.id, &upload.file_name, picture).await;
        }
        let path = new_path(Folder::Messages, FileType::Other);
        self.enter(vec![path.clone()]).await?;
        let mut writer = self.media.files().writer(&path);
        let written = async {
            writer.put(start.freeze()).await?;
            while let Some(more) = counted.next().await? {
                writer.put(more).await?;
            }
            counted.end()
        };
        if let Err(fault) = written.await {
            writer.abort().await;
            return Err(fault);
        }
        writer.finish().await?;
        let file = Attachment {
            id: upload.id,
            file_name: upload.file_name.clone(),
            byte_size: upload.byte_size,
            width: None,
            height: None,
            path,
            thumbnail: None,
        };
        self.complete(file).await?;
        Ok(size)
    }

    /// Decodes a picture that someone sent; see [`Picture`]. Signed-out callers may, as far as there are
    /// turns: a picture may come with a sign-up.
    ///
    /// # Errors
    /// `BAD_INPUT` for what is no picture, or a broken or too large one; `UNAVAILABLE`.
    pub async fn inspect_picture(&self, _viewer: &Viewer, bytes: Bytes) -> Result<Picture> {
        let _turn = self.media.turn()?;
        self.media.picture(bytes).await
    }

    /// Stores a picture of the viewer's, ready to go with a message.
    pub async fn store_picture(&self, viewer: &Viewer, name: &str, picture: Picture) -> Result<Uuid> {
        let caller = person(viewer)?;
        let name = check_file_name(name)?;
        let size = i64::try_from(picture.full.bytes.len()).map_err(Error::internal)?;
        let max = i64::try_from(self.files.file_bytes_max).unwrap_or(i64::MAX);
        let expires_at = self.clock.now() + self.files.unused_ttl;
        // It was smaller when it came.
        let id = self.announce(caller, name.clone(), size.clamp(1, max), expires_at).await?;
        let outcome = self.keep_picture(id, &name, picture).await;
        self.media.count(&outcome, |stored| *stored);
        outcome.map(|_| id)
    }

    /// Stores a file of the viewer's that came at once, ready to go with a message.
    ///
    /// # Errors
    /// As [`App::create_upload`] and [`App::receive_upload`].
    pub async fn store_file(&self, viewer: &Viewer, file: NewFile) -> Result<Uuid> {
        let caller = person(viewer)?;
        let NewFile { name, bytes } = file;
        if looks_like_picture(&bytes) {
            let picture = self.inspect_picture(viewer, bytes).await?;
            return self.store_picture(viewer, &name, picture).await;
        }
        let name = check_file_name(&name)?;
        let size = i64::try_from(bytes.len()).map_err(Error::internal)?;
        let expires_at = self.clock.now() + self.files.unused_ttl;
        let _turn = self.media.turn()?;
        let id = self.announce(caller, name.clone(), size, expires_at).await?;
        let path = new_path(Folder::Messages, FileType::Other);
        let (width, height, thumbnail) = (None, None, None);
        let file = Attachment { id, file_name: name, byte_size: size, width, height, path, thumbnail };
        let outcome = async {
            self.enter(vec![file.path.clone()]).await?;
            self.media.files().put(&file.path, bytes).await?;
            self.complete(file).await
        };
        let outcome = outcome.await;
        self.media.count(&outcome, |()| u64::try_from(size).unwrap_or_default());
        outcome.map(|()| id)
    }

    /// Stores a picture as the file of an upload; tells how many bytes that took.
    async fn keep_picture(&self, id: Uuid, name: &str, picture: Picture) -> Result<u64> {
        let Picture { full, thumbnail } = picture;
        let path = new_path(Folder::Messages, full.file_type);
        let small = thumbnail.map(|small| (new_path(Folder::Messages, small.file_type), small.bytes));
        let small_path = small.as_ref().map(|(path, _)| path.clone());
        self.enter([Some(path.clone()), small_path.clone()].into_iter().flatten().collect()).await?;
        let file = Attachment {
            id,
            file_name: with_extension(name, full.file_type),
            byte_size: i64::try_from(full.bytes.len()).map_err(Error::internal)?,
            width: i32::try_from(full.width).ok(),
            height: i32::try_from(full.height).ok(),
            path,
            thumbnail: small_path,
        };
        let mut stored = full.bytes.len() as u64;
        if let Some((path, bytes)) = small {
            stored += bytes.len() as u64;
            self.media.files().put(&path, bytes).await?;
        }
        self.media.files().put(&file.path, full.bytes).await?;
        self.complete(file).await?;
        Ok(stored)
    }

    /// Enters files that are about to be written, so that they are found if this server dies before
    /// something refers to them.
    pub(super) async fn enter(&self, paths: Vec<MediaPath>) -> Result<()> {
        // A file may be on its way for as long as that, and the store gets its time, too.
        let until = self.clock.now() + self.files.upload_timeout + super::sweep::STORE_PATIENCE;
        self.store
            .write(move |conn| Box::pin(async move { loose_files::enter(conn, &paths, until).await }))
            .await
    }

    async fn complete(&self, file: Attachment) -> Result<()> {
        let now = self.clock.now();
        let expires_at = now + self.files.unused_ttl;
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let paths: Vec<MediaPath> =
                        [Some(file.path.clone()), file.thumbnail.clone()].into_iter().flatten().collect();
                    if !loose_files::claim(conn, &paths).await? {
                        return Err(Error::unavailable(super::sweep::STORE_PATIENCE));
                    }
                    if !uploads::complete(conn, &file, now, expires_at).await? {
                        return Err(over());
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// A place that nobody guesses.
pub(super) fn new_path(folder: Folder, file_type: FileType) -> MediaPath {
    MediaPath::new(folder, &random::token(), file_type)
}

/// The bytes of a file, which must be as many as announced.
struct Counted<'a, S> {
    bytes: &'a mut S,
    upload: &'a Upload,
    left: u64,
}

impl<S, E> Counted<'_, S>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Send + Unpin,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let Some(more) = self.bytes.next().await else { return Ok(None) };
        let more = more.map_err(|fault| wrong_size(self.upload).caused_by(fault))?;
        let left = self.left.checked_sub(more.len() as u64);
        self.left = left.ok_or_else(|| wrong_size(self.upload))?;
        Ok(Some(more))
    }

    fn end(&self) -> Result<()> {
        if self.left == 0 { Ok(()) } else { Err(wrong_size(self.upload)) }
    }
}

fn wrong_size(upload: &Upload) -> Error {
    Error::new(Code::BadInput, Text::UploadSize { bytes: upload.byte_size })
}

fn over() -> Error {
    Error::new(Code::Conflict, Text::UploadOver)
}
