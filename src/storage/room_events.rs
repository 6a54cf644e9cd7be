//! A room's log: the rows that are not messages, and pages of both kinds in one order.

use diesel::prelude::{
    ExpressionMethods as _, Insertable, JoinOnDsl as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};

use crate::domain::Timestamp;
use crate::domain::events::{Amendment, Happening, LogPlace, News, RoomChange, RoomEvent};
use crate::domain::ids::{RoomKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::storage::Conn;
use crate::storage::messages::MessageRow;
use crate::storage::schema::{messages, room_events, rooms, users};
use crate::storage::types::{At, ChangeColumn, ChangeKind, RoleColumn};
use crate::storage::users::UserRow;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = room_events, treat_none_as_default_value = false)]
struct EventRow {
    room_key: i64,
    position: i64,
    kind: ChangeColumn,
    actor_key: Option<i64>,
    user_key: Option<i64>,
    role: Option<RoleColumn>,
    created_at: At,
    message_key: Option<i64>,
    read_seq: Option<i64>,
}

impl EventRow {
    fn of(room: RoomKey, position: i64, actor: Option<UserKey>, change: RoomChange, at: Timestamp) -> Self {
        let (kind, role, read_seq) = match change {
            RoomChange::MemberSet { role, .. } => (ChangeKind::MemberSet, Some(role), None),
            RoomChange::MemberGone { .. } => (ChangeKind::MemberGone, None, None),
            RoomChange::RoomEdited => (ChangeKind::RoomEdited, None, None),
            RoomChange::RoomDeleted => (ChangeKind::RoomDeleted, None, None),
            RoomChange::ReadMoved { seq, .. } => (ChangeKind::ReadMoved, None, Some(seq)),
        };
        Self {
            room_key: room.0,
            position,
            kind: ChangeColumn(kind),
            actor_key: actor.map(|actor| actor.0),
            user_key: change.person().map(|user| user.0),
            role: role.map(RoleColumn),
            created_at: At(at),
            message_key: None,
            read_seq,
        }
    }

    /// Rows do not keep the number of the newest message; the reader knows it from what came before.
    fn event(self, seq: i64, about: Option<MessageRow>) -> Result<RoomEvent> {
        let actor = self.actor_key.map(UserKey);
        let what = match (amendment(self.kind.0), about) {
            (Some(how), Some(about)) => Happening::Amended { actor, how, message: about.into() },
            (Some(_), None) => {
                return Err(Error::internal("an event about a message names no message"));
            }
            (None, _) => Happening::Change { actor, change: self.change() },
        };
        let (room, position, at) = (RoomKey(self.room_key), self.position, self.created_at.into());
        Ok(RoomEvent { room, position, seq, at, what })
    }

    fn change(&self) -> RoomChange {
        let user = self.user_key.map(UserKey);
        match (self.kind.0, user, self.role) {
            (ChangeKind::MemberSet, Some(user), Some(role)) => {
                RoomChange::MemberSet { user, role: role.into() }
            }
            (ChangeKind::MemberGone, Some(user), _) => RoomChange::MemberGone { user },
            (ChangeKind::RoomDeleted, ..) => RoomChange::RoomDeleted,
            (ChangeKind::ReadMoved, Some(user), _) => {
                RoomChange::ReadMoved { user, seq: self.read_seq.unwrap_or_default() }
            }
            // Nobody can be named any more whose account is gone; that there are other members can be said.
            _ => RoomChange::RoomEdited,
        }
    }
}

const fn amendment(kind: ChangeKind) -> Option<Amendment> {
    match kind {
        ChangeKind::MessageEdited => Some(Amendment::Edited),
        ChangeKind::MessageDeleted => Some(Amendment::Deleted),
        ChangeKind::MessageReacted => Some(Amendment::Reacted),
        ChangeKind::MemberSet
        | ChangeKind::MemberGone
        | ChangeKind::RoomEdited
        | ChangeKind::RoomDeleted
        | ChangeKind::ReadMoved => None,
    }
}

