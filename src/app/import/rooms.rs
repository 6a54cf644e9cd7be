//! The rooms of an original, with those who are in them.

use std::collections::{HashMap, HashSet};

use secrecy::SecretString;
use uuid::Uuid;

use super::{Findings, Import, ImportError, Stage, Terms, cleaned, free_keys, known, people_here};
use crate::auth::random;
use crate::clock::Timestamp;
use crate::domain::events::RoomChange;
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::rooms::{
    LABEL_CHARS_MAX, MemberRole, ROOM_PASSWORD_BYTES_MAX, RoomKind, RoomLabel, RoomVisibility,
};
use crate::domain::short_ids;
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::storage::import::{self, Counted, Kind};
use crate::storage::originals::{Dialect, Original, Place, flag};
use crate::storage::rooms::{NewRoom, Pair};
use crate::storage::{Conn, labels, members, room_events, rooms, users};

const NO_MEMBER: &str = "memberships of people who are not there";
const FIXED: &str = "people who came later into a room of two or of one";
const NEW_ID: &str = "rooms have another public id, because theirs is taken or cannot be one";
const PAIR_TAKEN: &str = "rooms of two or of one are groups, because these people have such a room already";
const NO_TIME: &str = "rooms count as made now, because when they were made cannot be read";
const NO_PASSWORD: &str = "room passwords that are too long to be hashed";

/// Rooms of one transaction; each may have many members.
const ROOMS_MAX: usize = 20;
/// People whose names make the name of a group without a title.
const NAMING_MAX: usize = 3;

/// A room, and the hash of its password where it has one.
type Asked = (Place, Option<String>);

impl Import<'_> {
    pub(super) async fn bring_rooms(&mut self, original: &Original) -> Result<(), ImportError> {
        let mut pages = original.places().await?;
        while let Some(mut page) = pages.next().await? {
            while !page.is_empty() {
                let rest = page.split_off(page.len().min(ROOMS_MAX));
                self.bring_some_rooms(std::mem::replace(&mut page, rest)).await?;
            }
        }
        Ok(())
    }

    async fn bring_some_rooms(&mut self, page: Vec<Place>) -> Result<(), ImportError> {
        let (rows, terms) = (page.len(), self.terms.clone());
        let Some(store) = self.store.clone() else {
            let findings = Findings::foreseen(rows, 0);
            self.note(Stage::Rooms, rows, findings);
            return Ok(());
        };
        let ids: Vec<String> = page.iter().map(|place| place.id.clone()).collect();
        let asking = terms.clone();
        let before = store
            .read(move |conn| Box::pin(async move { known(conn, &asking, Kind::Room, ids).await }))
            .await?;
        let findings = if terms.dry {
            let known = page.iter().filter(|place| before.contains_key(&place.id)).count();
            Findings::foreseen(rows - known, known)
        } else {
            let mut findings = Findings::default();
            let mut asked = Vec::with_capacity(rows);
            for place in page {
                let hash = match &place.password {
                    Some(password) if !before.contains_key(&place.id) => {
                        self.hashed(&place.id, password, &mut findings).await?
                    }
                    _ => None,
                };
                asked.push((place, hash));
            }
            store
                .write(move |conn| Box::pin(async move { bring(conn, &terms, &asked, findings).await }))
                .await?
        };
        self.note(Stage::Rooms, rows, findings);
        Ok(())
    }

    async fn hashed(&self, room: &str, password: &str, findings: &mut Findings) -> Result<Option<String>> {
        let Some(app) = self.app.filter(|_| !password.is_empty()) else { return Ok(None) };
        if password.len() > ROOM_PASSWORD_BYTES_MAX || password.contains('\0') {
            findings.miss(NO_PASSWORD, format!("room {room}"));
            return Ok(None);
        }
        app.passwords.hash(SecretString::from(password.to_owned())).await.map(Some)
    }
}

