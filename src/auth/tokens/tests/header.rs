//! Headers that try to choose the algorithm or the key.

use super::*;

#[test]
fn the_header_does_not_choose_the_algorithm() {
    let clock = clock();
    let (ed25519, _folder) = ed25519(&clock);
    for tokens in [shared(&clock), ed25519] {
        let (token, _) = tokens.issue_access(grant()).unwrap();
        let body = token.split('.').nth(1).unwrap();
        for alg in ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256"] {
            for header in [json!({"alg": alg}), json!({"alg": alg, "kid": "k1"})] {
                assert_invalid(&tokens, &format!("{}.{body}.", part(&header)));
                assert_invalid(
                    &tokens,
                    &format!("{}.{body}.{}", part(&header), token.split('.').nth(2).unwrap()),
                );
            }
        }
    }
}

#[test]
fn another_hash_under_the_true_secret_is_refused() {
    let tokens = shared(&clock());
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        assert_invalid(&tokens, &forge(&json!({"alg": name}), &claims(), &key, algorithm));
    }
}

#[test]
fn a_public_key_is_not_a_secret_to_sign_with() {
    let (tokens, _folder) = ed25519(&clock());
    let x = ed25519_public(1);
    let mut spki = vec![0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    spki.extend(&x);
    let base64 = base64::engine::general_purpose::STANDARD.encode(&spki);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
    let jwk_x = URL_SAFE_NO_PAD.encode(&x);
    for secret in [x.as_slice(), &spki, pem.as_bytes(), jwk_x.as_bytes(), b""] {
        let key = EncodingKey::from_secret(secret);
        for header in [json!({"alg": "HS256", "kid": "k1"}), json!({"alg": "HS256"})] {
            assert_invalid(&tokens, &forge(&header, &claims(), &key, Algorithm::HS256));
        }
    }
}

#[test]
fn a_key_of_the_callers_own_is_not_taken_from_the_header() {
    let (tokens, _folder) = ed25519(&clock());
    let own = ed25519_folder(&[("k1", 66)]);
    let own_key = Keys::load(KeySource::Folder(own.path().to_owned())).unwrap().ring();
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(ed25519_public(66)), "kid": "k1"});
    let file = own.path().join("k1.pub.pem").display().to_string();
    for header in [
        json!({"alg": "EdDSA", "kid": "k1", "jwk": jwk}),
        json!({"alg": "EdDSA", "kid": "k1", "jku": "http://127.0.0.1:1/jwks.json"}),
        json!({"alg": "EdDSA", "kid": "k1", "x5u": "http://127.0.0.1:1/cert.pem"}),
        json!({"alg": "EdDSA", "kid": "k1", "x5c": ["MIIB"]}),
        json!({"alg": "EdDSA", "kid": file}),
        json!({"alg": "EdDSA", "kid": "../../../../dev/null"}),
        json!({"alg": "EdDSA", "kid": "k1' OR '1'='1"}),
        json!({"alg": "EdDSA", "kid": ""}),
        json!({"alg": "EdDSA", "kid": 1}),
        json!({"alg": "EdDSA", "jwk": jwk}),
        json!({"alg": "EdDSA"}),
    ] {
        assert_invalid(&tokens, &forge(&header, &claims(), &own_key.signer, Algorithm::EdDSA));
    }
}

#[test]
fn an_unknown_key_name_is_refused_even_under_the_true_secret() {
    let clock = clock();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let named = json!({"alg": "HS256", "kid": "/dev/null"});
    assert_invalid(&shared(&clock), &forge(&named, &claims(), &key, Algorithm::HS256));
    let (tokens, folder) = ed25519(&clock);
    let ring = Keys::load(KeySource::Folder(folder.path().to_owned())).unwrap().ring();
    let renamed = json!({"alg": "EdDSA", "kid": "k2"});
    assert_invalid(&tokens, &forge(&renamed, &claims(), &ring.signer, Algorithm::EdDSA));
}

#[test]
fn addresses_in_a_header_of_our_own_change_nothing() {
    let tokens = shared(&clock());
    let header = json!({"alg": "HS256", "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    tokens.verify_access(&forge(&header, &claims(), &key, Algorithm::HS256)).unwrap();
}

#[test]
fn a_header_that_demands_an_extension_is_refused() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let header = json!({"alg": "HS256", "crit": ["b64"], "b64": false});
    assert_invalid(&shared(&clock()), &forge(&header, &claims(), &key, Algorithm::HS256));
}
