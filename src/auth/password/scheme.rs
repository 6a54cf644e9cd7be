//! How a stored hash was made: today's bcrypt, or what Django wrote before an account was brought here.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::COSTS;

/// What Django calls PBKDF2 with HMAC-SHA-256.
const DJANGO: &str = "pbkdf2_sha256";

/// Django 6 takes 1,200,000. A hash that claims ten times as many could hold a thread for seconds.
const ITERATIONS: RangeInclusive<u32> = 1..=10_000_000;

const HASH_BYTES: usize = 32;

/// A stored hash that this server can verify a password against.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scheme<'a> {
    Bcrypt { cost: u32 },
    Pbkdf2(Pbkdf2<'a>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pbkdf2<'a> {
    iterations: NonZeroU32,
    salt: &'a str,
    hash: [u8; HASH_BYTES],
}

impl<'a> Scheme<'a> {
    /// Nothing for what was never a hash, such as the `!…` that Django keeps for accounts without a password.
    pub(super) fn of(stored: &'a str) -> Option<Self> {
        if let Some(hash) = Pbkdf2::of(stored) {
            return Some(Self::Pbkdf2(hash));
        }
        let cost = stored.parse::<bcrypt::HashParts>().ok()?.get_cost();
        COSTS.contains(&cost).then_some(Self::Bcrypt { cost })
    }
}

impl<'a> Pbkdf2<'a> {
    fn of(stored: &'a str) -> Option<Self> {
        let mut parts = stored.split('$');
        let mut next = || parts.next();
        let (DJANGO, Some(iterations), Some(salt), Some(hash), None) =
            (next()?, next(), next(), next(), next())
        else {
            return None;
        };
        let iterations = iterations.parse().ok().filter(|count| ITERATIONS.contains(count))?;
        let hash = STANDARD.decode(hash).ok()?.try_into().ok()?;
        Some(Self {
            iterations: NonZeroU32::new(iterations)?,
            salt: Some(salt).filter(|s| !s.is_empty())?,
            hash,
        })
    }

    /// Compares in constant time. HMAC fills its key up with NULs, so that "a\0" would pass for "a".
    pub(super) fn verify(&self, password: &str) -> bool {
        let (salt, secret) = (self.salt.as_bytes(), password.as_bytes());
        let same = pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, self.iterations, salt, secret, &self.hash);
        same.is_ok() && !password.contains('\0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of "kumquat tree", computed with Python's hashlib.
    const HASH: &str = "sLt3y58CyiA+Q/NzRHq3dJA8wfbzso1oi5Pi/65Ky3U=";

    fn stored(iterations: &str, salt: &str, hash: &str) -> String {
        format!("pbkdf2_sha256${iterations}${salt}${hash}")
    }

    #[test]
    fn a_hash_that_django_wrote_verifies_its_password_only() {
        let stored = stored("1000", "saltysalt", HASH);
        let Some(Scheme::Pbkdf2(hash)) = Scheme::of(&stored) else { panic!("{stored} was not read") };
        assert!(hash.verify("kumquat tree"));
        for wrong in ["", "kumquat tre", "kumquat trees", "kumquat tree\0"] {
            assert!(!hash.verify(wrong), "{wrong:?}");
        }
        let long = "x".repeat(200);
        assert!(!hash.verify(&long));
    }

    #[test]
    fn what_is_no_hash_is_not_read() {
        for odd in [
            stored("0", "salt", HASH),
            stored("10000001", "salt", HASH),
            stored("-1", "salt", HASH),
            stored("", "salt", HASH),
            stored("1000", "", HASH),
            stored("1000", "salt", &HASH[4..]),
            stored("1000", "salt", &HASH.replace('=', "")),
            format!("{}$", stored("1000", "salt", HASH)),
            format!("pbkdf2_sha1$1000$salt${HASH}"),
            "!".to_owned(),
            "!kO8KJyHUvLbCx1lpvQ3aHqQ1lJ4QKcVk".to_owned(),
            String::new(),
        ] {
            assert_eq!(Scheme::of(&odd), None, "{odd}");
        }
        assert!(Scheme::of(&stored("10000000", "salt", HASH)).is_some());
    }
}
