//! GraphQL over HTTP, as the specification has it: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! Bounds on bodies, time and connections are the server's; here a request is read, admitted,
//! authenticated, executed and answered. Subscriptions do not travel this way.

mod negotiate;
mod request;
mod response;

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::Variables;
use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;

use crate::app::App;
use crate::app::auth::Origin as CallOrigin;
use crate::auth::Credential;
use crate::config::{Cidr, Config};
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Language, Text};
use crate::graphql::answer::Answer;
use crate::graphql::auth::PUBLIC_FIELDS;
use crate::graphql::call::Call;
use crate::graphql::context::{Caller, Links};
use crate::graphql::documents::{Admitted, Documents, Incoming, persisted_hash};
use crate::graphql::guard::Refusal;
use crate::graphql::loaders::loaders;
use crate::graphql::operation::kind_name;
use crate::graphql::schema::{self, ChatSchema};
use crate::graphql::ws::connection::Connection;
use crate::http::client::Client;
use crate::http::headers::{Origin, RequestId, is_cross_site};
use crate::metrics::Metrics;

use negotiate::Media;
use request::Calls;
use response::Face;

/// Calls that one batch may hold, whatever the configuration says.
const BATCH_CEILING: usize = 10;

/// The `/graphql` endpoint.
pub struct Endpoint {
    schema: ChatSchema,
    documents: Documents,
    app: Arc<App>,
    metrics: Metrics,
    public_origin: Option<Origin>,
    allowed_origins: Vec<Origin>,
    trusted_proxies: Vec<Cidr>,
    introspection: bool,
    batch_max: usize,
    cost_max: u32,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("documents", &self.documents).finish_non_exhaustive()
    }
}

/// What a call is to run, or why it does not run.
pub(super) type Admission = Result<Admitted, Refusal>;

/// What stays the same over all calls of a batch.
struct Sender {
    credential: Credential,
    origin: CallOrigin,
    face: Face,
    by_get: bool,
}

impl Endpoint {
    pub fn new(app: Arc<App>, documents: Documents, links: Links, config: &Config, metrics: Metrics) -> Self {
        Self {
            public_origin: Origin::parse(&links.public_url),
            schema: schema::build(Arc::clone(&app), links, config.introspection),
            documents,
            app,
            metrics,
            allowed_origins: config.allowed_origins.iter().filter_map(|text| Origin::parse(text)).collect(),
            trusted_proxies: config.trusted_proxies.clone(),
            introspection: config.introspection,
            batch_max: config.http.batch_max.min(BATCH_CEILING),
            cost_max: u32::try_from(config.graphql.cost_max).unwrap_or(u32::MAX),
        }
    }

    /// Parsed documents kept.
    pub fn documents_cached(&self) -> usize {
        usize::try_from(self.documents.cached().0).unwrap_or(usize::MAX)
    }

    pub(super) fn app(&self) -> &Arc<App> {
        &self.app
    }

    pub(super) fn schema(&self) -> &ChatSchema {
        &self.schema
    }

    pub(super) fn introspection(&self) -> bool {
        self.introspection
    }

    /// Counts an operation by the code of its first error.
    pub(super) fn count(&self, kind: &'static str, code: Option<&'static str>) {
        self.metrics.graphql_operation(kind, code);
    }

    pub(super) fn count_deliveries(&self, items: usize) {
        self.metrics.delivered(items);
    }

    async fn serve(&self, sender: &Sender, calls: Result<Calls, Error>) -> Response {
        let face = &sender.face;
        match calls {
            Err(error) => face.refuse(&error),
            Ok(Calls::One(call)) => {
                let admitted = self.admit(&call);
                let answer = self.call(sender, *call, admitted).await;
                face.respond(answer)
            }
            Ok(Calls::Batch(calls)) => match self.admit_batch(calls) {
                Err(error) => face.refuse(&error),
                Ok(calls) => {
                    let mut answers = Vec::with_capacity(calls.len());
                    for (call, admitted) in calls {
                        answers.push(self.call(sender, call, admitted).await);
                    }
                    face.respond_batch(answers)
                }
            },
        }
    }

    /// A batch is bounded, and guesses at passwords in it count as one request's.
    ///
    /// What is counted here is what runs: were calls admitted again one by one, a hash that is unknown
    /// now could name a login that a later call of the same batch brings.
    fn admit_batch(&self, calls: Vec<Call>) -> Result<Vec<(Call, Admission)>, Error> {
        if self.batch_max == 0 {
            return Err(Error::plain(Code::BadInput, "Batches are off; send one operation in each request."));
        }
        if calls.is_empty() || calls.len() > self.batch_max {
            let text = format!("A batch holds 1 to {} operations.", self.batch_max);
            return Err(Error::plain(Code::BadInput, text));
        }
        let calls: Vec<(Call, Admission)> = calls
            .into_iter()
            .map(|call| {
                let admitted = self.admit(&call);
                (call, admitted)
            })
            .collect();
        let admitted = calls.iter().filter_map(|(_, admitted)| admitted.as_ref().ok());
        let logins: u64 = admitted.map(|admitted| admitted.operation.logins).sum();
        if logins > 1 {
            return Err(Error::plain(
                Code::BadInput,
                "A batch holds at most one login, signup or refreshSession.",
            ));
        }
        Ok(calls)
    }

    pub(super) fn admit(&self, call: &Call) -> Admission {
        let incoming = Incoming {
            query: call.query.as_deref(),
            operation_name: call.operation_name.as_deref(),
            variables: &call.variables,
            document_id: call.document_id.as_deref(),
            persisted: persisted_hash(call.persisted_query.as_ref())?,
        };
        self.documents.admit(&incoming, self.cost_max)
    }

