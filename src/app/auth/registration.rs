//! Signing up at the REST dialects, whose rules for names and addresses differ.

use secrecy::SecretString;

use crate::app::App;
use crate::app::auth::{Origin, check_free, check_person, find_taken, password_faults};
use crate::app::rooms::notes_room;
use crate::auth::random;
use crate::domain::policy::administers;
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::{User, UserType, check_email, check_username_by, fold};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::users::{self, NewUser};
use crate::storage::{Conn, audit};

/// The part of an address that a username is made from is cut here, which leaves room for a suffix within
/// the 32 characters that condor_chat's clients show.
const MADE_CHARS_MAX: usize = 23;
/// What is put behind a made username that is taken: so many characters, tried one after another.
const SUFFIX_CHARS: [usize; 3] = [4, 6, 8];

/// Whether an account needs an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailClaim {
    /// An address that another account signs in with is refused.
    Required,
    /// Any address will do, and none. It is one to sign in with only if nobody else has it.
    IfFree,
}

/// A new account, as asked for at a door.
#[derive(Debug, Clone)]
pub struct DoorSignup {
    /// `None`: made from the address.
    pub username: Option<String>,
    /// May be empty with [`EmailClaim::IfFree`].
    pub email: String,
    pub email_claim: EmailClaim,
    pub password: SecretString,
    pub first_name: String,
    pub last_name: String,
    pub user_type: UserType,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// The title of a SELF room to make with the account.
    pub notes_room: Option<String>,
}

impl App {
    /// Makes an account without a session. All that is wrong is told at once.
    ///
    /// # Errors
    /// As a sign-up: with the fields `username`, `email`, `password`, `firstName`, `lastName`, `phone` and
    /// `address`; `FORBIDDEN` where sign-ups are closed; `RATE_LIMITED`.
    pub async fn register(
        &self,
        viewer: &Viewer,
        origin: &Origin,
        door: Door,
        signup: DoorSignup,
    ) -> Result<User> {
        self.check_registration(viewer, origin, door, &signup).await?;
        let DoorSignup { username, email, email_claim, password, first_name, last_name, .. } = signup;
        let DoorSignup { user_type, phone, address, notes_room: notes, .. } = signup;
        let names = match &username {
            Some(username) => vec![username.clone()],
            None => made_usernames(&email),
        };
        let now = self.clock.now();
        let new = NewUser {
            id: random::uuid_v7(now),
            username: String::new(),
            first_name,
            last_name,
            login_email: Some(fold(&email)).filter(|email| !email.is_empty()),
            email,
            password_hash: self.passwords.hash(password).await?,
            user_type,
            phone,
            address,
            is_admin: false,
            created_at: now,
        };
        let note = self.note_where_closed(viewer, &new);
        let user = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let user = insert(conn, new, names, username.as_deref(), email_claim).await?;
                    if let Some(note) = note {
                        audit::insert(conn, &note.naming(&user.username)).await?;
                    }
                    if let Some(title) = notes {
                        notes_room(conn, user.key, door, title, now).await?;
                    }
                    Ok(user)
                })
            })
            .await?;
        tracing::debug!(user.id = %user.id, door = door.as_str(), "An account was made.");
        Ok(user)
    }

    /// Whether [`App::register`] would make the account, for doors that tell of more that is wrong.
    ///
    /// # Errors
    /// Those of [`App::register`].
    pub async fn check_registration(
        &self,
        viewer: &Viewer,
        origin: &Origin,
        door: Door,
        signup: &DoorSignup,
    ) -> Result<()> {
        let privileged = administers(viewer);
        if !self.bounds.signup_open && !privileged {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        let mut faults = check_signup(door, signup);
        if !privileged {
            // Before it is told which names are taken, so that they are not read out for nothing.
            self.limits.signup(origin.address)?;
        }
        let fine = |field| !faults.iter().any(|fault: &Fault| fault.path == [field]);
        let username = signup.username.clone().filter(|_| fine("username"));
        let email =
            (signup.email_claim == EmailClaim::Required && fine("email")).then(|| signup.email.clone());
        let taken = self.store.read(move |conn| {
            Box::pin(async move { find_taken(conn, username.as_deref(), email.as_deref()).await })
        });
        faults.extend(taken.await?);
        Error::check(faults)
    }
}

fn check_signup(door: Door, signup: &DoorSignup) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(username) = &signup.username {
        check_username_by(door.usernames(), username, &mut faults);
    }
    if signup.email_claim == EmailClaim::Required || !signup.email.is_empty() {
        check_email(&signup.email, &mut faults);
    }
    let phone_and_address = (signup.phone.as_deref(), signup.address.as_deref());
    check_person(&signup.first_name, &signup.last_name, phone_and_address, &mut faults);
    // Of the originals only this one compares a password with its owner's names.
    let username = signup.username.as_deref().filter(|_| door == Door::ThanChat).unwrap_or_default();
    let email = if door == Door::ThanChat { signup.email.as_str() } else { "" };
    faults.extend(password_faults(&signup.password, &[username, email], "password"));
    faults
}

/// Stores the account under the first of `names` that is free.
async fn insert(
    conn: &mut Conn,
    mut new: NewUser,
    names: Vec<String>,
    given: Option<&str>,
    claim: EmailClaim,
) -> Result<User> {
    for name in names {
        if given.is_none() && users::is_login_taken(conn, &name, None).await? {
            continue;
        }
        new.username = name;
        if claim == EmailClaim::IfFree
            && let Some(email) = &new.login_email
            && users::is_login_taken(conn, email, None).await?
        {
            new.login_email = None;
        }
        if let Some(user) = users::insert(conn, &new).await? {
            return Ok(user);
        }
        // Another sign-up took a name between the check and here.
        if claim == EmailClaim::IfFree {
            new.login_email = None;
            if let Some(user) = users::insert(conn, &new).await? {
                return Ok(user);
            }
        }
    }
    let email = (claim == EmailClaim::Required).then_some(new.email.as_str());
    check_free(conn, given, email).await?;
    Err(Error::new(Code::Conflict, Text::UsernameTaken).at("username"))
}

/// Usernames for someone who signs in with an address: its part before the `@`, and that with suffixes.
pub(in crate::app) fn made_usernames(email: &str) -> Vec<String> {
    let mailbox = email.split('@').next().unwrap_or_default();
    let allowed = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '+' | '-' | '_');
    let base: String = mailbox.chars().filter(allowed).take(MADE_CHARS_MAX).collect();
    let base = if base.is_empty() { "user".to_owned() } else { base };
    let suffixed = SUFFIX_CHARS.map(|chars| format!("{base}-{}", random::name_suffix(chars)));
    std::iter::once(base).chain(suffixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::users::check_username;

    #[test]
    fn made_usernames_are_valid_short_and_differ() {
        for email in
            ["amber.stone@example.com", "@example.com", "a!#$%b@x.yz", &format!("{}@x.yz", "long".repeat(20))]
        {
            let names = made_usernames(email);
            assert_eq!(names.len(), 4);
            for name in &names {
                let mut faults = Vec::new();
                check_username(name, &mut faults);
                assert_eq!(faults, [], "{name}");
                assert!(name.chars().count() <= 32, "{name}");
            }
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
        assert_eq!(made_usernames("amber.stone@example.com")[0], "amber.stone");
        assert_eq!(made_usernames("!@x.yz")[0], "user");
    }
}
