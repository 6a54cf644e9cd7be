//! The accounts of an original. Each becomes an account of its own, with the password it had.

use std::collections::HashMap;

use super::{Findings, Import, ImportError, Stage, Terms, cleaned, free_keys, known};
use crate::app::auth::registration::made_usernames;
use crate::auth::random;
use crate::domain::ids::UserKey;
use crate::domain::short_ids;
use crate::domain::users::{
    ADDRESS_CHARS_MAX, BIO_CHARS_MAX, EMAIL_CHARS_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX, USERNAME_CHARS_MAX,
    UserType, check_email, fold,
};
use crate::error::{Error, Result};
use crate::storage::Conn;
use crate::storage::import::{self, BroughtUser, Counted, Kind};
use crate::storage::originals::{Dialect, Original, Person, flag};
use crate::storage::users::{self, NewUser};

const RENAMED: &str = "accounts have another username, because theirs is taken or cannot be one";
const UNCLAIMED: &str =
    "accounts cannot sign in with their e-mail address, because another account does or it is none";
const NO_PASSWORD: &str =
    "accounts cannot sign in until they get a password: there is no hash that can be verified";
const NEW_ID: &str = "accounts have another public id, because theirs is taken or cannot be one";
const NO_TIME: &str = "accounts count as made now, because when they were made cannot be read";

/// What stands in the place of a hash that nothing fits.
const UNUSABLE: &str = "!";
/// Suffixes tried before one by chance.
const SUFFIXES_MAX: usize = 1_000;

/// What became of a page; an account that contradicts what was brought before.
type Page = Result<Findings, String>;

impl Import<'_> {
    pub(super) async fn bring_people(&mut self, original: &Original) -> Result<(), ImportError> {
        let mut pages = original.people().await?;
        while let Some(page) = pages.next().await? {
            let (rows, terms) = (page.len(), self.terms.clone());
            let outcome = match &self.store {
                None => Ok(foretell(&terms, &page, &HashMap::new())),
                Some(store) if terms.dry => {
                    store.read(move |conn| Box::pin(async move { look(conn, &terms, &page).await })).await?
                }
                Some(store) => {
                    store.write(move |conn| Box::pin(async move { bring(conn, &terms, page).await })).await?
                }
            };
            let findings = outcome.map_err(|id| ImportError::OtherDatabase { id })?;
            self.note(Stage::Accounts, rows, findings);
        }
        Ok(())
    }
}

/// Who of a page is known. `Err` for one who is known as someone else.
async fn recognise(
    conn: &mut Conn,
    terms: &Terms,
    page: &[Person],
) -> Result<std::result::Result<HashMap<String, i64>, String>> {
    let known =
        known(conn, terms, Kind::Person, page.iter().map(|person| person.id.clone()).collect()).await?;
    // Real Time Chat App has no such time; but its ids are no numbers, which two databases might share.
    if terms.dialect != Dialect::Rtca {
        let keys: Vec<UserKey> = known.values().copied().map(UserKey).collect();
        let made: HashMap<i64, _> = users::get_many(conn, &keys)
            .await?
            .into_iter()
            .map(|user| (user.key.0, user.created_at))
            .collect();
        for person in page {
            let ours = known.get(&person.id).and_then(|key| made.get(key));
            let theirs = terms.time(person.joined.as_deref());
            if ours.is_some() && theirs.is_some() && ours != theirs.as_ref() {
                return Ok(Err(person.id.clone()));
            }
        }
    }
    Ok(Ok(known))
}

/// What would become of a page, by what can be told from its rows alone.
fn foretell(terms: &Terms, page: &[Person], known: &HashMap<String, i64>) -> Findings {
    let mut findings = Findings::default();
    for person in page {
        if known.contains_key(&person.id) {
            findings.known += 1;
        } else {
            findings.brought += 1;
            account(terms, person, &mut findings);
        }
    }
    findings
}

async fn look(conn: &mut Conn, terms: &Terms, page: &[Person]) -> Result<Page> {
    let known = match recognise(conn, terms, page).await? {
        Ok(known) => known,
        Err(stranger) => return Ok(Err(stranger)),
    };
    let mut findings = foretell(terms, page, &known);
    let new = || page.iter().filter(|person| !known.contains_key(&person.id));
    let free = free_keys(conn, Counted::Users, new().map(|person| person.id.as_str()).collect()).await?;
    findings.kept_number = i64::try_from(free.len()).unwrap_or_default();
    for person in new() {
        let name = base_name(terms, person);
        if users::is_login_taken(conn, &name, None).await? {
            findings.change(RENAMED, format!("{name} (id {})", person.id));
        }
        let email = cleaned(person.email.as_deref(), EMAIL_CHARS_MAX);
        if is_address(&email) && users::is_login_taken(conn, &email, None).await? {
            findings.change(UNCLAIMED, format!("{name} (id {})", person.id));
        }
    }
    Ok(Ok(findings))
}

async fn bring(conn: &mut Conn, terms: &Terms, page: Vec<Person>) -> Result<Page> {
    let known = match recognise(conn, terms, &page).await? {
        Ok(known) => known,
        Err(stranger) => return Ok(Err(stranger)),
    };
    let mut findings = Findings::default();
    let mut brought = Vec::new();
    let new = page.iter().filter(|person| !known.contains_key(&person.id));
    findings.known = i64::try_from(page.len() - new.clone().count()).unwrap_or_default();
    let free =
        free_keys(conn, Counted::Users, new.clone().map(|person| person.id.as_str()).collect()).await?;
    for person in new {
        let mut account = account(terms, person, &mut findings);
        account.key = person.id.parse().ok().filter(|key| free.contains(key));
        let kept = account.key;
        let key = store(conn, terms, person, account, &mut findings).await?;
        findings.brought += 1;
        findings.kept_number += i64::from(kept.is_some());
        brought.push((person.id.clone(), key.0));
    }
    import::remember(conn, &terms.source, Kind::Person, &brought).await?;
    Ok(Ok(findings))
}

