//! Pages of a list, by keyset: what was asked for, and the opaque cursors between pages.
//!
//! One cursor format serves every list and the live log: a format version, the list, the database's
//! epoch, and one or two numbers. No cursor holds a time but those of sessions, which are listed by one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::events::LogPlace;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::error::{Code, Error, Result, Text};

/// Made once for each database, so that a cursor of another one is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u32);

/// The list a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// A room's log; the number is a position.
    Log(RoomKey),
    /// A room's members; the number is the membership's key.
    Members(RoomKey),
    /// Rooms by activity; the numbers are the activity and the key.
    Rooms,
    /// People by name; the number is the user's key.
    Users,
    /// Messages of all rooms; the number is the message's key.
    Messages,
    /// The audit log; the number is the entry's key.
    AuditLog,
    /// Messages that a search finds; the number is the message's key.
    Findings,
    /// Sessions by their last use; the numbers are its time and the key.
    Sessions,
    /// Files; the number is the upload's key.
    Uploads,
    /// Who reacted to a message with one emoji; the number is the reaction's key.
    Reactors(MessageKey),
}

impl List {
    const fn tag(self) -> u8 {
        match self {
            Self::Log(_) => 1,
            Self::Members(_) => 2,
            Self::Rooms => 3,
            Self::Users => 4,
            Self::Messages => 5,
            // 6 is that of an inbox.
            Self::AuditLog => 7,
            Self::Findings => 8,
            Self::Sessions => 9,
            Self::Uploads => 10,
            Self::Reactors(_) => 11,
        }
    }

    const fn scope(self) -> i64 {
        match self {
            Self::Log(room) | Self::Members(room) => room.0,
            Self::Reactors(message) => message.0,
            Self::Rooms
            | Self::Users
            | Self::Messages
            | Self::AuditLog
            | Self::Findings
            | Self::Sessions
            | Self::Uploads => 0,
        }
    }
}

const VERSION: u8 = 1;
/// A place in all rooms of a person, which is no place in a list.
const INBOX_TAG: u8 = 6;
/// Room for some two thousand rooms.
const INBOX_CURSOR_CHARS_MAX: usize = 48 * 1024;

/// A place in a list, between two of its items or before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub i64, pub i64);

impl Place {
    pub const fn at(number: i64) -> Self {
        Self(number, 0)
    }
}

