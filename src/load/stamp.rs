//! What a message says of itself, so that whoever reads it can tell whether it belongs there.

use std::fmt;
use std::time::Duration;

/// The first line of a message's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The run that sent it.
    pub(super) run: String,
    pub(super) room: usize,
    pub(super) sender: usize,
    /// Counted by each sender, from 1.
    pub(super) number: u64,
    /// When it was meant to be sent, since the start of the run.
    pub(super) at: Duration,
}

impl Stamp {
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut words = text.lines().next()?.split(' ');
        let mut value = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
        let stamp = Self {
            run: value("run")?.to_owned(),
            room: value("room")?.parse().ok()?,
            sender: value("sender")?.parse().ok()?,
            number: value("number")?.parse().ok()?,
            at: Duration::from_micros(value("at")?.parse().ok()?),
        };
        words.next().is_none().then_some(stamp)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, room, sender, number, at } = self;
        write!(f, "run={run} room={room} sender={sender} number={number} at={}", at.as_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let stamp =
            Stamp { run: "abc".into(), room: 3, sender: 14, number: 159, at: Duration::from_micros(265_358) };
        assert_eq!(Stamp::of(&stamp.to_string()), Some(stamp.clone()));
        assert_eq!(Stamp::of(&format!("{stamp}\nand more")), Some(stamp));
    }

    #[test]
    fn other_text_has_no_stamp() {
        for text in ["", "hello", "run=a room=1", "run=a room=x sender=1 number=1 at=1"] {
            assert_eq!(Stamp::of(text), None, "{text}");
        }
        assert_eq!(Stamp::of("run=a room=1 sender=1 number=1 at=1 more"), None);
    }
}
