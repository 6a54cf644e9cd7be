//! ChatCRM: `/api/v1` without slashes at the ends of its paths, tokens of a day, and rooms by 22-character ids.
//! Of its later server, guest sign-in and the support desk are not here: the one gives out tokens of any account
//! whose address is named, the other is a product of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::auth::{DoorSignup, EmailClaim, LoginName, Origin};
use crate::app::live::{InboxFeed, Moment, RoomName, Told};
use crate::app::media::{NewFile, avatar_path};
use crate::app::messages::{PostMessage, Sent};
use crate::app::rooms::NewDoorRoom;
use crate::app::users::ProfileChange;
use crate::auth::credential::Credential;
use crate::domain::events::Happening;
use crate::domain::ids::{MessageKey, UserKey};
use crate::domain::media::{Attachment, AvatarFolder};
use crate::domain::messages::{Blank, Message as Stored};
use crate::domain::rooms::{DoorRoomView, RoomKind, RoomLabel, RoomRef};
use crate::domain::sessions::{Door, Viewer};
use crate::domain::short_ids;
use crate::domain::users::{User, UserType};
use crate::domain::windows::{Order, PeopleOrder, PeopleQuery, RoomsQuery, Window};
use crate::error::{Code, Error, Text};
use crate::hub::OnlineBell;
use crate::rest::body::Given;
use crate::rest::call::Call;
use crate::rest::drf::bearer::{self, Words};
use crate::rest::drf::fields::{self, Field, Form, email, file, key, keys, password, text, username};
use crate::rest::drf::paging::{Cut, list, window};
use crate::rest::drf::pictures::{self, Decoded};
use crate::rest::drf::{self, times};
use crate::rest::reply::{FieldErrors, Refusal, Reply};
use crate::rest::route::{Answer, Dialect, Ids, Operation, Route, StandIn, open, signed_in, unasked};
use crate::rest::sockets::{Conversation, Heard, Peer, Say, SocketRoute, forbidden, not_good};

const DAY: Duration = Duration::from_hours(24);
/// Where its own web client is served from while it is worked on.
const PAGES: [&str; 2] = ["http://localhost:4200", "https://localhost:4200"];
const STAND_INS: [StandIn; 2] = [
    StandIn { path: "/backoffice_site/", ours: "/admin" },
    StandIn { path: "/backoffice_site/{*rest}", ours: "/admin" },
];
const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
const ROOM_NAME_CHARS_MAX: usize = 20;
const ROOM_TYPE_CHARS_MAX: usize = 10;
/// The type of a room whose maker names none.
const DEFAULT_TYPE: &str = "DM";
/// What stands for a message of nothing, and for a name of nothing, which is another than no name.
const BLANK: &str = " ";
const NO_SUCH_ROOM: &str = "Chat room with this id doesnt exists";
const NOT_A_MEMBER: &str = "You aren't member of this chat room!";

const TOKENS: Words =
    Words { status: StatusCode::UNAUTHORIZED, invalid: "Token is invalid", expired: "Token is expired" };

const SIGNUP: Form = Form {
    name: "chatcrm.Signup",
    fields: &[
        text("first_name").max(150).blank(),
        text("last_name").max(150).blank(),
        username("username").max(150),
        email("email"),
        password("password"),
        password("passwordTwo"),
        file("image").optional().nullable(),
    ],
};

const LOGIN: Form = Form { name: "chatcrm.Login", fields: &[text("username"), password("password")] };

const ROOM: Form = Form {
    name: "chatcrm.NewRoom",
    fields: &[
        text("name").optional().nullable().blank().max(ROOM_NAME_CHARS_MAX),
        text("type").optional().max(ROOM_TYPE_CHARS_MAX),
        keys("members").optional(),
    ],
};

const MESSAGE: Form = Form { name: "chatcrm.NewMessage", fields: &message_fields(text("roomId")) };

/// Where the path names the room.
const MESSAGE_AT: Form =
    Form { name: "chatcrm.NewMessageInRoom", fields: &message_fields(text("roomId").optional()) };

const fn message_fields(room: Field) -> [Field; 4] {
    [room, key("user").optional().nullable(), text("message").optional(), file("image").optional().nullable()]
}

const UPLOAD: Form = Form {
    name: "chatcrm.NewFile",
    fields: &[text("roomId"), file("file"), text("message").optional().blank()],
};

const PROFILE: Form = Form {
    name: "chatcrm.ProfileChange",
    fields: &[
        email("email").optional(),
        text("first_name").optional().blank().max(150),
        text("last_name").optional().blank().max(150),
        file("image").optional().nullable(),
    ],
};

const PASSWORD: Form = Form {
    name: "chatcrm.PasswordChange",
    fields: &[password("current_password"), password("new_password"), password("confirm_new_password")],
};

