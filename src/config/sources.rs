//! Where settings come from, and which of them wins: flags, then the environment, then the file, then
//! the defaults.
//!
//! Finds keys that do not exist. Whether a value is good is decided where its key is read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use super::file;
use super::keys::{self, Key};
use super::values::Value;

/// The file that is read when none is named, if it is there.
const FILE_NAME: &str = "tertulia.toml";

/// Variables that belong to the tests.
const TEST_PREFIX: &str = "TERTULIA_TEST_";

/// What the settings are made of. Empty sources give the defaults.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file that a flag named.
    pub file: Option<PathBuf>,
    /// The folder that may hold `tertulia.toml`; empty for the working folder.
    pub folder: PathBuf,
    /// Names and values; those that mean nothing to the server may be among them.
    pub env: Vec<(String, String)>,
    /// Keys, such as `http.body_bytes_max`, and values in the form of the environment.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// The environment and the working folder of this process, with what its flags said.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process(file: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let text = |value: OsString| value.to_string_lossy().into_owned();
        let env = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { file, folder: PathBuf::new(), env, flags }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let set = self.env.iter().rfind(|(known, _)| known == name)?;
        Some(set.1.as_str()).filter(|value| !value.is_empty())
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    /// The file, as it was named, and the line in it.
    File {
        path: String,
        line: usize,
    },
    /// The variable.
    Environment(String),
    Flag,
}

impl Source {
    /// The place of a key, as a problem names it. A variable says its key already.
    pub(super) fn place(&self, key: &str) -> String {
        match self {
            Self::Environment(variable) => variable.clone(),
            Self::Default | Self::File { .. } | Self::Flag => format!("{self}: {key}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path} line {line}"),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable, the line of the file, or the flag.
    pub place: String,
    /// What is wrong with it, and what would be right. Never a secret.
    pub what: String,
}

impl Problem {
    pub(super) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Every key with the value that won. Has no `Debug`, since it holds secrets.
pub(super) struct Settings {
    pub(super) keys: Vec<Key>,
    /// The file that was read.
    pub(super) file: Option<PathBuf>,
    set: BTreeMap<String, (Value, Source)>,
}

impl Settings {
    pub(super) fn defaults() -> Self {
        let keys = keys::all();
        let set = keys.iter().map(|key| (key.name.clone(), (key.default.clone(), Source::Default))).collect();
        Self { keys, file: None, set }
    }

    /// Lays the sources on each other, and adds to the problems what fits no key.
    pub(super) fn gather(sources: &Sources, problems: &mut Vec<Problem>) -> Self {
        let mut settings = Self::defaults();
        settings.add_file(sources, problems);
        settings.add_environment(sources, problems);
        settings.add_flags(sources, problems);
        settings
    }

    pub(super) fn get(&self, key: &str) -> Option<&(Value, Source)> {
        self.set.get(key)
    }

    fn add_file(&mut self, sources: &Sources, problems: &mut Vec<Problem>) {
        let by_variable = || sources.variable(keys::FILE_VARIABLE).map(PathBuf::from);
        let named = sources.file.clone().or_else(by_variable);
        let path = named.clone().unwrap_or_else(|| sources.folder.join(FILE_NAME));
        match fs::read_to_string(&path) {
            Ok(text) => {
                self.add_text(&shown_path(&path), &text, problems);
                self.file = Some(path);
            }
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(Problem::new(shown_path(&path), format!("cannot be read: {error}"))),
        }
    }

    fn add_text(&mut self, path: &str, text: &str, problems: &mut Vec<Problem>) {
        let file = file::parse(text);
        let place = |line: usize| format!("{path} line {line}");
        problems.extend(file.faults.into_iter().map(|(line, what)| Problem::new(place(line), what)));
        let known: BTreeSet<String> = self
            .keys
            .iter()
            .map(|key| key.split().0.to_owned())
            .filter(|section| !section.is_empty())
            .collect();
        for (section, line) in file.sections.iter().filter(|(section, _)| !known.contains(section)) {
            let meant = keys::suggest(section, known.iter().map(String::as_str));
            let what = no_such("section", section, meant.map(str::to_owned).as_deref());
            problems.push(Problem::new(place(*line), what));
        }
        for setting in file.settings {
            let in_section = |(section, _): &(String, usize)| {
                !known.contains(section) && setting.key.starts_with(&format!("{section}."))
            };
            if let Some(key) = self.find(&setting.key) {
                let value = match &setting.value {
                    Value::Text(text) if matches!(key.default, Value::Bool(_)) => {
                        Value::from_text(text, &key.default)
                    }
                    value => value.clone(),
                };
                let source = Source::File { path: path.to_owned(), line: setting.line };
                self.set.insert(setting.key, (value, source));
            } else if known.contains(&setting.key) {
                let what = format!("{0} is a section; write [{0}]", setting.key);
                problems.push(Problem::new(place(setting.line), what));
            } else if !file.sections.iter().any(in_section) {
                let what = no_such("key", &setting.key, self.suggest(&setting.key));
                problems.push(Problem::new(place(setting.line), what));
            }
        }
    }

    fn add_environment(&mut self, sources: &Sources, problems: &mut Vec<Problem>) {
        for key in &self.keys {
            let own = key.variable();
            let customary = key.customary().map(str::to_owned);
            let set = [Some(own), customary]
                .into_iter()
                .flatten()
                .find_map(|variable| sources.variable(&variable).map(|text| (variable.clone(), text)));
            if let Some((variable, text)) = set {
                let value = Value::from_text(text, &key.default);
                self.set.insert(key.name.clone(), (value, Source::Environment(variable)));
            }
        }
        let variables: Vec<String> = self.keys.iter().map(Key::variable).collect();
        let known = || variables.iter().map(String::as_str).chain([keys::FILE_VARIABLE]);
        let ours = sources.env.iter().filter(|(name, _)| {
            name.starts_with(keys::PREFIX) && !name.starts_with(TEST_PREFIX) && !known().any(|k| k == name)
        });
        for (name, _) in ours.filter(|(name, value)| !is_service_link(name, value)) {
            let what = no_such("variable", "", keys::suggest(name, known()));
            problems.push(Problem::new(name.escape_debug().to_string(), what));
        }
    }

    fn add_flags(&mut self, sources: &Sources, problems: &mut Vec<Problem>) {
        for (name, text) in &sources.flags {
            if let Some(key) = self.find(name) {
                let value = Value::from_text(text, &key.default);
                self.set.insert(name.clone(), (value, Source::Flag));
            } else {
                let what = no_such("key", name, self.suggest(name));
                problems.push(Problem::new(Source::Flag.to_string(), what));
            }
        }
    }

    fn find(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    fn suggest(&self, mistaken: &str) -> Option<&str> {
        keys::suggest(mistaken, self.keys.iter().map(|key| key.name.as_str()))
    }
}

/// Whether a cluster set the variable, because a service of it is called after us. They look like
/// `TERTULIA_SERVICE_HOST` and `TERTULIA_PORT=tcp://…`, and nobody wrote them.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_port = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.split_once("_PORT_").is_some_and(|(_, rest)| is_port(rest))
        || (name.ends_with("_PORT") && value.contains("://"))
}

fn no_such(kind: &str, name: &str, meant: Option<&str>) -> String {
    let hint = meant.map_or_else(
        || "`tertulia config print` lists those that there are".to_owned(),
        |meant| format!("did you mean {meant}?"),
    );
    match name {
        "" => format!("there is no such {kind}; {hint}"),
        _ => format!("there is no {kind} {name:?}; {hint}"),
    }
}

fn shown_path(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}
