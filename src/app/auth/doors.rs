//! Sessions of the REST dialects, and the signed tokens that some of them give out.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::app::App;
use crate::app::auth::{LoginName, Origin};
use crate::auth::tokens::Grant;
use crate::clock::Timestamp;
use crate::domain::ids::SessionKey;
use crate::domain::sessions::{Door, SignedIn, Viewer};
use crate::domain::users::User;
use crate::error::{Code, Error, Result, Text};
use crate::storage::{sessions, users};

/// A session that was just opened at a door, or found there.
#[derive(Debug, Clone)]
pub struct DoorSession {
    pub user: User,
    pub id: Uuid,
    pub key: SessionKey,
    pub door: Door,
    pub expires_at: Timestamp,
}

impl DoorSession {
    /// The person whose session it is, as a caller.
    pub fn viewer(&self) -> Viewer {
        let User { key: user, id: user_id, is_admin, .. } = self.user;
        Viewer::User(SignedIn { user, user_id, session: self.key, is_admin })
    }
}

/// The two tokens of a dialect.
#[derive(Clone)]
pub struct TokenPair {
    pub access: String,
    pub refresh: String,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenPair(…)")
    }
}

impl App {
    /// Opens a session at a door, which lasts so long; `Duration::MAX` is without an end. Where a person
    /// has one session for all their sign-ins, that one is found again.
    ///
    /// # Errors
    /// `BAD_CREDENTIALS`, `RATE_LIMITED`.
    pub async fn sign_in(
        &self,
        _viewer: &Viewer,
        origin: &Origin,
        door: Door,
        name: LoginName<'_>,
        password: SecretString,
        lasts: Duration,
    ) -> Result<DoorSession> {
        let opening = self.new_door_session(origin, door, lasts);
        let (user, opened) = self.open_with_password(origin, name, password, opening).await?;
        Ok(DoorSession { user, id: opened.id, key: opened.key, door, expires_at: opened.expires_at })
    }

    /// The signed tokens of a session: one for access, and one that is good as long as the session. Both
    /// carry the dialect's own claims, and their kind as `token_type`.
    pub fn door_tokens(
        &self,
        _viewer: &Viewer,
        session: &DoorSession,
        access_ttl: Duration,
        claims: Map<String, Value>,
    ) -> Result<TokenPair> {
        let left = (session.expires_at - self.clock.now()).to_std().unwrap_or_default();
        let grant = |kind: &str, lifetime, claims| {
            door_grant(session.user.id, session.id, session.door, kind, lifetime, claims)
        };
        let (refresh, _) = self.tokens.issue_refresh(grant("refresh", left, claims.clone()))?;
        let (access, _) = self.tokens.issue_access(grant("access", access_ttl, claims))?;
        Ok(TokenPair { access, refresh })
    }

    /// Another access token for the session of a refresh token, which stays good. `claims` gives the
    /// dialect's own claims for the person.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` and `TOKEN_EXPIRED`, as for an access token that is not good.
    pub async fn renew_access(
        &self,
        _viewer: &Viewer,
        refresh: &str,
        access_ttl: Duration,
        claims: impl FnOnce(&User) -> Map<String, Value> + Send,
    ) -> Result<String> {
        let renewed = self.tokens.verify_refresh(refresh)?;
        let live = self.session_of(&renewed).await?;
        let user = self.store.read(move |conn| Box::pin(users::get(conn, live.user))).await?;
        let user = user.ok_or_else(|| Error::new(Code::Unauthenticated, Text::AccountGone))?;
        let door = Door::parse(&renewed.door)
            .ok_or_else(|| Error::new(Code::Unauthenticated, Text::TokenInvalid))?;
        let grant = door_grant(renewed.user, renewed.session, door, "access", access_ttl, claims(&user));
        Ok(self.tokens.issue_access(grant)?.0)
    }

    /// Ends the session of a refresh token, for whoever holds it.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` and `TOKEN_EXPIRED`, as for an access token that is not good; `SessionOver` tells
    /// a session that has ended before.
    pub async fn end_refresh(&self, _viewer: &Viewer, refresh: &str) -> Result<()> {
        let claims = self.tokens.verify_refresh(refresh)?;
        let live = self.session_of(&claims).await?;
        let now = self.clock.now();
        let ended = self
            .store
            .write(move |conn| Box::pin(async move { sessions::end(conn, live.key, now).await }))
            .await?;
        self.callers.forget();
        if ended { Ok(()) } else { Err(Error::new(Code::Unauthenticated, Text::SessionOver)) }
    }
}

fn door_grant(
    user: Uuid,
    session: Uuid,
    door: Door,
    kind: &str,
    lifetime: Duration,
    mut claims: Map<String, Value>,
) -> Grant {
    claims.insert("token_type".to_owned(), Value::from(kind));
    Grant { user, session, door: door.as_str(), lifetime: Some(lifetime), extra: claims }
}
