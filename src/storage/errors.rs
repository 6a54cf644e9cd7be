//! What a database says, in the words of the product.

use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::error::Error;

/// When a caller may try again after an outage or an overload of the database.
pub(super) const RETRY: Duration = Duration::from_millis(500);

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        let passing = match &error {
            DieselError::DatabaseError(kind, info) => match kind {
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection => true,
                _ => is_passing(info.message()),
            },
            DieselError::BrokenTransactionManager => true,
            _ => false,
        };
        if passing { Self::unavailable(RETRY).caused_by(error) } else { Self::internal(error) }
    }
}

impl From<ConnectionError> for Error {
    fn from(error: ConnectionError) -> Self {
        Self::unavailable(RETRY).caused_by(error)
    }
}

/// Faults that pass: a lock that was held too long, a full disk, a server that restarts.
fn is_passing(message: &str) -> bool {
    const SIGNS: [&str; 10] = [
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "deadlock detected",
        "statement timeout",
        "lock timeout",
        "the database system is",
        "terminating connection",
        "connection closed",
        "No space left on device",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}
