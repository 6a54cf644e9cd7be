//! Real Time Chat App's paths, tokens and sockets.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::mrm::{self, room_id};
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::rest::{Answer, Body, send};
use crate::support::socket::Socket;
use crate::support::{Db, TestApp};

const REGISTER: &str = "/compat/rtca/api/register/";
const NO_ACCOUNT: &str = "No active account found with the given credentials";

/// Someone with a pair of tokens.
pub struct Person<'a> {
    app: &'a TestApp,
    pub id: String,
    pub access: String,
    pub refresh: String,
}

impl<'a> Person<'a> {
    /// Signs up and in.
    pub async fn new(app: &'a TestApp, name: &str) -> Self {
        let answer = post(app, "/api/register/", registration(name)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::known(app, name).await
    }

    /// Signs someone in who has an account.
    pub async fn known(app: &'a TestApp, name: &str) -> Self {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        let answer = post(app, "/api/login/", body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let tokens = answer.json();
        let text = |key: &str| tokens[key].as_str().unwrap().to_owned();
        let id = claims(&text("access"))["user_id"].as_str().unwrap().to_owned();
        Self { app, id, access: text("access"), refresh: text("refresh") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.access);
        send(self.app, "GET", path, &[("authorization", &bearer)], Body::Nothing).await
    }

    /// The conversation with someone.
    pub async fn with(&self, other: &Person<'_>) -> Value {
        let answer = self.get(&format!("/api/users/{}/chat/", other.id)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].take()
    }

    async fn try_open(&self, room: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let path = format!("/ws/chat/{room}/?token={}", self.access);
        Socket::open_path(self.app.address, &path, "", headers).await
    }

    pub async fn open(&self, room: &Value) -> Socket {
        self.try_open(room.as_str().unwrap(), &[]).await.unwrap()
    }
}

fn registration(name: &str) -> Value {
    json!({ "first_name": name, "last_name": "Doe", "email": format!("{name}@example.com"),
        "password": PASSWORD, "confirm_password": PASSWORD })
}

/// What a token says, unverified.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn post(app: &TestApp, path: &str, body: Value) -> Answer {
    send(app, "POST", path, &[], Body::Json(body)).await
}

fn texts(conversation: &Value) -> Vec<&str> {
    conversation["messages"].as_array().unwrap().iter().map(|sent| sent["text"].as_str().unwrap()).collect()
}

fn not_valid(message: &str) -> (u16, Value) {
    let messages = json!([{ "token_class": "AccessToken", "token_type": "access", "message": message }]);
    let detail = "Given token not valid for any token type";
    (401, json!({ "detail": detail, "code": "token_not_valid", "messages": messages }))
}

