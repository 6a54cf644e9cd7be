//! Lists of people, by username.

use diesel::prelude::{
    BoolExpressionMethods as _, EscapeExpressionMethods as _, ExpressionMethods as _,
    NullableExpressionMethods as _, QueryDsl as _, SelectableHelper as _, TextExpressionMethods as _,
};

use crate::domain::ids::UserKey;
use crate::domain::paging::{End, Page, Slice};
use crate::domain::users::{User, UserFilter, fold};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::schema::users;
use crate::storage::types::Id;
use crate::storage::users::{UserRow, prefix_end};
use crate::storage::windows::{containing, lower};

/// A filter with the viewer it is asked by, and what that viewer may find.
#[derive(Debug, Clone)]
pub struct Narrowing {
    filter: UserFilter,
    viewer: UserKey,
    /// Whether addresses are searched, too.
    addresses: bool,
}

impl Narrowing {
    /// What anyone may find: people who can sign in, by their names.
    pub fn new(filter: UserFilter, viewer: UserKey) -> Self {
        let filter = UserFilter { disabled: Some(false), is_admin: None, ..filter };
        Self { filter, viewer, addresses: false }
    }

    /// What an administrator finds: all accounts, by their addresses, too.
    pub fn of_administrator(filter: UserFilter, viewer: UserKey) -> Self {
        Self { filter, viewer, addresses: true }
    }
}

/// A pattern for the start of an address or, where it has the sign of one, for any part of it.
fn address_pattern(search: &str) -> Option<String> {
    let anywhere = containing(search)?;
    if search.contains('@') { Some(anywhere) } else { anywhere.strip_prefix('%').map(str::to_owned) }
}

/// The accounts of a filter, boxed; the same words for a page and for a count.
macro_rules! narrowed {
    ($narrowing:expr) => {{
        let Narrowing { filter, viewer, addresses } = $narrowing;
        let mut query = users::table.filter(users::leaving_at.is_null()).into_boxed::<Db>();
        query = match filter.disabled {
            Some(true) => query.filter(users::disabled_at.is_not_null()),
            Some(false) => query.filter(users::disabled_at.is_null()),
            None => query,
        };
        if let Some(is_admin) = filter.is_admin {
            query = query.filter(users::is_admin.eq(is_admin));
        }
        if let Some(search) = filter.search.as_deref().map(fold).filter(|search| !search.is_empty()) {
            let end = prefix_end(&search).unwrap_or_default();
            let address = address_pattern(&search).filter(|_| *addresses);
            let by_name = users::username_key
                .ge(search.clone())
                .and(users::username_key.lt(end.clone()))
                .or(users::display_key.ge(search.clone()).and(users::display_key.lt(end.clone())))
                .or(users::last_name_key.ge(search).and(users::last_name_key.lt(end)));
            query = match address {
                Some(part) => query.filter(by_name.or(lower(users::email).like(part).escape('\\'))),
                None => query.filter(by_name),
            };
        }
        if !filter.exclude.is_empty() {
            query =
                query.filter(users::id.ne_all(filter.exclude.iter().copied().map(Id).collect::<Vec<_>>()));
        }
        if filter.exclude_viewer {
            query = query.filter(users::key.ne(viewer.0));
        }
        query
    }};
}

/// People by username. A place in the list is a user's key.
pub async fn page(conn: &mut Conn, narrowing: &Narrowing, page: &Page) -> Result<Slice<User>> {
    let places = diesel::alias!(users as places);
    let name_of = |place: i64| {
        places
            .filter(places.field(users::key).eq(place))
            .select(places.field(users::username_key))
            .single_value()
    };
    let rows: Vec<UserRow> = run!(conn, db => {
        let mut query = narrowed!(narrowing).select(UserRow::as_select());
        if let Some(after) = page.after {
            query = query.filter(users::username_key.nullable().gt(name_of(after.0)));
        }
        if let Some(before) = page.before {
            query = query.filter(users::username_key.nullable().lt(name_of(before.0)));
        }
        query = match page.end {
            End::First => query.order(users::username_key.asc()),
            End::Last => query.order(users::username_key.desc()),
        };
        query.limit(i64::from(page.limit) + 1).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(User::from))
}

pub async fn count(conn: &mut Conn, narrowing: &Narrowing) -> Result<i64> {
    Ok(run!(conn, db => narrowed!(narrowing).count().get_result(db))?)
}
