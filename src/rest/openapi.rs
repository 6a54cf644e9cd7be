//! The API document: OpenAPI 3.1, made from the same tables that serve the requests.

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{
    Array, ArrayBuilder, ComponentsBuilder, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, RefOr, Required,
    Response as Documented200,
};

use crate::rest::dialects;
use crate::rest::drf::fields::Form;
use crate::rest::reply::Detail;
use crate::rest::route::{Access, Dialect, Documented, DocumentedBody, Operation, Route};

const JSON: &str = "application/json";
const YAML_SCHEMA: &str = "application/vnd.oai.openapi; charset=utf-8";
const JSON_SCHEMA: &str = "application/vnd.oai.openapi+json; charset=utf-8";

/// Credentials by the names that dialects give: each as the document describes it.
fn scheme(name: &str) -> SecurityScheme {
    match name {
        "bearer" => SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        "basic" => SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)),
        "session" => SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("sessionid"))),
        _ => SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "Authorization",
            "The word `Token`, a space, and the key that login gave.",
        ))),
    }
}

/// The document of all dialects.
pub fn document() -> OpenApi {
    describe(&dialects::all().into_iter().map(Arc::new).collect::<Vec<_>>())
}

/// The document of those dialects.
fn describe(dialects: &[Arc<Dialect>]) -> OpenApi {
    let mut components =
        ComponentsBuilder::new().schema("Detail", Detail::schema()).schema("FieldErrors", field_errors());
    let mut paths = PathsBuilder::new();
    let mut tags = Vec::new();
    for dialect in dialects {
        tags.push(TagBuilder::new().name(dialect.title).description(Some(dialect.about)).build());
        for name in dialect.credentials {
            components = components.security_scheme(*name, scheme(name));
        }
        for route in &dialect.routes {
            for operation in &route.operations {
                for (name, schema) in operation.answers.iter().flat_map(|answer| answer.parts.iter().cloned())
                {
                    components = components.schema(name, schema);
                }
                if let Some(form) = operation.form {
                    components = components.schema(form.name, RefOr::T(form.schema()));
                }
            }
            // Two dialects may have one path; each is described where no other can answer.
            let path = address(dialects, dialect, route);
            for operation in &route.operations {
                let item =
                    PathItem::new(method(&operation.method), describe_operation(dialect, route, operation));
                paths = paths.path(path.clone(), item);
            }
        }
    }
    let licence = LicenseBuilder::new().name("MIT").build();
    let info = InfoBuilder::new()
        .title("Tertulia: REST")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(licence))
        .description(Some(
            "The REST faces of five legacy chat servers, over the same rooms and messages as the GraphQL schema.",
        ));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths.build())
        .components(Some(components.build()))
        .tags(Some(tags))
        .build()
}

/// Where the document puts a route: at its own path, or under `/compat` where another dialect has the same.
fn address(dialects: &[Arc<Dialect>], of: &Dialect, route: &Route) -> String {
    let bare = |path: &str| path.trim_end_matches('/').to_owned();
    let shared = dialects
        .iter()
        .filter(|dialect| dialect.name != of.name)
        .any(|dialect| dialect.routes.iter().any(|other| bare(other.path) == bare(route.path)));
    if shared { format!("/compat/{}{}", of.name, route.path) } else { route.path.to_owned() }
}

fn describe_operation(
    dialect: &Dialect,
    route: &Route,
    operation: &Operation,
) -> utoipa::openapi::path::Operation {
    let text =
        || RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).build()));
    let in_path = parameters(route.path).map(|name| -> Parameter {
        let builder = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        builder.required(Required::True).schema(Some(text())).build()
    });
    let in_query = operation.query.iter().map(|(name, about)| {
        let builder =
            ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query).description(Some(*about));
        builder.required(Required::False).schema(Some(text())).build()
    });
    let verb = operation.method.as_str().to_ascii_lowercase();
    let id =
        format!("{}_{verb}{}", dialect.name, route.path.trim_end_matches('/').replace(['/', '{', '}'], "_"));
    let mut described = OperationBuilder::new()
        .tag(dialect.title)
        .operation_id(Some(id))
        .summary(Some(operation.summary))
        .parameters(Some(in_path.chain(in_query)))
        .request_body(operation.form.map(body));
    for answer in &operation.answers {
        described = described.response(answer.status.as_str(), documented(answer));
    }
    for (status, about, schema) in refusals(dialect, route, operation) {
        if !operation.answers.iter().any(|answer| answer.status == status) {
            let content = Content::new(Some(Documented::reference(schema)));
            let response = ResponseBuilder::new().description(about).content(JSON, content).build();
            described = described.response(status.as_str(), response);
        }
    }
    let needs = |name: &&str| SecurityRequirement::new::<_, [&str; 0], &str>(*name, []);
    match operation.access {
        Access::SignedIn => described.securities(Some(dialect.credentials.iter().map(needs))),
        Access::Open | Access::Unasked => described,
    }
    .build()
}