/// Stores an account under the first of its names that is free.
async fn store(
    conn: &mut Conn,
    terms: &Terms,
    person: &Person,
    mut account: BroughtUser,
    findings: &mut Findings,
) -> Result<UserKey> {
    if !users::get_many_by_id(conn, &[account.new.id]).await?.is_empty() {
        account.new.id = random::uuid_v7(account.new.created_at);
        findings.change(NEW_ID, format!("id {}", person.id));
    }
    let base = base_name(terms, person);
    let given = person.username.as_deref().unwrap_or(&base);
    if let Some(email) = &account.new.login_email
        && users::is_login_taken(conn, email, None).await?
    {
        account.new.login_email = None;
    }
    let has_address = account.new.login_email.is_some() || account.new.email.is_empty();
    for number in 0..=SUFFIXES_MAX {
        let name = suffixed(&base, number);
        if users::is_login_taken(conn, &name, None).await? {
            continue;
        }
        account.new.username.clone_from(&name);
        if let Some(key) = import::insert_user(conn, &account).await? {
            if name != given {
                findings.change(RENAMED, format!("{given} is {name} (id {})", person.id));
            }
            if !has_address {
                findings.change(UNCLAIMED, format!("{name} (id {})", person.id));
            }
            return Ok(key);
        }
    }
    Err(Error::internal("no username is free"))
}

/// A username with a number behind it, or with chance behind the last of all numbers.
fn suffixed(base: &str, number: usize) -> String {
    let suffix = match number {
        0 => return base.to_owned(),
        SUFFIXES_MAX => format!("-{}", random::request_id()),
        number => format!("-{}", number + 1),
    };
    let kept = USERNAME_CHARS_MAX - suffix.chars().count();
    base.chars().take(kept).collect::<String>() + &suffix
}

/// The username that an account is to have. Its own signs stay, even those that a sign-up would refuse.
fn base_name(terms: &Terms, person: &Person) -> String {
    let given = cleaned(person.username.as_deref(), USERNAME_CHARS_MAX);
    if !given.is_empty() && terms.dialect != Dialect::Rtca {
        return given;
    }
    let made = made_usernames(person.email.as_deref().unwrap_or_default());
    made.into_iter().next().unwrap_or_default()
}

fn is_address(email: &str) -> bool {
    let mut faults = Vec::new();
    check_email(email, &mut faults);
    faults.is_empty()
}

/// Whether this is a hash as Django makes them by default.
fn is_hash(password: &str) -> bool {
    password.starts_with("pbkdf2_sha256$") && password.split('$').count() == 4
}

/// All of an account but its number and username.
fn account(terms: &Terms, person: &Person, findings: &mut Findings) -> BroughtUser {
    let which = || match person.username.as_deref().or(person.email.as_deref()) {
        Some(name) => format!("{name} (id {})", person.id),
        None => format!("id {}", person.id),
    };
    let joined = terms.time(person.joined.as_deref());
    // Real Time Chat App does not say when accounts were made, so nothing was lost.
    if joined.is_none() && terms.dialect != Dialect::Rtca {
        findings.change(NO_TIME, which());
    }
    let created_at = joined.unwrap_or(terms.now);
    let own_id = match terms.dialect {
        Dialect::Rtca => Some(uuid::Uuid::parse_str(&person.id).ok()),
        Dialect::ChatCrm => person.short_id.as_deref().map(short_ids::decode),
        Dialect::Condor | Dialect::Mrm | Dialect::ThanChat => None,
    };
    if own_id == Some(None) {
        findings.change(NEW_ID, which());
    }
    let password = person.password.as_deref().unwrap_or_default();
    if !is_hash(password) {
        findings.change(NO_PASSWORD, which());
    }
    let email = cleaned(person.email.as_deref(), EMAIL_CHARS_MAX);
    let optional = |text: &Option<String>, chars_max| {
        Some(cleaned(text.as_deref(), chars_max)).filter(|text| !text.is_empty())
    };
    BroughtUser {
        key: None,
        new: NewUser {
            id: own_id.flatten().unwrap_or_else(|| random::uuid_v7(created_at)),
            username: String::new(),
            first_name: cleaned(person.first_name.as_deref(), NAME_CHARS_MAX),
            last_name: cleaned(person.last_name.as_deref(), NAME_CHARS_MAX),
            login_email: is_address(&email).then(|| fold(&email)),
            email,
            password_hash: if is_hash(password) { password } else { UNUSABLE }.to_owned(),
            user_type: user_type(person.user_type.as_deref()),
            phone: optional(&person.phone, PHONE_CHARS_MAX),
            address: optional(&person.address, ADDRESS_CHARS_MAX),
            is_admin: flag(person.is_superuser.as_deref()),
            created_at,
        },
        bio: optional(&person.bio, BIO_CHARS_MAX),
        disabled_at: person
            .is_active
            .as_deref()
            .is_some_and(|active| !flag(Some(active)))
            .then_some(terms.now),
    }
}

fn user_type(word: Option<&str>) -> UserType {
    match word.map(str::to_lowercase).as_deref() {
        Some("owner") => UserType::Owner,
        Some("student") => UserType::Student,
        Some("staff") => UserType::Staff,
        _ => UserType::Other,
    }
}
