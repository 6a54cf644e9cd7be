//! Which dialect a request is in, where several claim its path; and what happens before a handler runs.
//!
//! In this order: a telling key of the body, the kind of credential, a fixed default. Under `/compat` the path
//! says it, and the header `X-Chat-Dialect` may say it anywhere.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts as _, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use http_body_util::BodyExt as _;

use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Language, Text};
use crate::http::headers::RequestId;
use crate::http::log::log_fault;
use crate::rest::body::Data;
use crate::rest::call::{Call, cookie};
use crate::rest::drf::session;
use crate::rest::options;
use crate::rest::pages::Visit;
use crate::rest::reply::{Refusal, Reply};
use crate::rest::route::{Access, Answer, Dialect, Route};
use crate::rest::sockets;
use crate::rest::{Rest, is_multipart};

/// Names the dialect of a request, so that nothing is guessed.
const DIALECT_HEADER: &str = "x-chat-dialect";

/// One dialect's claim to a path.
#[derive(Clone)]
struct Claim {
    dialect: Arc<Dialect>,
    route: usize,
}

impl Claim {
    fn route(&self) -> Option<&Route> {
        self.dialect.routes.get(self.route)
    }
}

/// Every path of every dialect, in both forms, and again under `/compat`.
pub(super) fn routes(rest: &Arc<Rest>) -> Router {
    let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for dialect in &rest.dialects {
        for (route, path) in dialect.routes.iter().map(|route| route.path).enumerate() {
            let claim = Claim { dialect: Arc::clone(dialect), route };
            let bare = path.trim_end_matches('/');
            claims.entry(bare.to_owned()).or_default().push(claim.clone());
            claims.entry(format!("/compat/{}{bare}", dialect.name)).or_default().push(claim);
        }
    }
    let router = claims.into_iter().fold(Router::new(), |router, (path, claims)| {
        let claims: Arc<[Claim]> = claims.into();
        let rest = Arc::clone(rest);
        let serve = move |request: Request| {
            let (rest, claims) = (Arc::clone(&rest), Arc::clone(&claims));
            async move { serve(rest, &claims, request).await }
        };
        router.route(&format!("{path}/"), any(serve.clone())).route(&path, any(serve))
    });
    router.merge(stand_ins(&rest.dialects)).merge(sockets::routes(rest))
}

/// Leads from the pages of the originals to ours: at their paths, unless ours is there, and under `/compat`.
fn stand_ins(dialects: &[Arc<Dialect>]) -> Router {
    let mut leads: BTreeMap<String, &'static str> = BTreeMap::new();
    for dialect in dialects {
        for page in dialect.stand_ins {
            let bare = page.path.trim_end_matches('/');
            let prefixes =
                [Some(format!("/compat/{}", dialect.name)), (!page.is_in_place()).then(String::new)];
            for prefix in prefixes.into_iter().flatten() {
                leads.insert(format!("{prefix}{bare}"), page.ours);
                if !bare.ends_with('}') {
                    leads.insert(format!("{prefix}{bare}/"), page.ours);
                }
            }
        }
    }
    leads.into_iter().fold(Router::new(), |router, (path, ours)| {
        router.route(&path, get(async move || Reply::redirect(ours)))
    })
}

