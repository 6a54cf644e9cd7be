//! Tokens that are signed and say whose they are: access tokens, and the refresh tokens of the dialects.
//!
//! Verifying one touches no disk, no network and no database, so it cannot know of a logout: `app` asks
//! whether the session still lives. What says nothing is in `refresh`, the product's own refresh tokens,
//! and in `opaque`, which stands for a session until it ends.

mod links;
mod opaque;
mod refresh;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use self::opaque::OpaqueKey;
pub use self::refresh::RefreshToken;
use super::{Keys, random};
use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error, Result, Text};

/// A longer token is refused unread.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// How far the clocks of two nodes may be apart.
const LEEWAY_S: i64 = 5;

/// The `typ` claim: what a token is good for.
const ACCESS: &str = "access";
const REFRESH: &str = "refresh";

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct Grant {
    pub user: Uuid,
    pub session: Uuid,
    /// The face that issued it: `graphql`, or the name of a dialect.
    pub door: &'static str,
    /// How long it is good for, if not as long as the server's own access tokens.
    pub lifetime: Option<Duration>,
    /// A dialect's own claims, such as `user_id`. They are written for its clients and never read here,
    /// and cannot replace a claim of ours.
    pub extra: Map<String, Value>,
}

/// What a valid token said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub user: Uuid,
    pub session: Uuid,
    pub door: String,
    /// The `jti`: one of a kind.
    pub id: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Issues signed tokens and verifies them.
#[derive(Debug)]
pub struct Tokens {
    keys: Arc<Keys>,
    issuer: String,
    audience: String,
    access_ttl: Duration,
    clock: Clock,
}

/// The claims as they are on the wire. Unknown ones are ignored; a missing, doubled or mistyped one is
/// refused, `exp` above all.
#[derive(Deserialize)]
struct WireClaims {
    sub: Uuid,
    sid: Uuid,
    iss: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    typ: String,
    door: String,
}

impl Tokens {
    pub fn new(
        keys: Arc<Keys>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
        access_ttl: Duration,
        clock: Clock,
    ) -> Self {
        Self { keys, issuer: issuer.into(), audience: audience.into(), access_ttl, clock }
    }

    /// Signs an access token, and says when it ends: at a whole second, as JWTs count.
    pub fn issue_access(&self, grant: Grant) -> Result<(String, Timestamp)> {
        self.issue(ACCESS, grant)
    }

    /// Signs a refresh token of a dialect, which may be used as often as its clients like.
    pub fn issue_refresh(&self, grant: Grant) -> Result<(String, Timestamp)> {
        self.issue(REFRESH, grant)
    }

    /// The one key of a session, the same again while the signing key is the same.
    pub fn session_key(&self, session: Uuid) -> Result<OpaqueKey> {
        let secret = self.keys.ring().derive(session.as_bytes()).map_err(Error::internal)?;
        Ok(OpaqueKey::derived(secret))
    }

    fn issue(&self, kind: &'static str, grant: Grant) -> Result<(String, Timestamp)> {
        let Grant { user, session, door, lifetime, extra: mut claims } = grant;
        let now = self.clock.now();
        let issued = now.timestamp();
        let ttl = lifetime.unwrap_or(self.access_ttl).as_secs();
        let expires = issued.saturating_add_unsigned(ttl);
        let expires_at = DateTime::from_timestamp(expires, 0)
            .ok_or_else(|| Error::internal("the token would never expire"))?;
        for (name, value) in [
            ("sub", json!(user)),
            ("sid", json!(session)),
            ("iss", json!(self.issuer)),
            ("aud", json!(self.audience)),
            ("iat", json!(issued)),
            ("nbf", json!(issued)),
            ("exp", json!(expires)),
            ("jti", json!(random::uuid_v7(now).simple())),
            ("typ", json!(kind)),
            ("door", json!(door)),
        ] {
            claims.insert(name.to_owned(), value);
        }
        let ring = self.keys.ring();
        let header = Header { kid: ring.kid.clone(), ..Header::new(ring.algorithm) };
        let token = jsonwebtoken::encode(&header, &claims, &ring.signer).map_err(Error::internal)?;
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Error::internal("the token has more claims than would be read back"));
        }
        Ok((token, expires_at))
    }

    /// Whose access token this is. `TOKEN_EXPIRED` means that age is all that is wrong with it; anything
    /// else is `UNAUTHENTICATED`, and only the log learns what, but for a refresh token.
    pub fn verify_access(&self, token: &str) -> Result<Claims> {
        self.verify(ACCESS, token)
    }

    /// Whose refresh token of a dialect this is; refused as in [`Tokens::verify_access`].
    pub fn verify_refresh(&self, token: &str) -> Result<Claims> {
        self.verify(REFRESH, token)
    }

    fn verify(&self, kind: &'static str, token: &str) -> Result<Claims> {
        let claims = self.read(token)?;
        if claims.iss != self.issuer {
            return Err(invalid("another issuer"));
        }
        if claims.aud != self.audience {
            return Err(invalid("another audience"));
        }
        match claims.typ.as_str() {
            typ if typ == kind => {}
            ACCESS | REFRESH => {
                return Err(Error::new(Code::Unauthenticated, Text::TokenWrongType));
            }
            _ => return Err(invalid("of no known type")),
        }
        let now = self.clock.now().timestamp();
        if claims.nbf > now.saturating_add(LEEWAY_S) {
            return Err(invalid("not valid yet"));
        }
        let at = |seconds| DateTime::from_timestamp(seconds, 0).ok_or_else(|| invalid("a time out of range"));
        let (issued_at, expires_at) = (at(claims.iat)?, at(claims.exp)?);
        if now >= claims.exp.saturating_add(LEEWAY_S) {
            return Err(Error::new(Code::TokenExpired, Text::TokenExpired));
        }
        Ok(Claims {
            user: claims.sub,
            session: claims.sid,
            door: claims.door,
            id: claims.jti,
            issued_at,
            expires_at,
        })
    }

    /// The claims, once the signature holds. Of the header only `kid` matters, and only to pick among our
    /// own keys; `jku`, `x5u` and `jwk` are not looked at.
    fn read(&self, token: &str) -> Result<WireClaims> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(invalid("too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid("no readable header"))?;
        if header.crit.is_some() {
            return Err(invalid("demands an extension"));
        }
        let ring = self.keys.ring();
        let key = ring.verifier(header.kid.as_deref()).ok_or_else(|| invalid("unknown key"))?;
        // What the library says of a broken token may quote it, so it is not passed on.
        let decoded = jsonwebtoken::decode::<WireClaims>(token, key, &signature_only(ring.algorithm));
        decoded.map(|data| data.claims).map_err(|_| invalid("wrong signature or claims"))
    }
}

/// The library checks the signature, against our algorithm. Claims are checked here: its clock is the
/// system's, and it lets an `iss` or `aud` of the wrong type pass.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn invalid(why: &'static str) -> Error {
    Error::new(Code::Unauthenticated, Text::TokenInvalid).caused_by(why)
}
