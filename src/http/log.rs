//! Faults in the log, the same way from every face.

use crate::error::{Code, Error};

/// Faults of ours are logged where they become an answer, and nowhere else.
pub fn log_fault(error: &Error, request_id: &str) {
    match (error.code(), error.inside()) {
        (Code::Internal, inside) => {
            let inside = inside.map(ToString::to_string).unwrap_or_default();
            tracing::error!(request.id = request_id, inside, "A request met a fault of the server.");
        }
        (Code::Unavailable, inside) => {
            let inside = inside.map(ToString::to_string).unwrap_or_default();
            tracing::warn!(request.id = request_id, inside, "A request was turned away.");
        }
        _ => {}
    }
}
