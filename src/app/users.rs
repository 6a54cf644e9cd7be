//! People: looking them up, listing them, and editing a profile.

mod administration;
mod deletion;

use uuid::Uuid;

use crate::app::{App, administrator, person};
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::{GlobalId, UserKey};
use crate::domain::paging::{List, PageArgs, Place, Slice};
use crate::domain::policy::{administers, sees_private_fields};
use crate::domain::sessions::{SignedIn, Viewer};
use crate::domain::users::{
    ADDRESS_CHARS_MAX, BIO_CHARS_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX, USERNAME_CHARS_MAX, User, UserFilter,
    UserType, UsernameRule, check_email, check_text, check_username_by, fold,
};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::audit;
use crate::storage::users::{self, Narrowing, Taken};

pub use administration::{Given, NewAccount};

/// People whom one call may exclude from a list.
const EXCLUDED_MAX: usize = 1_000;

/// What to change of a profile; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    pub username: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub bio: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub address: Option<Option<String>>,
    pub user_type: Option<UserType>,
    /// An upload of the caller's that is a picture.
    pub avatar: Option<Option<Uuid>>,
    /// Which usernames will do.
    pub usernames: UsernameRule,
}

/// People by username, and how to count them all.
#[derive(Debug, Clone)]
pub struct PeopleList {
    pub slice: Slice<User>,
    filter: Narrowing,
}

impl PeopleList {
    /// Where a person stands in this list.
    pub fn place(user: &User) -> Place {
        Place::at(user.key.0)
    }
}

impl ProfileChange {
    /// What it changes, as the inputs are called.
    fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("username", self.username.is_some()),
            ("email", self.email.is_some()),
            ("firstName", self.first_name.is_some()),
            ("lastName", self.last_name.is_some()),
            ("bio", self.bio.is_some()),
            ("phone", self.phone.is_some()),
            ("address", self.address.is_some()),
            ("userType", self.user_type.is_some()),
            ("avatar", self.avatar.is_some()),
        ];
        fields.into_iter().filter(|(_, changes)| *changes).map(|(name, _)| name).collect()
    }
}

impl App {
    /// The caller's own account; `None` when signed out.
    pub async fn viewer(&self, viewer: &Viewer) -> Result<Option<User>> {
        match viewer.signed_in() {
            Some(caller) => self.own_account(*caller).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn own_account(&self, caller: SignedIn) -> Result<User> {
        let found = self.store.read(move |conn| Box::pin(users::get(conn, caller.user))).await?;
        found.ok_or_else(|| Error::new(Code::Unauthenticated, Text::SessionOver))
    }

    pub async fn user(&self, viewer: &Viewer, id: Uuid) -> Result<Option<User>> {
        person(viewer)?;
        self.store.read(move |conn| Box::pin(users::get_by_id(conn, id))).await
    }

    /// Several people by their public ids, in no order.
    pub async fn users_by_id(&self, viewer: &Viewer, ids: Vec<Uuid>) -> Result<Vec<User>> {
        person(viewer)?;
        self.store.read(move |conn| Box::pin(async move { users::get_many_by_id(conn, &ids).await })).await
    }

    /// Several people by key, in no order.
    pub async fn users_by_key(&self, viewer: &Viewer, keys: Vec<UserKey>) -> Result<Vec<User>> {
        person(viewer)?;
        self.store.read(move |conn| Box::pin(async move { users::get_many(conn, &keys).await })).await
    }

    /// People by their usernames, in the order asked for. Names that nobody has are passed over.
    ///
    /// # Errors
    /// `TOO_LONG` for more names than one call may add to a room.
    pub async fn users_by_username(&self, viewer: &Viewer, names: Vec<String>) -> Result<Vec<User>> {
        person(viewer)?;
        let max = self.bounds.members_per_call_max;
        if names.len() > max {
            return Err(Error::new(Code::TooLong, Text::TooMany { max }).at("usernames"));
        }
        // Nobody has the others, and PostgreSQL cannot compare a NUL.
        let possible = |name: &String| name.chars().count() <= USERNAME_CHARS_MAX && !name.contains('\0');
        let folded: Vec<String> = names.iter().map(|name| fold(name)).filter(possible).collect();
        let wanted = folded.clone();
        let mut found = self
            .store
            .read(move |conn| Box::pin(async move { users::get_many_by_username(conn, &wanted).await }))
            .await?;
        found.sort_by_key(|user| folded.iter().position(|name| *name == fold(&user.username)));
        Ok(found)
    }

    /// People by username. An administrator also finds those who are disabled, and searches addresses.
    ///
    /// # Errors
    /// `FORBIDDEN` for anyone else who asks for the disabled or for administrators.
    pub async fn users(&self, viewer: &Viewer, filter: UserFilter, page: &PageArgs) -> Result<PeopleList> {
        let caller = person(viewer)?;
        if filter.disabled.is_some() || filter.is_admin.is_some() {
            administrator(viewer)?;
        }
        if filter.exclude.len() > EXCLUDED_MAX {
            return Err(Error::new(Code::TooLong, Text::TooMany { max: EXCLUDED_MAX }).at("excludeIds"));
        }
        let mut faults = Vec::new();
        check_text(filter.search.as_deref().unwrap_or_default(), NAME_CHARS_MAX, "search", &mut faults);
        Error::check(faults)?;
        let page = page.check(self.epoch(), List::Users, self.bounds.pages)?;
        let filter = if administers(viewer) {
            Narrowing::of_administrator(filter, caller.user)
        } else {
            Narrowing::new(filter, caller.user)
        };
        let narrowing = filter.clone();
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { users::page(conn, &narrowing, &page).await }))
            .await?;
        Ok(PeopleList { slice, filter })
    }

