//! The audit log in the schema.

use async_graphql::{Context, ID, Object, SimpleObject};

use crate::app::audit::AuditList;
use crate::domain;
use crate::domain::audit::{AuditFilter, Deed};
use crate::domain::ids::GlobalId;
use crate::domain::paging::{List, PageArgs};
use crate::error::{Code, Error, Text};
use crate::graphql::connection::{PageInfo, Total, connection};
use crate::graphql::context::{app, cursor, viewer};
use crate::graphql::error::{Nullable, expose};
use crate::graphql::ids::DateTime;
use crate::graphql::loaders::load;
use crate::graphql::users::User;

/// Who did what, when; administrators only.
pub(super) struct AuditEntry(pub(super) domain::audit::AuditEntry);

/// Who did what, when; administrators only.
#[Object]
impl AuditEntry {
    pub(super) async fn id(&self) -> ID {
        ID(GlobalId::Audit(self.0.key).encode())
    }

    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Null: the server's own console, or an account that is gone.
    async fn actor(&self, ctx: &Context<'_>) -> Nullable<User> {
        let actor = load(ctx, self.0.actor?).await.transpose()?;
        Some(actor.map(User::from))
    }

    /// A word such as room.delete; docs/admin.md has all of them. New ones may appear.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// Global id of the user, room, message or session it was done to.
    async fn target_id(&self) -> Option<ID> {
        self.0.target.clone().map(ID)
    }

    /// A few words for people, perhaps none.
    async fn detail(&self) -> &str {
        &self.0.detail
    }
}

#[derive(SimpleObject)]
pub(super) struct AuditEntryEdge {
    cursor: String,
    pub(super) node: AuditEntry,
}

connection!(AuditEntryConnection, AuditEntryEdge, AuditEntry);

#[derive(Debug, Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Who did what, newest first; administrators only.
    #[expect(clippy::too_many_arguments, reason = "the four of a page, and three to narrow it")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        actor_id: Option<ID>,
        target_id: Option<ID>,
        action: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<AuditEntryConnection> {
        let page = PageArgs { first, after, last, before };
        let found = async {
            let filter = filter(actor_id.as_ref(), target_id.as_ref(), action.as_deref())?;
            app(ctx).audit_log(viewer(ctx), filter, &page).await
        };
        let list = expose(ctx, found.await)?;
        let place = |entry: &domain::audit::AuditEntry| cursor(ctx, List::AuditLog, AuditList::place(entry));
        let edge = |entry: &domain::audit::AuditEntry| AuditEntryEdge {
            cursor: place(entry),
            node: AuditEntry(entry.clone()),
        };
        Ok(AuditEntryConnection {
            page_info: PageInfo::of(&list.slice, place),
            edges: list.slice.items.iter().map(edge).collect(),
            total: Total::AuditLog(list),
        })
    }
}

fn filter(
    actor: Option<&ID>,
    target: Option<&ID>,
    action: Option<&str>,
) -> crate::error::Result<AuditFilter> {
    let unknown = || Error::new(Code::BadInput, Text::ActionUnknown).at("action");
    let nothing = || Error::new(Code::BadInput, Text::IdInvalid { expected: "thing" }).at("targetId");
    let deed = |word| Deed::parse(word).ok_or_else(unknown);
    Ok(AuditFilter {
        actor: actor.map(|id| GlobalId::user(id, "actorId")).transpose()?,
        target: target.map(|id| GlobalId::decode(id).ok_or_else(nothing)).transpose()?,
        deed: action.map(deed).transpose()?,
    })
}