pub(super) fn dialect() -> Dialect {
    Dialect {
        name: "chatcrm",
        title: "ChatCRM",
        about: "Paths without a slash at their ends; a Bearer token from `login`; rooms by 22-character ids.",
        credentials: &["bearer"],
        authenticate: |call| Box::pin(bearer::caller(call, TOKENS)),
        ids: Ids::Short,
        challenge: bearer::needed,
        routes: account_routes()
            .into_iter()
            .chain(chat_routes())
            .map(|route| route.for_pages(&PAGES))
            .collect(),
        sockets: vec![SocketRoute {
            path: "/ws/user/{id}/chat/",
            about: "Messages, typing and who is online, of all rooms of the person whose 22-character id the path \
                has. The token comes as `?token=` or in the header, and has to be that person's.",
            claims: |_| true,
            open: |call| Box::pin(open_socket(call)),
        }],
        stand_ins: &STAND_INS,
    }
}

fn account_routes() -> Vec<Route> {
    vec![
        Route::at("/api/v1/signup").post(
            open("Sign up", signup)
                .takes(&SIGNUP)
                .gives::<SignedUp>(StatusCode::CREATED, "The account, with a SELF room of its own."),
        ),
        Route::at("/api/v1/login").post(
            unasked("Log in", login).takes(&LOGIN).gives::<Tokens>(StatusCode::OK, "Tokens for a day."),
        ),
        Route::at("/api/v1/users").get(
            signed_in("List people", people)
                .asks("limit", "How many at most; makes an envelope of the list.")
                .asks("offset", "How many to leave out first, with `limit`.")
                .asks("exclude", "Ids to leave out, between commas.")
                .asks("search", "Part of a username or of a name.")
                .gives_many::<Person>(StatusCode::OK, "By first name.")
                .gives_piece::<Person>(StatusCode::OK, "With `limit` in an envelope."),
        ),
        Route::at("/api/v1/profile")
            .get(signed_in("Read the own profile", profile).gives::<Profile>(StatusCode::OK, "The caller."))
            .put(profile_change())
            .patch(profile_change()),
        Route::at("/api/v1/change-password").post(
            signed_in("Change the own password", change_password)
                .takes(&PASSWORD)
                .gives::<Said>(StatusCode::OK, "Other sessions have ended."),
        ),
    ]
}

fn chat_routes() -> Vec<Route> {
    vec![
        Route::at("/api/v1/chats").get(room_list()),
        Route::at("/api/v1/user/chats").get(room_list()),
        Route::at("/api/v1/chats/create").post(
            signed_in("Make a room", create_room).takes(&ROOM).gives::<Room>(
                StatusCode::CREATED,
                "A new room, however many there are with the same people.",
            ),
        ),
        Route::at("/api/v1/chats/messages")
            .get(
                signed_in("List messages of no room", no_messages)
                    .asks("limit", "Makes an envelope of the list.")
                    .gives_many::<Message>(StatusCode::OK, "Nothing.")
                    .gives_piece::<Message>(StatusCode::OK, "With `limit` in an envelope."),
            )
            .post(
                signed_in("Send a message", send)
                    .takes(&MESSAGE)
                    .gives::<Message>(StatusCode::CREATED, "As stored.")
                    .gives::<Failed>(StatusCode::FORBIDDEN, "The caller is not in the room."),
            ),
        Route::at("/api/v1/chats/messages/upload-file").post(
            signed_in("Send a file", upload_file)
                .takes(&UPLOAD)
                .gives::<Upload>(StatusCode::CREATED, "The message, with a link to the file.")
                .gives::<Failed>(
                    StatusCode::BAD_REQUEST,
                    "The room or the file is missing, or the file no good.",
                )
                .gives::<Failed>(StatusCode::FORBIDDEN, "The caller is not in the room.")
                .gives::<Failed>(StatusCode::NOT_FOUND, "This is no id of a room."),
        ),
        Route::at("/api/v1/chats/mark-read/{id}").post(
            signed_in("Mark a room as read", mark_read)
                .gives::<Marked>(StatusCode::OK, "All of it, up to now.")
                .gives::<Failed>(StatusCode::FORBIDDEN, "The caller is not in the room.")
                .gives::<Failed>(StatusCode::NOT_FOUND, "This is no id of a room."),
        ),
        Route::at("/api/v1/chats/messages/{id}")
            .get(
                signed_in("List messages of a room", history)
                    .asks("limit", "How many at most; makes an envelope of the list.")
                    .asks("offset", "How many to leave out first, with `limit`.")
                    .gives_many::<Message>(
                        StatusCode::OK,
                        "Newest first; nothing for those who are not in it.",
                    )
                    .gives_piece::<Message>(StatusCode::OK, "With `limit` in an envelope."),
            )
            .post(
                signed_in("Send a message to the room of the path", send)
                    .takes(&MESSAGE_AT)
                    .gives::<Message>(StatusCode::CREATED, "As stored.")
                    .gives::<Failed>(StatusCode::FORBIDDEN, "The caller is not in the room."),
            ),
    ]
}

