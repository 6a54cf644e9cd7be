//! Signatures of links: short proofs that this installation made a link, for whoever holds it.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Tokens;

/// Keeps the key of links apart from whatever else is made from the same secret.
const PURPOSE: &[u8] = b"tertulia links 1";

impl Tokens {
    /// The signature of a link that says `what`. It holds on every node with the same keys, until the key
    /// that signs is another one.
    pub fn sign_link(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.link_key(), what.as_bytes()))
    }

    /// Whether a link that says `what` is one of ours.
    pub fn is_link(&self, what: &str, signature: &str) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        hmac::verify(&self.link_key(), what.as_bytes(), &signature).is_ok()
    }

    fn link_key(&self) -> hmac::Key {
        let ring = self.keys.ring();
        let root = hmac::Key::new(hmac::HMAC_SHA256, ring.signer.as_bytes());
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, PURPOSE).as_ref())
    }
}
