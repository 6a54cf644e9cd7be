//! Relay's pages: one shape for every list.

use async_graphql::{Context, SimpleObject};

use crate::domain::ids::MessageKey;
use crate::domain::paging::Slice;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::expose;
use crate::graphql::loaders::{RepliesTo, load};

/// Where a page begins and ends.
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

impl PageInfo {
    pub(super) fn of<T>(slice: &Slice<T>, cursor: impl Fn(&T) -> String) -> Self {
        Self {
            has_next_page: slice.has_next,
            has_previous_page: slice.has_previous,
            start_cursor: slice.items.first().map(&cursor),
            end_cursor: slice.items.last().map(&cursor),
        }
    }
}

/// How a list is counted, which costs a statement only when it is asked for.
pub(super) enum Total {
    Known(i64),
    People(crate::app::users::PeopleList),
    Rooms(crate::app::rooms::RoomList),
    AllMessages,
    Replies(MessageKey),
    AuditLog(crate::app::audit::AuditList),
    Findings(crate::app::search::Findings),
    Sessions(crate::app::auth::SessionList),
}

impl Total {
    pub(super) async fn count(&self, ctx: &Context<'_>) -> async_graphql::Result<i64> {
        let (app, viewer) = (app(ctx), viewer(ctx));
        let count = match self {
            Self::Known(count) => Ok(*count),
            Self::Replies(message) => return Ok(load(ctx, RepliesTo(*message)).await?.unwrap_or_default()),
            Self::People(list) => app.count_users(viewer, list).await,
            Self::Rooms(list) => app.count_rooms(viewer, list).await,
            Self::AllMessages => app.count_messages_of_all(viewer).await,
            Self::AuditLog(list) => app.count_audit_log(viewer, list).await,
            Self::Findings(list) => app.count_findings(viewer, list).await,
            Self::Sessions(list) => app.count_sessions(viewer, list).await,
        };
        expose(ctx, count)
    }
}

/// Declares a connection over an edge type that has a `node`.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty) => {
        pub(in $crate::graphql) struct $connection {
            pub(in $crate::graphql) edges: Vec<$edge>,
            pub(in $crate::graphql) page_info: $crate::graphql::connection::PageInfo,
            pub(in $crate::graphql) total: $crate::graphql::connection::Total,
        }

        #[async_graphql::Object]
        impl $connection {
            async fn edges(&self) -> &[$edge] {
                &self.edges
            }

            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            async fn page_info(&self) -> &$crate::graphql::connection::PageInfo {
                &self.page_info
            }

            async fn total_count(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<i64> {
                self.total.count(ctx).await
            }
        }
    };
}

pub(super) use connection;
