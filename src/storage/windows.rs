//! Lists of people and messages by offset and limit.

use diesel::prelude::{
    BoolExpressionMethods as _, EscapeExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _,
    NullableExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
    TextExpressionMethods as _,
};
use diesel::sql_types::Text;

use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::rooms::{Room, RoomKind};
use crate::domain::users::{User, fold};
use crate::domain::windows::{
    MessagePlace, MessagesQuery, Order, PeopleOrder, PeopleQuery, PlacedMessage, Window,
};
use crate::error::Result;
use crate::storage::Conn;
use crate::storage::messages::{MessageRow, Sent, SentRow, count_of_all, sent};
use crate::storage::schema::{members, messages, rooms, users};
use crate::storage::types::KindColumn;
use crate::storage::users::UserRow;

diesel::define_sql_function! {
    /// ASCII letters at least.
    fn lower(text: Text) -> Text;
}

/// A window as the engines take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub offset: i64,
    pub limit: i64,
}

impl Span {
    /// Of a list that shows no more than `most` items at once.
    pub fn of(window: Window, most: usize) -> Self {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Self { offset: number(window.offset), limit: window.limit.map_or(most, number).min(most) }
    }

    /// How long the whole list is, where what was read of it tells.
    pub fn total(self, read: usize) -> Option<i64> {
        let read = i64::try_from(read).ok()?;
        let ends_here = read < self.limit && (read > 0 || self.offset == 0);
        ends_here.then(|| self.offset.saturating_add(read))
    }
}

/// A pattern that holds for every text with `part` in it.
pub(super) fn containing(part: &str) -> Option<String> {
    let mut pattern = String::from("%");
    for c in fold(part).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    (pattern.len() > 2).then_some(pattern)
}

/// People of a query, boxed; the same words for a window and for a count.
macro_rules! people {
    ($asked:expr, $viewer:expr) => {{
        let mut query = users::table.filter(users::disabled_at.is_null()).into_boxed::<Db>();
        if let Some(part) = $asked.name_contains.as_deref().and_then(containing) {
            query = query.filter(
                users::username_key
                    .like(part.clone())
                    .escape('\\')
                    .or(users::first_name_key.like(part.clone()).escape('\\'))
                    .or(users::last_name_key.like(part).escape('\\')),
            );
        }
        if let Some(part) = $asked.email_contains.as_deref().and_then(containing) {
            query = query.filter(lower(users::email).like(part).escape('\\'));
        }
        if !$asked.exclude.is_empty() {
            query =
                query.filter(users::key.ne_all($asked.exclude.iter().map(|key| key.0).collect::<Vec<_>>()));
        }
        if $asked.exclude_viewer {
            query = query.filter(users::key.ne($viewer.0));
        }
        query
    }};
}

pub async fn people(conn: &mut Conn, asked: &PeopleQuery, viewer: UserKey, span: Span) -> Result<Vec<User>> {
    let rows: Vec<UserRow> = run!(conn, db => {
        let query = people!(asked, viewer).select(UserRow::as_select());
        let query = match asked.order {
            PeopleOrder::FirstName => query.order((users::first_name_key.asc(), users::key.asc())),
            PeopleOrder::Key => query.order(users::key.asc()),
        };
        query.limit(span.limit).offset(span.offset).load(db)
    })?;
    Ok(rows.into_iter().map(User::from).collect())
}

pub async fn count_people(conn: &mut Conn, asked: &PeopleQuery, viewer: UserKey) -> Result<i64> {
    Ok(run!(conn, db => people!(asked, viewer).count().get_result(db))?)
}

/// What of messages lists show. It is said here, and only here.
macro_rules! kept {
    () => {
        messages::deleted_at.is_null()
    };
}

/// The messages that lists show, each with its sender.
macro_rules! shown {
    () => {
        messages::table
            .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
            .filter(kept!())
    };
}

/// Whether a message is in one of the viewer's rooms.
macro_rules! mine {
    ($viewer:expr) => {
        messages::room_key
            .eq_any(members::table.filter(members::user_key.eq($viewer.0)).select(members::room_key))
    };
}

/// Part of a boxed query over one room's messages.
macro_rules! part {
    ($query:expr, $order:expr, $span:expr) => {{
        let query = match $order {
            Order::OldestFirst => $query.order(messages::seq.asc()),
            Order::NewestFirst => $query.order(messages::seq.desc()),
        };
        query.limit($span.limit).offset($span.offset)
    }};
}

/// Part of one room's messages.
pub async fn history(conn: &mut Conn, room: RoomKey, order: Order, span: Span) -> Result<Vec<Sent>> {
    let rows: Vec<SentRow> = run!(conn, db => {
        let query = shown!()
            .filter(messages::room_key.eq(room.0))
            .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
            .into_boxed::<Db>();
        part!(query, order, span).load(db)
    })?;
    Ok(rows.into_iter().map(sent).collect())
}

