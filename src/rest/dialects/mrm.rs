//! mrm-chat-2: chats of many at `/api/…`, with Django's session cookie, and a socket for each chat.

use std::collections::HashMap;

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::auth::{DoorSignup, EmailClaim};
use crate::app::messages::{PostMessage, Sent};
use crate::app::rooms::{NewDoorRoom, RoomLabelChange};
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::{Blank, Message, RoomScope};
use crate::domain::rooms::{DoorRoomView, RoomKind, RoomLabel, RoomRef};
use crate::domain::sessions::Door;
use crate::domain::users::{User, UserType};
use crate::domain::windows::{MessagesQuery, Order, PeopleQuery, RoomsQuery, Window};
use crate::error::{Code, Error, Fault, Language, Text};
use crate::rest::body::python_type;
use crate::rest::call::Call;
use crate::rest::drf::fields::{Form, choice, email, integers, no_such_key, password, text, texts, username};
use crate::rest::drf::{self, NOT_AUTHENTICATED, python, session, times};
use crate::rest::reply::{Refusal, Reply};
use crate::rest::route::{ADMIN, Answer, Dialect, Ids, Route, open, signed_in};
use crate::rest::sockets::{self, Conversation, Heard, Peer, Say, SocketRoute};

pub(super) fn dialect() -> Dialect {
    let (ok, created) = (StatusCode::OK, StatusCode::CREATED);
    let chats = || {
        Route::at("/api/chats/")
            .get(signed_in("My chats", list_chats).gives_many::<Chat>(ok, "In the order they were made."))
            .post(
                signed_in("Make a chat", make_chat)
                    .takes(&NEW_CHAT)
                    .gives::<Chat>(created, "The caller and those named are in it."),
            )
    };
    let messages = || {
        Route::at("/api/messages/").get(
            signed_in("Messages of all my chats", list_messages).gives_many::<Shown>(ok, "Oldest first."),
        )
    };
    Dialect {
        name: "mrm",
        title: "mrm-chat-2",
        about: "Chats with a session cookie. Writes carry the value of the cookie `csrftoken` in `X-CSRFToken`.",
        credentials: &[session::SCHEME],
        authenticate: |call| Box::pin(session::caller(call)),
        ids: Ids::Numbers,
        challenge: || Refusal::detail(StatusCode::FORBIDDEN, NOT_AUTHENTICATED),
        routes: vec![
            Route::at("/api/register/").post(
                open("Sign up", register).takes(&REGISTRATION).gives::<Person>(created, "The account."),
            ),
            Route::at("/api/login/").post(
                open("Sign in", login)
                    .takes(&LOGIN)
                    .gives::<Person>(ok, "The account; the cookies `sessionid` and `csrftoken` are set.")
                    .gives::<Failed>(StatusCode::UNAUTHORIZED, "Not this name with this password."),
            ),
            Route::at("/api/logout/")
                .post(signed_in("Sign out", logout).gives::<Said>(ok, "The cookie `sessionid` is cleared.")),
            Route::at("/api/me/").get(signed_in("Who am I", me).gives::<Person>(ok, "The account.")),
            Route::at("/api/users/")
                .get(signed_in("People", people).gives_many::<Named>(ok, "In the order they signed up.")),
            Route::at("/api/").get(signed_in("What there is", root).gives::<Root>(ok, "Links.")),
            chats(),
            Route { path: "/api/chats.json", ..chats() },
            Route::at("/api/chats/{id}/")
                .get(signed_in("A chat", one_chat).gives::<Chat>(ok, "With its messages."))
                .put(signed_in("Rename a chat", rename).takes(&NEW_CHAT).gives::<Chat>(ok, "As it is now."))
                .patch(signed_in("Rename a chat", revise).takes(&NEW_CHAT).gives::<Chat>(ok, "As it is now."))
                .delete(
                    signed_in("Delete a chat", delete)
                        .gives_nothing(StatusCode::NO_CONTENT, "It is gone for everyone."),
                ),
            Route::at("/api/chats/{id}/send_message/").post(
                signed_in("Send a message", send).takes(&NEW_MESSAGE).gives::<Shown>(created, "As stored."),
            ),
            history_of_a_chat(),
            Route { path: "/api/chats/{id}/messages.json", ..history_of_a_chat() },
            messages(),
            Route { path: "/api/messages.json", ..messages() },
            Route::at("/api/messages/{id}/")
                .get(signed_in("A message", one_message).gives::<Shown>(ok, "Of one of my chats.")),
        ],
        sockets: vec![SocketRoute {
            path: "/ws/chat/{id}/",
            about: "Messages of a chat as they are sent. Send `{\"content\": \"…\"}`.",
            claims: |call| call.key("id").is_some(),
            open: |call| Box::pin(follow(call)),
        }],
        stand_ins: &ADMIN,
    }
}

