//! The API document: OpenAPI 3.1, made from the same tables that serve the requests.
//!
//! `openapi/operations.rs` describes one operation; `openapi/refusals.rs` and `openapi/schemas.rs` have what all of
//! them share; `openapi/serve.rs` hands the document out.

mod operations;
mod refusals;
mod schemas;
mod serve;

use std::fmt::Write as _;
use std::sync::Arc;

use utoipa::openapi::path::PathsBuilder;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem};

use crate::rest::dialects;
use crate::rest::route::{Dialect, Route};

pub(super) use serve::routes;

const ABOUT: &str = "The REST faces of five legacy chat servers, over the same rooms and messages as the GraphQL \
    schema at `/graphql`.\n\n\
    Every path is served with and without the slash at its end, and again under `/compat/NAME`, where NAME is \
    the dialect's name. Where two dialects have a path in common, each is described there. On the common path \
    they are told apart by what callers send; the header `X-Chat-Dialect: NAME` settles it.\n\n\
    Answers carry `X-Request-Id`, under which the server's log has the request.";

/// The document of all dialects.
pub fn document() -> OpenApi {
    describe(&dialects::all().into_iter().map(Arc::new).collect::<Vec<_>>())
}

/// The document as JSON, laid out for people.
pub fn as_json(document: &OpenApi) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// The document of those dialects.
fn describe(dialects: &[Arc<Dialect>]) -> OpenApi {
    let mut components = refusals::described(schemas::shared(ComponentsBuilder::new()));
    let mut paths = PathsBuilder::new();
    for dialect in dialects {
        components = schemas::of_dialect(components, dialect);
        for route in &dialect.routes {
            let address = address(dialects, dialect, route);
            for operation in &route.operations {
                let method = operations::method(operation);
                let item = PathItem::new(method, operations::describe(dialect, route, operation));
                paths = paths.path(address.clone(), item);
            }
        }
    }
    OpenApiBuilder::new()
        .info(info())
        .paths(paths.build())
        .components(Some(components.build()))
        .tags(Some(dialects.iter().map(|dialect| tag(dialect))))
        .build()
}

fn info() -> Info {
    let licence = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
    InfoBuilder::new()
        .title("Tertulia: REST")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(licence))
        .description(Some(ABOUT))
        .build()
}

/// A dialect with its sockets, for which OpenAPI has no words of its own.
fn tag(dialect: &Dialect) -> Tag {
    let mut about = format!("{}\n\nIts name is `{}`.", dialect.about, dialect.name);
    for socket in &dialect.sockets {
        // Writing to a string cannot fail.
        let _ = write!(about, "\n\nWebSocket `{}`: {}", socket.path, socket.about);
    }
    TagBuilder::new().name(dialect.title).description(Some(about)).build()
}

/// Where the document puts a route: at its own path, or under `/compat` where another dialect has the same.
fn address(dialects: &[Arc<Dialect>], of: &Dialect, route: &Route) -> String {
    let bare = |path: &'static str| path.trim_end_matches('/');
    let shared = dialects
        .iter()
        .filter(|dialect| dialect.name != of.name)
        .any(|dialect| dialect.routes.iter().any(|other| bare(other.path) == bare(route.path)));
    if shared { format!("/compat/{}{}", of.name, route.path) } else { route.path.to_owned() }
}
