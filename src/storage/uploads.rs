//! Uploads: announced, complete, and then files of a message. The list of all is in `uploads/list.rs`.

mod list;

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable,
    Selectable, SelectableHelper as _,
};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::media::{Attachment, MediaPath};
use crate::error::Result;
use crate::storage::pool::Engined;
use crate::storage::schema::{messages, uploads, users};
use crate::storage::types::{At, Id};
use crate::storage::{Conn, loose_files};

pub use list::{Listed, Narrowing, Totals, page, totals};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = uploads)]
struct UploadRow {
    id: Id,
    owner_key: Option<i64>,
    message_key: Option<i64>,
    file_name: String,
    byte_size: i64,
    width: Option<i32>,
    height: Option<i32>,
    path: Option<String>,
    thumbnail: Option<String>,
    expires_at: Option<At>,
}

/// A file that someone announced.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: Uuid,
    pub owner: Option<UserKey>,
    pub message: Option<MessageKey>,
    pub file_name: String,
    /// As announced until the bytes are there.
    pub byte_size: i64,
    /// `None` until the bytes are there.
    pub file: Option<Attachment>,
    expires_at: Option<Timestamp>,
}

impl Upload {
    /// Whether it waits for its bytes, or with them for its message.
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.message.is_none() && self.expires_at.is_some_and(|at| at > now)
    }
}

impl From<UploadRow> for Upload {
    fn from(row: UploadRow) -> Self {
        let UploadRow { id, owner_key, message_key, file_name, byte_size, width, height, .. } = row;
        let file = row.path.as_deref().and_then(MediaPath::parse).map(|path| Attachment {
            id: id.into(),
            file_name: file_name.clone(),
            byte_size,
            width,
            height,
            path,
            thumbnail: row.thumbnail.as_deref().and_then(MediaPath::parse),
        });
        Self {
            id: id.into(),
            owner: owner_key.map(UserKey),
            message: message_key.map(MessageKey),
            file_name,
            byte_size,
            file,
            expires_at: row.expires_at.map(Timestamp::from),
        }
    }
}

