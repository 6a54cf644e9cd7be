//! Batches look-ups that one request makes field by field. Made anew for each request, so that
//! nothing is remembered from one to the next.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use uuid::Uuid;

use crate::app::App;
use crate::app::messages::{MessageList, ReactorList, Sent};
use crate::app::rooms::MemberList;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{AuditKey, MessageKey, RoomKey, UserKey};
use crate::domain::media::Attachment;
use crate::domain::messages::MessageEdit;
use crate::domain::paging::End;
use crate::domain::reactions::ReactionGroup;
use crate::domain::rooms::RoomView;
use crate::domain::sessions::{Session, Viewer};
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::graphql::error::top_level;

pub(super) type Loaders = DataLoader<Batches, HashMapCache>;

/// Looks several things of one kind up at once, as the viewer may see them.
#[derive(Debug)]
pub(super) struct Batches {
    app: Arc<App>,
    viewer: Viewer,
}

/// Notes whether an execution looked anything up, which it then shows as its viewer may see it.
#[derive(Debug, Clone, Default)]
pub(super) struct LookedUp(Arc<AtomicBool>);

impl LookedUp {
    pub(super) fn anything(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) fn loaders(app: Arc<App>, viewer: Viewer) -> Loaders {
    let batches = Batches { app, viewer };
    DataLoader::with_cache(batches, TokioSpawner::current(), TokioTimer::default(), HashMapCache::default())
}

/// Loads one thing through the request's batches.
pub(super) async fn load<K>(
    ctx: &Context<'_>,
    key: K,
) -> async_graphql::Result<Option<<Batches as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Batches: Loader<K, Error = Arc<Error>>,
{
    if let Some(LookedUp(noted)) = ctx.data_opt() {
        noted.store(true, Ordering::Relaxed);
    }
    let loaded = ctx.data_unchecked::<Loaders>().load_one(key).await;
    loaded.map_err(|error| top_level(ctx, &error))
}

/// Loads people in the given order; those who are gone are left out.
pub(super) async fn load_all(ctx: &Context<'_>, keys: &[UserKey]) -> async_graphql::Result<Vec<User>> {
    let loaded = ctx.data_unchecked::<Loaders>().load_many(keys.iter().copied()).await;
    let mut found = loaded.map_err(|error| top_level(ctx, &error))?;
    Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
}

async fn keyed<K: Hash + Eq, V>(
    found: impl Future<Output = Result<Vec<V>>>,
    key: impl Fn(&V) -> K,
) -> Result<HashMap<K, V>, Arc<Error>> {
    Ok(found.await.map_err(Arc::new)?.into_iter().map(|value| (key(&value), value)).collect())
}

impl Loader<UserKey> for Batches {
    type Value = User;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, User>, Arc<Error>> {
        keyed(self.app.users_by_key(&self.viewer, keys.to_vec()), |user| user.key).await
    }
}

impl Loader<RoomKey> for Batches {
    type Value = RoomView;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RoomKey]) -> Result<HashMap<RoomKey, RoomView>, Arc<Error>> {
        keyed(self.app.rooms_by_key(&self.viewer, keys.to_vec()), |view| view.room.key).await
    }
}

impl Loader<MessageKey> for Batches {
    type Value = Sent;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[MessageKey]) -> Result<HashMap<MessageKey, Sent>, Arc<Error>> {
        keyed(self.app.messages_by_key(&self.viewer, keys.to_vec()), |(message, _)| message.key).await
    }
}

impl Loader<AuditKey> for Batches {
    type Value = AuditEntry;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AuditKey]) -> Result<HashMap<AuditKey, AuditEntry>, Arc<Error>> {
        keyed(self.app.audit_entries(&self.viewer, keys.to_vec()), |entry| entry.key).await
    }
}

/// What a message said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct EditsOf(pub(super) MessageKey);

impl Loader<EditsOf> for Batches {
    type Value = Vec<MessageEdit>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[EditsOf]) -> Result<HashMap<EditsOf, Vec<MessageEdit>>, Arc<Error>> {
        let messages = keys.iter().map(|key| key.0).collect();
        let edits = self.app.message_edits(&self.viewer, messages).await.map_err(Arc::new)?;
        Ok(grouped(edits.into_iter().map(|edit| (EditsOf(edit.message), edit))))
    }
}