async fn serve(rest: Arc<Rest>, claims: &[Claim], request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let request_id = request_id(&parts);
    let language = language(&parts.headers);
    let is_head = parts.method == Method::HEAD;
    let visit = visit(&rest, claims, &parts);
    if let Some(preflight) = visit.as_ref().and_then(Visit::preflight) {
        return preflight;
    }
    // Files come whole, so only so many at a time.
    let turn = is_multipart(&parts.headers).then(|| rest.receiving.try_acquire());
    if matches!(turn, Some(Err(_))) {
        let refusal = Refusal::from(Error::unavailable(Duration::from_secs(1)));
        return finish(put_into_words(refusal, language, &request_id), is_head);
    }
    let (answer, session_is_over, allow) = match call(Arc::clone(&rest), &mut parts, body).await {
        Ok(mut call) => {
            let claim = choose(claims, &call).await;
            let allow = claim.and_then(Claim::route).map(Route::allow);
            (handle(claim, &mut call).await, call.session_is_over, allow)
        }
        Err(refusal) => (Err(refusal), false, None),
    };
    let reply = answer.unwrap_or_else(|refusal| put_into_words(refusal, language, &request_id));
    let reply = if session_is_over { session::clear(reply) } else { reply };
    // Every answer of the originals says which methods its path has.
    let reply = allow.into_iter().fold(reply, |reply, allow| reply.header(header::ALLOW, &allow));
    let response = finish(reply, is_head);
    match visit {
        Some(visit) => visit.share(response),
        None => response,
    }
}

fn visit(rest: &Rest, claims: &[Claim], parts: &Parts) -> Option<Visit> {
    let mut routes = claims.iter().filter_map(Claim::route).filter(|_| rest.admits_pages);
    routes.find_map(|route| Visit::of(route, &parts.method, &parts.headers))
}

/// Reads the request whole; its size is bounded before it comes here.
async fn call(rest: Arc<Rest>, parts: &mut Parts, body: Body) -> Result<Call, Refusal> {
    let mut call = head(rest, parts).await?;
    let body = body.collect().await.map_err(|_| {
        Refusal::detail(StatusCode::BAD_REQUEST, "The body of the request could not be read.")
    })?;
    call.body = body.to_bytes();
    Ok(call)
}

/// A request without its body, counted against its sender's budget.
pub(super) async fn head(rest: Arc<Rest>, parts: &mut Parts) -> Result<Call, Refusal> {
    let params = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Refusal::detail(StatusCode::BAD_REQUEST, "The address is not readable."))?;
    let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let ConnectInfo(peer) = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .copied()
        .ok_or_else(|| Error::internal("the connection did not say who calls"))?;
    let visitor = rest.gate.visitor(peer, &parts.uri, &parts.headers);
    rest.app.admit_request(&Viewer::Anonymous, &visitor.origin)?;
    let base = visitor.client.base_url(rest.public_url.as_deref(), |_| true);
    Ok(Call {
        base: base.unwrap_or_else(|| rest.own_url.clone()),
        from_known_page: rest.gate.admits_origin(&visitor, &parts.headers),
        session_is_over: false,
        viewer: Viewer::Anonymous,
        origin: visitor.origin,
        language: language(&parts.headers),
        method: parts.method.clone(),
        uri: parts.uri.clone(),
        headers: std::mem::take(&mut parts.headers),
        params,
        body: Bytes::new(),
        request_id: request_id(parts),
        rest,
    })
}

async fn handle(claim: Option<&Claim>, call: &mut Call) -> Answer {
    let claim = claim.ok_or_else(|| Error::internal("no dialect claims this path"))?;
    let route = claim.route().ok_or_else(Error::not_found)?;
    if !accepts_json(&call.headers) {
        let text = "Could not satisfy the request Accept header.";
        return Err(Refusal::detail(StatusCode::NOT_ACCEPTABLE, text));
    }
    let operation = route.operation(&call.method);
    // Who asks in a wrong way is first asked who they are, as for any other way.
    let access =
        operation.or(route.operations.first()).map_or(Access::SignedIn, |operation| operation.access);
    if access != Access::Unasked {
        call.viewer = (claim.dialect.authenticate)(call).await?;
        call.session_is_over = session::is_over(&claim.dialect, call);
    }
    if access == Access::SignedIn && call.viewer.signed_in().is_none() {
        return Err((claim.dialect.challenge)());
    }
    if call.method == Method::OPTIONS {
        return options::describe(route);
    }
    let Some(operation) = operation else {
        let text = format!("Method \"{}\" not allowed.", call.method);
        return Err(Refusal::detail(StatusCode::METHOD_NOT_ALLOWED, &text));
    };
    (operation.run)(call.take()).await
}

