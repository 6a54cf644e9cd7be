ALTER TABLE messages DROP COLUMN attachments;
DROP TABLE loose_files;
DROP TABLE uploads;
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