fn history_of_a_chat() -> Route {
    Route::at("/api/chats/{id}/messages/")
        .get(signed_in("Messages of a chat", history).gives_many::<Shown>(StatusCode::OK, "Oldest first."))
}

const REGISTRATION: Form = Form {
    name: "mrm.Registration",
    fields: &[
        username("username").max(150),
        email("email").optional().blank().max(254),
        password("password"),
        password("password_confirm"),
        choice("user_type", &["owner", "student", "staff"]).optional(),
    ],
};
const LOGIN: Form =
    Form { name: "mrm.Login", fields: &[text("username").as_given(), password("password").as_given()] };
const NEW_CHAT: Form = Form {
    name: "mrm.NewChat",
    fields: &[
        text("name").max(255),
        integers("participant_ids").optional(),
        texts("participant_usernames").optional(),
    ],
};
const NEW_MESSAGE: Form = Form { name: "mrm.NewMessage", fields: &[text("content")] };

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = mrm::User)]
struct Person {
    id: i64,
    username: String,
    email: String,
    user_type: &'static str,
}

impl Person {
    fn of(user: &User) -> Self {
        let user_type = match user.user_type {
            UserType::Owner => "owner",
            UserType::Staff => "staff",
            // The original has no fourth, and takes this one where nothing is said.
            UserType::Student | UserType::Other => "student",
        };
        Self { id: user.key.0, username: user.username.clone(), email: user.email.clone(), user_type }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = mrm::NamedUser)]
struct Named {
    username: String,
    first_name: String,
    last_name: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = mrm::Chat)]
struct Chat {
    id: i64,
    name: String,
    participants: Vec<Person>,
    messages: Vec<Shown>,
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = mrm::Message)]
struct Shown {
    id: i64,
    chat: i64,
    /// Null where the account is gone.
    sender: Option<Person>,
    content: String,
    timestamp: String,
}

impl Shown {
    fn of(message: &Message, sender: Option<&User>) -> Self {
        Self {
            id: message.key.0,
            chat: message.room.0,
            sender: sender.map(Person::of),
            content: message.text.clone(),
            timestamp: times::utc(message.created_at),
        }
    }

    fn all(sent: &[Sent]) -> Vec<Self> {
        sent.iter().map(|(message, sender)| Self::of(message, sender.as_ref())).collect()
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = mrm::Root)]
struct Root {
    chats: String,
    messages: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = mrm::Said)]
struct Said {
    message: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = mrm::Failed)]
struct Failed {
    error: &'static str,
}

async fn register(call: Call) -> Answer {
    let input = call.input(&REGISTRATION).await?;
    if input.text("password") != input.text("password_confirm") {
        return Err(Refusal::field("password", "Passwords don't match."));
    }
    let signup = DoorSignup {
        username: Some(input.text("username").to_owned()),
        email: input.text("email").to_owned(),
        email_claim: EmailClaim::IfFree,
        password: SecretString::from(input.text("password")),
        first_name: String::new(),
        last_name: String::new(),
        user_type: match input.text("user_type") {
            "owner" => UserType::Owner,
            "staff" => UserType::Staff,
            _ => UserType::Student,
        },
        phone: None,
        address: None,
        notes_room: None,
    };
    let user = call.app().register(&call.viewer, &call.origin, Door::Mrm, signup).await?;
    Reply::created(&Person::of(&user))
}

