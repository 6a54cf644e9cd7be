//! Turns raw values into typed ones, and collects what is wrong with them instead of stopping.
//!
//! A key that cannot be read gives a stand-in, so that reading goes on to the next problem; nobody sees
//! stand-ins, since settings with a problem are not handed out.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::show::{self, Entry};
use super::sources::{Problem, Settings, Source};
use super::values::{Value, parse_duration, show_duration};

const SHOWN_CHARS_MAX: usize = 120;

pub(super) struct Reader<'s> {
    settings: &'s Settings,
    /// What each key that was read allows, in words.
    pub(super) allowed: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
    failed: Vec<String>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings, allowed: BTreeMap::new(), problems: Vec::new(), failed: Vec::new() }
    }

    /// Every key as people are shown it.
    pub(super) fn shown(&self) -> Vec<Entry> {
        show::entries(self.settings)
    }

    /// Reads a key with a parser that says what is wrong, as the end of a sentence about the value.
    fn take<T>(
        &mut self,
        key: &str,
        allowed: &str,
        stand_in: T,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> T {
        self.allowed.insert(key.to_owned(), allowed.to_owned());
        let Some((value, source)) = self.settings.get(key) else {
            self.problems.push(Problem::new(key, "is missing from the defaults"));
            return stand_in;
        };
        match check_texts(value).and_then(|()| parse(value)) {
            Ok(read) => read,
            Err(wrong) => {
                let what = format!("{} {wrong}; allowed: {allowed}", shown(key, value));
                self.fail(key, source, what);
                stand_in
            }
        }
    }

    fn fail(&mut self, key: &str, source: &Source, what: String) {
        self.problems.push(Problem::new(source.place(key), what));
        self.failed.push(key.to_owned());
    }

    /// A rule between keys. Not asked while one of them is wrong by itself; to blame is the first that
    /// someone has set.
    pub(super) fn agree(&mut self, keys: &[&str], holds: bool, rule: &str) {
        let wrong_already = keys.iter().any(|key| self.failed.iter().any(|failed| failed == key));
        if holds || wrong_already {
            return;
        }
        let settings = self.settings;
        let set = |key: &&&str| settings.get(key).is_some_and(|(_, source)| *source != Source::Default);
        let blamed = keys.iter().find(set).or(keys.first());
        if let Some((key, (_, source))) = blamed.and_then(|key| Some((key, settings.get(key)?))) {
            self.fail(key, source, rule.to_owned());
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.take(key, "on or off (true or false, 1 or 0)", false, |value| match value {
            Value::Bool(on) => Ok(*on),
            _ => Err("is neither on nor off".to_owned()),
        })
    }

    pub(super) fn number<T: TryFrom<i64> + Default>(&mut self, key: &str, range: RangeInclusive<i64>) -> T {
        let allowed = format!("{} to {}", range.start(), range.end());
        self.take(key, &allowed, T::default(), |value| {
            let Value::Integer(number) = value else { return Err("is not a whole number".to_owned()) };
            let in_range = Some(*number).filter(|number| range.contains(number));
            in_range
                .and_then(|number| T::try_from(number).ok())
                .ok_or_else(|| beyond(*number < *range.start()))
        })
    }

    /// How many of a thing one caller may do in a span of time.
    pub(super) fn rate(&mut self, key: &str) -> NonZeroU32 {
        NonZeroU32::new(self.number(key, 1..=1_000_000)).unwrap_or(NonZeroU32::MIN)
    }

    pub(super) fn duration(&mut self, key: &str, range: RangeInclusive<Duration>) -> Duration {
        let allowed = format!("{} to {}", show_duration(*range.start()), show_duration(*range.end()));
        self.take(key, &allowed, *range.start(), |value| {
            let duration = match value {
                Value::Text(text) => parse_duration(text)?,
                Value::Integer(seconds) => {
                    Duration::from_secs(u64::try_from(*seconds).map_err(|_| beyond(true))?)
                }
                _ => return Err("is not a duration".to_owned()),
            };
            if range.contains(&duration) { Ok(duration) } else { Err(beyond(duration < *range.start())) }
        })
    }

    pub(super) fn text<T>(
        &mut self,
        key: &str,
        allowed: &str,
        stand_in: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        self.take(key, allowed, stand_in, |value| match value {
            Value::Text(text) => parse(text),
            _ => Err("is not a text".to_owned()),
        })
    }

    /// A text whose emptiness says that there is none.
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.text(key, allowed, None, |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) })
    }

    pub(super) fn optional_path(&mut self, key: &str) -> Option<PathBuf> {
        self.optional(key, "a path or empty", |text| Ok(PathBuf::from(text)))
    }

    pub(super) fn list<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.take(key, allowed, Vec::new(), |value| match value {
            Value::List(items) => items.iter().map(|item| parse(item)).collect(),
            _ => Err("is not a list of texts".to_owned()),
        })
    }
}

fn beyond(below: bool) -> String {
    if below { "is too small".to_owned() } else { "is too large".to_owned() }
}

fn check_texts(value: &Value) -> Result<(), String> {
    match value.texts() {
        texts if texts.iter().any(|text| text.contains(char::is_control)) => {
            Err("has control characters".to_owned())
        }
        texts if texts.iter().any(|text| text.contains(char::REPLACEMENT_CHARACTER)) => {
            Err("is not valid UTF-8".to_owned())
        }
        _ => Ok(()),
    }
}

fn shown(key: &str, value: &Value) -> String {
    let shown = show::masked(key, value).to_string();
    match shown.char_indices().nth(SHOWN_CHARS_MAX) {
        None => shown,
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
    }
}
