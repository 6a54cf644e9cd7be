-- The table was never filled. Its rows now outlive their message and their owner, so that the sweep finds
-- the files of both.
DROP TABLE uploads;
CREATE TABLE uploads (
    key          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB     NOT NULL UNIQUE,
    owner_key    BIGINT   REFERENCES users (key) ON DELETE SET NULL,
    message_key  BIGINT   REFERENCES messages (key) ON DELETE SET NULL,
    -- Among the files of its message, from 0.
    place        SMALLINT NOT NULL,
    file_name    TEXT     NOT NULL,
    -- As announced until the bytes are there.
    byte_size    BIGINT   NOT NULL,
    width        INTEGER,
    height       INTEGER,
    -- Where the bytes are, below the media root; null until they arrive.
    path         TEXT     UNIQUE,
    thumbnail    TEXT,
    created_at   BIGINT   NOT NULL,
    -- When it goes unless a message has it by then. Null with a message; without one it goes at once.
    expires_at   BIGINT
);
CREATE INDEX uploads_owner_key ON uploads (owner_key);
CREATE INDEX uploads_message_key ON uploads (message_key);
CREATE INDEX uploads_loose ON uploads (expires_at) WHERE message_key IS NULL;

-- Files that nothing refers to, or nothing yet: entered before they are written.
CREATE TABLE loose_files (
    path         TEXT   NOT NULL PRIMARY KEY,
    delete_after BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX loose_files_delete_after ON loose_files (delete_after);

-- How many files a message has, so that those without are not looked up.
ALTER TABLE messages ADD COLUMN attachments SMALLINT NOT NULL DEFAULT 0;
