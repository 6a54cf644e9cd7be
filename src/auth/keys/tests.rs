use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Barrier;

use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::*;
use crate::auth::random;

/// The public half of the key that [`write_private`] makes of a seed.
pub(in crate::auth) fn ed25519_public(seed: u8) -> Vec<u8> {
    let derive = DEFAULT_PROVIDER.key_utils.ed_pub_components_from_private_key;
    derive(&pkcs8(seed), &EllipticCurve::Ed25519).unwrap()
}

/// A folder with a private key for each name and seed.
pub(in crate::auth) fn ed25519_folder(keys: &[(&str, u8)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, seed) in keys {
        write_private(folder.path(), name, *seed);
    }
    folder
}

fn pkcs8(seed: u8) -> Vec<u8> {
    // SEQUENCE { 0, { id-Ed25519 }, OCTET STRING { OCTET STRING seed } }, as openssl writes it.
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    der
}

fn spki(seed: u8) -> Vec<u8> {
    let mut der = vec![0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    der.extend(ed25519_public(seed));
    der
}

fn pem(tag: &str, der: &[u8]) -> String {
    format!("-----BEGIN {tag}-----\n{}\n-----END {tag}-----\n", STANDARD.encode(der))
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn write_private(folder: &Path, name: &str, seed: u8) {
    write(&folder.join(format!("{name}.pem")), &pem("PRIVATE KEY", &pkcs8(seed)), 0o600);
}

fn write_public(folder: &Path, name: &str, seed: u8) {
    write(&folder.join(format!("{name}.pub.pem")), &pem("PUBLIC KEY", &spki(seed)), 0o644);
}

fn load_file(path: &Path) -> Result<Keys, KeyProblem> {
    Keys::load(KeySource::SecretFile(path.to_owned()))
}

fn load_folder(path: &Path) -> Result<Keys, KeyProblem> {
    Keys::load(KeySource::Folder(path.to_owned()))
}

fn secret_of(keys: &Keys) -> Vec<u8> {
    keys.ring().signer.as_bytes().to_vec()
}

#[test]
fn the_first_start_makes_a_secret_that_only_the_owner_can_read_and_the_second_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let first = load_file(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(URL_SAFE_NO_PAD.decode(secret_of(&first)).unwrap().len(), 32, "256 bits of chance");
    assert_eq!(secret_of(&load_file(&path).unwrap()), secret_of(&first));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["secret"], "nothing is left aside");
}

#[test]
fn processes_that_start_at_once_share_one_secret() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let barrier = Barrier::new(8);
        let secrets: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let start = || {
                barrier.wait();
                secret_of(&load_file(&path).unwrap())
            };
            let threads: Vec<_> = std::iter::repeat_with(|| scope.spawn(start)).take(8).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(secrets.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_secret_that_others_can_read_keeps_the_server_from_starting_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    for mode in [0o640, 0o604, 0o644, 0o660, 0o601] {
        write(&path, &"k".repeat(64), mode);
        let problem = load_file(&path).unwrap_err();
        assert!(matches!(problem, KeyProblem::Exposed { .. }), "{mode:o}");
        assert!(problem.to_string().ends_with(&format!("run: chmod 600 {}", path.display())), "{problem}");
    }
    write(&path, &"k".repeat(64), 0o400);
    load_file(&path).unwrap();
}

#[test]
fn a_short_secret_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    for text in ["", "\n", "changeme", &format!("{}  \n\n", "k".repeat(31))] {
        write(&path, text, 0o600);
        let problem = load_file(&path).unwrap_err().to_string();
        assert!(problem.contains("needs 32") && problem.contains("secret"), "{problem}");
        let problem = Keys::load(KeySource::Secret(text.to_owned().into())).unwrap_err().to_string();
        assert!(problem.contains("in the configuration has"), "{problem}");
    }
    write(&path, &"k".repeat(32), 0o600);
    load_file(&path).unwrap();
    Keys::load(KeySource::Secret("k".repeat(32).into())).unwrap();
}

#[test]
fn the_newline_that_an_editor_adds_is_no_part_of_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    write(&path, &format!("{}\n", "k".repeat(40)), 0o600);
    assert_eq!(secret_of(&load_file(&path).unwrap()), "k".repeat(40).as_bytes());
}

#[test]
fn a_secret_file_that_cannot_be_made_or_is_no_secret_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let missing = load_file(&folder.path().join("no such folder/secret")).unwrap_err();
    assert!(matches!(missing, KeyProblem::Io { attempt: "make", .. }), "{missing}");
    let huge = folder.path().join("huge");
    write(&huge, &"k".repeat(20_000), 0o600);
    assert!(matches!(load_file(&huge).unwrap_err(), KeyProblem::TooLarge { .. }));
}

#[test]
fn a_reload_takes_the_new_secret_and_never_makes_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let keys = load_file(&path).unwrap();
    write(&path, &"n".repeat(64), 0o600);
    keys.reload().unwrap();
    assert_eq!(secret_of(&keys), "n".repeat(64).as_bytes());

    fs::remove_file(&path).unwrap();
    assert!(matches!(keys.reload().unwrap_err(), KeyProblem::Io { .. }));
    assert!(!path.exists());
    assert_eq!(secret_of(&keys), "n".repeat(64).as_bytes(), "the old one stays in force");
}

