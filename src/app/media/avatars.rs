//! Pictures that people show of themselves: small, open to everyone, under a new name for each.

use uuid::Uuid;

use super::receiving::new_path;
use crate::app::{App, person};
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::{GlobalId, UserKey};
use crate::domain::media::{AvatarFolder, Folder, MediaPath};
use crate::domain::sessions::Viewer;
use crate::domain::users::User;
use crate::error::{Code, Error, Result, Text};
use crate::media::Picture;
use crate::storage::{Conn, audit, loose_files, uploads, users};

/// A picture that lies where pictures of people do, and nobody's yet.
#[derive(Debug, Clone)]
pub(in crate::app) struct NewAvatar {
    path: MediaPath,
    /// The upload that it was made from, and whose that is.
    upload: (Uuid, UserKey),
}

impl App {
    /// Shows a picture of a person: the viewer, or for an administrator and the operator anyone. A face that
    /// has just signed someone up calls it as the operator.
    pub async fn set_avatar(
        &self,
        viewer: &Viewer,
        whose: Option<UserKey>,
        folder: AvatarFolder,
        picture: Picture,
    ) -> Result<User> {
        let (own, privileged) = match viewer {
            Viewer::Operator => (None, true),
            Viewer::User(caller) => (Some(caller.user), caller.is_admin),
            Viewer::Anonymous => (Some(person(viewer)?.user), false),
        };
        let user = whose.or(own).ok_or_else(Error::not_found)?;
        if Some(user) != own && !privileged {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed).at("userId"));
        }
        let small = picture.small().clone();
        let path = new_path(Folder::Avatars(folder), small.file_type);
        self.enter(vec![path.clone()]).await?;
        let size = small.bytes.len() as u64;
        let stored = self.media.files().put(&path, small.bytes).await;
        self.media.count(&stored, |()| size);
        stored?;
        let (viewer, now) = (*viewer, self.clock.now());
        let until = now + self.files.old_avatar_ttl;
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let user = users::get(conn, user).await?.ok_or_else(Error::not_found)?;
                    if own.is_some_and(|own| own != user.key) {
                        let note = Note::new(&viewer, Deed::UserUpdate, GlobalId::User(user.id), now);
                        audit::insert(conn, &note.saying("avatar")).await?;
                    }
                    let user = show(conn, user, Some(&path), until).await?;
                    if loose_files::claim(conn, &[path]).await? { Ok(user) } else { Err(gone()) }
                })
            })
            .await
    }

    /// Copies an upload of the viewer's to where pictures of people are. Nothing refers to the copy before it is
    /// shown.
    pub(in crate::app) async fn avatar_of_upload(&self, viewer: &Viewer, id: Uuid) -> Result<NewAvatar> {
        let caller = person(viewer)?;
        let now = self.clock.now();
        let upload = self.store.read(move |conn| Box::pin(uploads::find(conn, id))).await?;
        let mine = upload.filter(|upload| upload.owner == Some(caller.user) && upload.is_waiting(now));
        let file = mine.and_then(|upload| upload.file).ok_or_else(unusable)?;
        if !file.is_picture() {
            return Err(Error::new(Code::BadInput, Text::NoPicture).at("avatarUploadId"));
        }
        let from = file.thumbnail.unwrap_or(file.path);
        let path = new_path(Folder::Avatars(AvatarFolder::User), from.file_type());
        self.enter(vec![path.clone()]).await?;
        if !self.media.files().copy(&from, &path).await? {
            return Err(unusable());
        }
        Ok(NewAvatar { path, upload: (id, caller.user) })
    }

    /// Gives a person another picture, or none, in a transaction that changes more of them.
    pub(in crate::app) fn avatar_change(&self, new: Option<NewAvatar>) -> AvatarChange {
        let now = self.clock.now();
        AvatarChange { new, now, until: now + self.files.old_avatar_ttl }
    }
}

/// A picture to come, or `None` to have none, and until when the old one is kept.
#[derive(Debug, Clone)]
pub(in crate::app) struct AvatarChange {
    new: Option<NewAvatar>,
    now: crate::clock::Timestamp,
    until: crate::clock::Timestamp,
}

impl AvatarChange {
    pub(in crate::app) async fn apply(self, conn: &mut Conn, user: User) -> Result<User> {
        let Self { new, now, until } = self;
        let user = show(conn, user, new.as_ref().map(|new| &new.path), until).await?;
        let Some(NewAvatar { path, upload: (id, owner) }) = new else { return Ok(user) };
        if !uploads::take(conn, id, owner, now).await? {
            return Err(unusable());
        }
        if loose_files::claim(conn, &[path]).await? { Ok(user) } else { Err(gone()) }
    }
}

async fn show(
    conn: &mut Conn,
    user: User,
    path: Option<&MediaPath>,
    until: crate::clock::Timestamp,
) -> Result<User> {
    let old = user.avatar.as_deref().and_then(MediaPath::parse);
    loose_files::enter(conn, old.as_slice(), until).await?;
    let avatar = path.map(ToString::to_string);
    users::set_avatar(conn, user.key, avatar.as_deref()).await?;
    Ok(User { avatar, ..user })
}

fn unusable() -> Error {
    Error::new(Code::BadInput, Text::FileUnusable { number: 1 }).at("avatarUploadId")
}

fn gone() -> Error {
    Error::unavailable(super::sweep::STORE_PATIENCE)
}