async fn bring(conn: &mut Conn, terms: &Terms, page: &[Asked], mut findings: Findings) -> Result<Findings> {
    let places = || page.iter().map(|(place, _)| place);
    let before = known(conn, terms, Kind::Room, places().map(|place| place.id.clone()).collect()).await?;
    let mut named: Vec<String> = places().filter_map(|place| place.created_by.clone()).collect();
    for place in places() {
        named.extend(place.members.iter().filter_map(|(user, _)| user.clone()));
    }
    let people = people_here(conn, terms, named).await?;
    let new = places().filter(|place| !before.contains_key(&place.id));
    let free = free_keys(conn, Counted::Rooms, new.map(|place| place.id.as_str()).collect()).await?;
    for (place, password_hash) in page {
        let members = members_of(terms, place, &people, &mut findings);
        let key = match before.get(&place.id) {
            Some(key) => {
                findings.known += 1;
                RoomKey(*key)
            }
            None => {
                let wanted = place.id.parse().ok().filter(|key| free.contains(key));
                let room = Making { terms, place, password_hash: password_hash.clone(), members: &members };
                let maker = place.created_by.as_ref().and_then(|maker| people.get(maker)).copied();
                let key = make(conn, &room, maker, wanted, &mut findings).await?;
                if let Some(label) = label(terms.dialect, place, members.len()) {
                    labels::put(conn, key, terms.dialect.door(), &label).await?;
                }
                findings.brought += 1;
                findings.kept_number += i64::from(wanted == Some(key.0));
                import::remember(conn, &terms.source, Kind::Room, &[(place.id.clone(), key.0)]).await?;
                key
            }
        };
        admit(conn, terms, place, key, &people, &members, &mut findings).await?;
    }
    Ok(findings)
}

/// Who is in a room and since when, each once.
fn members_of(
    terms: &Terms,
    place: &Place,
    people: &HashMap<String, UserKey>,
    findings: &mut Findings,
) -> Vec<(UserKey, Timestamp)> {
    let made_at = made_at(terms, place).unwrap_or(terms.now);
    let mut seen = HashSet::new();
    let mut members = Vec::new();
    for (user, since) in &place.members {
        match user.as_ref().and_then(|user| people.get(user)) {
            Some(key) if seen.insert(*key) => {
                members.push((*key, terms.time(since.as_deref()).unwrap_or(made_at)));
            }
            Some(_) => {}
            None => findings
                .miss(NO_MEMBER, format!("{} in room {}", user.as_deref().unwrap_or("null"), place.id)),
        }
    }
    members
}

fn made_at(terms: &Terms, place: &Place) -> Option<Timestamp> {
    terms.time(place.made_at.as_deref()).or_else(|| terms.time(place.first_at.as_deref()))
}

/// A room that is not here yet.
struct Making<'p> {
    terms: &'p Terms,
    place: &'p Place,
    password_hash: Option<String>,
    members: &'p [(UserKey, Timestamp)],
}

async fn make(
    conn: &mut Conn,
    making: &Making<'_>,
    maker: Option<UserKey>,
    key: Option<i64>,
    findings: &mut Findings,
) -> Result<RoomKey> {
    let Making { terms, place, password_hash, members } = making;
    let which = || format!("room {}", place.id);
    let made_at = made_at(terms, place);
    // ChatCRM does not say when rooms were made, so nothing was lost.
    if made_at.is_none() && place.made_at.is_some() {
        findings.change(NO_TIME, which());
    }
    let created_at = made_at.unwrap_or(terms.now);
    let kind = kind(terms.dialect, place, members.len());
    let open = terms.dialect == Dialect::ThanChat;
    let title = cleaned(place.title.as_deref(), LABEL_CHARS_MAX);
    let group = NewRoom {
        id: public_id(conn, terms, place, created_at, findings).await?,
        kind: RoomKind::Group,
        name: if title.is_empty() { names(conn, members).await? } else { title },
        description: String::new(),
        visibility: if open { RoomVisibility::Public } else { RoomVisibility::Private },
        capacity: None,
        password_hash: password_hash.clone(),
        is_open: open,
        invite_code: random::invite_code(),
        pair: None,
        created_by: maker.unwrap_or(UserKey(0)),
        created_at,
    };
    let pair = match (kind, members) {
        (RoomKind::SelfNotes, [(one, _)]) => Some(Pair::of(*one, *one)),
        (RoomKind::Duo, [(one, _), (other, _)]) => Some(Pair::of(*one, *other)),
        _ => None,
    };
    if pair.is_some() {
        let wanted = NewRoom { kind, name: String::new(), password_hash: None, pair, ..group.clone() };
        if let Some(room) = import::insert_room(conn, key, maker, &wanted).await? {
            return Ok(room);
        }
        findings.change(PAIR_TAKEN, which());
    }
    let made = import::insert_room(conn, key, maker, &group).await?;
    made.ok_or_else(|| Error::internal("a room's free number, fresh id or invite code is taken"))
}

/// The id that callers know, where the original has one that is a uuid and nothing has it here.
async fn public_id(
    conn: &mut Conn,
    terms: &Terms,
    place: &Place,
    created_at: Timestamp,
    findings: &mut Findings,
) -> Result<Uuid> {
    let own = match terms.dialect {
        Dialect::Rtca => Uuid::parse_str(&place.id).ok(),
        Dialect::ChatCrm => place.short_id.as_deref().and_then(short_ids::decode),
        Dialect::Condor | Dialect::Mrm | Dialect::ThanChat => return Ok(random::uuid_v7(created_at)),
    };
    match own {
        Some(id) if !import::is_room_id_taken(conn, id).await? => Ok(id),
        _ => {
            findings.change(NEW_ID, format!("room {}", place.id));
            Ok(random::uuid_v7(created_at))
        }
    }
}