fn profile_change() -> Operation {
    signed_in("Change the own profile", change_profile)
        .takes(&PROFILE)
        .gives::<Profile>(StatusCode::OK, "As it is now.")
}

fn room_list() -> Operation {
    signed_in("List rooms", rooms).gives_many::<Room>(StatusCode::OK, "In the order they were made.")
}

async fn signup(call: Call) -> Answer {
    let input = call.input(&SIGNUP).await?;
    let field = |name: &str| input.text(name).to_owned();
    let signup = DoorSignup {
        username: Some(field("username")),
        email: field("email"),
        email_claim: EmailClaim::Required,
        password: field("password").into(),
        first_name: field("first_name"),
        last_name: field("last_name"),
        user_type: UserType::default(),
        phone: None,
        address: None,
        notes_room: Some(field("first_name") + input.text("last_name")),
    };
    let picture = pictures::decoded(&call, &input, "image").await?;
    if picture.is_err() || input.text("password") != input.text("passwordTwo") {
        // All that is wrong with single fields is told before two are compared.
        let checked = call.app().check_registration(&call.viewer, &call.origin, Door::ChatCrm, &signup).await;
        let mut errors = match checked.map_err(|error| drf::refusal(&error, call.language)) {
            Ok(()) => FieldErrors::default(),
            Err(Refusal::Fields(errors)) => errors,
            Err(other) => return Err(other),
        };
        match picture {
            Err(text) => errors.add("image", text),
            Ok(_) if errors.is_empty() => errors.add("password", "Password fields didn't match."),
            Ok(_) => {}
        }
        return Err(Refusal::Fields(errors));
    }
    let user = call.app().register(&call.viewer, &call.origin, Door::ChatCrm, signup).await?;
    if let Ok(Some(Decoded { picture, .. })) = picture {
        let whose = Some(user.key);
        let shown = call.app().set_avatar(&Viewer::Operator, whose, AvatarFolder::User, picture).await;
        if let Err(error) = shown {
            // The account is there, and a picture can be set later.
            tracing::warn!(%error, "Somebody signed up, and their picture could not be stored.");
        }
    }
    Reply::created(&SignedUp {
        id: user.key.0,
        user_id: short_ids::encode(user.id),
        message: "User registered successfully",
    })
}

async fn login(call: Call) -> Answer {
    let input = call.input(&LOGIN).await?;
    let name = input.text("username");
    let name = if name.contains('@') { LoginName::Email(name) } else { LoginName::Username(name) };
    let password = input.text("password").into();
    let opened = call.app().sign_in(&call.viewer, &call.origin, Door::ChatCrm, name, password, DAY).await;
    let session = opened.map_err(|error| match error.code() {
        Code::BadCredentials => Refusal::field("non_field_errors", "Invalid credentials."),
        _ => error.into(),
    })?;
    let id = session.user.key.0;
    let claims = Map::from_iter([
        ("user_id".to_owned(), Value::from(id.to_string())),
        ("userId".to_owned(), Value::from(id)),
    ]);
    let tokens = call.app().door_tokens(&call.viewer, &session, DAY, claims)?;
    let user_id = short_ids::encode(session.user.id);
    Reply::json(&Tokens { refresh: tokens.refresh, access: tokens.access, user_id })
}

async fn people(call: Call) -> Answer {
    let cut = Cut::of(&call, None);
    let Some(exclude) = excluded(&call) else { return list(&call, cut, 0, Vec::<Person>::new()) };
    let search = call.query("search").map(|text| text.trim().to_owned());
    let asked = PeopleQuery {
        order: PeopleOrder::FirstName,
        // Addresses are not searched, since people do not see those of others.
        name_contains: search.filter(|text| !text.is_empty()),
        exclude,
        ..PeopleQuery::default()
    };
    let found = match call.app().people_window(&call.viewer, asked, window(cut)).await {
        Ok(found) => found,
        // So long a name nobody has.
        Err(error) if drf::is_of_fields(&error) => return list(&call, cut, 0, Vec::<Person>::new()),
        Err(error) => return Err(error.into()),
    };
    let people = found.items.iter().map(|user| Person::of(user, &call.base)).collect();
    list(&call, cut, found.total, people)
}

/// Whom to leave out; nothing where one of the ids is no number, and then nobody is listed.
fn excluded(call: &Call) -> Option<Vec<UserKey>> {
    match call.query("exclude").filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.split(',').map(|id| id.trim().parse().ok().map(UserKey)).collect(),
        None => Some(Vec::new()),
    }
}

