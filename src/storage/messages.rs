//! Messages.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};

use crate::clock::Timestamp;
use crate::domain::events::{News, RoomEvent};
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::{Message, MessageRef};
use crate::domain::paging::{End, Page, Slice};
use crate::domain::users::User;
use crate::error::Result;
use crate::storage::schema::{members, messages, rooms, users};
use crate::storage::types::At;
use crate::storage::users::UserRow;
use crate::storage::{Conn, search};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub(super) struct MessageRow {
    key: i64,
    room_key: i64,
    position: i64,
    seq: i64,
    sender_key: Option<i64>,
    text: String,
    created_at: At,
    client_message_id: Option<String>,
    edited_at: Option<At>,
    deleted_at: Option<At>,
    revision: i32,
    attachments: i16,
    reply_to: Option<i64>,
    reactions: i16,
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        let MessageRow { key, room_key, position, seq, sender_key, text, created_at, .. } = row;
        let MessageRow { client_message_id, edited_at, deleted_at, revision, .. } = row;
        let MessageRow { attachments, reply_to, reactions, .. } = row;
        Self {
            key: MessageKey(key),
            room: RoomKey(room_key),
            position,
            seq,
            sender: sender_key.map(UserKey),
            text,
            created_at: created_at.into(),
            client_message_id,
            edited_at: edited_at.map(Timestamp::from),
            deleted_at: deleted_at.map(Timestamp::from),
            revision,
            attachments: attachments.try_into().unwrap_or_default(),
            reply_to: reply_to.map(MessageKey),
            reactions: reactions.try_into().unwrap_or_default(),
        }
    }
}

/// A message with its sender, read in one statement.
pub type Sent = (Message, Option<User>);

pub(super) type SentRow = (MessageRow, Option<UserRow>);

pub(super) fn sent((message, sender): SentRow) -> Sent {
    (message.into(), sender.map(User::from))
}

/// A message that has its place.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub room: RoomKey,
    pub position: i64,
    pub seq: i64,
    pub sender: UserKey,
    pub text: String,
    pub client_message_id: Option<String>,
    pub created_at: Timestamp,
    pub attachments: u16,
    pub reply_to: Option<MessageKey>,
}

/// Stores a message, and has it told after the commit.
pub async fn insert(conn: &mut Conn, new: &NewMessage) -> Result<Message> {
    let row = run!(conn, db => diesel::insert_into(messages::table)
        .values((
            messages::room_key.eq(new.room.0),
            messages::position.eq(new.position),
            messages::seq.eq(new.seq),
            messages::sender_key.eq(new.sender.0),
            messages::text.eq(&new.text),
            messages::client_message_id.eq(new.client_message_id.as_deref()),
            messages::created_at.eq(At(new.created_at)),
            messages::attachments.eq(i16::try_from(new.attachments).unwrap_or(i16::MAX)),
            messages::reply_to.eq(new.reply_to.map(|key| key.0)),
        ))
        .returning(MessageRow::as_returning())
        .get_result(db))?;
    let message = Message::from(row);
    search::note(conn, message.key).await?;
    conn.announce(News::Room(RoomEvent::of_message(message.clone())));
    Ok(message)
}

/// Notes how many files a message has.
pub async fn set_attachments(conn: &mut Conn, key: MessageKey, count: u16) -> Result<()> {
    let count = i16::try_from(count).unwrap_or(i16::MAX);
    run!(conn, db => diesel::update(messages::table.find(key.0))
        .set(messages::attachments.eq(count))
        .execute(db))?;
    Ok(())
}

/// The message that this sender once sent to this room under this key of their own.
pub async fn find_by_client_id(
    conn: &mut Conn,
    room: RoomKey,
    sender: UserKey,
    client_message_id: &str,
) -> Result<Option<Message>> {
    let row = run!(conn, db => messages::table
        .filter(messages::room_key.eq(room.0))
        .filter(messages::sender_key.eq(sender.0))
        .filter(messages::client_message_id.eq(client_message_id))
        .select(MessageRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(Message::from))
}

/// The room of a message.
pub async fn room_of(conn: &mut Conn, key: MessageKey) -> Result<Option<RoomKey>> {
    let room: Option<i64> =
        run!(conn, db => messages::table.find(key.0).select(messages::room_key).first(db)).optional()?;
    Ok(room.map(RoomKey))
}

/// Where a message of a room stands in its log.
pub async fn position(conn: &mut Conn, room: RoomKey, which: MessageRef) -> Result<Option<i64>> {
    Ok(run!(conn, db => {
        let query =
            messages::table.filter(messages::room_key.eq(room.0)).select(messages::position).into_boxed::<Db>();
        let query = match which {
            MessageRef::Key(key) => query.filter(messages::key.eq(key.0)),
            MessageRef::Seq(seq) => query.filter(messages::seq.eq(seq)),
        };
        query.first(db)
    })
    .optional()?)
}

pub async fn get(conn: &mut Conn, key: MessageKey) -> Result<Option<Message>> {
    let row =
        run!(conn, db => messages::table.find(key.0).select(MessageRow::as_select()).first(db)).optional()?;
    Ok(row.map(Message::from))
}

/// Writes a message's text and what became of it back.
pub async fn update(conn: &mut Conn, message: &Message) -> Result<()> {
    run!(conn, db => diesel::update(messages::table.find(message.key.0))
        .set((
            messages::text.eq(&message.text),
            messages::edited_at.eq(message.edited_at.map(At)),
            messages::deleted_at.eq(message.deleted_at.map(At)),
            messages::revision.eq(message.revision),
            messages::attachments.eq(i16::try_from(message.attachments).unwrap_or(i16::MAX)),
            messages::reactions.eq(i16::try_from(message.reactions).unwrap_or(i16::MAX)),
        ))
        .execute(db))?;
    search::keep(conn, message.key, &message.text).await
}

/// Writes how many different reactions a message has back.
pub async fn update_reactions(conn: &mut Conn, message: &Message) -> Result<()> {
    run!(conn, db => diesel::update(messages::table.find(message.key.0))
        .set((
            messages::revision.eq(message.revision),
            messages::reactions.eq(i16::try_from(message.reactions).unwrap_or(i16::MAX)),
        ))
        .execute(db))?;
    Ok(())
}

/// Several messages, each only if `viewer` is in its room, or the room is open.
pub async fn get_many(conn: &mut Conn, keys: &[MessageKey], viewer: UserKey) -> Result<Vec<Sent>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<SentRow> = run!(conn, db => messages::table
        .inner_join(rooms::table)
        .left_join(
            members::table.on(members::room_key.eq(messages::room_key).and(members::user_key.eq(viewer.0))),
        )
        .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
        .filter(messages::key.eq_any(&keys))
        .filter(members::key.nullable().is_not_null().or(rooms::is_open))
        .filter(rooms::deleted_at.is_null())
        .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
        .load(db))?;
    Ok(rows.into_iter().map(sent).collect())
}