async fn login(call: Call) -> Answer {
    let wrong = || Refusal::error(StatusCode::UNAUTHORIZED, "Invalid credentials");
    let data = call.data().await?;
    let Ok(input) = LOGIN.read(&data) else { return Err(wrong()) };
    let password = SecretString::from(input.text("password"));
    match session::sign_in(&call, Door::Mrm, input.text("username"), password).await {
        Ok((user, cookies)) => Ok(cookies.set(Reply::json(&Person::of(&user))?)),
        Err(Refusal::App(error)) if error.code() == Code::BadCredentials => Err(wrong()),
        Err(refusal) => Err(refusal),
    }
}

async fn logout(call: Call) -> Answer {
    session::sign_out(&call, Reply::json(&Said { message: "Logged out successfully" })?).await
}

async fn me(call: Call) -> Answer {
    Reply::json(&Person::of(&own_account(&call).await?))
}

async fn own_account(call: &Call) -> Result<User, Error> {
    let found = call.app().viewer(&call.viewer).await?;
    found.ok_or_else(|| Error::new(Code::Unauthenticated, Text::SessionOver))
}

async fn people(call: Call) -> Answer {
    let found = call.app().people_window(&call.viewer, PeopleQuery::default(), Window::default()).await?;
    let named = found.items.into_iter().map(|User { username, first_name, last_name, .. }| Named {
        username,
        first_name,
        last_name,
    });
    Reply::json(&named.collect::<Vec<_>>())
}

async fn root(call: Call) -> Answer {
    // Under `/compat`, too.
    let here = call.link(call.uri.path().trim_end_matches('/'));
    Reply::json(&Root { chats: format!("{here}/chats/"), messages: format!("{here}/messages/") })
}

async fn list_chats(call: Call) -> Answer {
    let rooms = call.app().rooms_window(&call.viewer, RoomsQuery::default(), Window::default()).await?;
    Reply::json(&chats(&call, rooms.items).await?)
}

/// Rooms with those who are in them and what was said.
async fn chats(call: &Call, rooms: Vec<DoorRoomView>) -> Result<Vec<Chat>, Refusal> {
    let keys: Vec<RoomKey> = rooms.iter().map(|room| room.view.room.key).collect();
    let unnamed = rooms.iter().filter(|room| title(room).is_empty()).map(|room| room.view.room.key);
    let unnamed: Vec<RoomKey> = unnamed.collect();
    let app = call.app();
    let names = async {
        if unnamed.is_empty() {
            return Ok(HashMap::new());
        }
        app.names_from_members(&call.viewer, unnamed).await
    };
    let (mut people, mut said, mut names) = tokio::try_join!(
        app.members_of(&call.viewer, keys.clone()),
        app.histories(&call.viewer, keys, None),
        names,
    )?;
    let chats = rooms.into_iter().map(|view| {
        let key = view.view.room.key;
        Chat {
            id: key.0,
            name: names.remove(&key).unwrap_or_else(|| title(&view).to_owned()),
            participants: people.remove(&key).unwrap_or_default().iter().map(Person::of).collect(),
            messages: Shown::all(&said.remove(&key).unwrap_or_default()),
            created_at: times::utc(view.view.room.created_at),
        }
    });
    Ok(chats.collect())
}

/// What a room is called; nothing where it has only its members' names.
fn title(room: &DoorRoomView) -> &str {
    let label = room.label.as_ref().map(|label| label.title.as_str()).filter(|title| !title.is_empty());
    label.unwrap_or(&room.view.room.name)
}