async fn profile(call: Call) -> Answer {
    Reply::json(&Profile::of(own_account(&call).await?, &call.base))
}

async fn own_account(call: &Call) -> Result<User, Refusal> {
    call.app().viewer(&call.viewer).await?.ok_or_else(bearer::needed)
}

async fn change_profile(call: Call) -> Answer {
    let input = PROFILE.read_partly(&call.form().await?)?;
    let decoded = pictures::decoded(&call, &input, "image").await?;
    let picture = decoded.map_err(|text| Refusal::field("image", text))?;
    let given = |name: &str| input.maybe_text(name).map(str::to_owned);
    let change = ProfileChange {
        email: given("email"),
        first_name: given("first_name"),
        last_name: given("last_name"),
        avatar: (input.has("image") && picture.is_none()).then_some(None),
        ..ProfileChange::default()
    };
    let changed = call.app().update_profile(&call.viewer, None, change).await;
    let mut user = changed.map_err(|error| {
        drf::fields(&error, call.language, |fault| {
            (fault.text == Text::EmailTaken).then(|| ("email", "Email existing currently!".to_owned()))
        })
    })?;
    if let Some(Decoded { picture, .. }) = picture {
        user = call.app().set_avatar(&call.viewer, None, AvatarFolder::User, picture).await?;
    }
    Reply::json(&Profile::of(user, &call.base))
}

async fn change_password(call: Call) -> Answer {
    let input = call.input(&PASSWORD).await?;
    let (new, again) = (input.text("new_password"), input.text("confirm_new_password"));
    if new != again {
        return Err(Refusal::field("confirm_new_password", "The password doesn't match."));
    }
    let current = input.text("current_password").into();
    call.app().change_password_at(&call.viewer, current, new.into()).await.map_err(|error| {
        if *error.text() == Text::WrongPassword {
            return Refusal::field("current_password", "The password is incorrect from server!");
        }
        error.into()
    })?;
    Reply::json(&Said { message: "Password were updated successfully!" })
}

async fn rooms(call: Call) -> Answer {
    let app = call.app();
    let found = app.rooms_window(&call.viewer, RoomsQuery::default(), Window::default()).await?;
    let keys = found.items.iter().map(|room| room.view.room.key).collect();
    let mut members = app.members_of(&call.viewer, keys).await?;
    let rooms = found.items.iter().map(|room| {
        let people = members.remove(&room.view.room.key).unwrap_or_default();
        Room::of(room, &people, call.viewer, &call.base)
    });
    Reply::json(&rooms.collect::<Vec<_>>())
}

async fn create_room(call: Call) -> Answer {
    let data = call.data().await?;
    if !matches!(data.get("members"), Given::Absent | Given::Json(Value::Array(_))) {
        return Err(Refusal::error(StatusCode::BAD_REQUEST, "Members should be a list."));
    }
    let input = ROOM.read(&data)?;
    let caller = call.viewer.signed_in().map(|caller| caller.user).ok_or_else(bearer::needed)?;
    let others: Vec<UserKey> =
        input.integers("members").iter().copied().map(UserKey).filter(|user| *user != caller).collect();
    let word = input.maybe_text("type").unwrap_or(DEFAULT_TYPE);
    let kind = match word {
        "SELF" => RoomKind::SelfNotes,
        "DUO" | DEFAULT_TYPE => RoomKind::Duo,
        _ => RoomKind::Group,
    };
    let title = match input.maybe_text("name") {
        None => "",
        Some("") => BLANK,
        Some(name) => name,
    };
    let label = RoomLabel { title: title.to_owned(), kind: word.to_owned(), link: None, capacity: None };
    let new =
        NewDoorRoom { kind, label, members: others, caller_is_member: true, open: false, password: None };
    let made = call.app().create_room_at(&call.viewer, Door::ChatCrm, new).await;
    let room = made.map_err(|error| match *error.text() {
        Text::MemberKeyUnknown { key } => Refusal::field("members", fields::no_such_key(key)),
        _ => error.into(),
    })?;
    let key = room.view.room.key;
    let people = call.app().members_of(&call.viewer, vec![key]).await?.remove(&key).unwrap_or_default();
    // Here the links have no host.
    Reply::created(&Room::of(&room, &people, call.viewer, ""))
}

