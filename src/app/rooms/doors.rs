//! Rooms as the dialects make and change them: with labels, and without finding one that is there already.

use std::collections::HashSet;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::app::audit::note_right;
use crate::app::rooms::creation::{Stamp, direct_room};
use crate::app::rooms::{check_room_password, locked_view, membership, record};
use crate::app::{App, allow, person};
use crate::domain::audit::{Deed, Note};
use crate::domain::events::RoomChange;
use crate::domain::ids::{GlobalId, UserKey};
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::{
    DoorRoomView, LABEL_CHARS_MAX, MemberRole, Room, RoomKind, RoomLabel, RoomRef, RoomVisibility,
};
use crate::domain::sessions::{Door, SignedIn, Viewer};
use crate::domain::users::{User, check_text};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::rooms::{NewRoom, Pair};
use crate::storage::{Conn, labels, rooms, users};

/// A room, as a dialect's caller asks for it.
#[derive(Debug, Clone)]
pub struct NewDoorRoom {
    /// What the room is if it can be: SELF and DUO are given once, and to as many as they are for.
    /// Otherwise it is a private GROUP room.
    pub kind: RoomKind,
    pub label: RoomLabel,
    /// In the order they join, each once; the caller before them, if they become a member.
    pub members: Vec<UserKey>,
    pub caller_is_member: bool,
    /// Anyone signed in finds, reads and writes in the room without joining; where passwords are asked, and it has
    /// one, anyone finds it, and joins with the password.
    pub open: bool,
    /// Asked of those who join; none where it is empty.
    pub password: Option<SecretString>,
}

/// What to change of a room's label; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct RoomLabelChange {
    /// Of a GROUP room also its name, unless it is blank.
    pub title: Option<String>,
    pub kind: Option<String>,
    pub link: Option<Option<String>>,
    pub capacity: Option<Option<i64>>,
    /// Of GROUP rooms.
    pub password: Option<Option<SecretString>>,
    /// Who is to be in it, and nobody else.
    pub members: Option<Vec<UserKey>>,
}

impl RoomLabelChange {
    /// What it changes, in the words of the doors.
    fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("title", self.title.is_some()),
            ("kind", self.kind.is_some()),
            ("link", self.link.is_some()),
            ("capacity", self.capacity.is_some()),
            ("password", self.password.is_some()),
            ("members", self.members.is_some()),
        ];
        fields.into_iter().filter(|(_, changes)| *changes).map(|(name, _)| name).collect()
    }
}

/// People whose names make the name of a room without a title.
const NAMING_MAX: usize = 3;