/// One room's messages, oldest to newest. A place in the list is a position of the room's log.
pub async fn page(conn: &mut Conn, room: RoomKey, page: &Page) -> Result<Slice<Sent>> {
    let rows: Vec<SentRow> = run!(conn, db => {
        let query = messages::table
            .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
            .filter(messages::room_key.eq(room.0))
            .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
            .into_boxed::<Db>();
        rising!(query, messages::position, page).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(sent))
}

/// The same end of several rooms' messages, at most `limit` of each and one more, oldest to newest.
///
/// Numbers have no holes, so a page's bounds follow from the room's last number, by index. Both bounds
/// are said, though one would do: with one alone PostgreSQL takes a third of a room to match, and reads
/// whole rooms.
pub async fn ends(conn: &mut Conn, rooms_wanted: &[RoomKey], end: End, limit: u16) -> Result<Vec<Sent>> {
    let keys: Vec<i64> = rooms_wanted.iter().map(|room| room.0).collect();
    let reach = i64::from(limit) + 1;
    let rows: Vec<SentRow> = run!(conn, db => {
        let query = messages::table
            .inner_join(rooms::table)
            .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
            .filter(rooms::key.eq_any(&keys))
            .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
            .order((messages::room_key.asc(), messages::seq.asc()))
            .into_boxed::<Db>();
        let query = match end {
            End::First => query.filter(messages::seq.gt(0).and(messages::seq.le(reach))),
            End::Last => query
                .filter(messages::seq.gt(rooms::last_seq - reach).and(messages::seq.le(rooms::last_seq))),
        };
        query.load(db)
    })?;
    Ok(rows.into_iter().map(sent).collect())
}

/// The messages of all rooms that `viewer` is in, in the order stored. A place is a message's key.
pub async fn page_of_all(conn: &mut Conn, viewer: UserKey, page: &Page) -> Result<Slice<Sent>> {
    let rows: Vec<SentRow> = run!(conn, db => {
        let mine = members::table
            .inner_join(rooms::table)
            .filter(members::user_key.eq(viewer.0).and(rooms::deleted_at.is_null()))
            .select(members::room_key);
        let query = messages::table
            .left_join(users::table.on(messages::sender_key.eq(users::key.nullable())))
            .filter(messages::room_key.eq_any(mine))
            .select((MessageRow::as_select(), Option::<UserRow>::as_select()))
            .into_boxed::<Db>();
        rising!(query, messages::key, page).load(db)
    })?;
    Ok(Slice::cut(page, rows).map(sent))
}

/// How many messages there are in all rooms that `viewer` is in: numbers have no holes.
pub async fn count_of_all(conn: &mut Conn, viewer: UserKey) -> Result<i64> {
    let counts: Vec<i64> = run!(conn, db => members::table
        .inner_join(rooms::table)
        .filter(members::user_key.eq(viewer.0).and(rooms::deleted_at.is_null()))
        .select(rooms::last_seq)
        .load(db))?;
    Ok(counts.into_iter().sum())
}

/// Removes up to `limit` messages of deleted rooms; tells how many.
pub async fn purge_deleted_rooms(conn: &mut Conn, limit: i64) -> Result<usize> {
    // Not a join: SQLite would begin it with the messages, and read them all to find none.
    let deleted = || rooms::table.filter(rooms::deleted_at.is_not_null()).select(rooms::key);
    let keys: Vec<i64> = run!(conn, db => messages::table
        .filter(messages::room_key.eq_any(deleted()))
        .select(messages::key)
        .limit(limit)
        .load(db))?;
    Ok(run!(conn, db => diesel::delete(messages::table.filter(messages::key.eq_any(&keys))).execute(db))?)
}
