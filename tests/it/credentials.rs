//! What counts as proof of who calls, what does not, and the keys behind it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::exchange::{Exchange, LOGIN, exchange, login, with_token};
use crate::support::{Db, TestApp};

const SECRET: &str = "the signing secret of these tests";
const VIEWER: &str = "{ viewer { username } }";
const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
    tokens { accessToken } errors { code message path } } }";
const SIGNUP: &str = "mutation($input: SignupInput!) { signup(input: $input) { errors { code } } }";
const LOGOUT: &str = "mutation($input: LogoutInput!) { logout(input: $input) { loggedOut errors { code } } }";

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// One of the three parts of a token, read.
fn read(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

/// A token of the caller's making.
fn mint(header: &Value, claims: &Value, secret: &[u8], algorithm: Algorithm) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes(), &EncodingKey::from_secret(secret), algorithm).unwrap();
    format!("{message}.{signature}")
}

async fn whoami(app: &TestApp, token: &str) -> Exchange {
    with_token(app, token, VIEWER, json!({})).await
}

async fn assert_accepted(app: &TestApp, token: &str) {
    let answer = whoami(app, token).await;
    assert_eq!((answer.status, answer.code()), (200, ""), "{token}");
    assert!(answer.payload()["username"].is_string(), "nobody is signed in with {token}");
}