impl App {
    /// Makes a room, and never finds one.
    ///
    /// The caller owns it; where they do not become a member, the first member does. A room without any
    /// members is seen by administrators alone.
    pub async fn create_room_at(
        &self,
        viewer: &Viewer,
        door: Door,
        new: NewDoorRoom,
    ) -> Result<DoorRoomView> {
        let caller = person(viewer)?;
        let NewDoorRoom { kind, mut label, members, caller_is_member, open, password } = new;
        let password = password.filter(|password| !password.expose_secret().is_empty());
        let mut faults = Vec::new();
        check_label(&label, &mut faults);
        check_room_password(password.as_ref(), &mut faults);
        let max = self.bounds.members_per_call_max;
        if members.len() > max {
            faults.push(Fault::new(Code::TooLong, Text::TooMany { max }, "members"));
        }
        Error::check(faults)?;
        if label.kind.is_empty() {
            kind.label_word().clone_into(&mut label.kind);
        }
        let password_hash = match password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let asks = self.bounds.room_passwords_asked && password_hash.is_some();
        let stamp = Stamp::new(self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let own = caller_is_member.then_some(caller.user);
                    let people = known(conn, own.into_iter().chain(members)).await?;
                    let terms = Terms { kind, open, asks, password_hash };
                    let room = open_room(conn, caller, &label.title, &people, terms, stamp).await?;
                    labels::put(conn, room.key, door, &label).await?;
                    let made = labels::find_view(conn, RoomRef::Key(room.key), caller.user).await?;
                    made.ok_or_else(Error::not_found)
                })
            })
            .await
    }

    /// The DUO room with someone, or one's own SELF room, made if need be; and whether it was made now, and
    /// so got the title.
    pub async fn direct_room_at(
        &self,
        viewer: &Viewer,
        door: Door,
        other: UserKey,
        title: Option<String>,
    ) -> Result<(DoorRoomView, bool)> {
        let caller = person(viewer)?;
        let label = RoomLabel { title: title.unwrap_or_default(), ..RoomLabel::default() };
        let mut faults = Vec::new();
        check_label(&label, &mut faults);
        Error::check(faults)?;
        // Nearly always the room is there, and then nothing is written.
        let known = self.store.read(move |conn| Box::pin(known_direct(conn, caller.user, other))).await?;
        if let Some(known) = known {
            return Ok((known, false));
        }
        let at = self.clock.now();
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let other = users::get(conn, other).await?;
                    let other = other.ok_or_else(|| Error::not_found().at("userId"))?;
                    let (room, created) = direct_room(conn, caller, other, at).await?;
                    if created && !label.title.is_empty() {
                        labels::put(conn, room.key, door, &label).await?;
                    }
                    let view = labels::find_view(conn, RoomRef::Key(room.key), caller.user).await?;
                    Ok((view.ok_or_else(Error::not_found)?, created))
                })
            })
            .await
    }

    /// Changes what a room is called at the dialects' doors, and its name with it where it has one; and who is in it,
    /// as far as the viewer may add and remove them.
    pub async fn relabel_room(
        &self,
        viewer: &Viewer,
        door: Door,
        room: RoomRef,
        change: RoomLabelChange,
    ) -> Result<DoorRoomView> {
        let caller = person(viewer)?;
        let fields = change.fields();
        let RoomLabelChange { title, kind, link, capacity, password, members } = change;
        let password =
            password.map(|password| password.filter(|password| !password.expose_secret().is_empty()));
        let asked = RoomLabel {
            title: title.clone().unwrap_or_default(),
            kind: kind.clone().unwrap_or_default(),
            link: link.clone().flatten(),
            capacity: None,
        };
        let mut faults = Vec::new();
        check_label(&asked, &mut faults);
        check_room_password(password.as_ref().and_then(Option::as_ref), &mut faults);
        let max = self.bounds.members_per_call_max;
        if members.as_ref().is_some_and(|members| members.len() > max) {
            faults.push(Fault::new(Code::TooLong, Text::TooMany { max }, "members"));
        }
        Error::check(faults)?;
        let id = self.room_id(room).await?;
        let password_hash = match password {
            Some(Some(password)) => Some(Some(self.passwords.hash(password).await?)),
            Some(None) => Some(None),
            None => None,
        };
        let (viewer, at, fields) = (*viewer, self.clock.now(), fields.join(", "));
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    let standing = Standing::of(&viewer, &view.room, view.role);
                    allow(standing, Action::Label).map_err(|refusal| refusal.at("roomId"))?;
                    let note = Note::new(&viewer, Deed::RoomUpdate, GlobalId::Room(id), at);
                    note_right(conn, standing, Action::Label, note.saying(&fields)).await?;
                    let mut room = view.room;
                    let found = labels::find_view(conn, RoomRef::Key(room.key), caller.user).await?;
                    let stored = found.and_then(|found| found.label);
                    let stored = stored
                        .unwrap_or_else(|| RoomLabel { title: room.name.clone(), ..RoomLabel::default() });
                    let label = RoomLabel {
                        title: title.unwrap_or(stored.title),
                        kind: kind.unwrap_or(stored.kind),
                        link: link.unwrap_or(stored.link),
                        capacity: capacity.unwrap_or(stored.capacity),
                    };
                    labels::put(conn, room.key, door, &label).await?;
                    if room.kind == RoomKind::Group {
                        if !label.title.trim().is_empty() {
                            label.title.trim().clone_into(&mut room.name);
                        }
                        room.password_hash = password_hash.unwrap_or(room.password_hash);
                        rooms::update(conn, &room).await?;
                    }
                    record(conn, room.key, caller.user, RoomChange::RoomEdited, at).await?;
                    if let Some(members) = members {
                        let people = known(conn, members.into_iter()).await?;
                        let keys = people.into_iter().map(|user| user.key).collect();
                        membership::replace(conn, (caller, standing), &room, (keys, max), at).await?;
                    }
                    let view = labels::find_view(conn, RoomRef::Key(room.key), caller.user).await?;
                    view.ok_or_else(Error::not_found)
                })
            })
            .await
    }

    /// Takes a room, known by either of its names, away from everyone.
    pub async fn delete_room_at(&self, viewer: &Viewer, room: RoomRef) -> Result<()> {
        person(viewer)?;
        let id = self.room_id(room).await?;
        self.delete_room(viewer, id).await
    }

    /// The public id of a room. It tells nothing of who may see the room.
    pub(in crate::app) async fn room_id(&self, room: RoomRef) -> Result<Uuid> {
        let key = match room {
            RoomRef::Id(id) => return Ok(id),
            RoomRef::Key(key) => key,
        };
        if let Some(id) = self.room_ids.get(&key) {
            return Ok(id);
        }
        let found =
            self.store.read(move |conn| Box::pin(async move { rooms::ids(conn, &[key]).await })).await?;
        let (_, id) = found.first().copied().ok_or_else(|| Error::not_found().at("roomId"))?;
        self.room_ids.insert(key, id);
        Ok(id)
    }
}