/// What any operation of its kind may be refused with.
fn refusals(
    dialect: &Dialect,
    route: &Route,
    operation: &Operation,
) -> Vec<(StatusCode, &'static str, &'static str)> {
    let mut refusals =
        vec![(StatusCode::NOT_ACCEPTABLE, "The answer is JSON, and the request will not have it.", "Detail")];
    if operation.access != Access::Unasked {
        let about = "A credential is missing or not good.";
        refusals.push((StatusCode::UNAUTHORIZED, about, "Detail"));
        if dialect.credentials.contains(&"session") || operation.access == Access::SignedIn {
            refusals.push((StatusCode::FORBIDDEN, "Not for this caller.", "Detail"));
        }
    }
    if operation.method != Method::GET {
        refusals.push((
            StatusCode::BAD_REQUEST,
            "What is wrong with each field, or with the body.",
            "FieldErrors",
        ));
        refusals.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send JSON, a form or multipart.", "Detail"));
        refusals.push((StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than the server reads.", "Detail"));
    }
    if route.path.contains('{') {
        refusals.push((StatusCode::NOT_FOUND, "There is none, or not for this caller.", "Detail"));
    }
    refusals.push((StatusCode::TOO_MANY_REQUESTS, "Too often; `Retry-After` says when.", "Detail"));
    refusals.push((
        StatusCode::SERVICE_UNAVAILABLE,
        "Nothing was stored; `Retry-After` says when.",
        "Detail",
    ));
    refusals
}

fn documented(answer: &Documented) -> Documented200 {
    let response = ResponseBuilder::new().description(answer.about);
    match &answer.body {
        DocumentedBody::Nothing => response,
        DocumentedBody::Html => response.content("text/html", Content::default()),
        DocumentedBody::Png => response.content("image/png", Content::default()),
        DocumentedBody::One(name) => response.content(JSON, Content::new(Some(Documented::reference(name)))),
        DocumentedBody::Many(name) => {
            response.content(JSON, Content::new(Some(RefOr::T(Schema::Array(many(name))))))
        }
        DocumentedBody::Piece(name) => {
            let text = [Type::String, Type::Null];
            let neighbour = || ObjectBuilder::new().schema_type(SchemaType::from_iter(text.clone()));
            let piece = ObjectBuilder::new()
                .property("count", ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)))
                .property("next", neighbour())
                .property("previous", neighbour())
                .property("results", many(name));
            let piece =
                ["count", "next", "previous", "results"].into_iter().fold(piece, ObjectBuilder::required);
            response.content(JSON, Content::new(Some(RefOr::T(Schema::Object(piece.build())))))
        }
    }
    .build()
}

fn many(name: &str) -> Array {
    ArrayBuilder::new().items(Documented::reference(name)).build()
}

fn body(form: &Form) -> RequestBody {
    let reference = || Content::new(Some(Documented::reference(form.name)));
    let body = RequestBodyBuilder::new().content("multipart/form-data", reference());
    if form.has_file() {
        return body.content(JSON, reference()).build();
    }
    body.content(JSON, reference()).content("application/x-www-form-urlencoded", reference()).build()
}

/// The names between braces.
fn parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn field_errors() -> Schema {
    let about = "For each field at fault what is wrong with it; or a `detail` about the whole.";
    Schema::Object(ObjectBuilder::new().description(Some(about)).build())
}

/// The document as JSON, laid out for people.
pub fn as_json(document: &OpenApi) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Deserialize)]
struct Wanted {
    format: Option<String>,
}

/// `/api/schema/`: YAML, or JSON where the query or `Accept` asks for it.
pub(super) fn routes(dialects: &[Arc<Dialect>]) -> Router {
    let document = describe(dialects);
    let json: Arc<str> = as_json(&document).into();
    let yaml: Arc<str> = document.to_yaml().unwrap_or_default().into();
    let serve = move |Query(wanted): Query<Wanted>, headers: axum::http::HeaderMap| {
        let (json, yaml) = (Arc::clone(&json), Arc::clone(&yaml));
        async move {
            let accept =
                headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let wants_json = match wanted.format.as_deref() {
                Some(format) => format.eq_ignore_ascii_case("json"),
                None => accept.contains("json"),
            };
            answer(if wants_json { (JSON_SCHEMA, &json) } else { (YAML_SCHEMA, &yaml) })
        }
    };
    Router::new().route("/api/schema/", get(serve.clone())).route("/api/schema", get(serve))
}

fn answer((media, text): (&'static str, &str)) -> Response {
    ([(header::CONTENT_TYPE, media)], text.to_owned()).into_response()
}
