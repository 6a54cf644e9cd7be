use futures_util::FutureExt as _;

use super::*;

const OPTIONS: PasswordOptions = PasswordOptions { cost: 4, threads: 1, queue_max: 2 };
/// One hash of cost 4.
const ONE_HASH: u64 = 1 << 4;

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn a_password_verifies_against_its_own_hash_only() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let hash = passwords.hash(secret("correct horse")).await.unwrap();
    assert!(hash.starts_with("$2b$04$"));
    assert!(passwords.verify(secret("correct horse"), Some(hash.clone())).await.unwrap());
    assert!(!passwords.verify(secret("correct Horse"), Some(hash.clone())).await.unwrap());
    assert_ne!(hash, passwords.hash(secret("correct horse")).await.unwrap(), "each hash has its own salt");
}

#[tokio::test]
async fn an_unknown_user_costs_the_same_work_as_a_wrong_password() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let hash = passwords.hash(secret("correct horse")).await.unwrap();
    let before = passwords.work();
    assert!(!passwords.verify(secret("battery staple"), Some(hash)).await.unwrap());
    let wrong = passwords.work() - before;
    assert!(!passwords.verify(secret("battery staple"), None).await.unwrap());
    let unknown = passwords.work() - before - wrong;
    assert_eq!((wrong, unknown), (ONE_HASH, ONE_HASH));
}

#[tokio::test]
async fn a_hash_of_another_scheme_is_a_no_at_full_price() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    for stored in [
        "",
        "plain text",
        "pbkdf2_sha256$600000$salt$aGFzaA==",
        "$2b$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde",
    ] {
        let before = passwords.work();
        assert!(!passwords.verify(secret("plain text"), Some(stored.to_owned())).await.unwrap(), "{stored}");
        assert_eq!(passwords.work() - before, ONE_HASH, "{stored}");
    }
}

#[tokio::test]
async fn nobody_can_log_in_with_the_hash_that_is_done_for_nobody() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    for guess in ["", "tertulia, nobody", "password"] {
        assert!(!passwords.verify(secret(guess), None).await.unwrap());
    }
}

#[tokio::test]
async fn passwords_are_never_truncated() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let longest = "x".repeat(71);
    let hash = passwords.hash(secret(&longest)).await.unwrap();
    assert!(passwords.verify(secret(&longest), Some(hash.clone())).await.unwrap());
    assert!(!passwords.verify(secret(&"x".repeat(70)), Some(hash.clone())).await.unwrap());
    for longer in [72, 80, 4000] {
        assert!(!passwords.verify(secret(&"x".repeat(longer)), Some(hash.clone())).await.unwrap());
        let refused = passwords.hash(secret(&"x".repeat(longer))).await.unwrap_err();
        assert_eq!(refused.code(), Code::WeakPassword);
        assert_eq!(*refused.text(), Text::PasswordTooLong { bytes_max: 71 });
    }
}

#[tokio::test]
async fn a_nul_does_not_make_two_passwords_one() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let hash = passwords.hash(secret("kumquat")).await.unwrap();
    assert!(!passwords.verify(secret("kumquat\0kumquat"), Some(hash)).await.unwrap());
    assert_eq!(*passwords.hash(secret("kumquat\0kumquat")).await.unwrap_err().text(), Text::HasNul);
}

#[tokio::test]
async fn an_impossible_password_is_refused_alike_for_known_and_unknown_users() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let hash = passwords.hash(secret("correct horse")).await.unwrap();
    let before = passwords.work();
    for stored in [Some(hash), None] {
        assert!(!passwords.verify(secret(&"x".repeat(100)), stored).await.unwrap());
    }
    assert_eq!(passwords.work() - before, 2 * ONE_HASH);
    assert!(!passwords.verify(secret(&"x".repeat(4097)), None).await.unwrap());
    assert_eq!(passwords.work() - before, 2 * ONE_HASH, "too long to be anybody's");
}

/// As Django writes it.
fn django(password: &str) -> String {
    use aws_lc_rs::pbkdf2;
    use base64::Engine as _;
    let mut hash = [0; 32];
    let iterations = std::num::NonZeroU32::new(50).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, b"salt", password.as_bytes(), &mut hash);
    format!("pbkdf2_sha256$50$salt${}", base64::engine::general_purpose::STANDARD.encode(hash))
}

#[tokio::test]
async fn a_hash_of_djangos_verifies_and_is_replaced_by_todays() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let stored = django("correct horse");
    assert!(passwords.verify(secret("correct horse"), Some(stored.clone())).await.unwrap());
    assert!(!passwords.verify(secret("battery staple"), Some(stored.clone())).await.unwrap());
    let renewed = passwords.renew(secret("correct horse"), &stored).await.unwrap().unwrap();
    assert!(renewed.starts_with("$2b$04$"));
    assert!(passwords.verify(secret("correct horse"), Some(renewed.clone())).await.unwrap());
    assert_eq!(passwords.renew(secret("correct horse"), &renewed).await.unwrap(), None);
}

