//! What each original calls its tables and columns. Django names tables after app and model.

use super::Dialect;

/// A relation of many to many.
pub(super) struct Join {
    pub(super) table: &'static str,
    /// The columns of the one and the other.
    pub(super) left: &'static str,
    pub(super) right: &'static str,
}

/// What an original calls its tables and columns.
pub(super) struct Names {
    /// The first that is there.
    pub(super) people: &'static [&'static str],
    pub(super) rooms: &'static str,
    pub(super) title: Option<&'static str>,
    pub(super) made_at: Option<&'static str>,
    /// Rooms and people.
    pub(super) members: Join,
    pub(super) messages: &'static str,
    pub(super) text: &'static str,
    pub(super) at: &'static str,
    pub(super) sender: &'static str,
    pub(super) receiver: Option<&'static str>,
    pub(super) room: InRoom,
    /// Whether history is shown by time rather than by id.
    pub(super) by_time: bool,
}

/// How a message says which room it is in.
pub(super) enum InRoom {
    Column(&'static str),
    /// By a table of rooms and messages.
    Join(Join),
}

const CHAT_CRM: Names = Names {
    people: &["users", "user_user"],
    rooms: "chat_chatroom",
    title: Some("name"),
    made_at: None,
    members: Join { table: "chat_chatroom_member", left: "chatroom_id", right: "user_id" },
    messages: "chat_chatmessage",
    text: "message",
    at: "timestamp",
    sender: "user_id",
    receiver: None,
    room: InRoom::Column("room_id"),
    by_time: true,
};

const CONDOR: Names = Names {
    people: &["auth_user"],
    rooms: "chat_room",
    title: Some("title"),
    made_at: Some("timestamp"),
    members: Join { table: "chat_room_participants", left: "room_id", right: "user_id" },
    messages: "chat_message",
    text: "content",
    at: "timestamp",
    sender: "sender_id",
    receiver: None,
    room: InRoom::Join(Join { table: "chat_room_messages", left: "room_id", right: "message_id" }),
    by_time: false,
};

const MRM: Names = Names {
    people: &["chat_user"],
    rooms: "chat_chat",
    title: Some("name"),
    made_at: Some("created_at"),
    members: Join { table: "chat_chat_participants", left: "chat_id", right: "user_id" },
    messages: "chat_message",
    text: "content",
    at: "timestamp",
    sender: "sender_id",
    receiver: None,
    room: InRoom::Column("chat_id"),
    by_time: true,
};

const THAN_CHAT: Names = Names {
    people: &["userauth_user"],
    rooms: "chatApp_chatroom",
    title: Some("name"),
    made_at: Some("creation_date"),
    members: Join { table: "chatApp_user_chatroom", left: "chat_room_id", right: "user_id" },
    messages: "chatApp_message",
    text: "message_text",
    at: "creation_date",
    sender: "sender_id",
    receiver: Some("user_receiver_id"),
    room: InRoom::Column("chat_room_receiver_id"),
    by_time: false,
};

pub(super) const RTCA: Names = Names {
    people: &["app_useraccount"],
    rooms: "app_conversation",
    title: None,
    made_at: Some("created_at"),
    members: Join { table: "app_conversation_members", left: "conversation_id", right: "useraccount_id" },
    messages: "app_conversationmessage",
    text: "text",
    at: "created_at",
    sender: "sender_id",
    receiver: None,
    room: InRoom::Column("conversation_id"),
    by_time: true,
};

/// What an account may have besides its id, and the column that says so.
pub(super) const OF_PEOPLE: [(&str, &str); 15] = [
    ("short_id", "userId"),
    ("username", "username"),
    ("email", "email"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("password", "password"),
    ("joined", "date_joined"),
    ("is_superuser", "is_superuser"),
    ("is_active", "is_active"),
    ("user_type", "user_type"),
    ("user_type", "user_type_id"),
    ("phone", "phone"),
    ("address", "address"),
    ("bio", "bio"),
    ("picture", "image"),
];

/// What a room may have besides its id, title and time.
pub(super) const OF_ROOMS: [(&str, &str); 7] = [
    ("short_id", "roomId"),
    ("kind", "type"),
    ("is_group", "is_goup"),
    ("created_by", "created_by_id"),
    ("link", "link"),
    ("capacity", "capacity"),
    ("password", "password"),
];

pub(super) fn names(dialect: Dialect) -> &'static Names {
    match dialect {
        Dialect::ChatCrm => &CHAT_CRM,
        Dialect::Condor => &CONDOR,
        Dialect::Mrm => &MRM,
        Dialect::ThanChat => &THAN_CHAT,
        Dialect::Rtca => &RTCA,
    }
}
