//! Accounts. Lists of them are in `users/list.rs`, what administrators change in `users/administration.rs`.

mod administration;
mod list;

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _,
    Queryable, Selectable, SelectableHelper as _,
};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::clock::Timestamp;
use crate::domain::ids::UserKey;
use crate::domain::users::{User, UserType, display_name, fold};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::users;
use crate::storage::types::{At, Id, UserTypeColumn};

pub use administration::{find_staying, hold_administrators, set_admin, set_disabled};
pub use list::{Narrowing, count, page};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    key: i64,
    id: Id,
    username: String,
    first_name: String,
    last_name: String,
    email: String,
    user_type: UserTypeColumn,
    bio: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    avatar: Option<String>,
    is_admin: bool,
    disabled_at: Option<At>,
    created_at: At,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow { key, id, username, first_name, last_name, email, user_type, .. } = row;
        let UserRow { bio, phone, address, avatar, is_admin, disabled_at, created_at, .. } = row;
        Self {
            key: UserKey(key),
            id: id.into(),
            username,
            first_name,
            last_name,
            email,
            user_type: user_type.into(),
            bio,
            phone,
            address,
            avatar,
            is_admin,
            disabled_at: disabled_at.map(Timestamp::from),
            created_at: created_at.into(),
        }
    }
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub id: uuid::Uuid,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    /// The lower-case address to sign in with; none where another account has the claim.
    pub login_email: Option<String>,
    pub password_hash: String,
    pub user_type: UserType,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub is_admin: bool,
    pub created_at: Timestamp,
}

/// The columns that names are compared and searched by.
#[expect(clippy::struct_field_names, reason = "they are the columns' names")]
#[derive(Debug, Insertable, diesel::AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct NameKeys {
    username_key: String,
    display_key: String,
    last_name_key: String,
    first_name_key: String,
}

impl NameKeys {
    pub(super) fn of(username: &str, first_name: &str, last_name: &str) -> Self {
        Self {
            username_key: fold(username),
            display_key: fold(&display_name(username, first_name, last_name)),
            last_name_key: fold(last_name),
            first_name_key: fold(first_name),
        }
    }
}

/// Stores an account; `None` when its username or its address to sign in with is taken.
pub async fn insert(conn: &mut Conn, new: &NewUser) -> Result<Option<User>> {
    let keys = NameKeys::of(&new.username, &new.first_name, &new.last_name);
    let row = run!(conn, db => diesel::insert_into(users::table)
        .values((
            keys,
            users::id.eq(Id(new.id)),
            users::username.eq(&new.username),
            users::first_name.eq(&new.first_name),
            users::last_name.eq(&new.last_name),
            users::email.eq(&new.email),
            users::login_email.eq(new.login_email.as_deref()),
            users::password_hash.eq(&new.password_hash),
            users::user_type.eq(UserTypeColumn(new.user_type)),
            users::phone.eq(new.phone.as_deref()),
            users::address.eq(new.address.as_deref()),
            users::is_admin.eq(new.is_admin),
            users::created_at.eq(At(new.created_at)),
        ))
        .on_conflict_do_nothing()
        .returning(UserRow::as_returning())
        .get_result(db))
    .optional()?;
    Ok(row.map(User::from))
}

/// Writes the names, address and texts of `user` back.
///
/// `login_email` is the claim to sign in with the address. What another account holds is refused,
/// and then the transaction can only be given up.
pub async fn update(
    conn: &mut Conn,
    user: &User,
    login_email: Option<&str>,
) -> Result<std::result::Result<(), Taken>> {
    let keys = NameKeys::of(&user.username, &user.first_name, &user.last_name);
    let written = run!(conn, db => diesel::update(users::table.find(user.key.0))
        .set((
            keys,
            users::username.eq(&user.username),
            users::first_name.eq(&user.first_name),
            users::last_name.eq(&user.last_name),
            users::email.eq(&user.email),
            users::login_email.eq(login_email),
            users::user_type.eq(UserTypeColumn(user.user_type)),
            users::bio.eq(user.bio.as_deref()),
            users::phone.eq(user.phone.as_deref()),
            users::address.eq(user.address.as_deref()),
        ))
        .execute(db));
    match written {
        Ok(_) => Ok(Ok(())),
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) => {
            let rule = info.constraint_name().unwrap_or_else(|| info.message());
            Ok(Err(if rule.contains("login_email") { Taken::Email } else { Taken::Username }))
        }
        Err(error) => Err(error.into()),
    }
}

/// What another account holds already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Username,
    Email,
}

pub async fn get(conn: &mut Conn, key: UserKey) -> Result<Option<User>> {
    let row = run!(conn, db => users::table.find(key.0).select(UserRow::as_select()).first(db)).optional()?;
    Ok(row.map(User::from))
}