/// What a room is here. Groups of mrm-chat-2 may have two people: they have names.
fn kind(dialect: Dialect, place: &Place, members: usize) -> RoomKind {
    let word = place.kind.as_deref().unwrap_or_default();
    match dialect {
        Dialect::ChatCrm if word.eq_ignore_ascii_case("SELF") && members == 1 => RoomKind::SelfNotes,
        Dialect::ChatCrm if ["DUO", "DM"].contains(&word) && members == 2 => RoomKind::Duo,
        Dialect::Condor if members == 2 && !flag(place.is_group.as_deref()) => RoomKind::Duo,
        Dialect::Rtca if members == 2 => RoomKind::Duo,
        _ => RoomKind::Group,
    }
}

/// What the dialect's callers know of a room besides. Those of Real Time Chat App know nothing.
fn label(dialect: Dialect, place: &Place, members: usize) -> Option<RoomLabel> {
    let word = kind(dialect, place, members).label_word();
    let given = cleaned(place.kind.as_deref(), LABEL_CHARS_MAX);
    let label = RoomLabel {
        title: cleaned(place.title.as_deref(), LABEL_CHARS_MAX),
        kind: if given.is_empty() { word.to_owned() } else { given },
        link: place.link.as_ref().map(|link| cleaned(Some(link), LABEL_CHARS_MAX)),
        capacity: place.capacity.as_deref().and_then(|capacity| capacity.parse().ok()),
    };
    (dialect != Dialect::Rtca).then_some(label)
}

/// What a group without a title is called: the names of its first members.
async fn names(conn: &mut Conn, members: &[(UserKey, Timestamp)]) -> Result<String> {
    let first: Vec<UserKey> = members.iter().take(NAMING_MAX).map(|(user, _)| *user).collect();
    let mut people = users::get_many(conn, &first).await?;
    people.sort_by_key(|user| first.iter().position(|key| *key == user.key));
    Ok(people.iter().map(User::display_name).collect::<Vec<_>>().join(", "))
}

/// Makes those members who were not brought as members before. Someone who left here stays away.
async fn admit(
    conn: &mut Conn,
    terms: &Terms,
    place: &Place,
    room: RoomKey,
    people: &HashMap<String, UserKey>,
    members: &[(UserKey, Timestamp)],
    findings: &mut Findings,
) -> Result<()> {
    let name = |user: &str| format!("{}:{user}", place.id);
    let named: HashMap<UserKey, String> =
        people.iter().map(|(original, key)| (*key, name(original))).collect();
    let originals = members.iter().filter_map(|(user, _)| named.get(user).cloned()).collect();
    let before = known(conn, terms, Kind::Member, originals).await?;
    let group = import::is_group(conn, room).await?;
    let owner = place
        .created_by
        .as_ref()
        .and_then(|maker| people.get(maker).copied())
        .filter(|maker| members.iter().any(|(user, _)| user == maker))
        .or_else(|| members.first().map(|(user, _)| *user));
    let mut brought = Vec::new();
    for (user, since) in members {
        let Some(original) = named.get(user).filter(|original| !before.contains_key(*original)) else {
            continue;
        };
        let Some(group) = group else { continue };
        if !group && !before.is_empty() {
            findings.miss(FIXED, original.clone());
            continue;
        }
        let owns = Some(*user) == owner && before.is_empty() && (group || members.len() == 1);
        let role = if owns { MemberRole::Owner } else { MemberRole::Member };
        if join(conn, room, (*user, role), *since).await? {
            brought.push((original.clone(), user.0));
        }
    }
    import::remember(conn, &terms.source, Kind::Member, &brought).await?;
    findings.members += i64::try_from(brought.len()).unwrap_or_default();
    Ok(())
}

/// Makes someone a member, with the event that says so; false when they are in already.
pub(super) async fn join(
    conn: &mut Conn,
    room: RoomKey,
    (user, role): (UserKey, MemberRole),
    at: Timestamp,
) -> Result<bool> {
    if !members::insert(conn, room, user, role, at).await? {
        return Ok(false);
    }
    let place = rooms::next_position(conn, room).await?;
    room_events::insert(conn, room, place, Some(user), RoomChange::MemberSet { user, role }, at).await?;
    rooms::change_member_count(conn, room, 1).await?;
    Ok(true)
}