/// The opaque text for `place` in `list`.
pub fn encode_cursor(epoch: Epoch, list: List, place: Place) -> String {
    let mut bytes = Vec::with_capacity(24);
    bytes.extend_from_slice(&[VERSION, list.tag()]);
    bytes.extend_from_slice(&epoch.0.to_be_bytes());
    for number in [list.scope(), place.0, place.1] {
        push_varint(&mut bytes, number.unsigned_abs());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that `text` names in `list`.
///
/// # Errors
/// `CURSOR_EXPIRED` when it is a cursor of another database, `CURSOR_INVALID` when it is none, or
/// one of another list.
pub fn decode_cursor(epoch: Epoch, list: List, text: &str) -> Result<Place> {
    let invalid = || Error::new(Code::CursorInvalid, Text::CursorInvalid);
    if text.len() > 64 {
        return Err(invalid());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let [VERSION, tag, e0, e1, e2, e3, numbers @ ..] = bytes.as_slice() else {
        return Err(invalid());
    };
    let mut numbers = numbers;
    let mut next = || take_varint(&mut numbers);
    let (Some(scope), Some(first), Some(second)) = (next(), next(), next()) else {
        return Err(invalid());
    };
    if !numbers.is_empty() {
        return Err(invalid());
    }
    if u32::from_be_bytes([*e0, *e1, *e2, *e3]) != epoch.0 {
        return Err(Error::new(Code::CursorExpired, Text::CursorExpired));
    }
    if *tag != list.tag() || scope != list.scope() {
        return Err(invalid());
    }
    Ok(Place(first, second))
}

/// The opaque text for where `user` stands in each of their rooms, which are in the order of their keys.
/// About five bytes for each room, and a third more in base64.
pub fn encode_inbox_cursor(epoch: Epoch, user: UserKey, places: &[(RoomKey, LogPlace)]) -> String {
    let mut bytes = Vec::with_capacity(16 + 8 * places.len());
    bytes.extend_from_slice(&[VERSION, INBOX_TAG]);
    bytes.extend_from_slice(&epoch.0.to_be_bytes());
    push_varint(&mut bytes, user.0.unsigned_abs());
    let mut previous = 0;
    for (room, place) in places {
        push_varint(&mut bytes, room.0.abs_diff(previous));
        push_varint(&mut bytes, place.position.unsigned_abs());
        // Most positions are messages, so the difference is short.
        push_varint(&mut bytes, place.position.abs_diff(place.seq));
        previous = room.0;
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Where `text` says that `user` stands in each of their rooms; refusals are those of [`decode_cursor`].
pub fn decode_inbox_cursor(epoch: Epoch, user: UserKey, text: &str) -> Result<Vec<(RoomKey, LogPlace)>> {
    let invalid = || Error::new(Code::CursorInvalid, Text::CursorInvalid);
    if text.len() > INBOX_CURSOR_CHARS_MAX {
        return Err(invalid());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let [VERSION, INBOX_TAG, e0, e1, e2, e3, numbers @ ..] = bytes.as_slice() else {
        return Err(invalid());
    };
    let mut numbers = numbers;
    let owner = take_varint(&mut numbers).ok_or_else(invalid)?;
    let mut places = Vec::new();
    let mut room = 0_i64;
    while !numbers.is_empty() {
        let mut next = || take_varint(&mut numbers).ok_or_else(invalid);
        let (step, position, changes) = (next()?, next()?, next()?);
        room = room.checked_add(step).filter(|_| step > 0).ok_or_else(invalid)?;
        let seq = position.checked_sub(changes).filter(|seq| *seq >= 0).ok_or_else(invalid)?;
        places.push((RoomKey(room), LogPlace { position, seq }));
    }
    if u32::from_be_bytes([*e0, *e1, *e2, *e3]) != epoch.0 {
        return Err(Error::new(Code::CursorExpired, Text::CursorExpired));
    }
    if owner != user.0 {
        return Err(invalid());
    }
    Ok(places)
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

/// Takes a number in its shortest form, up to `i64::MAX`.
fn take_varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let shortest = *byte != 0 || shift == 0;
            return if shortest { i64::try_from(number).ok() } else { None };
        }
    }
    None
}

/// The four Relay arguments as they came.
#[derive(Debug, Clone, Default)]
pub struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// How many items a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSizes {
    /// Unless asked otherwise.
    pub default: u16,
    pub max: u16,
}

/// Which end of the remaining list a page is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    First,
    Last,
}

/// A checked page request. Items lie strictly after `after` and strictly before `before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub end: End,
    pub limit: u16,
    pub after: Option<Place>,
    pub before: Option<Place>,
}

impl PageArgs {
    /// Checks the counts and reads the cursors as places of `list`.
    pub fn check(&self, epoch: Epoch, list: List, sizes: PageSizes) -> Result<Page> {
        let (end, limit) = self.count(sizes)?;
        let place = |text: &Option<String>, field| match text {
            Some(text) => decode_cursor(epoch, list, text).map(Some).map_err(|e| e.at(field)),
            None => Ok(None),
        };
        Ok(Page { end, limit, after: place(&self.after, "after")?, before: place(&self.before, "before")? })
    }

    fn count(&self, sizes: PageSizes) -> Result<(End, u16)> {
        let (end, asked, field) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Error::new(Code::BadInput, Text::FirstWithLast).at("last")),
            (Some(first), None) => (End::First, first, "first"),
            (None, Some(last)) => (End::Last, last, "last"),
            (None, None) => return Ok((End::First, sizes.default)),
        };
        match u16::try_from(asked) {
            Ok(limit) if limit <= sizes.max => Ok((end, limit)),
            _ => {
                Err(Error::new(Code::BadInput, Text::OutOfRange { min: 0, max: i64::from(sizes.max) })
                    .at(field))
            }
        }
    }
}

