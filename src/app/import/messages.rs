//! The messages of an original, in the order it shows them, at the end of their rooms' logs.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Findings, Import, ImportError, Stage, Terms, free_keys, known, people_here, rooms};
use crate::auth::random;
use crate::clock::Timestamp;
use crate::domain::events::LogPlace;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::TextBounds;
use crate::domain::rooms::{MemberRole, RoomKind, RoomVisibility};
use crate::error::{Error, Result};
use crate::storage::import::{self, BroughtMessage, Counted, Kind};
use crate::storage::originals::{Original, Said};
use crate::storage::rooms::{NewRoom, Pair, find_by_pair};
use crate::storage::{Conn, read_marks};

const NOWHERE: &str = "messages that are in no room";
const ROOM_MISSING: &str = "messages whose room is not there";
const ROOM_DELETED: &str = "messages whose room was deleted here";
const PARTNER_MISSING: &str = "direct messages whose sender or receiver is not there";
const NO_SENDER: &str = "messages come without a sender, because the account is not there";
const NO_TIME: &str = "messages have the time of the one before, because theirs cannot be read";
const CUT: &str = "messages were cut at the longest text that is allowed here";

/// A message, and what it is called in the notes of what was brought.
struct Draft {
    original: String,
    /// The number it had, if it may keep it.
    number: Option<i64>,
    at: Timestamp,
    has_time: bool,
    said: Said,
}

/// What the pages before have to say to the next.
#[derive(Default)]
struct Before {
    id: String,
    at: Option<Timestamp>,
}

impl Import<'_> {
    pub(super) async fn bring_messages(&mut self, original: &Original) -> Result<(), ImportError> {
        let mut before = Before::default();
        let mut pages = original.messages(false).await?;
        while let Some(page) = pages.next().await? {
            let (rows, terms) = (page.len(), self.terms.clone());
            let drafts: Vec<Draft> = page.into_iter().map(|said| before.draft(&terms, said)).collect();
            let findings = match &self.store {
                None => foretell(&drafts, &HashMap::new()),
                Some(store) if terms.dry => {
                    store.read(move |conn| Box::pin(async move { look(conn, &terms, &drafts).await })).await?
                }
                Some(store) => {
                    store
                        .write(move |conn| Box::pin(async move { bring(conn, &terms, drafts).await }))
                        .await?
                }
            };
            self.note(Stage::Messages, rows, findings);
        }
        Ok(())
    }
}

impl Before {
    fn draft(&mut self, terms: &Terms, said: Said) -> Draft {
        let time = terms.time(said.at.as_deref());
        let at = time.or(self.at).unwrap_or(terms.now);
        self.at = Some(at);
        // One message of condor_chat may be in several rooms. The first of them has its number.
        let again = self.id == said.id;
        self.id.clone_from(&said.id);
        let original = match &said.room {
            Some(room) if again => format!("{}:{room}", said.id),
            _ => said.id.clone(),
        };
        Draft {
            original,
            number: said.id.parse().ok().filter(|_| !again),
            at,
            has_time: time.is_some(),
            said,
        }
    }
}

/// Where a message goes.
enum Goes<'s> {
    Room(&'s str),
    /// Between these two, who may be one.
    Direct(&'s str, &'s str),
}

fn goes(said: &Said) -> Result<Goes<'_>, &'static str> {
    match (&said.room, &said.room_given, &said.receiver_given) {
        (Some(room), ..) => Ok(Goes::Room(room)),
        (None, Some(_), _) => Err(ROOM_MISSING),
        (None, None, None) => Err(NOWHERE),
        (None, None, Some(_)) => match (&said.sender, &said.receiver) {
            (Some(sender), Some(receiver)) => Ok(Goes::Direct(sender, receiver)),
            _ => Err(PARTNER_MISSING),
        },
    }
}

/// What would become of a page, by what can be told from its rows alone.
fn foretell(drafts: &[Draft], known: &HashMap<String, i64>) -> Findings {
    let mut findings = Findings::default();
    for draft in drafts {
        match goes(&draft.said) {
            _ if known.contains_key(&draft.original) => findings.known += 1,
            Ok(_) => findings.brought += 1,
            Err(why) => findings.leave_out(why, format!("message {}", draft.said.id)),
        }
    }
    findings
}

