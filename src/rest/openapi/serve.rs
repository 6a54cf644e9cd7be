//! `/api/schema/`: the document in YAML, or in JSON where the query or `Accept` asks for it.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Deserialize;

use crate::rest::openapi::{as_json, describe};
use crate::rest::route::Dialect;

const YAML: &str = "application/vnd.oai.openapi; charset=utf-8";
const JSON: &str = "application/vnd.oai.openapi+json";
/// Media types that callers may ask for by name, and whether each is JSON.
const MEDIA: [(&str, bool); 4] = [
    ("application/vnd.oai.openapi", false),
    ("application/yaml", false),
    ("application/vnd.oai.openapi+json", true),
    ("application/json", true),
];

/// The document in both forms, each made when it is first asked for.
struct Texts {
    dialects: Vec<Arc<Dialect>>,
    json: OnceLock<Bytes>,
    yaml: OnceLock<Bytes>,
}

impl Texts {
    fn json(&self) -> Bytes {
        self.json.get_or_init(|| as_json(&describe(&self.dialects)).into()).clone()
    }

    fn yaml(&self) -> Bytes {
        self.yaml.get_or_init(|| describe(&self.dialects).to_yaml().unwrap_or_default().into()).clone()
    }
}

#[derive(Deserialize)]
struct Asked {
    format: Option<String>,
}

pub(in crate::rest) fn routes(dialects: &[Arc<Dialect>]) -> Router {
    let texts = Arc::new(Texts { dialects: dialects.to_vec(), json: OnceLock::new(), yaml: OnceLock::new() });
    let serve = move |Query(asked): Query<Asked>, headers: HeaderMap| {
        let texts = Arc::clone(&texts);
        async move { answer(&texts, asked.format.as_deref(), &headers) }
    };
    Router::new().route("/api/schema/", get(serve.clone())).route("/api/schema", get(serve))
}

fn answer(texts: &Texts, format: Option<&str>, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (media, is_json) = match format {
        None => accepted(accept).unwrap_or((YAML, false)),
        Some("json") => (JSON, true),
        Some("yaml") => (YAML, false),
        Some(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    let text = if is_json { texts.json() } else { texts.yaml() };
    ([(header::CONTENT_TYPE, media), (header::VARY, "Accept")], text).into_response()
}

/// The first media type in the header that the document has.
fn accepted(accept: &str) -> Option<(&'static str, bool)> {
    let mut ranges = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    let known = |range: &str| MEDIA.into_iter().find(|(media, _)| media.eq_ignore_ascii_case(range));
    ranges.find_map(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_media_type_that_there_is_is_given() {
        for (accept, expected) in [
            ("application/json", Some("application/json")),
            ("text/html, Application/YAML;q=0.5, application/json", Some("application/yaml")),
            ("application/vnd.oai.openapi+json", Some("application/vnd.oai.openapi+json")),
            ("*/*", None),
            ("text/html,application/xhtml+xml", None),
            ("", None),
        ] {
            assert_eq!(accepted(accept).map(|(media, _)| media), expected, "{accept}");
        }
    }
}