#[tokio::test]
async fn a_password_of_djangos_that_bcrypt_cannot_take_goes_on_as_it_is() {
    let passwords = Passwords::start(OPTIONS).unwrap();
    let long = "a phrase of many words ".repeat(10);
    let stored = django(&long);
    assert!(passwords.verify(secret(&long), Some(stored.clone())).await.unwrap());
    assert!(!passwords.verify(secret(&long[..71]), Some(stored.clone())).await.unwrap());
    assert_eq!(passwords.renew(secret(&long), &stored).await.unwrap(), None);
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_back() {
    let passwords = Passwords::idle(OPTIONS).unwrap();
    let mut first = Box::pin(passwords.verify(secret("one"), None));
    let mut second = Box::pin(passwords.verify(secret("two"), None));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none());
    assert_eq!(passwords.queue_len(), 2);

    let refused = passwords.verify(secret("three"), None).now_or_never().unwrap().unwrap_err();
    assert_eq!((refused.code(), refused.text()), (Code::RateLimited, &Text::RateLimited));
    let one_hash = Duration::from_micros(FIRST_GUESS_MICROS / 256);
    assert_eq!(refused.wait().unwrap().as_millis(), (one_hash * 2).as_millis());
}

#[test]
fn a_caller_who_left_makes_room_for_another() {
    let passwords = Passwords::idle(OPTIONS).unwrap();
    let mut stays = Box::pin(passwords.verify(secret("stays"), None));
    assert!(stays.as_mut().now_or_never().is_none());
    assert!(passwords.verify(secret("leaves"), None).now_or_never().is_none());
    assert_eq!(passwords.queue_len(), 2);
    assert!(
        passwords.verify(secret("comes"), None).now_or_never().is_none(),
        "waits instead of being refused"
    );
}

#[tokio::test]
async fn a_caller_who_left_before_their_turn_costs_no_hash() {
    let passwords = Passwords::idle(OPTIONS).unwrap();
    assert!(passwords.hash(secret("leaves before the end")).now_or_never().is_none());
    let mut stays = Box::pin(passwords.verify(secret("stays"), None));
    assert!(stays.as_mut().now_or_never().is_none());
    passwords.spawn().unwrap();
    assert!(!stays.await.unwrap());
    assert_eq!(passwords.work(), ONE_HASH);
}

#[tokio::test]
async fn shutdown_refuses_those_who_wait_and_those_who_come_later() {
    let passwords = Passwords::idle(OPTIONS).unwrap();
    let mut waiting = Box::pin(passwords.verify(secret("waits"), None));
    assert!(waiting.as_mut().now_or_never().is_none());
    passwords.spawn().unwrap();
    // A second thread of ours may already have taken the job; then its answer stands.
    passwords.shutdown();
    if let Err(refused) = waiting.await {
        assert_eq!(refused.code(), Code::Unavailable);
    }
    let later = passwords.verify(secret("too late"), None).await.unwrap_err();
    assert_eq!(later.code(), Code::Unavailable);
    passwords.shutdown();
}

#[test]
fn a_closed_pool_answers_unavailable_to_whoever_was_waiting() {
    let passwords = Passwords::idle(OPTIONS).unwrap();
    let mut waiting = Box::pin(passwords.hash(secret("kumquat tree")));
    assert!(waiting.as_mut().now_or_never().is_none());
    passwords.shutdown();
    assert_eq!(waiting.now_or_never().unwrap().unwrap_err().code(), Code::Unavailable);
}

#[test]
fn only_a_hash_of_todays_cost_stays() {
    let passwords = Passwords::idle(PasswordOptions { cost: 5, ..OPTIONS }).unwrap();
    let of_cost = |cost| bcrypt::hash_with_salt("kumquat", cost, NOBODY).unwrap().to_string();
    assert!(!passwords.needs_rehash(&of_cost(5)));
    assert!(passwords.needs_rehash(&of_cost(4)));
    assert!(passwords.needs_rehash("pbkdf2_sha256$600000$salt$aGFzaA=="));
}

#[test]
fn a_cost_out_of_range_does_not_start() {
    for cost in [0, 3, 17, 31] {
        assert!(Passwords::start(PasswordOptions { cost, ..OPTIONS }).is_err());
    }
}

#[tokio::test]
async fn the_estimate_learns_from_what_hashes_take() {
    let passwords = Passwords::start(PasswordOptions { threads: 2, ..OPTIONS }).unwrap();
    passwords.pool.hash_micros.store(8_000_000_000, Ordering::Relaxed);
    passwords.verify(secret("kumquat"), None).await.unwrap();
    let mean = passwords.pool.hash_micros.load(Ordering::Relaxed);
    assert!((7_000_000_000..8_000_000_000).contains(&mean));
}

#[test]
fn debug_output_has_no_password() {
    let passwords = Passwords::idle(OPTIONS).unwrap();
    let mut waiting = Box::pin(passwords.hash(secret("kumquat tree")));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert!(!format!("{passwords:?}").contains("kumquat"));
}
