//! ThanChat: accounts under `/userauth` as djoser has them, rooms and messages under `/chatApp`.
//!
//! Nobody needs to join a room here: rooms that are made at this door are open, and their passwords are asked of
//! those who join elsewhere.

use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::auth::{DoorSignup, EmailClaim, LoginName};
use crate::app::messages::PostMessage;
use crate::app::rooms::{JoinRoom, NewDoorRoom, RoomLabelChange};
use crate::app::users::ProfileChange;
use crate::auth::Credential;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::{Blank, Message as Stored, RoomScope};
use crate::domain::rooms::{DoorRoomView, RoomKind, RoomLabel, RoomRef};
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::{User as Account, UserType, fold};
use crate::domain::windows::{MessagePlace, MessagesQuery, Order, PlacedMessage, RoomsQuery, Window};
use crate::error::{Code, Error, Fault, Text};
use crate::rest::call::Call;
use crate::rest::drf::fields::{Form, Input, email, integer, key, no_such_key, password, text, username};
use crate::rest::drf::{self, NOT_AUTHENTICATED, spaced, times};
use crate::rest::reply::{Refusal, Reply};
use crate::rest::route::{ADMIN, Answer, Dialect, Ids, Route, open, signed_in};

const NAME_CHARS_MAX: usize = 150;
const EMAIL_CHARS_MAX: usize = 254;
const PHONE_CHARS_MAX: usize = 255;
const ADDRESS_CHARS_MAX: usize = 500;
const TEXT_CHARS_MAX: usize = 500;

const SIGNUP: Form = Form {
    name: "thanchat.Signup",
    fields: &[
        email("email").max(EMAIL_CHARS_MAX),
        username("username").max(NAME_CHARS_MAX),
        password("password"),
        text("first_name").optional().blank().max(NAME_CHARS_MAX),
        text("last_name").optional().blank().max(NAME_CHARS_MAX),
        text("phone").optional().nullable().max(PHONE_CHARS_MAX),
        text("address").optional().nullable().max(ADDRESS_CHARS_MAX),
    ],
};
const PROFILE: Form = Form {
    name: "thanchat.Profile",
    fields: &[
        email("email").max(EMAIL_CHARS_MAX),
        text("first_name").optional().blank().max(NAME_CHARS_MAX),
        text("last_name").optional().blank().max(NAME_CHARS_MAX),
        text("phone").optional().nullable().max(PHONE_CHARS_MAX),
        text("address").optional().nullable().max(ADDRESS_CHARS_MAX),
    ],
};
/// Whatever is missing, the answer is that of a wrong password.
const LOGIN: Form = Form {
    name: "thanchat.Login",
    fields: &[text("username").optional().blank(), password("password").optional().blank()],
};
const CURRENT_PASSWORD: Form =
    Form { name: "thanchat.CurrentPassword", fields: &[password("current_password")] };
const SET_PASSWORD: Form =
    Form { name: "thanchat.SetPassword", fields: &[password("new_password"), password("current_password")] };
const SET_USERNAME: Form = Form {
    name: "thanchat.SetUsername",
    fields: &[username("new_username").max(NAME_CHARS_MAX), password("current_password")],
};
const RESET: Form = Form { name: "thanchat.Reset", fields: &[email("email")] };
const CONFIRM: Form = Form { name: "thanchat.Confirm", fields: &[text("uid"), text("token")] };
const ROOM: Form = Form {
    name: "thanchat.NewRoom",
    fields: &[
        text("name").max(20),
        integer("capacity"),
        text("link").max(50),
        text("password").optional().nullable().blank().max(20),
    ],
};
const MESSAGE: Form = Form {
    name: "thanchat.NewMessage",
    fields: &[
        text("message_text").blank().max(TEXT_CHARS_MAX),
        key("user_receiver").optional().nullable(),
        key("chat_room_receiver").optional().nullable(),
    ],
};
const EDIT: Form =
    Form { name: "thanchat.Edit", fields: &[text("message_text").blank().max(TEXT_CHARS_MAX)] };

