//! Column types that both engines share: uuid, time, and the enums stored as small numbers.

use chrono::DateTime;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, SqlType};
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::clock::Timestamp;
use crate::domain::rooms::{MemberRole, RoomKind, RoomVisibility};
use crate::domain::sessions::Door;
use crate::domain::users::UserType;

/// `uuid` on PostgreSQL, 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, QueryId, SqlType)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct Uuid;

/// `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.
#[derive(Debug, Clone, Copy, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Instant;

/// A uuid on its way to or from a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Uuid)]
pub struct Id(pub uuid::Uuid);

impl From<Id> for uuid::Uuid {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl ToSql<Uuid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Uuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<Uuid, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <uuid::Uuid as FromSql<sql_types::Uuid, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Uuid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Uuid, Sqlite> for Id {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<sql_types::Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(uuid::Uuid::from_slice(&bytes)?))
    }
}

/// A time on its way to or from a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct At(pub Timestamp);

impl From<At> for Timestamp {
    fn from(at: At) -> Self {
        at.0
    }
}

impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Timestamptz, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<Instant, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <Timestamp as FromSql<sql_types::Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for At {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| "a time out of range".into())
    }
}

/// Stores an enum as a small number. The numbers never change.
macro_rules! numbered {
    ($name:ident of $domain:ty { $($number:literal = $variant:path),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
        #[diesel(sql_type = sql_types::SmallInt)]
        pub struct $name(pub $domain);

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl<DB> ToSql<sql_types::SmallInt, DB> for $name
        where
            DB: Backend,
            i16: ToSql<sql_types::SmallInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                match self.0 {
                    $($variant => <i16 as ToSql<sql_types::SmallInt, DB>>::to_sql(&$number, out),)+
                }
            }
        }

        impl<DB> FromSql<sql_types::SmallInt, DB> for $name
        where
            DB: Backend,
            i16: FromSql<sql_types::SmallInt, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                match i16::from_sql(value)? {
                    $($number => Ok(Self($variant)),)+
                    other => Err(format!(concat!("no ", stringify!($name), " has number {}"), other).into()),
                }
            }
        }
    };
}

numbered!(UserTypeColumn of UserType {
    0 = UserType::Other,
    1 = UserType::Owner,
    2 = UserType::Student,
    3 = UserType::Staff,
});

numbered!(KindColumn of RoomKind {
    0 = RoomKind::SelfNotes,
    1 = RoomKind::Duo,
    2 = RoomKind::Group,
});

numbered!(VisibilityColumn of RoomVisibility {
    0 = RoomVisibility::Private,
    1 = RoomVisibility::Public,
});

numbered!(RoleColumn of MemberRole {
    0 = MemberRole::Reader,
    1 = MemberRole::Member,
    2 = MemberRole::Moderator,
    3 = MemberRole::Owner,
});

/// A door by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
pub(super) struct DoorColumn(pub Door);

impl<DB> FromSql<sql_types::Text, DB> for DoorColumn
where
    DB: Backend,
    String: FromSql<sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let name = String::from_sql(value)?;
        Door::parse(&name).map(Self).ok_or_else(|| format!("no door is called {name}").into())
    }
}

/// The kinds of row in `room_events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    MemberSet,
    MemberGone,
    RoomEdited,
    RoomDeleted,
    MessageEdited,
    MessageDeleted,
    ReadMoved,
    MessageReacted,
}

numbered!(ChangeColumn of ChangeKind {
    1 = ChangeKind::MemberSet,
    2 = ChangeKind::MemberGone,
    3 = ChangeKind::RoomEdited,
    4 = ChangeKind::RoomDeleted,
    5 = ChangeKind::MessageEdited,
    6 = ChangeKind::MessageDeleted,
    7 = ChangeKind::ReadMoved,
    8 = ChangeKind::MessageReacted,
});
