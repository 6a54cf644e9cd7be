//! Files in the schema. The list of all is in `media/uploads.rs`.

mod uploads;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use crate::domain;
use crate::domain::ids::GlobalId;
use crate::graphql::context::{app, links, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::ids::{AttachmentKind, DateTime};

pub(super) use uploads::UploadQuery;

/// The uploads behind the ids of an input.
pub(super) fn files(ids: &[ID]) -> crate::error::Result<Vec<Uuid>> {
    ids.iter().map(|id| GlobalId::file(id, "uploadIds")).collect()
}

/// A stored file. Links are signed and short-lived: read them afresh.
pub(super) struct Attachment(pub(super) domain::media::Attachment);

/// A stored file. Links are signed and short-lived: read them afresh.
#[Object]
impl Attachment {
    pub(super) async fn id(&self) -> ID {
        ID(GlobalId::File(self.0.id).encode())
    }

    async fn kind(&self) -> AttachmentKind {
        if self.0.is_picture() { AttachmentKind::Image } else { AttachmentKind::File }
    }

    /// As its sender called it; of an image, with the ending of what it is.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// Of an image, what it is; of anything else, application/octet-stream.
    async fn content_type(&self) -> &'static str {
        self.0.path.file_type().content_type()
    }

    async fn byte_size(&self) -> i64 {
        self.0.byte_size
    }

    /// In pixels; null unless it is an image.
    async fn width(&self) -> Option<i32> {
        self.0.width
    }

    /// In pixels; null unless it is an image.
    async fn height(&self) -> Option<i32> {
        self.0.height
    }

    async fn url(&self, ctx: &Context<'_>) -> String {
        format!("{}{}", links(ctx).public_url, app(ctx).media_path(viewer(ctx), &self.0))
    }

    /// A small form of an image, which does not move; null for anything else.
    async fn thumbnail_url(&self, ctx: &Context<'_>) -> Option<String> {
        let path = app(ctx).thumbnail_path(viewer(ctx), &self.0)?;
        Some(format!("{}{path}", links(ctx).public_url))
    }
}

/// A header to send with the PUT.
#[derive(SimpleObject)]
pub(super) struct UploadHeader {
    name: &'static str,
    value: String,
}

/// Where to PUT the bytes of one file before naming it in a mutation.
#[derive(SimpleObject)]
pub(super) struct UploadTicket {
    /// What mutations take in uploadIds and avatarUploadId.
    id: ID,
    url: String,
    headers: Vec<UploadHeader>,
    /// The bytes must be as many as announced.
    max_bytes: i64,
    expires_at: DateTime,
}

#[derive(InputObject)]
pub(super) struct CreateUploadInput {
    file_name: String,
    /// What the bytes are is told by the bytes.
    content_type: String,
    byte_size: i64,
}

#[derive(SimpleObject, Default)]
pub(super) struct CreateUploadPayload {
    ticket: Option<UploadTicket>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct MediaMutation;

#[Object]
impl MediaMutation {
    /// Announces a file; then PUT its bytes to the ticket's url.
    async fn create_upload(
        &self,
        ctx: &Context<'_>,
        input: CreateUploadInput,
    ) -> async_graphql::Result<CreateUploadPayload> {
        let CreateUploadInput { file_name, content_type, byte_size } = input;
        let outcome = app(ctx).create_upload(viewer(ctx), &file_name, &content_type, byte_size).await;
        Ok(match settle(ctx, outcome)? {
            Ok(ticket) => CreateUploadPayload {
                ticket: Some(UploadTicket {
                    id: ID(GlobalId::File(ticket.id).encode()),
                    url: format!("{}{}", links(ctx).public_url, ticket.path),
                    headers: vec![UploadHeader { name: "Content-Type", value: content_type }],
                    max_bytes: ticket.bytes_max,
                    expires_at: ticket.expires_at.into(),
                }),
                errors: Vec::new(),
            },
            Err(errors) => CreateUploadPayload { errors, ..Default::default() },
        })
    }
}
