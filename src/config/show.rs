//! Shows settings to people, always without secrets: the banner, `config print`, and the reference.
//!
//! It writes texts; printing them is the command line's part.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::keys::{self, Key};
use super::reader::Reader;
use super::sources::{Settings, Source};
use super::urls::{MASK, mask};
use super::values::Value;
use super::{Config, Loaded};

/// The keys whose whole value is a secret.
const SECRETS: [&str; 2] = ["secret", "media.secret_key"];
/// The keys whose value is a secret unless it is a URL, which has its own way to be masked.
const SECRET_URLS: [&str; 2] = ["database_url", "redis_url"];

/// The value with its secrets replaced.
pub(super) fn masked(key: &str, value: &Value) -> Value {
    let hidden = |text: &str| {
        let is_url = text.is_empty() || text.contains("://") || text.starts_with("sqlite:");
        SECRETS.contains(&key) || (SECRET_URLS.contains(&key) && !is_url)
    };
    match value {
        Value::Other(words) => Value::Other(words.clone()),
        Value::Text(text) if text.is_empty() => value.clone(),
        // A secret of another type is a mistake, but a secret all the same.
        _ if SECRETS.contains(&key) => Value::Text(MASK.to_owned()),
        _ => value.map_texts(|text| if hidden(text) { MASK.to_owned() } else { mask(text) }),
    }
}

/// One key as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    /// The value as a file would hold it, without secrets.
    pub shown: String,
    pub default: String,
    pub source: Source,
    /// Whether the value is other than the default.
    pub differs: bool,
    /// Whether a secret was left out of `shown`.
    pub masked: bool,
}

/// Every key, in the order of the default file.
pub(super) fn entries(settings: &Settings) -> Vec<Entry> {
    let entry = |key: &Key| {
        let (value, source) = settings.get(&key.name)?;
        let shown = masked(&key.name, value);
        Some(Entry {
            key: key.name.clone(),
            shown: shown.to_string(),
            default: key.default.to_string(),
            source: source.clone(),
            differs: *value != key.default,
            masked: shown != *value,
        })
    };
    settings.keys.iter().filter_map(entry).collect()
}

impl Loaded {
    /// What differs from the defaults.
    pub fn differing(&self) -> impl Iterator<Item = &Entry> {
        self.config.shown.iter().filter(|entry| entry.differs)
    }

    /// Every setting in the form of a settings file, each with where it was set. A value with a secret
    /// in it stands behind a `#`, so that the text read back never holds a wrong secret.
    pub fn print(&self) -> String {
        let mut text = "# The settings in force. A line without a remark has its default.\n".to_owned();
        let mut current = "";
        for entry in &self.config.shown {
            let (section, key) = entry.key.split_once('.').unwrap_or(("", &entry.key));
            if section != current {
                let _ = write!(text, "\n[{section}]\n");
                current = section;
            }
            let hash = if entry.masked { "# " } else { "" };
            let _ = write!(text, "{hash}{key} = {}", entry.shown);
            if entry.source != Source::Default {
                let _ = write!(text, " # {}; default {}", entry.source, entry.default);
            }
            text.push('\n');
        }
        text
    }

    /// Where the pages are.
    pub fn addresses(&self, bound: SocketAddr) -> String {
        let url = self.config.public_url_at(bound);
        let pages = [("chat", "/"), ("playground", "/graphql"), ("admin", "/admin"), ("REST", "/api/docs/")];
        let mut text = String::new();
        for (name, path) in pages {
            let _ = writeln!(text, "  {name:<11}{url}{path}");
        }
        text
    }

    /// What start-up tells the operator; `bound` is the address that the server got, and `setup` the code of the
    /// link that makes the first administrator, while there is none.
    pub fn banner(&self, bound: SocketAddr, setup: Option<&str>) -> String {
        let config = &self.config;
        let redis =
            config.redis_url.as_ref().map_or_else(|| "none, one node".to_owned(), ToString::to_string);
        let file = self.file.as_ref().map_or_else(|| "none".to_owned(), |file| file.display().to_string());
        let url = config.public_url_at(bound);
        let mut text = format!("Tertulia {}\n{}", env!("CARGO_PKG_VERSION"), self.addresses(bound));
        for (name, value) in [
            ("listens on", bound.to_string()),
            ("data", config.data_dir.display().to_string()),
            ("database", format!("{}, {}", config.database_url.engine(), config.database_url)),
            ("redis", redis),
            ("settings", file),
        ] {
            let _ = writeln!(text, "  {name:<11}{value}");
        }
        for (at, entry) in self.differing().enumerate() {
            let name = if at == 0 { "changed" } else { "" };
            let _ = writeln!(text, "  {name:<11}{} = {} ({})", entry.key, entry.shown, entry.source);
        }
        if let Some(code) = setup {
            let _ = writeln!(
                text,
                "\nThere is no administrator yet. Within 30 minutes, once, make the first one at"
            );
            let _ = writeln!(text, "  {url}/setup/{code}");
        }
        text
    }
}

const PREFACE: &str = "\
# Settings

Generated from `config/default.toml`, which the server carries inside it.

A setting comes from the first of these that has it:

1. a flag of the command line;
2. the environment;
3. the settings file: the one that `--config` or `TERTULIA_CONFIG` names, else `tertulia.toml` in the
   folder the server starts in, if it is there;
4. the default.

`tertulia config check` lists everything that is wrong, `tertulia config print` shows what is in force
and where it was set. Unknown keys and unknown variables that begin with `TERTULIA_` are errors.

- A variable that is set but empty counts as not set.
- `DATABASE_URL` and `REDIS_URL` stand in for `TERTULIA_DATABASE_URL` and `TERTULIA_REDIS_URL` where
  those are not set.
- A duration is a number with its unit, `ms`, `s`, `m`, `h` or `d`, as in `500ms`, `15m` or `1h30m`. A
  number alone is in seconds.
- A list is separated by commas in the environment, as in `10.0.0.0/8,192.0.2.7`.
- Variables that a cluster sets for a service called `tertulia`, such as `TERTULIA_SERVICE_HOST`, and
  those that begin with `TERTULIA_TEST_` are passed over.
";

/// The reference of every key, as docs/config.md holds it.
pub fn reference() -> String {
    let settings = Settings::defaults();
    let mut reader = Reader::new(&settings);
    Config::read(&mut reader);
    let mut text = PREFACE.to_owned();
    let mut current = None;
    for key in &settings.keys {
        let (section, name) = key.split();
        if current != Some(section) {
            current = Some(section);
            match section {
                "" => text.push_str("\n## Outside any section\n"),
                _ => {
                    let _ = write!(text, "\n## [{section}]\n\n{}\n", keys::section_words(section));
                }
            }
        }
        let allowed = reader.allowed.get(&key.name).map_or("", String::as_str);
        let _ = write!(
            text,
            "\n### {name}\n\n{}\n\n- Default: `{}`\n- Allowed: {allowed}\n- Variable: `{}`{}\n",
            key.words,
            key.default,
            key.variable(),
            key.customary().map_or_else(String::new, |other| format!(", or `{other}`")),
        );
    }
    text
}