/// A file as announced.
#[derive(Debug, Clone)]
pub struct NewUpload {
    pub id: Uuid,
    pub owner: UserKey,
    pub file_name: String,
    pub byte_size: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The sizes of a person's files that are in no message yet. Nobody else changes them meanwhile.
pub async fn waiting_of(conn: &mut Conn, owner: UserKey, now: Timestamp) -> Result<Vec<i64>> {
    if conn.has_other_writers()
        && let Engined::Postgres(db) = conn.count_statement()
    {
        let person = users::table.find(owner.0).select(users::key).for_no_key_update();
        diesel_async::RunQueryDsl::first::<i64>(person, db).await.optional()?;
    }
    Ok(run!(conn, db => uploads::table
        .filter(uploads::owner_key.eq(owner.0).and(uploads::message_key.is_null()))
        .filter(uploads::expires_at.gt(At(now)))
        .select(uploads::byte_size)
        .load(db))?)
}

pub async fn insert(conn: &mut Conn, new: &NewUpload) -> Result<()> {
    run!(conn, db => diesel::insert_into(uploads::table)
        .values((
            uploads::id.eq(Id(new.id)),
            uploads::owner_key.eq(new.owner.0),
            uploads::place.eq(0_i16),
            uploads::file_name.eq(&new.file_name),
            uploads::byte_size.eq(new.byte_size),
            uploads::created_at.eq(At(new.created_at)),
            uploads::expires_at.eq(At(new.expires_at)),
        ))
        .execute(db))?;
    Ok(())
}

pub async fn find(conn: &mut Conn, id: Uuid) -> Result<Option<Upload>> {
    let row = run!(conn, db => uploads::table
        .filter(uploads::id.eq(Id(id)))
        .select(UploadRow::as_select())
        .first(db))
    .optional()?;
    Ok(row.map(Upload::from))
}

/// Several uploads, in no order.
pub async fn get_many(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<Upload>> {
    let rows: Vec<UploadRow> = run!(conn, db => uploads::table
        .filter(uploads::id.eq_any(ids.iter().copied().map(Id)))
        .select(UploadRow::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(Upload::from).collect())
}

/// Notes that the bytes of a file are there, and until when it waits for its message. False when they were
/// before, or when its time is over.
pub async fn complete(
    conn: &mut Conn,
    file: &Attachment,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let waits = uploads::path.is_null().and(uploads::expires_at.gt(At(now)));
    let written = run!(conn, db => diesel::update(uploads::table)
        .filter(uploads::id.eq(Id(file.id)))
        .filter(waits)
        .set((
            uploads::file_name.eq(&file.file_name),
            uploads::byte_size.eq(file.byte_size),
            uploads::width.eq(file.width),
            uploads::height.eq(file.height),
            uploads::path.eq(file.path.to_string()),
            uploads::thumbnail.eq(file.thumbnail.as_ref().map(ToString::to_string)),
            uploads::expires_at.eq(At(expires_at)),
        ))
        .execute(db))?;
    Ok(written == 1)
}

/// Makes complete uploads the files of a message, in this order. False when one is not its sender's, or
/// not waiting any more; then the transaction can only be given up.
pub async fn attach(
    conn: &mut Conn,
    message: MessageKey,
    owner: UserKey,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<bool> {
    let mut attached = 0;
    for (place, id) in (0_i16..).zip(ids) {
        let waits = uploads::message_key.is_null().and(uploads::expires_at.gt(At(now)));
        attached += run!(conn, db => diesel::update(uploads::table)
            .filter(uploads::id.eq(Id(*id)).and(uploads::owner_key.eq(owner.0)))
            .filter(uploads::path.is_not_null())
            .filter(waits)
            .set((
                uploads::message_key.eq(message.0),
                uploads::place.eq(place),
                uploads::expires_at.eq(None::<At>),
            ))
            .execute(db))?;
    }
    Ok(attached == ids.len())
}

/// Takes the files from a message that is deleted. The sweep removes them.
pub async fn detach(conn: &mut Conn, message: MessageKey) -> Result<()> {
    run!(conn, db => diesel::update(uploads::table.filter(uploads::message_key.eq(message.0)))
        .set(uploads::message_key.eq(None::<i64>))
        .execute(db))?;
    run!(conn, db => diesel::update(messages::table.find(message.0))
        .set(messages::attachments.eq(0_i16))
        .execute(db))?;
    Ok(())
}

/// The files of several messages, each with its message, in their order.
pub async fn of_messages(conn: &mut Conn, keys: &[MessageKey]) -> Result<Vec<(MessageKey, Attachment)>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<UploadRow> = run!(conn, db => uploads::table
        .filter(uploads::message_key.eq_any(&keys))
        .order((uploads::message_key.asc(), uploads::place.asc()))
        .select(UploadRow::as_select())
        .load(db))?;
    let files = rows.into_iter().map(Upload::from);
    Ok(files.filter_map(|upload| Some((upload.message?, upload.file?))).collect())
}

/// Files by their ids, each with the room of its message. Those of no message are left out.
pub async fn in_rooms(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(RoomKey, Attachment)>> {
    let rows: Vec<(UploadRow, i64)> = run!(conn, db => uploads::table
        .inner_join(messages::table)
        .filter(uploads::id.eq_any(ids.iter().copied().map(Id)))
        .select((UploadRow::as_select(), messages::room_key))
        .load(db))?;
    let files = rows.into_iter().map(|(row, room)| (RoomKey(room), Upload::from(row)));
    Ok(files.filter_map(|(room, upload)| Some((room, upload.file?))).collect())
}

/// Forgets an upload that waits for its message, because it is used elsewhere. False when it is not waiting.
/// Its files become loose.
pub async fn take(conn: &mut Conn, id: Uuid, owner: UserKey, now: Timestamp) -> Result<bool> {
    let waits = uploads::message_key.is_null().and(uploads::expires_at.gt(At(now)));
    let rows: Vec<UploadRow> = run!(conn, db => diesel::delete(uploads::table)
        .filter(uploads::id.eq(Id(id)).and(uploads::owner_key.eq(owner.0)))
        .filter(waits)
        .returning(UploadRow::as_returning())
        .get_results(db))?;
    let taken = rows.len() == 1;
    loosen(conn, rows, now).await?;
    Ok(taken)
}

/// Forgets up to `limit` uploads that are in no message and wait for none any more; tells how many. Their
/// files become loose.
pub async fn drop_over(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<usize> {
    macro_rules! over {
        () => {
            uploads::message_key
                .is_null()
                .and(uploads::expires_at.is_null().or(uploads::expires_at.le(At(now))))
        };
    }
    let keys: Vec<i64> =
        run!(conn, db => uploads::table.filter(over!()).select(uploads::key).limit(limit).load(db))?;
    if keys.is_empty() {
        return Ok(0);
    }
    // Asked again, because one of them may have got its message meanwhile.
    let rows: Vec<UploadRow> = run!(conn, db => diesel::delete(uploads::table)
        .filter(uploads::key.eq_any(&keys))
        .filter(over!())
        .returning(UploadRow::as_returning())
        .get_results(db))?;
    let count = rows.len();
    loosen(conn, rows, now).await?;
    Ok(count)
}

async fn loosen(conn: &mut Conn, rows: Vec<UploadRow>, now: Timestamp) -> Result<()> {
    let files = rows.into_iter().filter_map(|row| Upload::from(row).file);
    let paths: Vec<MediaPath> = files.flat_map(|file| [Some(file.path), file.thumbnail]).flatten().collect();
    loose_files::enter(conn, &paths, now).await
}
