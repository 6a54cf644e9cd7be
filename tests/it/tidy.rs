//! The house rules that a reader would notice first.

use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;
/// A dialect is one closed file, whatever it takes: to delete the file is to delete the dialect.
const DIALECT_LINES_MAX: usize = 1000;

fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !["node_modules", "dist"].contains(&name) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder} was not found");
    found
}

#[test]
fn a_source_file_says_what_it_is_for_and_stays_short() {
    for path in files("src", &[".rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let path = path.display();
        let tests = path.to_string().contains("tests");
        assert!(tests || text.starts_with("//!"), "{path} does not open with //!");
        let lines = text.split("#[cfg(test)]").next().unwrap().lines().count();
        let max = if path.to_string().contains("src/rest/dialects/") { DIALECT_LINES_MAX } else { LINES_MAX };
        assert!(tests || lines <= max, "{path} has {lines} lines; a second noun may be hiding in it");
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Put together, so that this file does not find itself.
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X"].concat(),
        ["unimpl", "emented!"].concat(),
    ];
    for path in ["src", "tests", "web/src", "web/resume", "examples", "migrations"]
        .into_iter()
        .flat_map(|folder| files(folder, &[".rs", ".ts", ".tsx", ".mjs", ".sql"]))
    {
        let text = fs::read_to_string(&path).unwrap();
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} says {mark}", path.display());
        }
    }
}
