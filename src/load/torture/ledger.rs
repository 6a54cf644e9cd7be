//! What is known of one room, and the judge of what is claimed about it. Pure: no I/O, no clock.
//!
//! The server is believed nothing twice. Whatever an acknowledgement, a delivery or a page says first
//! about a message, all others must say, too.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sha2::{Digest as _, Sha256};

use crate::load::stamp::Stamp;

/// Characters of a text that a report shows.
const SHOWN_MAX: usize = 120;

/// One send: who, and which one of theirs.
pub(super) type Key = (usize, u64);

/// What was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Something between was left out.
    Hole { expected: i64, got: i64 },
    /// What had been delivered came again.
    Again { expected: i64, got: i64 },
    /// A message that nobody here sent, or that belongs into another room.
    Foreign { seq: i64, text: String },
    /// The text is not what its sender wrote.
    Altered { seq: i64, text: String },
    /// One send is two messages.
    Doubled { key: (usize, u64), first: i64, second: i64 },
    /// Two messages have one number.
    Clash { seq: i64, first: (usize, u64), second: (usize, u64) },
    /// A later message of a sender stands before an earlier one, though it was sent after the earlier
    /// was acknowledged.
    Reordered { sender: usize, seq: i64, number: u64, after: u64 },
    /// An acknowledged send is not among the room's messages.
    Lost { key: (usize, u64), seq: i64 },
    /// The flag `duplicate` says the contrary of what is so.
    Flag { key: (usize, u64), seq: i64, duplicate: bool },
    /// A reader was not told all there is, however long it waited.
    Incomplete { expected: i64, newest: i64 },
    /// The room says that it has another number of messages than it shows.
    Miscounted { total: i64, shown: i64 },
    /// A reader's messages differ from the room's.
    Unlike { reader: String, room: String },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |(sender, number): &Key| format!("message {number} of sender {sender}");
        match self {
            Self::Hole { expected, got } => {
                write!(f, "a hole: expected seq {expected}, got seq {got}")
            }
            Self::Again { expected, got } => {
                write!(f, "delivered again: expected seq {expected}, got seq {got}")
            }
            Self::Foreign { seq, text } => {
                write!(f, "a foreign message: seq {seq} is {:?}", shown(text))
            }
            Self::Altered { seq, text } => {
                write!(f, "an altered message: seq {seq} is {:?}", shown(text))
            }
            Self::Doubled { key, first, second } => {
                write!(f, "stored twice: {} is seq {first} and seq {second}", name(key))
            }
            Self::Clash { seq, first, second } => {
                write!(f, "two messages with one number: seq {seq} is {} and {}", name(first), name(second))
            }
            Self::Reordered { sender, seq, number, after } => {
                write!(
                    f,
                    "reordered: seq {seq} is message {number} of sender {sender}, after message {after}"
                )
            }
            Self::Lost { key, seq } => {
                write!(f, "lost: {} was acknowledged as seq {seq}", name(key))
            }
            Self::Flag { key, seq, duplicate } => {
                write!(f, "{} was answered with seq {seq} and duplicate: {duplicate}", name(key))
            }
            Self::Incomplete { expected, newest } => {
                write!(f, "incomplete: expected seq {expected}, got nothing; the newest is seq {newest}")
            }
            Self::Miscounted { total, shown } => {
                write!(f, "totalCount is {total}, and the pages hold {shown} messages")
            }
            Self::Unlike { reader, room } => {
                write!(f, "the reader's messages have the digest {reader}, the room's {room}")
            }
        }
    }
}

/// How often a send had been tried before it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    /// Never.
    First,
    /// With an unknown end.
    Again,
    /// With an acknowledgement.
    Settled,
}

#[derive(Debug)]
struct Sent {
    text: u64,
    seq: Option<i64>,
    acknowledged: bool,
}

/// One room's book. It grows by about 100 bytes for each message of the run.
#[derive(Debug)]
pub(super) struct Ledger {
    run: String,
    room: usize,
    sends: HashMap<Key, Sent>,
    /// What stands at seq 1, 2, 3 …, as far as it is known.
    places: Vec<Option<Key>>,
}

impl Ledger {
    pub(super) fn new(run: &str, room: usize) -> Self {
        Self { run: run.to_owned(), room, sends: HashMap::new(), places: Vec::new() }
    }

    /// A text is about to be sent.
    pub(super) fn announce(&mut self, key: Key, text: &str) {
        self.sends.insert(key, Sent { text: hash(text), seq: None, acknowledged: false });
    }

    /// The newest seq that is known.
    pub(super) fn newest(&self) -> i64 {
        i64::try_from(self.places.len()).unwrap_or(i64::MAX)
    }

