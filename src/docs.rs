//! The generated files of the source tree. One command writes them all; a test compares.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context as _;

use crate::config;
use crate::error::Code;
use crate::graphql::schema;
use crate::rest::openapi;

/// The command that writes the files anew.
pub const COMMAND: &str = "make generate";

/// Every generated file, by its path below the root of the source tree.
pub fn all() -> [(&'static str, String); 4] {
    [
        ("schema.graphql", schema::sdl()),
        ("docs/errors.md", errors()),
        ("docs/config.md", config::reference()),
        ("docs/openapi.json", openapi::as_json(&openapi::document())),
    ]
}

/// Writes every generated file below the current folder.
pub fn write_all() -> anyhow::Result<()> {
    fs::create_dir_all("docs").context("cannot make docs/")?;
    for (path, text) in all() {
        fs::write(path, text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

fn errors() -> String {
    let mut page = format!(
        "# Errors\n\n\
         Made from the code by `{COMMAND}`.\n\n\
         Codes are contract: they keep their names and meanings. Messages are for people, are translated, and \
         may change; do not compare them. New codes may appear: treat an unknown one as `BAD_INPUT`.\n\n\
         A fault that the caller can put right is part of a mutation's answer, in `errors` of its payload, with \
         the `path` of the input at fault. Every other fault is a top-level error with the code in \
         `extensions.code`, the request in `extensions.requestId`, and, where waiting helps, \
         `extensions.retryAfterMs`.\n\n\
         | code | where | what it says | what to do |\n|---|---|---|---|\n"
    );
    for code in Code::ALL {
        let place = if code.is_expected() { "payload; top level in queries" } else { "top level" };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{code}` | {place} | {} | {} |", code.meaning(), code.remedy());
    }
    page.push_str(
        "\nTwo more belong to the protocol of automatic persisted queries and keep its names: \
         `PERSISTED_QUERY_NOT_FOUND` (send the text with the hash) and `PERSISTED_QUERY_NOT_SUPPORTED` (send no \
         hashes).\n",
    );
    page
}
