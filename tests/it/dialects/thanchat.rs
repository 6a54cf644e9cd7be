//! ThanChat's door: accounts, open rooms, direct messages, and how they look from GraphQL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};

use crate::http::Got;
use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp};

const USERS: &str = "/userauth/users/";
const ROOMS: &str = "/chatApp/chatRooms/";
const MESSAGES: &str = "/chatApp/messages/";
const NOT_FOUND: &str = r#"{"detail":"Not found."}"#;
const FORBIDDEN: &str = r#"{"detail":"You do not have permission to perform this action."}"#;

/// Sends JSON, or nothing, with a credential, or none.
async fn call(app: &TestApp, method: Method, path: &str, credential: &str, body: Option<Value>) -> Got {
    let mut request = app.http.request(method, format!("{}{path}", app.base));
    if !credential.is_empty() {
        request = request.header(AUTHORIZATION, credential);
    }
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
    }
    Got::of(request).await
}

async fn post(app: &TestApp, path: &str, body: Value) -> Got {
    call(app, Method::POST, path, "", Some(body)).await
}

async fn post_form(app: &TestApp, path: &str, credential: &str, fields: &[(&str, &str)]) -> Got {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = app.http.post(format!("{}{path}", app.base)).body(body);
    if !credential.is_empty() {
        request = request.header(AUTHORIZATION, credential);
    }
    Got::of(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")).await
}

/// Who uses the door.
struct Friend<'a> {
    app: &'a TestApp,
    credential: String,
    id: i64,
}