/// Stores a change at a place that was taken for it, and has it told after the commit.
pub async fn insert(
    conn: &mut Conn,
    room: RoomKey,
    place: LogPlace,
    actor: Option<UserKey>,
    change: RoomChange,
    at: Timestamp,
) -> Result<()> {
    let row = EventRow::of(room, place.position, actor, change, at);
    run!(conn, db => diesel::insert_into(room_events::table).values(row).execute(db))?;
    let what = Happening::Change { actor, change };
    conn.announce(News::Room(RoomEvent { room, position: place.position, seq: place.seq, at, what }));
    Ok(())
}

/// Stores what became of a message, and has it told after the commit, with the message as it
/// is now.
pub async fn insert_amended(
    conn: &mut Conn,
    place: LogPlace,
    actor: Option<UserKey>,
    how: Amendment,
    message: Message,
    at: Timestamp,
) -> Result<()> {
    let kind = match how {
        Amendment::Edited => ChangeKind::MessageEdited,
        Amendment::Deleted => ChangeKind::MessageDeleted,
        Amendment::Reacted => ChangeKind::MessageReacted,
    };
    let row = EventRow {
        room_key: message.room.0,
        position: place.position,
        kind: ChangeColumn(kind),
        actor_key: actor.map(|actor| actor.0),
        // Read along with the event, as the person it shows.
        user_key: message.sender.map(|sender| sender.0),
        role: None,
        created_at: At(at),
        message_key: Some(message.key.0),
        read_seq: None,
    };
    run!(conn, db => diesel::insert_into(room_events::table).values(row).execute(db))?;
    let (room, what) = (message.room, Happening::Amended { actor, how, message });
    conn.announce(News::Room(RoomEvent { room, position: place.position, seq: place.seq, at, what }));
    Ok(())
}

/// An event with the person it shows, where there is one.
pub type Told = (RoomEvent, Option<User>);

/// Some events of a log, and where the log ended when they were read.
#[derive(Debug, Clone, Default)]
pub struct LogPage {
    /// Oldest first. Positions may be missing where rows were removed.
    pub events: Vec<Told>,
    pub head: LogPlace,
    /// Whether more events follow up to `head`.
    pub more: bool,
}

/// The events after a place, at most `limit`; `None` when there never was such a room.
///
/// The head is read first, and all up to it was committed before, so what the other two statements
/// find up to it has no holes but those of removed rows, whatever is stored meanwhile.
pub async fn page(conn: &mut Conn, room: RoomKey, after: LogPlace, limit: u16) -> Result<Option<LogPage>> {
    let Some(head) = head(conn, room).await? else { return Ok(None) };
    let reach = i64::from(limit) + 1;
    let sent: Vec<(MessageRow, Option<UserRow>)> = run!(conn, db => messages::table
        .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
        .filter(messages::room_key.eq(room.0))
        .filter(messages::position.gt(after.position))
        .filter(messages::position.le(head.position))
        .order(messages::position.asc())
        .limit(reach)
        .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
        .load(db))?;
    let changed: Vec<ChangedRow> = run!(conn, db => room_events::table
        .left_join(users::table.on(room_events::user_key.eq(users::key.nullable())))
        .left_join(messages::table.on(room_events::message_key.eq(messages::key.nullable())))
        .filter(room_events::room_key.eq(room.0))
        .filter(room_events::position.gt(after.position))
        .filter(room_events::position.le(head.position))
        .order(room_events::position.asc())
        .limit(reach)
        .select((EventRow::as_select(), Option::<UserRow>::as_select(), Option::<MessageRow>::as_select()))
        .load(db))?;
    let mut events = merge(after, sent, changed)?;
    let more = events.len() > usize::from(limit);
    events.truncate(usize::from(limit));
    Ok(Some(LogPage { events, head, more }))
}

/// A change with the person and the message that it is about.
type ChangedRow = (EventRow, Option<UserRow>, Option<MessageRow>);