impl Call {
    /// Hands the request on; what is left behind is empty.
    fn take(&mut self) -> Self {
        Self {
            rest: Arc::clone(&self.rest),
            viewer: self.viewer,
            origin: std::mem::take(&mut self.origin),
            language: self.language,
            method: self.method.clone(),
            uri: std::mem::take(&mut self.uri),
            headers: std::mem::take(&mut self.headers),
            base: std::mem::take(&mut self.base),
            from_known_page: self.from_known_page,
            session_is_over: self.session_is_over,
            params: std::mem::take(&mut self.params),
            body: std::mem::take(&mut self.body),
            request_id: std::mem::take(&mut self.request_id),
        }
    }
}

/// The refusal as an answer. Faults of ours are logged here.
pub(super) fn put_into_words(refusal: Refusal, language: Language, request_id: &str) -> Reply {
    let Refusal::App(error) = &refusal else { return refusal.into_reply(language) };
    log_fault(error, request_id);
    if error.code() == Code::Internal {
        let text = Text::Internal.render(language);
        let refusal = Refusal::detail(StatusCode::INTERNAL_SERVER_ERROR, &text);
        return refusal.into_reply(language);
    }
    refusal.into_reply(language)
}

fn finish(reply: Reply, is_head: bool) -> Response {
    let mut response = reply.into_response();
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::VARY).or_insert(HeaderValue::from_static("Accept, Cookie"));
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}

pub(super) fn request_id(parts: &Parts) -> String {
    parts.extensions.get::<RequestId>().map_or("", RequestId::as_str).to_owned()
}

pub(super) fn language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map_or(Language::English, Language::negotiate)
}

/// Whether JSON will do. A browser that would rather have a page gets JSON, too.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if lines.peek().is_none() {
        return true;
    }
    lines.flat_map(|line| line.split(',')).any(|range| {
        let media = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        matches!(media.as_str(), "" | "*/*" | "application/*" | "application/json" | "text/html" | "text/*")
    })
}

/// The dialect that a request is in.
async fn choose<'c>(claims: &'c [Claim], call: &Call) -> Option<&'c Claim> {
    let [first, _, ..] = claims else { return claims.first() };
    let of = |name: &str| claims.iter().find(|claim| claim.dialect.name == name);
    if let Some(claim) = call.header(DIALECT_HEADER).and_then(of) {
        return Some(claim);
    }
    let path = first.route()?.path.trim_end_matches('/');
    let name = match rule(path) {
        Some(rule) => rule(&Signs::of(call).await),
        None => first.dialect.name,
    };
    of(name).or(Some(first))
}

/// What tells one dialect's callers from another's.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "signs are there or not")]
pub(super) struct Signs {
    keys: Vec<String>,
    authorization: bool,
    bearer: bool,
    session_cookie: bool,
    csrf_cookie: bool,
    has_object: bool,
    /// Whether it asks for something to be done.
    posts: bool,
}

impl Signs {
    async fn of(call: &Call) -> Self {
        let credential = call.header("authorization");
        let data = Data::read(&call.headers, &call.body).await.ok().filter(|_| !call.body.is_empty());
        let keys = match &data {
            Some(Data::Json(object)) => object.keys().cloned().collect(),
            Some(Data::Form(parts)) => parts.iter().map(|(name, _)| name.clone()).collect(),
            None => Vec::new(),
        };
        Self {
            keys,
            authorization: credential.is_some(),
            bearer: credential.is_some_and(|value| value.starts_with("Bearer ")),
            session_cookie: cookie(&call.headers, "sessionid").is_some(),
            csrf_cookie: cookie(&call.headers, "csrftoken").is_some(),
            has_object: data.is_some(),
            posts: call.method == Method::POST,
        }
    }

    fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.keys.iter().any(|key| key == name))
    }
}

type Rule = fn(&Signs) -> &'static str;

const MRM: &str = "mrm";
const RTCA: &str = "rtca";

