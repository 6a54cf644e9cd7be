//! The keys that sign access tokens, and where they come from.
//!
//! Either one shared secret (HS256), from the configuration or a file made on the first start, or a
//! folder of Ed25519 keys (`EdDSA`) that other services can verify through [`Keys::jwks`]. Only files the
//! operator named are ever read; nothing in a token can point at another. What the tokens say is in
//! [`super::tokens`].

mod files;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::{ed25519_folder, ed25519_public};

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::EllipticCurve;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// An HS256 secret shorter than its hash weakens it.
pub const SECRET_BYTES_MIN: usize = 32;

/// Stands before what is derived from the signing key, rather than signed with it.
const DERIVED: &[u8] = b"tertulia derives: ";

const KID_BYTES_MAX: usize = 64;
const ED25519_BYTES: usize = 32;

/// Where the keys are.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A secret of at least [`SECRET_BYTES_MIN`] bytes, for HS256; white space around it is no part of it.
    Secret(SecretString),
    /// A file with such a secret, made if it is missing; its folder must exist.
    SecretFile(PathBuf),
    /// A folder of Ed25519 keys, for `EdDSA`. `NAME.pem` holds a private key (PKCS#8), `NAME.pub.pem` a
    /// public one; NAME becomes the key id. The private key whose name sorts last signs, all verify.
    Folder(PathBuf),
}

/// What keeps the server from starting. Names paths, so it is for the operator and never for callers.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    #[error("cannot {attempt} {path}: {source}")]
    Io { attempt: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path} can be read by other users (mode {mode:03o}); run: chmod 600 {path}")]
    Exposed { path: PathBuf, mode: u32 },
    #[error(
        "the signing secret in {place} has {bytes} bytes and needs {SECRET_BYTES_MIN}; openssl rand -hex 32 makes a good one"
    )]
    SecretTooShort { place: String, bytes: usize },
    #[error("{path} is larger than any key")]
    TooLarge { path: PathBuf },
    #[error(
        "{path} holds no Ed25519 private key in PKCS#8 PEM; openssl genpkey -algorithm ed25519 makes one"
    )]
    NotPrivate { path: PathBuf },
    #[error("{path} holds no Ed25519 public key in PEM; openssl pkey -in NAME.pem -pubout makes one")]
    NotPublic { path: PathBuf },
    #[error(
        "{path} needs a name of at most {KID_BYTES_MAX} letters, digits, '-', '_' and '.', for it becomes the key id"
    )]
    KeyName { path: PathBuf },
    #[error("two files in {path} hold different keys under the name {kid}; rename or remove one")]
    SameName { path: PathBuf, kid: String },
    #[error(
        "{path} has no private key; run: openssl genpkey -algorithm ed25519 -out {path}/1.pem && chmod 600 {path}/1.pem"
    )]
    NoPrivateKey { path: PathBuf },
}

/// The keys in force. Reloading swaps them all at once; a token is checked against one set or the other.
pub struct Keys {
    source: KeySource,
    /// Held to copy or to replace the pointer.
    ring: RwLock<Arc<KeyRing>>,
}

impl Keys {
    /// Reads the keys, and makes the secret file if it is the source and missing.
    pub fn load(source: KeySource) -> Result<Self, KeyProblem> {
        let ring = KeyRing::load(&source, true)?;
        Ok(Self { source, ring: RwLock::new(Arc::new(ring)) })
    }