    /// A send was answered.
    pub(super) fn acknowledge(
        &mut self,
        key: Key,
        seq: i64,
        text: &str,
        (tried, duplicate): (Try, bool),
    ) -> Result<(), Fault> {
        let right = match tried {
            Try::First => !duplicate,
            Try::Again => true,
            Try::Settled => duplicate,
        };
        if !right {
            return Err(Fault::Flag { key, seq, duplicate });
        }
        let found = self.observe(seq, text)?;
        if found != key {
            return Err(Fault::Foreign { seq, text: text.to_owned() });
        }
        if let Some(sent) = self.sends.get_mut(&key) {
            sent.acknowledged = true;
        }
        Ok(())
    }

    /// A message was shown, whoever showed it.
    pub(super) fn observe(&mut self, seq: i64, text: &str) -> Result<Key, Fault> {
        let foreign = || Fault::Foreign { seq, text: text.to_owned() };
        let stamp = Stamp::of(text).ok_or_else(foreign)?;
        let key = (stamp.sender, stamp.number);
        let sends = self.sends.len();
        let sent = self.sends.get_mut(&key).ok_or_else(foreign)?;
        if stamp.run != self.run || stamp.room != self.room {
            return Err(foreign());
        }
        if sent.text != hash(text) {
            return Err(Fault::Altered { seq, text: text.to_owned() });
        }
        match sent.seq {
            Some(first) if first != seq => return Err(Fault::Doubled { key, first, second: seq }),
            Some(_) => return Ok(key),
            None => {}
        }
        let index = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1)).ok_or_else(foreign)?;
        if index >= sends {
            // There are not as many messages; this also bounds the book.
            return Err(Fault::Hole { expected: self.newest() + 1, got: seq });
        }
        if index >= self.places.len() {
            self.places.resize(index + 1, None);
        }
        match self.places.get_mut(index) {
            Some(Some(first)) => return Err(Fault::Clash { seq, first: *first, second: key }),
            Some(place) => *place = Some(key),
            None => {}
        }
        sent.seq = Some(seq);
        Ok(key)
    }

    /// Compares all of the room's messages, oldest first, with the book; gives their digest.
    pub(super) fn audit(&mut self, messages: &[(i64, String)], total: i64) -> Result<String, Fault> {
        let mut follower = Follower::default();
        let mut last: HashMap<usize, u64> = HashMap::new();
        for (seq, text) in messages {
            follower.take(*seq, text, String::new())?;
            let (sender, number) = self.observe(*seq, text)?;
            if let Some(after) = last.insert(sender, number).filter(|after| *after > number) {
                return Err(Fault::Reordered { sender, seq: *seq, number, after });
            }
        }
        let shown = follower.expected - 1;
        let lost = self.sends.iter().find(|(_, sent)| {
            sent.seq.is_some_and(|seq| seq > shown) || (sent.acknowledged && sent.seq.is_none())
        });
        if let Some((key, sent)) = lost {
            return Err(Fault::Lost { key: *key, seq: sent.seq.unwrap_or_default() });
        }
        if shown != total {
            return Err(Fault::Miscounted { total, shown });
        }
        Ok(follower.digest())
    }

    /// Sends that were acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        self.sends.values().filter(|sent| sent.acknowledged).count()
    }
}

/// One reader's way through one room.
#[derive(Debug, Clone)]
pub(super) struct Follower {
    /// The next seq.
    pub(super) expected: i64,
    /// Where to resume.
    pub(super) cursor: String,
    /// Place and cursor that outlive a crash.
    saved: (i64, String),
    /// The newest that was ever seen; older ones come again after a crash.
    furthest: i64,
    digest: Sha256,
}

impl Default for Follower {
    fn default() -> Self {
        Self::at(String::new())
    }
}

impl Follower {
    /// At the cursor before a room's first message.
    pub(super) fn at(cursor: String) -> Self {
        Self { expected: 1, saved: (1, cursor.clone()), cursor, furthest: 0, digest: Sha256::new() }
    }

    /// Takes the next message. What the text says is for the [`Ledger`] to judge.
    pub(super) fn take(&mut self, seq: i64, text: &str, cursor: String) -> Result<(), Fault> {
        let expected = self.expected;
        match seq.cmp(&expected) {
            std::cmp::Ordering::Less => return Err(Fault::Again { expected, got: seq }),
            std::cmp::Ordering::Greater => return Err(Fault::Hole { expected, got: seq }),
            std::cmp::Ordering::Equal => {}
        }
        if seq > self.furthest {
            self.furthest = seq;
            self.digest.update(seq.to_be_bytes());
            self.digest.update(text.len().to_be_bytes());
            self.digest.update(text);
        }
        self.expected += 1;
        self.cursor = cursor;
        Ok(())
    }

    /// Writes down where it is.
    pub(super) fn save(&mut self) {
        self.saved = (self.expected, self.cursor.clone());
    }

    /// Forgets all since it last wrote down where it is.
    pub(super) fn crash(&mut self) {
        (self.expected, self.cursor) = self.saved.clone();
    }

    /// Of all messages in order, each once.
    pub(super) fn digest(&self) -> String {
        let digest = self.digest.clone().finalize();
        digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests;
