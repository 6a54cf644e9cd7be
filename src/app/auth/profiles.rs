//! A profile and its password, changed together, as callers of the dialects do.

use secrecy::SecretString;

use crate::app::auth::password_faults;
use crate::app::users::ProfileChange;
use crate::app::{App, person};
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::{GlobalId, UserKey};
use crate::domain::sessions::Viewer;
use crate::domain::users::{User, fold};
use crate::error::{Code, Error, Result, Text};
use crate::storage::{audit, sessions, users};

/// A password to come, and the one that it replaces.
#[derive(Debug, Clone)]
pub struct NewPassword {
    pub new: SecretString,
    pub current: Option<SecretString>,
}

/// The hash of the password that was looked at, and of the one to come.
struct Rehashed {
    old: String,
    new: String,
}

impl App {
    /// Changes the viewer's own profile and password, or for an administrator anyone's. Who changes their
    /// own password shows the current one. A new password ends all sessions of the person; the one they
    /// have, given again, changes nothing.
    ///
    /// # Errors
    /// As [`App::update_profile`]; for the password also `WEAK_PASSWORD` at `password`, `BAD_CREDENTIALS`
    /// at `currentPassword`, and `RATE_LIMITED`. Then nothing has changed.
    pub async fn change_person(
        &self,
        viewer: &Viewer,
        whose: UserKey,
        change: ProfileChange,
        password: Option<NewPassword>,
    ) -> Result<User> {
        let caller = person(viewer)?;
        let own = caller.user == whose;
        if !own && !caller.is_admin {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        let user = self.store.read(move |conn| Box::pin(users::get(conn, whose))).await?;
        let user = user.ok_or_else(Error::not_found)?;
        let rehashed = match password {
            Some(password) => self.rehashed(&user, own, password).await?,
            None => None,
        };
        let user = self.update_profile(viewer, Some(user.id), change).await?;
        let Some(Rehashed { old, new }) = rehashed else { return Ok(user) };
        let now = self.clock.now();
        let note = Note::new(viewer, Deed::UserPasswordReset, GlobalId::User(user.id), now);
        let replaced = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let replaced = users::confirm_password(conn, whose, &old, &new).await?;
                    if replaced {
                        sessions::end_all(conn, whose, now).await?;
                        if !own {
                            audit::insert(conn, &note).await?;
                        }
                    }
                    Ok(replaced)
                })
            })
            .await?;
        self.callers.forget();
        // Another change came in between.
        if replaced { Ok(user) } else { Err(wrong()) }
    }

    /// The hashes to exchange; none where the password stays.
    async fn rehashed(&self, user: &User, own: bool, password: NewPassword) -> Result<Option<Rehashed>> {
        let NewPassword { new, current } = password;
        let key = user.key;
        let old = self.store.read(move |conn| Box::pin(users::password_hash(conn, key))).await?;
        let old = old.ok_or_else(Error::not_found)?;
        if own {
            self.limits.login(&fold(&user.username), None)?;
            if self.passwords.verify(new.clone(), Some(old.clone())).await? {
                return Ok(None);
            }
            let current = current.ok_or_else(wrong)?;
            if !self.passwords.verify(current, Some(old.clone())).await? {
                return Err(wrong());
            }
        }
        Error::check(password_faults(&new, &[&user.username, &user.email], "password"))?;
        let new = self.passwords.hash(new).await?;
        Ok(Some(Rehashed { old, new }))
    }
}

fn wrong() -> Error {
    Error::new(Code::BadCredentials, Text::WrongPassword).at("currentPassword")
}
