//! Pages of foreign origins that callers of a dialect expect to be let in. Where origins are configured, those
//! alone are: the server answers for them before a request comes here.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::rest::route::Route;

/// What the pages may send, and what they may read.
const SENT: HeaderValue = HeaderValue::from_static("authorization, content-type, accept, accept-language");
const READ: HeaderValue = HeaderValue::from_static("x-request-id, retry-after");
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// A request as pages may make it to a route that lets some in.
pub(super) struct Visit {
    /// The page's origin, if it is let in.
    origin: Option<HeaderValue>,
    /// What may be done there.
    methods: String,
    asks_first: bool,
}

impl Visit {
    /// Nothing where no page is let in.
    pub(super) fn of(route: &Route, method: &Method, headers: &HeaderMap) -> Option<Self> {
        let admits =
            |origin: &&HeaderValue| route.pages.iter().any(|page| page.as_bytes() == origin.as_bytes());
        let asks_first = *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        (!route.pages.is_empty()).then(|| Self {
            origin: headers.get(ORIGIN).filter(admits).cloned(),
            methods: route.allow(),
            asks_first,
        })
    }

    /// The answer to a browser that asks whether its page may come.
    pub(super) fn preflight(&self) -> Option<Response> {
        self.asks_first.then(|| {
            let mut response = StatusCode::OK.into_response();
            if let (Some(_), Ok(methods)) = (&self.origin, HeaderValue::from_str(&self.methods)) {
                let headers = response.headers_mut();
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, SENT);
                headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            }
            self.share(response)
        })
    }

    /// Lets the page read an answer.
    pub(super) fn share(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = &self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
        }
        response
    }
}
