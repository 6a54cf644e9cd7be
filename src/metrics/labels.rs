//! The values of labels that others choose from.

/// Which deadline a connection ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// The head of a request did not arrive in time.
    Head,
    /// No further request arrived in time.
    Idle,
    /// The peer stopped reading what it asked for.
    Stalled,
    /// The server stopped before the peer was done.
    Drain,
}

impl Overdue {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Drain => "drain",
        }
    }
}

/// What became of a file that someone sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadEnd {
    Stored,
    /// Wrong, too large, or no picture where one was wanted.
    Refused,
    /// There was no turn for it, or the store did not answer.
    Unavailable,
    Failed,
}

impl UploadEnd {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}

/// Why a WebSocket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketEnd {
    /// The client left, with a good-bye or without.
    Peer,
    /// The client broke a rule of the protocol.
    Protocol,
    /// Its token was refused, or ran out.
    Forbidden,
    InitTimeout,
    /// The client did not read, or did not answer a ping; or the server had no time for it.
    Unresponsive,
    Internal,
    Shutdown,
}

impl SocketEnd {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Protocol => "protocol",
            Self::Forbidden => "forbidden",
            Self::InitTimeout => "init_timeout",
            Self::Unresponsive => "unresponsive",
            Self::Internal => "internal",
            Self::Shutdown => "shutdown",
        }
    }
}
