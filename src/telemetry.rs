//! Sets up the log: what is written, in which form, to standard error.
//!
//! It is told what to do by its arguments and reads no settings itself. Metrics are elsewhere.

use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A line for people; in colour on a terminal.
    #[default]
    Human,
    /// One JSON object per line.
    Json,
}

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log filter {0}")]
    Filter(String),
    #[error("the log is set up already")]
    Twice,
}

/// Starts the log for the whole process. May be called once.
pub fn start(filter: &str, format: Format) -> Result<(), Error> {
    let subscriber = subscriber(filter, format, io::stderr, io::stderr().is_terminal())?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| Error::Twice)
}

/// Says what is wrong with a filter such as `info,tertulia::http=debug`.
///
/// The filter's own parser takes any lone word for the name of a module, so a misspelt level would
/// silence the log. Here a lone word must be a level.
pub fn check(filter: &str) -> Result<(), String> {
    parse(filter).map(|_| ())
}

fn parse(filter: &str) -> Result<EnvFilter, String> {
    let parts: Vec<&str> = filter.split(',').map(str::trim).collect();
    for part in &parts {
        let lone_word = !part.contains(['=', '[', '{', ']', '}']);
        if part.is_empty() || (lone_word && part.parse::<LevelFilter>().is_err()) {
            return Err(format!("has a part {part:?} that is neither a level nor of the form part=level"));
        }
    }
    EnvFilter::builder().parse(parts.join(",")).map_err(|_| "is not of the form part=level".to_owned())
}

fn subscriber<W>(
    filter: &str,
    format: Format,
    writer: W,
    colour: bool,
) -> Result<Box<dyn Subscriber + Send + Sync>, Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = parse(filter).map_err(Error::Filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match format {
        Format::Human => Box::new(builder.with_ansi(colour).finish()),
        Format::Json => Box::new(builder.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: Format) -> String {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(filter, format, move || writer.clone(), false).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("request", request.id = "r-1").entered();
            tracing::info!(room.id = 7, "A message was stored.");
            tracing::debug!("Unheard.");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_human_line_is_a_sentence_with_its_fields_and_no_colour_off_a_terminal() {
        let log = logged("info", Format::Human);
        assert!(log.contains("A message was stored."), "{log}");
        assert!(log.contains("room.id=7"), "{log}");
        assert!(!log.contains('\u{1b}'), "{log}");
        assert_eq!(log.lines().count(), 1);
    }

    #[test]
    fn a_json_line_is_one_object_with_the_fields_of_its_spans() {
        let log = logged("info", Format::Json);
        let line: serde_json::Value = serde_json::from_str(log.trim()).unwrap();
        assert_eq!(line["message"], "A message was stored.");
        assert_eq!(line["room.id"], 7);
        assert_eq!(line["span"]["request.id"], "r-1");
    }

    #[test]
    fn the_filter_decides_what_is_written() {
        assert_eq!(logged("off", Format::Human), "");
        assert_eq!(logged("debug", Format::Human).lines().count(), 2);
        assert_eq!(logged("off,tertulia=debug", Format::Human).lines().count(), 2);
    }

    #[test]
    fn a_filter_with_a_misspelt_level_is_refused() {
        for filter in ["info", "OFF", "info, tertulia=debug", "warn,[request{user.id=1}]=trace"] {
            assert_eq!(check(filter), Ok(()), "{filter}");
        }
        for filter in ["", " ", "inof", "info,", "tertulia=loud", "info,tertulia"] {
            assert!(check(filter).is_err(), "{filter}");
        }
    }
}
