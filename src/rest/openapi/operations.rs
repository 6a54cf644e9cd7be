//! One operation: what it takes, what it gives, and what it may be refused with.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use utoipa::openapi::path::{
    HttpMethod, Operation as Described, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Ref, RefOr, Required};

use crate::error::Language;
use crate::rest::drf::fields::Form;
use crate::rest::drf::session;
use crate::rest::openapi::refusals::{REFUSALS, Refusal};
use crate::rest::openapi::schemas::{self, CSRF};
use crate::rest::route::{Access, Dialect, DocumentedBody, Operation, Route};

const JSON: &str = "application/json";

pub(super) fn method(operation: &Operation) -> HttpMethod {
    match operation.method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

pub(super) fn describe(dialect: &Dialect, route: &Route, operation: &Operation) -> Described {
    let described = OperationBuilder::new()
        .tag(dialect.title)
        .operation_id(Some(id(dialect, route, operation)))
        .summary(Some(operation.summary))
        .parameters(Some(parameters(dialect, route, operation)))
        .request_body(operation.form.map(|form| body(form, operation)))
        .securities(securities(dialect, operation));
    let responses = responses(dialect, route, operation).into_iter();
    responses
        .fold(described, |described, (status, response)| described.response(status.as_str(), response))
        .build()
}

/// `mrm_post_api_chats_id_send_message`.
fn id(dialect: &Dialect, route: &Route, operation: &Operation) -> String {
    let parts = route
        .path
        .split(['/', '.'])
        .map(|part| part.trim_matches(['{', '}']))
        .filter(|part| !part.is_empty());
    let verb = operation.method.as_str().to_ascii_lowercase();
    [dialect.name, &verb].into_iter().chain(parts).collect::<Vec<_>>().join("_")
}

fn parameters(dialect: &Dialect, route: &Route, operation: &Operation) -> Vec<Parameter> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = names.map(|name| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(schemas::id(dialect.ids))).build()
    });
    let in_query = operation.query.iter().map(|(name, about)| {
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query);
        let parameter = parameter.required(Required::False).description(Some(*about));
        parameter.schema(Some(schemas::text())).build()
    });
    in_path.chain(in_query).collect()
}

/// JSON carries no file, but whoever sends none may still use it.
fn body(form: &Form, operation: &Operation) -> RequestBody {
    let content = || Content::new(Some(schemas::reference(form.name)));
    let whole = operation.method != Method::PATCH && form.asks();
    let body = RequestBodyBuilder::new().required(Some(if whole { Required::True } else { Required::False }));
    let body = body.content(JSON, content()).content("multipart/form-data", content());
    if form.has_file() { body } else { body.content("application/x-www-form-urlencoded", content()) }.build()
}

/// One of these has to come, where the operation is for those who are signed in; where it is open, a credential may.
fn securities(dialect: &Dialect, operation: &Operation) -> Option<Vec<SecurityRequirement>> {
    let needs = |name: &str| {
        let requirement = SecurityRequirement::new::<_, [&str; 0], &str>(name, []);
        let by_cookie = name == session::SCHEME && operation.method != Method::GET;
        if by_cookie { requirement.add::<_, [&str; 0], &str>(CSRF, []) } else { requirement }
    };
    let mut all: Vec<SecurityRequirement> = dialect.credentials.iter().map(|name| needs(name)).collect();
    match operation.access {
        Access::SignedIn => {}
        Access::Open => all.push(SecurityRequirement::default()),
        Access::Unasked => return None,
    }
    Some(all)
}

/// What the document tells of one status.
#[derive(Default)]
struct Told {
    about: Vec<&'static str>,
    /// Any of these in JSON.
    json: Vec<RefOr<Schema>>,
    /// The media type of a body of another form.
    other: Option<&'static str>,
}

impl Told {
    fn add(&mut self, about: &'static str, body: &DocumentedBody) {
        if !self.about.contains(&about) {
            self.about.push(about);
        }
        let schema = match body {
            DocumentedBody::Nothing => return,
            DocumentedBody::Html => return self.other = Some("text/html"),
            DocumentedBody::Png => return self.other = Some("image/png"),
            DocumentedBody::One(name) => schemas::reference(name),
            DocumentedBody::Many(name) => schemas::many(name),
            DocumentedBody::Piece(name) => schemas::piece(name),
        };
        if !self.json.contains(&schema) {
            self.json.push(schema);
        }
    }

    fn into_response(self) -> Response {
        let response = ResponseBuilder::new().description(self.about.join(" "));
        let response = if self.json.is_empty() {
            response
        } else {
            response.content(JSON, Content::new(Some(schemas::any_of(self.json))))
        };
        match self.other {
            Some(media) => response.content(media, Content::default()).build(),
            None => response.build(),
        }
    }
}

/// What its dialect says of it, and what any operation of its kind may be refused with.
fn responses(
    dialect: &Dialect,
    route: &Route,
    operation: &Operation,
) -> BTreeMap<StatusCode, RefOr<Response>> {
    let mut told: BTreeMap<StatusCode, Told> = BTreeMap::new();
    for answer in &operation.answers {
        told.entry(answer.status).or_default().add(answer.about, &answer.body);
    }
    let mut responses = BTreeMap::new();
    for refusal in refusals(dialect, route, operation) {
        match told.get_mut(&refusal.status) {
            Some(told) => {
                for body in refusal.bodies {
                    told.add(refusal.about, &DocumentedBody::One((*body).to_owned()));
                }
            }
            None => {
                responses.entry(refusal.status).or_insert(RefOr::Ref(Ref::from_response_name(refusal.name)));
            }
        }
    }
    responses.extend(told.into_iter().map(|(status, told)| (status, RefOr::T(told.into_response()))));
    responses
}

/// The refusals that an operation of this kind may meet.
fn refusals(
    dialect: &Dialect,
    route: &Route,
    operation: &Operation,
) -> impl Iterator<Item = &'static Refusal> {
    let asks = operation.access != Access::Unasked;
    let challenged = (dialect.challenge)().into_reply(Language::English).into_response().status();
    let by_cookie = dialect.credentials.contains(&session::SCHEME);
    let writes = operation.method != Method::GET;
    let not_for_all = operation.access == Access::SignedIn || (by_cookie && writes);
    REFUSALS.iter().filter(move |refusal| match refusal.status {
        StatusCode::BAD_REQUEST => operation.form.is_some(),
        StatusCode::UNAUTHORIZED => asks && challenged == StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN => asks && (challenged == StatusCode::FORBIDDEN || not_for_all),
        StatusCode::NOT_FOUND => route.path.contains('{'),
        StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            writes
        }
        _ => true,
    })
}
