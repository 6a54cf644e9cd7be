//! The keys that exist: those of the embedded default file, with its words, and their other names.
//!
//! What a key's value means and which values it allows is said where the key is read.

use super::file;
use super::values::Value;

/// The defaults and the reference in one: every key, annotated.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// What every variable of ours begins with.
pub(super) const PREFIX: &str = "TERTULIA_";

/// The variable that names the settings file.
pub(super) const FILE_VARIABLE: &str = "TERTULIA_CONFIG";

/// Variables without our prefix, which hosts set by custom, and the keys they stand for.
const CUSTOMARY: [(&str, &str); 2] = [("database_url", "DATABASE_URL"), ("redis_url", "REDIS_URL")];

/// One key, as the default file has it.
pub(super) struct Key {
    /// Such as `listen` or `http.body_bytes_max`.
    pub(super) name: String,
    pub(super) default: Value,
    /// The comment above it.
    pub(super) words: String,
}

impl Key {
    /// Its variable, such as `TERTULIA_HTTP_BODY_BYTES_MAX`.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// The variable that stands in where its own is not set.
    pub(super) fn customary(&self) -> Option<&'static str> {
        CUSTOMARY.iter().find(|(name, _)| *name == self.name).map(|(_, variable)| *variable)
    }

    /// The section and the key inside it.
    pub(super) fn split(&self) -> (&str, &str) {
        self.name.split_once('.').unwrap_or(("", &self.name))
    }
}

/// Every key, in the order of the default file.
pub(super) fn all() -> Vec<Key> {
    file::parse(DEFAULTS)
        .settings
        .into_iter()
        .map(|setting| Key { words: words_above(setting.line), name: setting.key, default: setting.value })
        .collect()
}

/// What the default file says of a section.
pub(super) fn section_words(section: &str) -> String {
    let header = format!("[{section}]");
    DEFAULTS.lines().position(|line| line == header).map_or_else(String::new, |above| words_above(above + 1))
}

/// The comment that ends right above a line, counted from 1.
fn words_above(line: usize) -> String {
    let above: Vec<&str> = DEFAULTS.lines().take(line.saturating_sub(1)).collect();
    let mut words: Vec<&str> =
        above.iter().rev().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
    words.reverse();
    words.join(" ")
}

const LIKE_ENOUGH: f64 = 0.6;

/// The known name that a mistaken one most likely means.
pub(super) fn suggest<'a>(mistaken: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mistaken = plain(mistaken);
    known
        .into_iter()
        .map(|name| (likeness(&mistaken, &plain(name)), name))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn plain(name: &str) -> String {
    name.trim_start_matches(PREFIX).replace(['.', '-'], "_").to_ascii_lowercase()
}

/// From 0 to 1. A name that only lacks its section, or has one too many, is close.
fn likeness(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let without_section =
        short.len() > 2 && long.strip_suffix(short).is_some_and(|section| section.ends_with('_'));
    let by_letters = strsim::normalized_damerau_levenshtein(a, b);
    if without_section { by_letters.max(0.8) } else { by_letters }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_default_file_is_whole_and_says_something_of_every_key() {
        assert!(file::parse(DEFAULTS).faults.is_empty());
        for key in all() {
            assert!(key.words.ends_with('.'), "{} has no sentence", key.name);
            let (section, _) = key.split();
            assert!(section.is_empty() || section_words(section).ends_with('.'), "[{section}]");
        }
    }

    #[test]
    fn no_two_keys_share_a_variable() {
        let keys = all();
        let variables: BTreeSet<String> = keys.iter().map(Key::variable).collect();
        assert_eq!(variables.len(), keys.len());
        assert!(!variables.contains(FILE_VARIABLE));
    }

    #[test]
    fn the_variables_that_others_rely_on_exist() {
        let variables: Vec<String> = all().iter().map(Key::variable).collect();
        for name in [
            "TERTULIA_LISTEN",
            "TERTULIA_DATA_DIR",
            "TERTULIA_DATABASE_URL",
            "TERTULIA_REDIS_URL",
            "TERTULIA_PUBLIC_URL",
            "TERTULIA_BCRYPT_COST",
            "TERTULIA_ACCESS_TOKEN_TTL",
            "TERTULIA_REFRESH_TOKEN_TTL",
            "TERTULIA_RATE_LIMITS",
            "TERTULIA_INTROSPECTION",
            "TERTULIA_LOG",
            "TERTULIA_SECRET",
        ] {
            assert!(variables.iter().any(|variable| variable == name), "{name}");
        }
    }

    #[test]
    fn a_mistaken_name_finds_the_one_it_means() {
        let keys = all();
        let find = |mistaken: &str| suggest(mistaken, keys.iter().map(|key| key.name.as_str()));
        assert_eq!(find("listn"), Some("listen"));
        assert_eq!(find("data-dir"), Some("data_dir"));
        assert_eq!(find("body_bytes_max"), Some("http.body_bytes_max"));
        assert_eq!(find("http.listen"), Some("listen"));
        assert_eq!(find("SECERT"), Some("secret"));
        assert_eq!(find("zzzzzz"), None);
    }
}
