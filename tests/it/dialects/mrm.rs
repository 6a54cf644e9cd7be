//! mrm-chat-2's paths, cookies and sockets.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::on_both;
use crate::support::app::PASSWORD;
use crate::support::rest::{Answer, Body, send};
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp};

/// Someone with a session.
pub struct Person<'a> {
    app: &'a TestApp,
    pub id: i64,
    pub session: String,
    pub csrf: String,
}

impl<'a> Person<'a> {
    /// Signs up and in.
    pub async fn new(app: &'a TestApp, name: &str) -> Self {
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
            "password_confirm": PASSWORD, "user_type": "staff" });
        let answer = post(app, "/api/register/", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::known(app, name).await
    }

    /// Signs someone in who has an account.
    pub async fn known(app: &'a TestApp, name: &str) -> Self {
        let answer = post(app, "/api/login/", json!({ "username": name, "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = answer.json()["id"].as_i64().unwrap();
        Self { app, id, session: answer.cookie("sessionid"), csrf: answer.cookie("csrftoken") }
    }

    pub fn cookies(&self) -> String {
        format!("csrftoken={}; sessionid={}", self.csrf, self.session)
    }

    async fn send(&self, method: &str, path: &str, body: Body<'_>) -> Answer {
        let cookies = self.cookies();
        let headers = [("cookie", cookies.as_str()), ("x-csrftoken", self.csrf.as_str())];
        send(self.app, method, path, &headers, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Body::Nothing).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Body::Json(body)).await
    }

    /// Makes a chat and gives its id.
    pub async fn chat(&self, name: &str, others: &[&Person<'_>]) -> i64 {
        let ids: Vec<i64> = others.iter().map(|person| person.id).collect();
        let answer = self.post("/api/chats/", json!({ "name": name, "participant_ids": ids })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_i64().unwrap()
    }

    pub async fn say(&self, chat: i64, text: &str) -> Value {
        let answer = self.post(&format!("/api/chats/{chat}/send_message/"), json!({ "content": text })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    pub async fn try_open(&self, chat: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let cookies = format!("sessionid={}", self.session);
        let headers: Vec<_> = [("cookie", cookies.as_str())].iter().chain(headers).copied().collect();
        Socket::open_path(self.app.address, &format!("/ws/chat/{chat}/"), "", &headers).await
    }

    pub async fn open(&self, chat: i64) -> Socket {
        self.try_open(&chat.to_string(), &[]).await.unwrap()
    }
}

async fn post(app: &TestApp, path: &str, body: Value) -> Answer {
    send(app, "POST", path, &[], Body::Json(body)).await
}

/// The GraphQL id of a room that is known by its number.
pub async fn room_id(caller: &Caller, key: i64) -> String {
    let rooms = caller.ask("{ rooms { nodes { id databaseId } } }", json!({})).await;
    let nodes = rooms["rooms"]["nodes"].as_array().unwrap().clone();
    let room = nodes.iter().find(|room| room["databaseId"] == key);
    room.unwrap_or_else(|| panic!("{key} is not in {nodes:?}"))["id"].as_str().unwrap().to_owned()
}

fn not_signed_in() -> (u16, Value) {
    (403, json!({ "detail": "Authentication credentials were not provided." }))
}

fn no_chat() -> (u16, Value) {
    (404, json!({ "detail": "No Chat matches the given query." }))
}

on_both! {
    async fn people_sign_up_and_all_that_is_wrong_is_said(app) {
        let good = |name: &str| json!({ "username": name, "email": "ann@example.com", "password": PASSWORD,
            "password_confirm": PASSWORD, "user_type": "owner" });
        let answer = post(&app, "/api/register/", good("ann")).await;
        let shown = r#"{"id":1,"username":"ann","email":"ann@example.com","user_type":"owner"}"#;
        assert_eq!((answer.status, answer.text.as_str()), (201, shown));
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(answer.cookie_line("sessionid").is_none(), "signing up is not signing in");
        // Addresses may repeat and be left out; a form will do.
        let form = [("username", "ben"), ("password", PASSWORD), ("password_confirm", PASSWORD)];
        let answer = send(&app, "POST", "/compat/mrm/api/register", &[], Body::Form(&form)).await;
        assert_eq!(answer.both(), (201, json!({ "id": 2, "username": "ben", "email": "", "user_type": "student" })));
        assert_eq!(post(&app, "/api/register/", good("cat")).await.status, 201);

        let required = json!(["This field is required."]);
        let with = |key: &str, value: Value| { let mut body = good("dan"); body[key] = value; body };
        for (body, expected) in [
            (json!({}), json!({ "username": required, "password": required, "password_confirm": required })),
            (good("ann"), json!({ "username": ["A user with that username already exists."] })),
            (good("ANN"), json!({ "username": ["A user with that username already exists."] })),
            (with("password_confirm", json!("another phrase")), json!({ "password": ["Passwords don't match."] })),
            (with("user_type", json!("king")), json!({ "user_type": ["\"king\" is not a valid choice."] })),
            (with("user_type", json!("")), json!({ "user_type": ["\"\" is not a valid choice."] })),
            (with("email", json!("nope")), json!({ "email": ["Enter a valid email address."] })),
            (with("username", json!("d n")), json!({ "username": ["Enter a valid username. This value may \
                contain only letters, numbers, and @/./+/-/_ characters."] })),
            (with("username", json!("d".repeat(151))),
                json!({ "username": ["Ensure this field has no more than 150 characters."] })),
            (with("username", json!("")), json!({ "username": ["This field may not be blank."] })),
            (json!({ "username": "dan", "password": "x", "password_confirm": "x" }),
                json!({ "password": ["This password is too short. It must contain at least 8 characters."] })),
        ] {
            let answer = post(&app, "/compat/mrm/api/register/", body.clone()).await;
            assert_eq!(answer.both(), (400, expected), "{body}");
        }
        // Their own name is no worse than another word, as in the original.
        let named = json!({ "username": "margherita", "password": "margherita", "password_confirm": "margherita" });
        assert_eq!(post(&app, "/api/register/", named).await.status, 201);
    }

    async fn bodies_and_methods_that_do_not_fit_are_refused(app) {
        let path = "/compat/mrm/api/register/";
        let answer = send(&app, "POST", path, &[], Body::Raw("application/json", "{")).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with("JSON parse error - "), "{answer:?}");
        let list = json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got list."] });
        assert_eq!(post(&app, path, json!([])).await.both(), (400, list.clone()));
        assert_eq!(post(&app, "/compat/mrm/api/login/", json!([])).await.both(), (400, list));
        let answer = send(&app, "POST", path, &[], Body::Raw("text/plain", "x")).await;
        let unsupported = json!({ "detail": "Unsupported media type \"text/plain\" in request." });
        assert_eq!(answer.both(), (415, unsupported));
        for (path, allow) in [(path, "POST, OPTIONS"), ("/compat/mrm/api/login/", "POST, OPTIONS")] {
            let answer = send(&app, "GET", path, &[], Body::Nothing).await;
            assert_eq!(answer.both(), (405, json!({ "detail": "Method \"GET\" not allowed." })));
            assert_eq!(answer.header("allow"), allow);
        }
        let answer = send(&app, "GET", "/api/me/", &[("accept", "image/png")], Body::Nothing).await;
        assert_eq!(answer.both(), (406, json!({ "detail": "Could not satisfy the request Accept header." })));
    }

    async fn a_login_sets_djangos_two_cookies(app) {
        Person::new(&app, "ann").await;
        let answer = post(&app, "/api/login", json!({ "username": "ann", "password": PASSWORD })).await;
        let body = json!({ "id": 1, "username": "ann", "email": "ann@example.com", "user_type": "staff" });
        assert_eq!(answer.both(), (200, body));
        let session = answer.cookie_line("sessionid").unwrap();
        let rest = "; expires=Fri, 29 Jan 2027 08:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax";
        assert_eq!(session, format!("sessionid={}{rest}", answer.cookie("sessionid")));
        let csrf = answer.cookie_line("csrftoken").unwrap();
        let rest = "; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax";
        assert_eq!(csrf, format!("csrftoken={}{rest}", answer.cookie("csrftoken")));
        let (session, csrf) = (answer.cookie("sessionid"), answer.cookie("csrftoken"));
        assert_eq!((session.len(), csrf.len()), (32, 32));
        assert!(session.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{session}");

        for body in [
            json!({ "username": "ann", "password": "wrong" }),
            json!({ "username": "nobody", "password": PASSWORD }),
            json!({ "username": "ann@example.com", "password": PASSWORD }),
            json!({ "username": "ann" }),
            json!({ "username": {}, "password": PASSWORD }),
            json!({}),
        ] {
            let answer = post(&app, "/compat/mrm/api/login/", body.clone()).await;
            assert_eq!(answer.both(), (401, json!({ "error": "Invalid credentials" })), "{body}");
            assert!(answer.header("www-authenticate").is_empty() && answer.cookie_line("sessionid").is_none());
        }
        // A page of another site signs nobody in.
        let body = Body::Json(json!({ "username": "ann", "password": PASSWORD }));
        let answer = send(&app, "POST", "/api/login/", &[("origin", "http://evil.example")], body).await;
        assert_eq!((answer.status, answer.cookie_line("sessionid")), (403, None));
    }

    async fn writes_by_cookie_show_that_they_come_from_no_other_site(app) {
        let ann = Person::new(&app, "ann").await;
        let session = format!("sessionid={}", ann.session);
        let both = ann.cookies();
        let (wrong, csrf) = ("x".repeat(32), ann.csrf.as_str());
        let foreign = "CSRF Failed: Origin checking failed - http://evil.example does not match any trusted origins.";
        let own = app.base.clone();
        for (headers, expected) in [
            (&[("cookie", session.as_str())][..], Some("CSRF Failed: CSRF cookie not set.")),
            (&[("cookie", both.as_str())], Some("CSRF Failed: CSRF token missing.")),
            (&[("cookie", both.as_str()), ("x-csrftoken", wrong.as_str())],
                Some("CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect.")),
            (&[("cookie", both.as_str()), ("x-csrftoken", csrf), ("origin", "http://evil.example")], Some(foreign)),
            (&[("cookie", both.as_str()), ("x-csrftoken", csrf), ("origin", "null")],
                Some("CSRF Failed: Origin checking failed - null does not match any trusted origins.")),
            (&[("cookie", both.as_str()), ("x-csrftoken", csrf), ("origin", own.as_str())], None),
            (&[("cookie", both.as_str()), ("x-csrftoken", csrf)], None),
        ] {
            let answer = send(&app, "POST", "/api/chats/", headers, Body::Json(json!({ "name": "Den" }))).await;
            match expected {
                Some(detail) => assert_eq!(answer.both(), (403, json!({ "detail": detail })), "{headers:?}"),
                None => assert_eq!(answer.status, 201, "{headers:?} {answer:?}"),
            }
        }
        let form = [("name", "Den"), ("csrfmiddlewaretoken", csrf)];
        let answer = send(&app, "POST", "/api/chats/", &[("cookie", &both)], Body::Form(&form)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let form = [("name", "Den"), ("csrfmiddlewaretoken", wrong.as_str())];
        let answer = send(&app, "POST", "/api/chats/", &[("cookie", &both)], Body::Form(&form)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        // Also where no session is needed, as long as one comes.
        for (path, body) in [
            ("/api/login/", json!({ "username": "ann", "password": PASSWORD })),
            ("/api/register/", json!({ "username": "ben", "password": PASSWORD, "password_confirm": PASSWORD })),
            ("/api/logout/", json!({})),
        ] {
            let answer = send(&app, "POST", path, &[("cookie", &session)], Body::Json(body)).await;
            let detail = json!({ "detail": "CSRF Failed: CSRF cookie not set." });
            assert_eq!(answer.both(), (403, detail), "{path}");
            assert!(answer.cookie_line("sessionid").is_none(), "a live session keeps its cookie");
        }
    }

    async fn a_session_ends_with_a_logout_and_its_cookie_is_taken_back(app) {
        let cleared = "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax";
        let ann = Person::new(&app, "ann").await;
        let other = Person::known(&app, "ann").await;
        assert_eq!(ann.get("/api/me/").await.json()["username"], "ann");
        assert_eq!(ann.get("/api/me").await.status, 200);
        let answer = ann.post("/api/me/", json!({})).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"));
        let answer = ann.send("POST", "/api/logout/", Body::Raw("text/plain", "ignored")).await;
        assert_eq!(answer.both(), (200, json!({ "message": "Logged out successfully" })));
        assert_eq!(answer.cookie_line("sessionid").unwrap(), cleared);
        for cookie in [format!("sessionid={}", ann.session), "sessionid=garbage".to_owned(), ann.cookies()] {
            let answer = send(&app, "GET", "/api/me/", &[("cookie", &cookie)], Body::Nothing).await;
            assert_eq!(answer.both(), not_signed_in(), "{cookie}");
            assert_eq!(answer.cookie_line("sessionid").as_deref(), Some(cleared), "{cookie}");
        }
        // Other devices stay; tokens of other kinds count for nothing.
        assert_eq!(other.get("/api/me/").await.status, 200);
        let caller = app.user("ben").await;
        let bearer = format!("Bearer {}", caller.token.unwrap());
        let answer = send(&app, "GET", "/api/me/", &[("authorization", &bearer)], Body::Nothing).await;
        assert_eq!(answer.both(), not_signed_in());
        assert!(answer.cookie_line("sessionid").is_none());
        // A dead cookie does not stand in the way of a new session.
        let (dead, body) = (ann.cookies(), Body::Json(json!({ "username": "ann", "password": PASSWORD })));
        let answer = send(&app, "POST", "/api/login/", &[("cookie", &dead)], body).await;
        assert_eq!((answer.status, answer.cookie("sessionid").len()), (200, 32));
        app.pass(chrono::TimeDelta::days(14));
        assert_eq!(other.get("/api/me/").await.both(), not_signed_in());
    }

    async fn without_a_session_nothing_is_shown(app) {
        for (method, path) in [
            ("GET", "/api/me/"), ("POST", "/compat/mrm/api/logout/"), ("GET", "/compat/mrm/api/users/"),
            ("GET", "/api/"), ("GET", "/api/chats/"), ("POST", "/api/chats/"), ("GET", "/api/chats/1/"),
            ("PUT", "/api/chats/1/"), ("PATCH", "/api/chats/1/"), ("DELETE", "/api/chats/1/"),
            ("POST", "/api/chats/1/send_message/"), ("GET", "/api/chats/1/messages/"), ("GET", "/api/messages/"),
            ("GET", "/api/messages/1/"), ("GET", "/api/chats.json"),
        ] {
            let answer = send(&app, method, path, &[], Body::Nothing).await;
            assert_eq!(answer.both(), not_signed_in(), "{method} {path}");
            assert!(answer.header("www-authenticate").is_empty());
        }
    }

    async fn chats_are_made_with_those_who_exist(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let cat = Person::new(&app, "cat").await;
        let body = json!({ "name": " Study ", "participant_ids": [ben.id, "3", ann.id, ben.id] });
        let answer = ann.post("/api/chats/", body).await;
        assert_eq!(answer.status, 201);
        let chat = answer.json();
        assert_eq!((&chat["name"], &chat["messages"]), (&json!("Study"), &json!([])));
        let ids: Vec<i64> = chat["participants"].as_array().unwrap().iter().map(|p| p["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, [ann.id, ben.id, cat.id]);
        assert!(answer.text.starts_with(&format!(r#"{{"id":{},"name":"Study","participants":[{{"id":1,"#, chat["id"])));
        assert_eq!(chat["created_at"], "2027-01-15T08:00:00Z");
        let body = json!({ "name": "Named", "participant_usernames": ["cat", "nobody", "BEN", "n\0"] });
        let named = ann.post("/api/chats/", body).await.json();
        let names: Vec<&str> =
            named["participants"].as_array().unwrap().iter().map(|p| p["username"].as_str().unwrap()).collect();
        assert_eq!(names, ["ann", "cat", "ben"]);

        for (body, expected) in [
            (json!({}), json!({ "name": ["This field is required."] })),
            (json!({ "name": "  " }), json!({ "name": ["This field may not be blank."] })),
            (json!({ "name": "n".repeat(256) }), json!({ "name": ["Ensure this field has no more than 255 characters."] })),
            (json!({ "name": "x", "participant_ids": ["abc"] }),
                json!({ "participant_ids": { "0": ["A valid integer is required."] } })),
            (json!({ "name": "x", "participant_ids": 2 }),
                json!({ "participant_ids": ["Expected a list of items but got type \"int\"."] })),
            (json!({ "name": "x", "participant_ids": null }),
                json!({ "participant_ids": ["This field may not be null."] })),
            (json!({ "name": "x", "participant_ids": [ben.id, 999] }),
                json!({ "participant_ids": ["Invalid pk \"999\" - object does not exist."] })),
            (json!({ "name": "x", "participant_ids": (1..=101).collect::<Vec<i64>>() }),
                json!({ "participant_ids": ["At most 100 are allowed."] })),
        ] {
            let answer = ann.post("/api/chats/", body.clone()).await;
            assert_eq!(answer.status, 400, "{body} {answer:?}");
            if !answer.text.contains("100") {
                assert_eq!(answer.json(), expected, "{body}");
            }
        }
        // What was refused left no half of a chat behind.
        let all = ann.get("/api/chats/?limit=1").await.json();
        assert_eq!(all.as_array().unwrap().len(), 2);
        assert_eq!(all[0], chat);
        assert_eq!(ben.get("/api/chats/").await.json(), all);
        assert_eq!(ann.get("/api/chats.json").await.json(), all);
        let answer = ann.send("POST", "/api/chats/", Body::Raw("application/json", "{")).await;
        assert!(answer.status == 400 && answer.text.contains("JSON parse error - "), "{answer:?}");
    }

    async fn a_chat_is_seen_by_those_who_are_in_it(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let cat = Person::new(&app, "cat").await;
        let chat = ann.chat("Den", &[&ben]).await;
        let message = ann.say(chat, "  Hello ✓ ").await;
        assert_eq!(message["content"], "Hello ✓");
        assert_eq!((&message["chat"], &message["sender"]["username"]), (&json!(chat), &json!("ann")));
        assert_eq!(message["timestamp"], "2027-01-15T08:00:00Z");
        let second = ben.post(&format!("/api/chats/{chat}/send_message/"), json!({ "content": 5 })).await.json();
        assert_eq!(second["content"], "5");
        let both = json!([message, second]);
        assert_eq!(ben.get(&format!("/api/chats/{chat}/")).await.json()["messages"], both);
        for path in [format!("/api/chats/{chat}/messages/?limit=1"), format!("/api/chats/{chat}/messages.json"),
            "/api/messages/".to_owned(), "/api/messages.json".to_owned()] {
            assert_eq!(ben.get(&path).await.json(), both, "{path}");
        }
        let one = format!("/api/messages/{}/", message["id"]);
        assert_eq!(ben.get(&one).await.json(), message);
        assert_eq!(ben.get(&format!("/api/messages/{}.json", message["id"])).await.json(), message);
        assert_eq!(cat.get("/api/messages/").await.json(), json!([]));
        let none = (404, json!({ "detail": "No Message matches the given query." }));
        assert_eq!(cat.get(&one).await.both(), none);
        assert_eq!(ann.get("/api/messages/999/").await.both(), none);
        assert_eq!(ann.get("/api/messages/abc/").await.both(), (404, json!({ "detail": "Not found." })));
        let answer = ann.post("/api/messages/", json!({ "content": "x" })).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"));

        for (person, id) in [(&cat, chat.to_string()), (&ann, "999".to_owned())] {
            for (method, path, body) in [
                ("GET", format!("/api/chats/{id}/"), Body::Nothing),
                ("GET", format!("/api/chats/{id}/messages/"), Body::Nothing),
                ("POST", format!("/api/chats/{id}/send_message/"), Body::Json(json!({ "content": "x" }))),
                ("PUT", format!("/api/chats/{id}/"), Body::Json(json!({ "name": "x" }))),
                ("PATCH", format!("/api/chats/{id}/"), Body::Json(json!({ "name": "x" }))),
                ("DELETE", format!("/api/chats/{id}/"), Body::Nothing),
            ] {
                assert_eq!(person.send(method, &path, body).await.both(), no_chat(), "{method} {path}");
            }
        }
        assert_eq!(ann.get("/api/chats/abc/").await.both(), (404, json!({ "detail": "Not found." })));
        let answer = ann.get(&format!("/api/chats/{chat}/send_message/")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST, OPTIONS"));
        for (content, expected) in [
            (json!({}), "This field is required."),
            (json!({ "content": "  " }), "This field may not be blank."),
            (json!({ "content": null }), "This field may not be null."),
            (json!({ "content": {} }), "Not a valid string."),
            (json!({ "content": "x".repeat(20_000) }), "Ensure this field has no more than 4000 characters."),
        ] {
            let answer = ann.post(&format!("/api/chats/{chat}/send_message/"), content.clone()).await;
            let shown = answer.json()["content"][0].as_str().unwrap_or_default().to_owned();
            let same = shown == expected || (shown.starts_with("Ensure") && expected.starts_with("Ensure"));
            assert!(answer.status == 400 && same, "{content} {answer:?}");
        }
    }

    async fn whoever_made_a_chat_renames_and_deletes_it(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let chat = ann.chat("Den", &[&ben]).await;
        let path = format!("/api/chats/{chat}/");
        let patch = |body| ann.send("PATCH", &path, Body::Json(body));
        assert_eq!(patch(json!({ "name": "Lair" })).await.json()["name"], "Lair");
        let answer = patch(json!({ "participant_ids": [] })).await;
        assert_eq!((answer.status, answer.json()["participants"].as_array().unwrap().len()), (200, 2));
        assert_eq!(ann.send("PUT", &path, Body::Json(json!({ "name": "Cave" }))).await.json()["name"], "Cave");
        let answer = ann.send("PUT", &path, Body::Json(json!({}))).await;
        assert_eq!(answer.both(), (400, json!({ "name": ["This field is required."] })));
        let refused = (403, json!({ "detail": "You do not have permission to perform this action." }));
        for (method, body) in [
            ("PUT", Body::Json(json!({ "name": "x" }))),
            ("PATCH", Body::Json(json!({ "name": "x" }))),
            ("DELETE", Body::Nothing),
        ] {
            assert_eq!(ben.send(method, &path, body).await.both(), refused, "{method}");
        }
        assert_eq!(ben.get(&path).await.json()["name"], "Cave");
        let answer = ann.send("DELETE", &path, Body::Nothing).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert_eq!(ben.get(&path).await.both(), no_chat());
        let answer = ann.send("HEAD", "/api/chats/", Body::Nothing).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }

    async fn people_and_links_are_listed(app) {
        let ann = Person::new(&app, "ann").await;
        app.user("ben").await;
        let named = |name: &str| json!({ "username": name, "first_name": "", "last_name": "" });
        assert_eq!(ann.get("/api/users/").await.json(), json!([named("ann"), named("ben")]));
        let links = |under: &str| json!({ "chats": format!("{}{under}/api/chats/", app.base),
            "messages": format!("{}{under}/api/messages/", app.base) });
        assert_eq!(ann.get("/api/").await.json(), links(""));
        assert_eq!(ann.get("/compat/mrm/api").await.json(), links("/compat/mrm"));
    }

    async fn rooms_of_other_doors_are_chats_of_those_who_are_in_them(app) {
        let (ann, ben) = (app.user("ann").await, app.user("ben").await);
        let open = json!({ "name": "Square", "visibility": "PUBLIC" });
        ann.mutate("createRoom", open, "room { id }").await;
        let input = json!({ "userId": ben.id, "text": "just us" });
        ann.mutate("sendDirectMessage", input, "message { id }").await;
        let (ann, ben) = (Person::known(&app, "ann").await, Person::known(&app, "ben").await);
        let mine = ben.get("/api/chats/").await.json();
        assert_eq!((mine.as_array().unwrap().len(), &mine[0]["name"]), (1, &json!("ann, ben")));
        assert_eq!(mine[0]["messages"][0]["content"], "just us");
        let all = ann.get("/api/chats/").await.json();
        let square = all.as_array().unwrap().iter().find(|chat| chat["name"] == "Square").unwrap().clone();
        assert_eq!(ben.get(&format!("/api/chats/{}/", square["id"])).await.both(), no_chat());
        assert_eq!(ben.try_open(&square["id"].to_string(), &[]).await.map(|_| ()), Err(403));
    }

    async fn a_socket_tells_what_is_said_and_what_is_wrong(app) {
        let (ann, ben) = (Person::new(&app, "ann").await, Person::new(&app, "ben").await);
        let chat = ann.chat("Den", &[&ben]).await;
        ann.say(chat, "before").await;
        let (mut one, mut other) = (ann.open(chat).await, ben.open(chat).await);
        assert_eq!(one.protocol, None);
        one.frame(Message::text(r#"{"content":"hello"}"#)).await;
        let (told, same) = (one.text().await, other.text().await);
        let beginning = format!(r#"{{"type":"message","message":{{"id":2,"chat":{chat},"sender":{{"id":1,"username":"ann","email":"ann@example.com","user_type":"staff"}},"content":"hello","timestamp":"2027-01-15T08:00:00Z"}}}}"#);
        assert_eq!((told.as_str(), same.as_str()), (beginning.as_str(), beginning.as_str()));
        for (frame, error) in [
            (r#"{"content":""}"#, "Content cannot be empty"),
            ("{}", "Content cannot be empty"),
            (r#"{"content":null}"#, "Content cannot be empty"),
            (r#"{"content":0}"#, "Content cannot be empty"),
            ("not json", "Invalid JSON"),
            ("[1]", "'list' object has no attribute 'get'"),
            ("7", "'int' object has no attribute 'get'"),
        ] {
            one.frame(Message::text(frame)).await;
            assert_eq!(one.hear().await, json!({ "type": "error", "message": error }), "{frame}");
        }
        for (content, stored) in [
            (json!("  spaces "), "  spaces "),
            (json!("  "), "  "),
            (json!(7), "7"),
            (json!({ "k": 1 }), "{'k': 1}"),
            (json!(true), "True"),
        ] {
            one.say(json!({ "content": content })).await;
            // The errors went to one alone.
            for socket in [&mut one, &mut other] {
                assert_eq!(socket.hear().await["message"]["content"], stored);
            }
        }
        one.say(json!({ "content": "x".repeat(20_000) })).await;
        let refused = one.hear().await;
        assert_eq!(refused["type"], "error", "{refused}");
        one.frame(Message::binary(r#"{"content":"bin"}"#.as_bytes().to_vec())).await;
        assert_eq!(one.closed().await, (1011, String::new()));
        let history = ben.get(&format!("/api/chats/{chat}/messages/")).await.json();
        assert_eq!(history.as_array().unwrap().len(), 7);
    }

    async fn a_socket_opens_to_a_session_in_the_chat_and_to_no_foreign_page(app) {
        let (ann, cat) = (Person::new(&app, "ann").await, Person::new(&app, "cat").await);
        let chat = ann.chat("Den", &[]).await.to_string();
        let path = format!("/ws/chat/{chat}/");
        let open = async |headers: &[(&str, &str)]| {
            Socket::open_path(app.address, &path, "", headers).await.map(|_| ())
        };
        assert_eq!(open(&[]).await, Err(403));
        assert_eq!(open(&[("cookie", "sessionid=garbage")]).await, Err(403));
        let bearer = format!("Bearer {}", app.user("dan").await.token.unwrap());
        assert_eq!(open(&[("authorization", &bearer)]).await, Err(403));
        for id in ["999", "abc", "0", "-1", "1.0", "99999999999999999999"] {
            assert_eq!(ann.try_open(id, &[]).await.map(|_| ()), Err(403), "{id}");
        }
        assert_eq!(cat.try_open(&chat, &[]).await.map(|_| ()), Err(403));
        for (origin, expected) in [
            (app.base.as_str(), Ok(())), ("http://evil.example", Err(403)), ("null", Err(403)),
        ] {
            assert_eq!(ann.try_open(&chat, &[("origin", origin)]).await.map(|_| ()), expected, "{origin}");
        }
        assert!(Socket::open_path(app.address, &format!("/compat/mrm/ws/chat/{chat}"), "",
            &[("cookie", &format!("sessionid={}", ann.session))]).await.is_ok());
    }

    async fn what_other_doors_say_is_told_and_the_reverse(app) {
        let (caller, ben) = (app.user("ann").await, Person::new(&app, "ben").await);
        let ann = Person::known(&app, "ann").await;
        let chat = ann.chat("Den", &[&ben]).await;
        let room = room_id(&caller, chat).await;
        let mut socket = ben.open(chat).await;
        caller.say(&room, "from GraphQL").await;
        let told = socket.hear().await;
        assert_eq!((&told["message"]["content"], &told["message"]["sender"]["username"]),
            (&json!("from GraphQL"), &json!("ann")));
        let sent = ann.say(chat, "from REST").await;
        assert_eq!(socket.hear().await, json!({ "type": "message", "message": sent }));
        let mut graphql = Socket::ready(&app, caller.token.as_deref()).await;
        let live = "subscription($r: ID!) { messageAdded(roomId: $r, last: 1) { message { text } } }";
        graphql.subscribe("1", live, json!({ "r": room })).await;
        assert_eq!(graphql.hear_past_pings().await["payload"]["data"]["messageAdded"]["message"]["text"], "from REST");
        socket.say(json!({ "content": "from the socket" })).await;
        let text = graphql.hear_past_pings().await["payload"]["data"]["messageAdded"]["message"]["text"].clone();
        assert_eq!(text, "from the socket");
    }

    async fn a_socket_ends_with_the_membership_the_chat_and_the_session(app) {
        let (caller, ben) = (app.user("ann").await, Person::new(&app, "ben").await);
        let ann = Person::known(&app, "ann").await;
        let ben_id = app.login("ben", PASSWORD).await.id;
        let chat = ann.chat("Den", &[&ben]).await;
        let room = room_id(&caller, chat).await;
        let mut removed = ben.open(chat).await;
        caller.mutate("removeMember", json!({ "roomId": room, "userId": ben_id }), "").await;
        assert_eq!(removed.closed().await.0, 1008);
        assert_eq!(ben.try_open(&chat.to_string(), &[]).await.map(|_| ()), Err(403));

        let second = ann.chat("Lair", &[&ben]).await;
        let mut socket = ben.open(second).await;
        ann.send("DELETE", &format!("/api/chats/{second}/"), Body::Nothing).await;
        assert_eq!(socket.closed().await.0, 1008);

        let third = ann.chat("Cave", &[&ben]).await;
        let mut socket = ben.open(third).await;
        ben.post("/api/logout/", json!({})).await;
        assert_eq!(socket.closed().await, (1008, "The session is over.".to_owned()));

        let mut socket = ann.open(third).await;
        app.pass(chrono::TimeDelta::days(15));
        // Whoever has only just opened one may come after a look, as the next look finds.
        let look = async {
            loop {
                app.app.look_for_missed().await;
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let (code, _) = tokio::select! { closed = socket.closed() => closed, never = look => never };
        assert_eq!(code, 1008);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chats_go_across_two_nodes() {
    let Some(pair) = TestApp::pair(&[]).await else { return };
    let (ann, ben) = (Person::new(&pair.one, "ann").await, Person::new(&pair.one, "ben").await);
    let chat = ann.chat("Den", &[&ben]).await;
    let there = Person { app: &pair.other, ..ben };
    let mut far = there.open(chat).await;
    let mut near = ann.open(chat).await;
    near.say(json!({ "content": "over there" })).await;
    assert_eq!(near.hear().await, far.hear().await);
    far.say(json!({ "content": "and back" })).await;
    assert_eq!(near.hear().await["message"]["content"], "and back");
    // The session ends on the other node.
    let here = Person { app: &pair.one, ..there };
    here.post("/api/logout/", json!({})).await;
    assert_eq!(far.closed().await.0, 1008);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_https_the_cookies_are_secure() {
    let app = TestApp::with(Db::Sqlite, &[("PUBLIC_URL", "https://chat.example.org")]).await;
    Person::new(&app, "ann").await;
    let answer = post(&app, "/api/login/", json!({ "username": "ann", "password": PASSWORD })).await;
    for name in ["sessionid", "csrftoken"] {
        assert!(answer.cookie_line(name).unwrap().ends_with("; SameSite=Lax; Secure"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_passwords_are_throttled() {
    let limits = [("RATE_LIMITS", "on"), ("LIMITS_LOGIN_PER_ACCOUNT_PER_MINUTE", "3")];
    let app = TestApp::with(Db::Sqlite, &limits).await;
    let guess = json!({ "username": "ann", "password": "wrong" });
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(post(&app, "/api/login/", guess.clone()).await);
    }
    let last = answers.last().unwrap();
    assert_eq!(last.status, 429, "{answers:?}");
    assert!(last.json()["detail"].as_str().unwrap().starts_with("Request was throttled."), "{last:?}");
    assert!(last.header("retry-after").parse::<u64>().is_ok(), "{last:?}");
}