pub async fn get_by_id(conn: &mut Conn, id: uuid::Uuid) -> Result<Option<User>> {
    let row = run!(conn, db => users::table
        .filter(users::id.eq(Id(id)))
        .select(UserRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(User::from))
}

pub async fn get_many(conn: &mut Conn, keys: &[UserKey]) -> Result<Vec<User>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<UserRow> = run!(conn, db => users::table
        .filter(users::key.eq_any(&keys))
        .select(UserRow::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(User::from).collect())
}

pub async fn get_many_by_id(conn: &mut Conn, ids: &[uuid::Uuid]) -> Result<Vec<User>> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    let rows: Vec<UserRow> = run!(conn, db => users::table
        .filter(users::id.eq_any(ids.iter().copied()))
        .select(UserRow::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// People by their usernames, which are given as they are compared.
pub async fn get_many_by_username(conn: &mut Conn, folded: &[String]) -> Result<Vec<User>> {
    let rows: Vec<UserRow> = run!(conn, db => users::table
        .filter(users::username_key.eq_any(folded).and(users::disabled_at.is_null()))
        .select(UserRow::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// What a login is checked against.
#[derive(Debug)]
pub struct Credentials {
    pub user: User,
    pub login_email: Option<String>,
    pub password_hash: String,
}

/// The accounts that sign in with this username or this address; the one with the username first.
pub async fn find_credentials(conn: &mut Conn, username_or_email: &str) -> Result<Vec<Credentials>> {
    let wanted = fold(username_or_email);
    let rows: Vec<(UserRow, Option<String>, String)> = run!(conn, db => users::table
        .filter(users::username_key.eq(&wanted).or(users::login_email.eq(&wanted)))
        .select((UserRow::as_select(), users::login_email, users::password_hash))
        .limit(2)
        .load(db))?;
    let mut found: Vec<Credentials> = rows
        .into_iter()
        .map(|(row, login_email, password_hash)| Credentials { user: row.into(), login_email, password_hash })
        .collect();
    // Someone's username may look like another's address.
    found.sort_by_key(|credentials| fold(&credentials.user.username) != wanted);
    Ok(found)
}

pub async fn password_hash(conn: &mut Conn, key: UserKey) -> Result<Option<String>> {
    Ok(run!(conn, db => users::table.find(key.0).select(users::password_hash).first(db)).optional()?)
}

pub async fn set_password_hash(conn: &mut Conn, key: UserKey, hash: &str) -> Result<()> {
    run!(conn, db => diesel::update(users::table.find(key.0)).set(users::password_hash.eq(hash)).execute(db))?;
    Ok(())
}

/// Writes `next` over the hash that a password was just verified against; false when that hash was
/// replaced meanwhile, or the account disabled. Whoever opens a session behind it waits for, or is seen by,
/// a change of the password.
pub async fn confirm_password(conn: &mut Conn, key: UserKey, verified: &str, next: &str) -> Result<bool> {
    let written = run!(conn, db => diesel::update(users::table.find(key.0))
        .filter(users::password_hash.eq(verified).and(users::disabled_at.is_null()))
        .set(users::password_hash.eq(next))
        .execute(db))?;
    Ok(written > 0)
}

/// Whether anyone is an administrator whose account is not disabled.
pub async fn has_admin(conn: &mut Conn) -> Result<bool> {
    let found = run!(conn, db => users::table
        // Bare, as in the condition of the index, which SQLite wants to see.
        .filter(users::is_admin.and(users::disabled_at.is_null()))
        .select(users::key)
        .first::<i64>(db))
    .optional()?;
    Ok(found.is_some())
}

/// Whether there is an account with this id that is not disabled.
pub async fn is_enabled(conn: &mut Conn, id: uuid::Uuid) -> Result<bool> {
    let found = run!(conn, db => users::table
        .filter(users::id.eq(Id(id)).and(users::disabled_at.is_null()))
        .select(users::key)
        .first::<i64>(db))
    .optional()?;
    Ok(found.is_some())
}

/// Notes where the picture is that a person shows of themselves.
pub async fn set_avatar(conn: &mut Conn, key: UserKey, path: Option<&str>) -> Result<()> {
    run!(conn, db => diesel::update(users::table.find(key.0)).set(users::avatar.eq(path)).execute(db))?;
    Ok(())
}

/// Whether anyone but `except` signs in with this name, as their username or as their address.
pub async fn is_login_taken(conn: &mut Conn, name: &str, except: Option<UserKey>) -> Result<bool> {
    // Keys count from 1.
    let except = except.map_or(0, |key| key.0);
    let wanted = fold(name);
    let found = run!(conn, db => users::table
        .filter(users::username_key.eq(&wanted).or(users::login_email.eq(&wanted)))
        .filter(users::key.ne(except))
        .select(users::key)
        .first::<i64>(db))
    .optional()?;
    Ok(found.is_some())
}

/// Who signs in with this address.
pub async fn find_by_login_email(conn: &mut Conn, email: &str) -> Result<Option<UserKey>> {
    let key = run!(conn, db => users::table
        .filter(users::login_email.eq(fold(email)))
        .select(users::key)
        .first::<i64>(db))
    .optional()?;
    Ok(key.map(UserKey))
}

/// The first text after every text that begins with `prefix`; none when there is no such text.
pub(super) fn prefix_end(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // Surrogates are no characters; the range steps over them.
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}
