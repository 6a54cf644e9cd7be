//! One call as any transport sends it: the parameters of GraphQL over HTTP, as a JSON object.

use std::borrow::Cow;

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
    /// Under which name a stream of many operations tells of this one.
    pub(super) operation_id: Option<String>,
    /// The cursor that a client which comes back had last. It goes before the `after` of its operation.
    pub(super) resume: Option<String>,
}

impl Call {
    /// Reads the parameters; what is malformed is named, and nothing is guessed.
    ///
    /// # Errors
    /// `BAD_INPUT`.
    pub(super) fn read(mut fields: Map<String, Json>) -> Result<Self> {
        let query = string(&mut fields, "query")?;
        let operation_name = string(&mut fields, "operationName")?;
        let document_id = string(&mut fields, "documentId")?;
        let variables = object(&mut fields, "variables")?
            .map_or_else(Variables::default, |variables| Variables::from_json(Json::Object(variables)));
        let mut extensions = object(&mut fields, "extensions")?.unwrap_or_default();
        let persisted_query = extensions
            .remove("persistedQuery")
            .map(Value::from_json)
            .transpose()
            .map_err(|_| malformed("The extension persistedQuery is malformed."))?;
        let operation_id = extensions.remove("operationId").and_then(|id| id.as_str().map(str::to_owned));
        if query.is_none() && document_id.is_none() && persisted_query.is_none() {
            return Err(malformed("There is no query; send one as a string."));
        }
        Ok(Self {
            query,
            operation_name,
            variables,
            document_id,
            persisted_query,
            operation_id,
            resume: None,
        })
    }
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

pub(super) fn malformed(text: impl Into<Cow<'static, str>>) -> Error {
    Error::plain(Code::BadInput, text)
}
