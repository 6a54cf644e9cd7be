//! People in the schema. What administrators do to accounts is in `users/administration.rs`.

mod administration;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use crate::app::media::avatar_path;
use crate::app::messages::ReactorList;
use crate::app::users::{PeopleList, ProfileChange};
use crate::domain;
use crate::domain::ids::{GlobalId, MessageKey};
use crate::domain::paging::{List, PageArgs};
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, links, viewer};
use crate::graphql::error::{Nullable, UserError, expose, settle};
use crate::graphql::ids::{DateTime, UserType};
use crate::graphql::loaders::{SessionsOf, load};
use crate::graphql::presence::PresenceState;
use crate::graphql::sessions::Session;

pub(in crate::graphql) use administration::AdministrationMutation;

/// A person or a bot.
pub(super) struct User {
    user: domain::users::User,
    /// Given to the person who has just proved to be it, before there is a token to say so.
    own: bool,
}

impl From<domain::users::User> for User {
    fn from(user: domain::users::User) -> Self {
        Self { user, own: false }
    }
}

impl User {
    pub(super) fn own(user: domain::users::User) -> Self {
        Self { user, own: true }
    }

    /// A field that only the person and administrators see.
    fn private<'a, T>(
        &'a self,
        ctx: &Context<'_>,
        field: impl FnOnce(&'a domain::users::User) -> Option<T>,
    ) -> Option<T> {
        let seen = self.own || app(ctx).sees_private(viewer(ctx), &self.user);
        if seen { field(&self.user) } else { None }
    }
}

/// A person or a bot.
#[Object]
impl User {
    pub(super) async fn id(&self) -> ID {
        ID(GlobalId::User(self.user.id).encode())
    }

    /// The number that legacy REST callers know.
    async fn database_id(&self) -> i64 {
        self.user.key.0
    }

    /// Unique, without regard to case.
    async fn username(&self) -> &str {
        &self.user.username
    }

    async fn display_name(&self) -> String {
        self.user.display_name()
    }

    async fn first_name(&self) -> &str {
        &self.user.first_name
    }

    async fn last_name(&self) -> &str {
        &self.user.last_name
    }

    /// Only you and administrators see it.
    async fn email(&self, ctx: &Context<'_>) -> Option<&str> {
        self.private(ctx, |user| Some(user.email.as_str()))
    }

    async fn avatar_url(&self, ctx: &Context<'_>) -> Option<String> {
        avatar_path(&self.user).map(|path| format!("{}{path}", links(ctx).public_url))
    }

    async fn user_type(&self) -> UserType {
        self.user.user_type.into()
    }

    async fn bio(&self) -> Option<&str> {
        self.user.bio.as_deref()
    }

    /// Only you and administrators.
    async fn phone(&self, ctx: &Context<'_>) -> Option<&str> {
        self.private(ctx, |user| user.phone.as_deref())
    }

    /// Only you and administrators.
    async fn address(&self, ctx: &Context<'_>) -> Option<&str> {
        self.private(ctx, |user| user.address.as_deref())
    }

    async fn created_at(&self) -> DateTime {
        self.user.created_at.into()
    }

    async fn presence(&self, ctx: &Context<'_>) -> PresenceState {
        app(ctx).presence(viewer(ctx), self.user.key).into()
    }

    /// Null for anyone but yourself and administrators.
    async fn is_admin(&self, ctx: &Context<'_>) -> Option<bool> {
        self.private(ctx, |user| Some(user.is_admin))
    }

    /// Since when nobody can sign in to the account; null for anyone but administrators.
    async fn disabled_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let shown = viewer(ctx).signed_in().is_some_and(|caller| caller.is_admin);
        self.user.disabled_at.filter(|_| shown).map(DateTime::from)
    }

    /// Devices signed in, the latest used first, at most 100: your own; for administrators anyone's; else none.
    async fn sessions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Session>> {
        let sessions = load(ctx, SessionsOf(self.user.key)).await?;
        Ok(sessions.unwrap_or_default().into_iter().map(Session).collect())
    }
}

#[derive(SimpleObject)]
pub(super) struct UserEdge {
    cursor: String,
    pub(super) node: User,
}

connection!(UserConnection, UserEdge, User);

impl UserConnection {
    fn of(ctx: &Context<'_>, list: PeopleList) -> Self {
        let place = |user: &domain::users::User| cursor(ctx, List::Users, PeopleList::place(user));
        let page_info = PageInfo::of(&list.slice, place);
        let edges = list
            .slice
            .items
            .iter()
            .map(|user| UserEdge { cursor: place(user), node: User::from(user.clone()) });
        Self { edges: edges.collect(), page_info, total: Total::People(list) }
    }

