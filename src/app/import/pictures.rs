//! Pictures of people and files of messages, from the original's media folder.
//!
//! Each goes the way of a file that someone sends: decoded, made anew, and stored under a name of its own.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use uuid::Uuid;

use super::{Findings, Import, ImportError, Stage, Terms, known};
use crate::app::App;
use crate::app::media::NewFile;
use crate::domain::ids::{MessageKey, SessionKey, UserKey};
use crate::domain::media::AvatarFolder;
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result};
use crate::storage::import::{self, Kind};
use crate::storage::originals::{Dialect, Original, Person, Said};
use crate::storage::{messages, uploads, users};

const NOT_ASKED: &str = "pictures and files, because --media does not say where they are";
const MISSING: &str = "pictures and files that are not in the media folder";
const REFUSED: &str = "pictures and files that are broken, too large or no pictures";
const NOBODYS: &str = "files of messages that did not come, or have no sender here";

impl Import<'_> {
    pub(super) async fn bring_pictures(&mut self, original: &Original) -> Result<(), ImportError> {
        let mut pages = original.people().await?;
        while let Some(mut page) = pages.next().await? {
            page.retain(|person| person.picture.as_ref().is_some_and(|path| !path.is_empty()));
            let rows = page.len();
            let findings = self.avatars(page).await?;
            self.note(Stage::Pictures, rows, findings);
        }
        let mut pages = original.messages(true).await?;
        while let Some(page) = pages.next().await? {
            let rows = page.len();
            let findings = self.files(page).await?;
            self.note(Stage::Pictures, rows, findings);
        }
        Ok(())
    }

    /// What of these was brought before: as `kind`, and as `picture`.
    async fn known_two(
        &self,
        (kind, picture): (Kind, Kind),
        ids: Vec<String>,
    ) -> Result<(HashMap<String, i64>, HashMap<String, i64>)> {
        let Some(store) = &self.store else { return Ok((HashMap::new(), HashMap::new())) };
        let terms = self.terms.clone();
        store
            .read(move |conn| {
                Box::pin(async move {
                    let rows = known(conn, &terms, kind, ids.clone()).await?;
                    Ok((rows, known(conn, &terms, picture, ids).await?))
                })
            })
            .await
    }

    async fn avatars(&self, page: Vec<Person>) -> Result<Findings> {
        let mut findings = Findings::default();
        let ids = page.iter().map(|person| person.id.clone()).collect();
        let (people, before) = self.known_two((Kind::Person, Kind::Avatar), ids).await?;
        for person in page {
            let path = person.picture.as_deref().unwrap_or_default();
            if before.contains_key(&person.id) {
                findings.known += 1;
                continue;
            }
            let Some(file) = self.file(path, &mut findings).await? else { continue };
            let (Some(app), Some(key)) = (self.app, people.get(&person.id)) else {
                findings.brought += i64::from(self.terms.dry);
                continue;
            };
            match app.bring_avatar(&self.terms, UserKey(*key), &person.id, file).await {
                Ok(()) => findings.brought += 1,
                Err(error) => refused(error, path, &mut findings)?,
            }
        }
        Ok(findings)
    }

    async fn files(&self, page: Vec<Said>) -> Result<Findings> {
        let mut findings = Findings::default();
        let ids = page.iter().map(|said| said.id.clone()).collect();
        let (messages, before) = self.known_two((Kind::Message, Kind::Attachment), ids).await?;
        for said in page {
            if before.contains_key(&said.id) {
                findings.known += 1;
                continue;
            }
            let mut files = Vec::new();
            for (path, name) in [(&said.picture, &None), (&said.file, &said.file_name)] {
                let Some(path) = path.as_deref().filter(|path| !path.is_empty()) else { continue };
                if let Some(bytes) = self.file(path, &mut findings).await? {
                    let name = name.clone().filter(|name| !name.trim().is_empty());
                    files.push((
                        path.to_owned(),
                        NewFile { name: name.unwrap_or_else(|| path.to_owned()), bytes },
                    ));
                }
            }
            let Some(app) = self.app else {
                findings.brought += i64::try_from(files.len()).unwrap_or_default();
                continue;
            };
            let message = messages.get(&said.id).copied().map(MessageKey);
            app.bring_files(&self.terms, message, &said.id, files, &mut findings).await?;
        }
        Ok(findings)
    }

    /// The bytes of a file below the media folder; where there is no such file, that is noted.
    async fn file(&self, path: &str, findings: &mut Findings) -> Result<Option<Bytes>> {
        let Some(media) = self.media.clone() else {
            findings.leave_out(NOT_ASKED, path);
            return Ok(None);
        };
        let (wanted, max) = (PathBuf::from(path), self.file_bytes_max);
        let read = tokio::task::spawn_blocking(move || read_below(&media, &wanted, max));
        match read.await.map_err(Error::internal)? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(why) => {
                findings.leave_out(why, path);
                Ok(None)
            }
        }
    }
}

