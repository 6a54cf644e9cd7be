//! Every way to say which document to run, for every transport: its text, the hash of its text
//! (Apollo's automatic persisted queries), or its name in the operator's manifest (trusted documents).
//!
//! One cache holds parsed documents by the SHA-256 of their text, whether the text came with a hash
//! or without. A hash is no secret and no permission: it saves sending the text, nothing more. The
//! schema is not known here.

mod manifest;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Value, Variables};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::guard::{Limits, Operation, Prepared, Refusal};
use crate::error::Code;

pub use manifest::{Manifest, ManifestError};

/// The words a request uses to name its document and operation.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// The text. Empty is the same as absent.
    pub query: Option<&'a str>,
    pub operation_name: Option<&'a str>,
    pub variables: &'a Variables,
    /// `documentId`, of GraphQL over HTTP, appendix A.
    pub document_id: Option<&'a str>,
    /// `extensions.persistedQuery.sha256Hash`; see [`persisted_hash`].
    pub persisted: Option<&'a str>,
}

/// Without the text and the variables, which may hold secrets.
impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("document_id", &self.document_id).finish_non_exhaustive()
    }
}

/// How the store behaves.
#[derive(Debug)]
pub struct Settings {
    pub limits: Limits,
    /// Parsed documents kept at most, and their memory at most. When full, those that are asked for
    /// least make room, and their hashes are unknown again.
    pub cache_entries_max: u64,
    pub cache_bytes_max: u64,
    /// Whether hashes are taken for documents outside the manifest.
    pub automatic: bool,
    pub manifest: Manifest,
    /// Whether documents outside the manifest are refused.
    pub trusted_only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            cache_entries_max: 1_000,
            cache_bytes_max: 32 * 1024 * 1024,
            automatic: true,
            manifest: Manifest::default(),
            trusted_only: false,
        }
    }
}

/// An operation that may run, as far as the guard can tell. Validation follows.
#[derive(Debug, Clone)]
pub struct Admitted {
    pub document: Arc<Prepared>,
    pub operation: Arc<Operation>,
    pub cost: u64,
}

impl Admitted {
    pub fn kind(&self) -> OperationType {
        self.operation.kind
    }

    /// The request to execute. The executor consumes a document, hence the copy; its text stays empty,
    /// since only extensions would read it.
    pub fn request(&self, variables: Variables) -> Request {
        let mut request = Request::new("").variables(variables);
        request.set_parsed_query(self.document.document().clone());
        request.operation_name = self.operation.name.as_ref().map(ToString::to_string);
        request
    }
}

/// The documents known to this node.
#[derive(Debug)]
pub struct Documents {
    limits: Limits,
    /// Guards itself, in shards; no lock is held while a document is parsed. Two requests may so parse
    /// the same new text at once, which costs less than waiting for each other.
    cache: Cache<[u8; 32], Arc<Prepared>>,
    manifest: Manifest,
    automatic: bool,
    trusted_only: bool,
}

impl Documents {
    pub fn new(settings: Settings) -> Self {
        let Settings { limits, cache_entries_max, cache_bytes_max, automatic, manifest, trusted_only } =
            settings;
        // The cache knows one bound. Charging each entry its share of the memory at least makes it two.
        let share = cache_bytes_max.checked_div(cache_entries_max).unwrap_or(cache_bytes_max);
        let share = u32::try_from(share.max(1)).unwrap_or(u32::MAX);
        let cache = Cache::builder()
            .max_capacity(cache_bytes_max.min(cache_entries_max.saturating_mul(u64::from(u32::MAX))))
            .weigher(move |_, document: &Arc<Prepared>| document.bytes().max(share))
            .build();
        Self { limits, cache, manifest, automatic, trusted_only }
    }

    /// Finds, reads and weighs what a request asks to run, or says why it does not run.
    pub fn admit(&self, request: &Incoming<'_>, cost_max: u32) -> Result<Admitted, Refusal> {
        let document = self.find(request)?;
        let operation = Arc::clone(document.select(request.operation_name)?);
        let cost = document.cost(&operation, request.variables);
        if cost > u64::from(cost_max) {
            return Err(Refusal::too_complex(
                format!("The operation costs {cost} with its pages filled; your budget is {cost_max}."),
                None,
            ));
        }
        Ok(Admitted { document, operation, cost })
    }

    /// How many documents the cache holds, and their memory in bytes, both roughly; for metrics.
    pub fn cached(&self) -> (u64, u64) {
        (self.cache.entry_count(), self.cache.weighted_size())
    }