    /// Reads the keys again, for a rotation without a restart. On a problem the old ones stay in force;
    /// a secret file that has gone is a problem, not a reason to make another.
    pub fn reload(&self) -> Result<(), KeyProblem> {
        let ring = Arc::new(KeyRing::load(&self.source, false)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// The public keys as a JWK set, the signing one first. Empty with a shared secret.
    pub fn jwks(&self) -> Value {
        let ring = self.ring();
        let keys = ring.verifiers.iter().filter_map(|verifier| {
            let Named { kid, x } = verifier.named.as_ref()?;
            Some(json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": URL_SAFE_NO_PAD.encode(x)}))
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    pub(super) fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("source", &self.source).finish_non_exhaustive()
    }
}

/// One set of keys, all of one algorithm, which a token's header therefore never gets to choose.
pub(super) struct KeyRing {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) signer: EncodingKey,
    verifiers: Vec<Verifier>,
}

struct Verifier {
    named: Option<Named>,
    key: DecodingKey,
}

/// A public key and the name that tokens refer to it by.
#[derive(PartialEq, Eq)]
struct Named {
    kid: String,
    x: Vec<u8>,
}

impl KeyRing {
    /// The key of that name. A shared secret has none, so there any name is unknown.
    pub(super) fn verifier(&self, kid: Option<&str>) -> Option<&DecodingKey> {
        let found =
            self.verifiers.iter().find(|verifier| verifier.named.as_ref().map(|n| n.kid.as_str()) == kid);
        found.map(|verifier| &verifier.key)
    }

    /// Bytes that only the holder of the signing key can make, the same again for the same message.
    pub(super) fn derive(&self, message: &[u8]) -> jsonwebtoken::errors::Result<[u8; 32]> {
        // No token's header begins like this, so that what is signed here never is one.
        let message = [DERIVED, message].concat();
        let signature = jsonwebtoken::crypto::sign(&message, &self.signer, self.algorithm)?;
        Ok(Sha256::digest(signature).into())
    }

    fn load(source: &KeySource, create: bool) -> Result<Self, KeyProblem> {
        match source {
            KeySource::Secret(secret) => {
                Self::shared("the configuration".to_owned(), secret.expose_secret().trim().as_bytes())
            }
            KeySource::SecretFile(path) => {
                if create {
                    files::create_secret(path)?;
                }
                let secret = files::read_private(path)?;
                Self::shared(path.display().to_string(), secret.expose_secret().trim_ascii())
            }
            KeySource::Folder(path) => Self::folder(path),
        }
    }

    fn shared(place: String, secret: &[u8]) -> Result<Self, KeyProblem> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(KeyProblem::SecretTooShort { place, bytes: secret.len() });
        }
        Ok(Self {
            algorithm: Algorithm::HS256,
            kid: None,
            signer: EncodingKey::from_secret(secret),
            verifiers: vec![Verifier { named: None, key: DecodingKey::from_secret(secret) }],
        })
    }

    fn folder(folder: &Path) -> Result<Self, KeyProblem> {
        let mut private: Vec<(Named, EncodingKey)> = Vec::new();
        let mut public: Vec<Named> = Vec::new();
        for path in files::list_pem(folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let stem = name.strip_suffix(".pem").unwrap_or_default();
            match stem.strip_suffix(".pub") {
                Some(kid) => public.push(read_public_key(kid, &path)?),
                None => private.push(read_private_key(stem, &path)?),
            }
        }
        private.sort_by(|(a, _), (b, _)| b.kid.cmp(&a.kid));
        public.sort_by(|a, b| b.kid.cmp(&a.kid));

        let mut named: Vec<Named> = Vec::new();
        let mut signer = None;
        for (key, secret) in private {
            signer.get_or_insert((key.kid.clone(), secret));
            named.push(key);
        }
        for key in public {
            match named.iter().find(|known| known.kid == key.kid) {
                Some(known) if *known == key => {}
                Some(_) => return Err(KeyProblem::SameName { path: folder.to_owned(), kid: key.kid }),
                None => named.push(key),
            }
        }
        let (kid, signer) = signer.ok_or_else(|| KeyProblem::NoPrivateKey { path: folder.to_owned() })?;
        let verifiers = named
            .into_iter()
            .map(|named| Verifier { key: DecodingKey::from_ed_der(&named.x), named: Some(named) });
        Ok(Self { algorithm: Algorithm::EdDSA, kid: Some(kid), signer, verifiers: verifiers.collect() })
    }
}

fn read_private_key(kid: &str, path: &Path) -> Result<(Named, EncodingKey), KeyProblem> {
    let kid = check_kid(kid, path)?;
    let pem = files::read_private(path)?;
    let not_private = |_| KeyProblem::NotPrivate { path: path.to_owned() };
    let key = EncodingKey::from_ed_pem(pem.expose_secret()).map_err(not_private)?;
    // The public half is derived, which also proves that the private half can sign.
    let derive = DEFAULT_PROVIDER.key_utils.ed_pub_components_from_private_key;
    let x = derive(key.as_bytes(), &EllipticCurve::Ed25519).map_err(not_private)?;
    Ok((Named { kid, x }, key))
}

fn read_public_key(kid: &str, path: &Path) -> Result<Named, KeyProblem> {
    let kid = check_kid(kid, path)?;
    let pem = files::read(path)?;
    let key = DecodingKey::from_ed_pem(pem.expose_secret()).ok();
    let x = key.as_ref().and_then(|key| key.try_get_as_bytes().ok()).filter(|x| x.len() == ED25519_BYTES);
    x.map(|x| Named { kid, x: x.to_vec() }).ok_or_else(|| KeyProblem::NotPublic { path: path.to_owned() })
}

fn check_kid(kid: &str, path: &Path) -> Result<String, KeyProblem> {
    let fits = (1..=KID_BYTES_MAX).contains(&kid.len())
        && kid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if fits { Ok(kid.to_owned()) } else { Err(KeyProblem::KeyName { path: path.to_owned() }) }
}
