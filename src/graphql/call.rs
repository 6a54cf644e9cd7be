//! Reads calls out of a body or a query string. What is malformed is named; nothing is guessed.

use async_graphql::{Value, Variables};
use serde_json::{Map, Value as Json};

use crate::error::{Code, Error, Result};

/// One call, as sent.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) query: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
    pub(super) document_id: Option<String>,
    pub(super) persisted_query: Option<Value>,
}

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
        Json::Object(fields) => Ok(Calls::One(Box::new(call(fields)?))),
        Json::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Json::Object(fields) => call(fields),
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
    Ok(Calls::One(Box::new(call(fields)?)))
}

fn call(mut fields: Map<String, Json>) -> Result<Call> {
    let query = string(&mut fields, "query")?;
    let operation_name = string(&mut fields, "operationName")?;
    let document_id = string(&mut fields, "documentId")?;
    let variables = object(&mut fields, "variables")?
        .map_or_else(Variables::default, |variables| Variables::from_json(Json::Object(variables)));
    let persisted_query = object(&mut fields, "extensions")?
        .and_then(|mut extensions| extensions.remove("persistedQuery"))
        .map(Value::from_json)
        .transpose()
        .map_err(|_| malformed("The extension persistedQuery is malformed."))?;
    if query.is_none() && document_id.is_none() && persisted_query.is_none() {
        return Err(malformed("There is no query; send one as a string."));
    }
    Ok(Call { query, operation_name, variables, document_id, persisted_query })
}

fn string(fields: &mut Map<String, Json>, name: &str) -> Result<Option<String>> {
    match fields.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(format!("The parameter {name} is a string."))),
    }
}

fn object(fields: &mut Map<String, Json>, name: &str) -> Result<Option<Map<String, Json>>> {
    match fields.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Object(fields)) => Ok(Some(fields)),
        Some(_) => Err(malformed(format!("The parameter {name} is a JSON object."))),
    }
}

fn malformed(text: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::plain(Code::BadInput, text)
}
