//! Real Time Chat App: conversations of two at `/api/…`, with JSON web tokens, and a socket for each.

use std::time::Duration;

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode, Uri};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::auth::{DoorSignup, EmailClaim, LoginName};
use crate::app::messages::{PostMessage, Sent};
use crate::auth::credential::Credential;
use crate::domain::ids::UserKey;
use crate::domain::messages::Blank;
use crate::domain::rooms::{RoomKind, RoomRef};
use crate::domain::sessions::{Door, SignedIn, Viewer};
use crate::domain::users::{User, UserType};
use crate::domain::windows::{Order, PeopleQuery, Window};
use crate::error::{Code, Error, Language, Result, Text};
use crate::rest::call::Call;
use crate::rest::drf::fields::{Form, email, password, text};
use crate::rest::drf::{self, bearer, python, times};
use crate::rest::reply::{Detail, Refusal, Reply};
use crate::rest::route::{ADMIN, Answer, Dialect, Ids, Route, open, signed_in, unasked};
use crate::rest::sockets::{self, Conversation, Heard, Peer, Say, SocketRoute};

const ACCESS_LASTS: Duration = Duration::from_mins(30);
const SESSION_LASTS: Duration = Duration::from_hours(24);

pub(super) fn dialect() -> Dialect {
    let (ok, created) = (StatusCode::OK, StatusCode::CREATED);
    Dialect {
        name: "rtca",
        title: "Real Time Chat App",
        about: "Conversations of two people, with an access token.",
        credentials: &["bearer"],
        authenticate: |call| Box::pin(bearer::caller(call, bearer::Words::USUAL)),
        ids: Ids::Uuids,
        challenge: bearer::needed,
        routes: vec![
            Route::at("/api/register/").post(
                open("Sign up", register).takes(&REGISTRATION).gives::<Registered>(created, "The account."),
            ),
            Route::at("/api/login/").post(
                unasked("Sign in", login)
                    .takes(&LOGIN)
                    .gives::<Tokens>(ok, "Both tokens.")
                    .gives::<Detail>(StatusCode::UNAUTHORIZED, "Not this address with this password."),
            ),
            Route::at("/api/logout/").post(
                unasked("Sign out", logout)
                    .takes(&LOGOUT)
                    .gives::<Empty>(ok, "Neither token is good any more.")
                    .gives::<Detail>(StatusCode::UNAUTHORIZED, "The token was not good."),
            ),
            Route::at("/api/users/").get(
                signed_in("People but me", people).gives_many::<Person>(ok, "In the order they signed up."),
            ),
            Route::at("/api/users/{id}/chat/").get(
                signed_in("The conversation with someone", conversation)
                    .gives::<Found>(ok, "Made, if need be. Messages newest first.")
                    .gives::<Refused>(StatusCode::BAD_REQUEST, "With oneself there is none."),
            ),
        ],
        sockets: vec![SocketRoute {
            path: "/ws/chat/{id}/",
            about: "Messages of a conversation as they are sent, with `?token=`. \
                    Send `{\"message\": \"…\", \"recipient_id\": \"…\"}`.",
            claims: |call| conversation_id(call).is_some(),
            open: |call| Box::pin(follow(call)),
        }],
        stand_ins: &ADMIN,
    }
}

const REGISTRATION: Form = Form {
    name: "rtca.Registration",
    fields: &[
        text("first_name").max(100),
        text("last_name").max(100),
        email("email").max(200),
        password("password"),
        password("confirm_password"),
    ],
};
const LOGIN: Form = Form { name: "rtca.Login", fields: &[text("email"), password("password")] };
const LOGOUT: Form = Form { name: "rtca.Logout", fields: &[text("refresh")] };

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Registered)]
struct Registered {
    success: bool,
    msg: &'static str,
    data: Account,
    status: u16,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Account)]
struct Account {
    first_name: String,
    last_name: String,
    email: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Tokens)]
struct Tokens {
    refresh: String,
    access: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Empty)]
struct Empty {}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::User)]
struct Person {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    first_name: String,
    last_name: String,
}

impl Person {
    /// Accounts of other doors may have no name but the one they sign in with.
    fn of(user: &User) -> Self {
        let first_name = if user.is_nameless() { &user.username } else { &user.first_name };
        Self { id: user.id, first_name: first_name.clone(), last_name: user.last_name.clone() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Found)]
struct Found {
    success: bool,
    msg: &'static str,
    data: Talk,
    status: u16,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Conversation)]
struct Talk {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    messages: Vec<Shown>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Message)]
struct Shown {
    text: String,
    /// Null where the account is gone.
    sender: Option<Person>,
    created_at: String,
}

