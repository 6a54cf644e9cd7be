//! Who may call from where: the configured proxies and origins, asked about one request at a time.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Method, Uri, header};

use super::client::Client;
use super::headers::{Origin, is_cross_site, origin_allowed};
use crate::app::auth::Origin as CallOrigin;
use crate::config::{Cidr, Config};

/// What of the configuration decides about callers, for every face of the server.
#[derive(Debug, Clone)]
pub struct Gate {
    public_origin: Option<Origin>,
    allowed_origins: Vec<Origin>,
    trusted_proxies: Vec<Cidr>,
}

/// A request as the gate sees it.
#[derive(Debug)]
pub struct Visitor {
    pub client: Client,
    /// What limits count by, and what the device calls itself.
    pub origin: CallOrigin,
    /// The origins under which this caller knows the server.
    own: Vec<Origin>,
}

impl Gate {
    pub fn new(config: &Config, public_url: &str) -> Self {
        Self {
            public_origin: Origin::parse(public_url),
            allowed_origins: config.allowed_origins.iter().filter_map(|text| Origin::parse(text)).collect(),
            trusted_proxies: config.trusted_proxies.clone(),
        }
    }

    /// Reads who sends a request.
    pub fn visitor(&self, peer: SocketAddr, uri: &Uri, headers: &HeaderMap) -> Visitor {
        let trusted = |ip| self.trusted_proxies.iter().any(|network| network.contains(ip));
        let client = Client::resolve(peer, uri, headers, trusted);
        let asked = client.host.as_deref().and_then(|host| Origin::of_host(client.scheme.as_str(), host));
        let own = asked.into_iter().chain(self.public_origin.clone()).collect();
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let origin = CallOrigin {
            address: Some(client.address.limit_key().0),
            client: user_agent.unwrap_or_default().to_owned(),
        };
        Visitor { client, origin, own }
    }

    /// Whether a foreign page may have caused the request through a browser without asking first.
    pub fn is_cross_site(&self, visitor: &Visitor, headers: &HeaderMap, method: &Method) -> bool {
        is_cross_site(headers, method, &visitor.own, &self.allowed_origins)
    }

    /// Whether the page that the headers name, if any, is ours or an allowed one.
    pub fn admits_origin(&self, visitor: &Visitor, headers: &HeaderMap) -> bool {
        origin_allowed(headers, &visitor.own, &self.allowed_origins)
    }
}