    fn find(&self, request: &Incoming<'_>) -> Result<Arc<Prepared>, Refusal> {
        let name = match (request.document_id, request.persisted) {
            (Some(id), Some(hash)) if bare(id) != bare(hash) => {
                return Err(Refusal::malformed(
                    "documentId and extensions.persistedQuery name different documents.",
                    None,
                ));
            }
            (Some(id), _) => Some(DocumentName::Id(id)),
            (None, Some(hash)) => Some(DocumentName::Hash(hash)),
            (None, None) => None,
        };
        match (request.query.filter(|text| !text.is_empty()), name) {
            (Some(text), None) => self.by_text(text),
            (None, Some(name)) => self.by_name(name),
            (Some(text), Some(name)) => self.by_text_and_name(text, name),
            (None, None) => Err(Refusal::malformed("The request has no query.", None)),
        }
    }

    fn by_text(&self, text: &str) -> Result<Arc<Prepared>, Refusal> {
        // Longer texts are refused before they are hashed; the scan says how.
        if text.len() > self.limits.bytes_max {
            return Prepared::new(text, &self.limits).map(Arc::new);
        }
        let hash: [u8; 32] = Sha256::digest(text).into();
        if let Some(document) = self.manifest.by_hash(&hash) {
            return Ok(document);
        }
        if self.trusted_only {
            return Err(untrusted());
        }
        if let Some(document) = self.cache.get(&hash) {
            return Ok(document);
        }
        let document = Arc::new(Prepared::new(text, &self.limits)?);
        self.cache.insert(hash, Arc::clone(&document));
        Ok(document)
    }

    fn by_name(&self, name: DocumentName<'_>) -> Result<Arc<Prepared>, Refusal> {
        let (DocumentName::Id(given) | DocumentName::Hash(given)) = name;
        let hash = unhex(bare(given));
        let trusted = self.manifest.by_id(bare(given)).or_else(|| self.manifest.by_hash(&hash?));
        if let Some(document) = trusted {
            return Ok(document);
        }
        if self.trusted_only {
            return Err(untrusted());
        }
        if self.automatic
            && let Some(document) = hash.and_then(|hash| self.cache.get(&hash))
        {
            return Ok(document);
        }
        Err(match (name, self.automatic) {
            (DocumentName::Id(_), _) => {
                Refusal::unknown_document(Code::NotFound, "No document is stored under this documentId.")
            }
            (DocumentName::Hash(_), true) => Refusal::PersistedQueryNotFound,
            (DocumentName::Hash(_), false) => Refusal::PersistedQueryNotSupported,
        })
    }

    /// Text and name must agree. The text then counts alone, since a hash adds nothing to it; this is
    /// how Apollo's clients register a document.
    fn by_text_and_name(&self, text: &str, name: DocumentName<'_>) -> Result<Arc<Prepared>, Refusal> {
        let (DocumentName::Id(given) | DocumentName::Hash(given)) = name;
        if text.len() <= self.limits.bytes_max {
            let hash: [u8; 32] = Sha256::digest(text).into();
            let stored = self.manifest.by_id(bare(given));
            let agrees = match stored {
                Some(document) => document.sha256() == hash,
                None => unhex(bare(given)) == Some(hash),
            };
            if !agrees {
                return Err(match name {
                    DocumentName::Id(_) => {
                        Refusal::malformed("The query is not the document that documentId names.", None)
                    }
                    DocumentName::Hash(_) => Refusal::malformed("provided sha does not match query", None),
                });
            }
        }
        self.by_text(text)
    }
}

#[derive(Debug, Clone, Copy)]
enum DocumentName<'a> {
    Id(&'a str),
    Hash(&'a str),
}

fn untrusted() -> Refusal {
    Refusal::unknown_document(
        Code::DocumentNotTrusted,
        "This server runs only the documents its operator has registered, and this is not one of them.",
    )
}

/// A name without the prefix that says how it was made.
fn bare(name: &str) -> &str {
    name.strip_prefix("sha256:").unwrap_or(name)
}

/// 64 hexadecimal digits as 32 bytes.
fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut digits = text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let mut bytes = [0; 32];
    for byte in &mut bytes {
        *byte = digits.next()?? << 4 | digits.next()??;
    }
    Some(bytes)
}

/// The hash in `extensions.persistedQuery`, which is `{version: 1, sha256Hash}`; none when the request
/// has no such extension, or a null one.
pub fn persisted_hash(extension: Option<&Value>) -> Result<Option<&str>, Refusal> {
    let fields = match extension {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Refusal::malformed("extensions.persistedQuery must be an object.", None)),
    };
    match (fields.get("version"), fields.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(hash))) if version.as_u64() == Some(1) => {
            Ok(Some(hash))
        }
        (Some(Value::Number(version)), _) if version.as_u64() != Some(1) => {
            Err(Refusal::malformed("Unsupported persisted query version", None))
        }
        _ => Err(Refusal::malformed(
            "extensions.persistedQuery must have a version, which is 1, and a sha256Hash.",
            None,
        )),
    }
}
