//! Small databases of the five originals: the tables that Django makes for them, with people of our own.

/// Of "kumquat and quince", computed with Python's hashlib.
pub const HASH: &str = "pbkdf2_sha256$1000$sodiumchlor$A3/9w/Cb5d/1y9IwVlFnCQSFydXxK3/DjIEoctXCwlU=";
pub const PASSWORD: &str = "kumquat and quince";

/// When an original's tables were made, which is how it is known again.
fn born(at: &str) -> String {
    format!(
        "CREATE TABLE django_migrations (id integer PRIMARY KEY, app varchar(255), name varchar(255), applied {TIME});
         INSERT INTO django_migrations VALUES (1, 'contenttypes', '0001_initial', '{at}'), (2, 'auth', '0001_initial', '2024-12-31 00:00:00');"
    )
}

/// A column type that both engines know.
const TIME: &str = "timestamp with time zone";

fn people(table: &str, more: &str) -> String {
    format!(
        "CREATE TABLE {table} (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login {TIME},
            is_superuser boolean NOT NULL, username varchar(150) NOT NULL UNIQUE, first_name varchar(150) NOT NULL,
            last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff boolean NOT NULL,
            is_active boolean NOT NULL, date_joined {TIME} NOT NULL{more});"
    )
}

fn person(table: &str, (id, name): (u32, &str), (superuser, active): (bool, bool), more: &str) -> String {
    let family = if name == "amber" { "Stone" } else { "Reed" };
    format!(
        "INSERT INTO {table} VALUES ({id}, '{HASH}', NULL, {superuser}, '{name}', '{name}', '{family}',
            '{name}@example.com', FALSE, {active}, '2025-01-0{id} 10:00:00.00000{id}'{more});"
    )
}

const YES: (bool, bool) = (true, true);
const NO: (bool, bool) = (false, true);

/// Amber, who runs it, Boris and Clara; a room of Amber and Boris, a group of all, and a room of two that
/// is Amber's and Boris's second.
pub fn condor() -> String {
    let people = [
        people("auth_user", ""),
        person("auth_user", (1, "amber"), YES, ""),
        person("auth_user", (2, "boris"), NO, ""),
        person("auth_user", (5, "clara"), (false, false), ""),
    ];
    let rest = format!(
        "CREATE TABLE chat_userprofile (id integer PRIMARY KEY, bio text NOT NULL, avatar varchar(100) NOT NULL,
            updated_at {TIME}, created_at {TIME}, user_id integer NOT NULL UNIQUE);
         CREATE TABLE chat_message (id integer PRIMARY KEY, content text NOT NULL, timestamp {TIME} NOT NULL, sender_id integer NOT NULL);
         CREATE TABLE chat_room (id integer PRIMARY KEY, title varchar(255) NOT NULL, timestamp {TIME} NOT NULL, is_goup boolean NOT NULL);
         CREATE TABLE chat_room_messages (id integer PRIMARY KEY, room_id integer NOT NULL, message_id integer NOT NULL);
         CREATE TABLE chat_room_participants (id integer PRIMARY KEY, room_id integer NOT NULL, user_id integer NOT NULL);
         INSERT INTO chat_userprofile VALUES (1, 'Climbs.', 'avatar_files/amber.png', NULL, NULL, 1);
         INSERT INTO chat_room VALUES (1, 'amber - boris', '2025-02-01 10:00:00', FALSE), (2, 'Climbing', '2025-02-02 10:00:00', TRUE),
            (4, 'Again', '2025-02-03 10:00:00', FALSE);
         INSERT INTO chat_room_participants VALUES (1, 1, 2), (2, 1, 1), (3, 2, 1), (4, 2, 2), (5, 2, 5), (6, 4, 1), (7, 4, 2);
         INSERT INTO chat_message VALUES (1, 'hola', '2025-03-01 10:00:00.123456', 1), (2, 'who climbs?', '2025-03-01 10:00:01', 2),
            (3, 'me', '2025-03-01 10:00:02', 5), (7, 'ciao', '2025-03-01 10:00:03', 2);
         INSERT INTO chat_room_messages VALUES (1, 1, 1), (2, 2, 2), (3, 2, 3), (4, 1, 7);"
    );
    born("2025-01-01 09:00:00.000001") + &people.concat() + &rest
}