/// One page of a list, in the list's order, with what lies beyond it.
#[derive(Debug, Clone)]
pub struct Slice<T> {
    pub items: Vec<T>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl<T> Default for Slice<T> {
    fn default() -> Self {
        Self { items: Vec::new(), has_previous: false, has_next: false }
    }
}

impl<T> Slice<T> {
    /// Cuts a page out of up to `limit + 1` rows that were read from the page's end: the extra row
    /// only tells that more follows. Rows read from the last end come newest first and are turned.
    pub fn cut(page: &Page, mut rows: Vec<T>) -> Self {
        let more = rows.len() > usize::from(page.limit);
        rows.truncate(usize::from(page.limit));
        match page.end {
            End::First => Self { items: rows, has_previous: page.after.is_some(), has_next: more },
            End::Last => {
                rows.reverse();
                Self { items: rows, has_previous: more, has_next: page.before.is_some() }
            }
        }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
            items: self.items.into_iter().map(each).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EPOCH: Epoch = Epoch(0xDEAD_BEEF);
    const SIZES: PageSizes = PageSizes { default: 50, max: 200 };

    proptest! {
        #[test]
        fn cursors_come_back_as_they_went(room in 1..i64::MAX, a in 0..i64::MAX, b in 0..i64::MAX) {
            let list = List::Log(RoomKey(room));
            let text = encode_cursor(EPOCH, list, Place(a, b));
            prop_assert_eq!(decode_cursor(EPOCH, list, &text).unwrap(), Place(a, b));
        }

        #[test]
        fn any_text_is_a_cursor_or_a_clear_refusal(text in "\\PC{0,80}") {
            if let Err(refusal) = decode_cursor(EPOCH, List::Users, &text) {
                prop_assert!(matches!(refusal.code(), Code::CursorInvalid | Code::CursorExpired));
            }
        }

        #[test]
        fn a_truncated_cursor_is_invalid(a in 1..i64::MAX, cut in 1..8_usize) {
            let text = encode_cursor(EPOCH, List::Users, Place::at(a));
            let kept = text.len().saturating_sub(cut);
            let refusal = decode_cursor(EPOCH, List::Users, &text[..kept]).unwrap_err();
            prop_assert_eq!(refusal.code(), Code::CursorInvalid);
        }
    }

    #[test]
    fn a_cursor_of_another_database_has_expired() {
        let text = encode_cursor(Epoch(1), List::Users, Place::at(3));
        assert_eq!(decode_cursor(EPOCH, List::Users, &text).unwrap_err().code(), Code::CursorExpired);
    }

    #[test]
    fn a_cursor_of_another_list_or_room_is_invalid() {
        let text = encode_cursor(EPOCH, List::Log(RoomKey(1)), Place::at(3));
        for list in [List::Log(RoomKey(2)), List::Members(RoomKey(1)), List::Users] {
            assert_eq!(decode_cursor(EPOCH, list, &text).unwrap_err().code(), Code::CursorInvalid);
        }
    }

    #[test]
    fn counts_are_checked() {
        let args = |first, last| PageArgs { first, last, ..PageArgs::default() };
        let check = |first, last| args(first, last).check(EPOCH, List::Users, SIZES);
        assert_eq!(check(None, None).unwrap().limit, 50);
        assert_eq!(check(Some(200), None).unwrap().end, End::First);
        assert_eq!(check(None, Some(0)).unwrap().end, End::Last);
        for (first, last) in [(Some(1), Some(1)), (Some(-1), None), (None, Some(201)), (Some(i32::MAX), None)]
        {
            assert_eq!(check(first, last).unwrap_err().code(), Code::BadInput, "{first:?} {last:?}");
        }
    }
}
