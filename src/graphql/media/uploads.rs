//! Everybody's files in the schema, for administrators.

use async_graphql::{Context, ID, Object, SimpleObject};
use tokio::sync::OnceCell;

use crate::app::media::{Listed, Totals, UploadList};
use crate::domain::ids::GlobalId;
use crate::domain::paging::{List, PageArgs};
use crate::graphql::connection::PageInfo;
use crate::graphql::context::{app, cursor, links, viewer};
use crate::graphql::error::{Nullable, expose};
use crate::graphql::ids::DateTime;
use crate::graphql::loaders::load;
use crate::graphql::messages::Message;
use crate::graphql::rooms::Room;
use crate::graphql::users::User;

/// A stored file, as administrators see it.
pub(in crate::graphql) struct Upload(Listed);

/// A stored file, as administrators see it.
#[Object]
impl Upload {
    async fn id(&self) -> ID {
        ID(GlobalId::File(self.0.upload.id).encode())
    }

    async fn file_name(&self) -> &str {
        &self.0.upload.file_name
    }

    /// As announced until the bytes have arrived.
    async fn byte_size(&self) -> i64 {
        self.0.upload.byte_size
    }

    async fn is_image(&self) -> bool {
        self.0.upload.file.as_ref().is_some_and(crate::domain::media::Attachment::is_picture)
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Null once the account is gone.
    async fn owner(&self, ctx: &Context<'_>) -> Nullable<User> {
        let owner = load(ctx, self.0.upload.owner?).await.transpose()?;
        Some(owner.map(User::from))
    }

    /// The message that has it; null while none has, and where you may not read.
    async fn message(&self, ctx: &Context<'_>) -> Nullable<Message> {
        let message = load(ctx, self.0.upload.message?).await.transpose()?;
        Some(message.map(Message::from))
    }

    /// The id of that message, for deleteMessage, which takes the file with it.
    async fn message_id(&self) -> Option<ID> {
        self.0.upload.message.map(|key| ID(GlobalId::Message(key).encode()))
    }

    /// The room of that message.
    async fn room(&self, ctx: &Context<'_>) -> Nullable<Room> {
        let room = load(ctx, self.0.room?).await.transpose()?;
        Some(room.map(Room))
    }

    /// False until its bytes have arrived.
    async fn complete(&self) -> bool {
        self.0.upload.file.is_some()
    }

    /// Signed and short-lived: read it afresh. Null until its bytes have arrived.
    async fn url(&self, ctx: &Context<'_>) -> Option<String> {
        let file = self.0.upload.file.as_ref()?;
        Some(format!("{}{}", links(ctx).public_url, app(ctx).media_path(viewer(ctx), file)))
    }

    /// A small form of an image; null for anything else.
    async fn thumbnail_url(&self, ctx: &Context<'_>) -> Option<String> {
        let path = app(ctx).thumbnail_path(viewer(ctx), self.0.upload.file.as_ref()?)?;
        Some(format!("{}{path}", links(ctx).public_url))
    }
}

#[derive(SimpleObject)]
pub(in crate::graphql) struct UploadEdge {
    cursor: String,
    node: Upload,
}

/// Files, newest first.
pub(in crate::graphql) struct UploadConnection {
    edges: Vec<UploadEdge>,
    page_info: PageInfo,
    list: UploadList,
    /// Counted once, whichever total is asked for.
    totals: OnceCell<Totals>,
}

impl UploadConnection {
    fn of(ctx: &Context<'_>, list: UploadList) -> Self {
        let place = |file: &Listed| cursor(ctx, List::Uploads, UploadList::place(file));
        let edge = |file: &Listed| UploadEdge { cursor: place(file), node: Upload(file.clone()) };
        Self {
            page_info: PageInfo::of(&list.slice, place),
            edges: list.slice.items.iter().map(edge).collect(),
            list,
            totals: OnceCell::new(),
        }
    }

    async fn totals(&self, ctx: &Context<'_>) -> async_graphql::Result<Totals> {
        let count = || app(ctx).total_uploads(viewer(ctx), &self.list);
        expose(ctx, self.totals.get_or_try_init(count).await.copied())
    }
}

/// Files, newest first.
#[Object]
impl UploadConnection {
    async fn edges(&self) -> &[UploadEdge] {
        &self.edges
    }

    async fn nodes(&self) -> Vec<&Upload> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i64> {
        Ok(self.totals(ctx).await?.count)
    }

    /// Of the whole list, small forms of images apart.
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nobody counts single bytes")]
    async fn total_bytes(&self, ctx: &Context<'_>) -> async_graphql::Result<f64> {
        Ok(self.totals(ctx).await?.bytes as f64)
    }
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct UploadQuery;

#[Object]
impl UploadQuery {
    /// Stored files of everyone, newest first; administrators only.
    async fn uploads(
        &self,
        ctx: &Context<'_>,
        owner_id: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<UploadConnection> {
        let page = PageArgs { first, after, last, before };
        let found = async {
            let owner = owner_id.map(|id| GlobalId::user(&id, "ownerId")).transpose()?;
            app(ctx).uploads(viewer(ctx), owner, &page).await
        };
        Ok(UploadConnection::of(ctx, expose(ctx, found.await)?))
    }
}
