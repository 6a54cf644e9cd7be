//! The body of a request, in the three forms that the originals read: JSON, form and multipart.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::rest::reply::Refusal;

/// Fields of a form and parts of a multipart body; more are refused, as Django does.
const FIELDS_MAX: usize = 1000;
const MULTIPART: &str = "multipart/form-data";

/// A file that came with a form.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// What the caller calls it.
    pub(super) name: String,
    pub(super) bytes: Bytes,
}

/// One value of a form.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Text(String),
    File(File),
}

/// What a body says.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Json(Map<String, Value>),
    Form(Vec<(String, Part)>),
}

/// What a body says of one field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'d> {
    Absent,
    Json(&'d Value),
    Text(&'d str),
    File(&'d File),
}

impl Data {
    /// Reads the body as its content type says. No body at all says nothing about any field.
    pub(super) async fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self::Json(Map::new()));
        }
        let media = media(headers);
        match essence(media).as_str() {
            "application/json" => json(body),
            "application/x-www-form-urlencoded" => form(body),
            MULTIPART => multipart(media, body).await,
            _ => Err(unsupported(media)),
        }
    }

    /// As [`Data::read`], where nothing but multipart is read.
    pub(super) async fn read_multipart(headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        let media = media(headers);
        if !body.is_empty() && essence(media) != MULTIPART {
            return Err(unsupported(media));
        }
        Self::read(headers, body).await
    }

    pub(super) fn get(&self, name: &str) -> Given<'_> {
        match self {
            Self::Json(object) => object.get(name).map_or(Given::Absent, Given::Json),
            // Of several the last counts.
            Self::Form(parts) => match parts.iter().rev().find(|(given, _)| given == name) {
                None => Given::Absent,
                Some((_, Part::Text(text))) => Given::Text(text),
                Some((_, Part::File(file))) => Given::File(file),
            },
        }
    }

    /// All texts that a form gives under one name.
    pub(super) fn texts<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d str> {
        let parts = match self {
            Self::Json(_) => &[][..],
            Self::Form(parts) => parts.as_slice(),
        };
        parts.iter().filter(move |(given, _)| given == name).filter_map(|(_, part)| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::File(_) => None,
        })
    }

    pub(super) fn is_form(&self) -> bool {
        matches!(self, Self::Form(_))
    }
}

fn media(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn json(body: &Bytes) -> Result<Data, Refusal> {
    let broken = |error: serde_json::Error| {
        Refusal::detail(StatusCode::BAD_REQUEST, &format!("JSON parse error - {error}"))
    };
    let kind = match serde_json::from_slice(body).map_err(broken)? {
        Value::Object(object) => return Ok(Data::Json(object)),
        Value::Null => return Err(Refusal::field("non_field_errors", "No data provided")),
        other => python_type(&other),
    };
    let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
    Err(Refusal::field("non_field_errors", text))
}

fn form(body: &Bytes) -> Result<Data, Refusal> {
    let parts: Vec<(String, Part)> = form_urlencoded::parse(body)
        .take(FIELDS_MAX + 1)
        .map(|(name, value)| (name.into_owned(), Part::Text(value.into_owned())))
        .collect();
    if parts.len() > FIELDS_MAX { Err(too_many()) } else { Ok(Data::Form(parts)) }
}

async fn multipart(media: &str, body: &Bytes) -> Result<Data, Refusal> {
    let broken = |error: multer::Error| {
        Refusal::detail(StatusCode::BAD_REQUEST, &format!("Multipart form parse error - {error}"))
    };
    let boundary = multer::parse_boundary(media).map_err(broken)?;
    let whole = body.clone();
    let bytes = futures_util::stream::once(async move { Ok::<_, std::io::Error>(whole) });
    let mut read = multer::Multipart::new(bytes, boundary);
    let mut parts = Vec::new();
    while let Some(field) = read.next_field().await.map_err(broken)? {
        if parts.len() == FIELDS_MAX {
            return Err(too_many());
        }
        let name = field.name().unwrap_or_default().to_owned();
        let part = match field.file_name().map(str::to_owned) {
            Some(file) => Part::File(File { name: file, bytes: field.bytes().await.map_err(broken)? }),
            None => Part::Text(field.text().await.map_err(broken)?),
        };
        parts.push((name, part));
    }
    Ok(Data::Form(parts))
}

fn too_many() -> Refusal {
    Refusal::detail(StatusCode::BAD_REQUEST, &format!("The form has more than {FIELDS_MAX} fields."))
}

/// The refusal of a body in a form that is not read.
pub(super) fn unsupported(media: &str) -> Refusal {
    let text = format!("Unsupported media type \"{media}\" in request.");
    Refusal::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, &text)
}

/// What the originals call the type of a value.
pub(super) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
