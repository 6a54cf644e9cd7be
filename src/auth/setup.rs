//! The code of the link that makes the first administrator. It is shown once, and known by its hash.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use sha2::{Digest as _, Sha256};

use crate::auth::random;

/// A code that nobody guesses.
#[derive(Clone)]
pub struct SetupCode {
    /// What the link has.
    pub shown: String,
    /// What is stored. It needs no salt, for a code cannot be guessed.
    pub hash: [u8; 32],
}

impl SetupCode {
    pub fn generate() -> Self {
        let shown = random::setup_code();
        Self { hash: Sha256::digest(&shown).into(), shown }
    }

    /// Whether a code is the one of this hash. It takes as long for a wrong one.
    pub fn verify(given: &str, hash: &[u8; 32]) -> bool {
        verify_slices_are_equal(&Sha256::digest(given), hash).is_ok()
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_by_its_hash_and_no_other_is() {
        let code = SetupCode::generate();
        assert!(SetupCode::verify(&code.shown, &code.hash));
        let other = SetupCode::generate();
        for wrong in ["", &code.shown[1..], &code.shown.to_uppercase(), &other.shown] {
            assert!(!SetupCode::verify(wrong, &code.hash), "{wrong}");
        }
        assert!(!format!("{code:?}").contains(&code.shown));
    }
}