/// The routes and habits of ThanChat.
pub(super) fn dialect() -> Dialect {
    Dialect {
        name: "thanchat",
        title: "ThanChat",
        about: "Open rooms and direct messages. Send `Authorization: Token …` with the key that login gives.",
        credentials: &["token", "basic"],
        authenticate,
        ids: Ids::Numbers,
        challenge,
        routes: [accounts(), passwords(), chat()].into_iter().flatten().collect(),
        sockets: Vec::new(),
        stand_ins: &ADMIN,
    }
}

fn accounts() -> Vec<Route> {
    vec![
        Route::at("/userauth/").get(
            open("Where accounts are", accounts_root).gives::<AccountsRoot>(StatusCode::OK, "Addresses."),
        ),
        Route::at("/userauth/users/")
            .get(
                signed_in("List oneself", list_users).gives_many::<User>(StatusCode::OK, "The caller alone."),
            )
            .post(
                open("Make an account", sign_up)
                    .takes(&SIGNUP)
                    .gives::<User>(StatusCode::CREATED, "The account."),
            ),
        Route::at("/userauth/users/me/")
            .get(signed_in("See oneself", me).gives::<Me>(StatusCode::OK, "The caller."))
            .put(
                signed_in("Replace one's profile", put_me)
                    .takes(&PROFILE)
                    .gives::<Me>(StatusCode::OK, "The caller."),
            )
            .patch(
                signed_in("Change one's profile", patch_me)
                    .takes(&PROFILE)
                    .gives::<Me>(StatusCode::OK, "The caller."),
            )
            .delete(
                signed_in("Remove one's account", delete_me)
                    .takes(&CURRENT_PASSWORD)
                    .gives_nothing(StatusCode::NO_CONTENT, "Gone."),
            ),
        Route::at("/userauth/users/{id}/")
            .get(signed_in("See oneself by number", user).gives::<User>(StatusCode::OK, "The caller."))
            .put(
                signed_in("Replace one's profile by number", put_user)
                    .takes(&PROFILE)
                    .gives::<User>(StatusCode::OK, "The caller."),
            )
            .patch(
                signed_in("Change one's profile by number", patch_user)
                    .takes(&PROFILE)
                    .gives::<User>(StatusCode::OK, "The caller."),
            )
            .delete(
                signed_in("Remove one's account by number", delete_user)
                    .takes(&CURRENT_PASSWORD)
                    .gives_nothing(StatusCode::NO_CONTENT, "Gone."),
            ),
    ]
}

fn passwords() -> Vec<Route> {
    let nothing = StatusCode::NO_CONTENT;
    let confirm = |path, summary| Route::at(path).post(open(summary, unknown_uid).takes(&CONFIRM));
    vec![
        Route::at("/userauth/token/login/").post(
            open("Log in", log_in)
                .takes(&LOGIN)
                .gives::<Token>(StatusCode::OK, "The key, the same until logout."),
        ),
        Route::at("/userauth/token/logout/")
            .post(signed_in("Log out", log_out).gives_nothing(nothing, "The key is no longer good.")),
        Route::at("/userauth/users/set_password/").post(
            signed_in("Change one's password", set_password)
                .takes(&SET_PASSWORD)
                .gives_nothing(nothing, "Changed; log in anew."),
        ),
        Route::at("/userauth/users/set_username/").post(
            signed_in("Change one's username", set_username)
                .takes(&SET_USERNAME)
                .gives_nothing(nothing, "Changed."),
        ),
        Route::at("/userauth/users/reset_password/").post(
            open("Ask for a new password by mail", no_mail)
                .takes(&RESET)
                .gives_nothing(nothing, "Whoever it is."),
        ),
        Route::at("/userauth/users/reset_username/").post(
            open("Ask for a new username by mail", no_mail)
                .takes(&RESET)
                .gives_nothing(nothing, "Whoever it is."),
        ),
        confirm("/userauth/users/reset_password_confirm/", "Set a new password by mail"),
        confirm("/userauth/users/reset_username_confirm/", "Set a new username by mail"),
        confirm("/userauth/users/activation/", "Activate an account by mail"),
    ]
}

