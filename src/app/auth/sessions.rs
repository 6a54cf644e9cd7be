//! What becomes of a session: shown, renewed, ended, or ended because someone copied its token.

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::app::auth::{Origin, SessionTokens, password_faults};
use crate::app::{App, administrator, person};
use crate::auth::tokens::RefreshToken;
use crate::domain::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::{GlobalId, UserKey};
use crate::domain::policy::sees_private_fields;
use crate::domain::sessions::{Session, SignedIn, Viewer};
use crate::domain::users::{User, fold};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::sessions::FoundToken;
use crate::storage::{Conn, audit, sessions, users};

/// Live sessions of one person that are shown. Nobody looks through more, and ending all others ends
/// those that are not shown, too.
const SESSIONS_SHOWN_MAX: usize = 100;

/// Sessions that are to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of the caller's but the one that calls.
    Others,
    One(Uuid),
    AllOf(Uuid),
}

impl App {
    /// The live sessions of several people, as far as the viewer may see them; of each person the latest
    /// used first.
    pub async fn sessions_of(&self, viewer: &Viewer, people: Vec<UserKey>) -> Result<Vec<Session>> {
        let now = self.clock.now();
        let seen: Vec<UserKey> =
            people.into_iter().filter(|user| sees_private_fields(viewer, *user)).collect();
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        self.store
            .read(move |conn| {
                Box::pin(async move { sessions::live_of(conn, &seen, now, SESSIONS_SHOWN_MAX).await })
            })
            .await
    }

    /// Those of several sessions that live and that the viewer may see, in no order.
    pub async fn sessions_by_id(&self, viewer: &Viewer, ids: Vec<Uuid>) -> Result<Vec<Session>> {
        person(viewer)?;
        let now = self.clock.now();
        let mut found = self
            .store
            .read(move |conn| Box::pin(async move { sessions::get_many_live(conn, &ids, now).await }))
            .await?;
        found.retain(|session| sees_private_fields(viewer, session.user));
        Ok(found)
    }

    /// Ends sessions of the caller's, or for an administrator anyone's; tells how many lived. Their sockets
    /// close and their refresh tokens are good no more, on every node.
    ///
    /// # Errors
    /// `FORBIDDEN` for all of another person's, `NOT_FOUND` for a session or a person that the viewer does
    /// not see.
    pub async fn end_sessions(&self, viewer: &Viewer, which: Ending) -> Result<usize> {
        let caller = person(viewer)?;
        if let Ending::AllOf(user) = which
            && user != caller.user_id
        {
            administrator(viewer).map_err(|refusal| refusal.at("userId"))?;
        }
        let (viewer, now) = (*viewer, self.clock.now());
        let ended = self
            .store
            .write(move |conn| Box::pin(async move { end(conn, &viewer, caller, which, now).await }))
            .await?;
        self.callers.forget();
        Ok(ended)
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// A token is good once. Presented again within the grace (two tabs of one browser), it yields
    /// another pair; later it can only have been copied, so the whole session ends.
    pub async fn refresh(&self, _viewer: &Viewer, refresh_token: &str) -> Result<SessionTokens> {
        let refused = || Error::new(Code::BadCredentials, Text::BadRefreshToken).at("refreshToken");
        let hash = RefreshToken::parse(refresh_token).ok_or_else(refused)?;
        let (now, grace) = (self.clock.now(), self.bounds.refresh_reuse_grace);
        let expires_at = now + self.bounds.refresh_ttl;
        let next = RefreshToken::generate();
        let next_hash = next.hash;
        let outcome = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let Some(found) = sessions::find_refresh_token(conn, &hash).await? else {
                        return Ok(Renewal::Refused);
                    };
                    if !is_good(&found, now) {
                        return Ok(Renewal::Refused);
                    }
                    let session = found.session.key;
                    let fresh = sessions::rotate_refresh_token(conn, &hash, now).await?;
                    let first_use = found.rotated_at.unwrap_or(now);
                    if !fresh && now - first_use > TimeDelta::from_std(grace).unwrap_or_default() {
                        sessions::end(conn, session, now).await?;
                        return Ok(Renewal::Reused(found));
                    }
                    sessions::insert_refresh_token(conn, &next_hash, session, now, expires_at).await?;
                    sessions::touch(conn, session, now, expires_at).await?;
                    Ok(Renewal::Renewed(found))
                })
            })
            .await?;
        match outcome {
            Renewal::Refused => Err(refused()),
            Renewal::Reused(found) => {
                self.callers.forget();
                tracing::warn!(user.id = %found.user_id, "A refresh token was used again; its session was ended.");
                Err(refused())
            }
            Renewal::Renewed(found) => self.session_tokens(found.user_id, found.session.id, next, expires_at),
        }
    }

    /// Ends the session of the refresh token, or else the caller's own; tells whether one was live.
    pub async fn logout(&self, viewer: &Viewer, refresh_token: Option<&str>) -> Result<bool> {
        let now = self.clock.now();
        let Some(refresh_token) = refresh_token else {
            let caller = person(viewer)?;
            let ended = self
                .store
                .write(move |conn| Box::pin(async move { sessions::end(conn, caller.session, now).await }))
                .await?;
            self.callers.forget();
            return Ok(ended);
        };
        let refused = || Error::new(Code::BadCredentials, Text::BadRefreshToken).at("refreshToken");
        let hash = RefreshToken::parse(refresh_token).ok_or_else(refused)?;
        let ended = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    match sessions::find_refresh_token(conn, &hash).await? {
                        Some(found) => sessions::end(conn, found.session.key, now).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await?;
        self.callers.forget();
        ended.ok_or_else(refused)
    }

    /// Whether whoever calls knows their own password; a try counts as a login.
    ///
    /// # Errors
    /// `BAD_CREDENTIALS` at `currentPassword`.
    pub async fn confirm_password(&self, viewer: &Viewer, current: SecretString) -> Result<()> {
        self.confirmed_account(viewer, current).await.map(drop)
    }

    /// The caller's account, and the hash that the password was verified against.
    async fn confirmed_account(&self, viewer: &Viewer, current: SecretString) -> Result<(User, String)> {
        let caller = person(viewer)?;
        let user = self.own_account(caller).await?;
        self.limits.login(&fold(&user.username), None)?;
        let key = caller.user;
        let hash = self.store.read(move |conn| Box::pin(users::password_hash(conn, key))).await?;
        let verified = self.passwords.verify(current, hash.clone()).await?;
        hash.filter(|_| verified).map(|hash| (user, hash)).ok_or_else(wrong_password)
    }

    /// Sets a new password, ends every session of the person, and opens a new one for the caller, so
    /// that no token from before is good any more.
    pub async fn change_password(
        &self,
        viewer: &Viewer,
        origin: &Origin,
        current: SecretString,
        new: SecretString,
    ) -> Result<SessionTokens> {
        let (user, old, new) = self.check_new_password(viewer, current, new).await?;
        let (key, now) = (user.key, self.clock.now());
        let (opening, refresh) = self.new_session(origin);
        let opened = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    replace_password(conn, key, &old, &new).await?;
                    sessions::end_all(conn, key, now).await?;
                    opening.open(conn, key).await
                })
            })
            .await?;
        self.callers.forget();
        self.session_tokens(user.id, opened.id, refresh, opened.expires_at)
    }

    /// The same at a door whose callers get no new tokens: the caller's own session stays.
    pub async fn change_password_at(
        &self,
        viewer: &Viewer,
        current: SecretString,
        new: SecretString,
    ) -> Result<()> {
        let caller = person(viewer)?;
        let (user, old, new) = self.check_new_password(viewer, current, new).await?;
        let now = self.clock.now();
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    replace_password(conn, user.key, &old, &new).await?;
                    sessions::end_all_but(conn, user.key, caller.session, now).await.map(drop)
                })
            })
            .await?;
        self.callers.forget();
        Ok(())
    }

    /// The caller's account, and the hashes of their present and their next password.
    async fn check_new_password(
        &self,
        viewer: &Viewer,
        current: SecretString,
        new: SecretString,
    ) -> Result<(User, String, String)> {
        let (user, old) = self.confirmed_account(viewer, current.clone()).await?;
        let mut faults = password_faults(&new, &[&user.username, &user.email], "newPassword");
        if faults.is_empty() && current.expose_secret() == new.expose_secret() {
            faults.push(Fault::new(Code::WeakPassword, Text::PasswordUnchanged, "newPassword"));
        }
        Error::check(faults)?;
        Ok((user, old, self.passwords.hash(new).await?))
    }
}

