//! Why a socket is closed, in the numbers of the protocol.
//!
//! npm `graphql-ws` comes back after 1012, 1013, 4403 and 4408. It takes the others here as a fault of its
//! own, and gives up.

/// What fits into a close frame, in bytes.
const REASON_BYTES_MAX: usize = 123;

/// A close code that the server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql::ws) enum CloseCode {
    Normal,
    NotFrames,
    NotUtf8,
    TooLarge,
    ServiceRestart,
    TryAgainLater,
    BadRequest,
    Unauthorized,
    Forbidden,
    UnknownProtocol,
    InitTimeout,
    IdInUse,
    TooManyInits,
    InternalError,
}

impl CloseCode {
    pub(in crate::graphql::ws) const fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::NotFrames => 1002,
            Self::NotUtf8 => 1007,
            Self::TooLarge => 1009,
            Self::ServiceRestart => 1012,
            Self::TryAgainLater => 1013,
            Self::BadRequest => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::UnknownProtocol => 4406,
            Self::InitTimeout => 4408,
            Self::IdInUse => 4409,
            Self::TooManyInits => 4429,
            Self::InternalError => 4500,
        }
    }
}

/// The end of a socket, as its client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graphql::ws) struct Close {
    pub(in crate::graphql::ws) code: CloseCode,
    /// At most 123 bytes.
    pub(in crate::graphql::ws) reason: String,
}

impl Close {
    /// A reason that is too long is cut.
    pub(in crate::graphql::ws) fn new(code: CloseCode, reason: &str) -> Self {
        let end = reason.floor_char_boundary(REASON_BYTES_MAX);
        Self { code, reason: reason.get(..end).unwrap_or_default().to_owned() }
    }
}
