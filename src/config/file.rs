//! Reads a settings file into flat keys with their lines.
//!
//! Knows the syntax, and that keys may stand in sections one deep; which keys exist is not its matter.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::values::Value;

/// One key of a file, such as `http.body_bytes_max`.
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A file, as far as it could be read, in the order of its lines.
pub(super) struct File {
    pub(super) settings: Vec<Setting>,
    /// The sections with their lines.
    pub(super) sections: Vec<(String, usize)>,
    /// What is not TOML, with its line.
    pub(super) faults: Vec<(usize, String)>,
}

/// Reads what can be read. A line with a fault gives no setting, so that it is complained of once.
pub(super) fn parse(text: &str) -> File {
    let (table, errors) = DeTable::parse_recoverable(text);
    let faults: Vec<(usize, String)> = errors
        .iter()
        .map(|error| (line_of(text, error.span().map_or(0, |span| span.start)), error.message().to_owned()))
        .collect();
    let mut file = File { settings: Vec::new(), sections: Vec::new(), faults };
    for (name, value) in table.get_ref() {
        let line = line_of(text, name.span().start);
        match value.get_ref() {
            DeValue::Table(section) => {
                file.sections.push((name.get_ref().to_string(), line));
                let keys = section.iter().map(|(key, value)| {
                    setting(
                        format!("{}.{}", name.get_ref(), key.get_ref()),
                        line_of(text, key.span().start),
                        value,
                    )
                });
                file.settings.extend(keys);
            }
            _ => file.settings.push(setting(name.get_ref().to_string(), line, value)),
        }
    }
    let File { settings, faults, .. } = &mut file;
    settings.retain(|setting| faults.iter().all(|(line, _)| *line != setting.line));
    settings.sort_by_key(|setting| setting.line);
    file
}

fn setting(key: String, line: usize, value: &Spanned<DeValue<'_>>) -> Setting {
    Setting { key, line, value: Value::from_toml(value.get_ref()) }
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_flat_with_their_lines() {
        let file = parse("b = 1\n\n# words\na = \"x\"\n[http]\nc = [\"y\"]\nd.e = 2\n");
        let found: Vec<_> =
            file.settings.iter().map(|s| (s.key.as_str(), s.line, s.value.to_string())).collect();
        assert_eq!(
            found,
            [
                ("b", 1, "1".to_owned()),
                ("a", 4, "\"x\"".to_owned()),
                ("http.c", 6, "[\"y\"]".to_owned()),
                ("http.d", 7, "a value of type table".to_owned())
            ]
        );
        assert_eq!(file.sections, [("http".to_owned(), 5)]);
        assert!(file.faults.is_empty());
    }

    #[test]
    fn every_broken_line_is_named_and_the_others_still_read() {
        let file = parse("a = \nb = 2\nc = = 3\n");
        let lines: Vec<usize> = file.faults.iter().map(|(line, _)| *line).collect();
        assert!(lines.contains(&1) && lines.contains(&3), "{:?}", file.faults);
        assert_eq!(file.settings.len(), 1);
    }
}
