//! The tables, once for both engines. tests/it/migrations.rs compares them with what the migrations make.

#![allow(clippy::wildcard_imports, reason = "columns are typed by all of SQL's words")]

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    server_meta (name) {
        name -> Text,
        value -> Text,
    }
}

table! {
    imports (source, kind, original) {
        source -> Text,
        kind -> Text,
        original -> Text,
        ours -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Uuid};

    users (key) {
        key -> BigInt,
        id -> Uuid,
        username -> Text,
        username_key -> Text,
        display_key -> Text,
        last_name_key -> Text,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        login_email -> Nullable<Text>,
        password_hash -> Text,
        user_type -> SmallInt,
        bio -> Nullable<Text>,
        phone -> Nullable<Text>,
        address -> Nullable<Text>,
        avatar -> Nullable<Text>,
        is_admin -> Bool,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
        first_name_key -> Text,
        leaving_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Uuid};

    sessions (key) {
        key -> BigInt,
        id -> Uuid,
        user_key -> BigInt,
        door -> Text,
        client -> Text,
        created_at -> Instant,
        last_used_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    refresh_tokens (hash) {
        hash -> Binary,
        session_key -> BigInt,
        created_at -> Instant,
        expires_at -> Instant,
        rotated_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    session_keys (hash) {
        hash -> Binary,
        session_key -> BigInt,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Uuid};

    rooms (key) {
        key -> BigInt,
        id -> Uuid,
        kind -> SmallInt,
        name -> Text,
        name_key -> Text,
        description -> Text,
        visibility -> SmallInt,
        capacity -> Nullable<Integer>,
        password_hash -> Nullable<Text>,
        invite_code -> Text,
        pair_low -> Nullable<BigInt>,
        pair_high -> Nullable<BigInt>,
        head -> BigInt,
        last_seq -> BigInt,
        activity -> BigInt,
        member_count -> Integer,
        created_by -> Nullable<BigInt>,
        created_at -> Instant,
        deleted_at -> Nullable<Instant>,
        is_open -> Bool,
        archived_at -> Nullable<Instant>,
    }
}

table! {
    room_labels (room_key) {
        room_key -> BigInt,
        door -> Text,
        title -> Text,
        kind -> Text,
        link -> Nullable<Text>,
        capacity -> Nullable<BigInt>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    members (key) {
        key -> BigInt,
        room_key -> BigInt,
        user_key -> BigInt,
        role -> SmallInt,
        joined_at -> Instant,
        last_read_seq -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    messages (key) {
        key -> BigInt,
        room_key -> BigInt,
        position -> BigInt,
        seq -> BigInt,
        sender_key -> Nullable<BigInt>,
        text -> Text,
        client_message_id -> Nullable<Text>,
        created_at -> Instant,
        edited_at -> Nullable<Instant>,
        deleted_at -> Nullable<Instant>,
        revision -> Integer,
        attachments -> SmallInt,
        reply_to -> Nullable<BigInt>,
        reactions -> SmallInt,
    }
}

table! {
    reactions (key) {
        key -> BigInt,
        message_key -> BigInt,
        emoji -> Text,
        user_key -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    message_edits (message_key, revision) {
        message_key -> BigInt,
        revision -> Integer,
        text -> Text,
        edited_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    room_events (room_key, position) {
        room_key -> BigInt,
        position -> BigInt,
        kind -> SmallInt,
        actor_key -> Nullable<BigInt>,
        user_key -> Nullable<BigInt>,
        role -> Nullable<SmallInt>,
        created_at -> Instant,
        message_key -> Nullable<BigInt>,
        read_seq -> Nullable<BigInt>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Uuid};

    uploads (key) {
        key -> BigInt,
        id -> Uuid,
        owner_key -> Nullable<BigInt>,
        message_key -> Nullable<BigInt>,
        place -> SmallInt,
        file_name -> Text,
        byte_size -> BigInt,
        width -> Nullable<Integer>,
        height -> Nullable<Integer>,
        path -> Nullable<Text>,
        thumbnail -> Nullable<Text>,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    loose_files (path) {
        path -> Text,
        delete_after -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    audit_entries (key) {
        key -> BigInt,
        created_at -> Instant,
        actor_key -> Nullable<BigInt>,
        action -> Text,
        target -> Nullable<Text>,
        detail -> Text,
    }
}

table! {
    unindexed (message_key) {
        message_key -> BigInt,
    }
}

joinable!(sessions -> users (user_key));
joinable!(refresh_tokens -> sessions (session_key));
joinable!(session_keys -> sessions (session_key));
joinable!(members -> users (user_key));
joinable!(members -> rooms (room_key));
joinable!(messages -> users (sender_key));
joinable!(messages -> rooms (room_key));
joinable!(reactions -> messages (message_key));
joinable!(reactions -> users (user_key));
joinable!(message_edits -> messages (message_key));
joinable!(uploads -> messages (message_key));
joinable!(room_events -> rooms (room_key));
joinable!(room_labels -> rooms (room_key));

allow_tables_to_appear_in_same_query!(
    audit_entries,
    members,
    message_edits,
    messages,
    reactions,
    refresh_tokens,
    room_events,
    room_labels,
    rooms,
    session_keys,
    sessions,
    unindexed,
    uploads,
    users,
);
