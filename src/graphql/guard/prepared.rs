//! A document that was measured, parsed and analysed: what the cache keeps.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Name, Variables};
use sha2::{Digest, Sha256};

use super::analyse::{self, Analysis, Operation};
use super::scan::{Measure, place, scan};
use super::{Limits, Refusal, cost, short};

/// Memory that one token of text may become: in the worst case a selection of its own, in a vector
/// with as much room to spare, and its name. A test holds the first part.
const TOKEN_BYTES: usize = 640;

/// A parsed document, and all that is known of it without variables. Immutable but for one mark.
pub struct Prepared {
    document: ExecutableDocument,
    operations: Vec<Arc<Operation>>,
    /// Fragments, each after those it spreads.
    order: Vec<Name>,
    sha256: [u8; 32],
    bytes: u32,
}

/// By its hash alone: a text may hold secrets, and a tree fills a screen.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("sha256", &self.sha256_hex()).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Reads a text; fails at the first limit it breaks or rule it offends.
    pub fn new(text: &str, limits: &Limits) -> Result<Self, Refusal> {
        let measure = scan(text, limits)?;
        let document = parse_query(text).map_err(|error| unparsable(&error))?;
        let Analysis { operations, order, .. } = analyse::analyse(&document, limits)?;
        Ok(Self {
            document,
            operations: operations.into_iter().map(Arc::new).collect(),
            order,
            sha256: Sha256::digest(text).into(),
            bytes: estimate(text, measure),
        })
    }

    /// The operation that a request means: the one it names, or else the only one. An empty name is
    /// no name, as GraphQL over HTTP has it.
    pub fn select(&self, name: Option<&str>) -> Result<&Arc<Operation>, Refusal> {
        match (name.filter(|name| !name.is_empty()), self.operations.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Refusal::malformed(
                "The document has several operations; operationName must say which to run.",
                None,
            )),
            (Some(name), all) => {
                all.iter().find(|operation| operation.name.as_deref() == Some(name)).ok_or_else(|| {
                    Refusal::malformed(format!("The document has no operation named {}.", short(name)), None)
                })
            }
        }
    }

    /// What an operation of this document would cost with these variables.
    pub fn cost(&self, operation: &Operation, variables: &Variables) -> u64 {
        cost::cost(&self.document, &self.order, operation.name.as_ref(), variables)
    }

    pub fn document(&self) -> &ExecutableDocument {
        &self.document
    }

    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// The hash of the text, which is its name in Apollo's protocol.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The same in lower-case hexadecimal.
    pub fn sha256_hex(&self) -> String {
        self.sha256.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Memory held, in bytes, estimated from above.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }
}

fn estimate(text: &str, measure: Measure) -> u32 {
    let bytes = measure.tokens.saturating_mul(TOKEN_BYTES).saturating_add(text.len()).saturating_add(1_024);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The parser's complaint in our words. Its own quotes the line, which may be the whole document.
fn unparsable(error: &ParseError) -> Refusal {
    let at = error.positions().next();
    let text = match error {
        ParseError::Syntax { message, start, .. } => match expectation(message) {
            Some(expected) => format!("The document cannot be parsed at {}: {expected}.", place(*start)),
            None => format!("The document cannot be parsed at {}.", place(*start)),
        },
        ParseError::MultipleOperations { .. } => {
            "An operation without a name must be the only one in its document.".to_owned()
        }
        ParseError::OperationDuplicated { operation, .. } => {
            format!("Two operations are named {}.", short(operation))
        }
        ParseError::FragmentDuplicated { fragment, .. } => {
            format!("Two fragments are named {}.", short(fragment))
        }
        ParseError::MissingOperation => "The document has no operation.".to_owned(),
        ParseError::RecursionLimitExceeded => {
            return Refusal::too_complex("The document nests selections too deep to be read.", at);
        }
        _ => "The document cannot be parsed.".to_owned(),
    };
    Refusal::malformed(text, at)
}

/// The last line of the parser's message, such as `expected selection or name`, when it is that.
fn expectation(message: &str) -> Option<String> {
    let line = message.lines().last()?.trim_start().strip_prefix("= ")?;
    (line.starts_with("expected ") && line.len() < 200 && line.is_ascii())
        .then(|| line.replace("EOI", "the end").replace("type_", "type").replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::Positioned;
    use async_graphql::parser::types::{Field, Selection};

    #[test]
    fn a_token_takes_no_more_memory_than_is_assumed() {
        let selection = size_of::<Positioned<Selection>>().max(size_of::<Positioned<Field>>());
        // Twice for the spare room of a growing vector, and a name with its counters and its size class.
        assert!(2 * selection + 64 <= TOKEN_BYTES, "{selection}");
    }
}