/// The reactions to a message that has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ReactionsTo(pub(super) MessageKey);

impl Loader<ReactionsTo> for Batches {
    type Value = Vec<ReactionGroup>;
    type Error = Arc<Error>;

    async fn load(
        &self,
        keys: &[ReactionsTo],
    ) -> Result<HashMap<ReactionsTo, Vec<ReactionGroup>>, Arc<Error>> {
        let messages = keys.iter().map(|key| key.0).collect();
        let groups = self.app.reactions(&self.viewer, messages).await.map_err(Arc::new)?;
        Ok(grouped(groups.into_iter().map(|group| (ReactionsTo(group.message), group))))
    }
}

/// The emoji that the viewer reacted to a message with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct OwnReactions(pub(super) MessageKey);

impl Loader<OwnReactions> for Batches {
    type Value = Vec<String>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[OwnReactions]) -> Result<HashMap<OwnReactions, Vec<String>>, Arc<Error>> {
        let messages = keys.iter().map(|key| key.0).collect();
        let own = self.app.own_reactions(&self.viewer, messages).await.map_err(Arc::new)?;
        Ok(grouped(own.into_iter().map(|(message, emoji)| (OwnReactions(message), emoji))))
    }
}

/// The first or the last who reacted to a message with one emoji, where a page holds them all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ReactorsEnd {
    pub(super) message: MessageKey,
    pub(super) emoji: String,
    pub(super) end: End,
    pub(super) limit: u16,
}

impl Loader<ReactorsEnd> for Batches {
    type Value = ReactorList;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ReactorsEnd]) -> Result<HashMap<ReactorsEnd, ReactorList>, Arc<Error>> {
        let mut found = HashMap::new();
        for ((end, limit), messages) in grouped(keys.iter().map(|key| ((key.end, key.limit), key.message))) {
            let lists = self.app.reactor_ends(&self.viewer, messages, end, limit).await.map_err(Arc::new)?;
            let key = |(message, emoji)| ReactorsEnd { message, emoji, end, limit };
            found.extend(lists.into_iter().map(|(group, list)| (key(group), list)));
        }
        Ok(found)
    }
}

/// The files of a message that has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FilesOf(pub(super) MessageKey);

impl Loader<FilesOf> for Batches {
    type Value = Vec<Attachment>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[FilesOf]) -> Result<HashMap<FilesOf, Vec<Attachment>>, Arc<Error>> {
        let messages = keys.iter().map(|key| key.0).collect();
        let files = self.app.attachments_of(&self.viewer, messages).await.map_err(Arc::new)?;
        Ok(files.into_iter().map(|(message, files)| (FilesOf(message), files)).collect())
    }
}

/// A file by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FileId(pub(super) Uuid);

impl Loader<FileId> for Batches {
    type Value = Attachment;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[FileId]) -> Result<HashMap<FileId, Attachment>, Arc<Error>> {
        let ids = keys.iter().map(|key| key.0).collect();
        keyed(self.app.files_by_id(&self.viewer, ids), |file| FileId(file.id)).await
    }
}

/// A session by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionId(pub(super) Uuid);

impl Loader<SessionId> for Batches {
    type Value = Session;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SessionId]) -> Result<HashMap<SessionId, Session>, Arc<Error>> {
        let ids = keys.iter().map(|key| key.0).collect();
        keyed(self.app.sessions_by_id(&self.viewer, ids), |session| SessionId(session.id)).await
    }
}

/// The live sessions of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionsOf(pub(super) UserKey);

impl Loader<SessionsOf> for Batches {
    type Value = Vec<Session>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SessionsOf]) -> Result<HashMap<SessionsOf, Vec<Session>>, Arc<Error>> {
        let people = keys.iter().map(|key| key.0).collect();
        let sessions = self.app.sessions_of(&self.viewer, people).await.map_err(Arc::new)?;
        Ok(grouped(sessions.into_iter().map(|session| (SessionsOf(session.user), session))))
    }
}

