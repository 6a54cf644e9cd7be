//! Holds the invariants of ARCHITECTURE.md that the compiler cannot hold inside one crate.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from left to right. Modules of one row do not import each other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["demo", "docs", "load", "server"],
    &["graphql", "rest", "ui"],
    &["http"],
    &["app"],
    &["storage", "hub", "auth", "media"],
    &["domain"],
    &["error"],
];

/// Usable from any layer above domain; they import no layer.
const BESIDE: &[&str] = &["clock", "config", "dice", "metrics", "telemetry"];

/// Foreign crates that have one home (INV-2), or a few: modules, or a part of one.
const HOMES: &[(&str, &[&str])] = &[
    ("async_graphql", &["graphql"]),
    ("async_graphql_axum", &["graphql"]),
    ("axum", &["graphql", "http", "load/probe", "rest", "server", "ui"]),
    ("bcrypt", &["auth"]),
    ("clap", &["cli"]),
    ("deadpool", &["storage"]),
    ("diesel", &["storage"]),
    ("diesel_async", &["storage"]),
    ("diesel_migrations", &["storage"]),
    ("emojis", &["domain/reactions"]),
    ("flate2", &["ui"]),
    ("governor", &["app"]),
    ("gif", &["media"]),
    ("hyper", &["server"]),
    ("hyper_util", &["server"]),
    ("image", &["media"]),
    ("jsonwebtoken", &["auth"]),
    ("metrics_exporter_prometheus", &["metrics"]),
    ("mimalloc", &["main"]),
    ("multer", &["rest"]),
    ("object_store", &["media"]),
    ("rand", &["auth"]),
    ("redis", &["hub/redis"]),
    ("rust_embed", &["ui"]),
    ("rustix", &["auth", "media"]),
    ("rustls", &["storage"]),
    ("tokio_postgres", &["storage"]),
    ("unicode_normalization", &["domain/search"]),
    ("tokio_tungstenite", &["graphql", "load", "rest"]),
    ("toml", &["config"]),
    ("tower_http", &["server"]),
    ("tracing_subscriber", &["telemetry"]),
    ("utoipa", &["rest"]),
];

struct Source {
    path: String,
    /// The first part of its module path.
    module: String,
    /// Without comments.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                let module = relative.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.push(Source { path: relative, module, code: code.collect::<Vec<_>>().join("\n") });
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The names right behind each `prefix` in the code.
fn names_after<'c>(code: &'c str, prefix: &str) -> Vec<&'c str> {
    let ends = |c: char| !(c.is_alphanumeric() || c == '_');
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let joined = code[..at].chars().next_back().is_some_and(|c| !ends(c) || c == ':' || c == '$');
        let rest = &code[at + prefix.len()..];
        if !joined {
            match rest.strip_prefix('{') {
                // `use crate::{a, b::c};`
                Some(list) => {
                    let list = &list[..list.find("};").unwrap_or(0)];
                    names.extend(list.split(',').map(|item| item.trim().split(ends).next().unwrap()));
                }
                None => names.push(rest.split(ends).next().unwrap()),
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn mentions_crate(code: &str, name: &str) -> bool {
    let used = format!("{name}::");
    code.match_indices(&used).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        // `crate::metrics::…` and `something_metrics::…` are other names; `::metrics::…` is the crate.
        let other = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let inner = code[..at].ends_with("::")
            && code[..at].trim_end_matches("::").ends_with(|c: char| c.is_alphanumeric() || c == '_');
        !other && !inner
    })
}

/// Whether a file is the module or below it.
fn is_inside(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[test]
fn inv_1_imports_point_right_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        if source.module == "lib" {
            continue;
        }
        for target in
            names_after(&source.code, "crate::").into_iter().filter(|target| *target != source.module)
        {
            let allowed = match (layer(&source.module), layer(target)) {
                (Some(from), Some(to)) => from < to,
                (Some(from), None) if BESIDE.contains(&target) => from < layer("domain").unwrap(),
                (None, Some(_)) => false,
                // A name of the crate's root that is no module, such as a macro; or beside to beside.
                (_, None) => true,
            };
            if !allowed {
                wrong.push(format!("{} imports crate::{target}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the layers of ARCHITECTURE.md:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_module_has_a_layer() {
    for source in sources() {
        let placed = layer(&source.module).is_some() || BESIDE.contains(&source.module.as_str());
        assert!(placed || source.module == "lib", "{} has no place in ARCHITECTURE.md's layers", source.path);
    }
}

#[test]
fn inv_2_a_foreign_crate_has_one_home() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, homes) in HOMES {
            let at_home = homes.iter().any(|home| is_inside(&source.path, home));
            if mentions_crate(&source.code, name) && !at_home {
                wrong.push(format!("{} names {name}, whose home is {}", source.path, homes.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "foreign crates away from home:\n  {}", wrong.join("\n  "));
}

/// Methods of `App` that are not use cases: they make it, watch it, keep it true or close it, or find out
/// who calls.
const NOT_USE_CASES: &[&str] = &[
    "new",
    "bounds",
    "epoch",
    "hub",
    "store",
    "password_queue_len",
    "decode_queue_len",
    "index_backlog_len",
    "close",
    "authenticate",
    "identify",
    "identify_from",
    "look_for_missed",
];

#[test]
fn inv_3_only_app_opens_a_transaction_or_asks_policy() {
    for source in
        sources().iter().filter(|source| !["app", "domain", "storage"].contains(&source.module.as_str()))
    {
        for word in ["policy::", "store.write(", "store.read(", "store().write(", "store().read("] {
            assert!(!source.code.contains(word), "{} says `{word}`", source.path);
        }
    }
}

#[test]
fn inv_4_every_use_case_takes_the_viewer_first() {
    let mut seen = 0;
    for source in sources().iter().filter(|source| source.module == "app") {
        for block in source.code.split("\nimpl App {").skip(1) {
            let block = &block[..block.find("\n}").unwrap()];
            for method in block.split("\n    pub ").skip(1) {
                let method = method.trim_start_matches("async ");
                let Some(signature) = method.strip_prefix("fn ") else { continue };
                let name = signature.split(['(', '<']).next().unwrap();
                let arguments: String = signature.split_once('(').unwrap().1.split_whitespace().collect();
                let takes =
                    ["&self,viewer:&Viewer", "&self,_viewer:&Viewer", "self:&Arc<Self>,viewer:&Viewer"];
                let first = takes.iter().any(|taken| arguments.starts_with(taken));
                assert!(first || NOT_USE_CASES.contains(&name), "{}: {name} does not", source.path);
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} methods were found");
}

#[test]
fn the_rules_can_be_broken() {
    assert_eq!(names_after("use crate::{storage, app::App};", "crate::"), ["storage", "app"]);
    assert_eq!(names_after("fn f(a: crate::app::App) {}", "crate::"), ["app"]);
    assert!(names_after("$crate::app::App", "crate::").is_empty());
    assert!(mentions_crate("use diesel::prelude::*;", "diesel"));
    assert!(mentions_crate("let x = ::diesel::f();", "diesel"));
    assert!(!mentions_crate("crate::diesel::f(); my_diesel::f();", "diesel"));
    assert!(is_inside("hub/redis.rs", "hub/redis") && is_inside("hub/redis/link.rs", "hub/redis"));
    assert!(!is_inside("hub/bus.rs", "hub/redis") && !is_inside("hub/redis_too.rs", "hub/redis"));
}
