//! condor_chat: everything under `/api/v1/` by token or session cookie, and the few pages that give the cookie.
//!
//! Of what its callers could do to the accounts, rooms and messages of others, the use cases allow what the
//! owner or an administrator asks for.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::app::auth::{DoorSignup, EmailClaim, LoginName, NewPassword};
use crate::app::media::avatar_path;
use crate::app::messages::PostMessage;
use crate::app::rooms::{NewDoorRoom, RoomLabelChange};
use crate::app::users::ProfileChange;
use crate::clock::Timestamp;
use crate::domain;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::media::AvatarFolder;
use crate::domain::messages::Blank;
use crate::domain::rooms::{DoorRoomView, RoomKind, RoomLabel, RoomRef};
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::{User, UserType};
use crate::domain::windows::{MessagesQuery, Order, PeopleQuery, PlacedMessage, RoomsQuery, Window};
use crate::error::{Code, Error, Fault, Text};
use crate::rest::body::{Data, File, Given};
use crate::rest::call::Call;
use crate::rest::drf::fields::{Form, email, file, key, keys, no_such_key, password, text};
use crate::rest::drf::paging::Cut;
use crate::rest::drf::{self, bearer, csrf, fields, python, session, times};
use crate::rest::reply::{Refusal, Reply};
use crate::rest::route::{ADMIN, Answer, Dialect, Ids, Operation, Route, StandIn, signed_in, unasked};

const ACCESS_LASTS: Duration = Duration::from_mins(10);
const REFRESH_LASTS: Duration = Duration::from_hours(24);
/// The clocks of America/Bogota, all year.
const ZONE_HOURS: i32 = -5;
/// Items of a list for who names no number.
const LIMIT: u64 = 100;
/// A room has to have so many members to be written to as a group.
const GROUP_MEMBERS_MIN: i32 = 3;

