//! What `OPTIONS` tells of a path.

use serde_json::{Map, Value, json};

use crate::rest::reply::Reply;
use crate::rest::route::{Answer, Route};

/// The bodies that all dialects read.
const PARSES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

/// Name, description, what is read and written, and the fields of each writing method.
pub(super) fn describe(route: &Route) -> Answer {
    let actions: Map<String, Value> = route
        .operations
        .iter()
        .filter_map(|operation| Some((operation.method.to_string(), operation.form?)))
        .map(|(method, form)| (method, json!(form.schema())))
        .collect();
    let name = route.operations.first().map_or("", |operation| operation.summary);
    let mut said = json!({
        "name": name,
        "description": "",
        "renders": ["application/json"],
        "parses": PARSES,
    });
    if let (Some(said), false) = (said.as_object_mut(), actions.is_empty()) {
        said.insert("actions".to_owned(), Value::Object(actions));
    }
    Reply::json(&said)
}
