//! Signing up and in at the doors of the dialects, below their protocols: every kind of credential, what it
//! opens, and how it ends.

use std::num::NonZeroU32;
use std::time::Duration;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tertulia::app::auth::{DoorSession, DoorSignup, EmailClaim, LoginName, Origin};
use tertulia::auth::Credential;
use tertulia::domain::sessions::{Door, Viewer};
use tertulia::domain::users::{User, UserType};
use tertulia::error::{Code, Error, Text};

use crate::support::TestApp;
use crate::support::app::PASSWORD;
use crate::support::sql::Sql;
use crate::{on_both, on_both_databases};

const DOORS: [Door; 5] = [Door::ChatCrm, Door::Condor, Door::Mrm, Door::ThanChat, Door::Rtca];
const NOBODY: Viewer = Viewer::Anonymous;
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const NEW_PASSWORD: &str = "quite another phrase";

fn signup(name: &str) -> DoorSignup {
    DoorSignup {
        username: Some(name.to_owned()),
        email: format!("{name}@example.com"),
        email_claim: EmailClaim::Required,
        password: PASSWORD.into(),
        first_name: "Amber".to_owned(),
        last_name: String::new(),
        user_type: UserType::Student,
        phone: None,
        address: None,
        notes_room: None,
    }
}

async fn try_register(app: &TestApp, door: Door, signup: DoorSignup) -> Result<User, Error> {
    app.app.register(&NOBODY, &Origin::default(), door, signup).await
}

async fn register(app: &TestApp, name: &str) -> User {
    try_register(app, Door::ThanChat, signup(name)).await.unwrap()
}

async fn try_sign_in(app: &TestApp, name: LoginName<'_>, password: &str) -> Result<DoorSession, Error> {
    app.app.sign_in(&NOBODY, &Origin::default(), Door::Condor, name, password.into(), DAY).await
}

async fn sign_in(app: &TestApp, door: Door, name: &str) -> DoorSession {
    let lasts = if door == Door::ThanChat { Duration::MAX } else { DAY };
    let name = LoginName::Username(name);
    app.app.sign_in(&NOBODY, &Origin::default(), door, name, PASSWORD.into(), lasts).await.unwrap()
}

async fn cookie(app: &TestApp, name: &str) -> (DoorSession, String) {
    let (name, lasts) = (LoginName::Username(name), DAY * 14);
    let origin = Origin::default();
    app.app.sign_in_cookie(&NOBODY, &origin, Door::Mrm, name, PASSWORD.into(), lasts).await.unwrap()
}

/// Signs in at ThanChat, and gives the token.
async fn api_key(app: &TestApp, name: &str) -> String {
    let session = sign_in(app, Door::ThanChat, name).await;
    app.app.api_key(&NOBODY, &session).await.unwrap()
}

fn claims(user: &User) -> Map<String, Value> {
    Map::from_iter([("user_id".to_owned(), json!(user.key.0.to_string()))])
}

fn bearer(token: &str) -> Credential {
    Credential::Bearer(token.to_owned())
}

fn key(text: &str) -> Credential {
    Credential::Key(text.to_owned())
}

fn basic(name: &str, password: &str) -> Credential {
    Credential::Basic { name: name.to_owned(), password: password.into() }
}

/// The person that a credential stands for.
async fn caller(app: &TestApp, credential: &Credential) -> uuid::Uuid {
    app.app.identify(credential).await.unwrap().viewer.signed_in().unwrap().user_id
}

async fn refusal(app: &TestApp, credential: &Credential) -> (Code, Text) {
    told(&app.app.identify(credential).await.unwrap_err())
}

fn told(error: &Error) -> (Code, Text) {
    (error.code(), error.text().clone())
}

fn unauthenticated(text: Text) -> (Code, Text) {
    (Code::Unauthenticated, text)
}

