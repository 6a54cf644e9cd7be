//! What administrators do to accounts: making them, locking them out, giving them another password, and making
//! others administrators.
//!
//! Each looks again, in its transaction, whether the one who asks is still an administrator, so that two who act
//! against each other at the same moment do not both succeed.

use secrecy::SecretString;
use uuid::Uuid;

use crate::app::auth::{Signup, password_faults};
use crate::app::{App, administrator};
use crate::auth::random;
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::{GlobalId, UserKey};
use crate::domain::sessions::Viewer;
use crate::domain::users::{User, UserType};
use crate::error::{Code, Error, Result, Text};
use crate::storage::{Conn, audit, sessions, users};

/// An account, as an administrator asks for it.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    /// `None`: one is made.
    pub password: Option<SecretString>,
    pub first_name: String,
    pub last_name: String,
    pub user_type: UserType,
    pub is_admin: bool,
}

/// An account, and the password that was made for it where none was given. It is told this once.
#[derive(Debug, Clone)]
pub struct Given {
    pub user: User,
    pub password: Option<SecretString>,
}

/// The password to set, and what is told of it.
fn settle(given: Option<SecretString>) -> (SecretString, Option<SecretString>) {
    match given {
        Some(given) => (given, None),
        None => {
            let made = SecretString::from(random::password());
            (made.clone(), Some(made))
        }
    }
}

impl App {
    /// Makes an account, also while sign-ups are closed.
    ///
    /// # Errors
    /// As a sign-up; `FORBIDDEN` for anyone but administrators.
    pub async fn create_account(&self, viewer: &Viewer, new: NewAccount) -> Result<Given> {
        administrator(viewer)?;
        let NewAccount { username, email, password, first_name, last_name, user_type, is_admin } = new;
        let (password, told) = settle(password);
        let (phone, address) = (None, None);
        let signup = Signup { username, email, password, first_name, last_name, user_type, phone, address };
        Ok(Given { user: self.create_user(viewer, signup, is_admin).await?, password: told })
    }

    /// Locks a person out of every door, and ends all they have open; or lets them in again.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators, and of oneself; `CONFLICT` where nobody would be left to let
    /// them in again; `NOT_FOUND`.
    pub async fn set_disabled(&self, viewer: &Viewer, id: Uuid, on: bool) -> Result<User> {
        administrator(viewer)?;
        if on {
            not_oneself(viewer, id)?;
        }
        let (viewer, at) = (*viewer, self.clock.now());
        let deed = if on { Deed::UserDisable } else { Deed::UserEnable };
        let note = Note::new(&viewer, deed, GlobalId::User(id), at);
        let user = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let user = held(conn, &viewer, id, on).await?;
                    if users::set_disabled(conn, user.key, on.then_some(at)).await? {
                        audit::insert(conn, &note).await?;
                    }
                    if on {
                        sessions::end_all(conn, user.key, at).await?;
                    }
                    users::find_staying(conn, id).await?.ok_or_else(missing)
                })
            })
            .await?;
        self.callers.forget();
        Ok(user)
    }

    /// Makes someone an administrator, or takes that from them. Whoever is none any more has to sign in again,
    /// because what they have open was opened with that right.
    ///
    /// # Errors
    /// As [`App::set_disabled`].
    pub async fn set_administrator(&self, viewer: &Viewer, id: Uuid, on: bool) -> Result<User> {
        administrator(viewer)?;
        if !on {
            not_oneself(viewer, id)?;
        }
        let (viewer, at) = (*viewer, self.clock.now());
        let deed = if on { Deed::UserAdminOn } else { Deed::UserAdminOff };
        let note = Note::new(&viewer, deed, GlobalId::User(id), at);
        let user = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let user = held(conn, &viewer, id, !on).await?;
                    if users::set_admin(conn, user.key, on).await? {
                        audit::insert(conn, &note).await?;
                        if !on {
                            sessions::end_all(conn, user.key, at).await?;
                        }
                    }
                    users::find_staying(conn, id).await?.ok_or_else(missing)
                })
            })
            .await?;
        self.callers.forget();
        Ok(user)
    }

    /// Gives a person another password, and ends all their sessions.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone but administrators, and of oneself, who shows the old one instead;
    /// `WEAK_PASSWORD` at `newPassword`; `NOT_FOUND`.
    pub async fn reset_password(
        &self,
        viewer: &Viewer,
        id: Uuid,
        given: Option<SecretString>,
    ) -> Result<Given> {
        administrator(viewer)?;
        not_oneself(viewer, id)?;
        let found = self.store.read(move |conn| Box::pin(users::find_staying(conn, id))).await?;
        let User { username, email, .. } = found.ok_or_else(missing)?;
        let (password, told) = settle(given);
        Error::check(password_faults(&password, &[&username, &email], "newPassword"))?;
        let hash = self.passwords.hash(password).await?;
        let (viewer, at) = (*viewer, self.clock.now());
        let note = Note::new(&viewer, Deed::UserPasswordReset, GlobalId::User(id), at);
        let user = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let user = held(conn, &viewer, id, false).await?;
                    users::set_password_hash(conn, user.key, &hash).await?;
                    sessions::end_all(conn, user.key, at).await?;
                    audit::insert(conn, &note).await?;
                    Ok(user)
                })
            })
            .await?;
        self.callers.forget();
        Ok(Given { user, password: told })
    }
}

fn missing() -> Error {
    Error::not_found().at("userId")
}

fn not_oneself(viewer: &Viewer, id: Uuid) -> Result<()> {
    if viewer.signed_in().is_some_and(|caller| caller.user_id == id) {
        return Err(Error::new(Code::Forbidden, Text::NotYourself).at("userId"));
    }
    Ok(())
}

/// The account that an administrator changes, while all administrators are held; `demotes` where it stops being
/// one of them.
async fn held(conn: &mut Conn, viewer: &Viewer, id: Uuid, demotes: bool) -> Result<User> {
    let administrators = users::hold_administrators(conn).await?;
    if let Some(caller) = viewer.signed_in()
        && !administrators.contains(&caller.user)
    {
        return Err(Error::new(Code::Forbidden, Text::AdministratorsOnly));
    }
    let user = users::find_staying(conn, id).await?.ok_or_else(missing)?;
    if demotes {
        keep_an_administrator(&administrators, user.key)?;
    }
    Ok(user)
}

/// Refuses to take the last administrator away.
pub(super) fn keep_an_administrator(administrators: &[UserKey], user: UserKey) -> Result<()> {
    if administrators == [user] {
        return Err(Error::new(Code::Conflict, Text::LastAdministrator).at("userId"));
    }
    Ok(())
}