const LOGIN_PATH: &str = "/accounts/login/";
const PICTURE_PATH: &str = "/update_avatar/";
const STAND_INS: [StandIn; 3] = {
    let [admin, below] = ADMIN;
    [StandIn { path: "/", ours: "/" }, admin, below]
};
/// The picture of those who show none.
const DEFAULT_AVATAR: &str = "/media/avatar_files/default_img.png";
const DEFAULT_AVATAR_PNG: &[u8] =
    b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00@\x00\x00\x00@\x01\x03\x00\x00\x00\x90\xa7\
    \xe3\x9d\x00\x00\x00\x06PLTE\xd9\xdd\xe3\x8a\x93\xa0E\xe1Eq\x00\x00\x00rIDATx\xda\xc5\xcf\xb1\x0d\
    \x80 \x10\x85a\x88\x05%#0\x8a\xa3\xc1h\x8e\xc2\x08\x94\x14\x86g\xce;O\x0d\x89J%\x0d_q\xe4~\x8c\xf9\
    \xe9\xb8,\x98WAl\x02\x80o\x0b\xa4\x1d\x13\xb0\xdc\xe1\x80\xfc\x06\x0f\x94\xcf\xc3\xfd\x0a\xdd\xae=g\
    \xa16\xeb/\x86\xce\xf1\x5cW\xf4\xcd\x01\xa8<\x0b\xf0t\x04\x9a\xe4p\x90%$N\xe6h\x85#\xe4+<\xa1<#\x10\
    \xea\x186T\x1c\x96\xe20\x14K\x8f\x00\x00\x00\x00IEND\xaeB`\x82";

const SIGN_IN: Form = Form { name: "condor.SignIn", fields: &[text("username"), password("password")] };
const REFRESH: Form = Form { name: "condor.Refresh", fields: &[text("refresh")] };
const PROFILE: Form = Form {
    name: "condor.NewProfile",
    fields: &[
        text("username").max(32),
        text("first_name"),
        text("last_name"),
        email("email"),
        password("password").min(6).max(100),
    ],
};
const PROFILE_CHANGE: Form = Form {
    name: "condor.ProfileChange",
    fields: &[
        text("username").max(32),
        text("first_name"),
        text("last_name"),
        email("email"),
        password("password").min(6).max(100),
        password("current_password").optional(),
    ],
};
const PICTURE: Form = Form { name: "condor.Picture", fields: &[file("avatar").optional()] };
const TO_USER: Form =
    Form { name: "condor.MessageToUser", fields: &[text("message").as_given(), key("user_id")] };
const TO_ROOM: Form =
    Form { name: "condor.MessageToRoom", fields: &[text("message").as_given(), key("group_id")] };
const ROOM: Form = Form { name: "condor.NewRoom", fields: &[text("title").max(255), keys("participants")] };
const MESSAGE: Form = Form { name: "condor.NewMessage", fields: &[key("sender"), text("content")] };

pub(super) fn dialect() -> Dialect {
    Dialect {
        name: "condor",
        title: "condor_chat",
        about: "Messages to people and to rooms; each send is answered with the whole room.",
        credentials: &["bearer", session::SCHEME],
        authenticate: |call| Box::pin(authenticate(call)),
        ids: Ids::Numbers,
        challenge: || Refusal::detail(StatusCode::FORBIDDEN, drf::NOT_AUTHENTICATED),
        routes: [tokens(), profiles(), sends(), rooms(), messages(), pages()].into_iter().flatten().collect(),
        sockets: Vec::new(),
        stand_ins: &STAND_INS,
    }
}

fn tokens() -> Vec<Route> {
    vec![
        Route::at("/api/v1/access_token/").post(
            unasked("Sign in with a username", access_token)
                .takes(&SIGN_IN)
                .gives::<TokenPair>(StatusCode::OK, "Good for ten minutes, and for a day.")
                .refuses(StatusCode::UNAUTHORIZED, "The name or the password is wrong."),
        ),
        Route::at("/api/v1/refresh_token/").post(
            unasked("Get another access token", refresh_token)
                .takes(&REFRESH)
                .gives::<AccessToken>(StatusCode::OK, "The refresh token stays good.")
                .refuses(StatusCode::UNAUTHORIZED, "The refresh token is not good."),
        ),
    ]
}

fn profiles() -> Vec<Route> {
    vec![
        Route::at("/api/v1/profiles/")
            .get(
                paged(signed_in("List people", list_profiles))
                    .gives_piece::<Profile>(StatusCode::OK, "In the order of their ids."),
            )
            .post(
                signed_in("Make an account, while sign-ups are open or as an administrator", make_profile)
                    .takes(&PROFILE)
                    .gives::<Profile>(StatusCode::CREATED, "The new account."),
            ),
        Route::at("/api/v1/profiles/get_available_users/").get(
            signed_in("List everyone else", available_users)
                .asks("full_name", "Part of the username, the first or the last name.")
                .asks("email", "Part of the address.")
                .gives_many::<Profile>(StatusCode::OK, "In the order of their ids.")
                .refuses(StatusCode::BAD_REQUEST, "What is wrong with the query."),
        ),
        Route::at("/api/v1/profiles/{id}/")
            .get(signed_in("Show a person", show_profile).gives::<Profile>(StatusCode::OK, "The person."))
            .put(
                signed_in("Change one's own account, or as an administrator anyone's", |call| {
                    update_profile(call, false)
                })
                .takes(&PROFILE_CHANGE)
                .gives::<Profile>(StatusCode::OK, "The account as it is now."),
            )
            .patch(
                signed_in("Change some of an account", |call| update_profile(call, true))
                    .takes(&PROFILE_CHANGE)
                    .gives::<Profile>(StatusCode::OK, "The account as it is now."),
            )
            .delete(
                signed_in("Remove one's own account, or as an administrator anyone's", delete_profile)
                    .gives_nothing(StatusCode::NO_CONTENT, "It is gone."),
            ),
        Route::at("/api/v1/profiles/{id}/pic/").put(
            signed_in("Show another picture of oneself, or as an administrator of anyone", change_picture)
                .takes(&PICTURE)
                .gives::<Picture>(StatusCode::ACCEPTED, "The path of the picture shown now."),
        ),
    ]
}

fn sends() -> Vec<Route> {
    vec![
        Route::at("/api/v1/send_message_to_user/").post(
            signed_in("Send a message to someone", send_to_user)
                .takes(&TO_USER)
                .gives::<Room>(StatusCode::CREATED, "The room of the two, with all its messages."),
        ),
        Route::at("/api/v1/send_message_to_room/").post(
            signed_in("Send a message to a room of three or more", send_to_room)
                .takes(&TO_ROOM)
                .gives::<Room>(StatusCode::CREATED, "The room, with all its messages."),
        ),
    ]
}

fn rooms() -> Vec<Route> {
    vec![
        Route::at("/api/v1/rooms/")
            .get(
                paged(signed_in("List one's rooms; as an administrator all", list_rooms))
                    .gives_piece::<Room>(StatusCode::OK, "In the order of their ids."),
            )
            .post(
                signed_in("Make a room of these people; the caller is not added", make_room)
                    .takes(&ROOM)
                    .gives::<Room>(StatusCode::CREATED, "The new room."),
            ),
        Route::at("/api/v1/rooms/{id}/")
            .get(signed_in("Show a room", show_room).gives::<Room>(StatusCode::OK, "With all its messages."))
            .put(
                signed_in("Rename a room and say who is in it", |call| update_room(call, false))
                    .takes(&ROOM)
                    .gives::<Room>(StatusCode::OK, "The room as it is now."),
            )
            .patch(
                signed_in("Rename a room, or say who is in it", |call| update_room(call, true))
                    .takes(&ROOM)
                    .gives::<Room>(StatusCode::OK, "The room as it is now."),
            )
            .delete(
                signed_in("Remove a room, as its owner or an administrator", delete_room)
                    .gives_nothing(StatusCode::NO_CONTENT, "It is gone."),
            ),
    ]
}

fn messages() -> Vec<Route> {
    vec![
        Route::at("/api/v1/messages/")
            .get(
                paged(signed_in("List the messages of all one's rooms", list_messages))
                    .gives_piece::<Message>(StatusCode::OK, "Oldest first."),
            )
            .post(
                signed_in("Store a message of one's own among one's notes", make_message)
                    .takes(&MESSAGE)
                    .gives::<Message>(StatusCode::CREATED, "The message."),
            ),
        Route::at("/api/v1/messages/{id}/")
            .get(
                signed_in("Show a message of one's rooms", show_message)
                    .gives::<Message>(StatusCode::OK, "The message."),
            )
            .put(
                signed_in("Change the text of one's own message", |call| update_message(call, false))
                    .takes(&MESSAGE)
                    .gives::<Message>(StatusCode::OK, "The message as it is now."),
            )
            .patch(
                signed_in("Change the text of one's own message, if one is given", |call| {
                    update_message(call, true)
                })
                .takes(&MESSAGE)
                .gives::<Message>(StatusCode::OK, "The message as it is now."),
            )
            .delete(
                signed_in("Remove a message", delete_message)
                    .gives_nothing(StatusCode::NO_CONTENT, "It is gone."),
            ),
    ]
}

fn pages() -> Vec<Route> {
    vec![
        Route::at(LOGIN_PATH)
            .get(
                unasked("Lead to the page to sign in at", login_page)
                    .gives_nothing(StatusCode::FOUND, "To the chat's own page, with the guard's cookie."),
            )
            .post(
                unasked("Sign in and get the session's cookie", login)
                    .takes(&SIGN_IN)
                    .gives_nothing(StatusCode::FOUND, "The caller is signed in.")
                    .gives_page(StatusCode::OK, "A form, and what was wrong.")
                    .refuses(StatusCode::FORBIDDEN, "Another site's page sent the form."),
            ),
        Route::at("/accounts/logout/").get(
            unasked("End the session of the cookie", logout)
                .gives_nothing(StatusCode::FOUND, "To the chat's own page, which signs out there too."),
        ),
        Route::at(PICTURE_PATH)
            .get(
                unasked("Lead to the page to show another picture at", picture_page)
                    .gives_nothing(StatusCode::FOUND, "To the chat's own page."),
            )
            .post(
                unasked("Show another picture of oneself", picture_form)
                    .takes(&PICTURE)
                    .gives_page(StatusCode::OK, "A form, and what was wrong.")
                    .gives_nothing(StatusCode::FOUND, "Done; or the caller has to sign in first.")
                    .refuses(StatusCode::FORBIDDEN, "Another site's page may have sent the form."),
            ),
        Route::at(DEFAULT_AVATAR).get(
            unasked("The picture of those who show none", default_avatar)
                .gives_png(StatusCode::OK, "A small picture."),
        ),
    ]
}

fn paged(operation: Operation) -> Operation {
    operation.asks("limit", "How many, 100 by default.").asks("offset", "How many to leave out.")
}

/// The cookie before the token; whatever is wrong with either is 403.
async fn authenticate(call: &Call) -> Result<Viewer, Refusal> {
    match session::caller(call).await? {
        Viewer::Anonymous => {
            let words = bearer::Words { status: StatusCode::FORBIDDEN, ..bearer::Words::USUAL };
            bearer::caller(call, words).await
        }
        viewer => Ok(viewer),
    }
}

async fn access_token(call: Call) -> Answer {
    let input = call.input(&SIGN_IN).await?;
    let name = LoginName::Username(input.text("username"));
    let given = input.text("password").into();
    let opened =
        call.app().sign_in(&call.viewer, &call.origin, Door::Condor, name, given, REFRESH_LASTS).await;
    let opened = opened.map_err(|error| match error.code() {
        Code::BadCredentials => bearer::no_active_account(),
        _ => error.into(),
    })?;
    let pair = call.app().door_tokens(&call.viewer, &opened, ACCESS_LASTS, claims(&opened.user))?;
    Reply::json(&TokenPair { refresh: pair.refresh, access: pair.access })
}

async fn refresh_token(call: Call) -> Answer {
    let input = call.input(&REFRESH).await?;
    let renewed = call.app().renew_access(&call.viewer, input.text("refresh"), ACCESS_LASTS, claims).await;
    Reply::json(&AccessToken { access: renewed.map_err(bearer::refresh_refusal)? })
}

fn claims(user: &User) -> Map<String, Value> {
    [("user_id".to_owned(), json!(user.key.0))].into_iter().collect()
}

async fn list_profiles(call: Call) -> Answer {
    let cut = cut(&call);
    let found = call.app().people_window(&call.viewer, PeopleQuery::default(), window(cut)).await?;
    let people = found.items.into_iter().map(|user| Profile::of(&call, user)).collect();
    Reply::json(&cut.envelope(&call, found.total, people))
}

async fn available_users(call: Call) -> Answer {
    let asked = |name: &str| call.query(name).filter(|part| !part.is_empty());
    let query = PeopleQuery {
        name_contains: asked("full_name"),
        email_contains: asked("email"),
        exclude_viewer: true,
        ..PeopleQuery::default()
    };
    let found = call.app().people_window(&call.viewer, query, Window::default()).await;
    let found = found.map_err(|error| in_fields(error, &call))?;
    let people: Vec<Profile> = found.items.into_iter().map(|user| Profile::of(&call, user)).collect();
    Reply::json(&people)
}

async fn make_profile(call: Call) -> Answer {
    let input = call.input(&PROFILE).await?;
    let said = |name: &str| input.text(name).to_owned();
    let signup = DoorSignup {
        username: Some(said("username")),
        email: said("email"),
        email_claim: EmailClaim::Required,
        password: input.text("password").into(),
        first_name: said("first_name"),
        last_name: said("last_name"),
        user_type: UserType::default(),
        phone: None,
        address: None,
        notes_room: None,
    };
    let user = call.app().register(&call.viewer, &call.origin, Door::Condor, signup).await;
    Reply::created(&Profile::of(&call, user.map_err(|error| in_fields(error, &call))?))
}

async fn show_profile(call: Call) -> Answer {
    let user = person(&call).await?;
    Reply::json(&Profile::of(&call, user))
}

async fn update_profile(call: Call, partly: bool) -> Answer {
    let user = person(&call).await?;
    let input =
        if partly { call.changes(&PROFILE_CHANGE).await? } else { call.input(&PROFILE_CHANGE).await? };
    // What stays is not judged again: names that were imported may be of any form.
    let other = |name: &str, now: &str| input.maybe_text(name).filter(|said| *said != now).map(str::to_owned);
    let change = ProfileChange {
        username: other("username", &user.username),
        email: other("email", &user.email),
        first_name: other("first_name", &user.first_name),
        last_name: other("last_name", &user.last_name),
        usernames: Door::Condor.usernames(),
        ..ProfileChange::default()
    };
    let current = input.maybe_text("current_password");
    let given = input
        .maybe_text("password")
        .map(|new| NewPassword { new: new.into(), current: current.map(Into::into) });
    let user = call.app().change_person(&call.viewer, user.key, change, given).await;
    let user = user.map_err(|error| match (error.code(), current) {
        (Code::BadCredentials, None) => Refusal::field("current_password", fields::REQUIRED),
        _ => in_fields(error, &call),
    })?;
    Reply::json(&Profile::of(&call, user))
}

async fn delete_profile(call: Call) -> Answer {
    let user = person(&call).await?;
    call.app().delete_account(&call.viewer, user.key).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn change_picture(call: Call) -> Answer {
    let user = person(&call).await?;
    if user.key != own_key(&call)? && !is_admin(&call) {
        return Err(Refusal::error(StatusCode::BAD_REQUEST, "invalid user to update"));
    }
    let input = PICTURE.read(&call.multipart().await?)?;
    let user = match input.file("avatar") {
        Some(file) => show_picture(&call, &user, file).await?,
        None => user,
    };
    Ok(Reply::json(&Picture { avatar: avatar(&user) })?.status(StatusCode::ACCEPTED))
}

/// Shows a picture that was sent, if it is one.
async fn show_picture(call: &Call, user: &User, file: &File) -> Result<User, Refusal> {
    let picture = call.app().inspect_picture(&call.viewer, file.bytes.clone()).await;
    let picture = picture.map_err(|error| match error.code() {
        Code::BadInput => Refusal::field("avatar", fields::NOT_AN_IMAGE),
        _ => error.into(),
    })?;
    let folder = AvatarFolder::Condor;
    Ok(call.app().set_avatar(&call.viewer, Some(user.key), folder, picture).await?)
}

/// The person whose number is in the path.
async fn person(call: &Call) -> Result<User, Refusal> {
    let missing = || drf::not_found("Not found.");
    let key = UserKey(call.key("id").ok_or_else(missing)?);
    let found = call.app().users_by_key(&call.viewer, vec![key]).await?;
    found.into_iter().next().ok_or_else(missing)
}

async fn send_to_user(call: Call) -> Answer {
    let data = call.data().await?;
    let (Some(text), Some(to)) = (said(data.get("message")), said(data.get("user_id"))) else {
        return Err(invalid_send());
    };
    let nobody = || Refusal::error(StatusCode::BAD_REQUEST, "invalid user to chat with");
    let own = own_key(&call)?;
    let to = number(&to).map(UserKey).ok_or_else(nobody)?;
    if to == own {
        let text = "the sender and the receiver can not be the same for new messages";
        return Err(Refusal::error(StatusCode::BAD_REQUEST, text));
    }
    let title = |sender: &User, receiver: &User| format!("{} - {}", sender.username, receiver.username);
    let sent = call.app().post_direct_at(&call.viewer, Door::Condor, to, title, message(text)).await;
    let (room, _) = sent.map_err(|error| match error.code() {
        Code::NotFound => nobody(),
        _ => in_error(error, &call),
    })?;
    Ok(whole_room(&call, RoomRef::Key(room.view.room.key)).await?.status(StatusCode::CREATED))
}

async fn send_to_room(call: Call) -> Answer {
    let data = call.data().await?;
    let (Some(text), Some(room)) = (said(data.get("message")), said(data.get("group_id"))) else {
        return Err(invalid_send());
    };
    let missing = || {
        let text = "the room you are trying to reaching does not exists or you are not  part of it";
        Refusal::error(StatusCode::BAD_REQUEST, text)
    };
    let key = RoomRef::Key(RoomKey(number(&room).ok_or_else(missing)?));
    let room = call.app().room_at_door(&call.viewer, key).await?.ok_or_else(missing)?;
    let is_group = room.view.room.kind == RoomKind::Group;
    if room.view.role.is_none() || !is_group || room.view.room.member_count < GROUP_MEMBERS_MIN {
        return Err(missing());
    }
    let sent = call.app().post_at(&call.viewer, key, message(text)).await;
    sent.map_err(|error| in_error(error, &call))?;
    Ok(whole_room(&call, key).await?.status(StatusCode::CREATED))
}

/// A value that a condition lets pass, as a text.
fn said(given: Given<'_>) -> Option<String> {
    match given {
        Given::Text(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
        Given::Json(value) => (!python::is_falsy(value)).then(|| python::text(value)),
        Given::Absent | Given::File(_) => None,
    }
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

fn invalid_send() -> Refusal {
    Refusal::error(StatusCode::BAD_REQUEST, "invalid payload to send messages")
}

fn message(text: String) -> PostMessage {
    PostMessage { text, blank: Blank::Kept, ..PostMessage::default() }
}

async fn list_rooms(call: Call) -> Answer {
    let cut = cut(&call);
    let asked = RoomsQuery { everything: is_admin(&call), ..RoomsQuery::default() };
    let found = call.app().rooms_window(&call.viewer, asked, window(cut)).await?;
    let keys = found.items.iter().map(|room| room.view.room.key).collect();
    let mut histories = call.app().histories(&call.viewer, keys, None).await?;
    let mut titles = titles(&call, &found.items).await?;
    let rooms = found.items.iter().map(|room| {
        let key = room.view.room.key;
        let (title, history) = (titles.remove(&key), histories.remove(&key));
        let history = history.into_iter().flatten().map(|(message, _)| message);
        Room::of(room, title.unwrap_or_default(), history)
    });
    Reply::json(&cut.envelope(&call, found.total, rooms.collect()))
}

async fn make_room(call: Call) -> Answer {
    let input = call.input(&ROOM).await?;
    let own = own_key(&call)?;
    let title = input.text("title").to_owned();
    let members: Vec<UserKey> = input.integers("participants").iter().copied().map(UserKey).collect();
    // The first room of a pair is where they write to one another. Nobody else makes it for them.
    let is_pair = matches!(members.as_slice(), [one, other] if one != other) && members.contains(&own);
    let new = NewDoorRoom {
        kind: if is_pair { RoomKind::Duo } else { RoomKind::Group },
        label: RoomLabel { title: title.clone(), ..RoomLabel::default() },
        members,
        caller_is_member: false,
        open: false,
        password: None,
    };
    let made = call.app().create_room_at(&call.viewer, Door::Condor, new).await;
    let made = made.map_err(|error| in_fields(error, &call))?;
    Reply::created(&Room::of(&made, title, Vec::new()))
}

async fn show_room(call: Call) -> Answer {
    whole_room(&call, room_in_path(&call)?).await
}

async fn update_room(call: Call, partly: bool) -> Answer {
    let key = room_in_path(&call)?;
    let found = call.app().room_at_door(&call.viewer, key).await?;
    found.ok_or_else(|| drf::not_found("Not found."))?;
    let input = if partly { call.changes(&ROOM).await? } else { call.input(&ROOM).await? };
    let members = input.integers("participants").iter().copied().map(UserKey).collect();
    let change = RoomLabelChange {
        title: input.maybe_text("title").map(str::to_owned),
        members: input.has("participants").then_some(members),
        ..RoomLabelChange::default()
    };
    let changed = call.app().relabel_room(&call.viewer, Door::Condor, key, change).await;
    changed.map_err(|error| in_fields(error, &call))?;
    whole_room(&call, key).await
}

async fn delete_room(call: Call) -> Answer {
    call.app().delete_room_at(&call.viewer, room_in_path(&call)?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn room_in_path(call: &Call) -> Result<RoomRef, Refusal> {
    let key = call.key("id").ok_or_else(|| drf::not_found("Not found."))?;
    Ok(RoomRef::Key(RoomKey(key)))
}

/// A room with all its messages; for an administrator who may not read them, without.
async fn whole_room(call: &Call, room: RoomRef) -> Answer {
    let missing = || drf::not_found("Not found.");
    let found = call.app().room_texts(&call.viewer, room, Order::OldestFirst, Window::default()).await?;
    let (room, texts) = found.ok_or_else(missing)?;
    let history = match texts {
        Ok(texts) => texts.items,
        Err(error) if error.code() != Code::NotAMember => return Err(error.into()),
        Err(_) if is_admin(call) => Vec::new(),
        // A public room of elsewhere, which one would have to join.
        Err(_) => return Err(missing()),
    };
    let mut titles = titles(call, std::slice::from_ref(&room)).await?;
    let title = titles.remove(&room.view.room.key).unwrap_or_default();
    Reply::json(&Room::of(&room, title, history))
}

/// What rooms are called: as it was given here, or else by their name, or else by who is in them.
async fn titles(call: &Call, rooms: &[DoorRoomView]) -> Result<HashMap<RoomKey, String>, Refusal> {
    let mut titles = HashMap::new();
    let mut nameless = Vec::new();
    for DoorRoomView { view, label } in rooms {
        let given = label.as_ref().map(|label| label.title.as_str()).filter(|title| !title.is_empty());
        match given.unwrap_or(&view.room.name) {
            "" => nameless.push(view.room.key),
            title => {
                titles.insert(view.room.key, title.to_owned());
            }
        }
    }
    if !nameless.is_empty() {
        for (room, members) in call.app().members_of(&call.viewer, nameless).await? {
            let names: Vec<String> = members.into_iter().map(|user| user.username).collect();
            titles.insert(room, names.join(" - "));
        }
    }
    Ok(titles)
}

async fn list_messages(call: Call) -> Answer {
    let (cut, mine) = (cut(&call), MessagesQuery::AllMine);
    let found = call.app().messages_window(&call.viewer, mine, Order::OldestFirst, window(cut)).await?;
    let messages = found.items.into_iter().map(|placed| Message::of(placed.message)).collect();
    Reply::json(&cut.envelope(&call, found.total, messages))
}

async fn make_message(call: Call) -> Answer {
    let input = call.input(&MESSAGE).await?;
    let own = own_key(&call)?;
    let sender = input.integer("sender").map_or(own, UserKey);
    if sender != own {
        let known = call.app().users_by_key(&call.viewer, vec![sender]).await?;
        return Err(match known.as_slice() {
            [] => Refusal::field("sender", no_such_key(sender.0)),
            _ => not_yours(),
        });
    }
    let text = message(input.text("content").to_owned());
    let sent = call.app().post_direct_at(&call.viewer, Door::Condor, own, |_, _| String::new(), text).await;
    let (_, posted) = sent.map_err(|error| in_fields(error, &call))?;
    Reply::created(&Message::of(posted.message))
}

async fn show_message(call: Call) -> Answer {
    Reply::json(&Message::of(message_in_path(&call).await?.message))
}

async fn update_message(call: Call, partly: bool) -> Answer {
    let message = message_in_path(&call).await?.message;
    let input = if partly { call.changes(&MESSAGE).await? } else { call.input(&MESSAGE).await? };
    // Nobody speaks for another.
    if input.integer("sender").is_some_and(|sender| Some(UserKey(sender)) != message.sender) {
        return Err(not_yours());
    }
    let text = input.maybe_text("content").unwrap_or(&message.text).to_owned();
    let edited = call.app().edit_message(&call.viewer, message.key, text).await;
    Reply::json(&Message::of(edited.map_err(|error| in_fields(error, &call))?))
}

async fn delete_message(call: Call) -> Answer {
    let message = message_in_path(&call).await?.message;
    call.app().delete_message(&call.viewer, message.key).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn message_in_path(call: &Call) -> Result<PlacedMessage, Refusal> {
    let missing = || drf::not_found("Not found.");
    let key = MessageKey(call.key("id").ok_or_else(missing)?);
    call.app().message_at_door(&call.viewer, key).await?.ok_or_else(missing)
}

fn own_key(call: &Call) -> Result<UserKey, Refusal> {
    let caller = call.viewer.signed_in().ok_or_else(|| Error::internal("nobody is signed in"))?;
    Ok(caller.user)
}

fn is_admin(call: &Call) -> bool {
    call.viewer.signed_in().is_some_and(|caller| caller.is_admin)
}

fn not_yours() -> Refusal {
    Refusal::detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
}

fn cut(call: &Call) -> Cut {
    Cut::of(call, Some(LIMIT)).unwrap_or(Cut { limit: LIMIT, offset: 0 })
}

fn window(cut: Cut) -> Window {
    Window { offset: cut.offset, limit: Some(cut.limit) }
}

/// A refusal as errors of the fields that callers know.
fn in_fields(error: Error, call: &Call) -> Refusal {
    let words = |fault: &Fault| {
        let usual = || drf::fault_text(fault, call.language);
        match (fault.path.last().copied(), &fault.text) {
            (Some("members"), Text::MemberKeyUnknown { key }) => Some(("participants", no_such_key(*key))),
            (Some("members"), _) => Some(("participants", usual())),
            (Some("name"), _) => Some(("full_name", usual())),
            (Some("text"), _) => Some(("content", usual())),
            (_, Text::UsernameTaken) => Some(("username", "This field must be unique.".to_owned())),
            _ => None,
        }
    };
    match (error.code(), error.text()) {
        (Code::Conflict, Text::LastOwner) => {
            Refusal::field("participants", error.text().render(call.language))
        }
        (Code::BadCredentials, _) => drf::fields(&error, call.language, words),
        _ if drf::is_of_fields(&error) => drf::fields(&error, call.language, words),
        _ => error.into(),
    }
}

/// The same as the one sentence that a send is refused with.
fn in_error(error: Error, call: &Call) -> Refusal {
    if drf::is_of_fields(&error) {
        return Refusal::error(StatusCode::BAD_REQUEST, &error.text().render(call.language));
    }
    error.into()
}

async fn login_page(call: Call) -> Answer {
    let next = call.query("next").filter(|next| is_here(next)).map(|next| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
        format!("?{query}")
    });
    // Programs look at the form for its cookie before they send theirs.
    Ok(session::with_token(&call, |_| Reply::redirect(&format!("/sign-in{}", next.unwrap_or_default()))))
}

/// Whether this is a path on this server, however a browser reads it: it takes `//` and `/\` for another host, and
/// leaves out what stands for no sign.
fn is_here(next: &str) -> bool {
    let rest = next.strip_prefix('/').filter(|rest| !rest.starts_with(['/', '\\']));
    rest.is_some_and(|rest| !rest.contains(char::is_control))
}

