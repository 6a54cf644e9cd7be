//! Proofs of identity: password hashes, signed tokens, opaque tokens and keys, and chance.
//!
//! Knows no users and no sessions, only the bytes that stand for them: who may do what is decided in
//! `app`, and what is stored is stored by `storage`. Bytes go in and come out; no SQL, no HTTP.

pub mod credential;
pub mod fingerprint;
pub mod keys;
pub mod password;
pub mod random;
pub mod setup;
pub mod tokens;

pub use credential::Credential;
pub use fingerprint::{Fingerprint, Fingerprints};
pub use keys::{KeyProblem, KeySource, Keys};
pub use password::{PasswordOptions, Passwords};
pub use setup::SetupCode;
pub use tokens::{Claims, Grant, OpaqueKey, RefreshToken, Tokens};
