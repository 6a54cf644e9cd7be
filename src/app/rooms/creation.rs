//! Making rooms: groups, and the one room that a pair or a person has.

use secrecy::SecretString;
use uuid::Uuid;

use crate::app::rooms::{check_capacity, check_room_password, fresh_view, membership};
use crate::app::{App, person};
use crate::auth::random;
use crate::domain::Timestamp;
use crate::domain::ids::UserKey;
use crate::domain::rooms::{
    DESCRIPTION_CHARS_MAX, MemberRole, Room, RoomKind, RoomLabel, RoomView, RoomVisibility,
};
use crate::domain::sessions::{Door, SignedIn, Viewer};
use crate::domain::users::{User, check_text};
use crate::error::{Code, Error, Fault, Result, Text};
use crate::storage::rooms::{NewRoom, Pair};
use crate::storage::{Conn, labels, rooms, users};

/// A room, as asked for.
#[derive(Debug, Clone)]
pub struct CreateRoom {
    pub kind: RoomKind,
    pub name: Option<String>,
    pub member_ids: Vec<Uuid>,
    pub description: String,
    pub visibility: RoomVisibility,
    pub capacity: Option<i32>,
    pub password: Option<SecretString>,
}

impl App {
    /// Makes a room, or finds the SELF or DUO room that these people already have.
    pub async fn create_room(&self, viewer: &Viewer, request: CreateRoom) -> Result<(RoomView, bool)> {
        let caller = person(viewer)?;
        self.check_new_room(&request)?;
        let password_hash = match &request.password {
            Some(password) => Some(self.passwords.hash(password.clone()).await?),
            None => None,
        };
        let stamp = Stamp::new(self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let people = invited(conn, caller, &request).await?;
                    let (room, created) =
                        open_room(conn, caller.user, request, people, password_hash, stamp).await?;
                    let view = fresh_view(conn, room.id, caller).await?;
                    Ok((view, created))
                })
            })
            .await
    }

    fn check_new_room(&self, request: &CreateRoom) -> Result<()> {
        let mut faults = Vec::new();
        let name = request.name.as_deref().map(str::trim).unwrap_or_default();
        match request.kind {
            RoomKind::Group if name.is_empty() => {
                faults.push(Fault::new(Code::Empty, Text::RoomNameMissing, "name"));
            }
            RoomKind::Group => check_text(name, self.bounds.room_name_chars_max, "name", &mut faults),
            RoomKind::SelfNotes if !request.member_ids.is_empty() => {
                faults.push(Fault::new(Code::BadInput, Text::SelfTakesNobody, "memberIds"));
            }
            RoomKind::Duo if request.member_ids.len() != 1 => {
                faults.push(Fault::new(Code::BadInput, Text::DuoNeedsOneOther, "memberIds"));
            }
            RoomKind::SelfNotes | RoomKind::Duo => {}
        }
        if request.member_ids.len() > self.bounds.members_per_call_max {
            let max = self.bounds.members_per_call_max;
            faults.push(Fault::new(Code::TooLong, Text::TooMany { max }, "memberIds"));
        }
        check_text(&request.description, DESCRIPTION_CHARS_MAX, "description", &mut faults);
        check_capacity(request.capacity, &mut faults);
        check_room_password(request.password.as_ref(), &mut faults);
        Error::check(faults)
    }
}

/// What a new room gets from outside the transaction.
pub(super) struct Stamp {
    pub(super) id: Uuid,
    pub(super) invite_code: String,
    pub(super) at: Timestamp,
}

impl Stamp {
    pub(super) fn new(at: Timestamp) -> Self {
        Self { id: random::uuid_v7(at), invite_code: random::invite_code(), at }
    }
}

/// The people a new room begins with besides its maker, each once.
async fn invited(conn: &mut Conn, caller: SignedIn, request: &CreateRoom) -> Result<Vec<User>> {
    let mut ids = request.member_ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let people = users::get_many_by_id(conn, &ids).await?;
    if people.len() != ids.len() {
        return Err(Error::new(Code::BadInput, Text::MemberUnknown).at("memberIds"));
    }
    let mut others: Vec<User> = people.into_iter().filter(|user| user.key != caller.user).collect();
    // In the order asked for, which is the order they join in.
    others.sort_by_key(|user| request.member_ids.iter().position(|id| *id == user.id));
    if request.kind == RoomKind::Duo && others.is_empty() {
        return Err(Error::new(Code::BadInput, Text::DuoNeedsOneOther).at("memberIds"));
    }
    Ok(others)
}