async fn login(call: Call) -> Answer {
    csrf::check_page(&call)?;
    let data = call.data().await?;
    let (name, given) = (typed(&data, "username"), typed(&data, "password"));
    if name.is_empty() || given.is_empty() {
        return Ok(sign_in_form(&call, name, "Give both your username and your password."));
    }
    match session::sign_in(&call, Door::Condor, name, given.into()).await {
        Ok((_, cookies)) => Ok(cookies.set(Reply::redirect("/"))),
        Err(Refusal::App(error)) if error.code() == Code::BadCredentials => {
            Ok(sign_in_form(&call, name, "The username or the password is wrong."))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn logout(mut call: Call) -> Answer {
    let reply = Reply::redirect("/sign-out");
    call.viewer = session::reader(&call).await?;
    if call.viewer.signed_in().is_none() {
        return Ok(reply);
    }
    session::sign_out(&call, reply).await
}

async fn picture_page(_: Call) -> Answer {
    Ok(Reply::redirect("/settings/profile"))
}

async fn picture_form(mut call: Call) -> Answer {
    let Some(user) = own_account(&mut call).await? else { return Ok(sign_in_first(&call)) };
    csrf::check(&call).await?;
    let sent = call.multipart().await.and_then(|data| PICTURE.read(&data));
    let outcome = match sent.as_ref().ok().and_then(|input| input.file("avatar")) {
        Some(file) => show_picture(&call, &user, file).await,
        None => Err(Refusal::field("avatar", fields::EMPTY_FILE)),
    };
    match outcome {
        Ok(_) => Ok(Reply::redirect(&here(&call, PICTURE_PATH))),
        Err(Refusal::Fields(_)) => Ok(picture_form_of(&call, &user, fields::NOT_AN_IMAGE)),
        Err(refusal) => Err(refusal),
    }
}

/// The account of the session's cookie.
async fn own_account(call: &mut Call) -> Result<Option<User>, Refusal> {
    call.viewer = session::reader(call).await?;
    Ok(call.app().viewer(&call.viewer).await?)
}

fn sign_in_first(call: &Call) -> Reply {
    Reply::redirect(&format!("{}?next={PICTURE_PATH}", here(call, LOGIN_PATH)))
}

fn picture_form_of(call: &Call, user: &User, problem: &str) -> Reply {
    let (name, picture) = (escaped(&user.display_name()), escaped(&avatar(user)));
    session::with_token(call, |token| {
        let field = csrf::FIELD;
        let form = format!(
            "<p><img src=\"{picture}\" alt=\"The picture of {name}\" width=\"128\">\
             <form method=\"post\" enctype=\"multipart/form-data\">\
             <input type=\"hidden\" name=\"{field}\" value=\"{token}\">\
             <p><label>Another picture <input name=\"avatar\" type=\"file\" accept=\"image/*\" required></label>\
             <p><button>Show this one</button></form>"
        );
        page("Your picture", problem, &form)
    })
}

async fn default_avatar(_: Call) -> Answer {
    let reply = Reply::png(DEFAULT_AVATAR_PNG).header(CACHE_CONTROL, "public, max-age=86400");
    Ok(reply.header(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"))
}

/// A path of this dialect, under the prefix that the caller uses.
fn here(call: &Call, path: &str) -> String {
    let prefix = if call.uri.path().starts_with("/compat/") { "/compat/condor" } else { "" };
    format!("{prefix}{path}")
}

/// What a form says of a field.
fn typed<'d>(data: &'d Data, name: &str) -> &'d str {
    match data.get(name) {
        Given::Text(text) => text.trim(),
        Given::Json(value) => value.as_str().unwrap_or_default().trim(),
        Given::Absent | Given::File(_) => "",
    }
}

fn sign_in_form(call: &Call, name: &str, problem: &str) -> Reply {
    let name = escaped(name);
    let form = format!(
        "<form method=\"post\">\
         <p><label>Username <input name=\"username\" value=\"{name}\" autocomplete=\"username\" required></label>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required>\
         </label><p><button>Sign in</button></form>"
    );
    session::with_token(call, |_| page("Sign in", problem, &form))
}

/// A plain page: no scripts, no styles, and nothing from elsewhere.
fn page(title: &str, problem: &str, body: &str) -> Reply {
    let problem = escaped(problem);
    let policy = "default-src 'none'; img-src 'self'; form-action 'self'; base-uri 'none'; \
        frame-ancestors 'none'";
    Reply::html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} - Tertulia</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><h1>{title}</h1><p role=\"alert\">{problem}</p>{body}</html>\n"
    ))
    .header(CONTENT_SECURITY_POLICY, policy)
    // A form does not say which page it is on where nothing may be told.
    .header(REFERRER_POLICY, "same-origin")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The path of the picture that someone shows.
fn avatar(user: &User) -> String {
    avatar_path(user).unwrap_or_else(|| DEFAULT_AVATAR.to_owned())
}

fn at(time: Timestamp) -> String {
    times::at_offset(time, ZONE_HOURS)
}

#[derive(Serialize, ToSchema)]
#[schema(as = condor::TokenPair)]
struct TokenPair {
    refresh: String,
    access: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = condor::AccessToken)]
