//! Who sends a request, as far as its head tells.

use std::net::SocketAddr;

use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::app::auth::Origin as CallOrigin;
use crate::auth::Credential;
use crate::domain::sessions::Viewer;
use crate::error::Language;
use crate::graphql::context::Caller;
use crate::graphql::http::negotiate::{Accepted, Media};
use crate::graphql::http::response::Face;
use crate::graphql::http::{Admission, Endpoint};
use crate::graphql::streams::Carrier;
use crate::http::headers::RequestId;

/// What stays the same over all calls of a request.
pub(in crate::graphql) struct Sender {
    pub(in crate::graphql) credential: Credential,
    pub(super) origin: CallOrigin,
    pub(in crate::graphql) face: Face,
    pub(super) by_get: bool,
    pub(super) accepted: Accepted,
    /// The id of the last event that a stream of events had when it broke.
    pub(super) last_event_id: Option<String>,
}

impl Sender {
    pub(in crate::graphql) fn caller(&self, viewer: Viewer) -> Caller {
        Caller {
            viewer,
            origin: self.origin.clone(),
            language: self.face.language,
            request_id: self.face.request_id.clone(),
        }
    }

    /// What carries the results of an operation where they are a stream. Subscriptions take whatever carrier is
    /// accepted; others, and what cannot run, go into events where the caller likes them best.
    pub(super) fn carrier(&self, admission: &Admission) -> Option<Carrier> {
        let Accepted { carrier, carrier_first, .. } = self.accepted;
        match admission {
            Ok(admitted) if admitted.kind() == OperationType::Subscription => carrier,
            _ => carrier.filter(|carrier| carrier_first && *carrier == Carrier::Events),
        }
    }
}

/// A request without its body.
#[derive(Debug)]
pub struct Head {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    peer: SocketAddr,
    request_id: RequestId,
}

impl<S: Send + Sync> FromRequestParts<S> for Head {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await;
        let ConnectInfo(peer) = peer.map_err(IntoResponse::into_response)?;
        let request_id = Extension::<RequestId>::from_request_parts(parts, state).await;
        let Extension(request_id) = request_id.map_err(IntoResponse::into_response)?;
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        Ok(Self { method, uri, headers, peer, request_id })
    }
}

impl Head {
    /// The parameter of the query string, if it is there and says something.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let (_, value) = pairs.find(|(given, _)| given == name)?;
        Some(value.into_owned()).filter(|value| !value.is_empty())
    }

    /// The header, if it is there and says something.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?.trim();
        Some(value.to_owned()).filter(|value| !value.is_empty())
    }
}

impl Endpoint {
    /// Reads what headers say of the sender, and refuses what a foreign page may have sent.
    pub(super) fn sender(&self, head: &Head) -> Result<Sender, Box<Response>> {
        let Head { method, uri, headers, peer, request_id } = head;
        let language = text(headers, header::ACCEPT_LANGUAGE).map_or(Language::English, Language::negotiate);
        let accepted = Accepted::read(headers);
        let media = accepted.media.unwrap_or(Media::Json);
        let face = Face { media, language, request_id: request_id.as_str().to_owned() };
        // The others answer with a word or with nothing.
        let negotiates = [Method::GET, Method::HEAD, Method::POST].contains(method);
        if negotiates && accepted.is_nothing() {
            return Err(Box::new(face.not_acceptable()));
        }
        let visitor = self.gate.visitor(*peer, uri, headers);
        if self.gate.is_cross_site(&visitor, headers, method) {
            return Err(Box::new(face.refuse_cross_site()));
        }
        let authorization = headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        let origin = visitor.origin;
        if let Err(refusal) = self.app.admit_request(&Viewer::Anonymous, &origin) {
            return Err(Box::new(face.refuse(&refusal)));
        }
        Ok(Sender {
            credential: Credential::from_headers(authorization),
            origin,
            face,
            by_get: method == Method::GET || method == Method::HEAD,
            accepted,
            last_event_id: head.header("last-event-id"),
        })
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
