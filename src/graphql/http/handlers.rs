//! The methods of `/graphql`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;

use crate::error::{Code, Error, Text};
use crate::graphql::call::Call;
use crate::graphql::http::request::{self, Calls};
use crate::graphql::http::sender::Head;
use crate::graphql::http::{Endpoint, negotiate};
use crate::graphql::streams::Carrier;

/// Names a single connection of SSE, in a header or in the query string.
const STREAM_TOKEN: (&str, &str) = ("x-graphql-event-stream-token", "token");

impl Head {
    fn stream_token(&self) -> Option<String> {
        let (header, parameter) = STREAM_TOKEN;
        self.header(header).or_else(|| self.parameter(parameter))
    }
}

/// `GET /graphql?query=…`: queries, and subscriptions for who takes a stream. With the token of a single
/// connection, opens its stream.
pub async fn get(State(endpoint): State<Arc<Endpoint>>, head: Head) -> Response {
    let sender = match endpoint.sender(&head) {
        Ok(sender) => sender,
        Err(refusal) => return *refusal,
    };
    let takes_events = sender.accepted.carrier == Some(Carrier::Events);
    match head.stream_token().filter(|_| takes_events) {
        Some(token) => endpoint.open_reserved(&sender, &token).await,
        None => endpoint.serve(&sender, request::from_query(head.uri.query().unwrap_or_default())).await,
    }
}

/// `POST /graphql` with a JSON body. With the token of a single connection, its results go there.
pub async fn post(
    State(endpoint): State<Arc<Endpoint>>,
    head: Head,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let sender = match endpoint.sender(&head) {
        Ok(sender) => sender,
        Err(refusal) => return *refusal,
    };
    if !negotiate::is_json(&head.headers) {
        return sender.face.unsupported_media();
    }
    // The server has already said what is wrong with a body that did not arrive.
    let Ok(body) = body else {
        return sender.face.refuse(&Error::new(Code::PayloadTooLarge, Text::PayloadTooLarge));
    };
    let calls = request::from_body(&body);
    // Addresses carry tokens of many kinds; with an operation's name it is one of ours.
    let is_named = matches!(&calls, Ok(Calls::One(call)) if call.operation_id.is_some());
    match head.header(STREAM_TOKEN.0).or_else(|| head.stream_token().filter(|_| is_named)) {
        Some(token) => match calls.and_then(only) {
            Ok(call) => endpoint.run_reserved(&sender, &token, call).await,
            Err(error) => sender.face.refuse(&error),
        },
        None => endpoint.serve(&sender, calls).await,
    }
}

fn only(calls: Calls) -> Result<Call, Error> {
    match calls {
        Calls::One(call) => Ok(*call),
        Calls::Batch(_) => Err(Error::plain(Code::BadInput, "Batches do not go into a stream.")),
    }
}

/// `PUT /graphql`: reserves a single connection of SSE.
pub async fn put(State(endpoint): State<Arc<Endpoint>>, head: Head) -> Response {
    match endpoint.sender(&head) {
        Ok(sender) => endpoint.reserve(&sender).await,
        Err(refusal) => *refusal,
    }
}

/// `DELETE /graphql?operationId=…`: ends an operation of a single connection.
pub async fn delete(State(endpoint): State<Arc<Endpoint>>, head: Head) -> Response {
    let sender = match endpoint.sender(&head) {
        Ok(sender) => sender,
        Err(refusal) => return *refusal,
    };
    endpoint.end_reserved(&sender, head.stream_token(), head.parameter("operationId")).await
}
