//! Reads calls out of a body or a query string. What is malformed is named; nothing is guessed.

use serde_json::{Map, Value as Json};

use crate::error::Result;
use crate::graphql::call::{Call, malformed};

/// What one request holds.
#[derive(Debug)]
pub(super) enum Calls {
    One(Box<Call>),
    Batch(Vec<Call>),
}

pub(super) fn from_body(body: &[u8]) -> Result<Calls> {
    let json: Json = serde_json::from_slice(body).map_err(|error| {
        malformed(format!("The body is not JSON: line {}, column {}.", error.line(), error.column()))
    })?;
    match json {
        Json::Object(fields) => Ok(Calls::One(Box::new(Call::read(fields)?))),
        Json::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Json::Object(fields) => Call::read(fields),
                _ => Err(malformed("Each item of a batch is a JSON object.")),
            })
            .collect::<Result<_>>()
            .map(Calls::Batch),
        _ => Err(malformed("The body is a JSON object with a query.")),
    }
}

/// Reads the parameters of a GET; `variables` and `extensions` are JSON within it.
pub(super) fn from_query(query: &str) -> Result<Calls> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" | "documentId" => Json::String(value.into_owned()),
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| malformed(format!("The parameter {name} is not JSON.")))?,
            _ => continue,
        };
        if fields.insert(name.clone().into_owned(), value).is_some() {
            return Err(malformed(format!("The parameter {name} is given twice.")));
        }
    }
    Ok(Calls::One(Box::new(Call::read(fields)?)))
}