async fn send(call: Call) -> Answer {
    let data = call.data().await?;
    let in_path = call.param("id");
    let form = if in_path.is_empty() { &MESSAGE } else { &MESSAGE_AT };
    let input = form.read(&data)?;
    let mut errors = FieldErrors::default();
    let room = short_ids::decode(if in_path.is_empty() { input.text("roomId") } else { in_path });
    if room.is_none() {
        if !in_path.is_empty() {
            return Err(no_room());
        }
        errors.add("roomId", NO_SUCH_ROOM);
    }
    if let Some(user) = input.integer("user")
        && call.app().users_by_key(&call.viewer, vec![UserKey(user)]).await?.is_empty()
    {
        errors.add("user", fields::no_such_key(user));
    }
    let picture = pictures::decoded(&call, &input, "image").await?.unwrap_or_else(|text| {
        errors.add("image", text);
        None
    });
    errors.check()?;
    let room = room.ok_or_else(Error::not_found)?;
    let mut uploads = Vec::new();
    if let Some(Decoded { name, picture }) = picture {
        check_member(&call, room).await?;
        let stored = call.app().store_picture(&call.viewer, &name, picture).await;
        uploads.push(stored.map_err(|error| drf::in_field(&error, call.language, "image"))?);
    }
    let text = input.maybe_text("message").unwrap_or(BLANK).to_owned();
    let request = PostMessage { text, blank: Blank::Kept, uploads, ..PostMessage::default() };
    let posted = call.app().post(&call.viewer, room, request).await.map_err(|error| unsent(&call, &error))?;
    let sent = (posted.message, Some(own_account(&call).await?));
    let files = files_of(&call, [&sent.0]).await?;
    Reply::created(&Message::of(&sent, &files, room, &call))
}

async fn files_of<'m>(call: &Call, messages: impl IntoIterator<Item = &'m Stored>) -> Result<Files, Refusal> {
    let with_files = messages.into_iter().filter(|message| message.attachments > 0);
    let keys: Vec<MessageKey> = with_files.map(|message| message.key).collect();
    if keys.is_empty() {
        return Ok(Files::new());
    }
    Ok(call.app().attachments_of(&call.viewer, keys).await?)
}

type Files = HashMap<MessageKey, Vec<Attachment>>;

/// Before a file is stored, since only members' messages can have one.
async fn check_member(call: &Call, room: Uuid) -> Result<(), Refusal> {
    let seen = call.app().room_at_door(&call.viewer, RoomRef::Id(room)).await?;
    let writes = seen.is_some_and(|seen| seen.view.role.is_some() || seen.view.room.is_open);
    if writes { Ok(()) } else { Err(Refusal::error(StatusCode::FORBIDDEN, NOT_A_MEMBER)) }
}

async fn upload_file(call: Call) -> Answer {
    let data = call.form().await?;
    let bad = |text: &str| Refusal::error(StatusCode::BAD_REQUEST, text);
    let room_id = match data.get("roomId") {
        Given::Text(text) if !text.trim().is_empty() => text,
        _ => return Err(bad("roomId not provided.")),
    };
    let file = match data.get("file") {
        Given::File(file) if !file.bytes.is_empty() => file,
        _ => return Err(bad("file not provided.")),
    };
    if file.bytes.len() > FILE_BYTES_MAX {
        return Err(bad("File size exceeds the maximum limit of 10.0 MB."));
    }
    let room = short_ids::decode(room_id).ok_or_else(no_such_room)?;
    check_member(&call, room).await?;
    let text = match data.get("message") {
        Given::Text(text) => text.to_owned(),
        _ => String::new(),
    };
    let refused = |error: Error| match error.code() {
        _ if drf::is_of_fields(&error) => bad(&error.text().render(call.language)),
        _ => unsent(&call, &error),
    };
    let new = NewFile { name: pictures::named(&file.name).to_owned(), bytes: file.bytes.clone() };
    let upload = call.app().store_file(&call.viewer, new).await.map_err(refused)?;
    let request = PostMessage { text, blank: Blank::Kept, uploads: vec![upload], ..PostMessage::default() };
    let posted = call.app().post(&call.viewer, room, request).await.map_err(refused)?;
    let files = files_of(&call, [&posted.message]).await?;
    let file = files.get(&posted.message.key).and_then(|files| files.first());
    let file = file.ok_or_else(|| Error::internal("a message was stored without its file"))?;
    Reply::created(&Upload::of(&posted.message, file, room, &own_account(&call).await?, &call))
}

/// Why a message is not stored. A room that the caller is not in is not told from one that nobody is in.
fn unsent(call: &Call, error: &Error) -> Refusal {
    match error.code() {
        Code::NotFound | Code::NotAMember => Refusal::error(StatusCode::FORBIDDEN, NOT_A_MEMBER),
        _ => drf::in_field(error, call.language, "message"),
    }
}

async fn mark_read(call: Call) -> Answer {
    let room = short_ids::decode(call.param("id")).ok_or_else(no_such_room)?;
    let outside = || Refusal::error(StatusCode::FORBIDDEN, NOT_A_MEMBER);
    let marked = call.app().mark_all_read(&call.viewer, room).await;
    let last_read_at = times::utc(marked.map_err(|error| match error.code() {
        Code::NotFound | Code::NotAMember | Code::Forbidden => outside(),
        _ => error.into(),
    })?);
    Reply::json(&Marked { message: "Chat marked as read.", room_id: short_ids::encode(room), last_read_at })
}