/// As [`history`], without the senders, who are half of the work.
pub async fn texts(conn: &mut Conn, room: RoomKey, order: Order, span: Span) -> Result<Vec<Message>> {
    let rows: Vec<MessageRow> = run!(conn, db => {
        let query = messages::table
            .filter(kept!())
            .filter(messages::room_key.eq(room.0))
            .select(MessageRow::as_select())
            .into_boxed::<Db>();
        part!(query, order, span).load(db)
    })?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// How many messages of a room lists show.
pub async fn count_history(conn: &mut Conn, room: &Room) -> Result<i64> {
    let deleted: i64 = run!(conn, db => messages::table
        .filter(messages::room_key.eq(room.key.0).and(messages::deleted_at.is_not_null()))
        .count()
        .get_result(db))?;
    Ok(room.last_seq - deleted)
}

/// How many messages of all rooms of a person lists show.
pub async fn count_mine(conn: &mut Conn, viewer: UserKey) -> Result<i64> {
    let deleted: i64 = run!(conn, db => messages::table
        .inner_join(rooms::table)
        .filter(messages::deleted_at.is_not_null().and(rooms::deleted_at.is_null()).and(mine!(viewer)))
        .count()
        .get_result(db))?;
    Ok(count_of_all(conn, viewer).await? - deleted)
}

/// The newest messages of several rooms, at most `limit` of each, room by room, oldest first.
pub async fn histories(conn: &mut Conn, keys: &[RoomKey], limit: i64) -> Result<Vec<Sent>> {
    let keys: Vec<i64> = keys.iter().map(|room| room.0).collect();
    let rows: Vec<SentRow> = run!(conn, db => shown!()
        .inner_join(rooms::table.on(rooms::key.eq(messages::room_key)))
        .filter(rooms::key.eq_any(&keys))
        // Both bounds are said, as in messages::ends.
        .filter(messages::seq.gt(rooms::last_seq - limit).and(messages::seq.le(rooms::last_seq)))
        .order((messages::room_key.asc(), messages::seq.asc()))
        .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
        .load(db))?;
    Ok(rows.into_iter().map(sent).collect())
}

type PlacedRow = (MessageRow, Option<UserRow>, KindColumn, Option<i64>, Option<i64>);

/// A message of a room of `viewer`.
fn placed((message, sender, kind, low, high): PlacedRow, viewer: UserKey) -> PlacedMessage {
    let message = Message::from(message);
    let place = match (kind.0, low, high) {
        (RoomKind::SelfNotes | RoomKind::Duo, Some(low), Some(high)) => {
            let receiver = match message.sender {
                Some(UserKey(sender)) => UserKey(if sender == low { high } else { low }),
                // Of the two, the account that is left.
                None => viewer,
            };
            MessagePlace::Direct { receiver }
        }
        _ => MessagePlace::Room(message.room),
    };
    PlacedMessage { message, sender: sender.map(User::from), place }
}

/// Messages that lists show, with what tells whom each is for.
macro_rules! placed {
    () => {
        shown!()
            .inner_join(rooms::table.on(rooms::key.eq(messages::room_key)))
            .filter(rooms::deleted_at.is_null())
            .select((
                MessageRow::as_select(),
                Option::<UserRow>::as_select(),
                rooms::kind,
                rooms::pair_low,
                rooms::pair_high,
            ))
    };
}

/// Whether a message was sent to the viewer alone, of those that are in the viewer's rooms.
macro_rules! to_me {
    ($viewer:expr) => {
        rooms::kind.eq(KindColumn(RoomKind::SelfNotes)).or(rooms::kind
            .eq(KindColumn(RoomKind::Duo))
            .and(messages::sender_key.is_null().or(messages::sender_key.ne($viewer.0))))
    };
}

/// Part of the messages of several rooms, in the order stored.
pub async fn messages(
    conn: &mut Conn,
    which: MessagesQuery,
    viewer: UserKey,
    order: Order,
    span: Span,
) -> Result<Vec<PlacedMessage>> {
    let rows: Vec<PlacedRow> = run!(conn, db => {
        let query = placed!().filter(mine!(viewer)).into_boxed::<Db>();
        let query = match which {
            MessagesQuery::AllMine => query,
            MessagesQuery::SentToMe => query.filter(to_me!(viewer)),
        };
        let query = match order {
            Order::OldestFirst => query.order(messages::key.asc()),
            Order::NewestFirst => query.order(messages::key.desc()),
        };
        query.limit(span.limit).offset(span.offset).load(db)
    })?;
    Ok(rows.into_iter().map(|row| placed(row, viewer)).collect())
}

pub async fn count_sent_to(conn: &mut Conn, viewer: UserKey) -> Result<i64> {
    Ok(run!(conn, db => placed!()
        .filter(mine!(viewer))
        .filter(to_me!(viewer))
        .into_boxed::<Db>()
        .count()
        .get_result(db))?)
}

/// One message, for someone who may read its room.
pub async fn message(conn: &mut Conn, key: MessageKey, viewer: UserKey) -> Result<Option<PlacedMessage>> {
    let row: Option<PlacedRow> =
        run!(conn, db => placed!().filter(messages::key.eq(key.0)).first(db)).optional()?;
    Ok(row.map(|row| placed(row, viewer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_patterns_are_letters() {
        assert_eq!(containing("50%_Off\\").as_deref(), Some("%50\\%\\_off\\\\%"));
        assert_eq!(containing(" "), None);
    }

    #[test]
    fn a_list_that_ends_inside_the_window_is_counted() {
        let span = Span::of(Window { offset: 4, limit: Some(u64::MAX) }, 10);
        assert_eq!(span, Span { offset: 4, limit: 10 });
        assert_eq!(span.total(3), Some(7));
        assert_eq!((span.total(10), span.total(0)), (None, None));
        assert_eq!(Span::of(Window::default(), 10).total(0), Some(0));
    }
}