fn merge(
    after: LogPlace,
    sent: Vec<(MessageRow, Option<UserRow>)>,
    changed: Vec<ChangedRow>,
) -> Result<Vec<Told>> {
    let mut events = Vec::with_capacity(sent.len() + changed.len());
    let mut changed = changed.into_iter().peekable();
    let mut seq = after.seq;
    for (message, sender) in sent {
        let message = Message::from(message);
        while let Some((change, user, about)) =
            changed.next_if(|(change, ..)| change.position < message.position)
        {
            events.push((change.event(seq, about)?, user.map(User::from)));
        }
        seq = message.seq;
        events.push((RoomEvent::of_message(message), sender.map(User::from)));
    }
    for (change, user, about) in changed {
        events.push((change.event(seq, about)?, user.map(User::from)));
    }
    Ok(events)
}

/// Where a room's log ends.
pub async fn head(conn: &mut Conn, room: RoomKey) -> Result<Option<LogPlace>> {
    Ok(heads(conn, &[room]).await?.pop().map(|(_, head)| head))
}

/// Where several logs end, in no order; deleted rooms have theirs, too.
pub async fn heads(conn: &mut Conn, keys: &[RoomKey]) -> Result<Vec<(RoomKey, LogPlace)>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<(i64, i64, i64)> = run!(conn, db => rooms::table
        .filter(rooms::key.eq_any(&keys))
        .select((rooms::key, rooms::head, rooms::last_seq))
        .load(db))?;
    let place = |(key, position, seq)| (RoomKey(key), LogPlace { position, seq });
    Ok(rows.into_iter().map(place).collect())
}

/// The place right before the newest `count` messages; `None` when there are no messages.
pub async fn before_last(conn: &mut Conn, room: RoomKey, count: u16) -> Result<Option<LogPlace>> {
    let oldest: Option<(i64, i64)> = run!(conn, db => messages::table
        .filter(messages::room_key.eq(room.0))
        .order(messages::position.desc())
        .offset(i64::from(count.saturating_sub(1)))
        .select((messages::position, messages::seq))
        .first(db))
    .optional()?;
    let oldest = match oldest {
        Some(oldest) => Some(oldest),
        None => run!(conn, db => messages::table
            .filter(messages::room_key.eq(room.0))
            .order(messages::position.asc())
            .select((messages::position, messages::seq))
            .first(db))
        .optional()?,
    };
    Ok(oldest.map(|(position, seq)| LogPlace { position: position - 1, seq: seq - 1 }))
}

/// The place right before the newest event that made someone a member; `None` when there is none.
pub async fn before_joining(conn: &mut Conn, room: RoomKey, user: UserKey) -> Result<Option<LogPlace>> {
    let joined: Option<i64> = run!(conn, db => room_events::table
        .filter(room_events::room_key.eq(room.0))
        .filter(room_events::user_key.eq(user.0))
        .filter(room_events::kind.eq(ChangeColumn(ChangeKind::MemberSet)))
        .order(room_events::position.desc())
        .select(room_events::position)
        .first(db))
    .optional()?;
    let Some(joined) = joined else { return Ok(None) };
    let newest: Option<i64> = run!(conn, db => messages::table
        .filter(messages::room_key.eq(room.0))
        .filter(messages::position.lt(joined))
        .order(messages::position.desc())
        .select(messages::seq)
        .first(db))
    .optional()?;
    Ok(Some(LogPlace { position: joined - 1, seq: newest.unwrap_or_default() }))
}

/// How many events lie after one place and up to another.
pub async fn count_between(conn: &mut Conn, room: RoomKey, after: LogPlace, upto: LogPlace) -> Result<i64> {
    let sent: i64 = run!(conn, db => messages::table
        .filter(messages::room_key.eq(room.0))
        .filter(messages::position.gt(after.position))
        .filter(messages::position.le(upto.position))
        .count()
        .get_result(db))?;
    let changed: i64 = run!(conn, db => room_events::table
        .filter(room_events::room_key.eq(room.0))
        .filter(room_events::position.gt(after.position))
        .filter(room_events::position.le(upto.position))
        .count()
        .get_result(db))?;
    Ok(sent + changed)
}

/// How many changes a room's log holds besides messages.
pub async fn count(conn: &mut Conn, room: RoomKey) -> Result<i64> {
    Ok(run!(conn, db => room_events::table
        .filter(room_events::room_key.eq(room.0))
        .count()
        .get_result(db))?)
}
