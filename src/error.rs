//! The one vocabulary of faults, shared by every face of the server.
//!
//! Knows nothing of HTTP or GraphQL: each face has one exhaustive match over [`Code`]. A fault has a
//! public text, which callers see, and may have an inside text, which only the log sees.

mod text;

use std::fmt;
use std::time::Duration;

pub use text::{Language, Text};

/// Short for a result that fails with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Inside = Box<dyn std::error::Error + Send + Sync>;

/// Why something was refused. The names are contract: they never change and are never translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    BadInput,
    Empty,
    TooLong,
    UsernameTaken,
    EmailTaken,
    WeakPassword,
    BadCredentials,
    Unauthenticated,
    TokenExpired,
    Forbidden,
    NotFound,
    Conflict,
    NotAMember,
    RoomFull,
    RoomPasswordWrong,
    CursorInvalid,
    CursorExpired,
    RateLimited,
    QueryTooComplex,
    DocumentNotTrusted,
    PayloadTooLarge,
    Unavailable,
    Internal,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 23] = [
        Self::BadInput,
        Self::Empty,
        Self::TooLong,
        Self::UsernameTaken,
        Self::EmailTaken,
        Self::WeakPassword,
        Self::BadCredentials,
        Self::Unauthenticated,
        Self::TokenExpired,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::NotAMember,
        Self::RoomFull,
        Self::RoomPasswordWrong,
        Self::CursorInvalid,
        Self::CursorExpired,
        Self::RateLimited,
        Self::QueryTooComplex,
        Self::DocumentNotTrusted,
        Self::PayloadTooLarge,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The name on the wire, such as `BAD_INPUT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadInput => "BAD_INPUT",
            Self::Empty => "EMPTY",
            Self::TooLong => "TOO_LONG",
            Self::UsernameTaken => "USERNAME_TAKEN",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::WeakPassword => "WEAK_PASSWORD",
            Self::BadCredentials => "BAD_CREDENTIALS",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::NotAMember => "NOT_A_MEMBER",
            Self::RoomFull => "ROOM_FULL",
            Self::RoomPasswordWrong => "ROOM_PASSWORD_WRONG",
            Self::CursorInvalid => "CURSOR_INVALID",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// What the code says, for the generated reference.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BadInput => "A value is malformed, out of range or of the wrong type.",
            Self::Empty => "A value that must say something says nothing.",
            Self::TooLong => "A text or a list is longer than its limit.",
            Self::UsernameTaken => "Another account has this username.",
            Self::EmailTaken => "Another account signs in with this e-mail address.",
            Self::WeakPassword => "The password breaks a rule; the message names it.",
            Self::BadCredentials => {
                "No account has this name with this password, or the refresh token is not valid."
            }
            Self::Unauthenticated => "The field needs a signed-in user, and the request has no valid token.",
            Self::TokenExpired => "The token was good once and no longer is.",
            Self::Forbidden => "You may see this, but not do this to it.",
            Self::NotFound => "There is no such thing, or you may not know of it.",
            Self::Conflict => "The request contradicts what is stored.",
            Self::NotAMember => "Only members of the room may do this.",
            Self::RoomFull => "The room has reached its capacity.",
            Self::RoomPasswordWrong => "The room asks for a password, and this is not it.",
            Self::CursorInvalid => "The cursor is not one that this list gave out.",
            Self::CursorExpired => "The cursor belongs to a database that this server no longer has.",
            Self::RateLimited => "Too many requests of this kind.",
            Self::QueryTooComplex => "The document is larger, deeper or dearer than the server allows.",
            Self::DocumentNotTrusted => "The server runs stored documents only, and this is not one.",
            Self::PayloadTooLarge => "The request body is larger than the server reads.",
            Self::Unavailable => "The server cannot do this now; nothing was stored.",
            Self::Internal => "A fault of the server; the log has it under the request id.",
        }
    }

    /// What a caller should do about it, for the generated reference.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::BadInput | Self::Empty | Self::TooLong | Self::WeakPassword => {
                "Correct the input that `path` names."
            }
            Self::UsernameTaken => "Choose another username.",
            Self::EmailTaken => "Log in, or use another address.",
            Self::BadCredentials => "Ask for the name and the password again.",
            Self::Unauthenticated => "Log in, and send the access token.",
            Self::TokenExpired => "Call `refreshSession`, then repeat the request.",
            Self::Forbidden => "Ask someone with a higher role.",
            Self::NotFound => "Check the id; do not retry.",
            Self::Conflict => "Read the current state, then decide.",
            Self::NotAMember => "Join the room first.",
            Self::RoomFull => "Ask an owner to raise the capacity.",
            Self::RoomPasswordWrong => "Ask for the password again.",
            Self::CursorInvalid => "Start the list from its beginning.",
            Self::CursorExpired => "Reload the room, then go on from its new `headCursor`.",
            Self::RateLimited => "Wait for `retryAfterMs`, then repeat.",
            Self::QueryTooComplex => "Split the document, or ask for smaller pages.",
            Self::DocumentNotTrusted => "Register the document with the operator.",
            Self::PayloadTooLarge => "Send less at once.",
            Self::Unavailable => "Repeat after `retryAfterMs`; use the same `clientMessageId`.",
            Self::Internal => "Report the request id to the operator.",
        }
    }

    /// Whether the fault is part of a mutation's answer, because the caller can put it right.
    /// All others abort the field and stand among the top-level errors.
    pub const fn is_expected(self) -> bool {
        match self {
            Self::BadInput
            | Self::Empty
            | Self::TooLong
            | Self::UsernameTaken
            | Self::EmailTaken
            | Self::WeakPassword
            | Self::BadCredentials
            | Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::NotAMember
            | Self::RoomFull
            | Self::RoomPasswordWrong => true,
            Self::Unauthenticated
            | Self::TokenExpired
            | Self::CursorInvalid
            | Self::CursorExpired
            | Self::RateLimited
            | Self::QueryTooComplex
            | Self::DocumentNotTrusted
            | Self::PayloadTooLarge
            | Self::Unavailable
            | Self::Internal => false,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong, as a caller may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub text: Text,
    /// The input at fault below `input`, such as `["username"]`; empty when none is.
    pub path: Vec<&'static str>,
}

impl Fault {
    pub fn new(code: Code, text: Text, field: &'static str) -> Self {
        Self { code, text, path: vec![field] }
    }
}

/// A refusal: one fault or several, when to try again, and what only the log may know.
#[derive(Debug)]
pub struct Error {
    first: Fault,
    more: Vec<Fault>,
    retry_after: Option<Duration>,
    inside: Option<Inside>,
}

impl Error {
    pub fn new(code: Code, text: Text) -> Self {
        Self::from(Fault { code, text, path: Vec::new() })
    }

    /// A fault that only developers meet, such as a malformed request; not translated.
    pub fn plain(code: Code, text: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new(code, Text::Plain(text.into()))
    }

    /// A fault of ours. The caller learns nothing but that it happened.
    pub fn internal(inside: impl Into<Inside>) -> Self {
        Self { inside: Some(inside.into()), ..Self::new(Code::Internal, Text::Internal) }
    }

    /// Overload or outage: nothing was stored, and the same call may succeed later.
    pub fn unavailable(retry_after: Duration) -> Self {
        Self::new(Code::Unavailable, Text::Unavailable).retry_after(retry_after)
    }

    pub fn not_found() -> Self {
        Self::new(Code::NotFound, Text::NotFound)
    }

    /// All faults at once, if there are any.
    pub fn check(faults: Vec<Fault>) -> Result<()> {
        let mut faults = faults.into_iter();
        match faults.next() {
            None => Ok(()),
            Some(first) => Err(Self { more: faults.collect(), ..Self::from(first) }),
        }
    }

    /// Names the input at fault.
    #[must_use]
    pub fn at(mut self, field: &'static str) -> Self {
        self.first.path = vec![field];
        self
    }

    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    #[must_use]
    pub fn caused_by(mut self, inside: impl Into<Inside>) -> Self {
        self.inside = Some(inside.into());
        self
    }

    /// The code of the first fault, which stands for the whole refusal.
    pub fn code(&self) -> Code {
        self.first.code
    }

    pub fn text(&self) -> &Text {
        &self.first.text
    }

    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        std::iter::once(&self.first).chain(&self.more)
    }

    pub fn is_expected(&self) -> bool {
        self.faults().all(|fault| fault.code.is_expected())
    }

    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What went wrong behind the public text; for the log alone.
    pub fn inside(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.inside.as_deref()
    }
}

impl From<Fault> for Error {
    fn from(first: Fault) -> Self {
        Self { first, more: Vec::new(), retry_after: None, inside: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.first.code, self.first.text.render(Language::English))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inside.as_deref().map(|inside| inside as _)
    }
}