async fn make_chat(call: Call) -> Answer {
    let input = call.input(&NEW_CHAT).await?;
    let mut members: Vec<UserKey> = input.integers("participant_ids").iter().copied().map(UserKey).collect();
    let names = input.texts("participant_usernames");
    if !names.is_empty() {
        // Names that nobody has are passed over, unlike ids.
        let named = call.app().users_by_username(&call.viewer, names.to_vec()).await;
        let named = named.map_err(|error| {
            drf::fields(&error, call.language, |fault| {
                Some(("participant_usernames", drf::fault_text(fault, call.language)))
            })
        })?;
        members.extend(named.into_iter().map(|user| user.key));
    }
    let new = NewDoorRoom {
        kind: RoomKind::Group,
        label: RoomLabel { title: input.text("name").to_owned(), ..RoomLabel::default() },
        members,
        caller_is_member: true,
        open: false,
        password: None,
    };
    let made = call.app().create_room_at(&call.viewer, Door::Mrm, new).await;
    let made = made.map_err(|error| chat_refusal(error, call.language))?;
    Reply::created(&chats(&call, vec![made]).await?.pop())
}

/// What is wrong with a chat, under the names that its fields have here.
fn chat_refusal(error: Error, language: Language) -> Refusal {
    if !matches!(error.code(), Code::BadInput | Code::Empty | Code::TooLong) {
        return error.into();
    }
    drf::fields(&error, language, |fault: &Fault| match (fault.path.last(), &fault.text) {
        (_, Text::MemberKeyUnknown { key }) => Some(("participant_ids", no_such_key(*key))),
        (Some(&"members"), _) => Some(("participant_ids", drf::fault_text(fault, language))),
        (Some(&"title"), _) => Some(("name", drf::fault_text(fault, language))),
        _ => None,
    })
}

fn no_chat() -> Refusal {
    drf::not_found("No Chat matches the given query.")
}

