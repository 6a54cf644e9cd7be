//! The one source of chance: ids, opaque tokens, codes and salts.
//!
//! Everything here comes from a generator that the operating system seeds and that is fit for secrets.
//! It does not store or hash what it makes, and it takes the time as an argument.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;
use uuid::{Builder, Uuid};

use crate::clock::Timestamp;

/// Letters and digits without those that are mistaken for one another: no 0, 1, i, l, o.
const CLEAR: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

const LOWER: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 31 symbols are 4.95 bits each, so 20 of them are 99 bits.
const INVITE_CHARS: usize = 20;

/// 158 bits, in a link that is copied more often than it is typed.
const SETUP_CHARS: usize = 32;

/// 59 bits: enough to tell the requests of one log apart, short enough to read out.
const REQUEST_ID_CHARS: usize = 12;

/// An id that sorts by the millisecond it was made in; 74 of its bits are chance.
pub fn uuid_v7(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bytes()).into_uuid()
}

/// An opaque token: 32 bytes of chance as 43 characters of base64url.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A code that lets people into a room: 20 lower-case characters that survive being read out loud.
pub fn invite_code() -> String {
    code(INVITE_CHARS)
}

/// A code that lets someone make themselves the first administrator.
pub fn setup_code() -> String {
    code(SETUP_CHARS)
}

/// A password for someone who is told it once: four groups of five characters that survive being read out loud,
/// 99 bits of chance.
pub fn password() -> String {
    [(); 4].map(|()| code(5)).join("-")
}

/// A short name for a request, which its answer and its log lines share.
pub fn request_id() -> String {
    code(REQUEST_ID_CHARS)
}

/// The text of a session's cookie: 32 characters, 165 bits of chance.
pub fn session_key() -> String {
    text(LOWER, 32)
}

/// The text of a cookie against forged requests: 64 letters and digits.
pub fn csrf_token() -> String {
    text(ALPHANUMERIC, 64)
}

/// What makes a name that is taken another one.
pub fn name_suffix(chars: usize) -> String {
    code(chars)
}

/// A number that no other node of an installation has.
pub fn node() -> u64 {
    u64::from_be_bytes(bytes())
}

/// Raw chance, for salts and secrets.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    source().random()
}

fn code(chars: usize) -> String {
    text(CLEAR, chars)
}

fn text(alphabet: &[u8], chars: usize) -> String {
    let mut source = source();
    std::iter::repeat_with(|| alphabet.get(source.random_range(0..alphabet.len())).copied().map(char::from))
        .flatten()
        .take(chars)
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "the one place that takes chance")]
fn source() -> rand::rngs::ThreadRng {
    rand::rng()
}

/// The mark of a new database.
pub fn epoch() -> u32 {
    u32::from_be_bytes(bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn ids_are_version_7_and_carry_the_time_they_were_given() {
        let now = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let id = uuid_v7(now);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.as_u128() >> 80, 1_700_000_000_123);
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let now = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        assert!(uuid_v7(now) < uuid_v7(now + TimeDelta::milliseconds(1)));
    }

    #[test]
    fn a_clock_before_1970_makes_ids_all_the_same() {
        assert_eq!(uuid_v7(DateTime::from_timestamp(-5, 0).unwrap()).as_u128() >> 80, 0);
    }

    #[test]
    fn tokens_are_32_bytes_and_never_repeat() {
        let tokens: HashSet<String> = std::iter::repeat_with(token).take(1000).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|t| t.len() == 43 && URL_SAFE_NO_PAD.decode(t).unwrap().len() == 32));
    }

    #[test]
    fn codes_have_no_look_alikes_and_use_every_clear_character() {
        let codes: Vec<String> = std::iter::repeat_with(invite_code).take(200).collect();
        assert!(codes.iter().all(|code| code.len() == INVITE_CHARS));
        let used: HashSet<u8> = codes.iter().flat_map(|code| code.bytes()).collect();
        assert_eq!(used, CLEAR.iter().copied().collect::<HashSet<u8>>());
        assert!(!used.iter().any(|c| b"01ilo".contains(c)));
    }

    #[test]
    fn made_passwords_are_long_enough_and_never_repeat() {
        let passwords: HashSet<String> = std::iter::repeat_with(password).take(1000).collect();
        assert_eq!(passwords.len(), 1000);
        for password in passwords {
            assert_eq!(password.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5]);
            assert_eq!(crate::auth::password::rules::check(&password, &["amber"]), []);
        }
    }

    #[test]
    fn cookies_have_the_length_and_the_characters_that_clients_know() {
        let keys: HashSet<String> = std::iter::repeat_with(session_key).take(200).collect();
        assert_eq!(keys.len(), 200);
        assert!(keys.iter().all(|key| key.len() == 32));
        let used: HashSet<u8> = keys.iter().flat_map(|key| key.bytes()).collect();
        assert_eq!(used, LOWER.iter().copied().collect::<HashSet<u8>>());
        let tokens: HashSet<String> = std::iter::repeat_with(csrf_token).take(200).collect();
        assert_eq!(tokens.len(), 200);
        assert!(tokens.iter().all(|token| token.len() == 64));
        let used: HashSet<u8> = tokens.iter().flat_map(|token| token.bytes()).collect();
        assert_eq!(used, ALPHANUMERIC.iter().copied().collect::<HashSet<u8>>());
    }

    #[test]
    fn request_ids_are_short_and_differ() {
        assert_eq!(request_id().len(), REQUEST_ID_CHARS);
        assert_ne!(request_id(), request_id());
    }
}
