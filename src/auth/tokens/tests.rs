mod header;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::sign;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;
use crate::auth::KeySource;
use crate::auth::keys::{ed25519_folder, ed25519_public};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TTL: Duration = Duration::from_mins(10);

fn clock() -> Clock {
    Clock::manual(DateTime::from_timestamp(1_800_000_000, 700_000_000).unwrap())
}

fn tokens_with(source: KeySource, clock: &Clock) -> Tokens {
    Tokens::new(Arc::new(Keys::load(source).unwrap()), "https://chat.test", "tertulia", TTL, clock.clone())
}

fn shared(clock: &Clock) -> Tokens {
    tokens_with(KeySource::Secret(SECRET.into()), clock)
}

fn ed25519(clock: &Clock) -> (Tokens, tempfile::TempDir) {
    let folder = ed25519_folder(&[("k1", 1)]);
    (tokens_with(KeySource::Folder(folder.path().to_owned()), clock), folder)
}

fn grant() -> Grant {
    Grant {
        user: Uuid::from_u128(7),
        session: Uuid::from_u128(8),
        door: "graphql",
        lifetime: None,
        extra: Map::new(),
    }
}

/// The claims of a good token, to be spoilt one at a time.
fn claims() -> Value {
    json!({
        "sub": Uuid::from_u128(7), "sid": Uuid::from_u128(8), "iss": "https://chat.test", "aud": "tertulia",
        "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_000_600, "jti": "j", "typ": "access", "door": "graphql",
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn forge(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A token signed with the true secret, whatever it says.
fn signed(claims: &Value) -> String {
    forge(&json!({"alg": "HS256"}), claims, &EncodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256)
}

fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[track_caller]
fn assert_invalid(tokens: &Tokens, token: &str) {
    let refused = tokens.verify_access(token).unwrap_err();
    assert_eq!((refused.code(), refused.text()), (Code::Unauthenticated, &Text::TokenInvalid), "{token}");
}

#[test]
fn what_was_issued_is_what_verifies_with_either_kind_of_key() {
    let clock = clock();
    let (ed25519, _folder) = ed25519(&clock);
    for tokens in [shared(&clock), ed25519] {
        let (token, expires_at) = tokens.issue_access(grant()).unwrap();
        let claims = tokens.verify_access(&token).unwrap();
        assert_eq!((claims.user, claims.session), (Uuid::from_u128(7), Uuid::from_u128(8)));
        assert_eq!(claims.door, "graphql");
        assert_eq!(claims.id.len(), 32);
        assert_eq!(claims.issued_at.timestamp(), 1_800_000_000);
        assert_eq!((claims.expires_at, expires_at.timestamp()), (expires_at, 1_800_000_600));
        let (again, _) = tokens.issue_access(grant()).unwrap();
        assert_ne!(tokens.verify_access(&again).unwrap().id, claims.id);
    }
}

#[test]
fn a_dialects_claims_are_written_and_cannot_replace_ours() {
    let clock = clock();
    let tokens = shared(&clock);
    let Value::Object(extra) =
        json!({"user_id": "1", "token_type": "access", "sub": "else", "exp": 1, "typ": "refresh"})
    else {
        unreachable!()
    };
    let lifetime = Some(Duration::from_hours(24));
    let (token, _) = tokens.issue_access(Grant { extra, lifetime, door: "chatcrm", ..grant() }).unwrap();
    let written = payload(&token);
    assert_eq!((&written["user_id"], &written["token_type"]), (&json!("1"), &json!("access")));
    assert_eq!(written["exp"], 1_800_086_400);
    let read = tokens.verify_access(&token).unwrap();
    assert_eq!((read.user, read.door.as_str()), (Uuid::from_u128(7), "chatcrm"));
}

#[test]
fn a_token_that_could_not_be_read_back_or_never_ends_is_not_issued() {
    let tokens = shared(&clock());
    let extra = Map::from_iter([("big".to_owned(), json!("x".repeat(4096)))]);
    assert_eq!(tokens.issue_access(Grant { extra, ..grant() }).unwrap_err().code(), Code::Internal);
    let lifetime = Some(Duration::MAX);
    assert_eq!(tokens.issue_access(Grant { lifetime, ..grant() }).unwrap_err().code(), Code::Internal);
}

#[test]
fn a_token_expires_after_its_time_and_a_leeway_of_five_seconds() {
    let clock = clock();
    let tokens = shared(&clock);
    let (token, _) = tokens.issue_access(grant()).unwrap();
    clock.advance(TimeDelta::seconds(604));
    tokens.verify_access(&token).unwrap();
    clock.advance(TimeDelta::seconds(1));
    let refused = tokens.verify_access(&token).unwrap_err();
    assert_eq!((refused.code(), refused.text()), (Code::TokenExpired, &Text::TokenExpired));
}

#[test]
fn only_an_otherwise_valid_token_is_called_expired() {
    let tokens = shared(&clock());
    for (name, value) in [("iss", "else"), ("aud", "else"), ("typ", "else")] {
        let mut claims = claims();
        claims["exp"] = json!(1_700_000_000);
        claims[name] = json!(value);
        assert_invalid(&tokens, &signed(&claims));
    }
    let (mut token, _) = tokens.issue_access(grant()).unwrap();
    token.truncate(token.rfind('.').unwrap() + 1);
    assert_invalid(&tokens, &token);
}

#[test]
fn a_token_from_ahead_waits_for_its_time() {
    let clock = clock();
    let tokens = shared(&clock);
    let mut claims = claims();
    claims["nbf"] = json!(1_800_000_006);
    assert_invalid(&tokens, &signed(&claims));
    clock.advance(TimeDelta::seconds(1));
    tokens.verify_access(&signed(&claims)).unwrap();
}

#[test]
fn every_claim_is_required_and_of_its_own_type() {
    let tokens = shared(&clock());
    tokens.verify_access(&signed(&claims())).unwrap();
    for name in ["sub", "sid", "iss", "aud", "iat", "nbf", "exp", "jti", "typ", "door"] {
        let mut missing = claims();
        missing.as_object_mut().unwrap().remove(name);
        assert_invalid(&tokens, &signed(&missing));
        for odd in [
            json!(null),
            json!(["https://chat.test", "tertulia", "access"]),
            json!({}),
            json!(1.8e300),
            json!(true),
        ] {
            let mut mistyped = claims();
            mistyped[name] = odd;
            assert_invalid(&tokens, &signed(&mistyped));
        }
    }
}

#[test]
fn times_at_the_edge_of_numbers_are_refused_without_a_panic() {
    let tokens = shared(&clock());
    for name in ["iat", "exp", "nbf"] {
        for edge in [json!(i64::MAX), json!(u64::MAX), json!(i64::MIN)] {
            let mut claims = claims();
            claims[name] = edge.clone();
            let outcome = tokens.verify_access(&signed(&claims));
            assert!(outcome.is_err() || (name == "nbf" && edge == json!(i64::MIN)), "{name} {edge}");
        }
    }
}

#[test]
fn a_token_of_another_issuer_audience_or_kind_is_refused() {
    let tokens = shared(&clock());
    for (name, value) in [
        ("iss", "https://evil.test"),
        ("iss", ""),
        ("aud", "other"),
        ("aud", "tertulia,other"),
        ("typ", "Access"),
        ("typ", "ws"),
    ] {
        let mut claims = claims();
        claims[name] = json!(value);
        assert_invalid(&tokens, &signed(&claims));
    }
}

#[test]
fn a_token_changed_anywhere_is_refused() {
    let tokens = shared(&clock());
    let (token, _) = tokens.issue_access(grant()).unwrap();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert_invalid(&tokens, std::str::from_utf8(&bytes).unwrap());
    }
}

#[test]
fn shapes_that_are_no_token_are_refused() {
    let tokens = shared(&clock());
    let (token, _) = tokens.issue_access(grant()).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    for odd in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "ñ.ñ.ñ",
        "null",
        &format!("{token}."),
        &format!(".{token}"),
        &format!("{token}="),
        &format!("{token} "),
        &format!("{}.{}", parts[0], parts[1]),
        &format!("{}..{}", parts[0], parts[2]),
    ] {
        assert_invalid(&tokens, odd);
    }
}

#[test]
fn a_token_longer_than_the_bound_is_not_even_read() {
    let tokens = shared(&clock());
    let mut claims = claims();
    claims["pad"] = json!("x".repeat(TOKEN_BYTES_MAX));
    let refused = tokens.verify_access(&signed(&claims)).unwrap_err();
    assert_eq!(refused.inside().unwrap().to_string(), "too long");
}

#[test]
fn tokens_outlive_a_rotation_and_end_with_their_key() {
    let clock = clock();
    let folder = ed25519_folder(&[("k1", 1)]);
    let keys = Arc::new(Keys::load(KeySource::Folder(folder.path().to_owned())).unwrap());
    let tokens = Tokens::new(Arc::clone(&keys), "i", "a", TTL, clock);
    let (old, _) = tokens.issue_access(grant()).unwrap();

    let next = ed25519_folder(&[("k2", 2)]);
    std::fs::copy(next.path().join("k2.pem"), folder.path().join("k2.pem")).unwrap();
    keys.reload().unwrap();
    let (new, _) = tokens.issue_access(grant()).unwrap();
    assert_eq!(jsonwebtoken::decode_header(&new).unwrap().kid.as_deref(), Some("k2"));
    tokens.verify_access(&old).unwrap();
    tokens.verify_access(&new).unwrap();

    std::fs::remove_file(folder.path().join("k1.pem")).unwrap();
    keys.reload().unwrap();
    assert_invalid(&tokens, &old);
    tokens.verify_access(&new).unwrap();
}

#[test]
fn a_signed_refresh_token_is_one_and_an_access_token_is_none_and_the_reverse() {
    let clock = clock();
    let (ed25519, _folder) = ed25519(&clock);
    for tokens in [shared(&clock), ed25519] {
        let lifetime = Some(Duration::from_hours(24));
        let (refresh, expires_at) =
            tokens.issue_refresh(Grant { lifetime, door: "condor", ..grant() }).unwrap();
        let (access, _) = tokens.issue_access(grant()).unwrap();
        let claims = tokens.verify_refresh(&refresh).unwrap();
        assert_eq!((claims.session, claims.door.as_str()), (Uuid::from_u128(8), "condor"));
        assert_eq!((claims.expires_at, claims.id.len()), (expires_at, 32));
        assert_eq!(expires_at.timestamp(), 1_800_086_400);
        for refused in [tokens.verify_access(&refresh), tokens.verify_refresh(&access)] {
            let refused = refused.unwrap_err();
            assert_eq!((refused.code(), refused.text()), (Code::Unauthenticated, &Text::TokenWrongType));
        }
        clock.advance(TimeDelta::seconds(24 * 3600 + 5));
        assert_eq!(tokens.verify_refresh(&refresh).unwrap_err().code(), Code::TokenExpired);
        clock.advance(TimeDelta::seconds(-24 * 3600 - 5));
    }
}

#[test]
fn a_session_has_one_key_for_each_signing_key() {
    let clock = clock();
    let (ed25519, _folder) = ed25519(&clock);
    let session = Uuid::from_u128(8);
    let mut keys = Vec::new();
    for tokens in [shared(&clock), ed25519] {
        let key = tokens.session_key(session).unwrap();
        assert_eq!(key, tokens.session_key(session).unwrap());
        assert_ne!(key, tokens.session_key(Uuid::from_u128(9)).unwrap());
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        assert!(key.shown.len() == 40 && key.shown.bytes().all(hex), "{}", key.shown);
        keys.push(key);
    }
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_refresh_token_is_never_an_access_token() {
    let clock = clock();
    let (ed25519, _folder) = ed25519(&clock);
    for tokens in [shared(&clock), ed25519] {
        assert_invalid(&tokens, RefreshToken::generate().shown.expose_secret());
    }
}

#[test]
fn an_access_token_is_never_a_refresh_token() {
    let (token, _) = shared(&clock()).issue_access(grant()).unwrap();
    assert_eq!(RefreshToken::parse(&token), None);
    assert_eq!(RefreshToken::parse(&format!("ttr_{token}")), None);
    assert_eq!(RefreshToken::parse(&format!("ttr_{}", &token[..43])).is_some(), !token[..43].contains('.'));
}

#[test]
fn debug_output_and_refusals_have_no_token() {
    let clock = clock();
    let tokens = shared(&clock);
    assert!(!format!("{tokens:?}").contains(SECRET));
    let mut claims = claims();
    claims["sub"] = json!("kumquat");
    let token = signed(&claims);
    let refused = tokens.verify_access(&token).unwrap_err();
    let shown = format!("{refused:?} {refused}");
    assert!(!shown.contains("kumquat") && !shown.contains(&token) && !shown.contains(&token[..40]));
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC{0,200}", head in "[A-Za-z0-9_-]{0,40}", body in "[A-Za-z0-9_-]{0,80}") {
        let tokens = shared(&clock());
        let header = part(&json!({"alg": "HS256"}));
        let _ = RefreshToken::parse(&text);
        for token in [text, [head.as_str(), &body, &head].join("."), [header.as_str(), &body, &head].join(".")] {
            prop_assert!(tokens.verify_access(&token).is_err());
        }
    }
}