    /// How many people the whole list has.
    pub async fn count_users(&self, viewer: &Viewer, list: &PeopleList) -> Result<i64> {
        person(viewer)?;
        let narrowing = list.filter.clone();
        self.store.read(move |conn| Box::pin(async move { users::count(conn, &narrowing).await })).await
    }

    /// Whether the viewer may see a person's address, telephone and the like.
    pub fn sees_private(&self, viewer: &Viewer, user: &User) -> bool {
        sees_private_fields(viewer, user.key)
    }

    /// Changes the viewer's own profile, or for an administrator anyone's.
    pub async fn update_profile(
        &self,
        viewer: &Viewer,
        whose: Option<Uuid>,
        change: ProfileChange,
    ) -> Result<User> {
        let caller = person(viewer)?;
        let id = whose.unwrap_or(caller.user_id);
        if id != caller.user_id && !caller.is_admin {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed).at("userId"));
        }
        check_change(&change)?;
        let fields = change.fields();
        let note = (id != caller.user_id && !fields.is_empty()).then(|| {
            let note = Note::new(viewer, Deed::UserUpdate, GlobalId::User(id), self.clock.now());
            note.saying(&fields.join(", "))
        });
        let avatar = match change.avatar {
            None => None,
            Some(None) => Some(self.avatar_change(None)),
            Some(Some(upload)) => {
                Some(self.avatar_change(Some(self.avatar_of_upload(viewer, upload).await?)))
            }
        };
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let user =
                        users::get_by_id(conn, id).await?.ok_or_else(|| Error::not_found().at("userId"))?;
                    let mut faults = Vec::new();
                    if let Some(username) = &change.username
                        && users::is_login_taken(conn, username, Some(user.key)).await?
                    {
                        faults.push(Fault::new(Code::UsernameTaken, Text::UsernameTaken, "username"));
                    }
                    if let Some(email) = &change.email
                        && users::is_login_taken(conn, email, Some(user.key)).await?
                    {
                        faults.push(Fault::new(Code::EmailTaken, Text::EmailTaken, "email"));
                    }
                    Error::check(faults)?;
                    if let Some(note) = note {
                        audit::insert(conn, &note).await?;
                    }
                    let email = change.email.as_ref().unwrap_or(&user.email);
                    let claimed = users::find_by_login_email(conn, email).await?;
                    // Someone who never claimed their address keeps it unclaimed until they change it.
                    let keeps_claim = change.email.is_some() || claimed == Some(user.key);
                    let user = changed(user, change);
                    let login_email = keeps_claim.then(|| fold(&user.email));
                    // Another change may have taken a name since it was looked up.
                    match users::update(conn, &user, login_email.as_deref()).await? {
                        Ok(()) => match avatar {
                            Some(avatar) => avatar.apply(conn, user).await,
                            None => Ok(user),
                        },
                        Err(Taken::Username) => {
                            Err(Error::new(Code::UsernameTaken, Text::UsernameTaken).at("username"))
                        }
                        Err(Taken::Email) => Err(Error::new(Code::EmailTaken, Text::EmailTaken).at("email")),
                    }
                })
            })
            .await
    }
}

fn check_change(change: &ProfileChange) -> Result<()> {
    let mut faults = Vec::new();
    if let Some(username) = &change.username {
        check_username_by(change.usernames, username, &mut faults);
    }
    if let Some(email) = &change.email {
        check_email(email, &mut faults);
    }
    let inner = |text: &Option<Option<String>>| text.clone().flatten().unwrap_or_default();
    let named = |text: &Option<String>| text.clone().unwrap_or_default();
    check_text(&named(&change.first_name), NAME_CHARS_MAX, "firstName", &mut faults);
    check_text(&named(&change.last_name), NAME_CHARS_MAX, "lastName", &mut faults);
    check_text(&inner(&change.bio), BIO_CHARS_MAX, "bio", &mut faults);
    check_text(&inner(&change.phone), PHONE_CHARS_MAX, "phone", &mut faults);
    check_text(&inner(&change.address), ADDRESS_CHARS_MAX, "address", &mut faults);
    Error::check(faults)
}

fn changed(user: User, change: ProfileChange) -> User {
    let ProfileChange { username, email, first_name, last_name, bio, phone, address, user_type, .. } = change;
    User {
        username: username.unwrap_or(user.username),
        email: email.unwrap_or(user.email),
        first_name: first_name.unwrap_or(user.first_name),
        last_name: last_name.unwrap_or(user.last_name),
        bio: bio.unwrap_or(user.bio),
        phone: phone.unwrap_or(user.phone),
        address: address.unwrap_or(user.address),
        user_type: user_type.unwrap_or(user.user_type),
        ..user
    }
}
