//! Showing files: which a message has, and the bytes of one to whoever holds its link.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use uuid::Uuid;

use super::Proof;
use crate::app::{App, person};
use crate::clock::Timestamp;
use crate::domain::ids::{MessageKey, RoomKey};
use crate::domain::media::{Attachment, ByteRange, MediaPath};
use crate::domain::policy::Action;
use crate::domain::sessions::Viewer;
use crate::error::{Error, Result};
use crate::storage::{rooms, uploads};

/// A file, as a link asks for it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `folder/name` below the media root.
    pub path: String,
    /// What the link says to save it as.
    pub name: Option<String>,
    pub proof: Proof,
    pub range: Option<ByteRange>,
    /// Whether only what is known of the file is wanted.
    pub without_bytes: bool,
}

/// Which bytes of a file there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    All,
    Some(Range<u64>),
    /// Those asked for are none of it.
    Nothing,
}

/// A file that is open.
pub struct Opened {
    pub path: MediaPath,
    pub size: u64,
    pub part: Part,
    /// How long the link is good, in seconds; `None` for ever.
    pub good_for_s: Option<i64>,
    /// `None` where none were wanted.
    pub bytes: Option<BoxStream<'static, Result<Bytes>>>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("path", &self.path).field("part", &self.part).finish_non_exhaustive()
    }
}

impl App {
    /// The files of messages that the viewer was shown, by message. Those without any are left out.
    pub async fn attachments_of(
        &self,
        viewer: &Viewer,
        keys: Vec<MessageKey>,
    ) -> Result<HashMap<MessageKey, Vec<Attachment>>> {
        person(viewer)?;
        let found = self
            .store
            .read(move |conn| Box::pin(async move { uploads::of_messages(conn, &keys).await }))
            .await?;
        let mut files: HashMap<MessageKey, Vec<Attachment>> = HashMap::new();
        for (message, file) in found {
            files.entry(message).or_default().push(file);
        }
        Ok(files)
    }

    /// Those of several files that are in rooms where the viewer may read, in no order.
    pub async fn files_by_id(&self, viewer: &Viewer, ids: Vec<Uuid>) -> Result<Vec<Attachment>> {
        let caller = person(viewer)?;
        let (found, views) = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    let found = uploads::in_rooms(conn, &ids).await?;
                    let keys: Vec<RoomKey> = found.iter().map(|(room, _)| *room).collect();
                    let views = rooms::get_views(conn, &keys, caller.user).await?;
                    Ok((found, views))
                })
            })
            .await?;
        let may_read = |room: RoomKey| {
            let view = views.iter().find(|view| view.room.key == room);
            view.is_some_and(|view| crate::app::rooms::may(viewer, view, Action::Read))
        };
        Ok(found.into_iter().filter(|(room, _)| may_read(*room)).map(|(_, file)| file).collect())
    }

    /// Opens a file for whoever holds a link to it.
    ///
    /// # Errors
    /// `NOT_FOUND` for what is not there, and for a link that is not ours; `FORBIDDEN` for a link that was
    /// good once; `UNAVAILABLE`.
    pub async fn open_media(&self, _viewer: &Viewer, asked: &Asked) -> Result<Opened> {
        let path = MediaPath::parse(&asked.path).ok_or_else(Error::not_found)?;
        let until = self.check_shown(&path, asked.name.as_deref(), &asked.proof)?;
        let good_for_s = until.map(|until: Timestamp| (until - self.clock.now()).num_seconds());
        let files = self.media.files();
        let opened = |size, part, bytes| Opened { path: path.clone(), size, part, good_for_s, bytes };
        if asked.without_bytes || asked.range.is_some() {
            let size = files.size(&path).await?.ok_or_else(Error::not_found)?;
            let part = match asked.range {
                None => Part::All,
                Some(range) => range.within(size).map_or(Part::Nothing, Part::Some),
            };
            if asked.without_bytes || part == Part::Nothing {
                return Ok(opened(size, part, None));
            }
            let range = if let Part::Some(range) = &part { Some(range.clone()) } else { None };
            let (_, bytes) = files.read(&path, range).await?.ok_or_else(Error::not_found)?;
            return Ok(opened(size, part, Some(told(bytes))));
        }
        let (size, bytes) = files.read(&path, None).await?.ok_or_else(Error::not_found)?;
        Ok(opened(size, Part::All, Some(told(bytes))))
    }
}

fn told<E: std::error::Error + Send + Sync + 'static>(
    bytes: BoxStream<'static, std::result::Result<Bytes, E>>,
) -> BoxStream<'static, Result<Bytes>> {
    bytes.map(|bytes| bytes.map_err(Error::internal)).boxed()
}