fn no_such_room() -> Refusal {
    Refusal::error(StatusCode::NOT_FOUND, "Chat room does not exists.")
}

fn no_room() -> Refusal {
    drf::not_found("No ChatRoom matches the given query.")
}

async fn history(call: Call) -> Answer {
    let cut = Cut::of(&call, None);
    let id = short_ids::decode(call.param("id")).ok_or_else(no_room)?;
    let read =
        call.app().history_window(&call.viewer, RoomRef::Id(id), Order::NewestFirst, window(cut)).await;
    let found = match read {
        Ok(found) => found,
        Err(error) if matches!(error.code(), Code::NotFound | Code::NotAMember) => {
            return list(&call, cut, 0, Vec::<Message>::new());
        }
        Err(error) => return Err(error.into()),
    };
    let files = files_of(&call, found.items.iter().map(|(message, _)| message)).await?;
    let messages = found.items.iter().map(|sent| Message::of(sent, &files, id, &call)).collect();
    list(&call, cut, found.total, messages)
}

async fn no_messages(call: Call) -> Answer {
    list(&call, Cut::of(&call, None), 0, Vec::<Message>::new())
}

async fn open_socket(call: Call) -> Result<Conversation, Refusal> {
    let identified = call.app().identify_from(&call.origin, &credential(&call)).await.map_err(not_good)?;
    let caller = identified.viewer.signed_in().copied().ok_or_else(forbidden)?;
    if short_ids::decode(call.param("id")) != Some(caller.user_id) {
        return Err(forbidden());
    }
    let inbox = call.app().follow_inbox(&identified.viewer, None).await;
    let inbox = inbox.map_err(|error| match error.code() {
        Code::QueryTooComplex => Refusal::detail(StatusCode::FORBIDDEN, &error.text().render(call.language)),
        _ => error.into(),
    })?;
    let peer = Peer::of(&call, identified.viewer);
    let desk = Arc::new(Desk { peer, id: call.param("id").to_owned(), origin: call.origin });
    let told = stream::select(desk.rooms(inbox.with_typing()), desk.online());
    let hears = move |heard| -> BoxFuture<'static, Vec<Say>> {
        let desk = Arc::clone(&desk);
        Box::pin(async move { desk.hear(heard).await })
    };
    Ok(Conversation::new(identified.viewer, told.boxed(), hears).lasting(identified.lasts))
}

/// The header, or else the query string, since a browser cannot set the one.
fn credential(call: &Call) -> Credential {
    match (call.header("authorization"), call.query("token")) {
        (Some(header), _) => Credential::from_header(header),
        (None, Some(token)) => Credential::Bearer(token),
        (None, None) => Credential::None,
    }
}

struct Desk {
    peer: Peer,
    /// The person's id in the path.
    id: String,
    origin: Origin,
}

/// What a client says. What else it has is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    action: String,
    room_id: String,
    user: Option<Value>,
    message: Option<String>,
}

/// A frame that cannot be read, or has not all that it needs. The original breaks on it.
const BROKEN: Say = Say::Close(1011, "This is no frame of this protocol.");

impl Desk {
    async fn hear(&self, heard: Heard) -> Vec<Say> {
        self.obey(heard).await.unwrap_or_else(|close| vec![close])
    }

    async fn obey(&self, heard: Heard) -> Result<Vec<Say>, Say> {
        let (Peer { app, viewer, .. }, part) = (&self.peer, |error| self.part(&error));
        app.admit_request(viewer, &self.origin).map_err(part)?;
        let Heard::Text(text) = heard else { return Err(BROKEN) };
        let frame: Frame = serde_json::from_str(&text).map_err(|_| BROKEN)?;
        let room = || short_ids::decode(&frame.room_id).ok_or(BROKEN);
        match frame.action.as_str() {
            "message" => {
                let (Some(Value::String(user)), Some(text)) = (&frame.user, &frame.message) else {
                    return Err(BROKEN);
                };
                if *user != self.id {
                    return Err(Say::Close(1008, "The token is somebody else's."));
                }
                let (text, blank) = (text.clone(), Blank::Kept);
                let request = PostMessage { text, blank, ..PostMessage::default() };
                app.post(viewer, room()?, request).await.map_err(part)?;
                // It comes back as it comes to everyone.
                Ok(Vec::new())
            }
            "typing" => {
                app.set_typing(viewer, room()?, true).await.map_err(part)?;
                Ok(Vec::new())
            }
            _ => Ok(vec![Say::Text("{}".to_owned())]),
        }
    }