impl Shown {
    fn of((message, sender): &Sent) -> Self {
        Self {
            text: message.text.clone(),
            sender: sender.as_ref().map(Person::of),
            created_at: times::utc(message.created_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rtca::Refused)]
struct Refused {
    success: bool,
    msg: &'static str,
    status: u16,
}

async fn register(call: Call) -> Answer {
    let input = call.input(&REGISTRATION).await?;
    if input.text("password") != input.text("confirm_password") {
        return Err(Refusal::field("password", "Password fields didn't match."));
    }
    let signup = DoorSignup {
        username: None,
        email: input.text("email").to_lowercase(),
        email_claim: EmailClaim::Required,
        password: SecretString::from(input.text("password")),
        first_name: input.text("first_name").to_owned(),
        last_name: input.text("last_name").to_owned(),
        user_type: UserType::Other,
        phone: None,
        address: None,
        notes_room: None,
    };
    let made = call.app().register(&call.viewer, &call.origin, Door::Rtca, signup).await;
    let User { first_name, last_name, email, .. } =
        made.map_err(|error| taken_first(&error, call.language))?;
    let (msg, data) = ("User account created successfully.", Account { first_name, last_name, email });
    Reply::created(&Registered { success: true, msg, data, status: 201 })
}

/// An address that is taken is told alone: the original looks at passwords only behind it.
fn taken_first(error: &Error, language: Language) -> Refusal {
    if error.faults().any(|fault| fault.text == Text::EmailTaken) {
        return Refusal::field("email", "user account with this email already exists.");
    }
    drf::refusal(error, language)
}

async fn login(call: Call) -> Answer {
    let input = call.input(&LOGIN).await?;
    let address = input.text("email");
    // The original keeps addresses in small letters, and compares them exactly.
    if address != address.to_lowercase() {
        return Err(bearer::no_active_account());
    }
    let (app, password) = (call.app(), SecretString::from(input.text("password")));
    let name = LoginName::Email(address);
    let opened =
        app.sign_in(&Viewer::Anonymous, &call.origin, Door::Rtca, name, password, SESSION_LASTS).await;
    let session = opened.map_err(|error| match error.code() {
        Code::BadCredentials => bearer::no_active_account(),
        _ => error.into(),
    })?;
    let claims = Map::from_iter([("user_id".to_owned(), Value::from(session.user.id.to_string()))]);
    let pair = app.door_tokens(&session.viewer(), &session, ACCESS_LASTS, claims)?;
    Reply::json(&Tokens { refresh: pair.refresh, access: pair.access })
}

async fn logout(call: Call) -> Answer {
    let input = call.input(&LOGOUT).await?;
    let ended = call.app().end_refresh(&call.viewer, input.text("refresh")).await;
    ended.map_err(bearer::refresh_refusal)?;
    Reply::json(&Empty {})
}

async fn people(call: Call) -> Answer {
    let others = PeopleQuery { exclude_viewer: true, ..PeopleQuery::default() };
    let found = call.app().people_window(&call.viewer, others, Window::default()).await?;
    Reply::json(&found.items.iter().map(Person::of).collect::<Vec<_>>())
}

async fn conversation(call: Call) -> Answer {
    let id = dashed(call.param("id")).ok_or_else(|| drf::not_found("Not found."))?;
    if call.viewer.signed_in().is_some_and(|caller| caller.user_id == id) {
        let body = Refused { success: false, msg: "Invalid recipient.", status: 400 };
        return Err(Refusal::said(StatusCode::BAD_REQUEST, &body));
    }
    let (newest, whole) = (Order::NewestFirst, Window::default());
    let found = call.app().direct_history(&call.viewer, Door::Rtca, id, newest, whole).await;
    let (room, said) = found.map_err(|error| match error.code() {
        Code::NotFound => drf::not_found("No UserAccount matches the given query."),
        _ => error.into(),
    })?;
    let data = Talk { id: room.view.room.id, messages: said.items.iter().map(Shown::of).collect() };
    let msg = "User conversation with messages retrieved successfully.";
    Reply::json(&Found { success: true, msg, data, status: 200 })
}

/// A UUID in the one form that the original's paths take: small letters and dashes.
fn dashed(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|id| id.to_string() == text)
}

fn conversation_id(call: &Call) -> Option<Uuid> {
    let text = call.param("id");
    (text.len() == 36).then(|| Uuid::parse_str(text).ok()).flatten()
}

/// Who talks on a socket, and with whom.
#[derive(Debug, Clone, Copy)]
struct Parties {
    room: Uuid,
    own: SignedIn,
    other: Uuid,
}

impl Parties {
    /// Whom a message of this sender is for.
    fn recipient(self, sender: Option<UserKey>) -> Uuid {
        if sender == Some(self.own.user) { self.other } else { self.own.user_id }
    }
}

#[derive(Serialize)]
struct Frame<'t> {
    message: &'t str,
    recipient_id: Uuid,
}

