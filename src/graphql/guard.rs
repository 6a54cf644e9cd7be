//! What a document must pass before anything of it executes, on every transport alike.
//!
//! In this order: [`scan`](mod@scan) measures the text, the parser reads it, [`analyse`] expands it on
//! paper, and [`cost`] weighs one operation with its variables. All four are linear in the text. The
//! rules of the schema are not checked here: validation does that, on documents that are now small.

pub mod analyse;
pub mod cost;
mod prepared;
pub mod scan;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use async_graphql::Pos;

use crate::error::{Code, Error, Language};

pub use analyse::Operation;
pub use cost::{COST_MAX, LIST_FIELDS};
pub use prepared::Prepared;

/// How large a document may be. Counts are of one operation with its fragments expanded, unless they
/// say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes_max: usize,
    /// Names, numbers, strings and marks in the text.
    pub tokens_max: usize,
    /// Open brackets of any kind in the text; see [`scan::BRACKETS_CEILING`].
    pub brackets_max: usize,
    /// Operations in one document.
    pub operations_max: usize,
    /// Fields within fields. The standard introspection query is 15 deep.
    pub depth_max: u64,
    /// Fields and fragments within each other, since the executor recurses for both. Its own limit is
    /// the same number, and so never speaks.
    pub nesting_max: u64,
    /// Fields and fragments in all. Both count, or fragments that hold only fragments would be free.
    pub selections_max: u64,
    pub aliases_max: u64,
    pub directives_max: u64,
    /// Fields at the root.
    pub roots_max: u64,
    /// Fields below `__schema` and `__type`, which cost the whole schema each time. The standard
    /// introspection query has about 250.
    pub introspection_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 64 * 1024,
            tokens_max: 2_000,
            brackets_max: 64,
            operations_max: 50,
            depth_max: 20,
            nesting_max: 32,
            selections_max: 2_000,
            aliases_max: 100,
            directives_max: 100,
            roots_max: 50,
            introspection_max: 500,
        }
    }
}

/// Why a document does not run. Nothing of it was executed, so the answer has no `data`.
#[derive(Debug)]
pub enum Refusal {
    /// A fault in our own vocabulary, and where in the text it stands if it stands anywhere.
    Fault { error: Box<Error>, at: Option<Pos> },
    /// Apollo's protocol: the hash is not known, send the text with it.
    PersistedQueryNotFound,
    /// Apollo's protocol: hashes are not taken here, send the text from now on.
    PersistedQueryNotSupported,
}

impl Refusal {
    fn fault(code: Code, text: impl Into<Cow<'static, str>>, at: Option<Pos>) -> Self {
        Self::Fault { error: Box::new(Error::plain(code, text)), at }
    }

    pub(super) fn malformed(text: impl Into<Cow<'static, str>>, at: Option<Pos>) -> Self {
        Self::fault(Code::BadInput, text, at)
    }

    pub(super) fn too_complex(text: impl Into<Cow<'static, str>>, at: Option<Pos>) -> Self {
        Self::fault(Code::QueryTooComplex, text, at)
    }

    pub(super) fn unknown_document(code: Code, text: &'static str) -> Self {
        Self::fault(code, text, None)
    }

    /// Our code; none for the two answers of Apollo's protocol.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Fault { error, .. } => Some(error.code()),
            Self::PersistedQueryNotFound | Self::PersistedQueryNotSupported => None,
        }
    }

    /// The value of `extensions.code`.
    pub fn code_name(&self) -> &'static str {
        match self {
            Self::Fault { error, .. } => error.code().as_str(),
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
        }
    }

    /// The value of `message`. Clients of Apollo's protocol compare the whole of it.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Fault { error, .. } => error.text().render(Language::English),
            Self::PersistedQueryNotFound => Cow::Borrowed("PersistedQueryNotFound"),
            Self::PersistedQueryNotSupported => Cow::Borrowed("PersistedQueryNotSupported"),
        }
    }

    /// For `locations`.
    pub fn at(&self) -> Option<Pos> {
        match self {
            Self::Fault { at, .. } => *at,
            Self::PersistedQueryNotFound | Self::PersistedQueryNotSupported => None,
        }
    }
}

/// A name of the caller's in a sentence, cut so that no answer grows with the request.
pub(crate) fn short(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", name.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(name),
    }
}