    /// Those who reacted to a message with one emoji.
    pub(super) fn of_reactors(ctx: &Context<'_>, message: MessageKey, list: ReactorList, count: i64) -> Self {
        let place = |reactor: &_| cursor(ctx, List::Reactors(message), ReactorList::place(reactor));
        let page_info = PageInfo::of(&list.slice, place);
        let edge = |reactor| UserEdge { cursor: place(&reactor), node: User::from(reactor.1) };
        let edges = list.slice.items.into_iter().map(edge).collect();
        Self { edges, page_info, total: Total::Known(count) }
    }
}

/// Narrows users; every field given must hold.
#[derive(InputObject)]
pub(super) struct UserFilter {
    /// Start of a username or any name; for administrators also of an e-mail address, or any part of one that has its @.
    search: Option<String>,
    exclude_ids: Option<Vec<ID>>,
    #[graphql(default_with = "Some(false)")]
    exclude_viewer: Option<bool>,
    /// Who is locked out, or is not: administrators only, by default both. Others find nobody who is.
    disabled: Option<bool>,
    /// Administrators only, by default both.
    is_admin: Option<bool>,
}

impl UserFilter {
    fn parse(self) -> crate::error::Result<domain::users::UserFilter> {
        let ids = self.exclude_ids.unwrap_or_default();
        Ok(domain::users::UserFilter {
            search: self.search,
            exclude: ids.iter().map(|id| GlobalId::user(id, "excludeIds")).collect::<Result<_, _>>()?,
            exclude_viewer: self.exclude_viewer.unwrap_or_default(),
            disabled: self.disabled,
            is_admin: self.is_admin,
        })
    }
}

#[derive(Debug, Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The signed-in user; null when signed out.
    async fn viewer(&self, ctx: &Context<'_>) -> Nullable<User> {
        expose(ctx, app(ctx).viewer(viewer(ctx)).await.map(|user| user.map(User::from))).transpose()
    }

    async fn user(&self, ctx: &Context<'_>, id: ID) -> Nullable<User> {
        let found = async { app(ctx).user(viewer(ctx), GlobalId::user(&id, "id")?).await };
        expose(ctx, found.await.map(|user| user.map(User::from))).transpose()
    }

    async fn users(
        &self,
        ctx: &Context<'_>,
        filter: Option<UserFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<UserConnection> {
        let page = PageArgs { first, after, last, before };
        let found = async {
            let filter = filter.map(UserFilter::parse).transpose()?.unwrap_or_default();
            app(ctx).users(viewer(ctx), filter, &page).await
        };
        Ok(UserConnection::of(ctx, expose(ctx, found.await)?))
    }
}

#[derive(InputObject)]
pub(super) struct UpdateProfileInput {
    /// Another user's id: administrators only.
    user_id: Option<ID>,
    username: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    bio: MaybeUndefined<String>,
    phone: MaybeUndefined<String>,
    address: MaybeUndefined<String>,
    user_type: Option<UserType>,
    /// An upload of your own that is a picture; null to show none.
    avatar_upload_id: MaybeUndefined<ID>,
}

/// `None` where nothing was said, an inner `None` where null was.
pub(super) fn said<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

#[derive(SimpleObject, Default)]
pub(super) struct UpdateProfilePayload {
    user: Option<User>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        input: UpdateProfileInput,
    ) -> async_graphql::Result<UpdateProfilePayload> {
        let UpdateProfileInput { user_id, username, email, first_name, last_name, .. } = input;
        let UpdateProfileInput { bio, phone, address, user_type, avatar_upload_id, .. } = input;
        let mut change = ProfileChange {
            username,
            email,
            first_name,
            last_name,
            bio: said(bio),
            phone: said(phone),
            address: said(address),
            user_type: user_type.map(Into::into),
            ..ProfileChange::default()
        };
        let outcome = async {
            let whose = user_id.map(|id| GlobalId::user(&id, "userId")).transpose()?;
            let file = |id: ID| GlobalId::file(&id, "avatarUploadId");
            change.avatar = said(avatar_upload_id).map(|id| id.map(file).transpose()).transpose()?;
            app(ctx).update_profile(viewer(ctx), whose, change).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(user) => UpdateProfilePayload { user: Some(user.into()), errors: Vec::new() },
            Err(errors) => UpdateProfilePayload { errors, ..Default::default() },
        })
    }
}
