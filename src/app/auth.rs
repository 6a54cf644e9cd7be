//! Signing up and logging in. What becomes of a session then is in `auth/sessions.rs`.

mod sessions;

use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::app::App;
use crate::auth::credential::Credential;
use crate::auth::password;
use crate::auth::random;
use crate::auth::tokens::{AccessGrant, RefreshToken};
use crate::clock::Timestamp;
use crate::domain::ids::{SessionKey, UserKey};
use crate::domain::sessions::{Door, SignedIn, Viewer};
use crate::domain::users::{
    ADDRESS_CHARS_MAX, EMAIL_CHARS_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX, User, UserType, check_email,
    check_text, check_username, fold,
};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::sessions::{self as stored_sessions, NewSession};
use crate::storage::users::NewUser;
use crate::storage::{Conn, users};

/// Where a call comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What rate limits count by; none for calls from inside.
    pub address: Option<IpAddr>,
    /// What the device calls itself.
    pub client: String,
}

/// Who a credential stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub viewer: Viewer,
    /// `None` for one that does not run out.
    pub lasts: Option<Lasts>,
}

impl Identity {
    /// A caller without a credential.
    pub const ANONYMOUS: Self = Self { viewer: Viewer::Anonymous, lasts: None };
}

/// How long an access token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasts {
    pub until: Timestamp,
    /// As of when it was looked at.
    pub left: Duration,
}

/// The two tokens of a session.
#[derive(Debug, Clone)]
pub struct SessionTokens {
    pub access: String,
    pub access_expires_at: Timestamp,
    pub refresh: SecretString,
    pub refresh_expires_at: Timestamp,
}

/// A new account, as asked for.
#[derive(Debug, Clone)]
pub struct Signup {
    pub username: String,
    pub email: String,
    pub password: SecretString,
    pub first_name: String,
    pub last_name: String,
    pub user_type: UserType,
    pub phone: Option<String>,
    pub address: Option<String>,
}

/// A device's name is cut here.
const CLIENT_CHARS_MAX: usize = 200;

impl App {
    /// Who calls with this credential.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is not one of ours, or its session is over; `TOKEN_EXPIRED`.
    pub async fn authenticate(&self, credential: &Credential) -> Result<Viewer> {
        Ok(self.identify(credential).await?.viewer)
    }

    /// Who calls with this credential, and until when it is good.
    ///
    /// # Errors
    /// As [`App::authenticate`].
    pub async fn identify(&self, credential: &Credential) -> Result<Identity> {
        let token = match credential {
            Credential::None => return Ok(Identity::ANONYMOUS),
            Credential::Malformed => return Err(Error::new(Code::Unauthenticated, Text::TokenInvalid)),
            Credential::Bearer(token) => token,
        };
        let claims = self.tokens.verify_access(token)?;
        let session = claims.session;
        let known = match self.sessions.get(&session) {
            Some(known) => known,
            None => {
                let live =
                    self.store.read(move |conn| Box::pin(stored_sessions::find_live(conn, session))).await?;
                let found = live.map(|live| SignedIn {
                    user: live.user,
                    user_id: live.user_id,
                    session: live.key,
                    is_admin: live.is_admin,
                });
                self.sessions.insert(session, found);
                found
            }
        };
        match known {
            Some(signed_in) if signed_in.user_id == claims.user => {
                let left = (claims.expires_at - self.clock.now()).to_std().unwrap_or_default();
                let lasts = Lasts { until: claims.expires_at, left };
                Ok(Identity { viewer: Viewer::User(signed_in), lasts: Some(lasts) })
            }
            _ => Err(Error::new(Code::Unauthenticated, Text::SessionOver)),
        }
    }

