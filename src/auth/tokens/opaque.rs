//! Keys that stand for a session and say nothing: ThanChat's tokens and `sessionid` cookies.
//!
//! Which session one belongs to is known to `app` and `storage` alone, by its hash.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::auth::random;

/// Of a cookie, and of a token that is derived from its session.
const CHARS: [usize; 2] = [32, DERIVED_BYTES * 2];
const DERIVED_BYTES: usize = 20;

/// A key that is good as long as its session.
#[derive(Clone, PartialEq, Eq)]
pub struct OpaqueKey {
    /// What the caller gets.
    pub shown: String,
    /// What is stored: SHA-256 of the key. It needs no salt, for a key cannot be guessed.
    pub hash: [u8; 32],
}

impl OpaqueKey {
    /// The text of a cookie: 32 small letters and digits.
    pub fn generate() -> Self {
        Self::of(random::session_key())
    }

    /// A token of 40 hexadecimal digits, from bytes that nobody else can make.
    pub(super) fn derived(secret: [u8; 32]) -> Self {
        let halves = secret.iter().take(DERIVED_BYTES).flat_map(|byte| [byte >> 4, byte & 15]);
        Self::of(halves.filter_map(|half| char::from_digit(half.into(), 16)).collect())
    }

    /// The hash to look for, or nothing if no key has this form.
    pub fn parse(shown: &str) -> Option<[u8; 32]> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        (CHARS.contains(&shown.len()) && shown.bytes().all(plain)).then(|| Sha256::digest(shown).into())
    }

    fn of(shown: String) -> Self {
        Self { hash: Sha256::digest(&shown).into(), shown }
    }
}

impl fmt::Debug for OpaqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_by_its_hash() {
        for key in [OpaqueKey::generate(), OpaqueKey::derived([7; 32])] {
            assert_eq!(OpaqueKey::parse(&key.shown), Some(key.hash));
            assert!(!format!("{key:?}").contains(&key.shown));
        }
        assert_eq!(OpaqueKey::derived([171; 32]).shown, "ab".repeat(20));
        assert_ne!(OpaqueKey::generate().hash, OpaqueKey::generate().hash);
    }

    #[test]
    fn foreign_shapes_are_no_key() {
        let key = "k".repeat(32);
        assert!(OpaqueKey::parse(&key).is_some());
        for odd in ["", &key[1..], &format!("{key}k"), &key.to_uppercase(), &format!("{}ñ", &key[2..])] {
            assert_eq!(OpaqueKey::parse(odd), None, "{odd:?}");
        }
    }
}
