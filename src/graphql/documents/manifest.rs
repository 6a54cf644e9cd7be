//! The documents an operator trusts, read from a file when the server starts.
//!
//! Two shapes are known: an object from id to text, as Relay's compiler and graphql-codegen write it
//! (`persisted-documents.json`), and Apollo's operation manifest. Trusted documents keep to the same
//! limits as all others, so that a mistake in a client's build shows at start and not at night.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{bare, unhex};
use crate::graphql::guard::{Limits, Prepared, short};

/// How many problems of one file are told at once.
const PROBLEMS_MAX: usize = 20;
const APOLLO_FORMAT: &str = "apollo-persisted-query-manifest";

/// Why a manifest is not used. For the operator, who may see paths.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the manifest is not JSON")]
    Json(#[from] serde_json::Error),
    #[error(
        "the manifest must be an object from id to document text, or an Apollo operation manifest of version 1"
    )]
    Shape,
    #[error("the manifest has bad documents:\n{}", .0.join("\n"))]
    Documents(Vec<String>),
}

/// Trusted documents, by their ids without `sha256:` and by the hashes of their texts.
#[derive(Debug, Default)]
pub struct Manifest {
    by_id: HashMap<String, Arc<Prepared>>,
    by_hash: HashMap<[u8; 32], Arc<Prepared>>,
}

#[derive(Debug, Deserialize)]
struct Apollo {
    version: u64,
    operations: Vec<ApolloOperation>,
}

/// One operation; its `name`, `type` and `clientName` say nothing that the text does not.
#[derive(Debug, Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

impl Manifest {
    /// Reads a file.
    pub fn load(path: &Path, limits: &Limits) -> Result<Self, ManifestError> {
        let json = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
        Self::parse(&json, limits)
    }

    /// Reads the content of a file, and names all that is wrong with it at once.
    pub fn parse(json: &str, limits: &Limits) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        let mut problems = Vec::new();
        for (id, text) in entries(serde_json::from_str(json)?)? {
            if let Err(problem) = manifest.add(&id, &text, limits) {
                problems.push(format!("{}: {problem}", short(&id)));
            }
            if problems.len() == PROBLEMS_MAX {
                break;
            }
        }
        if problems.is_empty() { Ok(manifest) } else { Err(ManifestError::Documents(problems)) }
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn add(&mut self, id: &str, text: &str, limits: &Limits) -> Result<(), String> {
        let document =
            Arc::new(Prepared::new(text, limits).map_err(|refusal| refusal.message().into_owned())?);
        if id.is_empty() {
            return Err("The id is empty.".to_owned());
        }
        if id.starts_with("sha256:") && unhex(bare(id)) != Some(document.sha256()) {
            return Err(format!("The id should be sha256:{}.", document.sha256_hex()));
        }
        let document = Arc::clone(self.by_hash.entry(document.sha256()).or_insert(document));
        match self.by_id.insert(bare(id).to_owned(), Arc::clone(&document)) {
            Some(former) if former.sha256() != document.sha256() => {
                Err("Two documents have this id.".to_owned())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Arc<Prepared>> {
        self.by_id.get(id).cloned()
    }

    pub(super) fn by_hash(&self, hash: &[u8; 32]) -> Option<Arc<Prepared>> {
        self.by_hash.get(hash).cloned()
    }
}

/// Ids and texts, in either shape.
fn entries(json: Value) -> Result<Vec<(String, String)>, ManifestError> {
    if json.get("format").and_then(Value::as_str) == Some(APOLLO_FORMAT) {
        let apollo = Apollo::deserialize(json).map_err(|_| ManifestError::Shape)?;
        if apollo.version != 1 {
            return Err(ManifestError::Shape);
        }
        return Ok(apollo.operations.into_iter().map(|operation| (operation.id, operation.body)).collect());
    }
    let Value::Object(entries) = json else { return Err(ManifestError::Shape) };
    let text = |(id, value)| match value {
        Value::String(text) => Ok((id, text)),
        _ => Err(ManifestError::Shape),
    };
    entries.into_iter().map(text).collect()
}