async fn look(conn: &mut Conn, terms: &Terms, drafts: &[Draft]) -> Result<Findings> {
    let originals = drafts.iter().map(|draft| draft.original.clone()).collect();
    Ok(foretell(drafts, &known(conn, terms, Kind::Message, originals).await?))
}

/// What the messages of a page refer to, as it is here.
struct Here {
    rooms: HashMap<String, i64>,
    living: HashSet<i64>,
    people: HashMap<String, UserKey>,
    direct: HashMap<(UserKey, UserKey), RoomKey>,
}

impl Here {
    async fn find(conn: &mut Conn, terms: &Terms, drafts: &[Draft]) -> Result<Self> {
        let named = drafts.iter().filter_map(|draft| draft.said.room.clone()).collect();
        let rooms = known(conn, terms, Kind::Room, named).await?;
        let keys: Vec<i64> = rooms.values().copied().collect();
        let living = import::living_rooms(conn, &keys).await?;
        let mut named: Vec<String> = drafts.iter().filter_map(|draft| draft.said.sender.clone()).collect();
        named.extend(drafts.iter().filter_map(|draft| draft.said.receiver.clone()));
        let people = people_here(conn, terms, named).await?;
        Ok(Self { rooms, living, people, direct: HashMap::new() })
    }

    /// The room a message goes to; made here, if it is the first between two.
    async fn room_of(
        &mut self,
        conn: &mut Conn,
        draft: &Draft,
        findings: &mut Findings,
    ) -> Result<Result<RoomKey, &'static str>> {
        match goes(&draft.said) {
            Err(why) => Ok(Err(why)),
            Ok(Goes::Room(room)) => Ok(match self.rooms.get(room) {
                None => Err(ROOM_MISSING),
                Some(key) if self.living.contains(key) => Ok(RoomKey(*key)),
                Some(_) => Err(ROOM_DELETED),
            }),
            Ok(Goes::Direct(sender, receiver)) => {
                match (self.people.get(sender), self.people.get(receiver)) {
                    (Some(sender), Some(receiver)) => {
                        let pair = (*sender.min(receiver), *sender.max(receiver));
                        if let Some(room) = self.direct.get(&pair) {
                            return Ok(Ok(*room));
                        }
                        let room = direct_room(conn, (*sender, *receiver), draft.at, findings).await?;
                        self.direct.insert(pair, room);
                        Ok(Ok(room))
                    }
                    _ => Ok(Err(PARTNER_MISSING)),
                }
            }
        }
    }
}

async fn bring(conn: &mut Conn, terms: &Terms, mut drafts: Vec<Draft>) -> Result<Findings> {
    let mut findings = Findings::default();
    let originals = drafts.iter().map(|draft| draft.original.clone()).collect();
    let before = known(conn, terms, Kind::Message, originals).await?;
    drafts.retain(|draft| !before.contains_key(&draft.original));
    findings.known = i64::try_from(before.len()).unwrap_or_default();
    let mut here = Here::find(conn, terms, &drafts).await?;
    let mut going = Vec::with_capacity(drafts.len());
    let mut counts: BTreeMap<RoomKey, i64> = BTreeMap::new();
    for draft in drafts {
        match here.room_of(conn, &draft, &mut findings).await? {
            Ok(room) => {
                *counts.entry(room).or_default() += 1;
                going.push((room, draft));
            }
            Err(why) => findings.leave_out(why, format!("message {}", draft.said.id)),
        }
    }
    // In the order of keys, so that two who hold several rooms cannot wait for each other.
    let mut places: HashMap<RoomKey, LogPlace> = HashMap::new();
    for (room, count) in counts {
        if let Some(place) = import::take_places(conn, room, count).await? {
            read_marks::read_along(conn, room, place.seq, place.seq + count).await?;
            places.insert(room, place);
        }
    }
    store(conn, terms, going, (&here.people, places), &mut findings).await?;
    Ok(findings)
}