fn wrong_password() -> Error {
    Error::new(Code::BadCredentials, Text::WrongPassword).at("currentPassword")
}

/// Refused where the password that was shown is no longer the one that is stored: an administrator, or the
/// person elsewhere, set another while the next was hashed.
async fn replace_password(conn: &mut Conn, key: UserKey, old: &str, new: &str) -> Result<()> {
    if users::confirm_password(conn, key, old, new).await? { Ok(()) } else { Err(wrong_password()) }
}

async fn end(
    conn: &mut Conn,
    viewer: &Viewer,
    caller: SignedIn,
    which: Ending,
    now: Timestamp,
) -> Result<usize> {
    let (ended, whose, target) = match which {
        Ending::Others => return sessions::end_all_but(conn, caller.user, caller.session, now).await,
        Ending::One(id) => {
            let found = sessions::get_by_id(conn, id).await?;
            let session = found
                .filter(|session| sees_private_fields(viewer, session.user))
                .ok_or_else(|| Error::not_found().at("sessionId"))?;
            let ended = sessions::end(conn, session.key, now).await? && session.expires_at > now;
            (usize::from(ended), session.user, GlobalId::Session(id))
        }
        Ending::AllOf(id) => {
            let found = users::get_by_id(conn, id).await?;
            let user = found.ok_or_else(|| Error::not_found().at("userId"))?;
            (sessions::end_all(conn, user.key, now).await?, user.key, GlobalId::User(id))
        }
    };
    if ended > 0 && whose != caller.user {
        let name = users::get(conn, whose).await?.map(|user| user.username).unwrap_or_default();
        audit::insert(conn, &Note::new(viewer, Deed::SessionEnd, target, now).naming(&name)).await?;
    }
    Ok(ended)
}

/// What came of a refresh token.
enum Renewal {
    Refused,
    Reused(FoundToken),
    Renewed(FoundToken),
}

fn is_good(found: &FoundToken, now: Timestamp) -> bool {
    let session = &found.session;
    session.ended_at.is_none() && !found.disabled && found.expires_at > now && session.expires_at > now
}