/// Code and field of each fault.
fn faults(refused: Result<User, Error>) -> Vec<(Code, &'static str)> {
    let mut faults: Vec<_> = refused.unwrap_err().faults().map(|fault| (fault.code, fault.path[0])).collect();
    faults.sort_unstable();
    faults
}

fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A hash as Django stores it.
fn django(password: &str) -> String {
    let mut hash = [0; 32];
    let iterations = NonZeroU32::new(1000).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, b"pepper", password.as_bytes(), &mut hash);
    format!("pbkdf2_sha256$1000$pepper${}", STANDARD.encode(hash))
}

async fn store_hash(sql: &mut Sql, name: &str, hash: &str) {
    sql.run(&format!("UPDATE users SET password_hash = '{hash}' WHERE username = '{name}'")).await;
}

async fn stored_hash(sql: &mut Sql, name: &str) -> String {
    let query = format!("SELECT password_hash AS line FROM users WHERE username = '{name}'");
    sql.lines(&query).await.remove(0)
}

/// Waits until this node no longer believes in what it looked up before.
async fn refused_soon(app: &TestApp, credential: &Credential) -> (Code, Text) {
    let looking = async {
        loop {
            match app.app.identify(credential).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => return told(&error),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.expect("still let in")
}

on_both! {
    async fn whoever_signed_up_at_one_door_signs_in_at_all_and_their_tokens_open_every_path(app) {
        let amber = register(&app, "amber").await;
        for door in DOORS {
            let session = sign_in(&app, door, "amber").await;
            assert_eq!(session.user, amber);
            let pair = app.app.door_tokens(&NOBODY, &session, HOUR, claims(&amber)).unwrap();
            let identity = app.app.identify(&bearer(&pair.access)).await.unwrap();
            assert_eq!(identity.viewer, session.viewer());
            let lasts = identity.lasts.unwrap();
            assert_eq!((lasts.until - app.clock.now(), lasts.left), (TimeDelta::hours(1), HOUR));
        }
        let caller = app.login("amber", PASSWORD).await;
        assert_eq!(caller.ask("{ viewer { username } }", json!({})).await["viewer"]["username"], "amber");
    }

    async fn signed_tokens_carry_the_dialects_claims_and_their_kind(app) {
        let amber = register(&app, "amber").await;
        let session = sign_in(&app, Door::Condor, "amber").await;
        let pair = app.app.door_tokens(&NOBODY, &session, HOUR, claims(&amber)).unwrap();
        let now = app.clock.now().timestamp();
        for (token, kind, lasts) in [(&pair.access, "access", 3600), (&pair.refresh, "refresh", 86_400)] {
            let said = payload(token);
            assert_eq!((&said["token_type"], &said["user_id"]), (&json!(kind), &json!(amber.key.0.to_string())));
            assert_eq!((&said["exp"], &said["door"]), (&json!(now + lasts), &json!("condor")));
            let id = said["jti"].as_str().unwrap();
            assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        }
        assert_eq!(format!("{pair:?}"), "TokenPair(…)");
    }

    async fn a_refresh_token_opens_nothing_and_an_access_token_renews_nothing(app) {
        let amber = register(&app, "amber").await;
        let session = sign_in(&app, Door::Rtca, "amber").await;
        let pair = app.app.door_tokens(&NOBODY, &session, HOUR, claims(&amber)).unwrap();
        let wrong_type = unauthenticated(Text::TokenWrongType);
        assert_eq!(refusal(&app, &bearer(&pair.refresh)).await, wrong_type);
        let renewed = app.app.renew_access(&NOBODY, &pair.access, HOUR, claims).await;
        assert_eq!(told(&renewed.unwrap_err()), wrong_type);
        assert_eq!(told(&app.app.end_refresh(&NOBODY, &pair.access).await.unwrap_err()), wrong_type);
        assert_eq!(caller(&app, &bearer(&pair.access)).await, amber.id, "nothing was ended");
        for odd in ["", "garbage", "a.b.c"] {
            let invalid = unauthenticated(Text::TokenInvalid);
            assert_eq!(refusal(&app, &bearer(odd)).await, invalid);
            assert_eq!(told(&app.app.renew_access(&NOBODY, odd, HOUR, claims).await.unwrap_err()), invalid);
            assert_eq!(told(&app.app.end_refresh(&NOBODY, odd).await.unwrap_err()), invalid);
        }
    }

    async fn a_refresh_token_renews_as_often_as_asked_until_its_session_runs_out(app) {
        let amber = register(&app, "amber").await;
        let session = sign_in(&app, Door::Condor, "amber").await;
        let pair = app.app.door_tokens(&NOBODY, &session, HOUR, claims(&amber)).unwrap();
        app.pass(TimeDelta::hours(2));
        assert_eq!(refusal(&app, &bearer(&pair.access)).await.0, Code::TokenExpired);
        for _ in 0..2 {
            let access = app.app.renew_access(&NOBODY, &pair.refresh, HOUR, claims).await.unwrap();
            assert_eq!(caller(&app, &bearer(&access)).await, amber.id);
            let said = payload(&access);
            assert_eq!((&said["token_type"], &said["user_id"]), (&json!("access"), &json!(amber.key.0.to_string())));
        }
        app.pass(TimeDelta::hours(23));
        let renewed = app.app.renew_access(&NOBODY, &pair.refresh, HOUR, claims).await;
        assert_eq!(renewed.unwrap_err().code(), Code::TokenExpired);
    }

    async fn an_ended_session_refuses_all_its_tokens_and_no_others(app) {
        let amber = register(&app, "amber").await;
        let session = sign_in(&app, Door::Rtca, "amber").await;
        let pair = app.app.door_tokens(&NOBODY, &session, HOUR, claims(&amber)).unwrap();
        let other = app.app.door_tokens(&NOBODY, &sign_in(&app, Door::Rtca, "amber").await, HOUR, Map::new()).unwrap();
        let (_, stays) = cookie(&app, "amber").await;
        assert_eq!(caller(&app, &bearer(&pair.access)).await, amber.id);
        app.app.end_refresh(&NOBODY, &pair.refresh).await.unwrap();
        let over = unauthenticated(Text::SessionOver);
        assert_eq!(refusal(&app, &bearer(&pair.access)).await, over);
        let renewed = app.app.renew_access(&NOBODY, &pair.refresh, HOUR, claims).await;
        assert_eq!(told(&renewed.unwrap_err()), over);
        assert_eq!(told(&app.app.end_refresh(&NOBODY, &pair.refresh).await.unwrap_err()), over, "a second time");
        assert_eq!(caller(&app, &bearer(&other.access)).await, amber.id);
        assert_eq!(caller(&app, &key(&stays)).await, amber.id);

        let viewer = app.app.authenticate(&bearer(&other.access)).await.unwrap();
        app.app.change_password(&viewer, &Origin::default(), PASSWORD.into(), NEW_PASSWORD.into()).await.unwrap();
        assert_eq!(refusal(&app, &bearer(&other.access)).await, over);
        assert_eq!(refusal(&app, &key(&stays)).await, unauthenticated(Text::TokenInvalid));
    }

    async fn thanchats_token_is_the_same_at_each_login_until_logout(app) {
        let amber = register(&app, "amber").await;
        let first = api_key(&app, "amber").await;
        assert!(first.len() == 40 && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{first}");
        app.pass(TimeDelta::days(4000));
        assert_eq!(api_key(&app, "amber").await, first);
        let identity = app.app.identify(&key(&first)).await.unwrap();
        assert_eq!((identity.viewer.signed_in().unwrap().user_id, identity.lasts), (amber.id, None));
        register(&app, "bruno").await;
        assert_ne!(api_key(&app, "bruno").await, first);

        assert!(app.app.logout(&identity.viewer, None).await.unwrap());
        assert_eq!(refusal(&app, &key(&first)).await, unauthenticated(Text::TokenInvalid));
        let second = api_key(&app, "amber").await;
        assert_ne!(second, first);
        assert_eq!(caller(&app, &key(&second)).await, amber.id);
        assert_eq!(refusal(&app, &key(&first)).await, unauthenticated(Text::TokenInvalid));
    }

    async fn logins_at_thanchat_at_the_same_moment_get_one_token(app) {
        register(&app, "amber").await;
        let tokens = join_all((0..6).map(|_| api_key(&app, "amber"))).await;
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    }

    async fn a_cookie_is_good_for_its_fortnight(app) {
        let amber = register(&app, "amber").await;
        let (session, first) = cookie(&app, "amber").await;
        let (_, second) = cookie(&app, "amber").await;
        assert_ne!(first, second);
        assert!(first.len() == 32 && first.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{first}");
        assert_eq!(session.expires_at - app.clock.now(), TimeDelta::days(14));
        let identity = app.app.identify(&key(&first)).await.unwrap();
        assert_eq!(identity.viewer, session.viewer());
        assert_eq!(identity.lasts.unwrap().until, session.expires_at);
        assert!(app.app.logout(&identity.viewer, None).await.unwrap());
        assert_eq!(refusal(&app, &key(&first)).await, unauthenticated(Text::TokenInvalid));
        assert_eq!(caller(&app, &key(&second)).await, amber.id);
        app.pass(TimeDelta::days(14));
        assert_eq!(refusal(&app, &key(&second)).await, unauthenticated(Text::SessionOver));
    }

    async fn what_is_no_key_opens_nothing(app) {
        register(&app, "amber").await;
        let (_, known) = cookie(&app, "amber").await;
        let token = app.login("amber", PASSWORD).await.token.unwrap();
        let shouted = known.to_uppercase();
        for odd in ["", " ", "\0", &known[1..], &format!("{known} "), &shouted, &"k".repeat(32), &"0".repeat(40), &token] {
            assert_eq!(refusal(&app, &key(odd)).await, unauthenticated(Text::TokenInvalid), "{odd:?}");
        }
    }

    async fn a_door_says_which_names_it_takes(app) {
        let amber = register(&app, "amber").await;
        let address = "amber@example.com";
        for name in [
            LoginName::Username("amber"),
            LoginName::Username("AMBER"),
            LoginName::Email(address),
            LoginName::Email("Amber@Example.com"),
            LoginName::Either("amber"),
            LoginName::Either(address),
        ] {
            assert_eq!(try_sign_in(&app, name, PASSWORD).await.unwrap().user.id, amber.id, "{name:?}");
        }
        let long = "a".repeat(100_000);
        for (name, password) in [
            (LoginName::Username(address), PASSWORD),
            (LoginName::Email("amber"), PASSWORD),
            (LoginName::Either("amber"), "another phrase"),
            (LoginName::Username("bruno"), PASSWORD),
            (LoginName::Username(""), PASSWORD),
            (LoginName::Email(""), PASSWORD),
            (LoginName::Either("amber\0"), PASSWORD),
            (LoginName::Username(&long), PASSWORD),
            (LoginName::Username("amber"), ""),
        ] {
            let refused = try_sign_in(&app, name, password).await.unwrap_err();
            assert_eq!(told(&refused), (Code::BadCredentials, Text::BadCredentials), "{name:?}");
        }
    }

    async fn a_name_with_its_password_stands_for_the_thanchat_session(app) {
        let amber = register(&app, "amber").await;
        let session = sign_in(&app, Door::ThanChat, "amber").await;
        for _ in 0..2 {
            let identity = app.app.identify(&basic("amber", PASSWORD)).await.unwrap();
            assert_eq!((identity.viewer, identity.lasts), (session.viewer(), None));
        }
        let wrong = (Code::BadCredentials, Text::BadCredentials);
        for (name, password) in [("amber", "another phrase"), ("amber@example.com", PASSWORD), ("bruno", PASSWORD), ("", "")] {
            assert_eq!(refusal(&app, &basic(name, password)).await, wrong, "{name:?}");
        }
        // A new session after the token was given up.
        app.app.logout(&session.viewer(), None).await.unwrap();
        let again = app.app.identify(&basic("amber", PASSWORD)).await.unwrap().viewer;
        assert_eq!(again.signed_in().unwrap().user_id, amber.id);
        assert_ne!(again, session.viewer());

        app.app.change_password(&again, &Origin::default(), PASSWORD.into(), NEW_PASSWORD.into()).await.unwrap();
        assert_eq!(refusal(&app, &basic("amber", PASSWORD)).await, wrong);
        assert_eq!(caller(&app, &basic("amber", NEW_PASSWORD)).await, amber.id);
    }

    async fn all_that_is_wrong_with_a_sign_up_is_told_at_once(app) {
        register(&app, "amber").await;
        let refused = try_register(&app, Door::ChatCrm, DoorSignup {
            username: Some("a b".to_owned()),
            email: "nowhere".to_owned(),
            password: "12345".into(),
            first_name: "x".repeat(151),
            last_name: "\0".to_owned(),
            phone: Some("5".repeat(256)),
            address: Some("x".repeat(501)),
            ..signup("bruno")
        }).await;
        assert_eq!(faults(refused), [
            (Code::BadInput, "email"),
            (Code::BadInput, "lastName"),
            (Code::BadInput, "username"),
            (Code::TooLong, "address"),
            (Code::TooLong, "firstName"),
            (Code::TooLong, "phone"),
            (Code::WeakPassword, "password"),
            (Code::WeakPassword, "password"),
            (Code::WeakPassword, "password"),
        ]);
        let refused = try_register(&app, Door::ChatCrm, DoorSignup {
            username: Some("AMBER".to_owned()),
            email: "Amber@example.com".to_owned(),
            password: "amber".into(),
            ..signup("amber")
        }).await;
        assert_eq!(faults(refused), [
            (Code::UsernameTaken, "username"),
            (Code::EmailTaken, "email"),
            // ChatCRM compares no password with its owner's names.
            (Code::WeakPassword, "password"),
        ]);
        let refused = try_register(&app, Door::ThanChat, DoorSignup { email: String::new(), ..signup("bruno") }).await;
        assert_eq!(faults(refused), [(Code::Empty, "email")]);
        let refused = try_register(&app, Door::ThanChat, DoorSignup {
            username: Some("amber@example.com".to_owned()),
            ..signup("bruno")
        }).await;
        assert_eq!(faults(refused), [(Code::UsernameTaken, "username")], "one's username is no other's address");
    }

    async fn where_addresses_may_repeat_the_first_keeps_the_claim(app) {
        let if_free = |name: &str, email: &str| DoorSignup {
            email: email.to_owned(),
            email_claim: EmailClaim::IfFree,
            ..signup(name)
        };
        let shared = "shared@example.com";
        let amber = try_register(&app, Door::Mrm, if_free("amber", shared)).await.unwrap();
        let bruno = try_register(&app, Door::Mrm, if_free("bruno", "Shared@example.com")).await.unwrap();
        let clara = try_register(&app, Door::Mrm, if_free("clara", "")).await.unwrap();
        let denis = try_register(&app, Door::Mrm, if_free("denis", "")).await.unwrap();
        assert_eq!((amber.email.as_str(), bruno.email.as_str()), (shared, "Shared@example.com"));
        assert_eq!((clara.email.as_str(), denis.email.as_str()), ("", ""));
        assert_eq!(try_sign_in(&app, LoginName::Email(shared), PASSWORD).await.unwrap().user.id, amber.id);
        for user in [&bruno, &clara, &denis] {
            let name = LoginName::Username(&user.username);
            assert_eq!(try_sign_in(&app, name, PASSWORD).await.unwrap().user.id, user.id);
        }
        let refused = try_register(&app, Door::Rtca, DoorSignup { email: shared.to_owned(), ..signup("edith") }).await;
        assert_eq!(faults(refused), [(Code::EmailTaken, "email")], "elsewhere it is taken");
        let refused = try_register(&app, Door::Mrm, if_free("edith", "nowhere")).await;
        assert_eq!(faults(refused), [(Code::BadInput, "email")]);
        let refused = try_register(&app, Door::Mrm, if_free("amber", "")).await;
        assert_eq!(faults(refused), [(Code::UsernameTaken, "username")]);
    }

    async fn a_username_made_from_an_address_is_short_valid_and_nobody_elses(app) {
        let without = |email: String| DoorSignup { username: None, email, ..signup("-") };
        let mut names = Vec::new();
        for host in ["one", "two", "three"] {
            let user = try_register(&app, Door::Rtca, without(format!("amber@{host}.com"))).await.unwrap();
            assert!(user.username.starts_with("amber") && user.username.len() <= 32, "{}", user.username);
            let name = LoginName::Email(&user.email);
            assert_eq!(try_sign_in(&app, name, PASSWORD).await.unwrap().user.id, user.id);
            names.push(user.username);
        }
        assert_eq!(names[0], "amber");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 3);
        let odd = try_register(&app, Door::Rtca, without("o'hara!#@one.com".to_owned())).await.unwrap();
        assert_eq!(odd.username, "ohara");
        let refused = try_register(&app, Door::Rtca, without("amber@one.com".to_owned())).await;
        assert_eq!(faults(refused), [(Code::EmailTaken, "email")]);

        let same = join_all((0..3).map(|n| try_register(&app, Door::Rtca, without(format!("zoe@host{n}.com"))))).await;
        let mut names: Vec<String> = same.into_iter().map(|user| user.unwrap().username).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 3, "{names:?}");
    }

    async fn of_two_who_take_one_username_at_the_same_moment_one_gets_it(app) {
        let both = join_all((0..2).map(|n| {
            let email = format!("amber{n}@example.com");
            try_register(&app, Door::ChatCrm, DoorSignup { email, notes_room: Some("Notes".to_owned()), ..signup("amber") })
        })).await;
        let (made, refused): (Vec<_>, Vec<_>) = both.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        assert_eq!(faults(refused.into_iter().next().unwrap()), [(Code::UsernameTaken, "username")]);

        let shared = |name: &str| DoorSignup {
            email: "shared@example.com".to_owned(),
            email_claim: EmailClaim::IfFree,
            ..signup(name)
        };
        let names = ["bruno", "clara", "denis"];
        for made in join_all(names.map(|name| try_register(&app, Door::Mrm, shared(name)))).await {
            made.unwrap();
        }
        try_sign_in(&app, LoginName::Email("shared@example.com"), PASSWORD).await.unwrap();
    }

    async fn a_room_for_notes_is_made_with_the_account(app) {
        let notes = |name: &str| DoorSignup { notes_room: Some("AmberStone".to_owned()), ..signup(name) };
        try_register(&app, Door::ChatCrm, notes("amber")).await.unwrap();
        register(&app, "bruno").await;
        for (name, rooms) in [("amber", json!([{ "kind": "SELF", "members": { "totalCount": 1 } }])), ("bruno", json!([]))] {
            let caller = app.login(name, PASSWORD).await;
            let seen = caller.ask("{ rooms { nodes { kind members { totalCount } } } }", json!({})).await;
            assert_eq!(seen["rooms"]["nodes"], rooms, "{name}");
        }
    }
}

on_both_databases! {
    async fn a_token_of_an_account_that_is_gone_says_so(db) {
        let app = TestApp::start(db.clone()).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        for (name, end) in [
            ("amber", "DELETE FROM users WHERE username = 'amber'"),
            ("bruno", "UPDATE users SET disabled_at = created_at WHERE username = 'bruno'"),
        ] {
            let user = register(&app, name).await;
            let pair = app.app.door_tokens(&NOBODY, &sign_in(&app, Door::Condor, name).await, HOUR, Map::new()).unwrap();
            let (_, cookie) = cookie(&app, name).await;
            assert_eq!(caller(&app, &basic(name, PASSWORD)).await, user.id);
            sql.run(end).await;
            let gone = unauthenticated(Text::AccountGone);
            assert_eq!(refused_soon(&app, &bearer(&pair.access)).await, gone, "{name}");
            let renewed = app.app.renew_access(&NOBODY, &pair.refresh, HOUR, claims).await;
            assert_eq!(told(&renewed.unwrap_err()), gone);
            assert_eq!(told(&app.app.end_refresh(&NOBODY, &pair.refresh).await.unwrap_err()), gone);
            assert_eq!(refused_soon(&app, &key(&cookie)).await, unauthenticated(Text::TokenInvalid));
            // Remembered or not.
            assert_eq!(refused_soon(&app, &basic(name, PASSWORD)).await.0, Code::BadCredentials);
        }
    }

    async fn a_pair_that_was_right_is_not_hashed_again_while_its_session_lives(db) {
        let app = TestApp::start(db.clone()).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        let amber = register(&app, "amber").await;
        assert_eq!(caller(&app, &basic("amber", PASSWORD)).await, amber.id);
        // Behind the server's back; the use case that changes a password ends its sessions.
        store_hash(&mut sql, "amber", "!").await;
        assert_eq!(caller(&app, &basic("amber", PASSWORD)).await, amber.id);
        // As another node does it.
        sql.run("UPDATE sessions SET ended_at = created_at").await;
        assert_eq!(refused_soon(&app, &basic("amber", PASSWORD)).await.0, Code::BadCredentials);
    }

    async fn a_hash_of_djangos_is_replaced_at_the_first_login_through_any_door(db) {
        let app = TestApp::start(db.clone()).await;
        let mut sql = Sql::open(&db, app.data.path()).await;
        register(&app, "amber").await;
        let hash = django("an old phrase of mine");
        for way in 0..4 {
            store_hash(&mut sql, "amber", &hash).await;
            let wrong = try_sign_in(&app, LoginName::Username("amber"), PASSWORD).await.unwrap_err();
            assert_eq!(wrong.code(), Code::BadCredentials);
            assert_eq!(stored_hash(&mut sql, "amber").await, hash, "a wrong password replaces nothing");
            let (name, password, origin) = (LoginName::Username("amber"), "an old phrase of mine", Origin::default());
            match way {
                0 => {
                    app.login("amber", password).await;
                }
                1 => {
                    try_sign_in(&app, name, password).await.unwrap();
                }
                2 => {
                    let opened = app.app.sign_in_cookie(&NOBODY, &origin, Door::Mrm, name, password.into(), DAY);
                    opened.await.unwrap();
                }
                _ => {
                    caller(&app, &basic("amber", password)).await;
                }
            }
            let replaced = stored_hash(&mut sql, "amber").await;
            assert!(replaced.starts_with("$2b$04$"), "{way}: {replaced}");
            try_sign_in(&app, name, password).await.unwrap();
            assert_eq!(stored_hash(&mut sql, "amber").await, replaced, "and then stays");
        }
        store_hash(&mut sql, "amber", &hash).await;
        let logins = (0..4).map(|_| try_sign_in(&app, LoginName::Username("amber"), "an old phrase of mine"));
        for login in join_all(logins).await {
            login.unwrap();
        }
        for never in ["!", "!kO8KJyHUvLbCx1lpvQ3aHqQ1lJ4QKcVk", "", "pbkdf2_sha256$0$pepper$aGFzaA=="] {
            store_hash(&mut sql, "amber", never).await;
            for password in [PASSWORD, "", never] {
                let refused = try_sign_in(&app, LoginName::Username("amber"), password).await.unwrap_err();
                assert_eq!(refused.code(), Code::BadCredentials, "{never:?} {password:?}");
            }
        }
    }

    async fn after_a_change_of_the_signing_key_both_tokens_of_thanchat_are_good(db) {
        let key_of = |letter: &str| letter.repeat(32);
        let app = TestApp::with(db.clone(), &[("SECRET", &key_of("a"))]).await;
        let amber = register(&app, "amber").await;
        let old = api_key(&app, "amber").await;
        let app = TestApp::at(app.stop().await, db, &[("SECRET", &key_of("b"))]).await;
        assert_eq!(caller(&app, &key(&old)).await, amber.id);
        let new = api_key(&app, "amber").await;
        assert_ne!(new, old);
        for token in [&old, &new] {
            assert_eq!(caller(&app, &key(token)).await, amber.id);
        }
        let viewer = app.app.authenticate(&key(&new)).await.unwrap();
        app.app.logout(&viewer, None).await.unwrap();
        for token in [&old, &new] {
            assert_eq!(refusal(&app, &key(token)).await, unauthenticated(Text::TokenInvalid));
        }
    }

    async fn guesses_at_a_door_count_and_remembered_pairs_do_not(db) {
        let settings = [("RATE_LIMITS", "on"), ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "3")];
        let app = TestApp::with(db, &settings).await;
        let amber = register(&app, "amber").await;
        let from = |last: u8| Origin { address: Some([203, 0, 113, last].into()), ..Origin::default() };
        let ask = async |last: u8, password: &str| {
            let identity = app.app.identify_from(&from(last), &basic("amber", password)).await;
            identity.map(|identity| identity.viewer.signed_in().unwrap().user_id).map_err(|error| error.code())
        };
        for _ in 0..20 {
            assert_eq!(ask(1, PASSWORD).await, Ok(amber.id));
        }
        for _ in 0..2 {
            assert_eq!(ask(1, "another phrase").await, Err(Code::BadCredentials));
        }
        assert_eq!(ask(1, "another phrase").await, Err(Code::RateLimited));
        let name = LoginName::Username("amber");
        let limited = app.app.sign_in(&NOBODY, &from(1), Door::Condor, name, PASSWORD.into(), DAY).await.unwrap_err();
        assert!(limited.code() == Code::RateLimited && limited.wait().is_some());
        assert_eq!(ask(2, "another phrase").await, Err(Code::BadCredentials), "elsewhere there is a budget of its own");
        assert_eq!(ask(1, PASSWORD).await, Ok(amber.id), "known again without a guess");
    }

    async fn sign_ups_at_doors_are_counted_and_closed_as_those_of_the_product_are(db) {
        let settings = [("RATE_LIMITS", "on"), ("LIMITS_SIGNUP_PER_ADDRESS_PER_HOUR", "2")];
        let app = TestApp::with(db.clone(), &settings).await;
        let origin = Origin { address: Some([203, 0, 113, 1].into()), ..Origin::default() };
        for name in ["amber", "bruno"] {
            app.app.register(&NOBODY, &origin, Door::Mrm, signup(name)).await.unwrap();
        }
        let refused = app.app.register(&NOBODY, &origin, Door::Mrm, signup("clara")).await.unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        app.app.register(&Viewer::Operator, &origin, Door::Mrm, signup("clara")).await.unwrap();

        let app = TestApp::at(app.stop().await, db, &[("SIGNUP", "off")]).await;
        assert_eq!(try_register(&app, Door::Mrm, signup("denis")).await.unwrap_err().code(), Code::Forbidden);
        let amber = sign_in(&app, Door::Condor, "amber").await.viewer();
        let refused = app.app.register(&amber, &origin, Door::Condor, signup("denis")).await.unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden);
        app.app.register(&Viewer::Operator, &origin, Door::Condor, signup("denis")).await.unwrap();
    }
}