/// ChatCRM as its README describes it: short ids, types as anyone likes, images.
pub fn chat_crm() -> String {
    let own = ", \"userId\" varchar(22) NOT NULL, image varchar(100)";
    let people = [
        people("user_user", own),
        person("user_user", (1, "amber"), NO, ", 'cp2HT6uVQpdQ9di9MKyCDE', 'user/amber.png'"),
        person("user_user", (2, "boris"), NO, ", '45DMVXpHXBaG5aXH7xxGZJ', NULL"),
    ];
    let rest = format!(
        "CREATE TABLE chat_chatroom (id integer PRIMARY KEY, \"roomId\" varchar(22) NOT NULL, type varchar(10) NOT NULL, name varchar(20));
         CREATE TABLE chat_chatroom_member (id integer PRIMARY KEY, chatroom_id bigint NOT NULL, user_id bigint NOT NULL);
         CREATE TABLE chat_chatmessage (id integer PRIMARY KEY, message text NOT NULL, timestamp {TIME} NOT NULL, image varchar(100),
            room_id bigint, user_id bigint);
         INSERT INTO chat_chatroom VALUES (1, 'QHZc4GcU2FS2v4oDDc9xPU', 'SELF', 'amberStone'), (2, 'TxRwCVQYRi42msDgFQ7Xcs', 'DUO', NULL), (3, 'not a short id', 'FOO', NULL);
         INSERT INTO chat_chatroom_member VALUES (1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 2), (5, 3, 1);
         INSERT INTO chat_chatmessage VALUES (1, 'remember', '2025-03-01 10:00:00', NULL, 1, 1), (2, ' ', '2025-03-01 10:00:01', 'tmp/pic.png', 2, 1),
            (3, 'second by time', '2025-03-01 09:00:00', NULL, 2, 2), (4, 'gone', '2025-03-01 10:00:03', NULL, NULL, 2),
            (5, 'from nobody', '2025-03-01 10:00:04', NULL, 3, NULL);"
    );
    born("2025-01-01 09:00:00.000002") + &people.concat() + &rest
}

/// ChatCRM as it became: another table of people, who made a room, since when people are in, files.
pub fn later_chat_crm() -> String {
    let people = [
        people("users", ", image varchar(100), user_type_id varchar(8), guess_metadata text"),
        person("users", (1, "amber"), NO, ", NULL, 'ADMIN', NULL"),
        person("users", (2, "boris"), NO, ", NULL, 'STAFF', NULL"),
    ];
    let rest = format!(
        "CREATE TABLE user_types (code varchar(8) PRIMARY KEY);
         CREATE TABLE api_keys (id integer PRIMARY KEY);
         INSERT INTO api_keys VALUES (1), (2);
         CREATE TABLE chat_chatroom (id integer PRIMARY KEY, \"roomId\" varchar(22) NOT NULL, type varchar(10) NOT NULL, name varchar(20),
            created_by_id bigint, updated_at {TIME} NOT NULL, assigned_agent_id bigint, taken_at {TIME});
         CREATE TABLE chat_chatroom_member (id integer PRIMARY KEY, chatroom_id bigint NOT NULL, user_id bigint NOT NULL);
         CREATE TABLE chat_chatroommembership (id integer PRIMARY KEY, last_read_at {TIME}, joined_at {TIME}, room_id bigint NOT NULL, user_id bigint NOT NULL);
         CREATE TABLE chat_chatmessage (id integer PRIMARY KEY, message text, timestamp {TIME} NOT NULL, image varchar(100),
            file varchar(100), file_name varchar(255), file_type varchar(50), file_size integer, room_id bigint, user_id bigint);
         INSERT INTO chat_chatroom VALUES (1, 'QHZc4GcU2FS2v4oDDc9xPU', 'GROUP', 'Plans', 2, '2025-04-01 10:00:00', NULL, NULL);
         INSERT INTO chat_chatroom_member VALUES (1, 1, 1), (2, 1, 2);
         INSERT INTO chat_chatroommembership VALUES (1, NULL, '2025-02-07 10:00:00', 1, 1);
         INSERT INTO chat_chatmessage VALUES (1, NULL, '2025-03-01 10:00:00', NULL, 'chat_files/plan.pdf', 'plan.pdf', 'pdf', 10, 1, 2);"
    );
    born("2025-01-01 09:00:00.000003") + &people.concat() + &rest
}

pub fn mrm() -> String {
    let own = ", user_type varchar(10) NOT NULL";
    let people = [
        people("chat_user", own),
        person("chat_user", (1, "amber"), NO, ", 'owner'"),
        person("chat_user", (2, "boris"), NO, ", 'student'"),
        // Addresses may be there twice.
        person("chat_user", (3, "clara"), NO, ", 'staff'").replace("clara@example.com", "boris@example.com"),
    ];
    let rest = format!(
        "CREATE TABLE chat_chat (id integer PRIMARY KEY, name varchar(255) NOT NULL, created_at {TIME} NOT NULL);
         CREATE TABLE chat_chat_participants (id integer PRIMARY KEY, chat_id bigint NOT NULL, user_id bigint NOT NULL);
         CREATE TABLE chat_message (id integer PRIMARY KEY, content text NOT NULL, timestamp {TIME} NOT NULL, chat_id bigint NOT NULL, sender_id bigint NOT NULL);
         CREATE TABLE ai_chat_aichat (id integer PRIMARY KEY);
         INSERT INTO ai_chat_aichat VALUES (1);
         INSERT INTO chat_chat VALUES (1, 'Study Group', '2025-02-01 10:00:00'), (2, 'Alone', '2025-02-02 10:00:00');
         INSERT INTO chat_chat_participants VALUES (1, 1, 2), (2, 1, 1), (3, 2, 3);
         INSERT INTO chat_message VALUES (1, 'homework?', '2025-03-01 10:00:00', 1, 1), (2, 'no', '2025-03-01 10:00:01', 1, 2);"
    );
    born("2025-01-01 09:00:00.000004") + &people.concat() + &rest
}