/// The number in the path, which may end like a file's name.
fn number(call: &Call) -> Option<i64> {
    let text = call.param("id");
    let text = text.strip_suffix(".json").unwrap_or(text);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The chat of the path, if the caller is in it.
async fn chat(call: &Call) -> Result<DoorRoomView, Refusal> {
    let key = number(call).ok_or_else(|| drf::not_found("Not found."))?;
    let found = call.app().room_at_door(&call.viewer, RoomRef::Key(RoomKey(key))).await?;
    found.filter(|room| room.view.role.is_some()).ok_or_else(no_chat)
}

async fn one_chat(call: Call) -> Answer {
    let room = chat(&call).await?;
    Reply::json(&chats(&call, vec![room]).await?.pop())
}

async fn rename(call: Call) -> Answer {
    change(call, false).await
}

async fn revise(call: Call) -> Answer {
    change(call, true).await
}

/// Gives a chat another name; who is in it stays.
async fn change(call: Call, partly: bool) -> Answer {
    let mut room = chat(&call).await?;
    let input = if partly { call.changes(&NEW_CHAT).await? } else { call.input(&NEW_CHAT).await? };
    if let Some(name) = input.maybe_text("name") {
        let change = RoomLabelChange { title: Some(name.to_owned()), ..RoomLabelChange::default() };
        let at = RoomRef::Id(room.view.room.id);
        let changed = call.app().relabel_room(&call.viewer, Door::Mrm, at, change).await;
        room = changed.map_err(|error| chat_refusal(error, call.language))?;
    }
    Reply::json(&chats(&call, vec![room]).await?.pop())
}

async fn delete(call: Call) -> Answer {
    let room = chat(&call).await?;
    call.app().delete_room_at(&call.viewer, RoomRef::Id(room.view.room.id)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn send(call: Call) -> Answer {
    let key = number(&call).ok_or_else(|| drf::not_found("Not found."))?;
    let input = match call.input(&NEW_MESSAGE).await {
        Ok(input) => input,
        // Whether there is a chat is told first.
        Err(refusal) => return Err(chat(&call).await.err().unwrap_or(refusal)),
    };
    let sender = own_account(&call).await?;
    let message = PostMessage { scope: RoomScope::Joined, ..said(input.text("content").to_owned()) };
    let posted = call.app().post_at(&call.viewer, RoomRef::Key(RoomKey(key)), message).await;
    let posted = posted.map_err(|error| message_refusal(error, call.language))?;
    Reply::created(&Shown::of(&posted.message, Some(&sender)))
}

fn said(text: String) -> PostMessage {
    // What is blank here has been refused before.
    PostMessage { text, blank: Blank::Kept, ..PostMessage::default() }
}

fn message_refusal(error: Error, language: Language) -> Refusal {
    match error.code() {
        Code::NotFound | Code::NotAMember => no_chat(),
        Code::BadInput | Code::Empty | Code::TooLong => {
            drf::fields(&error, language, |fault| Some(("content", drf::fault_text(fault, language))))
        }
        _ => error.into(),
    }
}

async fn history(call: Call) -> Answer {
    let room = chat(&call).await?;
    let at = RoomRef::Key(room.view.room.key);
    let said = call.app().history_window(&call.viewer, at, Order::OldestFirst, Window::default()).await?;
    Reply::json(&Shown::all(&said.items))
}

async fn list_messages(call: Call) -> Answer {
    let (all, whole) = (MessagesQuery::AllMine, Window::default());
    let said = call.app().messages_window(&call.viewer, all, Order::OldestFirst, whole).await?;
    let shown = said.items.iter().map(|placed| Shown::of(&placed.message, placed.sender.as_ref()));
    Reply::json(&shown.collect::<Vec<_>>())
}

async fn one_message(call: Call) -> Answer {
    let none = || drf::not_found("No Message matches the given query.");
    let key = number(&call).ok_or_else(|| drf::not_found("Not found."))?;
    let found = call.app().message_at_door(&call.viewer, MessageKey(key)).await?.ok_or_else(none)?;
    // Open rooms are read by all, and are the chats of those who are in them.
    let room = RoomRef::Key(found.message.room);
    let room = call.app().room_at_door(&call.viewer, room).await?;
    if room.is_none_or(|room| room.view.role.is_none()) {
        return Err(none());
    }
    Reply::json(&Shown::of(&found.message, found.sender.as_ref()))
}

/// A frame of the socket.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Frame {
    Message { message: Shown },
    Error { message: String },
}

impl Frame {
    fn say(&self) -> Say {
        Say::Text(serde_json::to_string(self).unwrap_or_default())
    }

    fn error(text: impl Into<String>) -> Vec<Say> {
        vec![Self::Error { message: text.into() }.say()]
    }
}

/// Opens a chat's socket to those who are in it. Cookies come along from any page, so only ours and allowed
/// ones may open it.
async fn follow(call: Call) -> Result<Conversation, Refusal> {
    if !call.from_known_page {
        return Err(sockets::forbidden());
    }
    let viewer = session::reader(&call).await?;
    let key = call.key("id").filter(|_| viewer.signed_in().is_some()).ok_or_else(sockets::forbidden)?;
    let peer = Peer::of(&call, viewer);
    let found = peer.app.room_at_door(&viewer, RoomRef::Key(RoomKey(key))).await?;
    let found = found.filter(|room| room.view.role.is_some()).ok_or_else(sockets::forbidden)?;
    let room = found.view.room.id;
    let told = peer.messages(peer.feed(room).await?, |message, sender| {
        Frame::Message { message: Shown::of(message, sender) }.say()
    });
    let heard = move |heard: Heard| -> BoxFuture<'static, Vec<Say>> {
        let peer = peer.clone();
        Box::pin(async move { hear(&peer, room, heard).await })
    };
    Ok(Conversation::new(viewer, told, heard))
}

async fn hear(peer: &Peer, room: Uuid, heard: Heard) -> Vec<Say> {
    let Heard::Text(frame) = heard else { return vec![Say::Close(1011, "")] };
    let content = match serde_json::from_str::<Value>(&frame) {
        Err(_) => return Frame::error("Invalid JSON"),
        Ok(Value::Object(fields)) => fields.get("content").cloned().unwrap_or_default(),
        Ok(other) => {
            let kind = python_type(&other);
            return Frame::error(format!("'{kind}' object has no attribute 'get'"));
        }
    };
    if python::is_falsy(&content) {
        return Frame::error("Content cannot be empty");
    }
    match peer.app.post(&peer.viewer, room, said(python::text(&content))).await {
        // The sender is told by the feed, like everyone.
        Ok(_) => Vec::new(),
        Err(error) => Frame::error(peer.sentence(&error)),
    }
}