impl App {
    /// Gives someone who was brought the picture they had, unless they have another by now.
    async fn bring_avatar(&self, terms: &Terms, key: UserKey, original: &str, file: Bytes) -> Result<()> {
        let user = self.store.read(move |conn| Box::pin(users::get(conn, key))).await?;
        if user.is_some_and(|user| user.avatar.is_none()) {
            let folder = match terms.dialect {
                Dialect::Condor => AvatarFolder::Condor,
                _ => AvatarFolder::User,
            };
            let picture = self.inspect_picture(&Viewer::Operator, file).await?;
            self.set_avatar(&Viewer::Operator, Some(key), folder, picture).await?;
        }
        let (source, brought) = (terms.source.clone(), vec![(original.to_owned(), key.0)]);
        let remember = self.store.write(move |conn| {
            Box::pin(async move { import::remember(conn, &source, Kind::Avatar, &brought).await })
        });
        remember.await
    }

    /// Makes files those of a message that was brought without them.
    async fn bring_files(
        &self,
        terms: &Terms,
        message: Option<MessageKey>,
        original: &str,
        files: Vec<(String, NewFile)>,
        findings: &mut Findings,
    ) -> Result<()> {
        let home = match message {
            Some(key) => {
                self.store.read(move |conn| Box::pin(import::sender_without_files(conn, key))).await?
            }
            None => None,
        };
        let (Some(message), Some((user, user_id))) = (message, home) else {
            for (path, _) in files {
                findings.leave_out(NOBODYS, path);
            }
            return Ok(());
        };
        // Whoever sent the message has its files, as if they sent them now.
        let sender = Viewer::User(SignedIn { user, user_id, session: SessionKey(0), is_admin: false });
        let mut ids: Vec<Uuid> = Vec::new();
        for (path, file) in files {
            match self.store_file(&sender, file).await {
                Ok(id) => ids.push(id),
                Err(error) => refused(error, &path, findings)?,
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let count = u16::try_from(ids.len()).unwrap_or(u16::MAX);
        let (source, brought, now) =
            (terms.source.clone(), vec![(original.to_owned(), message.0)], self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    if !uploads::attach(conn, message, user, &ids, now).await? {
                        return Err(Error::internal("a file that was stored now waits for no message"));
                    }
                    messages::set_attachments(conn, message, count).await?;
                    import::remember(conn, &source, Kind::Attachment, &brought).await
                })
            })
            .await?;
        findings.brought += i64::from(count);
        Ok(())
    }
}

/// Notes a file that is not taken. What is not the file's fault ends the run.
fn refused(error: Error, path: &str, findings: &mut Findings) -> Result<()> {
    match error.code() {
        Code::Unavailable | Code::RateLimited | Code::Internal => Err(error),
        _ => {
            findings.leave_out(REFUSED, path);
            Ok(())
        }
    }
}

/// Reads a file that is below a folder, in truth and not by its name alone.
fn read_below(folder: &Path, path: &Path, bytes_max: usize) -> Result<Bytes, &'static str> {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let folder = folder.canonicalize().map_err(|_| MISSING)?;
    let file = folder.join(path).canonicalize().map_err(|_| MISSING)?;
    let found = std::fs::metadata(&file).map_err(|_| MISSING)?;
    if !plain || !file.starts_with(&folder) || !found.is_file() {
        return Err(MISSING);
    }
    if found.len() > bytes_max as u64 {
        return Err(REFUSED);
    }
    std::fs::read(&file).map(Bytes::from).map_err(|_| MISSING)
}
