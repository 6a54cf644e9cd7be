-- Anyone signed in sees, reads and writes in an open room without joining it.
ALTER TABLE rooms ADD COLUMN is_open BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX rooms_open ON rooms (key) WHERE is_open AND deleted_at IS NULL;

-- What the callers of a dialect gave with a room, and the product has no word for.
CREATE TABLE room_labels (
    room_key INTEGER PRIMARY KEY REFERENCES rooms (key) ON DELETE CASCADE,
    door     TEXT NOT NULL,
    title    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    link     TEXT,
    capacity BIGINT
);

-- Lower case, for lists by first name and for search inside it.
ALTER TABLE users ADD COLUMN first_name_key TEXT NOT NULL DEFAULT '';
UPDATE users SET first_name_key = lower(trim(first_name));
CREATE INDEX users_first_name_key ON users (first_name_key, key);
