//! Signing up. Who calls is in `auth/callers.rs`, signing in in `auth/login.rs`, what becomes of a session
//! in `auth/sessions.rs`, the first administrator in `auth/setup.rs`, and what only the dialects do in
//! `auth/doors.rs`, `registration.rs`, `profiles.rs` and `keys.rs`.

mod callers;
mod doors;
mod keys;
mod login;
mod profiles;
pub(in crate::app) mod registration;
mod session_list;
mod sessions;
mod setup;

use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

pub(super) use self::callers::Callers;
pub use self::doors::{DoorSession, TokenPair};
pub use self::login::LoginName;
pub use self::profiles::NewPassword;
pub use self::registration::{DoorSignup, EmailClaim};
pub use self::session_list::SessionList;
pub use self::sessions::Ending;
use crate::app::{App, administrator};
use crate::auth::password;
use crate::auth::random;
use crate::auth::tokens::{Grant, RefreshToken};
use crate::clock::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::GlobalId;
use crate::domain::policy::administers;
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::{
    ADDRESS_CHARS_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX, User, UserType, check_email, check_text,
    check_username, fold,
};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::users::NewUser;
use crate::storage::{Conn, audit, users};

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

impl App {
    /// Makes an account and signs it in.
    pub async fn signup(
        &self,
        viewer: &Viewer,
        origin: &Origin,
        signup: Signup,
    ) -> Result<(User, SessionTokens)> {
        let privileged = administers(viewer);
        if !self.bounds.signup_open && !privileged {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        check_signup(&signup)?;
        if !privileged {
            self.limits.signup(origin.address)?;
        }
        let new = self.new_user(signup, false).await?;
        let note = self.note_where_closed(viewer, &new);
        let (opening, refresh) = self.new_session(origin);
        let (user, opened) = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let user = insert_user(conn, &new).await?;
                    if let Some(note) = note {
                        audit::insert(conn, &note).await?;
                    }
                    let opened = opening.open(conn, user.key).await?;
                    Ok((user, opened))
                })
            })
            .await?;
        let tokens = self.session_tokens(user.id, opened.id, refresh, opened.expires_at)?;
        Ok((user, tokens))
    }

    /// Makes an account without a session: at the console, or for another person.
    pub async fn create_user(&self, viewer: &Viewer, signup: Signup, admin: bool) -> Result<User> {
        administrator(viewer)?;
        check_signup(&signup)?;
        let new = self.new_user(signup, admin).await?;
        let note = note_of_account(viewer, &new);
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let user = insert_user(conn, &new).await?;
                    audit::insert(conn, &note).await?;
                    if new.is_admin {
                        audit::insert(conn, &Note { deed: Deed::UserAdminOn, ..note }).await?;
                    }
                    Ok(user)
                })
            })
            .await
    }

    /// What is written down of an account that is made while nobody but an administrator could.
    fn note_where_closed(&self, viewer: &Viewer, new: &NewUser) -> Option<Note> {
        let by_right = !self.bounds.signup_open && administers(viewer);
        by_right.then(|| note_of_account(viewer, new))
    }

    async fn new_user(&self, signup: Signup, is_admin: bool) -> Result<NewUser> {
        let Signup { username, email, password, first_name, last_name, user_type, phone, address } = signup;
        let now = self.clock.now();
        let taken = (username.clone(), email.clone());
        self.store
            .read(move |conn| Box::pin(async move { check_free(conn, Some(&taken.0), Some(&taken.1)).await }))
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

    /// The pair of tokens of a session whose refresh token is stored.
    fn session_tokens(
        &self,
        user: Uuid,
        session: Uuid,
        refresh: RefreshToken,
        refresh_expires_at: Timestamp,
    ) -> Result<SessionTokens> {
        let (access, access_expires_at) = self.tokens.issue_access(Grant {
            user,
            session,
            door: Door::GraphQl.as_str(),
            lifetime: None,
            extra: serde_json::Map::new(),
        })?;
        Ok(SessionTokens { access, access_expires_at, refresh: refresh.shown, refresh_expires_at })
    }
}

fn note_of_account(viewer: &Viewer, new: &NewUser) -> Note {
    let note = Note::new(viewer, Deed::UserCreate, GlobalId::User(new.id), new.created_at);
    note.naming(&new.username)
}

fn check_signup(signup: &Signup) -> Result<()> {
    let mut faults = Vec::new();
    check_username(&signup.username, &mut faults);
    check_email(&signup.email, &mut faults);
    let phone_and_address = (signup.phone.as_deref(), signup.address.as_deref());
    check_person(&signup.first_name, &signup.last_name, phone_and_address, &mut faults);
    faults.extend(password_faults(&signup.password, &[&signup.username, &signup.email], "password"));
    Error::check(faults)
}

/// What an account says of the person, beside its names to sign in with.
fn check_person(
    first_name: &str,
    last_name: &str,
    (phone, address): (Option<&str>, Option<&str>),
    faults: &mut Vec<Fault>,
) {
    check_text(first_name, NAME_CHARS_MAX, "firstName", faults);
    check_text(last_name, NAME_CHARS_MAX, "lastName", faults);
    check_text(phone.unwrap_or_default(), PHONE_CHARS_MAX, "phone", faults);
    check_text(address.unwrap_or_default(), ADDRESS_CHARS_MAX, "address", faults);
}

pub(in crate::app) fn password_faults(
    password: &SecretString,
    similar_to: &[&str],
    field: &'static str,
) -> Vec<Fault> {
    let texts = password::rules::check(password.expose_secret(), similar_to);
    texts.into_iter().map(|text| Fault::new(Code::WeakPassword, text, field)).collect()
}

async fn check_free(conn: &mut Conn, username: Option<&str>, email: Option<&str>) -> Result<()> {
    Error::check(find_taken(conn, username, email).await?)
}

/// Names both the username and the address, where both are taken. One's username is no other's
/// address, or a login with it would try the wrong account.
async fn find_taken(conn: &mut Conn, username: Option<&str>, email: Option<&str>) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    if let Some(username) = username
        && users::is_login_taken(conn, username, None).await?
    {
        faults.push(Fault::new(Code::UsernameTaken, Text::UsernameTaken, "username"));
    }
    if let Some(email) = email
        && users::is_login_taken(conn, email, None).await?
    {
        faults.push(Fault::new(Code::EmailTaken, Text::EmailTaken, "email"));
    }
    Ok(faults)
}

async fn insert_user(conn: &mut Conn, new: &NewUser) -> Result<User> {
    if let Some(user) = users::insert(conn, new).await? {
        return Ok(user);
    }
    // Another sign-up took a name between the check and here.
    check_free(conn, Some(&new.username), Some(&new.email)).await?;
    Err(Error::new(Code::Conflict, Text::UsernameTaken).at("username"))
}
