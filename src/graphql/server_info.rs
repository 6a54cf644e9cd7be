//! What a client may know of the server before it signs in: its version and its bounds.

use std::fmt::Write as _;
use std::sync::LazyLock;

use async_graphql::{Context, Object};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::error::Language;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::expose;
use crate::graphql::schema::sdl;

/// The SHA-256 of the SDL in hexadecimal. The schema is the same in every server of one version.
static SCHEMA_HASH: LazyLock<String> = LazyLock::new(|| {
    Sha256::digest(sdl()).iter().fold(String::with_capacity(64), |mut hash, byte| {
        // Writing to a text does not fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
});

/// What the settings allow a client.
#[derive(Debug, Clone)]
pub struct Allowances {
    text_chars_max: usize,
    upload_bytes_max: usize,
    uploads_per_message_max: usize,
    page_max: usize,
    query_cost_max: usize,
    trusted_documents_only: bool,
    signup_open: bool,
    dialects: Vec<String>,
}

impl Allowances {
    pub fn of(config: &Config) -> Self {
        Self {
            text_chars_max: config.chat.text_chars_max,
            upload_bytes_max: config.media.file_bytes_max,
            uploads_per_message_max: config.media.attachments_max,
            page_max: config.chat.page_max,
            query_cost_max: config.graphql.cost_max,
            trusted_documents_only: config.trusted_documents.as_ref().is_some_and(|trusted| trusted.only),
            signup_open: config.signup,
            dialects: config.rest.dialects.clone(),
        }
    }
}

/// What this server is, and what it allows you: the bounds that a client would otherwise learn by failing.
pub(super) struct ServerInfo;

fn allowances<'a>(ctx: &Context<'a>) -> &'a Allowances {
    ctx.data_unchecked::<Allowances>()
}

fn number(bound: usize) -> i32 {
    i32::try_from(bound).unwrap_or(i32::MAX)
}

/// What this server is, and what it allows you: the bounds that a client would otherwise learn by failing.
#[Object]
impl ServerInfo {
    async fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    /// SHA-256 of the schema's text in hexadecimal. Another one means that the server was replaced.
    async fn schema_hash(&self) -> &str {
        &SCHEMA_HASH
    }

    /// Characters of a message.
    async fn max_text_length(&self, ctx: &Context<'_>) -> i32 {
        number(allowances(ctx).text_chars_max)
    }

    /// Bytes of a file.
    async fn max_upload_bytes(&self, ctx: &Context<'_>) -> i32 {
        number(allowances(ctx).upload_bytes_max)
    }

    /// Files that one message may carry.
    async fn max_uploads_per_message(&self, ctx: &Context<'_>) -> i32 {
        number(allowances(ctx).uploads_per_message_max)
    }

    /// Items of a page.
    async fn max_page_size(&self, ctx: &Context<'_>) -> i32 {
        number(allowances(ctx).page_max)
    }

    /// What an operation may cost with its pages filled.
    async fn max_query_cost(&self, ctx: &Context<'_>) -> i32 {
        number(allowances(ctx).query_cost_max)
    }

    /// Whether only documents that the operator has named are run.
    async fn trusted_documents_only(&self, ctx: &Context<'_>) -> bool {
        allowances(ctx).trusted_documents_only
    }

    /// Whether anyone may make an account.
    async fn signup_open(&self, ctx: &Context<'_>) -> bool {
        allowances(ctx).signup_open
    }

    /// What Accept-Language may ask for.
    async fn languages(&self) -> Vec<&str> {
        Language::ALL.into_iter().map(Language::tag).collect()
    }

    /// The legacy servers whose callers are answered.
    async fn legacy_dialects<'a>(&self, ctx: &Context<'a>) -> Vec<&'a str> {
        allowances(ctx).dialects.iter().map(String::as_str).collect()
    }

    /// True while there is no administrator.
    async fn setup_needed(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        expose(ctx, app(ctx).setup_needed(viewer(ctx)).await)
    }
}

#[derive(Debug, Default)]
pub struct ServerInfoQuery;

#[Object]
impl ServerInfoQuery {
    /// What this server is, and what it allows you. For signed-out callers too.
    async fn server_info(&self) -> ServerInfo {
        ServerInfo
    }
}
