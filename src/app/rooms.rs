//! Rooms: finding, editing and deleting them. Making them is in `rooms/creation.rs`, who is in
//! them in `rooms/membership.rs`, and who has read how far in `rooms/read_marks.rs`.

mod archive;
mod creation;
mod doors;
mod membership;
mod read_marks;

use std::collections::HashMap;

use secrecy::SecretString;
use uuid::Uuid;

use crate::app::audit::note_right;
use crate::app::{App, administrator, allow, person};
use crate::clock::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::events::RoomChange;
use crate::domain::ids::{GlobalId, RoomKey, UserKey};
use crate::domain::paging::{List, PageArgs, Place, Slice};
use crate::domain::policy::{Action, Standing, Verdict, decide};
use crate::domain::rooms::{
    CAPACITY_MAX, DESCRIPTION_CHARS_MAX, MemberRole, ROOM_PASSWORD_BYTES_MAX, Room, RoomFilter, RoomScope,
    RoomView, RoomVisibility,
};
use crate::domain::sessions::{SignedIn, Viewer};
use crate::domain::users::check_text;
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::rooms::Narrowing;
use crate::storage::{Conn, labels, members, room_events, rooms};

pub use creation::CreateRoom;
pub(in crate::app) use creation::{direct_room, notes_room};
pub(in crate::app) use doors::known_direct;
pub use doors::{NewDoorRoom, RoomLabelChange};
pub use membership::{JoinRoom, MemberList};
pub use read_marks::MarkRead;

/// What to change of a room; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct RoomChangeRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub visibility: Option<RoomVisibility>,
    pub capacity: Option<Option<i32>>,
    pub password: Option<Option<SecretString>>,
}

impl RoomChangeRequest {
    /// What it changes, as the inputs are called.
    fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("name", self.name.is_some()),
            ("description", self.description.is_some()),
            ("visibility", self.visibility.is_some()),
            ("capacity", self.capacity.is_some()),
            ("password", self.password.is_some()),
        ];
        fields.into_iter().filter(|(_, changes)| *changes).map(|(name, _)| name).collect()
    }
}

/// Rooms by activity, and how to count them all.
#[derive(Debug, Clone)]
pub struct RoomList {
    pub slice: Slice<RoomView>,
    filter: Narrowing,
}

impl RoomList {
    /// Where a room stands in this list.
    pub fn place(room: &Room) -> Place {
        Place(room.activity, room.key.0)
    }
}

impl App {
    /// A room the viewer may see.
    pub async fn room(&self, viewer: &Viewer, id: Uuid) -> Result<Option<RoomView>> {
        let caller = person(viewer)?;
        let found = self.store.read(move |conn| Box::pin(rooms::find_view(conn, id, caller.user))).await?;
        Ok(found.filter(|view| may(viewer, view, Action::See)))
    }

    /// Those of several rooms that the viewer may see, in no order.
    pub async fn rooms_by_id(&self, viewer: &Viewer, ids: Vec<Uuid>) -> Result<Vec<RoomView>> {
        let caller = person(viewer)?;
        let found = self
            .store
            .read(move |conn| Box::pin(async move { rooms::get_views_by_id(conn, &ids, caller.user).await }))
            .await?;
        Ok(found.into_iter().filter(|view| may(viewer, view, Action::See)).collect())
    }

    /// Those of several rooms that the viewer may see, in no order.
    pub async fn rooms_by_key(&self, viewer: &Viewer, keys: Vec<RoomKey>) -> Result<Vec<RoomView>> {
        let caller = person(viewer)?;
        let found = self
            .store
            .read(move |conn| Box::pin(async move { rooms::get_views(conn, &keys, caller.user).await }))
            .await?;
        Ok(found.into_iter().filter(|view| may(viewer, view, Action::See)).collect())
    }