    /// A refusal, for which the protocol has no word but good-bye.
    fn part(&self, error: &Error) -> Say {
        self.peer.log(error);
        match error.code() {
            Code::NotFound | Code::NotAMember => Say::Close(1008, NOT_A_MEMBER),
            Code::Forbidden => Say::Close(1008, "Nothing may be added to this room."),
            Code::TooLong => Say::Close(1009, "The text is too long."),
            Code::RateLimited => Say::Close(1013, "Too often; wait a little."),
            Code::Unavailable => Say::Close(1013, "The server is busy; try again shortly."),
            _ => Say::Close(1011, "This could not be done."),
        }
    }

    /// What happens in the person's rooms.
    fn rooms(self: &Arc<Self>, inbox: InboxFeed) -> BoxStream<'static, Vec<Say>> {
        stream::unfold(Some((Arc::clone(self), inbox)), |state| async move {
            let (desk, mut inbox) = state?;
            let told = match inbox.next().await {
                Ok(told) => desk.tell(told).await,
                Err(error) => Err(error),
            };
            match told {
                Ok(said) => Some((said, Some((desk, inbox)))),
                Err(error) => Some((vec![desk.part(&error)], None)),
            }
        })
        .boxed()
    }

    async fn tell(&self, told: Vec<Told>) -> Result<Vec<Say>, Error> {
        let (Peer { app, viewer, .. }, mut said) = (&self.peer, Vec::new());
        for told in told {
            let Some(room) = told.room else { continue };
            match &told.moment {
                Moment::Event(entry) => {
                    let Happening::Message(message) = &entry.event.what else { continue };
                    if message.deleted_at.is_none() {
                        let sender = self.peer.person(entry).await;
                        let image = self.image_of(message).await?;
                        said.push(message_frame(message, sender.as_deref(), image, room));
                    }
                }
                Moment::Typing(people) => {
                    for key in people {
                        let Some(user) = app.person_at(viewer, *key).await? else { continue };
                        let (room_id, user) = (short_ids::encode(room.id), short_ids::encode(user.id));
                        said.push(frame(&Saying::Typing { room_id, user }));
                    }
                }
                _ => {}
            }
        }
        Ok(said)
    }

    /// The link of a message's picture, without a host.
    async fn image_of(&self, message: &Stored) -> Result<Option<String>, Error> {
        if message.attachments == 0 {
            return Ok(None);
        }
        let Peer { app, viewer, .. } = &self.peer;
        let files = app.attachments_of(viewer, vec![message.key]).await?.remove(&message.key);
        let picture = files.into_iter().flatten().find(Attachment::is_picture);
        Ok(picture.map(|picture| app.media_path(viewer, &picture)))
    }

    /// Who is online: at first, and then when it is others.
    fn online(self: &Arc<Self>) -> BoxStream<'static, Vec<Say>> {
        stream::unfold((Arc::clone(self), None::<OnlineBell>), |(desk, bell)| async move {
            let (people, bell) = match bell {
                // By now the person counts as here.
                None => {
                    let bell = desk.peer.app.watch_online(&desk.peer.viewer).ok()?;
                    (Arc::clone(bell.people()), bell)
                }
                Some(mut bell) => (bell.changed().await, bell),
            };
            let user_list = people.iter().map(|user| user.0).collect();
            Some((vec![frame(&Saying::OnlineUser { user_list })], (desk, Some(bell))))
        })
        .boxed()
    }
}

fn message_frame(message: &Stored, sender: Option<&User>, image: Option<String>, room: RoomName) -> Say {
    frame(&Saying::Message {
        user: sender.map(|user| user.key.0),
        user_id: sender.map(|user| short_ids::encode(user.id)),
        room_id: short_ids::encode(room.id),
        message: &message.text,
        user_image: sender.and_then(|user| image_of(user, "")),
        user_name: sender.map_or_else(|| NOBODY.to_owned(), |user| user.joined_name(" ")),
        timestamp: times::printed(message.created_at),
        image,
    })
}

#[derive(Serialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Saying<'s> {
    Message {
        user: Option<i64>,
        user_id: Option<String>,
        room_id: String,
        message: &'s str,
        user_image: Option<String>,
        user_name: String,
        timestamp: String,
        image: Option<String>,
    },
    Typing {
        room_id: String,
        user: String,
    },
    OnlineUser {
        user_list: Vec<i64>,
    },
}

fn frame(saying: &Saying<'_>) -> Say {
    // Nothing in it can fail to be written.
    serde_json::to_string(saying).map_or(BROKEN, Say::Text)
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::SignedUp)]
struct SignedUp {
    id: i64,
    #[serde(rename = "userId")]
    user_id: String,
    message: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Tokens)]
struct Tokens {
    refresh: String,
    access: String,
    #[serde(rename = "userId")]
    user_id: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Failed)]
struct Failed {
    error: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Said)]
struct Said {
    message: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Marked)]
