//! GraphQL over HTTP, as the specification has it: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! Bounds on bodies, time and connections are the server's; here a request is read, admitted,
//! authenticated, executed and answered. Who takes a stream of events gets one, from `streams.rs`.

mod handlers;
mod negotiate;
mod request;
mod response;
mod sender;

use std::sync::Arc;

use async_graphql::Variables;
use async_graphql::parser::types::OperationType;
use axum::response::Response;
use tokio::sync::watch;

use crate::app::App;
use crate::app::auth::Identity;
use crate::config::Config;
use crate::error::{Code, Error};
use crate::graphql::answer::Answer;
use crate::graphql::auth::PUBLIC_FIELDS;
use crate::graphql::call::Call;
use crate::graphql::context::{Caller, Links};
use crate::graphql::documents::{Admitted, Documents, Incoming, persisted_hash};
use crate::graphql::guard::Refusal;
use crate::graphql::loaders::loaders;
use crate::graphql::operation::kind_name;
use crate::graphql::schema::{self, ChatSchema};
use crate::graphql::server_info::Allowances;
use crate::graphql::streams::{Carrier, Streams};
use crate::graphql::ws::connection::Connection;
use crate::http::gate::Gate;
use crate::metrics::Metrics;

use request::Calls;

pub use handlers::{delete, get, post, put};
pub(in crate::graphql) use sender::Sender;

/// Calls that one batch may hold, whatever the configuration says.
const BATCH_CEILING: usize = 10;

/// The `/graphql` endpoint.
pub struct Endpoint {
    schema: ChatSchema,
    documents: Documents,
    app: Arc<App>,
    metrics: Metrics,
    streams: Streams,
    gate: Arc<Gate>,
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

impl Endpoint {
    pub fn new(
        (app, documents): (Arc<App>, Documents),
        (links, gate): (Links, Arc<Gate>),
        config: &Config,
        metrics: Metrics,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            streams: Streams::new(config, metrics.clone(), stop),
            gate,
            schema: schema::build(Arc::clone(&app), links, Allowances::of(config), config.introspection),
            documents,
            app,
            metrics,
            introspection: config.introspection,
            batch_max: config.http.batch_max.min(BATCH_CEILING),
            cost_max: u32::try_from(config.graphql.cost_max).unwrap_or(u32::MAX),
        }
    }

    /// Parsed documents kept.
    pub fn documents_cached(&self) -> usize {
        usize::try_from(self.documents.cached().0).unwrap_or(usize::MAX)
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn app(&self) -> &Arc<App> {
        &self.app
    }

    pub(super) fn schema(&self) -> &ChatSchema {
        &self.schema
    }

    pub(super) fn streams(&self) -> &Streams {
        &self.streams
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

    async fn serve(self: &Arc<Self>, sender: &Sender, calls: Result<Calls, Error>) -> Response {
        let face = &sender.face;
        match calls {
            Err(error) => face.refuse(&error),
            Ok(Calls::One(call)) => {
                let admitted = self.admit(&call);
                if let Some(carrier) = sender.carrier(&admitted) {
                    return self.stream(sender, carrier, *call, admitted).await;
                }
                if sender.accepted.media.is_none() {
                    return face.not_acceptable();
                }
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

    /// Runs one operation whose results leave one by one. What is wrong with its document is told in the
    /// stream, since a browser does not show the body of a refused one.
    async fn stream(
        self: &Arc<Self>,
        sender: &Sender,
        carrier: Carrier,
        call: Call,
        admission: Admission,
    ) -> Response {
        let identity = match &admission {
            Ok(admitted) if sender.by_get && admitted.kind() == OperationType::Mutation => {
                return sender.face.respond(Answer::not_by_get());
            }
            Ok(admitted) => match self.identify(sender, admitted).await {
                Ok(identity) => identity,
                Err(error) => return sender.face.respond(Answer::unauthenticated(error)),
            },
            Err(_) => Identity::ANONYMOUS,
        };
        let caller = sender.caller(identity.viewer);
        let call = Call { resume: sender.last_event_id.clone(), ..call };
        let operation = self.start(&caller, None, call, admission);
        match self.streams.answer(&self.app, carrier, &caller, &identity, operation) {
            Ok(response) => response,
            Err(error) => sender.face.refuse(&error),
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
                let text = "Subscriptions travel over a WebSocket, or over HTTP to who accepts text/event-stream \
                            or multipart/mixed;subscriptionSpec=1.0.";
                return Err(Answer::fault(Error::plain(Code::BadInput, text)));
            }
        }
        let identity = self.identify(sender, admitted).await.map_err(Answer::unauthenticated)?;
        self.execute(&sender.caller(identity.viewer), None, call.variables, admitted).await
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
    async fn identify(&self, sender: &Sender, admitted: &Admitted) -> Result<Identity, Error> {
        match self.app.identify(&sender.credential).await {
            Ok(identity) => Ok(identity),
            Err(error)
                if matches!(error.code(), Code::Unauthenticated | Code::TokenExpired)
                    && admitted.operation.roots_are_among(&PUBLIC_FIELDS) =>
            {
                Ok(Identity::ANONYMOUS)
            }
            Err(error) => Err(error),
        }
    }
}