    /// The viewer's rooms, or those anyone may join, or for administrators all, the most recently active first.
    pub async fn rooms(&self, viewer: &Viewer, filter: RoomFilter, page: &PageArgs) -> Result<RoomList> {
        let caller = person(viewer)?;
        if filter.scope == RoomScope::All {
            administrator(viewer)?;
        }
        let mut faults = Vec::new();
        let search = filter.search.as_deref().unwrap_or_default();
        check_text(search, self.bounds.room_name_chars_max, "search", &mut faults);
        Error::check(faults)?;
        let page = page.check(self.epoch(), List::Rooms, self.bounds.pages)?;
        let filter = Narrowing::new(filter, caller.user);
        let narrowing = filter.clone();
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { rooms::page(conn, &narrowing, &page).await }))
            .await?;
        Ok(RoomList { slice, filter })
    }

    /// How many rooms the whole list has.
    pub async fn count_rooms(&self, viewer: &Viewer, list: &RoomList) -> Result<i64> {
        person(viewer)?;
        let narrowing = list.filter.clone();
        self.store.read(move |conn| Box::pin(async move { rooms::count(conn, &narrowing).await })).await
    }

    /// The code that lets people join, for those who may invite.
    pub fn invite_code<'r>(&self, viewer: &Viewer, view: &'r RoomView) -> Option<&'r str> {
        may(viewer, view, Action::Invite(MemberRole::Member)).then_some(view.room.invite_code.as_str())
    }

    /// What each SELF and DUO room is called: its members' names, in the order they joined.
    pub async fn names_from_members(
        &self,
        viewer: &Viewer,
        keys: Vec<RoomKey>,
    ) -> Result<HashMap<RoomKey, String>> {
        person(viewer)?;
        let found = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    members::ends(conn, &keys, crate::domain::paging::End::First, NAMED_MEMBERS_MAX).await
                })
            })
            .await?;
        let mut names: HashMap<RoomKey, String> = HashMap::new();
        for member in found {
            let name = names.entry(member.room).or_default();
            if !name.is_empty() {
                name.push_str(", ");
            }
            name.push_str(&member.user.display_name());
        }
        Ok(names)
    }

    /// Changes a room's name, description, visibility, capacity or password.
    pub async fn update_room(
        &self,
        viewer: &Viewer,
        id: Uuid,
        change: RoomChangeRequest,
    ) -> Result<RoomView> {
        let caller = person(viewer)?;
        self.check_room_change(&change)?;
        let password_hash = match &change.password {
            Some(Some(password)) => Some(Some(self.passwords.hash(password.clone()).await?)),
            Some(None) => Some(None),
            None => None,
        };
        let (viewer, at, renamed) = (*viewer, self.clock.now(), change.name.is_some());
        let fields = change.fields().join(", ");
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    let standing = Standing::of(&viewer, &view.room, view.role);
                    allow(standing, Action::Edit)?;
                    let note = Note::new(&viewer, Deed::RoomUpdate, GlobalId::Room(id), at).saying(&fields);
                    note_right(conn, standing, Action::Edit, note).await?;
                    let room = edited(view.room, change, password_hash)?;
                    rooms::update(conn, &room).await?;
                    if renamed {
                        labels::retitle(conn, room.key, &room.name).await?;
                    }
                    record(conn, room.key, caller.user, RoomChange::RoomEdited, at).await?;
                    fresh_view(conn, id, caller).await
                })
            })
            .await
    }

    fn check_room_change(&self, change: &RoomChangeRequest) -> Result<()> {
        let mut faults = Vec::new();
        if let Some(name) = change.name.as_deref().map(str::trim) {
            if name.is_empty() {
                faults.push(Fault::new(Code::Empty, Text::RoomNameMissing, "name"));
            }
            check_text(name, self.bounds.room_name_chars_max, "name", &mut faults);
        }
        let description = change.description.as_deref().unwrap_or_default();
        check_text(description, DESCRIPTION_CHARS_MAX, "description", &mut faults);
        check_capacity(change.capacity.flatten(), &mut faults);
        check_room_password(change.password.as_ref().and_then(Option::as_ref), &mut faults);
        Error::check(faults)
    }

    /// Takes a room away from everyone. Its messages are removed soon after.
    pub async fn delete_room(&self, viewer: &Viewer, id: Uuid) -> Result<()> {
        let caller = person(viewer)?;
        let (viewer, at) = (*viewer, self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    let standing = Standing::of(&viewer, &view.room, view.role);
                    allow(standing, Action::Delete)?;
                    let note = Note::new(&viewer, Deed::RoomDelete, GlobalId::Room(id), at);
                    note_right(conn, standing, Action::Delete, note.saying(&view.room.name)).await?;
                    record(conn, view.room.key, caller.user, RoomChange::RoomDeleted, at).await?;
                    rooms::mark_deleted(conn, view.room.key, at).await
                })
            })
            .await
    }
}