async fn open_room(
    conn: &mut Conn,
    caller: UserKey,
    request: CreateRoom,
    others: Vec<User>,
    password_hash: Option<String>,
    stamp: Stamp,
) -> Result<(Room, bool)> {
    let kind = request.kind;
    let pair = match (kind, others.first()) {
        (RoomKind::SelfNotes, _) => Some(Pair::of(caller, caller)),
        (RoomKind::Duo, Some(other)) => Some(Pair::of(caller, other.key)),
        (RoomKind::Duo | RoomKind::Group, _) => None,
    };
    let group = kind == RoomKind::Group;
    let given_name = request.name.map(|name| name.trim().to_owned()).unwrap_or_default();
    let new = NewRoom {
        id: stamp.id,
        kind,
        name: if group { given_name } else { String::new() },
        description: request.description,
        visibility: if group { request.visibility } else { RoomVisibility::Private },
        capacity: request.capacity.filter(|_| group),
        password_hash: password_hash.filter(|_| group),
        is_open: false,
        invite_code: stamp.invite_code,
        pair,
        created_by: caller,
        created_at: stamp.at,
    };
    if let Some(capacity) = new.capacity
        && others.len() >= usize::try_from(capacity).unwrap_or_default()
    {
        return Err(Error::new(Code::RoomFull, Text::RoomFull { capacity: capacity.into() }).at("memberIds"));
    }
    match (rooms::insert(conn, &new).await?, pair) {
        (Some(room), _) => {
            let (own, theirs) = match kind {
                RoomKind::SelfNotes | RoomKind::Group => (MemberRole::Owner, MemberRole::Member),
                RoomKind::Duo => (MemberRole::Member, MemberRole::Member),
            };
            membership::admit(conn, room.key, caller, &[(caller, own)], stamp.at).await?;
            let others: Vec<_> = others.iter().map(|user| (user.key, theirs)).collect();
            membership::admit(conn, room.key, caller, &others, stamp.at).await?;
            Ok((room, true))
        }
        (None, Some(pair)) => match rooms::find_by_pair(conn, pair).await? {
            Some(room) => Ok((room, false)),
            None => Err(Error::internal("a pair's room exists and cannot be found")),
        },
        (None, None) => Err(Error::internal("a room's fresh id or invite code is taken")),
    }
}

/// The DUO room of two people, or the SELF room of one, and whether it was made now. For use inside a
/// transaction.
pub(in crate::app) async fn direct_room(
    conn: &mut Conn,
    caller: SignedIn,
    other: User,
    now: Timestamp,
) -> Result<(Room, bool)> {
    let (kind, others) =
        if other.key == caller.user { (RoomKind::SelfNotes, vec![]) } else { (RoomKind::Duo, vec![other]) };
    let request = CreateRoom {
        kind,
        name: None,
        member_ids: Vec::new(),
        description: String::new(),
        visibility: RoomVisibility::Private,
        capacity: None,
        password: None,
    };
    open_room(conn, caller.user, request, others, None, Stamp::new(now)).await
}

/// The SELF room of an account that was made at a door, with the title it has there. For use inside a
/// transaction.
pub(in crate::app) async fn notes_room(
    conn: &mut Conn,
    owner: UserKey,
    door: Door,
    title: String,
    now: Timestamp,
) -> Result<Room> {
    let request = CreateRoom {
        kind: RoomKind::SelfNotes,
        name: None,
        member_ids: Vec::new(),
        description: String::new(),
        visibility: RoomVisibility::Private,
        capacity: None,
        password: None,
    };
    let (room, _) = open_room(conn, owner, request, Vec::new(), None, Stamp::new(now)).await?;
    let label = RoomLabel { title, kind: "SELF".to_owned(), link: None, capacity: None };
    labels::put(conn, room.key, door, &label).await?;
    Ok(room)
}
