//! Refresh tokens: opaque, made here and recognised by their shape and hash.
//!
//! Which session one belongs to, and that each is good once, is known to `app` and `storage` alone.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::auth::random;

/// Lets people and scanners of leaked secrets tell what they found.
const PREFIX: &str = "ttr_";
/// 32 bytes in base64url.
const BODY_CHARS: usize = 43;

/// A token that is good for one new pair of tokens. The server keeps its hash and forgets it.
#[derive(Clone)]
pub struct RefreshToken {
    /// What the caller gets, once.
    pub shown: SecretString,
    /// What is stored: SHA-256 of the whole token. It needs no salt, for the token is all chance.
    pub hash: [u8; 32],
}

impl RefreshToken {
    pub fn generate() -> Self {
        let shown = format!("{PREFIX}{}", random::token());
        Self { hash: Sha256::digest(&shown).into(), shown: shown.into() }
    }

    /// The hash to look for, or nothing if this is no refresh token of ours, such as an access token.
    pub fn parse(shown: &str) -> Option<[u8; 32]> {
        let body = shown.strip_prefix(PREFIX).filter(|body| body.len() == BODY_CHARS)?;
        URL_SAFE_NO_PAD.decode(body).ok()?;
        Some(Sha256::digest(shown).into())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_refresh_token_is_recognised_by_its_hash() {
        let made = RefreshToken::generate();
        let shown = made.shown.expose_secret();
        assert!(shown.starts_with("ttr_") && shown.len() == 47);
        assert_eq!(RefreshToken::parse(shown), Some(made.hash));
        assert_eq!(made.hash, <[u8; 32]>::from(Sha256::digest(shown.as_bytes())));
        assert_ne!(RefreshToken::generate().hash, made.hash);
    }

    #[test]
    fn foreign_shapes_are_no_refresh_token() {
        let body = "A".repeat(43);
        for odd in [
            String::new(),
            "ttr_".to_owned(),
            body.clone(),
            format!("TTR_{body}"),
            format!("ttr_{body}A"),
            format!("ttr_{}", &body[1..]),
            format!(" ttr_{body}"),
            format!("ttr_{}=", &body[1..]),
            format!("ttr_{}+", &body[1..]),
            format!("ttr_{}B", &body[1..]),
            format!("ttr_{}\0", &body[1..]),
            format!("ttr_{}ñ", &body[2..]),
        ] {
            assert_eq!(RefreshToken::parse(&odd), None, "{odd:?}");
        }
        assert!(RefreshToken::parse(&format!("ttr_{body}")).is_some());
    }

    #[test]
    fn debug_output_has_no_token() {
        assert_eq!(format!("{:?}", RefreshToken::generate()), "RefreshToken(…)");
    }
}