/// SELF and DUO rooms have no more members than this.
const NAMED_MEMBERS_MAX: u16 = 2;

pub(in crate::app) fn may(viewer: &Viewer, view: &RoomView, action: Action) -> bool {
    decide(Standing::of(viewer, &view.room, view.role), action) == Verdict::Allow
}

fn edited(room: Room, change: RoomChangeRequest, password_hash: Option<Option<String>>) -> Result<Room> {
    let RoomChangeRequest { name, description, visibility, capacity, password: _ } = change;
    let capacity = capacity.unwrap_or(room.capacity);
    if let Some(most) = capacity
        && most < room.member_count
    {
        let text = Text::CapacityBelowMembers { members: room.member_count.into() };
        return Err(Error::new(Code::Conflict, text).at("capacity"));
    }
    Ok(Room {
        name: name.map_or(room.name, |name| name.trim().to_owned()),
        description: description.unwrap_or(room.description),
        visibility: visibility.unwrap_or(room.visibility),
        capacity,
        password_hash: password_hash.unwrap_or(room.password_hash),
        ..room
    })
}

/// A room that no other writer can change until the transaction ends.
pub(super) async fn locked_view(conn: &mut Conn, id: Uuid, caller: SignedIn) -> Result<RoomView> {
    let missing = || Error::not_found().at("roomId");
    let view = rooms::find_view(conn, id, caller.user).await?.ok_or_else(missing)?;
    rooms::lock(conn, view.room.key, caller.user).await?.ok_or_else(missing)
}

/// The room as it is after the transaction's changes.
pub(super) async fn fresh_view(conn: &mut Conn, id: Uuid, caller: SignedIn) -> Result<RoomView> {
    rooms::find_view(conn, id, caller.user).await?.ok_or_else(Error::not_found)
}

/// Takes the next position of the room's log for a change.
pub(super) async fn record(
    conn: &mut Conn,
    room: RoomKey,
    actor: UserKey,
    change: RoomChange,
    at: Timestamp,
) -> Result<()> {
    let place = rooms::next_position(conn, room).await?;
    room_events::insert(conn, room, place, Some(actor), change, at).await
}

fn check_capacity(capacity: Option<i32>, faults: &mut Vec<Fault>) {
    if capacity.is_some_and(|capacity| !(1..=CAPACITY_MAX).contains(&capacity)) {
        let text = Text::OutOfRange { min: 1, max: CAPACITY_MAX.into() };
        faults.push(Fault::new(Code::BadInput, text, "capacity"));
    }
}

fn check_room_password(password: Option<&SecretString>, faults: &mut Vec<Fault>) {
    let Some(password) = password.map(secrecy::ExposeSecret::expose_secret) else { return };
    if password.is_empty() {
        faults.push(Fault::new(Code::Empty, Text::Empty, "password"));
    } else if password.len() > ROOM_PASSWORD_BYTES_MAX {
        let text = Text::PasswordTooLong { bytes_max: ROOM_PASSWORD_BYTES_MAX };
        faults.push(Fault::new(Code::TooLong, text, "password"));
    } else if password.contains('\0') {
        faults.push(Fault::new(Code::BadInput, Text::HasNul, "password"));
    }
}
