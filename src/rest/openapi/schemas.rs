//! What operations refer to by name: bodies, refusals and credentials.

use utoipa::PartialSchema as _;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, ComponentsBuilder, Object, ObjectBuilder, Schema,
    SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Ref, RefOr};

use crate::rest::drf::session;
use crate::rest::reply::Detail;
use crate::rest::route::{Dialect, Ids};

/// A refusal in one sentence.
pub(super) const DETAIL: &str = "Detail";
/// What is wrong with a body.
pub(super) const FIELD_ERRORS: &str = "FieldErrors";
/// A refusal from outside the dialects.
pub(super) const SERVER_ERRORS: &str = "ServerErrors";
/// What a write by cookie shows beside it.
pub(super) const CSRF: &str = "csrf";

/// What any dialect may refer to.
pub(super) fn shared(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema(DETAIL, Detail::schema())
        .schema(FIELD_ERRORS, field_errors())
        .schema(SERVER_ERRORS, server_errors())
}

/// The bodies that a dialect takes and gives, and its credentials.
pub(super) fn of_dialect(components: ComponentsBuilder, dialect: &Dialect) -> ComponentsBuilder {
    let operations = || dialect.routes.iter().flat_map(|route| &route.operations);
    let given = operations().flat_map(|operation| &operation.answers).flat_map(|answer| &answer.parts);
    let taken = operations().filter_map(|operation| operation.form);
    let components =
        given.fold(components, |components, (name, schema)| components.schema(name, schema.clone()));
    let components =
        taken.fold(components, |components, form| components.schema(form.name, RefOr::T(form.schema())));
    let components = dialect
        .credentials
        .iter()
        .fold(components, |components, name| components.security_scheme(*name, scheme(name)));
    if dialect.credentials.contains(&session::SCHEME) {
        components.security_scheme(CSRF, scheme(CSRF))
    } else {
        components
    }
}

/// A credential by the name that dialects give it.
fn scheme(name: &str) -> SecurityScheme {
    let header = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, about)))
    };
    match name {
        "bearer" => {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
            SecurityScheme::Http(bearer.build())
        }
        "basic" => SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)),
        session::SCHEME => SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            session::COOKIE,
            "Set by signing in.",
        ))),
        CSRF => header("X-CSRFToken", "The value of the cookie `csrftoken`, which signing in sets."),
        _ => header("Authorization", "The word `Token`, a space, and the key that signing in gives."),
    }
}

/// A part of a path.
pub(super) fn id(ids: Ids) -> Schema {
    Schema::Object(match ids {
        Ids::Numbers => of(Type::Integer).build(),
        Ids::Short => of(Type::String).pattern(Some("^[2-9A-HJ-NP-Za-km-z]{22}$")).build(),
        Ids::Uuids => of(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned()))).build(),
    })
}

pub(super) fn text() -> Schema {
    Schema::Object(of(Type::String).build())
}

pub(super) fn whole_number() -> Schema {
    Schema::Object(of(Type::Integer).build())
}

fn of(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(kind))
}

/// A named schema.
pub(super) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// A list of them.
pub(super) fn many(name: &str) -> RefOr<Schema> {
    RefOr::T(Schema::Array(ArrayBuilder::new().items(reference(name)).build()))
}

/// A piece of a list of them, in the envelope of `drf/paging.rs`.
pub(super) fn piece(name: &str) -> RefOr<Schema> {
    let neighbour = || ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    let piece = of(Type::Object)
        .property("count", of(Type::Integer))
        .property("next", neighbour())
        .property("previous", neighbour())
        .property("results", many(name));
    let names = ["count", "next", "previous", "results"];
    RefOr::T(Schema::Object(names.into_iter().fold(piece, ObjectBuilder::required).build()))
}

/// Any of these; the only one where there is one.
pub(super) fn any_of(mut schemas: Vec<RefOr<Schema>>) -> RefOr<Schema> {
    match (schemas.pop(), schemas.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            let any = schemas.into_iter().chain(last).fold(AnyOfBuilder::new(), AnyOfBuilder::item);
            RefOr::T(Schema::AnyOf(any.build()))
        }
    }
}

fn field_errors() -> Schema {
    let about = "For each field at fault its sentences, or those of its items by their place; or a `detail` about \
        the whole body.";
    let sentences = || ArrayBuilder::new().items(of(Type::String)).build();
    let of_items = of(Type::Object).additional_properties(Some(Schema::Array(sentences())));
    let any = AnyOfBuilder::new().item(Schema::Array(sentences())).item(of_items).item(of(Type::String));
    Schema::Object(
        of(Type::Object)
            .description(Some(about))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::AnyOf(any.build())))))
            .build(),
    )
}

fn server_errors() -> Object {
    let error = of(Type::Object)
        .property("message", of(Type::String))
        .required("message")
        .property("extensions", of(Type::Object))
        .required("extensions");
    of(Type::Object)
        .description(Some("A refusal from outside the dialects, in the form of GraphQL errors."))
        .property("errors", ArrayBuilder::new().items(error))
        .required("errors")
        .build()
}
