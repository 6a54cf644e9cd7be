//! Opening a session with a name and a password.

use std::time::Duration;

use chrono::TimeDelta;
use secrecy::SecretString;
use uuid::Uuid;

use crate::app::App;
use crate::app::auth::{Origin, SessionTokens};
use crate::auth::random;
use crate::auth::tokens::RefreshToken;
use crate::clock::Timestamp;
use crate::domain::ids::{SessionKey, UserKey};
use crate::domain::sessions::{Door, NEVER, Viewer};
use crate::domain::users::{EMAIL_CHARS_MAX, User, fold};
use crate::error::{Code, Error, Result, Text};
use crate::storage::sessions::{self, NewSession};
use crate::storage::users::Credentials;
use crate::storage::{Conn, session_keys, users};

/// A device's name is cut here.
const CLIENT_CHARS_MAX: usize = 200;
/// How often a password is verified anew because its hash was replaced meanwhile, as by another login.
const TRIES: usize = 3;

/// What an account is looked up by when someone signs in. Compared without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginName<'a> {
    Username(&'a str),
    Email(&'a str),
    /// A username, or else an address.
    Either(&'a str),
}

impl<'a> LoginName<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Username(text) | Self::Email(text) | Self::Either(text) => text,
        }
    }

    fn names(self, account: &Credentials) -> bool {
        match self {
            Self::Username(name) => fold(name) == fold(&account.user.username),
            Self::Email(address) => account.login_email.as_ref() == Some(&fold(address)),
            Self::Either(_) => true,
        }
    }
}

impl App {
    /// Opens a session with a username or an address, and a password.
    pub async fn login(
        &self,
        _viewer: &Viewer,
        origin: &Origin,
        username_or_email: &str,
        password: SecretString,
    ) -> Result<(User, SessionTokens)> {
        let (opening, refresh) = self.new_session(origin);
        let name = LoginName::Either(username_or_email);
        let (user, opened) = self.open_with_password(origin, name, password, opening).await?;
        let tokens = self.session_tokens(user.id, opened.id, refresh, opened.expires_at)?;
        Ok((user, tokens))
    }

    /// Opens a session for whoever has this name, if the password is theirs.
    pub(super) async fn open_with_password(
        &self,
        origin: &Origin,
        name: LoginName<'_>,
        password: SecretString,
        opening: Opening,
    ) -> Result<(User, Opened)> {
        let text = name.text();
        // No account has such a name. The limits would remember its whole length, and PostgreSQL
        // cannot compare a NUL.
        if text.trim().chars().count() > EMAIL_CHARS_MAX || text.contains('\0') {
            return Err(wrong());
        }
        self.limits.login(&fold(text), origin.address)?;
        for _ in 0..TRIES {
            let Credentials { user, password_hash, .. } = self.verify_password(name, &password).await?;
            let renewed = self.passwords.renew(password.clone(), &password_hash).await?;
            let (opening, key) = (opening.clone(), user.key);
            let opened = self
                .store
                .write(move |conn| {
                    Box::pin(async move {
                        let next = renewed.as_ref().unwrap_or(&password_hash);
                        if users::confirm_password(conn, key, &password_hash, next).await? {
                            opening.open(conn, key).await.map(Some)
                        } else {
                            Ok(None)
                        }
                    })
                })
                .await?;
            if let Some(opened) = opened {
                return Ok((user, opened));
            }
        }
        Err(wrong())
    }

    async fn verify_password(&self, name: LoginName<'_>, password: &SecretString) -> Result<Credentials> {
        let account = name.text().to_owned();
        let found = self
            .store
            .read(move |conn| Box::pin(async move { users::find_credentials(conn, &account).await }))
            .await?;
        let found = found.into_iter().find(|account| name.names(account));
        let hash = found.as_ref().map(|found| found.password_hash.clone());
        let right = self.passwords.verify(password.clone(), hash).await?;
        found.filter(|found| right && found.user.disabled_at.is_none()).ok_or_else(wrong)
    }

    /// A session of the product's own, about to be opened, with its first refresh token.
    pub(super) fn new_session(&self, origin: &Origin) -> (Opening, RefreshToken) {
        let refresh = RefreshToken::generate();
        let opening = self.new_door_session(origin, Door::GraphQl, self.bounds.refresh_ttl);
        (Opening { refresh: Some(refresh.hash), ..opening }, refresh)
    }

    /// A session about to be opened. One that lasts longer than there are years has no end.
    pub(super) fn new_door_session(&self, origin: &Origin, door: Door, lasts: Duration) -> Opening {
        let now = self.clock.now();
        let lasts = TimeDelta::from_std(lasts).unwrap_or(TimeDelta::MAX);
        Opening {
            id: random::uuid_v7(now),
            door,
            client: origin.client.chars().filter(|c| !c.is_control()).take(CLIENT_CHARS_MAX).collect(),
            at: now,
            expires_at: now.checked_add_signed(lasts).map_or(NEVER, |end| end.min(NEVER)),
            refresh: None,
            key: None,
        }
    }
}

/// A session about to be opened.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    id: Uuid,
    door: Door,
    client: String,
    at: Timestamp,
    expires_at: Timestamp,
    /// The hash of its refresh token.
    refresh: Option<[u8; 32]>,
    /// The hash of its opaque key.
    key: Option<[u8; 32]>,
}

/// A session that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    pub(super) id: Uuid,
    pub(super) key: SessionKey,
    pub(super) expires_at: Timestamp,
}

impl Opening {
    /// The same with the hash of a key that it is called by.
    pub(super) fn called(self, key: [u8; 32]) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Stores the session, or finds the one that the person has at this door.
    pub(super) async fn open(self, conn: &mut Conn, user: UserKey) -> Result<Opened> {
        let Self { id, door, client, at, expires_at, refresh, key } = self;
        if let Some(opened) = found(conn, user, door, at).await? {
            return Ok(opened);
        }
        let new = NewSession { id, user, door, client, at, expires_at };
        let Some(session) = sessions::insert(conn, &new).await? else {
            let raced = found(conn, user, door, at).await?;
            return raced.ok_or_else(|| Error::internal("a fresh session's id is taken"));
        };
        if let Some(hash) = refresh {
            sessions::insert_refresh_token(conn, &hash, session, at, expires_at).await?;
        }
        if let Some(hash) = key {
            session_keys::insert(conn, &hash, session, at).await?;
        }
        Ok(Opened { id, key: session, expires_at })
    }
}

/// The open session of a person at a door where they have one. One that ran out is ended.
async fn found(conn: &mut Conn, user: UserKey, door: Door, at: Timestamp) -> Result<Option<Opened>> {
    if !door.shares_session() {
        return Ok(None);
    }
    let Some(session) = sessions::find_open(conn, user, door).await? else { return Ok(None) };
    if session.expires_at <= at {
        sessions::end(conn, session.key, at).await?;
        return Ok(None);
    }
    Ok(Some(Opened { id: session.id, key: session.key, expires_at: session.expires_at }))
}

fn wrong() -> Error {
    Error::new(Code::BadCredentials, Text::BadCredentials)
}