async fn store(
    conn: &mut Conn,
    terms: &Terms,
    going: Vec<(RoomKey, Draft)>,
    (people, mut places): (&HashMap<String, UserKey>, HashMap<RoomKey, LogPlace>),
    findings: &mut Findings,
) -> Result<()> {
    let numbered = going.iter().filter(|(_, draft)| draft.number.is_some());
    let numbers = numbered.map(|(_, draft)| draft.said.id.as_str()).collect();
    let free = free_keys(conn, Counted::Messages, numbers).await?;
    let mut brought = Vec::with_capacity(going.len());
    let mut newest: BTreeMap<RoomKey, MessageKey> = BTreeMap::new();
    for (room, draft) in going {
        let which = || format!("message {}", draft.said.id);
        let Some(place) = places.get_mut(&room) else {
            findings.leave_out(ROOM_DELETED, which());
            continue;
        };
        *place = LogPlace { position: place.position + 1, seq: place.seq + 1 };
        let sender = draft.said.sender.as_ref().and_then(|sender| people.get(sender)).copied();
        if sender.is_none() {
            findings.change(NO_SENDER, which());
        }
        if !draft.has_time {
            findings.change(NO_TIME, which());
        }
        let (text, whole) = bounded(draft.said.text.as_deref().unwrap_or_default(), terms.text);
        if !whole {
            findings.change(CUT, which());
        }
        let key = draft.number.filter(|number| free.contains(number));
        findings.kept_number += i64::from(key.is_some());
        let message = BroughtMessage { key, room, place: *place, sender, text, created_at: draft.at };
        let key = import::insert_message(conn, &message).await?;
        let last = newest.entry(room).or_insert(key);
        *last = key.max(*last);
        brought.push((draft.original, key.0));
    }
    for (room, newest) in newest {
        import::advance(conn, room, newest).await?;
    }
    findings.brought += i64::try_from(brought.len()).unwrap_or_default();
    import::remember(conn, &terms.source, Kind::Message, &brought).await
}

/// The text as far as it is allowed to go, and whether that is all of it.
fn bounded(text: &str, bounds: TextBounds) -> (String, bool) {
    let mut kept = String::new();
    for (number, c) in text.chars().filter(|c| *c != '\0').enumerate() {
        if number >= bounds.chars_max || kept.len() + c.len_utf8() > bounds.bytes_max {
            return (kept, false);
        }
        kept.push(c);
    }
    (kept, true)
}

/// The room that two people have here, or one has alone.
async fn direct_room(
    conn: &mut Conn,
    (sender, receiver): (UserKey, UserKey),
    at: Timestamp,
    findings: &mut Findings,
) -> Result<RoomKey> {
    let pair = Pair::of(sender, receiver);
    if let Some(room) = find_by_pair(conn, pair).await? {
        return Ok(room.key);
    }
    let alone = sender == receiver;
    let new = NewRoom {
        id: random::uuid_v7(at),
        kind: if alone { RoomKind::SelfNotes } else { RoomKind::Duo },
        name: String::new(),
        description: String::new(),
        visibility: RoomVisibility::Private,
        capacity: None,
        password_hash: None,
        is_open: false,
        invite_code: random::invite_code(),
        pair: Some(pair),
        created_by: sender,
        created_at: at,
    };
    let made = import::insert_room(conn, None, Some(sender), &new).await?;
    let room = made.ok_or_else(|| Error::internal("a pair's room exists and cannot be found"))?;
    let role = if alone { MemberRole::Owner } else { MemberRole::Member };
    rooms::join(conn, room, (sender, role), at).await?;
    if !alone {
        rooms::join(conn, room, (receiver, role), at).await?;
    }
    findings.direct_rooms += 1;
    Ok(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_lose_nul() {
        let bounds = TextBounds { chars_max: 4, bytes_max: 6 };
        assert_eq!(bounded("ab\0c", bounds), ("abc".to_owned(), true));
        assert_eq!(bounded("abcd", bounds), ("abcd".to_owned(), true));
        assert_eq!(bounded("abcde", bounds), ("abcd".to_owned(), false));
        assert_eq!(bounded("ééé", bounds), ("ééé".to_owned(), true));
        assert_eq!(bounded("éééé", bounds), ("ééé".to_owned(), false));
    }
}