    /// Makes an account and signs it in.
    pub async fn signup(
        &self,
        viewer: &Viewer,
        origin: &Origin,
        signup: Signup,
    ) -> Result<(User, SessionTokens)> {
        let privileged = is_privileged(viewer);
        if !self.bounds.signup_open && !privileged {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        check_signup(&signup)?;
        if !privileged {
            self.limits.signup(origin.address)?;
        }
        let new = self.new_user(signup, false).await?;
        let issue = self.new_session(self.clock.now(), client_name(&origin.client));
        let opened = issue.clone();
        let user = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let user = insert_user(conn, &new).await?;
                    opened.open(conn, user.key).await?;
                    Ok(user)
                })
            })
            .await?;
        let tokens = self.session_tokens(user.id, issue.id, issue.token, issue.expires_at)?;
        Ok((user, tokens))
    }

    /// Makes an account without a session: at the console, or for another person.
    pub async fn create_user(&self, viewer: &Viewer, signup: Signup, admin: bool) -> Result<User> {
        if !is_privileged(viewer) {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        check_signup(&signup)?;
        let new = self.new_user(signup, admin).await?;
        self.store.write(move |conn| Box::pin(async move { insert_user(conn, &new).await })).await
    }

    async fn new_user(&self, signup: Signup, is_admin: bool) -> Result<NewUser> {
        let Signup { username, email, password, first_name, last_name, user_type, phone, address } = signup;
        let now = self.clock.now();
        let taken = (username.clone(), email.clone());
        self.store
            .read(move |conn| Box::pin(async move { check_free(conn, &taken.0, &taken.1).await }))
            .await?;
        Ok(NewUser {
            id: random::uuid_v7(now),
            login_email: Some(fold(&email)),
            username,
            first_name,
            last_name,
            email,
            password_hash: self.passwords.hash(password).await?,
            user_type,
            phone,
            address,
            is_admin,
            created_at: now,
        })
    }

    /// Opens a session with a username or an address, and a password.
    pub async fn login(
        &self,
        _viewer: &Viewer,
        origin: &Origin,
        username_or_email: &str,
        password: SecretString,
    ) -> Result<(User, SessionTokens)> {
        let wrong = || Error::new(Code::BadCredentials, Text::BadCredentials);
        // No account has such a name. The limits would remember its whole length, and PostgreSQL
        // cannot compare a NUL.
        if username_or_email.trim().chars().count() > EMAIL_CHARS_MAX || username_or_email.contains('\0') {
            return Err(wrong());
        }
        let account = fold(username_or_email);
        self.limits.login(&account, origin.address)?;
        let found = self
            .store
            .read(move |conn| Box::pin(async move { users::find_credentials(conn, &account).await }))
            .await?;
        let hash = found.as_ref().map(|found| found.password_hash.clone());
        let right = self.passwords.verify(password.clone(), hash).await?;
        let found = found.filter(|found| right && !found.disabled).ok_or_else(wrong)?;
        let rehashed = if self.passwords.needs_rehash(&found.password_hash) {
            Some(self.passwords.hash(password).await?)
        } else {
            None
        };
        let issue = self.new_session(self.clock.now(), client_name(&origin.client));
        let (opened, user) = (issue.clone(), found.user.key);
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    if let Some(hash) = rehashed {
                        users::set_password_hash(conn, user, &hash).await?;
                    }
                    opened.open(conn, user).await
                })
            })
            .await?;
        let tokens = self.session_tokens(found.user.id, issue.id, issue.token, issue.expires_at)?;
        Ok((found.user, tokens))
    }

    fn new_session(&self, now: Timestamp, client: String) -> SessionIssue {
        SessionIssue {
            id: random::uuid_v7(now),
            token: RefreshToken::generate(),
            client,
            at: now,
            expires_at: now + self.bounds.refresh_ttl,
        }
    }

    /// The pair of tokens of a session whose refresh token is stored.
    fn session_tokens(
        &self,
        user: Uuid,
        session: Uuid,
        refresh: RefreshToken,
        refresh_expires_at: Timestamp,
    ) -> Result<SessionTokens> {
        let (access, access_expires_at) = self.tokens.issue_access(AccessGrant {
            user,
            session,
            door: Door::GraphQl.as_str(),
            lifetime: None,
            extra: serde_json::Map::new(),
        })?;
        Ok(SessionTokens { access, access_expires_at, refresh: refresh.shown, refresh_expires_at })
    }

    /// Makes this node look every session up again.
    pub(in crate::app) fn forget_sessions(&self) {
        self.sessions.invalidate_all();
    }
}

/// A session about to be opened, with its first refresh token.
#[derive(Debug, Clone)]
struct SessionIssue {
    id: Uuid,
    token: RefreshToken,
    client: String,
    at: Timestamp,
    expires_at: Timestamp,
}

impl SessionIssue {
    async fn open(&self, conn: &mut Conn, user: UserKey) -> Result<SessionKey> {
        let Self { id, token, client, at, expires_at } = self.clone();
        let new = NewSession { id, user, door: Door::GraphQl, client, at, expires_at };
        let session = stored_sessions::insert(conn, &new).await?;
        stored_sessions::insert_refresh_token(conn, &token.hash, session, at, expires_at).await?;
        Ok(session)
    }
}

fn is_privileged(viewer: &Viewer) -> bool {
    match viewer {
        Viewer::Anonymous => false,
        Viewer::User(signed_in) => signed_in.is_admin,
        Viewer::Operator => true,
    }
}

fn client_name(given: &str) -> String {
    given.chars().filter(|c| !c.is_control()).take(CLIENT_CHARS_MAX).collect()
}

fn check_signup(signup: &Signup) -> Result<()> {
    let mut faults = Vec::new();
    check_username(&signup.username, &mut faults);
    check_email(&signup.email, &mut faults);
    check_text(&signup.first_name, NAME_CHARS_MAX, "firstName", &mut faults);
    check_text(&signup.last_name, NAME_CHARS_MAX, "lastName", &mut faults);
    check_text(signup.phone.as_deref().unwrap_or_default(), PHONE_CHARS_MAX, "phone", &mut faults);
    check_text(signup.address.as_deref().unwrap_or_default(), ADDRESS_CHARS_MAX, "address", &mut faults);
    faults.extend(password_faults(&signup.password, &[&signup.username, &signup.email], "password"));
    Error::check(faults)
}

fn password_faults(password: &SecretString, similar_to: &[&str], field: &'static str) -> Vec<Fault> {
    let texts = password::rules::check(password.expose_secret(), similar_to);
    texts.into_iter().map(|text| Fault::new(Code::WeakPassword, text, field)).collect()
}

/// Names both the username and the address, where both are taken. One's username is no other's
/// address, or a login with it would try the wrong account.
async fn check_free(conn: &mut Conn, username: &str, email: &str) -> Result<()> {
    let mut faults = Vec::new();
    if users::is_login_taken(conn, username, None).await? {
        faults.push(Fault::new(Code::UsernameTaken, Text::UsernameTaken, "username"));
    }
    if users::is_login_taken(conn, email, None).await? {
        faults.push(Fault::new(Code::EmailTaken, Text::EmailTaken, "email"));
    }
    Error::check(faults)
}

async fn insert_user(conn: &mut Conn, new: &NewUser) -> Result<User> {
    if let Some(user) = users::insert(conn, new).await? {
        return Ok(user);
    }
    // Another sign-up took a name between the check and here.
    check_free(conn, &new.username, &new.email).await?;
    Err(Error::new(Code::Conflict, Text::UsernameTaken).at("username"))
}
