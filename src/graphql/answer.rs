//! What came of one call, for every transport: what the executor said, or why nothing ran.

use async_graphql::{Response as Executed, ServerError, Value as GqlValue};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::error::{Code, Error, Language};
use crate::graphql::error::error_json;
use crate::graphql::guard::Refusal;

/// Errors of one document that are told; a short document can earn thousands.
const ERRORS_TOLD_MAX: usize = 10;

/// The outcome of one call.
pub(super) enum Answer {
    /// Something ran; there is a `data`.
    Executed(Box<Executed>),
    /// Nothing ran.
    Refused { errors: Vec<Told>, status: Option<StatusCode>, fault: Option<Box<Error>> },
}

/// One error of a call that did not run.
pub(super) struct Told {
    message: String,
    code: &'static str,
    locations: Vec<(usize, usize)>,
}

impl Answer {
    /// The guard or the document store said no.
    pub(super) fn refused(refusal: &Refusal) -> Self {
        let told = Told {
            message: refusal.message().into_owned(),
            code: refusal.code_name(),
            locations: refusal.at().map(|at| (at.line, at.column)).into_iter().collect(),
        };
        Self::Refused { errors: vec![told], status: None, fault: None }
    }

    pub(super) fn fault(error: Error) -> Self {
        Self::Refused { errors: Vec::new(), status: None, fault: Some(Box::new(error)) }
    }

    pub(super) fn unauthenticated(error: Error) -> Self {
        let status = match error.code() {
            Code::Unauthenticated | Code::TokenExpired => StatusCode::UNAUTHORIZED,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::Refused { errors: Vec::new(), status: Some(status), fault: Some(Box::new(error)) }
    }

    pub(super) fn not_by_get() -> Self {
        let error = Error::plain(Code::BadInput, "A mutation is sent by POST.");
        Self::Refused {
            errors: Vec::new(),
            status: Some(StatusCode::METHOD_NOT_ALLOWED),
            fault: Some(Box::new(error)),
        }
    }

    /// The executor's answer. A document that failed validation did not run, and has no `data`.
    ///
    /// Faults of ours have a code; those of the executor itself have none, and mean an argument that
    /// validation let pass: a variable that is missing, a number out of range. Where nothing but that
    /// came of a `harmless` operation, it counts as not run either.
    pub(super) fn executed(mut executed: Executed, helpful: bool, harmless: bool, request_id: &str) -> Self {
        let ran = executed
            .errors
            .iter()
            .any(|error| if harmless { known_code(error).is_some() } else { !error.path.is_empty() });
        if executed.errors.is_empty() || ran || executed.data != GqlValue::Null {
            for error in executed.errors.iter_mut().filter(|error| known_code(error).is_none()) {
                Told::of(error, helpful).label(error, request_id);
            }
            return Self::Executed(Box::new(executed));
        }
        let errors =
            executed.errors.iter().take(ERRORS_TOLD_MAX).map(|error| Told::of(error, helpful)).collect();
        Self::Refused { errors, status: None, fault: None }
    }

    /// The code that stands for the answer, for metrics.
    pub(super) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Executed(executed) => {
                executed.errors.first().map(|error| known_code(error).map_or("INTERNAL", Code::as_str))
            }
            Self::Refused { errors, fault, .. } => {
                let told = errors.first().map(|told| told.code);
                told.or_else(|| fault.as_ref().map(|fault| fault.code().as_str()))
            }
        }
    }

    /// The errors, in the caller's language.
    pub(super) fn errors(&self, language: Language, request_id: &str) -> Vec<Value> {
        match self {
            Self::Executed(executed) => {
                executed.errors.iter().filter_map(|error| serde_json::to_value(error).ok()).collect()
            }
            Self::Refused { errors, fault, .. } => {
                let faults = fault.as_deref().map(|fault| error_json(fault, language, request_id));
                errors.iter().map(|told| told.to_json(request_id)).chain(faults).collect()
            }
        }
    }
}

pub(super) fn known_code(error: &ServerError) -> Option<Code> {
    let GqlValue::String(name) = error.extensions.as_ref()?.get("code")? else { return None };
    Code::ALL.into_iter().find(|code| code.as_str() == name)
}

impl Told {
    /// An error of validation, or of an argument. Where the schema is not shown, errors do not show it either.
    fn of(error: &ServerError, helpful: bool) -> Self {
        let message =
            if helpful { error.message.clone() } else { "The document does not fit the schema.".to_owned() };
        Self {
            message,
            code: Code::BadInput.as_str(),
            locations: error.locations.iter().map(|at| (at.line, at.column)).collect(),
        }
    }

    /// Gives an error of the executor this text and code.
    fn label(self, error: &mut ServerError, request_id: &str) {
        error.message = self.message;
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.code);
        extensions.set("requestId", request_id);
    }

    fn to_json(&self, request_id: &str) -> Value {
        let extensions = json!({ "code": self.code, "requestId": request_id });
        let at = self.locations.iter().map(|(line, column)| json!({ "line": line, "column": column }));
        match at.collect::<Vec<_>>().as_slice() {
            [] => json!({ "message": self.message, "extensions": extensions }),
            at => json!({ "message": self.message, "locations": at, "extensions": extensions }),
        }
    }
}
