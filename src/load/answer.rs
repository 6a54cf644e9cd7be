//! What a server says of an operation: its data, or why not.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// For a refusal that passes and does not say when.
const WAIT_DEFAULT: Duration = Duration::from_millis(250);

/// The first fault of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
    wait: Option<Duration>,
}

impl Refusal {
    /// How long to wait before the same may be tried again; `None` when that is of no use.
    pub(super) fn passes_in(&self) -> Option<Duration> {
        let passes = matches!(self.code.as_str(), "RATE_LIMITED" | "UNAVAILABLE");
        passes.then(|| self.wait.unwrap_or(WAIT_DEFAULT))
    }

    /// Whether a new token would help.
    pub(super) fn is_of_the_token(&self) -> bool {
        matches!(self.code.as_str(), "TOKEN_EXPIRED" | "UNAUTHENTICATED")
    }

    /// Of a list of GraphQL errors.
    pub(super) fn of(errors: &Value) -> Option<Self> {
        let first = errors.get(0)?;
        let at = |pointer| first.pointer(pointer).and_then(Value::as_str);
        let code = at("/extensions/code").or_else(|| at("/code")).unwrap_or("(no code)");
        let wait = first.pointer("/extensions/retryAfterMs").and_then(Value::as_u64);
        Some(Self {
            code: code.to_owned(),
            message: at("/message").unwrap_or_default().to_owned(),
            wait: wait.map(Duration::from_millis),
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// The value of an operation's one field, unless the answer has a fault at the top or in it.
pub(super) fn field(mut answer: Value, name: &str) -> Result<Value, Refusal> {
    let payload = answer.get_mut("data").and_then(|data| data.get_mut(name)).map(Value::take);
    let fault = answer.get("errors").and_then(Refusal::of);
    let fault = fault.or_else(|| payload.as_ref()?.get("errors").and_then(Refusal::of));
    match (fault, payload) {
        (Some(fault), _) => Err(fault),
        (None, Some(payload)) => Ok(payload),
        (None, None) => {
            Err(Refusal { code: "(no code)".into(), message: format!("no {name} in {answer}"), wait: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_without_faults_is_the_field() {
        let answer = json!({ "data": { "send": { "id": 1, "errors": [] } } });
        assert_eq!(field(answer, "send").unwrap()["id"], 1);
    }

    #[test]
    fn a_fault_at_the_top_or_in_the_payload_is_a_refusal() {
        let top = json!({ "errors": [{ "message": "m",
            "extensions": { "code": "RATE_LIMITED", "retryAfterMs": 40 } }], "data": null });
        let refusal = field(top, "send").unwrap_err();
        assert_eq!(refusal.passes_in(), Some(Duration::from_millis(40)));
        let inside = json!({ "data": { "send": { "errors": [{ "code": "CONFLICT", "message": "m" }] } } });
        let refusal = field(inside, "send").unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.passes_in()), ("CONFLICT", None));
        assert!(field(json!({ "data": {} }), "send").is_err());
        assert!(field(json!("nothing"), "send").is_err());
    }
}