impl<'a> Friend<'a> {
    async fn join(app: &'a TestApp, name: &str) -> Self {
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        let made = post(app, USERS, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let credential = format!("Token {}", log_in(app, name, PASSWORD).await);
        Self { app, credential, id: made.json()["id"].as_i64().unwrap() }
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Got {
        call(self.app, method, path, &self.credential, Some(body)).await
    }

    async fn get(&self, path: &str) -> Got {
        call(self.app, Method::GET, path, &self.credential, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Got {
        self.send(Method::POST, path, body).await
    }

    /// Asks for what must be there.
    async fn see(&self, path: &str) -> Value {
        let got = self.get(path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.json()
    }

    async fn room(&self, name: &str) -> i64 {
        let got =
            self.post(ROOMS, json!({ "name": name, "capacity": 3, "link": "x", "password": "sesame" })).await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["id"].as_i64().unwrap()
    }

    async fn say(&self, room: i64, text: &str) -> i64 {
        self.tell(json!({ "message_text": text, "user_receiver": null, "chat_room_receiver": room })).await
    }

    async fn whisper(&self, to: i64, text: &str) -> i64 {
        self.tell(json!({ "message_text": text, "user_receiver": to, "chat_room_receiver": null })).await
    }

    async fn tell(&self, message: Value) -> i64 {
        let got = self.post(MESSAGES, message).await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["id"].as_i64().unwrap()
    }

    /// The texts of a list.
    async fn texts(&self, path: &str) -> Vec<String> {
        let list = self.see(path).await;
        let text = |message: &Value| message["message_text"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(text).collect()
    }
}

async fn log_in(app: &TestApp, name: &str, password: &str) -> String {
    let got = post(app, "/userauth/token/login", json!({ "username": name, "password": password })).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json()["auth_token"].as_str().unwrap().to_owned()
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

fn in_room(room: i64) -> String {
    format!("{MESSAGES}?chat_room_id={room}")
}

/// The global id of the only room of a name that the caller finds.
async fn global_id(caller: &Caller, name: &str) -> String {
    let query = "query($n: String) { rooms(filter: { scope: PUBLIC, search: $n }) { nodes { id name } } }";
    let found = caller.ask(query, json!({ "n": name })).await;
    found["rooms"]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
}

#[track_caller]
fn assert_refused(got: &Got, status: u16, body: &str) {
    assert_eq!((got.status, got.text.as_str()), (status, body));
    assert_eq!(got.header("content-type"), "application/json");
}

on_both! {
    async fn an_account_is_made_by_json_or_form_and_shows_its_number(app) {
        let full = json!({ "email": "amber@example.com", "username": "amber", "password": PASSWORD,
            "first_name": " Amber ", "last_name": "Zoo", "phone": "12", "address": "Zoo Street" });
        let got = post(&app, USERS, full).await;
        assert_eq!(got.status, 201);
        assert_eq!(got.text, r#"{"id":1,"email":"amber@example.com","username":"amber","first_name":"Amber","last_name":"Zoo","phone":"12","address":"Zoo Street"}"#);
        let form = [("email", "bruno@example.com"), ("username", "bruno"), ("password", PASSWORD), ("phone", "")];
        let got = post_form(&app, USERS, "", &form).await;
        assert_eq!(got.text, r#"{"id":2,"email":"bruno@example.com","username":"bruno","first_name":"","last_name":"","phone":null,"address":null}"#);
        assert_eq!(app.login("bruno@example.com", PASSWORD).await.ask("{ viewer { username } }", json!({})).await["viewer"]["username"], "bruno");
    }

    async fn all_that_is_wrong_with_an_account_is_told_by_field(app) {
        Friend::join(&app, "amber").await;
        let good = |change: Value| {
            let mut body = json!({ "email": "eve@example.com", "username": "eve", "password": PASSWORD });
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            body
        };
        for (body, expected) in [
            (json!({}), json!({ "email": ["This field is required."], "username": ["This field is required."], "password": ["This field is required."] })),
            (good(json!({ "email": "", "username": "", "password": "", "phone": "", "address": "" })),
                json!({ "email": ["This field may not be blank."], "username": ["This field may not be blank."], "password": ["This field may not be blank."],
                    "phone": ["This field may not be blank."], "address": ["This field may not be blank."] })),
            (good(json!({ "email": "nobody" })), json!({ "email": ["Enter a valid email address."] })),
            (good(json!({ "username": "e ve" })), json!({ "username": ["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."] })),
            (good(json!({ "username": "e".repeat(151) })), json!({ "username": ["Ensure this field has no more than 150 characters."] })),
            (good(json!({ "first_name": "e".repeat(151) })), json!({ "first_name": ["Ensure this field has no more than 150 characters."] })),
            (good(json!({ "phone": "1".repeat(256) })), json!({ "phone": ["Ensure this field has no more than 255 characters."] })),
            (good(json!({ "address": "1".repeat(501) })), json!({ "address": ["Ensure this field has no more than 500 characters."] })),
            (good(json!({ "first_name": {} })), json!({ "first_name": ["Not a valid string."] })),
            (good(json!({ "username": "amber" })), json!({ "username": ["A user with that username already exists."] })),
            (good(json!({ "email": "amber@example.com" })), json!({ "email": ["user with this email already exists."] })),
            // Unlike the original: it is the same address.
            (good(json!({ "email": "AMBER@example.com" })), json!({ "email": ["user with this email already exists."] })),
            (good(json!({ "password": "12345" })), json!({ "password": ["This password is too short. It must contain at least 8 characters.",
                "This password is too common.", "This password is entirely numeric."] })),
            (good(json!({ "username": "evelyn.waugh", "password": "Evelyn.Waugh" })), json!({ "password": ["The password is too similar to the username."] })),
        ] {
            let got = post(&app, USERS, body.clone()).await;
            assert_eq!((got.status, got.json()), (400, expected), "{body}");
            assert_eq!(got.header("allow"), "GET, POST, HEAD, OPTIONS");
        }
    }

    async fn one_token_serves_until_logout(app) {
        let amber = Friend::join(&app, "amber").await;
        let token = amber.credential.strip_prefix("Token ").unwrap().to_owned();
        assert!(token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let form = [("username", "amber"), ("password", PASSWORD)];
        let again = post_form(&app, "/userauth/token/login/", "", &form).await;
        assert_eq!(again.text, json!({ "auth_token": token }).to_string());
        let shut = r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#;
        for body in [
            json!({ "username": "amber", "password": "nope" }), json!({ "username": "ghost", "password": PASSWORD }),
            json!({ "username": "amber@example.com", "password": PASSWORD }), json!({ "username": "amber" }), json!({}),
        ] {
            assert_refused(&post(&app, "/userauth/token/login", body).await, 400, shut);
        }
        let get = call(&app, Method::GET, "/userauth/token/login", "", None).await;
        assert_refused(&get, 405, r#"{"detail":"Method \"GET\" not allowed."}"#);
        assert_eq!(get.header("allow"), "POST, OPTIONS");
        let out = amber.post("/userauth/token/logout", json!({})).await;
        assert_eq!((out.status, out.text.as_str()), (204, ""));
        assert_refused(&amber.get(ROOMS).await, 401, r#"{"detail":"Invalid token."}"#);
        let next = log_in(&app, "amber", PASSWORD).await;
        assert_ne!(next, token);
        assert_eq!(call(&app, Method::POST, "/userauth/token/logout/", &format!("Token {next}"), None).await.status, 204);
    }

    async fn each_kind_of_credential_is_refused_in_its_words(app) {
        let amber = Friend::join(&app, "amber").await;
        let none = "Authentication credentials were not provided.";
        for (credential, detail) in [
            (String::new(), none),
            ("Bearer garbage".to_owned(), none),
            ("Digest x".to_owned(), none),
            ("Token garbage".to_owned(), "Invalid token."),
            (format!("Token {}", "0".repeat(40)), "Invalid token."),
            ("Token".to_owned(), "Invalid token header. No credentials provided."),
            ("Token a b".to_owned(), "Invalid token header. Token string should not contain spaces."),
            (basic("amber", "nope"), "Invalid username/password."),
            (basic("ghost", PASSWORD), "Invalid username/password."),
            ("Basic".to_owned(), "Invalid basic header. No credentials provided."),
            ("Basic %%%".to_owned(), "Invalid basic header. Credentials not correctly base64 encoded."),
        ] {
            let got = call(&app, Method::GET, ROOMS, &credential, None).await;
            assert_refused(&got, 401, &json!({ "detail": detail }).to_string());
            assert_eq!(got.header("www-authenticate"), "Basic realm=\"api\"", "{credential}");
            assert_eq!((got.header("allow"), got.header("vary").starts_with("Accept")), ("GET, POST, HEAD, OPTIONS", true));
        }
        for path in [USERS, "/userauth/token/login"] {
            let got = call(&app, Method::POST, path, "Token garbage", Some(json!({}))).await;
            assert_refused(&got, 401, r#"{"detail":"Invalid token."}"#);
        }
        let of_elsewhere = format!("Bearer {}", app.login("amber", PASSWORD).await.token.unwrap());
        for credential in [amber.credential.replace("Token", "tOKEN"), basic("amber", PASSWORD), of_elsewhere] {
            let me = call(&app, Method::GET, "/userauth/users/me/", &credential, None).await;
            assert_eq!(me.json()["username"], "amber", "{credential}");
        }
    }

    async fn a_page_of_elsewhere_may_not_use_a_browsers_password(app) {
        Friend::join(&app, "amber").await;
        for (origin, status) in [("https://evil.example", 403), ("null", 403), (app.base.as_str(), 200)] {
            let request = app.http.get(format!("{}{ROOMS}", app.base)).header(ORIGIN, origin);
            let got = Got::of(request.header(AUTHORIZATION, basic("amber", PASSWORD))).await;
            assert_eq!(got.status, status, "{origin}: {}", got.text);
        }
    }

    async fn one_sees_and_changes_oneself_alone(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let user = json!({ "id": amber.id, "email": "amber@example.com", "username": "amber",
            "first_name": "", "last_name": "", "phone": null, "address": null });
        assert_eq!(amber.see(USERS).await, json!([user]));
        let own = format!("{USERS}{}/", amber.id);
        assert_eq!(amber.see(&own).await, user);
        let me = amber.get("/userauth/users/me/").await;
        assert_eq!(me.text, format!(r#"{{"phone":null,"first_name":"","last_name":"","email":"amber@example.com","id":{},"username":"amber"}}"#, amber.id));
        for path in [format!("{USERS}{}/", bruno.id), format!("{USERS}999/"), format!("{USERS}abc/")] {
            for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
                let got = amber.send(method, &path, json!({ "email": "x@example.com", "current_password": PASSWORD })).await;
                assert_refused(&got, 404, NOT_FOUND);
                assert_eq!(got.header("allow"), "GET, PUT, PATCH, DELETE, HEAD, OPTIONS");
            }
        }
        let changed = amber.send(Method::PATCH, "/userauth/users/me/", json!({ "phone": "99", "username": "root", "id": 7 })).await.json();
        assert_eq!((&changed["phone"], &changed["username"], &changed["id"]), (&json!("99"), &json!("amber"), &json!(amber.id)));
        let changed = amber.send(Method::PATCH, &own, json!({ "address": "Den", "phone": null })).await.json();
        assert_eq!((&changed["phone"], &changed["address"]), (&Value::Null, &json!("Den")));
        for path in ["/userauth/users/me/", own.as_str()] {
            let got = amber.send(Method::PUT, path, json!({ "first_name": "Amber" })).await;
            assert_refused(&got, 400, r#"{"email":["This field is required."]}"#);
            let got = amber.send(Method::PUT, path, json!({ "email": "Bruno@example.com" })).await;
            assert_refused(&got, 400, r#"{"email":["user with this email already exists."]}"#);
            let got = amber.send(Method::PUT, path, json!({ "email": "new@example.com", "first_name": "Amber" })).await.json();
            assert_eq!((&got["email"], &got["first_name"]), (&json!("new@example.com"), &json!("Amber")));
        }
    }

    async fn a_new_password_ends_all_tokens_and_a_new_name_ends_none(app) {
        let amber = Friend::join(&app, "amber").await;
        Friend::join(&app, "bruno").await;
        let (password, name) = ("/userauth/users/set_password/", "/userauth/users/set_username/");
        let set = |new: &str, current: &str| json!({ "new_password": new, "current_password": current });
        let wrong = r#"{"current_password":["Invalid password."]}"#;
        assert_refused(&amber.post(password, set("another long phrase", "nope")).await, 400, wrong);
        assert_refused(&amber.post(password, set("amber", PASSWORD)).await, 400,
            r#"{"new_password":["This password is too short. It must contain at least 8 characters.","The password is too similar to the username."]}"#);
        assert_refused(&amber.post(password, set("abc123", PASSWORD)).await, 400,
            r#"{"new_password":["This password is too short. It must contain at least 8 characters.","This password is too common."]}"#);
        assert_refused(&amber.post(password, json!({})).await, 400,
            r#"{"new_password":["This field is required."],"current_password":["This field is required."]}"#);
        let rename = |new: &str, current: &str| json!({ "new_username": new, "current_password": current });
        assert_refused(&amber.post(name, rename("amber9", "nope")).await, 400, wrong);
        assert_refused(&amber.post(name, rename("bruno", PASSWORD)).await, 400,
            r#"{"new_username":["A user with that username already exists."]}"#);
        assert_eq!(amber.post(name, rename("amber9", PASSWORD)).await.status, 204);
        assert_eq!(amber.see("/userauth/users/me/").await["username"], "amber9");
        let done = amber.post(password, set("another long phrase", PASSWORD)).await;
        assert_eq!((done.status, done.text.as_str()), (204, ""));
        assert_refused(&amber.get(ROOMS).await, 401, r#"{"detail":"Invalid token."}"#);
        let token = log_in(&app, "amber9", "another long phrase").await;
        assert_ne!(format!("Token {token}"), amber.credential);
    }

    async fn nobody_learns_by_mail_routes_who_has_an_account(app) {
        Friend::join(&app, "amber").await;
        for path in ["/userauth/users/reset_password/", "/userauth/users/reset_username/"] {
            for email in ["amber@example.com", "ghost@example.com"] {
                let got = post(&app, path, json!({ "email": email })).await;
                assert_eq!((got.status, got.text.as_str()), (204, ""), "{path} {email}");
            }
            assert_refused(&post(&app, path, json!({ "email": "nobody" })).await, 400, r#"{"email":["Enter a valid email address."]}"#);
        }
        for path in ["reset_password_confirm", "reset_username_confirm", "activation"] {
            let got = post(&app, &format!("{USERS}{path}/"), json!({ "uid": "MQ", "token": "x", "new_password": "y" })).await;
            assert_refused(&got, 400, r#"{"uid":["Invalid user id or user doesn't exist."]}"#);
        }
    }

    async fn an_account_that_is_removed_leaves_its_messages_without_a_sender(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let room = bruno.room("hall").await;
        amber.say(room, "in the hall").await;
        amber.whisper(bruno.id, "psst").await;
        let me = "/userauth/users/me/";
        assert_refused(&amber.send(Method::DELETE, me, json!({ "current_password": "nope" })).await, 400, r#"{"current_password":["Invalid password."]}"#);
        assert_refused(&amber.send(Method::DELETE, me, json!({})).await, 400, r#"{"current_password":["This field is required."]}"#);
        let gone = amber.send(Method::DELETE, me, json!({ "current_password": PASSWORD })).await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
        assert_refused(&amber.get(ROOMS).await, 401, r#"{"detail":"Invalid token."}"#);
        let shut = call(&app, Method::GET, ROOMS, &basic("amber", PASSWORD), None).await;
        assert_refused(&shut, 401, r#"{"detail":"Invalid username/password."}"#);
        for path in [in_room(room), MESSAGES.to_owned()] {
            let list = bruno.see(&path).await;
            assert_eq!((list.as_array().unwrap().len(), &list[0]["sender"]), (1, &Value::Null), "{path}");
        }
        let late = json!({ "message_text": "late", "user_receiver": amber.id, "chat_room_receiver": null });
        let text = format!(r#"{{"user_receiver":["Invalid pk \"{}\" - object does not exist."]}}"#, amber.id);
        assert_refused(&bruno.post(MESSAGES, late).await, 400, &text);
        let by_number = format!("{USERS}{}/", bruno.id);
        assert_eq!(bruno.send(Method::DELETE, &by_number, json!({ "current_password": PASSWORD })).await.status, 204);
    }

    async fn a_room_is_made_listed_and_shown_without_its_password(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        assert_eq!(amber.get(ROOMS).await.text, "[]");
        let made = amber.post(ROOMS, json!({ "name": "hall", "capacity": "100", "link": "not a link", "password": "sesame" })).await;
        assert_eq!(made.status, 201);
        let head = r#"{"id":1,"name":"hall","capacity":100,"link":"not a link","password":null,"creation_date":"2027-01-15T08:00:00Z"}"#;
        assert_eq!(made.text, head);
        let form = [("name", "hall"), ("capacity", "-7"), ("link", "y"), ("password", "")];
        let second = post_form(&app, "/chatApp/chatRooms", &bruno.credential, &form).await;
        assert_eq!((second.status, second.json()["capacity"].clone(), second.json()["id"].clone()), (201, json!(-7), json!(2)));
        let large = bruno.post(ROOMS, json!({ "name": "x", "capacity": 1_u64 << 40, "link": "l" })).await;
        assert_eq!(large.json()["capacity"], json!(1_u64 << 40));
        let list = bruno.get("/chatApp/chatRooms/?limit=1").await;
        assert!(list.text.starts_with(&format!("[{head},")) && !list.text.contains("sesame"), "{}", list.text);
        assert_eq!(list.json().as_array().unwrap().iter().map(|room| room["id"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(bruno.get("/chatApp/chatRooms/1/").await.text, head);
        for id in ["999", "abc", "1.5", "-1", "99999999999999999999"] {
            assert_refused(&bruno.get(&format!("{ROOMS}{id}/")).await, 404, NOT_FOUND);
        }
        for (body, expected) in [
            (json!({}), json!({ "name": ["This field is required."], "capacity": ["This field is required."], "link": ["This field is required."] })),
            (json!({ "name": "", "capacity": "", "link": "", "password": "" }),
                json!({ "name": ["This field may not be blank."], "capacity": ["A valid integer is required."], "link": ["This field may not be blank."] })),
            (json!({ "name": "n".repeat(21), "capacity": 1, "link": "l".repeat(51), "password": "p".repeat(21) }),
                json!({ "name": ["Ensure this field has no more than 20 characters."], "link": ["Ensure this field has no more than 50 characters."],
                    "password": ["Ensure this field has no more than 20 characters."] })),
            (json!({ "name": "x", "capacity": "many", "link": "l" }), json!({ "capacity": ["A valid integer is required."] })),
        ] {
            let got = amber.post(ROOMS, body).await;
            assert_eq!((got.status, got.json()), (400, expected));
        }
    }

    async fn a_room_is_changed_and_deleted_by_its_owner_or_an_administrator(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let (first, second) = (amber.room("hall").await, amber.room("attic").await);
        let path = format!("{ROOMS}{first}/");
        let terms = json!({ "name": "lobby", "capacity": 5, "link": "z" });
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert_refused(&bruno.send(method, &path, terms.clone()).await, 403, FORBIDDEN);
        }
        assert_refused(&amber.send(Method::PUT, &path, json!({ "capacity": 5 })).await, 400,
            r#"{"name":["This field is required."],"link":["This field is required."]}"#);
        let changed = amber.send(Method::PATCH, &path, json!({ "capacity": 5 })).await.json();
        assert_eq!((&changed["name"], &changed["capacity"], &changed["link"]), (&json!("hall"), &json!(5), &json!("x")));
        let changed = amber.send(Method::PUT, &path, terms).await.json();
        assert_eq!((&changed["name"], &changed["link"], &changed["password"]), (&json!("lobby"), &json!("z"), &Value::Null));
        bruno.say(first, "hello").await;
        let gone = amber.send(Method::DELETE, &path, json!({})).await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
        assert_refused(&amber.get(&path).await, 404, NOT_FOUND);
        assert_eq!(amber.see(&in_room(first)).await, json!([]));
        assert_eq!(amber.see(ROOMS).await.as_array().unwrap().len(), 1);
        let root = format!("Bearer {}", app.admin("root").await.token.unwrap());
        let gone = call(&app, Method::DELETE, &format!("{ROOMS}{second}/"), &root, None).await;
        assert_eq!(gone.status, 204, "{}", gone.text);
    }

    async fn messages_go_to_a_room_or_a_person_and_are_listed_oldest_first(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let room = amber.room("hall").await;
        let said = bruno.post(MESSAGES, json!({ "message_text": " ñandú 🦊 ", "sender": amber.id, "user_receiver": null, "chat_room_receiver": room.to_string() })).await;
        assert_eq!(said.status, 201);
        assert_eq!(said.header("content-type"), "application/json");
        assert_eq!(said.text, format!(r#"{{"id": 1, "message_text": "\u00f1and\u00fa \ud83e\udd8a", "creation_date": "2027-01-15T08:00:00Z", "sender": {}, "user_receiver": null, "chat_room_receiver": {room}}}"#, bruno.id));
        amber.say(room, "second").await;
        amber.tell(json!({ "message_text": "absent key", "chat_room_receiver": room })).await;
        amber.tell(json!({ "message_text": "", "user_receiver": bruno.id, "chat_room_receiver": "" })).await;
        amber.whisper(amber.id, "note").await;
        bruno.whisper(amber.id, "to amber").await;
        let form = [("message_text", "by form"), ("user_receiver", ""), ("chat_room_receiver", &room.to_string())];
        assert_eq!(post_form(&app, MESSAGES, &amber.credential, &form).await.status, 201);
        let in_hall = ["ñandú 🦊", "second", "absent key", "by form"];
        for path in [in_room(room), format!("{}/", in_room(room)), format!("{}&limit=1", in_room(room))] {
            assert_eq!(bruno.texts(&path).await, in_hall, "{path}");
        }
        assert_eq!(bruno.texts(MESSAGES).await, [""]);
        assert_eq!(amber.texts("/chatApp/messages/?limit=1").await, ["note", "to amber"]);
        assert_eq!(amber.see(&in_room(999)).await, json!([]));
        assert_refused(&amber.get("/chatApp/messages/?chat_room_id=abc").await, 400, r#"{"chat_room_id":["A valid integer is required."]}"#);
    }

    async fn what_cannot_be_sent_is_told_by_field(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let room = amber.room("hall").await;
        let to = |text: Value, user: Value, room: Value| json!({ "message_text": text, "user_receiver": user, "chat_room_receiver": room });
        let either = json!({ "non_field_errors": ["Give either user_receiver or chat_room_receiver."] });
        for (body, expected) in [
            (to(json!("x"), json!(bruno.id), json!(room)), either.clone()),
            (to(json!("x"), Value::Null, Value::Null), either.clone()),
            (json!({ "message_text": "x" }), either),
            (json!({ "user_receiver": bruno.id, "chat_room_receiver": null }), json!({ "message_text": ["This field is required."] })),
            (to(Value::Null, json!(bruno.id), Value::Null), json!({ "message_text": ["This field may not be null."] })),
            (to(json!("x".repeat(501)), json!(bruno.id), Value::Null), json!({ "message_text": ["Ensure this field has no more than 500 characters."] })),
            (to(json!("x"), json!(999), Value::Null), json!({ "user_receiver": ["Invalid pk \"999\" - object does not exist."] })),
            (to(json!("x"), Value::Null, json!(999)), json!({ "chat_room_receiver": ["Invalid pk \"999\" - object does not exist."] })),
            (to(json!("x"), json!("abc"), Value::Null), json!({ "user_receiver": ["Incorrect type. Expected pk value, received str."] })),
            (to(json!("x"), Value::Null, json!([])), json!({ "chat_room_receiver": ["Incorrect type. Expected pk value, received list."] })),
        ] {
            let got = amber.post(MESSAGES, body.clone()).await;
            assert_eq!((got.status, got.json()), (400, expected), "{body}");
        }
        assert_eq!(call(&app, Method::POST, MESSAGES, "", Some(json!({}))).await.status, 401);
        assert_eq!(bruno.see(MESSAGES).await, json!([]));
    }

    async fn a_message_is_edited_and_deleted_by_its_sender(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let room = bruno.room("hall").await;
        let (direct, public) = (amber.whisper(bruno.id, "psst").await, amber.say(room, "hello").await);
        let direct = format!("{MESSAGES}{direct}/");
        let (bare, public) = (format!("{MESSAGES}{public}/"), format!("{MESSAGES}{public}/?chat_room_id={room}"));
        assert_eq!(bruno.see(&direct).await["user_receiver"], json!(bruno.id));
        assert_eq!(bruno.see(&public).await["chat_room_receiver"], json!(room));
        assert_refused(&bruno.get(&bare).await, 404, NOT_FOUND);
        let carla = Friend::join(&app, "carla").await;
        for path in [direct.as_str(), "/chatApp/messages/999/", "/chatApp/messages/abc/"] {
            for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_refused(&carla.send(method, path, json!({ "message_text": "mine" })).await, 404, NOT_FOUND);
            }
        }
        for (other, path) in [(&bruno, &direct), (&carla, &public)] {
            for method in [Method::PUT, Method::PATCH, Method::DELETE] {
                assert_refused(&other.send(method, path, json!({ "message_text": "mine" })).await, 403, FORBIDDEN);
            }
        }
        for (method, text) in [(Method::PATCH, "edited"), (Method::PUT, "again"), (Method::PATCH, "")] {
            for path in [&direct, &public] {
                let got = amber.send(method.clone(), path, json!({ "message_text": text })).await;
                assert_eq!((got.status, got.json()["message_text"].clone()), (200, json!(text)), "{}", got.text);
            }
        }
        assert_eq!(amber.send(Method::PATCH, &direct, json!({})).await.status, 200);
        assert_refused(&amber.send(Method::PUT, &direct, json!({})).await, 400, r#"{"message_text":["This field is required."]}"#);
        for path in [&direct, &public] {
            let gone = amber.send(Method::DELETE, path, json!({})).await;
            assert_eq!((gone.status, gone.text.as_str()), (204, ""));
            assert_refused(&amber.get(path).await, 404, NOT_FOUND);
        }
        assert_eq!((bruno.see(MESSAGES).await, bruno.see(&in_room(room)).await), (json!([]), json!([])));
        // An owner may take from a room what others say.
        let spam = carla.say(room, "spam").await;
        let path = format!("{MESSAGES}{spam}/?chat_room_id={room}");
        assert_eq!(bruno.send(Method::DELETE, &path, json!({})).await.status, 204);
    }

    async fn an_open_room_is_open_to_graphql_too(app) {
        let amber = Friend::join(&app, "amber").await;
        let room = amber.room("hall").await;
        let message = amber.say(room, "first").await;
        let sam = app.user("sam").await;
        let id = global_id(&sam, "hall").await;
        let seen = sam.ask("query($id: ID!) { room(id: $id) { isOpen hasPassword messages { nodes { text edits { text } } } } }", json!({ "id": id })).await;
        assert_eq!(seen["room"], json!({ "isOpen": true, "hasPassword": true, "messages": { "nodes": [{ "text": "first", "edits": [] }] } }));
        let path = format!("{MESSAGES}{message}/?chat_room_id={room}");
        assert_eq!(amber.send(Method::PATCH, &path, json!({ "message_text": "edited" })).await.status, 200);
        let seen = sam.ask("query($id: ID!) { room(id: $id) { messages { nodes { text edits { text } } } } }", json!({ "id": id })).await;
        assert_eq!(seen["room"]["messages"]["nodes"], json!([{ "text": "edited", "edits": [{ "text": "first" }] }]));
        let mut socket = Socket::ready(&app, sam.token.as_deref()).await;
        socket.subscribe("s", "subscription($r: ID!) { messageAdded(roomId: $r, last: 1) { message { text } } }", json!({ "r": id })).await;
        let heard = socket.hear_past_pings().await;
        assert_eq!(heard["payload"]["data"]["messageAdded"]["message"]["text"], "edited", "{heard}");
        amber.say(room, "live").await;
        let heard = socket.hear_past_pings().await;
        assert_eq!(heard["payload"]["data"]["messageAdded"]["message"]["text"], "live", "{heard}");
        sam.say(&id, "from sam").await;
        assert_eq!(amber.texts(&in_room(room)).await, ["edited", "live", "from sam"]);
        assert_eq!(sam.refused("joinRoom", json!({ "roomId": id, "password": "guess" })).await, ["ROOM_PASSWORD_WRONG"]);
        sam.mutate("joinRoom", json!({ "roomId": id, "password": "sesame" }), "").await;
        assert_eq!(app.anonymous().code("query($id: ID!) { room(id: $id) { id } }", json!({ "id": id })).await, "UNAUTHENTICATED");
    }

    async fn rooms_made_elsewhere_stay_closed(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let amber_elsewhere = app.login("amber", PASSWORD).await;
        let den = amber_elsewhere.room("Den", &[]).await;
        let public = json!({ "name": "Plaza", "visibility": "PUBLIC" });
        amber_elsewhere.mutate("createRoom", public, "room { id }").await;
        amber_elsewhere.say(&den, "secret").await;
        let list = amber.see(ROOMS).await;
        assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
        let number = list[0]["id"].as_i64().unwrap();
        assert_eq!((&list[0]["name"], amber.texts(&in_room(number)).await), (&json!("Den"), vec!["secret".to_owned()]));
        amber.say(number, "by the door").await;
        assert_eq!(bruno.see(ROOMS).await, json!([]));
        for number in [number, list[1]["id"].as_i64().unwrap()] {
            assert_refused(&bruno.get(&format!("{ROOMS}{number}/")).await, 404, NOT_FOUND);
            assert_refused(&bruno.get(&format!("{ROOMS}{number}/?password=x")).await, 404, NOT_FOUND);
            assert_eq!(bruno.see(&in_room(number)).await, json!([]));
            let said = json!({ "message_text": "x", "user_receiver": null, "chat_room_receiver": number });
            let text = format!(r#"{{"chat_room_receiver":["Invalid pk \"{number}\" - object does not exist."]}}"#);
            assert_refused(&bruno.post(MESSAGES, said).await, 400, &text);
        }
    }

    async fn direct_messages_are_those_of_graphql(app) {
        let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
        let (by_graphql, other) = (app.login("amber", PASSWORD).await, app.login("bruno", PASSWORD).await);
        by_graphql.mutate("sendDirectMessage", json!({ "userId": other.id, "text": "by graphql" }), "message { id }").await;
        amber.whisper(bruno.id, "by the door").await;
        assert_eq!(bruno.texts(MESSAGES).await, ["by graphql", "by the door"]);
        assert_eq!(amber.see(MESSAGES).await, json!([]));
        let found = other.ask("{ rooms { nodes { kind messages { nodes { text } } } } }", json!({})).await;
        assert_eq!(found["rooms"]["nodes"], json!([{ "kind": "DUO", "messages": { "nodes": [{ "text": "by graphql" }, { "text": "by the door" }] } }]));
        // Rooms of two are none to these callers.
        assert_eq!(amber.see(ROOMS).await, json!([]));
        assert_refused(&amber.get("/chatApp/chatRooms/1/").await, 404, NOT_FOUND);
    }

    async fn the_roots_tell_addresses(app) {
        let chat = call(&app, Method::GET, "/chatApp/", "", None).await;
        assert_eq!(chat.text, format!(r#"{{"chatRooms":"{0}/chatApp/chatRooms/","messages":"{0}/chatApp/messages/"}}"#, app.base));
        let accounts = call(&app, Method::GET, "/userauth/", "", None).await;
        assert_eq!(accounts.text, format!(r#"{{"users":"{}/userauth/users/"}}"#, app.base));
        let apart = call(&app, Method::GET, "/compat/thanchat/userauth/", "", None).await;
        assert_eq!(apart.text, format!(r#"{{"users":"{}/compat/thanchat/userauth/users/"}}"#, app.base));
        assert_eq!(call(&app, Method::GET, "/chatApp/", "Token garbage", None).await.status, 401);
    }
}

on_both!(its_own_doors_ask_for_a_rooms_password_where_they_are_told_to, async |db: Db| {
    let app = TestApp::with(db, &[("REST_THANCHAT_ROOM_PASSWORDS", "true")]).await;
    let (amber, bruno) = (Friend::join(&app, "amber").await, Friend::join(&app, "bruno").await);
    let room = amber.room("hall").await;
    let free = amber.post(ROOMS, json!({ "name": "lobby", "capacity": 1, "link": "x" })).await.json()["id"]
        .as_i64()
        .unwrap();
    let path = format!("{ROOMS}{room}/");
    assert_eq!(bruno.see(ROOMS).await[0]["id"], json!(free));
    bruno.say(free, "hello").await;
    assert_refused(&bruno.get(&path).await, 404, NOT_FOUND);
    let guess = bruno.get(&format!("{path}?password=guess")).await;
    assert_eq!(guess.status, 400, "{}", guess.text);
    assert_eq!(bruno.see(&in_room(room)).await, json!([]));
    assert_eq!(bruno.see(&format!("{path}?password=sesame")).await["name"], "hall");
    // A member from now on.
    bruno.say(room, "let in").await;
    assert_eq!(bruno.texts(&in_room(room)).await, ["let in"]);
});