#[track_caller]
fn assert_refused(answer: &Exchange, code: &str, text: &str) {
    assert_eq!((answer.status, answer.code()), (401, code), "{:#}", answer.body);
    assert_eq!(answer.body["errors"][0]["message"], json!(text));
    assert!(answer.body.get("data").is_none(), "something ran: {:#}", answer.body);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[track_caller]
fn assert_invalid(answer: &Exchange) {
    assert_refused(answer, "UNAUTHENTICATED", "The access token is not valid. Log in again.");
}

#[track_caller]
fn assert_expired(answer: &Exchange) {
    let text = "The access token has expired. Call refreshSession, then repeat the request.";
    assert_refused(answer, "TOKEN_EXPIRED", text);
}

on_both! {
    async fn an_expired_access_token_is_refused_as_such(app) {
        let token = app.user("amber").await.token.unwrap();
        app.pass(TimeDelta::seconds(15 * 60 + 4));
        assert_accepted(&app, &token).await;
        app.pass(TimeDelta::seconds(1));
        assert_expired(&whoami(&app, &token).await);
    }

    async fn a_stale_token_does_not_stand_in_the_way_of_a_fresh_one(app) {
        let amber = app.user("amber").await;
        let expired = amber.token.clone().unwrap();
        app.pass(TimeDelta::hours(1));
        let person = json!({ "username": "bruno", "email": "bruno@example.com", "password": PASSWORD });
        for stale in [expired.as_str(), "garbage", "two words"] {
            let logged_in = with_token(&app, stale, LOGIN, login("amber", PASSWORD)).await;
            assert_eq!(logged_in.payload()["user"]["id"], json!(amber.id), "{stale}");
            let input = json!({ "input": { "refreshToken": amber.refresh } });
            let renewed = with_token(&app, stale, REFRESH, input).await;
            assert_eq!(renewed.payload()["errors"], json!([]), "{stale}");
        }
        let signed_up = with_token(&app, &expired, SIGNUP, json!({ "input": person })).await;
        assert_eq!(signed_up.payload()["errors"], json!([]));
    }

    async fn a_stale_token_stands_in_the_way_of_everything_else(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let expired = amber.token.clone().unwrap();
        app.pass(TimeDelta::hours(1));
        for query in [VIEWER, "{ __typename }", "{ __schema { queryType { name } } }"] {
            assert_expired(&with_token(&app, &expired, query, json!({})).await);
        }
        let input = json!({ "input": { "refreshToken": amber.refresh } });
        assert_expired(&with_token(&app, &expired, LOGOUT, input).await);
        let send = "mutation($room: ID!) { sendMessage(input: { roomId: $room, text: \"x\" }) { errors { code } } }";
        assert_expired(&with_token(&app, &expired, send, json!({ "room": room })).await);
    }

    async fn a_login_beside_another_field_is_no_way_round_a_stale_token(app) {
        let amber = app.user("amber").await;
        app.pass(TimeDelta::hours(1));
        let mixed = "mutation($input: LoginInput!) {
            ...Both }
            fragment Both on Mutation {
                login(input: $input) { user { id } }
                createRoom(input: { name: \"Den\" }) { room { id } } }";
        assert_expired(&with_token(&app, &amber.token.unwrap(), mixed, login("amber", PASSWORD)).await);
    }

    async fn a_refresh_token_is_no_access_token(app) {
        let amber = app.user("amber").await;
        assert_invalid(&whoami(&app, &amber.refresh).await);
    }

    async fn an_access_token_is_no_refresh_token(app) {
        let token = app.user("amber").await.token.unwrap();
        for odd in [token.clone(), format!("ttr_{token}"), format!("ttr_{}", &token[token.len() - 43..])] {
            let answer = exchange(&app, &[], REFRESH, json!({ "input": { "refreshToken": odd } })).await;
            assert_eq!(answer.payload_code(), "BAD_CREDENTIALS", "{odd}");
        }
    }

    async fn without_a_token_a_thing_that_exists_looks_like_one_that_does_not(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let room = amber.room("Den", &[&bruno]).await;
        let message = amber.say(&room, "hello").await["message"]["id"].as_str().unwrap().to_owned();
        let doomed = amber.room("Gone", &[]).await;
        let gone = amber.say(&doomed, "hello").await["message"]["id"].as_str().unwrap().to_owned();
        amber.mutate("deleteRoom", json!({ "roomId": doomed }), "deletedRoomId").await;
        for (query, real, unreal) in [
            ("query($id: ID!) { node(id: $id) { id } }", &amber.id, &doomed),
            ("query($id: ID!) { node(id: $id) { id } }", &room, &doomed),
            ("query($id: ID!) { node(id: $id) { id } }", &message, &gone),
            ("query($id: ID!) { nodes(ids: [$id]) { id } }", &message, &gone),
            ("query($id: ID!) { room(id: $id) { name } }", &room, &doomed),
            ("query($id: ID!) { messages(roomId: $id) { totalCount } }", &room, &doomed),
            ("mutation($id: ID!) { sendMessage(input: { roomId: $id, text: \"x\" }) { errors { code } } }", &room, &doomed),
            ("mutation($id: ID!) { joinRoom(input: { roomId: $id }) { errors { code } } }", &room, &doomed),
            ("mutation($id: ID!) { leaveRoom(input: { roomId: $id }) { errors { code } } }", &room, &doomed),
            ("mutation($id: ID!) { updateRoom(input: { roomId: $id, name: \"x\" }) { errors { code } } }", &room, &doomed),
            ("mutation($id: ID!) { deleteRoom(input: { roomId: $id }) { errors { code } } }", &room, &doomed),
        ] {
            let [real, unreal] = [real, unreal].map(|id| exchange(&app, &[], query, json!({ "id": id })));
            let (real, unreal) = (real.await, unreal.await);
            assert_eq!(real.code(), "UNAUTHENTICATED", "{query} {:#}", real.body);
            assert_eq!(real.shape(), unreal.shape(), "{query}");
        }
    }

    async fn nothing_but_the_public_fields_works_without_a_token(app) {
        for query in [
            "{ users { totalCount } }",
            "{ rooms { totalCount } }",
            "mutation { createRoom(input: { name: \"Den\" }) { errors { code } } }",
            "mutation { updateProfile(input: { firstName: \"x\" }) { errors { code } } }",
            "mutation { changePassword(input: { currentPassword: \"x\", newPassword: \"y\" }) { errors { code } } }",
            "mutation { logout(input: {}) { errors { code } } }",
        ] {
            assert_eq!(app.anonymous().code(query, json!({})).await, "UNAUTHENTICATED", "{query}");
        }
    }
}

/// A server on SQLite whose secret the test knows, and a token of it.
async fn known_secret() -> (TestApp, String) {
    let app = TestApp::with(Db::Sqlite, &[("SECRET", SECRET)]).await;
    let token = app.user("amber").await.token.unwrap();
    (app, token)
}

#[tokio::test]
async fn a_token_without_a_signature_or_with_a_wrong_one_is_refused() {
    let (app, token) = known_secret().await;
    let (header, claims) = (read(&token, 0), read(&token, 1));
    let secret = SECRET.as_bytes();
    // The forger's tool works: with everything right its token is taken.
    assert_accepted(&app, &mint(&header, &claims, secret, Algorithm::HS256)).await;
    let none = |name: &str| format!("{}.{}.", part(&json!({ "alg": name, "typ": "JWT" })), part(&claims));
    let mut admin = claims.clone();
    admin["sub"] = json!("00000000-0000-0000-0000-000000000000");
    let parts: Vec<&str> = token.split('.').collect();
    for forged in [
        none("none"),
        none("None"),
        none("HS256"),
        format!("{}x", none("none")),
        mint(&header, &claims, b"another secret of the same length", Algorithm::HS256),
        mint(&header, &claims, b"", Algorithm::HS256),
        mint(&json!({ "alg": "HS384" }), &claims, secret, Algorithm::HS384),
        mint(&json!({ "alg": "HS512" }), &claims, secret, Algorithm::HS512),
        mint(&json!({ "alg": "RS256" }), &claims, secret, Algorithm::HS256),
        mint(&json!({ "alg": "EdDSA" }), &claims, secret, Algorithm::HS256),
        format!("{}.{}.{}", parts[0], part(&admin), parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}."),
        token[..token.len() - 2].to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_invalid(&whoami(&app, &forged).await);
    }
}

#[tokio::test]
async fn a_token_cannot_name_its_own_key() {
    let (app, token) = known_secret().await;
    let claims = read(&token, 1);
    let own = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("mine"), "alg": "HS256" });
    for (name, value) in [
        ("kid", json!("../../../dev/null")),
        ("kid", json!("' or 1=1 --")),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/cert")),
        ("jwk", own),
    ] {
        let mut header = json!({ "alg": "HS256", "typ": "JWT" });
        header[name] = value;
        for secret in ["mine", ""] {
            assert_invalid(&whoami(&app, &mint(&header, &claims, secret.as_bytes(), Algorithm::HS256)).await);
        }
    }
}

#[tokio::test]
async fn a_token_with_a_good_signature_must_say_the_right_things_too() {
    let (app, token) = known_secret().await;
    let (header, claims) = (read(&token, 0), read(&token, 1));
    let now = claims["iat"].as_i64().unwrap();
    for (name, value) in [
        ("iss", json!("another")),
        ("aud", json!("another")),
        ("typ", json!("else")),
        ("exp", Value::Null),
        ("exp", json!("never")),
        ("nbf", json!(now + 60)),
        ("sub", json!("amber")),
    ] {
        let mut spoilt = claims.clone();
        match value {
            Value::Null => drop(spoilt.as_object_mut().unwrap().remove(name)),
            value => spoilt[name] = value,
        }
        assert_invalid(&whoami(&app, &mint(&header, &spoilt, SECRET.as_bytes(), Algorithm::HS256)).await);
    }
}

#[tokio::test]
async fn a_token_of_a_session_that_never_was_is_refused() {
    let (app, token) = known_secret().await;
    let (header, mut claims) = (read(&token, 0), read(&token, 1));
    claims["sid"] = json!("01900000-0000-7000-8000-000000000000");
    let answer = whoami(&app, &mint(&header, &claims, SECRET.as_bytes(), Algorithm::HS256)).await;
    assert_refused(&answer, "UNAUTHENTICATED", "This session has ended. Log in again.");
}

#[tokio::test]
async fn a_token_of_one_persons_session_does_not_speak_for_another() {
    let (app, token) = known_secret().await;
    let bruno = app.user("bruno").await.token.unwrap();
    let (header, mut claims) = (read(&token, 0), read(&token, 1));
    claims["sub"] = read(&bruno, 1)["sub"].clone();
    // A session that this node has not looked up yet.
    let answer = whoami(&app, &mint(&header, &claims, SECRET.as_bytes(), Algorithm::HS256)).await;
    assert_refused(&answer, "UNAUTHENTICATED", "This session has ended. Log in again.");
    assert_accepted(&app, &token).await;
}

#[tokio::test]
async fn a_refused_token_gets_401_in_either_media_type_and_nothing_of_it_comes_back() {
    let (app, token) = known_secret().await;
    let tampered = format!("{}x", &token[..token.len() - 2]);
    for media in ["application/graphql-response+json", "application/json", "*/*"] {
        let headers = [("accept", media), ("authorization", &format!("Bearer {tampered}"))];
        let answer = exchange(&app, &headers, VIEWER, json!({})).await;
        assert_invalid(&answer);
        assert!(!answer.body.to_string().contains(&token[..40]));
    }
}

#[tokio::test]
async fn an_authorization_that_cannot_be_read_is_refused_rather_than_ignored() {
    let (app, token) = known_secret().await;
    let good = format!("Bearer {token}");
    for odd in ["Bearer", "Bearer ", "bearer a b", "Bearer =", "Bearer ñ", &format!("{good}, {good}")] {
        assert_invalid(&exchange(&app, &[("authorization", odd)], VIEWER, json!({})).await);
    }
    let twice = [("authorization", good.as_str()), ("authorization", good.as_str())];
    assert_invalid(&exchange(&app, &twice, VIEWER, json!({})).await);
}

#[tokio::test]
async fn the_case_of_bearer_does_not_matter_and_other_schemes_are_nobody() {
    let (app, token) = known_secret().await;
    for (scheme, known) in
        [("Bearer", true), ("bearer", true), ("BEARER ", true), ("Basic", false), ("Token", false)]
    {
        let header = format!("{scheme} {token}");
        let answer = exchange(&app, &[("authorization", &header)], VIEWER, json!({})).await;
        assert_eq!((answer.status, answer.code()), (200, ""), "{scheme}");
        assert_eq!(answer.payload().is_object(), known, "{scheme}");
    }
}

#[tokio::test]
async fn the_first_start_makes_a_secret_for_the_owner_alone_and_the_next_start_keeps_it() {
    let app = TestApp::start(Db::Sqlite).await;
    let amber = app.user("amber").await;
    let file = app.data.path().join("secret");
    let made = fs::read(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let app = TestApp::at(app.stop().await, Db::Sqlite, &[]).await;
    assert_eq!(fs::read(&file).unwrap(), made);
    assert_accepted(&app, &amber.token.unwrap()).await;
    let input = json!({ "input": { "refreshToken": amber.refresh } });
    assert_eq!(exchange(&app, &[], REFRESH, input).await.payload()["errors"], json!([]));
}

#[tokio::test]
async fn another_secret_ends_access_tokens_and_lets_sessions_be_renewed() {
    let (app, token) = known_secret().await;
    let amber = app.login("amber", PASSWORD).await;
    let other = [("SECRET", "the signing secret that came after")];
    let app = TestApp::at(app.stop().await, Db::Sqlite, &other).await;
    assert_invalid(&whoami(&app, &token).await);
    let input = json!({ "input": { "refreshToken": amber.refresh } });
    let renewed = exchange(&app, &[], REFRESH, input).await;
    assert_accepted(&app, renewed.payload()["tokens"]["accessToken"].as_str().unwrap()).await;
}

#[tokio::test]
async fn a_shared_secret_is_not_among_the_public_keys() {
    let (app, _) = known_secret().await;
    assert_eq!(jwks(&app).await, json!([]));
}

/// Writes the Ed25519 key of a seed as openssl would.
fn write_key(folder: &Path, name: &str, seed: u8) {
    // SEQUENCE { 0, { id-Ed25519 }, OCTET STRING { OCTET STRING seed } }
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    let path = folder.join(format!("{name}.pem"));
    fs::write(&path, pem).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

async fn jwks(app: &TestApp) -> Value {
    let answer = app.http.get(format!("{}/.well-known/jwks.json", app.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json::<Value>().await.unwrap()["keys"].take()
}

async fn with_keys(data: TempDir, keys: &TempDir) -> TestApp {
    TestApp::at(data, Db::Sqlite, &[("TOKEN_KEYS_DIR", keys.path().to_str().unwrap())]).await
}

#[tokio::test]
async fn tokens_signed_with_a_private_key_can_be_verified_with_the_published_one() {
    let keys = tempfile::tempdir().unwrap();
    write_key(keys.path(), "k1", 1);
    let app = with_keys(tempfile::tempdir().unwrap(), &keys).await;
    let token = app.user("amber").await.token.unwrap();
    assert_accepted(&app, &token).await;
    assert_eq!((&read(&token, 0)["alg"], &read(&token, 0)["kid"]), (&json!("EdDSA"), &json!("k1")));
    let mut published = jwks(&app).await;
    let x = published[0]["x"].take();
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k1", "x": null });
    assert_eq!(published, json!([key]), "and nothing private");
    let public = jsonwebtoken::DecodingKey::from_ed_components(x.as_str().unwrap()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert!(jsonwebtoken::crypto::verify(signature, message.as_bytes(), &public, Algorithm::EdDSA).unwrap());
    assert!(!app.data.path().join("secret").exists(), "a secret that nothing uses was made");
}

#[tokio::test]
async fn a_public_key_is_no_secret_to_sign_with() {
    let keys = tempfile::tempdir().unwrap();
    write_key(keys.path(), "k1", 1);
    let app = with_keys(tempfile::tempdir().unwrap(), &keys).await;
    let token = app.user("amber").await.token.unwrap();
    let x = jwks(&app).await[0]["x"].as_str().unwrap().to_owned();
    let raw = URL_SAFE_NO_PAD.decode(&x).unwrap();
    for secret in [raw.as_slice(), x.as_bytes()] {
        for kid in [json!("k1"), json!(null)] {
            let header = json!({ "alg": "HS256", "typ": "JWT", "kid": kid });
            assert_invalid(&whoami(&app, &mint(&header, &read(&token, 1), secret, Algorithm::HS256)).await);
        }
    }
}

#[tokio::test]
async fn tokens_of_the_old_key_stay_good_until_the_key_is_removed() {
    let keys = tempfile::tempdir().unwrap();
    write_key(keys.path(), "k1", 1);
    let app = with_keys(tempfile::tempdir().unwrap(), &keys).await;
    let old = app.user("amber").await.token.unwrap();

    write_key(keys.path(), "k2", 2);
    let app = with_keys(app.stop().await, &keys).await;
    assert_accepted(&app, &old).await;
    let new = app.login("amber", PASSWORD).await.token.unwrap();
    assert_eq!(read(&new, 0)["kid"], json!("k2"));
    assert_accepted(&app, &new).await;
    let published = jwks(&app).await;
    let kids: Vec<&str> =
        published.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, ["k2", "k1"]);

    fs::remove_file(keys.path().join("k1.pem")).unwrap();
    let app = with_keys(app.stop().await, &keys).await;
    assert_invalid(&whoami(&app, &old).await);
    assert_accepted(&app, &new).await;
}