struct Marked {
    message: &'static str,
    #[serde(rename = "roomId")]
    room_id: String,
    last_read_at: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Person)]
struct Person {
    id: i64,
    image: Option<String>,
    first_name: String,
    last_name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Profile)]
struct Profile {
    username: String,
    email: String,
    first_name: String,
    last_name: String,
    image: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Room)]
struct Room {
    member: Vec<Person>,
    #[serde(rename = "roomId")]
    id: String,
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Message)]
#[serde(rename_all = "camelCase")]
struct Message {
    user: Option<i64>,
    user_id: Option<String>,
    room_id: String,
    #[serde(rename = "message")]
    text: String,
    timestamp: String,
    user_name: String,
    user_image: Option<String>,
    image: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = Document)]
    file: Option<Document>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Document)]
#[serde(rename_all = "camelCase")]
struct Document {
    // All of them are absent where there is no file.
    #[schema(required = false)]
    file: String,
    #[schema(required = false)]
    file_name: String,
    #[schema(required = false)]
    file_type: &'static str,
    #[schema(required = false)]
    file_size: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = chatcrm::Upload)]
#[serde(rename_all = "camelCase")]
struct Upload {
    message_id: i64,
    room_id: String,
    message: Option<String>,
    user_id: i64,
    user_name: String,
    user_image: Option<String>,
    timestamp: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = Document)]
    file: Option<Document>,
}

const NOBODY: &str = "User not found";

/// The picture that someone shows, as a link that begins with `base`.
fn image_of(user: &User, base: &str) -> Option<String> {
    avatar_path(user).map(|path| format!("{base}{path}"))
}

impl Person {
    fn of(user: &User, base: &str) -> Self {
        Self {
            id: user.key.0,
            image: image_of(user, base),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
        }
    }
}

impl Profile {
    fn of(user: User, base: &str) -> Self {
        let image = image_of(&user, base);
        let User { username, email, first_name, last_name, .. } = user;
        Self { username, email, first_name, last_name, image }
    }
}

impl Room {
    fn of(room: &DoorRoomView, people: &[User], viewer: Viewer, base: &str) -> Self {
        let stored = &room.view.room;
        let (label, own) = (room.label.as_ref(), viewer.signed_in().map(|caller| caller.user));
        let called = || stored.called(people, own);
        let title = label.map(|label| label.title.as_str()).filter(|title| !title.is_empty());
        let (kind, name) = match label.map(|label| label.kind.as_str()).filter(|kind| !kind.is_empty()) {
            Some(kind) => (kind, title.map(|title| title.trim().to_owned())),
            None => (stored.kind.word(), Some(title.map_or_else(called, str::to_owned))),
        };
        Self {
            member: people.iter().map(|user| Person::of(user, base)).collect(),
            id: short_ids::encode(stored.id),
            kind: kind.to_owned(),
            name,
        }
    }
}

impl Message {
    fn of((message, sender): &Sent, files: &Files, room: Uuid, call: &Call) -> Self {
        let (sender, base) = (sender.as_ref(), &call.base);
        let files = files.get(&message.key).map(Vec::as_slice).unwrap_or_default();
        let image = files.iter().find(|file| file.is_picture());
        let file = files.iter().find(|file| !file.is_picture());
        Self {
            user: sender.map(|user| user.key.0),
            user_id: sender.map(|user| short_ids::encode(user.id)),
            room_id: short_ids::encode(room),
            text: message.text.clone(),
            timestamp: times::utc(message.created_at),
            user_name: sender.map_or_else(|| NOBODY.to_owned(), |user| user.joined_name(" - ")),
            user_image: sender.and_then(|user| image_of(user, base)),
            image: image.map(|file| file_link(file, call)),
            file: file.map(|file| Document::of(file, call)),
        }
    }
}

impl Upload {
    fn of(message: &Stored, file: &Attachment, room: Uuid, user: &User, call: &Call) -> Self {
        let is_picture = file.is_picture();
        Self {
            message_id: message.key.0,
            room_id: short_ids::encode(room),
            message: Some(message.text.clone()).filter(|text| !text.is_empty()),
            user_id: user.key.0,
            user_name: user.joined_name(" "),
            user_image: image_of(user, &call.base),
            timestamp: times::printed(message.created_at),
            kind: if is_picture { "image" } else { "file" },
            image: is_picture.then(|| file_link(file, call)),
            file: (!is_picture).then(|| Document::of(file, call)),
        }
    }
}

impl Document {
    fn of(file: &Attachment, call: &Call) -> Self {
        Self {
            file: file_link(file, call),
            file_name: file.file_name.clone(),
            file_type: file.path.file_type().content_type(),
            file_size: file.byte_size,
        }
    }
}

fn file_link(file: &Attachment, call: &Call) -> String {
    call.link(&call.app().media_path(&call.viewer, file))
}
