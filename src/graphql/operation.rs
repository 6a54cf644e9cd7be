//! One operation from its call to its end, for transports that stay open: WebSocket and streams of events.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::Variables;
use async_graphql::parser::types::OperationType;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::json;

use crate::app::live::Resume;
use crate::error::{Code, Error};
use crate::graphql::answer::Answer;
use crate::graphql::call::Call;
use crate::graphql::context::Caller;
use crate::graphql::documents::Admitted;
use crate::graphql::error::error_json;
use crate::graphql::http::{Admission, Endpoint};
use crate::graphql::live::{Live, Opened};
use crate::graphql::ws::connection::Connection;

/// One execution result on its way to a client.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    /// JSON of one execution result.
    pub(super) payload: Bytes,
    /// Where to go on after it, for what is part of a feed.
    pub(super) place: Option<Resume>,
}

/// What an operation yields.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Next(Delivery),
    /// A JSON list of errors. Nothing follows.
    Errors(Bytes),
}

/// JSON of our own making, which is UTF-8; checking it at once is faster than looking for faults.
pub(super) fn text(json: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(json).map_or_else(|_| String::from_utf8_lossy(json), Cow::Borrowed)
}

/// A running operation: all that is ready comes together, and its end is its completion.
///
/// Queries and mutations have an upper bound of their `size_hint`; subscriptions have none.
pub(super) type Operation = Pin<Box<dyn Stream<Item = Vec<Item>> + Send>>;

impl Endpoint {
    /// Runs a call for a caller who is known. Refusals are items like any other.
    ///
    /// `connection` is the socket it came by, which it may renew.
    pub(super) fn operate(
        self: &Arc<Self>,
        caller: &Caller,
        connection: Option<&Connection>,
        call: Call,
    ) -> Operation {
        let admission = self.admit(&call);
        self.start(caller, connection, call, admission)
    }

    /// As [`Endpoint::operate`], for a call that was looked at before.
    pub(super) fn start(
        self: &Arc<Self>,
        caller: &Caller,
        connection: Option<&Connection>,
        call: Call,
        admission: Admission,
    ) -> Operation {
        let admitted = match admission {
            Ok(admitted) => admitted,
            Err(refusal) => {
                self.count("unknown", Some(refusal.code_name()));
                return only(refused(caller, &Answer::refused(&refusal)));
            }
        };
        let (endpoint, caller) = (Arc::clone(self), Arc::new(caller.clone()));
        match admitted.kind() {
            OperationType::Query | OperationType::Mutation => {
                let connection = connection.cloned();
                let run = async move {
                    vec![endpoint.run_once(&caller, connection, call.variables, &admitted).await]
                };
                stream::once(run).boxed()
            }
            OperationType::Subscription => {
                let Call { variables, resume, .. } = call;
                let start = Stage::Opening(Box::new(Start { endpoint, caller, admitted, variables, resume }));
                // A running subscription holds one box, and no frames of the functions that opened it.
                stream::unfold(start, |stage| async move {
                    match stage {
                        Stage::Opening(start) => Some(Box::pin(start.open()).await),
                        Stage::Live(mut live) => {
                            let items = live.next().await?;
                            Some((items, Stage::Live(live)))
                        }
                        Stage::Over => None,
                    }
                })
                .boxed()
            }
        }
    }

    async fn run_once(
        &self,
        caller: &Caller,
        connection: Option<Connection>,
        variables: Variables,
        admitted: &Admitted,
    ) -> Item {
        let (Ok(answer) | Err(answer)) = self.execute(caller, connection, variables, admitted).await;
        self.count(kind_name(admitted.kind()), answer.code());
        match answer {
            Answer::Executed(executed) => match serde_json::to_vec(&*executed) {
                Ok(payload) => Item::Next(Delivery { payload: payload.into(), place: None }),
                Err(error) => fault(caller, &Error::internal(error)),
            },
            Answer::Refused { .. } => refused(caller, &answer),
        }
    }
}

enum Stage {
    Opening(Box<Start>),
    Live(Box<Live>),
    Over,
}

struct Start {
    endpoint: Arc<Endpoint>,
    caller: Arc<Caller>,
    admitted: Admitted,
    variables: Variables,
    resume: Option<String>,
}

impl Start {
    async fn open(self) -> (Vec<Item>, Stage) {
        let Self { endpoint, caller, admitted, variables, resume } = self;
        match Live::open(Arc::clone(&endpoint), Arc::clone(&caller), admitted, variables, resume).await {
            Opened::Live(live) => {
                endpoint.count("subscription", None);
                (Vec::new(), Stage::Live(live))
            }
            Opened::Refused(answer) => {
                endpoint.count("subscription", answer.code());
                (vec![refused(&caller, &answer)], Stage::Over)
            }
        }
    }
}

pub(super) const fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

fn only(item: Item) -> Operation {
    stream::iter([vec![item]]).boxed()
}

fn refused(caller: &Caller, answer: &Answer) -> Item {
    Item::Errors(json!(answer.errors(caller.language, &caller.request_id)).to_string().into())
}

/// A fault of ours that ends an operation.
pub(super) fn fault(caller: &Caller, error: &Error) -> Item {
    Item::Errors(error_list(caller, error))
}

/// A JSON list of one error.
pub(super) fn error_list(caller: &Caller, error: &Error) -> Bytes {
    json!([error_json(error, caller.language, &caller.request_id)]).to_string().into()
}

/// Whether a fault passes by itself, so that what failed is worth trying again.
pub(super) fn is_passing(code: Code) -> bool {
    code == Code::Unavailable
}
