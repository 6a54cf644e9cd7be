//! Signed-in devices in the schema. Opening, renewing and leaving one is in `auth.rs`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::app::auth::{Ending, SessionList};
use crate::domain;
use crate::domain::ids::GlobalId;
use crate::domain::paging::{List, PageArgs};
use crate::error::{Code, Error, Result, Text};
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, viewer};
use crate::graphql::error::{UserError, expose, settle, top_level};
use crate::graphql::ids::DateTime;
use crate::graphql::loaders::load;
use crate::graphql::users::User;

/// One signed-in device.
pub(super) struct Session(pub(super) domain::sessions::Session);

/// One signed-in device.
#[Object]
impl Session {
    pub(super) async fn id(&self) -> ID {
        ID(GlobalId::Session(self.0.id).encode())
    }

    /// What the device called itself, as its User-Agent.
    async fn client(&self) -> &str {
        &self.0.client
    }

    /// The face it signed in at: graphql, or a dialect's name.
    async fn door(&self) -> &str {
        self.0.door.as_str()
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it signed in or was last renewed.
    async fn last_used_at(&self) -> DateTime {
        self.0.last_used_at.into()
    }

    /// When it ends unless it is renewed.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// Whether it is the one that asks.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        viewer(ctx).signed_in().is_some_and(|caller| caller.session == self.0.key)
    }

    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<User> {
        let user = load(ctx, self.0.user).await?;
        user.map(User::from).ok_or_else(|| top_level(ctx, &Error::not_found()))
    }
}

#[derive(SimpleObject)]
pub(super) struct SessionEdge {
    cursor: String,
    pub(super) node: Session,
}

connection!(SessionConnection, SessionEdge, Session);

#[derive(Debug, Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// Signed-in devices of everyone, the latest used first; administrators only.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        user_id: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<SessionConnection> {
        let page = PageArgs { first, after, last, before };
        let found = async {
            let user = user_id.map(|id| GlobalId::user(&id, "userId")).transpose()?;
            app(ctx).sessions(viewer(ctx), user, &page).await
        };
        let list = expose(ctx, found.await)?;
        let place =
            |session: &domain::sessions::Session| cursor(ctx, List::Sessions, SessionList::place(session));
        let edge = |session: &domain::sessions::Session| SessionEdge {
            cursor: place(session),
            node: Session(session.clone()),
        };
        Ok(SessionConnection {
            page_info: PageInfo::of(&list.slice, place),
            edges: list.slice.items.iter().map(edge).collect(),
            total: Total::Sessions(list),
        })
    }
}

#[derive(InputObject)]
pub(super) struct EndSessionInput {
    /// Left out, with userId: all of yours but this one.
    session_id: Option<ID>,
    /// All of this person's: your own, or anyone's for administrators.
    user_id: Option<ID>,
}

impl EndSessionInput {
    fn parse(self) -> Result<Ending> {
        match (self.session_id, self.user_id) {
            (None, None) => Ok(Ending::Others),
            (Some(session), None) => GlobalId::session(&session, "sessionId").map(Ending::One),
            (None, Some(user)) => GlobalId::user(&user, "userId").map(Ending::AllOf),
            (Some(_), Some(_)) => Err(Error::new(Code::BadInput, Text::OneOfSessionOrUser).at("userId")),
        }
    }
}

#[derive(SimpleObject, Default)]
pub(super) struct EndSessionPayload {
    /// How many lived until now.
    ended: i32,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs devices out: their sockets close, and their tokens are good no more.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        input: EndSessionInput,
    ) -> async_graphql::Result<EndSessionPayload> {
        let outcome = async { app(ctx).end_sessions(viewer(ctx), input.parse()?).await };
        Ok(match settle(ctx, outcome.await)? {
            Ok(ended) => {
                EndSessionPayload { ended: i32::try_from(ended).unwrap_or(i32::MAX), errors: Vec::new() }
            }
            Err(errors) => EndSessionPayload { errors, ..Default::default() },
        })
    }
}
