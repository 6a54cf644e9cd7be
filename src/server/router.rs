//! Every route of the server, and what all requests pass through.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::sync::watch;

use crate::auth::{Keys, random};
use crate::config::Config;
use crate::graphql::context::Links;
use crate::graphql::http::{self, Endpoint};
use crate::graphql::ws::{self, Sockets};
use crate::http::gate::Gate;
use crate::http::headers::Origin;
use crate::metrics::{Levels, Metrics};
use crate::rest::{self, Rest, media};
use crate::server::assemble::Assembly;
use crate::server::health::{self, Check, NotReady, ReadLevels};
use crate::server::listener::Bounds;
use crate::server::middleware::{self, BoundsOfRoute, RequestBounds, Settings};
use crate::ui;

/// The whole server as one service.
pub fn router(
    assembly: Assembly,
    config: &Config,
    public_url: String,
    metrics: &Metrics,
    stop: watch::Receiver<bool>,
) -> Router {
    let Assembly { app, keys, documents } = assembly;
    let https = public_url.starts_with("https://");
    let gate = Arc::new(Gate::new(config, &public_url));
    let own_url = public_url.clone();
    let links = Links { public_url };
    let shared = (Arc::clone(&app), documents);
    let endpoint =
        Arc::new(Endpoint::new(shared, (links, Arc::clone(&gate)), config, metrics.clone(), stop.clone()));
    let shared = (Arc::clone(&endpoint), Arc::clone(&app));
    let sockets = Arc::new(Sockets::new(shared, config, metrics.clone(), stop.clone()));
    let shared = (Arc::clone(&app), gate);
    let rest = Arc::new(Rest::new(shared, config, own_url, metrics.clone(), stop.clone()));
    let levels: ReadLevels = {
        let (app, endpoint) = (Arc::clone(&app), Arc::clone(&endpoint));
        Arc::new(move || {
            let held = app.hub().holdings();
            Levels {
                live_rooms: held.rooms,
                live_readers: held.readers,
                live_events: held.events,
                documents_cached: endpoint.documents_cached(),
                write_queue: app.store().write_queue_len(),
                index_backlog: app.index_backlog_len(),
                password_queue: app.password_queue_len(),
                db_in_use: app.store().pool_usage().0,
                db_statements: app.store().statements(),
                people_online: app.hub().people_here(),
                people_typing: app.hub().people_typing(),
                decode_queue: app.decode_queue_len(),
            }
        })
    };
    let database = Check::new("database", move || {
        let app = Arc::clone(&app);
        async move { app.store().ping().await.map_err(|_| NotReady) }
    });
    let faces = graphql(endpoint, sockets).merge(rest.routes()).merge(ui::routes()).merge(jwks(keys));
    let probes = health::routes(vec![database], stop, Some((metrics.clone(), levels)));
    let settings = Settings {
        bounds: bounds(config),
        bounds_of_route: Some(bounds_of_route(config)),
        allowed_origins: config.allowed_origins.iter().filter_map(|text| Origin::parse(text)).collect(),
        https,
        request_ids: Arc::new(random::request_id),
        metrics: metrics.clone(),
    };
    middleware::layer(middleware::fallbacks(faces), probes, &settings)
}

/// The connection's and the requests' bounds, as configured.
pub fn bounds(config: &Config) -> Bounds {
    let http = &config.http;
    Bounds {
        connections_max: http.connections_max,
        header_timeout: http.header_timeout,
        body_timeout: http.body_timeout,
        idle_timeout: http.idle_timeout,
        request_timeout: http.request_timeout,
        body_bytes_max: http.body_bytes_max,
        header_bytes_max: http.header_bytes_max,
        // Closing takes a moment of its own.
        drain_timeout: http.drain_timeout.saturating_sub(Duration::from_millis(500)),
    }
}

/// Files are larger than other bodies, and take longer to send.
fn bounds_of_route(config: &Config) -> BoundsOfRoute {
    let (body_bytes_max, body_timeout) = (config.media.file_bytes_max, config.media.upload_timeout);
    let form_bytes_max = config.media.picture_bytes_max.saturating_add(config.http.body_bytes_max);
    Arc::new(move |route, headers, default| match route {
        media::UPLOAD_ROUTE => RequestBounds { body_bytes_max, body_timeout, ..default },
        "/graphql" => default,
        // A picture among the fields of a form, as the dialects take it.
        _ if rest::is_multipart(headers) => {
            RequestBounds { body_bytes_max: form_bytes_max, body_timeout, ..default }
        }
        _ => default,
    })
}

/// A browser that opens `/graphql` sees the playground; everyone else talks to the schema, over HTTP, a stream
/// of events or a WebSocket.
fn graphql(endpoint: Arc<Endpoint>, sockets: Arc<Sockets>) -> Router {
    let first = from_fn_with_state(sockets, socket_or_page_first);
    let api = get(http::get).post(http::post).put(http::put).delete(http::delete).route_layer(first);
    Router::new().route("/graphql", api).with_state(endpoint)
}

async fn socket_or_page_first(State(sockets): State<Arc<Sockets>>, request: Request, next: Next) -> Response {
    if ws::is_upgrade(request.method(), request.headers()) {
        return sockets.upgrade(request.into_parts().0).await;
    }
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if reads && ui::wants_page(request.headers(), request.uri()) {
        return ui::playground(request.headers());
    }
    next.run(request).await
}

/// The public keys that tokens of this server can be verified with.
fn jwks(keys: Arc<Keys>) -> Router {
    let serve = move || {
        let keys = Arc::clone(&keys);
        async move { ([(header::CACHE_CONTROL, "public, max-age=300")], Json(keys.jwks())).into_response() }
    };
    Router::new().route("/.well-known/jwks.json", get(serve))
}