#[test]
fn the_private_key_whose_name_sorts_last_signs_and_all_verify() {
    let folder = ed25519_folder(&[("2026-01", 1), ("2026-03", 3), ("2026-02", 2)]);
    write_public(folder.path(), "2027-elsewhere", 9);
    let ring = load_folder(folder.path()).unwrap().ring();
    assert_eq!(ring.algorithm, Algorithm::EdDSA);
    assert_eq!(ring.kid.as_deref(), Some("2026-03"));
    assert_eq!(ring.signer.as_bytes(), pkcs8(3));
    for (kid, seed) in [("2026-01", 1), ("2026-02", 2), ("2026-03", 3), ("2027-elsewhere", 9)] {
        assert_eq!(ring.verifier(Some(kid)).unwrap().try_get_as_bytes().unwrap(), ed25519_public(seed));
    }
    assert!(ring.verifier(None).is_none());
    assert!(ring.verifier(Some("../2026-01")).is_none());
}

#[test]
fn rotation_is_a_new_file_and_a_reload() {
    let folder = ed25519_folder(&[("1", 1)]);
    let keys = load_folder(folder.path()).unwrap();
    write_private(folder.path(), "2", 2);
    keys.reload().unwrap();
    assert_eq!(keys.ring().kid.as_deref(), Some("2"));
    assert!(keys.ring().verifier(Some("1")).is_some());

    write(&folder.path().join("3.pem"), "not a key", 0o600);
    assert!(matches!(keys.reload().unwrap_err(), KeyProblem::NotPrivate { .. }));
    assert_eq!(keys.ring().kid.as_deref(), Some("2"), "the old ones stay in force");
}

#[test]
fn the_published_set_has_public_halves_only_with_the_signing_key_first() {
    let folder = ed25519_folder(&[("a", 1), ("b", 2)]);
    write_public(folder.path(), "c", 3);
    write_public(folder.path(), "a", 1);
    let key = |kid: &str, seed| {
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid,
               "x": URL_SAFE_NO_PAD.encode(ed25519_public(seed))})
    };
    let jwks = load_folder(folder.path()).unwrap().jwks();
    assert_eq!(jwks, json!({"keys": [key("b", 2), key("a", 1), key("c", 3)]}));
    assert_eq!(Keys::load(KeySource::Secret("k".repeat(32).into())).unwrap().jwks(), json!({"keys": []}));
}

#[test]
fn the_public_half_is_the_one_of_rfc_8032() {
    // Section 7.1, test 1.
    let hex = |text: &str| -> Vec<u8> {
        (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    };
    let mut der = pkcs8(0)[..16].to_vec();
    der.extend(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("k.pem"), &pem("PRIVATE KEY", &der), 0o600);
    let jwks = load_folder(folder.path()).unwrap().jwks();
    let x = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    assert_eq!(jwks["keys"][0]["x"], URL_SAFE_NO_PAD.encode(x));
}

#[test]
fn a_private_key_that_others_can_read_keeps_the_server_from_starting() {
    let folder = ed25519_folder(&[("a", 1)]);
    write(&folder.path().join("a.pem"), &pem("PRIVATE KEY", &pkcs8(1)), 0o644);
    assert!(matches!(load_folder(folder.path()).unwrap_err(), KeyProblem::Exposed { mode: 0o644, .. }));
}

#[test]
fn a_folder_without_a_private_key_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    write_public(folder.path(), "a", 1);
    let problem = load_folder(folder.path()).unwrap_err();
    assert!(matches!(problem, KeyProblem::NoPrivateKey { .. }));
    assert!(problem.to_string().contains("openssl genpkey -algorithm ed25519 -out"));
    assert!(matches!(
        load_folder(&folder.path().join("none")).unwrap_err(),
        KeyProblem::Io { attempt: "list", .. }
    ));
}

#[test]
fn files_that_hold_something_else_are_refused_by_name() {
    let spki_of_one = pem("PUBLIC KEY", &spki(1));
    let private = pem("PRIVATE KEY", &pkcs8(1));
    let cut = pem("PRIVATE KEY", &pkcs8(1)[..40]);
    for (name, text) in [
        ("x.pem", spki_of_one.as_str()),
        ("x.pem", ""),
        ("x.pem", &cut),
        ("x.pub.pem", &private),
        ("x.pub.pem", "no"),
    ] {
        let folder = ed25519_folder(&[("a", 1)]);
        write(&folder.path().join(name), text, 0o600);
        let problem = load_folder(folder.path()).unwrap_err().to_string();
        assert!(problem.contains(name), "{problem}");
    }
}

#[test]
fn other_files_are_left_alone_and_odd_names_are_refused() {
    let folder = ed25519_folder(&[("a", 1)]);
    write(&folder.path().join("README"), "keys", 0o644);
    write(&folder.path().join(".hidden.pem"), "junk", 0o644);
    load_folder(folder.path()).unwrap();
    for name in ["two words", "ñ", ""] {
        let folder = ed25519_folder(&[("a", 1)]);
        write_public(folder.path(), &format!("b{name}"), 2);
        let loaded = load_folder(folder.path());
        assert_eq!(matches!(loaded, Err(KeyProblem::KeyName { .. })), !name.is_empty(), "{name}");
    }
}

#[test]
fn one_name_cannot_stand_for_two_keys() {
    let folder = ed25519_folder(&[("a", 1)]);
    write_public(folder.path(), "a", 2);
    assert!(matches!(load_folder(folder.path()).unwrap_err(), KeyProblem::SameName { .. }));
}

#[test]
fn debug_output_has_no_key() {
    let secret = random::token();
    let keys = Keys::load(KeySource::Secret(secret.clone().into())).unwrap();
    let shown = format!("{keys:?} {:?}", Keys::load(KeySource::Secret("short".into())).unwrap_err());
    assert!(!shown.contains(&secret) && !shown.contains("\"short\""), "{shown}");
}
