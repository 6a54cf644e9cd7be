//! Links to files. A link is signed and says until when it is good, so it is judged without the database;
//! it names the file, not who may look.

use chrono::DateTime;
use uuid::Uuid;

use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::media::{Attachment, Folder, MediaPath};
use crate::domain::sessions::Viewer;
use crate::domain::users::User;
use crate::error::{Code, Error, Result, Text};

/// What a link carries to show that it is one of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// In seconds since 1970.
    pub expires: i64,
    pub signature: String,
}

impl App {
    /// The path of a file's link, `/media/tmp/<name>?...`, good for some time.
    pub fn media_path(&self, _viewer: &Viewer, file: &Attachment) -> String {
        self.signed(&file.path, &file.file_name)
    }

    /// The path of the link of its small form, which is itself where it is small; `None` for what is no
    /// picture.
    pub fn thumbnail_path(&self, _viewer: &Viewer, file: &Attachment) -> Option<String> {
        let small = file.thumbnail.as_ref().unwrap_or(&file.path);
        file.is_picture().then(|| self.signed(small, &file.file_name))
    }

    fn signed(&self, path: &MediaPath, file_name: &str) -> String {
        // The same for a while, so that a browser has it already.
        let window = i64::try_from(self.files.link_ttl.as_secs()).unwrap_or(i64::MAX).max(1);
        let expires = (self.clock.now().timestamp() / window).saturating_add(2).saturating_mul(window);
        let saved_as = saved_as(path, file_name);
        let signature = self.tokens.sign_link(&shown(path, saved_as, expires));
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(name) = saved_as {
            query.append_pair("name", name);
        }
        query.append_pair("expires", &expires.to_string()).append_pair("signature", &signature);
        format!("/media/{path}?{}", query.finish())
    }

    /// Whether someone may have a file, and for how long; `None` for ever.
    pub(super) fn check_shown(
        &self,
        path: &MediaPath,
        name: Option<&str>,
        proof: &Proof,
    ) -> Result<Option<Timestamp>> {
        match path.folder() {
            Folder::Avatars(_) => Ok(None),
            Folder::Messages => self.check(&shown(path, name, proof.expires), proof).map(Some),
        }
    }

    pub(super) fn ticket_path(&self, id: Uuid, expires_at: Timestamp) -> String {
        let expires = expires_at.timestamp();
        let signature = self.tokens.sign_link(&sent(id, expires));
        format!("/media/uploads/{id}?expires={expires}&signature={signature}")
    }

    pub(super) fn check_sent(&self, id: Uuid, proof: &Proof) -> Result<Timestamp> {
        self.check(&sent(id, proof.expires), proof)
    }

    /// What is forged looks like what is not there; what was good once may say so.
    fn check(&self, what: &str, proof: &Proof) -> Result<Timestamp> {
        let expires_at = DateTime::from_timestamp(proof.expires, 0).ok_or_else(Error::not_found)?;
        if !self.tokens.is_link(what, &proof.signature) {
            return Err(Error::not_found());
        }
        if expires_at <= self.clock.now() {
            return Err(Error::new(Code::Forbidden, Text::LinkExpired));
        }
        Ok(expires_at)
    }
}

/// The name to save a file under, where it is to be saved.
fn saved_as<'a>(path: &MediaPath, file_name: &'a str) -> Option<&'a str> {
    (!path.file_type().is_picture()).then_some(file_name)
}

fn shown(path: &MediaPath, name: Option<&str>, expires: i64) -> String {
    format!("show {path} {expires} {}", name.unwrap_or_default())
}

fn sent(id: Uuid, expires: i64) -> String {
    format!("send {id} {expires}")
}

/// The path of the picture that a person shows of themselves, `/media/user/<name>`; open to everyone.
pub fn avatar_path(user: &User) -> Option<String> {
    user.avatar.as_ref().map(|path| format!("/media/{path}"))
}