    async fn call(&self, sender: &Sender, call: Call, admitted: Admission) -> Answer {
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                self.count("unknown", Some(refusal.code_name()));
                return Answer::refused(&refusal);
            }
        };
        let (Ok(answer) | Err(answer)) = self.run(sender, call, &admitted).await;
        self.count(kind_name(admitted.kind()), answer.code());
        answer
    }

    async fn run(&self, sender: &Sender, call: Call, admitted: &Admitted) -> Result<Answer, Answer> {
        match admitted.kind() {
            OperationType::Query => {}
            OperationType::Mutation if sender.by_get => return Err(Answer::not_by_get()),
            OperationType::Mutation => {}
            OperationType::Subscription => {
                let text = "Subscriptions do not travel over plain HTTP requests.";
                return Err(Answer::fault(Error::plain(Code::BadInput, text)));
            }
        }
        let viewer = self.viewer(sender, admitted).await.map_err(Answer::unauthenticated)?;
        let caller = Caller {
            viewer,
            origin: sender.origin.clone(),
            language: sender.face.language,
            request_id: sender.face.request_id.clone(),
        };
        self.execute(&caller, None, call.variables, admitted).await
    }

    /// Executes a query or a mutation for a caller who is known.
    pub(super) async fn execute(
        &self,
        caller: &Caller,
        connection: Option<Connection>,
        variables: Variables,
        admitted: &Admitted,
    ) -> Result<Answer, Answer> {
        if admitted.operation.introspects && !self.introspection {
            let text = "This server does not show its schema.";
            return Err(Answer::fault(Error::plain(Code::Forbidden, text)));
        }
        let mut request = admitted
            .request(variables)
            .data(caller.clone())
            .data(loaders(Arc::clone(&self.app), caller.viewer));
        if let Some(connection) = connection {
            request = request.data(connection);
        }
        let executed = self.schema.execute(request).await;
        // Of two mutations the first may have had its effect before the second was found malformed.
        let harmless = admitted.kind() == OperationType::Query || admitted.operation.fields_at_root == 1;
        Ok(Answer::executed(executed, self.introspection, harmless, &caller.request_id))
    }

    /// Who calls. A stale token does not stand in the way of getting a fresh one.
    async fn viewer(&self, sender: &Sender, admitted: &Admitted) -> Result<Viewer, Error> {
        match self.app.authenticate(&sender.credential).await {
            Ok(viewer) => Ok(viewer),
            Err(error)
                if matches!(error.code(), Code::Unauthenticated | Code::TokenExpired)
                    && admitted.operation.roots_are_among(&PUBLIC_FIELDS) =>
            {
                Ok(Viewer::Anonymous)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads what headers say of the sender, and refuses what a foreign page may have sent.
    fn sender(&self, parts: &Parts<'_>) -> Result<Sender, Box<Response>> {
        let Parts { method, uri, headers, peer, request_id } = *parts;
        let language = text(headers, header::ACCEPT_LANGUAGE).map_or(Language::English, Language::negotiate);
        let media = Media::negotiate(headers);
        let face = Face { media: media.unwrap_or(Media::Json), language, request_id: request_id.to_owned() };
        if media.is_none() {
            return Err(Box::new(face.not_acceptable()));
        }
        let trusted = |ip| self.trusted_proxies.iter().any(|network| network.contains(ip));
        let client = Client::resolve(peer, uri, headers, trusted);
        let asked = client.host.as_deref().and_then(|host| Origin::of_host(client.scheme.as_str(), host));
        let own: Vec<Origin> = asked.into_iter().chain(self.public_origin.clone()).collect();
        if is_cross_site(headers, method, &own, &self.allowed_origins) {
            return Err(Box::new(face.refuse_cross_site()));
        }
        let authorization = headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        let origin = CallOrigin {
            address: Some(client.address.limit_key().0),
            client: text(headers, header::USER_AGENT).unwrap_or_default().to_owned(),
        };
        if let Err(refusal) = self.app.admit_request(&Viewer::Anonymous, &origin) {
            return Err(Box::new(face.refuse(&refusal)));
        }
        Ok(Sender {
            credential: Credential::from_headers(authorization),
            origin,
            face,
            by_get: method == Method::GET || method == Method::HEAD,
        })
    }
}

/// What the handlers take from a request besides its body.
struct Parts<'r> {
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
    peer: SocketAddr,
    request_id: &'r str,
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `GET /graphql?query=…`: queries only.
pub async fn get(
    State(endpoint): State<Arc<Endpoint>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(request_id): Extension<RequestId>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let parts =
        Parts { method: &method, uri: &uri, headers: &headers, peer, request_id: request_id.as_str() };
    match endpoint.sender(&parts) {
        Ok(sender) => endpoint.serve(&sender, request::from_query(uri.query().unwrap_or_default())).await,
        Err(refusal) => *refusal,
    }
}

/// `POST /graphql` with a JSON body.
pub async fn post(
    State(endpoint): State<Arc<Endpoint>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(request_id): Extension<RequestId>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let parts =
        Parts { method: &method, uri: &uri, headers: &headers, peer, request_id: request_id.as_str() };
    let sender = match endpoint.sender(&parts) {
        Ok(sender) => sender,
        Err(refusal) => return *refusal,
    };
    if !negotiate::is_json(&headers) {
        return sender.face.unsupported_media();
    }
    match body {
        Ok(body) => endpoint.serve(&sender, request::from_body(&body)).await,
        // The server has already said what is wrong with a body that did not arrive.
        Err(_) => sender.face.refuse(&Error::new(Code::PayloadTooLarge, Text::PayloadTooLarge)),
    }
}