/// What a SELF or DUO room is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameOf(pub(super) RoomKey);

impl Loader<NameOf> for Batches {
    type Value = String;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[NameOf]) -> Result<HashMap<NameOf, String>, Arc<Error>> {
        let rooms = keys.iter().map(|key| key.0).collect();
        let names = self.app.names_from_members(&self.viewer, rooms).await.map_err(Arc::new)?;
        Ok(names.into_iter().map(|(room, name)| (NameOf(room), name)).collect())
    }
}

/// How many messages of a room the viewer has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct UnreadIn(pub(super) RoomKey);

impl Loader<UnreadIn> for Batches {
    type Value = i64;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UnreadIn]) -> Result<HashMap<UnreadIn, i64>, Arc<Error>> {
        let rooms = keys.iter().map(|key| key.0).collect();
        let counts = self.app.unread_counts(&self.viewer, rooms).await.map_err(Arc::new)?;
        Ok(counts.into_iter().map(|(room, count)| (UnreadIn(room), count)).collect())
    }
}

/// The first or the last messages of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct HistoryEnd {
    pub(super) room: RoomKey,
    pub(super) end: End,
    pub(super) limit: u16,
}

impl Loader<HistoryEnd> for Batches {
    type Value = MessageList;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[HistoryEnd]) -> Result<HashMap<HistoryEnd, MessageList>, Arc<Error>> {
        let mut found = HashMap::new();
        for ((end, limit), rooms) in grouped(keys.iter().map(|key| ((key.end, key.limit), key.room))) {
            let lists = self.app.message_ends(&self.viewer, rooms, end, limit).await.map_err(Arc::new)?;
            found.extend(lists.into_iter().map(|(room, list)| (HistoryEnd { room, end, limit }, list)));
        }
        Ok(found)
    }
}

/// The first or the last replies to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RepliesEnd {
    pub(super) message: MessageKey,
    pub(super) end: End,
    pub(super) limit: u16,
}

impl Loader<RepliesEnd> for Batches {
    type Value = MessageList;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RepliesEnd]) -> Result<HashMap<RepliesEnd, MessageList>, Arc<Error>> {
        let mut found = HashMap::new();
        for ((end, limit), messages) in grouped(keys.iter().map(|key| ((key.end, key.limit), key.message))) {
            let lists = self.app.reply_ends(&self.viewer, messages, end, limit).await.map_err(Arc::new)?;
            found.extend(lists.into_iter().map(|(message, list)| (RepliesEnd { message, end, limit }, list)));
        }
        Ok(found)
    }
}

/// How many replies a message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RepliesTo(pub(super) MessageKey);

impl Loader<RepliesTo> for Batches {
    type Value = i64;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RepliesTo]) -> Result<HashMap<RepliesTo, i64>, Arc<Error>> {
        let messages = keys.iter().map(|key| key.0).collect();
        let counts = self.app.reply_counts(&self.viewer, messages).await.map_err(Arc::new)?;
        Ok(counts.into_iter().map(|(message, count)| (RepliesTo(message), count)).collect())
    }
}

/// The first or the last members of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MembersEnd {
    pub(super) room: RoomKey,
    pub(super) end: End,
    pub(super) limit: u16,
}

impl Loader<MembersEnd> for Batches {
    type Value = MemberList;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[MembersEnd]) -> Result<HashMap<MembersEnd, MemberList>, Arc<Error>> {
        let mut found = HashMap::new();
        for ((end, limit), rooms) in grouped(keys.iter().map(|key| ((key.end, key.limit), key.room))) {
            let lists = self.app.member_ends(&self.viewer, rooms, end, limit).await.map_err(Arc::new)?;
            found.extend(lists.into_iter().map(|(room, list)| (MembersEnd { room, end, limit }, list)));
        }
        Ok(found)
    }
}

fn grouped<G: Hash + Eq, K>(pairs: impl Iterator<Item = (G, K)>) -> HashMap<G, Vec<K>> {
    let mut groups: HashMap<G, Vec<K>> = HashMap::new();
    for (group, key) in pairs {
        groups.entry(group).or_default().push(key);
    }
    groups
}
