//! What sends need of the database: their room, held, and a place at the end of its log. Both take many
//! at once, and cost PostgreSQL one round trip each.

use std::collections::HashMap;

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    SelectableHelper as _,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::future::{join, join5};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::events::{News, RoomEvent};
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::rooms::{MemberRole, Room};
use crate::error::{Error, Result};
use crate::storage::messages::{self, MessageRow, NewMessage};
use crate::storage::pool::{Conn, Engined};
use crate::storage::prepared::{Append, Control, Earlier};
use crate::storage::replies;
use crate::storage::rooms::{self, RoomRow};
use crate::storage::schema::{members, rooms as room_table};
use crate::storage::types::{At, Id, RoleColumn};

/// A message that has no place yet.
#[derive(Debug, Clone)]
pub struct Draft {
    pub sender: UserKey,
    pub text: String,
    pub client_message_id: Option<String>,
    pub created_at: Timestamp,
    /// The message that it answers.
    pub reply_to: Option<MessageKey>,
    /// Uploads that go with it. A draft that has some is stored in a transaction of its own.
    pub files: Vec<Uuid>,
}

impl Draft {
    fn attachments(&self) -> u16 {
        u16::try_from(self.files.len()).unwrap_or(u16::MAX)
    }
}

/// A room that nobody else writes to until the transaction ends, with what is to be known of some sends.
#[derive(Debug)]
pub struct HeldRoom {
    pub room: Room,
    roles: HashMap<UserKey, MemberRole>,
    earlier: Vec<Message>,
    /// Messages that are answered, and whether each was deleted.
    answered: HashMap<MessageKey, bool>,
}

impl HeldRoom {
    /// What one of the senders is in the room.
    pub fn role(&self, sender: UserKey) -> Option<MemberRole> {
        self.roles.get(&sender).copied()
    }

    /// The message that one of the senders has already stored under one of the ids.
    pub fn earlier(&self, sender: UserKey, client_message_id: &str) -> Option<&Message> {
        self.earlier.iter().find(|message| {
            message.sender == Some(sender) && message.client_message_id.as_deref() == Some(client_message_id)
        })
    }

    /// Whether a message that one of the drafts answers was deleted; `None` when the room has no such message.
    pub fn answered(&self, message: MessageKey) -> Option<bool> {
        self.answered.get(&message).copied()
    }
}

/// Holds a room against other writers, and reads what `drafts` are to be judged by; `None` when there is
/// no such room.
///
/// SQLite has one writer, which holds everything. PostgreSQL locks the row; the statements behind it see
/// what the wait for the lock has let others store.
pub async fn hold(conn: &mut Conn, room: Uuid, drafts: &[&Draft]) -> Result<Option<HeldRoom>> {
    if conn.has_other_writers() { lock(conn, room, drafts).await } else { read(conn, room, drafts).await }
}

async fn read(conn: &mut Conn, id: Uuid, drafts: &[&Draft]) -> Result<Option<HeldRoom>> {
    let mut held: Option<HeldRoom> = None;
    for draft in drafts {
        let Some(view) = rooms::find_view(conn, id, draft.sender).await? else { return Ok(None) };
        let room = view.room.key;
        let held = held.get_or_insert_with(|| HeldRoom {
            room: view.room,
            roles: HashMap::new(),
            earlier: Vec::new(),
            answered: HashMap::new(),
        });
        held.roles.extend(view.role.map(|role| (draft.sender, role)));
        if let Some(client_id) = &draft.client_message_id {
            held.earlier.extend(messages::find_by_client_id(conn, room, draft.sender, client_id).await?);
        }
        if let Some(message) = draft.reply_to {
            held.answered.extend(replies::answered(conn, id, message).await?);
        }
    }
    Ok(held)
}