pub fn than_chat() -> String {
    let own = ", phone varchar(255), address varchar(500)";
    let people = [
        people("userauth_user", own),
        person("userauth_user", (1, "amber"), NO, ", '1234567', 'Elm Street'"),
        person("userauth_user", (2, "boris"), NO, ", NULL, NULL"),
    ];
    let rest = format!(
        "CREATE TABLE \"chatApp_chatroom\" (id integer PRIMARY KEY, name varchar(20) NOT NULL, capacity integer NOT NULL, link varchar(50) NOT NULL,
            password varchar(20), creation_date {TIME});
         CREATE TABLE \"chatApp_user_chatroom\" (id integer PRIMARY KEY, user_join_time {TIME}, user_exit_time {TIME}, chat_room_id bigint NOT NULL, user_id bigint NOT NULL);
         CREATE TABLE \"chatApp_message\" (id integer PRIMARY KEY, message_text varchar(500) NOT NULL, chat_room_receiver_id bigint,
            sender_id bigint NOT NULL, user_receiver_id bigint, creation_date {TIME});
         CREATE TABLE authtoken_token (key varchar(40) PRIMARY KEY);
         INSERT INTO \"chatApp_chatroom\" VALUES (1, 'Lobby', -5, 'lobby@example.com', 'open sesame', '2025-02-01 10:00:00'), (2, 'Attic', 9, 'x', '', NULL);
         INSERT INTO \"chatApp_user_chatroom\" VALUES (1, '2025-02-02 10:00:00', NULL, 1, 1), (2, '2025-02-03 10:00:00', '2025-02-04 10:00:00', 1, 2);
         INSERT INTO \"chatApp_message\" VALUES (1, 'in the lobby', 1, 2, NULL, '2025-03-01 10:00:00'), (2, 'to you', NULL, 2, 1, '2025-03-01 10:00:01'),
            (3, '', NULL, 1, 2, '2025-03-01 10:00:02'), (4, 'note', NULL, 1, 1, '2025-03-01 10:00:03'), (5, 'undated', 1, 1, NULL, NULL);"
    );
    born("2025-01-01 09:00:00.000005") + &people.concat() + &rest
}

pub fn rtca() -> String {
    let born = born("2025-01-01 09:00:00.000006");
    format!(
        "{born}
         CREATE TABLE app_useraccount (password varchar(128) NOT NULL, last_login {TIME}, is_superuser bool NOT NULL, id char(32) NOT NULL PRIMARY KEY,
            first_name varchar(100) NOT NULL, last_name varchar(100) NOT NULL, email varchar(200) NOT NULL UNIQUE, is_active bool NOT NULL, is_staff bool NOT NULL);
         CREATE TABLE app_conversation (id char(32) NOT NULL PRIMARY KEY, created_at {TIME} NOT NULL, modified_at {TIME} NOT NULL);
         CREATE TABLE app_conversation_members (id integer PRIMARY KEY, conversation_id char(32) NOT NULL, useraccount_id char(32) NOT NULL);
         CREATE TABLE app_conversationmessage (id char(32) NOT NULL PRIMARY KEY, text text NOT NULL, created_at {TIME} NOT NULL, conversation_id char(32) NOT NULL, sender_id char(32) NOT NULL);
         INSERT INTO app_useraccount VALUES ('{HASH}', NULL, FALSE, 'c3a1d7f29e444f0b8a6621f3b9d0e5c4', 'Amber', 'Stone', 'amber@example.com', TRUE, FALSE),
            ('{HASH}', NULL, TRUE, '0b8e6e4e5b5d4a529d436f0d5c1f7a11', 'Boris', 'Reed', 'boris@example.com', TRUE, TRUE);
         INSERT INTO app_conversation VALUES ('7d2f1c9013ab4e6db7f890ac5e3d2b16', '2025-02-01 10:00:00', '2025-02-01 10:00:00');
         INSERT INTO app_conversation_members VALUES (1, '7d2f1c9013ab4e6db7f890ac5e3d2b16', 'c3a1d7f29e444f0b8a6621f3b9d0e5c4'),
            (2, '7d2f1c9013ab4e6db7f890ac5e3d2b16', '0b8e6e4e5b5d4a529d436f0d5c1f7a11');
         INSERT INTO app_conversationmessage VALUES ('ffffffff000000000000000000000001', 'first', '2025-03-01 10:00:00', '7d2f1c9013ab4e6db7f890ac5e3d2b16', 'c3a1d7f29e444f0b8a6621f3b9d0e5c4'),
            ('00000000000000000000000000000002', 'second', '2025-03-01 10:00:00.5', '7d2f1c9013ab4e6db7f890ac5e3d2b16', '0b8e6e4e5b5d4a529d436f0d5c1f7a11');"
    )
}
