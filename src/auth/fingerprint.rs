//! Marks to know a name with its password again by, without keeping either.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::auth::random;

/// Makes marks under a key that this process made and never shows, so that a mark tells nothing elsewhere.
#[derive(Debug)]
pub struct Fingerprints {
    key: hmac::Key,
}

/// The mark of one name with one password.
pub type Fingerprint = [u8; 32];

impl Fingerprints {
    #[expect(clippy::new_without_default, reason = "each has a key of its own")]
    pub fn new() -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()) }
    }

    pub fn of(&self, name: &str, password: &SecretString) -> Fingerprint {
        let mut context = hmac::Context::with_key(&self.key);
        // With its length, or "ab" with "c" would be "a" with "bc".
        context.update(&name.len().to_be_bytes());
        context.update(name.as_bytes());
        context.update(password.expose_secret().as_bytes());
        let mut mark = Fingerprint::default();
        for (to, from) in mark.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_one_name_with_one_password_under_one_key() {
        let (ours, theirs) = (Fingerprints::new(), Fingerprints::new());
        let mark = |name, password: &str| ours.of(name, &password.into());
        assert_eq!(mark("amber", "kumquat"), mark("amber", "kumquat"));
        assert_ne!(mark("amber", "kumquat"), mark("amber", "kumquats"));
        assert_ne!(mark("amber", "kumquat"), mark("amberk", "umquat"));
        assert_ne!(mark("amber", "kumquat"), theirs.of("amber", &"kumquat".into()));
    }
}