on_both! {
    async fn people_sign_up_with_an_address_in_small_letters(app) {
        let mut body = registration("ann");
        body["email"] = json!("ANN@Example.COM");
        let answer = post(&app, REGISTER, body).await;
        let shown = r#"{"success":true,"msg":"User account created successfully.","data":{"first_name":"ann","last_name":"Doe","email":"ann@example.com"},"status":201}"#;
        assert_eq!((answer.status, answer.text.as_str()), (201, shown));
        let form = [("first_name", "ben"), ("last_name", "Doe"), ("email", "ben@example.com"),
            ("password", PASSWORD), ("confirm_password", PASSWORD)];
        assert_eq!(send(&app, "POST", REGISTER, &[], Body::Form(&form)).await.status, 201);
        let with = |key: &str, value: Value| { let mut body = registration("cat"); body[key] = value; body };
        let required = json!(["This field is required."]);
        for (body, expected) in [
            (json!({}), json!({ "first_name": required, "last_name": required, "email": required,
                "password": required, "confirm_password": required })),
            (registration("ann"), json!({ "email": ["user account with this email already exists."] })),
            (with("email", json!("ANN@example.com")),
                json!({ "email": ["user account with this email already exists."] })),
            (with("email", json!("nope")), json!({ "email": ["Enter a valid email address."] })),
            (with("confirm_password", json!("other")), json!({ "password": ["Password fields didn't match."] })),
            (with("first_name", json!(" ")), json!({ "first_name": ["This field may not be blank."] })),
            (with("last_name", json!("l".repeat(101))),
                json!({ "last_name": ["Ensure this field has no more than 100 characters."] })),
            (with("email", json!(format!("{}@example.com", "e".repeat(190)))),
                json!({ "email": ["Ensure this field has no more than 200 characters."] })),
        ] {
            assert_eq!(post(&app, REGISTER, body.clone()).await.both(), (400, expected), "{body}");
        }
        let mut weak = with("password", json!("1234567"));
        weak["confirm_password"] = json!("1234567");
        let wrong = post(&app, REGISTER, weak).await.json()["password"].clone();
        assert_eq!(wrong[0], "This password is too short. It must contain at least 8 characters.");
        assert_eq!(wrong.as_array().unwrap().last().unwrap(), "This password is entirely numeric.");
        // Nobody is compared with their own address here.
        let own = json!({ "first_name": "Mar", "last_name": "Doe", "email": "margherita@example.com",
            "password": "margherita", "confirm_password": "margherita" });
        assert_eq!(post(&app, REGISTER, own).await.status, 201);
        let answer = send(&app, "POST", REGISTER, &[("authorization", "Bearer garbage")],
            Body::Json(registration("dan"))).await;
        assert_eq!(answer.both(), not_valid("Token is invalid or expired"));
        assert_eq!(send(&app, "GET", REGISTER, &[], Body::Nothing).await.status, 405);
    }

    async fn a_login_gives_two_tokens(app) {
        let ann = Person::new(&app, "ann").await;
        for (token, kind, lasts) in [(&ann.access, "access", 1800), (&ann.refresh, "refresh", 86_400)] {
            let claims = claims(token);
            assert_eq!(claims["token_type"], kind);
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), lasts);
            assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
            assert_eq!(claims["user_id"].as_str().unwrap().len(), 36);
        }
        let login = "/compat/rtca/api/login/";
        for (email, password) in [
            ("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("ann", PASSWORD),
            ("ANN@example.com", PASSWORD),
        ] {
            let answer = post(&app, login, json!({ "email": email, "password": password })).await;
            assert_eq!(answer.both(), (401, json!({ "detail": NO_ACCOUNT })), "{email}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
        }
        let (required, blank) = (json!(["This field is required."]), json!(["This field may not be blank."]));
        for (body, expected) in [
            (json!({}), json!({ "email": required, "password": required })),
            (json!({ "email": "", "password": "" }), json!({ "email": blank, "password": blank })),
            (json!({ "username": "ann", "password": PASSWORD }), json!({ "email": required })),
        ] {
            assert_eq!(post(&app, login, body.clone()).await.both(), (400, expected), "{body}");
        }
        // What is in the header does not matter here.
        let body = Body::Json(json!({ "email": "ann@example.com", "password": PASSWORD }));
        let answer = send(&app, "POST", login, &[("authorization", "Bearer garbage")], body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(post(&app, login, json!([])).await.status, 400);
        assert_eq!(send(&app, "GET", login, &[], Body::Nothing).await.header("allow"), "POST, OPTIONS");
    }

    async fn only_a_good_access_token_opens_anything(app) {
        let ann = Person::new(&app, "ann").await;
        let missing = (401, json!({ "detail": "Authentication credentials were not provided." }));
        let two = json!({ "detail": "Authorization header must contain two space-delimited values",
            "code": "bad_authorization_header" });
        for (header, expected) in [
            (None, missing.clone()),
            (Some(format!("Token {}", ann.access)), missing.clone()),
            (Some(format!("bearer {}", ann.access)), missing),
            (Some("Bearer a b".to_owned()), (401, two.clone())),
            (Some("Bearer".to_owned()), (401, two)),
            (Some("Bearer garbage".to_owned()), not_valid("Token is invalid or expired")),
            (Some(format!("Bearer {}", ann.refresh)), not_valid("Token has wrong type")),
        ] {
            let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", value.as_str())).collect();
            for path in ["/api/users/", &format!("/api/users/{}/chat/", ann.id)] {
                let answer = send(&app, "GET", path, &headers, Body::Nothing).await;
                assert_eq!(answer.both(), expected, "{header:?}");
                assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
            }
        }
        app.pass(chrono::TimeDelta::minutes(32));
        assert_eq!(ann.get("/api/users/").await.both(), not_valid("Token is invalid or expired"));
    }

    async fn a_logout_ends_both_tokens(app) {
        let (ann, again) = (Person::new(&app, "ann").await, Person::known(&app, "ann").await);
        let logout = "/api/logout/";
        let coded = |detail: &str| (401, json!({ "detail": detail, "code": "token_not_valid" }));
        for (refresh, expected) in [
            ("garbage", coded("Token is invalid or expired")),
            (ann.access.as_str(), coded("Token has wrong type")),
        ] {
            let answer = post(&app, logout, json!({ "refresh": refresh })).await;
            assert_eq!(answer.both(), expected, "{refresh}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
        }
        let blank = json!({ "refresh": ["This field may not be blank."] });
        assert_eq!(post(&app, logout, json!({ "refresh": "" })).await.both(), (400, blank));
        let missing = json!({ "refresh": ["This field is required."] });
        assert_eq!(post(&app, logout, json!({})).await.both(), (400, missing));
        let answer = post(&app, logout, json!({ "refresh": ann.refresh })).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
        let answer = post(&app, logout, json!({ "refresh": ann.refresh })).await;
        assert_eq!(answer.both(), coded("Token is blacklisted"));
        assert_eq!(ann.get("/api/users/").await.status, 401);
        assert_eq!(again.get("/api/users/").await.status, 200);
        app.pass(chrono::TimeDelta::hours(25));
        let answer = post(&app, logout, json!({ "refresh": again.refresh })).await;
        assert_eq!(answer.both(), coded("Token is invalid or expired"));
    }

    async fn everyone_but_oneself_is_listed(app) {
        let ann = Person::new(&app, "ann").await;
        let ben = Person::new(&app, "ben").await;
        app.user("cat").await;
        let answer = ann.get("/api/users/?limit=1").await;
        let people = answer.json();
        assert_eq!(people[0], json!({ "id": ben.id, "first_name": "ben", "last_name": "Doe" }));
        // Who has no name shows as what they sign in with.
        assert_eq!((&people[1]["first_name"], people.as_array().unwrap().len()), (&json!("cat"), 2));
        let bearer = format!("Bearer {}", ann.access);
        let answer = send(&app, "POST", "/api/users/", &[("authorization", &bearer)], Body::Json(json!({}))).await;
        assert_eq!(answer.both(), (405, json!({ "detail": "Method \"POST\" not allowed." })));
        assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
    }

    async fn two_people_have_one_conversation(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let answer = ann.get(&format!("/api/users/{}/chat", ben.id)).await;
        let beginning = r#"{"success":true,"msg":"User conversation with messages retrieved successfully.","data":{"id":""#;
        assert!(answer.text.starts_with(beginning) && answer.text.ends_with(r#","messages":[]},"status":200}"#), "{answer:?}");
        assert_eq!(ben.with(&ann).await, ann.with(&ben).await);
        let own = ann.get(&format!("/api/users/{}/chat/", ann.id)).await;
        assert_eq!(own.both(), (400, json!({ "success": false, "msg": "Invalid recipient.", "status": 400 })));
        let unknown = ann.get("/api/users/00000000-0000-0000-0000-000000000005/chat/").await;
        assert_eq!(unknown.both(), (404, json!({ "detail": "No UserAccount matches the given query." })));
        for id in ["not-a-uuid", &ben.id.replace('-', ""), &ben.id.to_uppercase(), "1"] {
            assert_eq!(ann.get(&format!("/api/users/{id}/chat/")).await.status, 404, "{id}");
        }
        let bearer = format!("Bearer {}", ann.access);
        let path = format!("/api/users/{}/chat/", ben.id);
        let answer = send(&app, "POST", &path, &[("authorization", &bearer)], Body::Json(json!({}))).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"));
        for path in [format!("/api/users/{}/messages/", ben.id), "/api/token/refresh/".to_owned()] {
            assert_eq!(send(&app, "POST", &path, &[], Body::Json(json!({}))).await.status, 404, "{path}");
        }
    }

    async fn a_socket_tells_both_what_is_said(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let cat = Person::new(&app, "cat").await;
        let room = ann.with(&ben).await["id"].clone();
        let aside = ann.with(&cat).await["id"].clone();
        let (mut one, mut other) = (ann.open(&room).await, ben.open(&room).await);
        let mut bystander = cat.open(&aside).await;
        one.say(json!({ "message": "Hello", "recipient_id": ben.id, "more": 1 })).await;
        let told = format!(r#"{{"message":"Hello","recipient_id":"{}"}}"#, ben.id);
        assert_eq!((one.text().await, other.text().await), (told.clone(), told));
        other.say(json!({ "message": "Hi", "recipient_id": ann.id })).await;
        for socket in [&mut one, &mut other] {
            assert_eq!(socket.hear().await, json!({ "message": "Hi", "recipient_id": ann.id }));
        }
        // Whoever is not the other of this conversation is nobody here, and nothing is stored anywhere.
        let nobody = "Error: UserAccount matching query does not exist.";
        for (recipient, message, expected) in [
            (json!(cat.id), json!("x"), nobody.to_owned()),
            (json!("00000000-0000-0000-0000-000000000005"), json!("x"), nobody.to_owned()),
            (json!(null), json!("x"), nobody.to_owned()),
            (json!("abc"), json!("x"), "Error: ['“abc” is not a valid UUID.']".to_owned()),
            (json!(5), json!("x"), "Error: ['“5” is not a valid UUID.']".to_owned()),
            (json!(ben.id), json!(null), "Error: The message may not be null.".to_owned()),
        ] {
            one.say(json!({ "message": message, "recipient_id": recipient })).await;
            assert_eq!(one.text().await, expected, "{recipient}");
        }
        one.say(json!({ "message": "x".repeat(20_000), "recipient_id": ben.id })).await;
        let refused = one.text().await;
        assert!(refused.starts_with("Error: ") && !refused.to_lowercase().contains("sql"), "{refused}");
        for (message, stored) in [(json!(""), ""), (json!(42), "42"), (json!("  as it is "), "  as it is ")] {
            one.say(json!({ "message": message, "recipient_id": ben.id })).await;
            for socket in [&mut one, &mut other] {
                assert_eq!(socket.hear().await, json!({ "message": stored, "recipient_id": ben.id }));
            }
        }
        let conversation = ben.with(&ann).await;
        assert_eq!(texts(&conversation), ["  as it is ", "42", "", "Hi", "Hello"]);
        let first = &conversation["messages"][4];
        assert_eq!(first["sender"], json!({ "id": ann.id, "first_name": "ann", "last_name": "Doe" }));
        assert_eq!(first["created_at"], "2027-01-15T08:00:00Z");
        assert_eq!(texts(&ann.with(&cat).await), Vec::<&str>::new());
        bystander.say(json!({ "message": "all I hear", "recipient_id": ann.id })).await;
        assert_eq!(bystander.hear().await["message"], "all I hear");
    }

    async fn frames_that_cannot_be_read_close_the_socket(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let room = ann.with(&ben).await["id"].clone();
        for frame in [
            Message::text("not json"),
            Message::text("[1]"),
            Message::text("5"),
            Message::text(json!({ "message": "x" }).to_string()),
            Message::text(json!({ "recipient_id": ben.id }).to_string()),
            Message::binary(json!({ "message": "x", "recipient_id": ben.id }).to_string().into_bytes()),
        ] {
            let mut socket = ann.open(&room).await;
            socket.frame(frame.clone()).await;
            assert_eq!(socket.closed().await, (1011, String::new()), "{frame:?}");
        }
        let mut socket = ann.open(&room).await;
        socket.say(json!({ "message": "x", "recipient_id": ann.id })).await;
        assert_eq!(socket.text().await, "Invalid recipient.");
        assert_eq!(socket.closed().await, (1000, String::new()));
        assert_eq!(texts(&ann.with(&ben).await), Vec::<&str>::new());
    }

    async fn a_socket_opens_to_the_two_with_an_access_token(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let cat = Person::new(&app, "cat").await;
        let room = ann.with(&ben).await["id"].as_str().unwrap().to_owned();
        let open = async |path: String, headers: &[(&str, &str)]| {
            Socket::open_path(app.address, &path, "", headers).await.map(|_| ())
        };
        for query in [String::new(), "?token=".to_owned(), "?token=garbage".to_owned(), format!("?token={}", ann.refresh)] {
            assert_eq!(open(format!("/ws/chat/{room}/{query}"), &[]).await, Err(403), "{query}");
        }
        let bearer = format!("Bearer {}", ann.access);
        assert_eq!(open(format!("/ws/chat/{room}/"), &[("authorization", &bearer)]).await, Err(403));
        let group = mrm::Person::new(&app, "dan").await.chat("Den", &[]).await;
        let caller = app.login("dan", PASSWORD).await;
        let group = room_id(&caller, group).await;
        for id in ["00000000-0000-0000-0000-000000000005", "12", "abc", group.as_str()] {
            assert_eq!(ann.try_open(id, &[]).await.map(|_| ()), Err(403), "{id}");
        }
        assert_eq!(cat.try_open(&room, &[]).await.map(|_| ()), Err(403));
        for (origin, expected) in [
            ("http://localhost:3000", Ok(())), ("http://127.0.0.1", Ok(())), ("http://[::1]:8105", Ok(())),
            (app.base.as_str(), Ok(())), ("http://evil.example", Err(403)), ("null", Err(403)),
            ("http://localhost.evil.example", Err(403)),
        ] {
            assert_eq!(ann.try_open(&room, &[("origin", origin)]).await.map(|_| ()), expected, "{origin}");
        }
        assert_eq!(open(format!("/compat/rtca/ws/chat/{room}?token={}", ann.access), &[]).await, Ok(()));
        assert_eq!(open(format!("/compat/mrm/ws/chat/{room}/?token={}", ann.access), &[]).await, Err(403));
        app.pass(chrono::TimeDelta::minutes(32));
        assert_eq!(ann.try_open(&room, &[]).await.map(|_| ()), Err(403));
    }

    async fn what_other_doors_say_is_told_to_the_two(app) {
        let (caller, ben) = (app.user("ann").await, Person::new(&app, "ben").await);
        let ann = Person::known(&app, "ann").await;
        let room = ann.with(&ben).await["id"].clone();
        let (mut one, mut other) = (ann.open(&room).await, ben.open(&room).await);
        let ben_id = app.login("ben@example.com", PASSWORD).await.id;
        let input = json!({ "userId": ben_id, "text": "from GraphQL" });
        caller.mutate("sendDirectMessage", input, "message { id }").await;
        for socket in [&mut one, &mut other] {
            assert_eq!(socket.hear().await, json!({ "message": "from GraphQL", "recipient_id": ben.id }));
        }
        let person = mrm::Person::known(&app, "ann").await;
        let chat = person.get("/api/chats/").await.json()[0]["id"].as_i64().unwrap();
        let mut chats = person.open(chat).await;
        person.say(chat, "from mrm-chat-2").await;
        assert_eq!(one.hear().await["message"], "from mrm-chat-2");
        assert_eq!(chats.hear().await["message"]["content"], "from mrm-chat-2");
        other.hear().await;
        other.say(json!({ "message": "from here", "recipient_id": ann.id })).await;
        assert_eq!(chats.hear().await["message"]["content"], "from here");
        // A logout ends the socket with the session.
        post(&app, "/api/logout/", json!({ "refresh": ben.refresh })).await;
        other.hear().await;
        assert_eq!(other.closed().await.0, 1008);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_go_across_two_nodes() {
    let Some(pair) = TestApp::pair(&[]).await else { return };
    let (ann, ben) = (Person::new(&pair.one, "ann").await, Person::new(&pair.one, "ben").await);
    let room = ann.with(&ben).await["id"].clone();
    let ben = Person { app: &pair.other, ..ben };
    let (mut near, mut far) = (ann.open(&room).await, ben.open(&room).await);
    near.say(json!({ "message": "over there", "recipient_id": ben.id })).await;
    assert_eq!(near.hear().await, far.hear().await);
    far.say(json!({ "message": "and back", "recipient_id": ann.id })).await;
    assert_eq!(near.hear().await, json!({ "message": "and back", "recipient_id": ann.id }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_allowed_origin_opens_a_socket() {
    let app = TestApp::with(Db::Sqlite, &[("ALLOWED_ORIGINS", "https://chat.example.org")]).await;
    let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
    let room = ann.with(&ben).await["id"].as_str().unwrap().to_owned();
    for (origin, expected) in [("https://chat.example.org", Ok(())), ("http://chat.example.org", Err(403))] {
        assert_eq!(ann.try_open(&room, &[("origin", origin)]).await.map(|_| ()), expected, "{origin}");
    }
}