fn chat() -> Vec<Route> {
    vec![
        Route::at("/chatApp/").get(
            open("Where rooms and messages are", chat_root).gives::<ChatRoot>(StatusCode::OK, "Addresses."),
        ),
        Route::at("/chatApp/chatRooms/")
            .get(
                signed_in("List open rooms and one's own", rooms)
                    .gives_many::<Room>(StatusCode::OK, "By number."),
            )
            .post(
                signed_in("Make an open room", create_room)
                    .takes(&ROOM)
                    .gives::<Room>(StatusCode::CREATED, "The room."),
            ),
        Route::at("/chatApp/chatRooms/{id}/")
            .get(signed_in("See a room", room).gives::<Room>(StatusCode::OK, "The room."))
            .put(
                signed_in("Replace a room's terms", put_room)
                    .takes(&ROOM)
                    .gives::<Room>(StatusCode::OK, "The room."),
            )
            .patch(
                signed_in("Change a room's terms", patch_room)
                    .takes(&ROOM)
                    .gives::<Room>(StatusCode::OK, "The room."),
            )
            .delete(signed_in("Delete a room", delete_room).gives_nothing(StatusCode::NO_CONTENT, "Gone.")),
        Route::at("/chatApp/messages/")
            .get(
                signed_in("Read a room, or what was sent to oneself", messages)
                    .asks(
                        "chat_room_id",
                        "The number of the room; without it, direct messages to the caller.",
                    )
                    .gives_many::<Message>(StatusCode::OK, "Oldest first.")
                    .refuses(StatusCode::BAD_REQUEST, "That is no number."),
            )
            .post(
                signed_in("Send to a person or a room", send)
                    .takes(&MESSAGE)
                    .gives::<Message>(StatusCode::CREATED, "The message."),
            ),
        Route::at("/chatApp/messages/{id}/")
            .get(
                signed_in("See a message", message)
                    .asks("chat_room_id", "The number of its room, for messages of rooms.")
                    .gives::<Message>(StatusCode::OK, "The message.")
                    .refuses(StatusCode::BAD_REQUEST, "That is no number."),
            )
            .put(
                signed_in("Edit one's message", put_message)
                    .takes(&EDIT)
                    .gives::<Message>(StatusCode::OK, "The message."),
            )
            .patch(
                signed_in("Change one's message", patch_message)
                    .takes(&EDIT)
                    .gives::<Message>(StatusCode::OK, "The message."),
            )
            .delete(
                signed_in("Delete a message", delete_message).gives_nothing(StatusCode::NO_CONTENT, "Gone."),
            ),
    ]
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::AccountsRoot)]
struct AccountsRoot {
    users: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::ChatRoot)]
struct ChatRoot {
    #[serde(rename = "chatRooms")]
    chat_rooms: String,
    messages: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::Token)]
struct Token {
    /// 40 hexadecimal digits.
    auth_token: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::User)]
struct User {
    id: i64,
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    address: Option<String>,
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        let Account { key, email, username, first_name, last_name, phone, address, .. } = account;
        Self { id: key.0, email, username, first_name, last_name, phone, address }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::Me)]
struct Me {
    phone: Option<String>,
    first_name: String,
    last_name: String,
    email: String,
    id: i64,
    username: String,
}

impl From<Account> for Me {
    fn from(account: Account) -> Self {
        let Account { key, email, username, first_name, last_name, phone, .. } = account;
        Self { phone, first_name, last_name, email, id: key.0, username }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::Room)]
struct Room {
    id: i64,
    name: String,
    capacity: i64,
    link: String,
    /// Never shown.
    password: Option<String>,
    creation_date: String,
}

