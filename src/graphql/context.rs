//! What every resolver knows of the request it serves.

use std::sync::Arc;

use async_graphql::Context;

use crate::app::App;
use crate::app::auth::Origin;
use crate::domain::paging::{List, Place, encode_cursor};
use crate::domain::sessions::Viewer;
use crate::error::Language;

/// One request's caller.
#[derive(Debug, Clone)]
pub struct Caller {
    pub viewer: Viewer,
    pub origin: Origin,
    pub language: Language,
    pub request_id: String,
}

/// What links are made from.
#[derive(Debug, Clone)]
pub struct Links {
    /// Where people reach the server, without a slash at the end.
    pub public_url: String,
}

pub(super) fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked::<Caller>()
}

pub(super) fn viewer<'a>(ctx: &Context<'a>) -> &'a Viewer {
    &caller(ctx).viewer
}

pub(super) fn app<'a>(ctx: &Context<'a>) -> &'a App {
    ctx.data_unchecked::<Arc<App>>()
}

/// For what outlives the request.
pub(super) fn shared_app<'a>(ctx: &Context<'a>) -> &'a Arc<App> {
    ctx.data_unchecked::<Arc<App>>()
}

pub(super) fn links<'a>(ctx: &Context<'a>) -> &'a Links {
    ctx.data_unchecked::<Links>()
}

pub(super) fn cursor(ctx: &Context<'_>, list: List, place: Place) -> String {
    encode_cursor(app(ctx).epoch(), list, place)
}