/// The room of two people who are both still there, or of one alone, if it was made.
pub(in crate::app) async fn known_direct(
    conn: &mut Conn,
    viewer: UserKey,
    other: UserKey,
) -> Result<Option<DoorRoomView>> {
    match rooms::find_by_pair(conn, Pair::of(viewer, other)).await? {
        // Whoever has left the room of two has left the server.
        Some(room) if room.member_count < 2 && other != viewer => Ok(None),
        Some(room) => labels::find_view(conn, RoomRef::Key(room.key), viewer).await,
        None => Ok(None),
    }
}

fn check_label(label: &RoomLabel, faults: &mut Vec<Fault>) {
    check_text(&label.title, LABEL_CHARS_MAX, "title", faults);
    check_text(&label.kind, LABEL_CHARS_MAX, "kind", faults);
    check_text(label.link.as_deref().unwrap_or_default(), LABEL_CHARS_MAX, "link", faults);
}

/// These people, each once and in this order; refused at the first whom nobody knows.
async fn known(conn: &mut Conn, keys: impl Iterator<Item = UserKey>) -> Result<Vec<User>> {
    let mut seen = HashSet::new();
    let keys: Vec<UserKey> = keys.filter(|key| seen.insert(*key)).collect();
    let mut people = users::get_many(conn, &keys).await?;
    people.sort_by_key(|user| keys.iter().position(|key| *key == user.key));
    let missing = keys.iter().find(|key| !people.iter().any(|user| user.key == **key));
    match missing {
        Some(missing) => {
            let text = Text::MemberKeyUnknown { key: missing.0 };
            Err(Error::new(Code::BadInput, text).at("members"))
        }
        None => Ok(people),
    }
}

struct Terms {
    kind: RoomKind,
    open: bool,
    /// Whether its password stands before it all the same.
    asks: bool,
    password_hash: Option<String>,
}

async fn open_room(
    conn: &mut Conn,
    caller: SignedIn,
    title: &str,
    people: &[User],
    terms: Terms,
    stamp: Stamp,
) -> Result<Room> {
    let group = NewRoom {
        id: stamp.id,
        kind: RoomKind::Group,
        name: name(title, people),
        description: String::new(),
        visibility: if terms.open { RoomVisibility::Public } else { RoomVisibility::Private },
        capacity: None,
        password_hash: terms.password_hash,
        is_open: terms.open && !terms.asks,
        invite_code: stamp.invite_code,
        pair: None,
        created_by: caller.user,
        created_at: stamp.at,
    };
    let pair = match (terms.kind, people) {
        _ if terms.open => None,
        (RoomKind::SelfNotes, [one]) if one.key == caller.user => Some(Pair::of(one.key, one.key)),
        (RoomKind::Duo, [one, other]) => Some(Pair::of(one.key, other.key)),
        _ => None,
    };
    // To try in vain takes a number, and callers see which are left out.
    let is_there = match pair {
        Some(pair) => rooms::find_by_pair(conn, pair).await?.is_some(),
        None => false,
    };
    let first = match pair.filter(|_| !is_there) {
        Some(_) => {
            let wanted = NewRoom { kind: terms.kind, name: String::new(), pair, ..group.clone() };
            rooms::insert(conn, &NewRoom { password_hash: None, ..wanted }).await?
        }
        None => None,
    };
    let room = match first {
        Some(room) => room,
        None => rooms::insert(conn, &group)
            .await?
            .ok_or_else(|| Error::internal("a room's fresh id or invite code is taken"))?,
    };
    let owner = people.iter().find(|user| user.key == caller.user).or(people.first()).map(|user| user.key);
    let role = |user: UserKey| match room.kind {
        RoomKind::SelfNotes | RoomKind::Group if Some(user) == owner => MemberRole::Owner,
        _ => MemberRole::Member,
    };
    let members: Vec<_> = people.iter().map(|user| (user.key, role(user.key))).collect();
    membership::admit(conn, room.key, caller.user, &members, stamp.at).await?;
    Ok(room)
}

/// What a GROUP room is called: its title, or the names of its first members.
fn name(title: &str, people: &[User]) -> String {
    match title.trim() {
        "" => people.iter().take(NAMING_MAX).map(User::display_name).collect::<Vec<_>>().join(", "),
        title => title.to_owned(),
    }
}