impl From<DoorRoomView> for Room {
    fn from(found: DoorRoomView) -> Self {
        let room = found.view.room;
        let label = found.label.unwrap_or_default();
        Self {
            id: room.key.0,
            name: if label.title.is_empty() { room.name } else { label.title },
            capacity: label.capacity.or(room.capacity.map(i64::from)).unwrap_or_default(),
            link: label.link.unwrap_or_default(),
            password: None,
            creation_date: times::utc(room.created_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = thanchat::Message)]
#[expect(clippy::struct_field_names, reason = "the original's word")]
struct Message {
    id: i64,
    message_text: String,
    creation_date: String,
    /// Null once the account is gone.
    sender: Option<i64>,
    user_receiver: Option<i64>,
    chat_room_receiver: Option<i64>,
}

impl Message {
    fn new(stored: Stored, place: MessagePlace) -> Self {
        let (user_receiver, chat_room_receiver) = match place {
            MessagePlace::Direct { receiver } => (Some(receiver.0), None),
            MessagePlace::Room(room) => (None, Some(room.0)),
        };
        Self {
            id: stored.key.0,
            message_text: stored.text,
            creation_date: times::utc(stored.created_at),
            sender: stored.sender.map(|sender| sender.0),
            user_receiver,
            chat_room_receiver,
        }
    }
}

impl From<PlacedMessage> for Message {
    fn from(found: PlacedMessage) -> Self {
        Self::new(found.message, found.place)
    }
}

fn challenge() -> Refusal {
    unauthorized(NOT_AUTHENTICATED)
}

fn unauthorized(detail: &str) -> Refusal {
    Refusal::detail(StatusCode::UNAUTHORIZED, detail).challenge("Basic realm=\"api\"")
}

fn authenticate(call: &Call) -> BoxFuture<'_, Result<Viewer, Refusal>> {
    Box::pin(async move {
        let header = call.header("authorization").unwrap_or_default();
        let mut words = header.split_whitespace();
        let scheme = words.next().unwrap_or_default().to_ascii_lowercase();
        let (first, more) = (words.next(), words.next().is_some());
        let (credential, wrong) = match (scheme.as_str(), first) {
            ("token", None) => return Err(unauthorized("Invalid token header. No credentials provided.")),
            ("token", Some(_)) if more => {
                return Err(unauthorized("Invalid token header. Token string should not contain spaces."));
            }
            ("token", Some(token)) => (Credential::Key(token.to_owned()), "Invalid token."),
            ("basic", None) => return Err(unauthorized("Invalid basic header. No credentials provided.")),
            ("basic", Some(pair)) => (basic(call, pair)?, "Invalid username/password."),
            // A token of another door is as good as one of this; what is none was never looked at here.
            ("bearer", Some(_)) => {
                let credential = Credential::from_header(header);
                return Ok(call.app().authenticate(&credential).await.unwrap_or(Viewer::Anonymous));
            }
            _ => return Ok(Viewer::Anonymous),
        };
        let identity = call.app().identify_from(&call.origin, &credential).await;
        identity.map(|identity| identity.viewer).map_err(|error| match error.code() {
            Code::Unauthenticated | Code::TokenExpired | Code::BadCredentials => unauthorized(wrong),
            _ => error.into(),
        })
    })
}

/// A browser sends these by itself, so a page of elsewhere might have it write.
fn basic(call: &Call, pair: &str) -> Result<Credential, Refusal> {
    if !call.from_known_page {
        return Err(Refusal::detail(
            StatusCode::FORBIDDEN,
            "This page may not use the browser's credentials.",
        ));
    }
    let decoded = STANDARD.decode(pair).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    let (name, password) =
        pair.ok_or_else(|| unauthorized("Invalid basic header. Credentials not correctly base64 encoded."))?;
    Ok(Credential::Basic { name: name.to_owned(), password: password.into() })
}

async fn accounts_root(call: Call) -> Answer {
    Reply::json(&AccountsRoot { users: call.route_link("/userauth/users/") })
}

async fn chat_root(call: Call) -> Answer {
    let (chat_rooms, messages) =
        (call.route_link("/chatApp/chatRooms/"), call.route_link("/chatApp/messages/"));
    Reply::json(&ChatRoot { chat_rooms, messages })
}

async fn sign_up(call: Call) -> Answer {
    let input = call.input(&SIGNUP).await?;
    let signup = DoorSignup {
        username: Some(input.text("username").to_owned()),
        email: input.text("email").to_owned(),
        email_claim: EmailClaim::Required,
        password: secret(&input, "password"),
        first_name: input.text("first_name").to_owned(),
        last_name: input.text("last_name").to_owned(),
        user_type: UserType::Other,
        phone: input.maybe_text("phone").map(str::to_owned),
        address: input.maybe_text("address").map(str::to_owned),
        notes_room: None,
    };
    let made = call.app().register(&call.viewer, &call.origin, Door::ThanChat, signup).await;
    let similar = fold(input.text("password")).contains(&fold(input.text("username")));
    let user = made.map_err(|error| refuse_account(&call, error, similar))?;
    Reply::created(&User::from(user))
}

/// Faults of an account, in djoser's words.
fn refuse_account(call: &Call, error: Error, similar: bool) -> Refusal {
    if !error.is_expected() || error.code() == Code::Forbidden {
        return error.into();
    }
    drf::fields(&error, call.language, |fault: &Fault| match fault.text {
        Text::EmailTaken => Some(("email", "user with this email already exists.".to_owned())),
        Text::PasswordCommon if similar => {
            Some(("password", "The password is too similar to the username.".to_owned()))
        }
        _ => None,
    })
}

async fn log_in(call: Call) -> Answer {
    let input = call.input(&LOGIN).await?;
    let name = LoginName::Username(input.text("username"));
    let password = secret(&input, "password");
    let opened =
        call.app().sign_in(&call.viewer, &call.origin, Door::ThanChat, name, password, Duration::MAX).await;
    let session = opened.map_err(|error| match error.code() {
        Code::BadCredentials => {
            Refusal::field("non_field_errors", "Unable to log in with provided credentials.")
        }
        _ => error.into(),
    })?;
    Reply::json(&Token { auth_token: call.app().api_key(&session.viewer(), &session).await? })
}

async fn log_out(call: Call) -> Answer {
    call.app().logout(&call.viewer, None).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn own_account(call: &Call) -> Result<Account, Refusal> {
    call.app().viewer(&call.viewer).await?.ok_or_else(challenge)
}

/// The caller's own account, which is all that they see by number.
async fn account_by_key(call: &Call) -> Result<Account, Refusal> {
    let account = own_account(call).await?;
    if call.key("id") == Some(account.key.0) { Ok(account) } else { Err(drf::not_found("Not found.")) }
}

async fn list_users(call: Call) -> Answer {
    Reply::json(&[User::from(own_account(&call).await?)])
}

async fn me(call: Call) -> Answer {
    Reply::json(&Me::from(own_account(&call).await?))
}

async fn user(call: Call) -> Answer {
    Reply::json(&User::from(account_by_key(&call).await?))
}

async fn put_me(call: Call) -> Answer {
    let input = call.input(&PROFILE).await?;
    Reply::json(&Me::from(change_profile(&call, &input).await?))
}

async fn patch_me(call: Call) -> Answer {
    let input = call.changes(&PROFILE).await?;
    Reply::json(&Me::from(change_profile(&call, &input).await?))
}

async fn put_user(call: Call) -> Answer {
    account_by_key(&call).await?;
    let input = call.input(&PROFILE).await?;
    Reply::json(&User::from(change_profile(&call, &input).await?))
}

async fn patch_user(call: Call) -> Answer {
    account_by_key(&call).await?;
    let input = call.changes(&PROFILE).await?;
    Reply::json(&User::from(change_profile(&call, &input).await?))
}

async fn change_profile(call: &Call, input: &Input) -> Result<Account, Refusal> {
    let given = |name: &str| input.maybe_text(name).map(str::to_owned);
    let clearable = |name: &str| input.has(name).then(|| given(name));
    let change = ProfileChange {
        email: given("email"),
        first_name: given("first_name"),
        last_name: given("last_name"),
        phone: clearable("phone"),
        address: clearable("address"),
        ..ProfileChange::default()
    };
    let changed = call.app().update_profile(&call.viewer, None, change).await;
    changed.map_err(|error| refuse_account(call, error, false))
}

async fn delete_me(call: Call) -> Answer {
    let account = own_account(&call).await?;
    delete_account(&call, account.key).await
}

async fn delete_user(call: Call) -> Answer {
    let account = account_by_key(&call).await?;
    delete_account(&call, account.key).await
}

async fn delete_account(call: &Call, account: UserKey) -> Answer {
    let input = call.input(&CURRENT_PASSWORD).await?;
    confirm_password(call, &input).await?;
    call.app().delete_account(&call.viewer, account).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn confirm_password(call: &Call, input: &Input) -> Result<(), Refusal> {
    let confirmed = call.app().confirm_password(&call.viewer, secret(input, "current_password")).await;
    confirmed.map_err(wrong_password)
}

fn wrong_password(error: Error) -> Refusal {
    match error.code() {
        Code::BadCredentials => Refusal::field("current_password", "Invalid password."),
        _ => error.into(),
    }
}

async fn set_password(call: Call) -> Answer {
    let input = call.input(&SET_PASSWORD).await?;
    let (current, new) = (secret(&input, "current_password"), secret(&input, "new_password"));
    let account = own_account(&call).await?;
    let similar = fold(new.expose_secret()).contains(&fold(&account.username));
    let changed = call.app().change_password(&call.viewer, &call.origin, current, new).await;
    changed.map_err(|error| match error.code() {
        Code::WeakPassword => drf::fields(&error, call.language, |fault| {
            let similar = similar && fault.text == Text::PasswordCommon;
            let own = || "The password is too similar to the username.".to_owned();
            Some(("new_password", if similar { own() } else { drf::fault_text(fault, call.language) }))
        }),
        _ => wrong_password(error),
    })?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn set_username(call: Call) -> Answer {
    let input = call.input(&SET_USERNAME).await?;
    confirm_password(&call, &input).await?;
    let username = Some(input.text("new_username").to_owned());
    let change = ProfileChange { username, ..ProfileChange::default() };
    let changed = call.app().update_profile(&call.viewer, None, change).await;
    changed.map_err(|error| match error.code() {
        Code::UsernameTaken => drf::fields(&error, call.language, |fault| {
            Some(("new_username", drf::fault_text(fault, call.language)))
        }),
        _ => error.into(),
    })?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// No mail is sent from here. The answer is the same for everyone, so that it does not tell who has an account.
async fn no_mail(call: Call) -> Answer {
    call.input(&RESET).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// As no mail is sent, nobody has what it would have held.
async fn unknown_uid(call: Call) -> Answer {
    call.input(&CONFIRM).await?;
    Err(Refusal::field("uid", "Invalid user id or user doesn't exist."))
}

async fn rooms(call: Call) -> Answer {
    let asked = RoomsQuery { open_too: true, everything: false };
    let found = call.app().rooms_window(&call.viewer, asked, Window::default()).await?;
    let rooms: Vec<Room> = found.items.into_iter().filter(is_room).map(Room::from).collect();
    Reply::json(&rooms)
}

/// Whether it is a room to these callers, who know no rooms of two, and not one that they would have to join.
fn is_room(found: &DoorRoomView) -> bool {
    let room = &found.view.room;
    room.kind == RoomKind::Group && (room.is_open || found.view.role.is_some())
}

/// The room, joined by its password where it asks for one and the query has it.
async fn find_room(call: &Call, key: Option<i64>) -> Result<Option<DoorRoomView>, Refusal> {
    let Some(key) = key else { return Ok(None) };
    let room = RoomRef::Key(RoomKey(key));
    let found = call.app().room_at_door(&call.viewer, room).await?;
    let Some(asking) =
        found.as_ref().filter(|found| !is_room(found) && call.app().bounds().room_passwords_asked)
    else {
        return Ok(found.filter(is_room));
    };
    let Some(password) = call.query("password") else { return Ok(None) };
    let id = Some(asking.view.room.id);
    let request = JoinRoom { room: id, invite_code: None, password: Some(password.into()) };
    call.app().join_room(&call.viewer, request).await?;
    Ok(call.app().room_at_door(&call.viewer, room).await?.filter(is_room))
}

async fn the_room(call: &Call) -> Result<DoorRoomView, Refusal> {
    find_room(call, call.key("id")).await?.ok_or_else(|| drf::not_found("Not found."))
}

async fn room(call: Call) -> Answer {
    Reply::json(&Room::from(the_room(&call).await?))
}

async fn create_room(call: Call) -> Answer {
    let input = call.input(&ROOM).await?;
    let new = NewDoorRoom {
        kind: RoomKind::Group,
        label: RoomLabel {
            title: input.text("name").to_owned(),
            kind: String::new(),
            link: Some(input.text("link").to_owned()),
            capacity: input.integer("capacity"),
        },
        members: Vec::new(),
        caller_is_member: true,
        open: true,
        password: input.maybe_text("password").map(Into::into),
    };
    Reply::created(&Room::from(call.app().create_room_at(&call.viewer, Door::ThanChat, new).await?))
}

async fn put_room(call: Call) -> Answer {
    let found = the_room(&call).await?;
    let input = call.input(&ROOM).await?;
    relabel(&call, &found, &input).await
}

async fn patch_room(call: Call) -> Answer {
    let found = the_room(&call).await?;
    let input = call.changes(&ROOM).await?;
    relabel(&call, &found, &input).await
}

async fn relabel(call: &Call, found: &DoorRoomView, input: &Input) -> Answer {
    let change = RoomLabelChange {
        title: input.maybe_text("name").map(str::to_owned),
        kind: None,
        link: input.maybe_text("link").map(|link| Some(link.to_owned())),
        capacity: input.integer("capacity").map(Some),
        password: input.has("password").then(|| input.maybe_text("password").map(Into::into)),
        ..RoomLabelChange::default()
    };
    let room = RoomRef::Key(found.view.room.key);
    Reply::json(&Room::from(call.app().relabel_room(&call.viewer, Door::ThanChat, room, change).await?))
}

async fn delete_room(call: Call) -> Answer {
    let found = the_room(&call).await?;
    call.app().delete_room_at(&call.viewer, RoomRef::Key(found.view.room.key)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The room that the query names; callers were told to end its number with a slash.
fn room_in_query(call: &Call) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.query("chat_room_id") else { return Ok(None) };
    let number = text.trim().trim_end_matches('/').parse();
    number.map(Some).map_err(|_| Refusal::field("chat_room_id", drf::fields::NOT_INTEGER))
}

async fn messages(call: Call) -> Answer {
    let found: Vec<Message> = match room_in_query(&call)? {
        Some(key) => {
            let mut texts = texts(&call, RoomKey(key)).await?;
            // Where it may be a room that has to be joined first.
            if texts.is_none() && find_room(&call, Some(key)).await?.is_some() {
                texts = self::texts(&call, RoomKey(key)).await?;
            }
            let place = MessagePlace::Room(RoomKey(key));
            texts.unwrap_or_default().into_iter().map(|message| Message::new(message, place)).collect()
        }
        None => {
            let (which, order) = (MessagesQuery::SentToMe, Order::OldestFirst);
            let list = call.app().messages_window(&call.viewer, which, order, Window::default()).await?;
            list.items.into_iter().map(Message::from).collect()
        }
    };
    Reply::json(&found)
}

/// The messages of a room that is shown here, if this is one.
async fn texts(call: &Call, room: RoomKey) -> Result<Option<Vec<Stored>>, Refusal> {
    let (room, order) = (RoomRef::Key(room), Order::OldestFirst);
    let found = call.app().room_texts(&call.viewer, room, order, Window::default()).await?;
    Ok(match found.filter(|(room, _)| is_room(room)) {
        Some((_, texts)) => Some(texts?.items),
        None => None,
    })
}

async fn send(call: Call) -> Answer {
    let input = call.input(&MESSAGE).await?;
    let (to, room) = (input.integer("user_receiver"), input.integer("chat_room_receiver"));
    let (room, place) = match (to, room) {
        (Some(to), None) => {
            let opened = call.app().direct_room_at(&call.viewer, Door::ThanChat, UserKey(to), None).await;
            let (found, _) = opened.map_err(|error| no_receiver(error, "user_receiver", to))?;
            (found.view.room.key, MessagePlace::Direct { receiver: UserKey(to) })
        }
        (None, Some(key)) => (RoomKey(key), MessagePlace::Room(RoomKey(key))),
        (Some(_), Some(_)) | (None, None) => {
            let text = "Give either user_receiver or chat_room_receiver.";
            return Err(Refusal::field("non_field_errors", text));
        }
    };
    let text = input.text("message_text").to_owned();
    let scope = if place == MessagePlace::Room(room) { RoomScope::Groups } else { RoomScope::Any };
    let request = PostMessage { text, blank: Blank::Kept, scope, ..PostMessage::default() };
    let post = |request| call.app().post_at(&call.viewer, RoomRef::Key(room), request);
    let posted = match post(request.clone()).await {
        // Where it may be a room that has to be joined first.
        Err(error) if scope == RoomScope::Groups && is_of_room(&error) => {
            let found = find_room(&call, Some(room.0)).await?;
            found.ok_or_else(|| Refusal::field("chat_room_receiver", no_such_key(room.0)))?;
            post(request).await
        }
        posted => posted,
    };
    let posted = posted.map_err(|error| refuse_text(&call, error))?;
    let message = spaced(&Message::new(posted.message, place))?;
    Ok(Reply::raw("application/json", message).status(StatusCode::CREATED))
}

fn is_of_room(error: &Error) -> bool {
    matches!(error.code(), Code::NotFound | Code::NotAMember | Code::Forbidden)
}

fn no_receiver(error: Error, field: &str, key: i64) -> Refusal {
    match error.code() {
        Code::NotFound => Refusal::field(field, no_such_key(key)),
        _ => error.into(),
    }
}

/// A message that the caller sent or got, or one of the room that the query names.
async fn the_message(call: &Call) -> Result<PlacedMessage, Refusal> {
    let missing = || drf::not_found("Not found.");
    let key = MessageKey(call.key("id").ok_or_else(missing)?);
    let room = room_in_query(call)?;
    let found = call.app().message_at_door(&call.viewer, key).await?.ok_or_else(missing)?;
    let caller = call.viewer.signed_in().map(|caller| caller.user);
    let is_direct = match found.place {
        MessagePlace::Direct { receiver } => Some(receiver) == caller || found.message.sender == caller,
        MessagePlace::Room(key) => room == Some(key.0),
    };
    if is_direct { Ok(found) } else { Err(missing()) }
}

async fn message(call: Call) -> Answer {
    Reply::json(&Message::from(the_message(&call).await?))
}

async fn put_message(call: Call) -> Answer {
    let found = the_message(&call).await?;
    let input = call.input(&EDIT).await?;
    edit(&call, found, &input).await
}

async fn patch_message(call: Call) -> Answer {
    let found = the_message(&call).await?;
    let input = call.changes(&EDIT).await?;
    edit(&call, found, &input).await
}

async fn edit(call: &Call, found: PlacedMessage, input: &Input) -> Answer {
    let Some(text) = input.maybe_text("message_text") else { return Reply::json(&Message::from(found)) };
    let (key, text) = (found.message.key, text.to_owned());
    let edited = call.app().edit_message_at(&call.viewer, key, text, Blank::Kept).await;
    let edited = edited.map_err(|error| refuse_text(call, error))?;
    Reply::json(&Message::new(edited, found.place))
}

/// Faults of a text under the name that it has here.
fn refuse_text(call: &Call, error: Error) -> Refusal {
    match error.code() {
        Code::BadInput | Code::Empty | Code::TooLong => drf::fields(&error, call.language, |fault| {
            Some(("message_text", drf::fault_text(fault, call.language)))
        }),
        _ => error.into(),
    }
}

async fn delete_message(call: Call) -> Answer {
    let found = the_message(&call).await?;
    call.app().delete_message(&call.viewer, found.message.key).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn secret(input: &Input, name: &str) -> SecretString {
    input.text(name).into()
}