struct AccessToken {
    access: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = condor::Profile)]
struct Profile {
    id: i64,
    full_name: String,
    username: String,
    email: String,
    avatar_url: String,
}

impl Profile {
    fn of(call: &Call, user: User) -> Self {
        let (full_name, avatar_url) = (user.display_name(), call.link(&avatar(&user)));
        let User { key, username, email, .. } = user;
        Self { id: key.0, full_name, username, email, avatar_url }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = condor::Picture)]
struct Picture {
    avatar: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = condor::Room)]
struct Room {
    id: i64,
    title: String,
    timestamp: String,
    messages: Vec<Message>,
}

impl Room {
    fn of(
        room: &DoorRoomView,
        title: String,
        history: impl IntoIterator<Item = domain::messages::Message>,
    ) -> Self {
        let messages = history.into_iter().map(Message::of).collect();
        let room = &room.view.room;
        Self { id: room.key.0, title, timestamp: at(room.created_at), messages }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = condor::Message)]
struct Message {
    /// None once the account is gone.
    sender: Option<i64>,
    timestamp: String,
    content: String,
}

impl Message {
    fn of(message: domain::messages::Message) -> Self {
        let domain::messages::Message { sender, created_at, text, .. } = message;
        Self { sender: sender.map(|sender| sender.0), timestamp: at(created_at), content: text }
    }
}