async fn lock(conn: &mut Conn, id: Uuid, drafts: &[&Draft]) -> Result<Option<HeldRoom>> {
    let mut people: Vec<i64> = drafts.iter().map(|draft| draft.sender.0).collect();
    people.sort_unstable();
    people.dedup();
    let pairs = drafts.iter().filter_map(|draft| Some((draft.sender.0, draft.client_message_id.clone()?)));
    let (senders, client_ids): (Vec<i64>, Vec<String>) = pairs.unzip();
    let replies_to: Vec<i64> = drafts.iter().filter_map(|draft| Some(draft.reply_to?.0)).collect();
    let begins = conn.begins_here();
    conn.count_statement();
    conn.count_statement();
    for asked in [!senders.is_empty(), !replies_to.is_empty()] {
        if asked {
            conn.count_statement();
        }
    }
    let Engined::Postgres(db) = conn.engined() else { return Ok(None) };
    let db: &AsyncPgConnection = db;
    let (mut first, mut second, mut third, mut fourth, mut fifth) = (db, db, db, db, db);
    // Sent in this order without waiting for one another.
    let begin = async { if begins { Control("BEGIN").execute(&mut first).await } else { Ok(0) } };
    let room = async {
        room_table::table
            .filter(room_table::id.eq(Id(id)).and(room_table::deleted_at.is_null()))
            .select(RoomRow::as_select())
            .for_update()
            .first(&mut second)
            .await
            .optional()
    };
    let roles = members::table
        .inner_join(room_table::table)
        .filter(room_table::id.eq(Id(id)).and(members::user_key.eq_any(&people)))
        .select((members::user_key, members::role))
        .load::<(i64, RoleColumn)>(&mut third);
    let earlier = async {
        if senders.is_empty() {
            return Ok(Vec::new());
        }
        Earlier { room: Id(id), senders, client_ids }.load::<MessageRow>(&mut fourth).await
    };
    let answered = async {
        if replies_to.is_empty() {
            return Ok(Vec::new());
        }
        replies::of_room!(id, &replies_to).load::<(i64, bool)>(&mut fifth).await
    };
    let (begun, room, roles, earlier, answered) = join5(begin, room, roles, earlier, answered).await;
    begun?;
    let (Some(room), roles, earlier, answered) = (room?, roles?, earlier?, answered?) else {
        return Ok(None);
    };
    let roles = roles.into_iter().map(|(user, role)| (UserKey(user), role.into())).collect();
    let earlier = earlier.into_iter().map(Message::from).collect();
    let answered = answered.into_iter().map(|(key, deleted)| (MessageKey(key), deleted)).collect();
    Ok(Some(HeldRoom { room: room.into(), roles, earlier, answered }))
}

/// Stores messages at the end of a held room's log, in the order given, and has them told after the commit.
///
/// It is the last thing that a unit of work does: where the transaction began with [`hold`], it ends here.
pub async fn append(conn: &mut Conn, held: &HeldRoom, drafts: Vec<Draft>) -> Result<Vec<Message>> {
    let room = held.room.key;
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    if conn.has_other_writers() {
        return append_all(conn, room, drafts).await;
    }
    let mut stored = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let place = rooms::next_message(conn, room).await?;
        let (position, seq) = place.ok_or_else(Error::not_found)?;
        let attachments = draft.attachments();
        let Draft { sender, text, client_message_id, created_at, reply_to, files: _ } = draft;
        let new = NewMessage {
            room,
            position,
            seq,
            sender,
            text,
            client_message_id,
            created_at,
            attachments,
            reply_to,
        };
        stored.push(messages::insert(conn, &new).await?);
    }
    Ok(stored)
}

async fn append_all(conn: &mut Conn, room: RoomKey, drafts: Vec<Draft>) -> Result<Vec<Message>> {
    let query = Append {
        room: room.0,
        count: i64::try_from(drafts.len()).map_err(Error::internal)?,
        senders: drafts.iter().map(|draft| draft.sender.0).collect(),
        texts: drafts.iter().map(|draft| draft.text.clone()).collect(),
        client_ids: drafts.iter().map(|draft| draft.client_message_id.clone()).collect(),
        created_at: drafts.iter().map(|draft| At(draft.created_at)).collect(),
        replies_to: drafts.iter().map(|draft| draft.reply_to.map(|key| key.0)).collect(),
    };
    let commits = conn.commits_here();
    let Engined::Postgres(db) = conn.count_statement() else { return Ok(Vec::new()) };
    let db: &AsyncPgConnection = db;
    let (mut first, mut second) = (db, db);
    let rows = query.get_results::<(i64, i64, i64, At)>(&mut first);
    let commit = async { if commits { Control("COMMIT").execute(&mut second).await } else { Ok(0) } };
    let (rows, committed) = join(rows, commit).await;
    if commits {
        conn.committed_here(&rows, committed)?;
    }
    let mut rows = rows?;
    rows.sort_unstable_by_key(|row| row.1);
    let stored = drafts.into_iter().zip(rows).map(|(draft, (key, position, seq, created_at))| Message {
        key: MessageKey(key),
        room,
        position,
        seq,
        sender: Some(draft.sender),
        attachments: draft.attachments(),
        text: draft.text,
        created_at: created_at.into(),
        client_message_id: draft.client_message_id,
        reply_to: draft.reply_to,
        edited_at: None,
        deleted_at: None,
        revision: 0,
        reactions: 0,
    });
    let stored: Vec<Message> = stored.collect();
    for message in stored.iter().filter(|message| message.attachments > 0) {
        messages::set_attachments(conn, message.key, message.attachments).await?;
    }
    for message in &stored {
        conn.announce(News::Room(RoomEvent::of_message(message.clone())));
    }
    Ok(stored)
}