/// How the callers of a path that two dialects claim are told apart.
fn rule(path: &str) -> Option<Rule> {
    match path {
        "/api/register" => Some(register),
        "/api/login" => Some(login),
        "/api/logout" => Some(logout),
        "/api/users" => Some(users),
        _ => None,
    }
}

fn register(signs: &Signs) -> &'static str {
    let rtca = signs.any(&["confirm_password", "first_name", "last_name"]);
    let mrm = signs.any(&["username", "password_confirm", "user_type"]);
    match (rtca, mrm) {
        (true, false) => RTCA,
        (false, true) => MRM,
        (true, true) if signs.any(&["confirm_password"]) => RTCA,
        (true, true) if signs.any(&["password_confirm", "username"]) => MRM,
        (true, true) => RTCA,
        (false, false) if signs.bearer => RTCA,
        (false, false) if signs.session_cookie || signs.csrf_cookie => MRM,
        (false, false) => RTCA,
    }
}

fn login(signs: &Signs) -> &'static str {
    if signs.any(&["username"]) {
        MRM
    } else if signs.any(&["email"]) {
        RTCA
    } else if signs.session_cookie || signs.csrf_cookie {
        MRM
    } else {
        RTCA
    }
}

fn logout(signs: &Signs) -> &'static str {
    if signs.any(&["refresh"]) || signs.bearer {
        RTCA
    } else if signs.session_cookie || (signs.posts && !signs.has_object) {
        MRM
    } else {
        RTCA
    }
}

fn users(signs: &Signs) -> &'static str {
    if !signs.authorization && signs.session_cookie { MRM } else { RTCA }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(keys: &[&str]) -> Signs {
        Signs { keys: keys.iter().map(|&key| key.to_owned()).collect(), has_object: true, ..Signs::default() }
    }

    #[test]
    fn a_registration_is_told_by_its_keys_then_by_its_credential() {
        for (keys, expected) in [
            (&["first_name", "email"][..], RTCA),
            (&["confirm_password"], RTCA),
            (&["username", "password"], MRM),
            (&["user_type"], MRM),
            (&["username", "password_confirm", "first_name"], MRM),
            (&["username", "confirm_password"], RTCA),
            (&["user_type", "last_name"], RTCA),
            (&[], RTCA),
            (&["email", "password"], RTCA),
        ] {
            assert_eq!(register(&signs(keys)), expected, "{keys:?}");
        }
        assert_eq!(register(&Signs { csrf_cookie: true, ..signs(&[]) }), MRM);
        assert_eq!(register(&Signs { csrf_cookie: true, bearer: true, ..signs(&[]) }), RTCA);
    }

    #[test]
    fn a_login_is_told_by_the_name_it_gives() {
        assert_eq!(login(&signs(&["username", "email"])), MRM);
        assert_eq!(login(&signs(&["email"])), RTCA);
        assert_eq!(login(&signs(&[])), RTCA);
        assert_eq!(login(&Signs { session_cookie: true, ..signs(&[]) }), MRM);
    }

    #[test]
    fn a_logout_is_told_by_its_credential() {
        assert_eq!(logout(&signs(&["refresh"])), RTCA);
        assert_eq!(logout(&signs(&[])), RTCA);
        assert_eq!(logout(&Signs { posts: true, ..Signs::default() }), MRM);
        assert_eq!(logout(&Signs::default()), RTCA);
        assert_eq!(logout(&Signs { session_cookie: true, ..signs(&[]) }), MRM);
        assert_eq!(logout(&Signs { bearer: true, ..Signs::default() }), RTCA);
    }

    #[test]
    fn a_list_of_people_is_told_by_its_credential() {
        assert_eq!(users(&Signs::default()), RTCA);
        assert_eq!(users(&Signs { session_cookie: true, ..Signs::default() }), MRM);
        assert_eq!(users(&Signs { session_cookie: true, authorization: true, ..Signs::default() }), RTCA);
    }
}