/// Opens a conversation's socket to its two people. The token is in the query and nowhere else.
async fn follow(call: Call) -> Result<Conversation, Refusal> {
    if !call.from_known_page && !is_local_page(&call.headers) {
        return Err(sockets::forbidden());
    }
    let token = call.query("token").filter(|token| !token.is_empty()).ok_or_else(sockets::forbidden)?;
    let identity = call.app().identify_from(&call.origin, &Credential::Bearer(token)).await;
    let viewer = identity.map_err(sockets::not_good)?.viewer;
    let peer = Peer::of(&call, viewer);
    let parties = parties(&peer, conversation_id(&call)).await?.ok_or_else(sockets::forbidden)?;
    let told = peer.messages(peer.feed(parties.room).await?, move |message, _| {
        let frame = Frame { message: &message.text, recipient_id: parties.recipient(message.sender) };
        Say::Text(serde_json::to_string(&frame).unwrap_or_default())
    });
    let heard = move |heard: Heard| -> BoxFuture<'static, Vec<Say>> {
        let peer = peer.clone();
        Box::pin(async move { hear(&peer, parties, heard).await })
    };
    Ok(Conversation::new(viewer, told, heard))
}

/// The two of a conversation that the viewer is in; of rooms of other kinds there are none.
async fn parties(Peer { app, viewer, .. }: &Peer, room: Option<Uuid>) -> Result<Option<Parties>> {
    let (Some(id), Some(own)) = (room, viewer.signed_in().copied()) else { return Ok(None) };
    let Some(found) = app.room_at_door(viewer, RoomRef::Id(id)).await? else { return Ok(None) };
    let room = found.view.room;
    if room.kind != RoomKind::Duo || found.view.role.is_none() {
        return Ok(None);
    }
    let mut people = app.members_of(viewer, vec![room.key]).await?;
    let people = people.remove(&room.key).unwrap_or_default();
    let other = people.iter().find(|user| user.key != own.user);
    Ok(other.map(|other| Parties { room: id, own, other: other.id }))
}

/// Whether a page on the caller's own machine asks, as the original wants it.
fn is_local_page(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let uri = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    uri.is_some_and(|uri| {
        uri.scheme().is_some() && matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
    })
}

/// Stores what one of the two says. The conversation is the path's; a recipient who is not in it is nobody.
async fn hear(peer: &Peer, parties: Parties, heard: Heard) -> Vec<Say> {
    let broken = || vec![Say::Close(1011, "")];
    let plain = |text: String| vec![Say::Text(text)];
    let Heard::Text(frame) = heard else { return broken() };
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(&frame) else { return broken() };
    let (Some(message), Some(recipient)) = (fields.get("message"), fields.get("recipient_id")) else {
        return broken();
    };
    let recipient = match recipient {
        Value::Null => None,
        given => match Uuid::parse_str(&python::text(given)) {
            Ok(id) => Some(id),
            Err(_) => return plain(not_a_uuid(&python::text(given))),
        },
    };
    if recipient == Some(parties.own.user_id) {
        return vec![Say::Text("Invalid recipient.".to_owned()), Say::Close(1000, "")];
    }
    if recipient != Some(parties.other) {
        return plain("Error: UserAccount matching query does not exist.".to_owned());
    }
    if message.is_null() {
        return plain("Error: The message may not be null.".to_owned());
    }
    let text = python::text(message);
    let request = PostMessage { text, blank: Blank::Kept, ..PostMessage::default() };
    match peer.app.post(&peer.viewer, parties.room, request).await {
        // The sender is told by the feed, like the other.
        Ok(_) => Vec::new(),
        Err(error) => plain(format!("Error: {}", peer.sentence(&error))),
    }
}

/// What is shown of an id that is none.
const SHOWN_CHARS_MAX: usize = 100;

fn not_a_uuid(given: &str) -> String {
    let given: String = given.chars().take(SHOWN_CHARS_MAX).collect();
    format!("Error: ['“{given}” is not a valid UUID.']")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_own_machine_are_known_by_their_host_alone() {
        let local = |origin: &str| is_local_page(&HeaderMap::from_iter([(ORIGIN, origin.parse().unwrap())]));
        for origin in
            ["http://localhost", "http://localhost:3000", "https://127.0.0.1:8105", "http://[::1]:9"]
        {
            assert!(local(origin), "{origin}");
        }
        for origin in [
            "null",
            "localhost",
            "http://localhost.evil.example",
            "http://evil.example",
            "http://127.0.0.2",
            "http://localhost@evil.example",
            "",
        ] {
            assert!(!local(origin), "{origin}");
        }
        assert!(!is_local_page(&HeaderMap::new()));
    }
}
