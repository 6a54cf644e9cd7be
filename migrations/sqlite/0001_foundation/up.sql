-- Times are microseconds since 1970 in UTC; uuids are 16 bytes.

CREATE TABLE server_meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            BLOB    NOT NULL UNIQUE,
    username      TEXT    NOT NULL,
    -- Lower case: usernames are unique without regard to case.
    username_key  TEXT    NOT NULL UNIQUE,
    -- Lower case, for search by the start of a name.
    display_key   TEXT    NOT NULL,
    last_name_key TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    -- What the person gave, and the claim to sign in with it.
    email         TEXT    NOT NULL,
    login_email   TEXT    UNIQUE,
    password_hash TEXT    NOT NULL,
    user_type     SMALLINT NOT NULL,
    bio           TEXT,
    phone         TEXT,
    address       TEXT,
    avatar        TEXT,
    is_admin      BOOLEAN NOT NULL,
    disabled_at   BIGINT,
    created_at    BIGINT  NOT NULL
);
CREATE INDEX users_display_key ON users (display_key);
CREATE INDEX users_last_name_key ON users (last_name_key);

CREATE TABLE sessions (
    key          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB   NOT NULL UNIQUE,
    user_key     BIGINT NOT NULL REFERENCES users (key) ON DELETE CASCADE,
    door         TEXT   NOT NULL,
    client       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX sessions_user_key ON sessions (user_key);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token; the token itself is never stored.
    hash        BLOB   NOT NULL PRIMARY KEY,
    session_key BIGINT NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    rotated_at  BIGINT
) WITHOUT ROWID;
CREATE INDEX refresh_tokens_session_key ON refresh_tokens (session_key);

CREATE TABLE rooms (
    key           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            BLOB    NOT NULL UNIQUE,
    kind          SMALLINT NOT NULL,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    visibility    SMALLINT NOT NULL,
    capacity      INTEGER,
    password_hash TEXT,
    invite_code   TEXT    NOT NULL UNIQUE,
    -- The two people of a DUO room, the one of a SELF room twice; lower key first.
    pair_low      BIGINT,
    pair_high     BIGINT,
    -- Position of the newest event, and number of the newest message.
    head          BIGINT  NOT NULL,
    last_seq      BIGINT  NOT NULL,
    -- Orders rooms by their newest message; not a time.
    activity      BIGINT  NOT NULL,
    member_count  INTEGER NOT NULL,
    created_by    BIGINT  REFERENCES users (key) ON DELETE SET NULL,
    created_at    BIGINT  NOT NULL,
    deleted_at    BIGINT,
    UNIQUE (pair_low, pair_high)
);
CREATE INDEX rooms_created_by ON rooms (created_by);
CREATE INDEX rooms_public ON rooms (activity, key) WHERE visibility = 1 AND deleted_at IS NULL;

CREATE TABLE members (
    key       INTEGER PRIMARY KEY AUTOINCREMENT,
    room_key  BIGINT   NOT NULL REFERENCES rooms (key) ON DELETE CASCADE,
    user_key  BIGINT   NOT NULL REFERENCES users (key) ON DELETE CASCADE,
    role      SMALLINT NOT NULL,
    joined_at BIGINT   NOT NULL,
    UNIQUE (room_key, user_key)
);
CREATE INDEX members_room_order ON members (room_key, key);
CREATE INDEX members_user_key ON members (user_key, room_key);

CREATE TABLE messages (
    key               INTEGER PRIMARY KEY AUTOINCREMENT,
    room_key          BIGINT NOT NULL REFERENCES rooms (key) ON DELETE CASCADE,
    position          BIGINT NOT NULL,
    seq               BIGINT NOT NULL,
    sender_key        BIGINT REFERENCES users (key) ON DELETE SET NULL,
    text              TEXT   NOT NULL,
    client_message_id TEXT,
    created_at        BIGINT NOT NULL,
    UNIQUE (room_key, position),
    UNIQUE (room_key, seq)
);
CREATE UNIQUE INDEX messages_client_id ON messages (room_key, sender_key, client_message_id)
    WHERE client_message_id IS NOT NULL;

-- Every change of a room that is not a new message; with messages, the room's log.
CREATE TABLE room_events (
    room_key   BIGINT   NOT NULL REFERENCES rooms (key) ON DELETE CASCADE,
    position   BIGINT   NOT NULL,
    kind       SMALLINT NOT NULL,
    actor_key  BIGINT   REFERENCES users (key) ON DELETE SET NULL,
    user_key   BIGINT   REFERENCES users (key) ON DELETE SET NULL,
    role       SMALLINT,
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (room_key, position)
) WITHOUT ROWID;
CREATE INDEX room_events_actor_key ON room_events (actor_key);
CREATE INDEX room_events_user_key ON room_events (user_key);

CREATE TABLE uploads (
    key          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    owner_key    BIGINT  NOT NULL REFERENCES users (key) ON DELETE CASCADE,
    message_key  BIGINT  REFERENCES messages (key) ON DELETE CASCADE,
    file_name    TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    byte_size    BIGINT  NOT NULL,
    width        INTEGER,
    height       INTEGER,
    -- Where the bytes are, below the media root; null until they arrive.
    path         TEXT    UNIQUE,
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT
);
CREATE INDEX uploads_owner_key ON uploads (owner_key);
CREATE INDEX uploads_message_key ON uploads (message_key);
