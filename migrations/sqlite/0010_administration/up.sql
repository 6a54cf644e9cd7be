-- What administrators did, and when. Newer entries have higher keys.
CREATE TABLE audit_entries (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at BIGINT  NOT NULL,
    -- Null: the server's own console, or an account that is gone.
    actor_key  BIGINT  REFERENCES users (key) ON DELETE SET NULL,
    -- A word such as 'room.delete'; the words never change.
    action     TEXT    NOT NULL,
    -- The global id of what it was done to.
    target     TEXT,
    detail     TEXT    NOT NULL
);
CREATE INDEX audit_entries_actor_key ON audit_entries (actor_key, key);
CREATE INDEX audit_entries_target ON audit_entries (target, key);
CREATE INDEX audit_entries_action ON audit_entries (action, key);
CREATE INDEX audit_entries_created_at ON audit_entries (created_at);

-- They are held while one of them stops being one.
CREATE INDEX users_admins ON users (key) WHERE is_admin;

-- Set while an administrator has closed the room: it is read, and nothing is added.
ALTER TABLE rooms ADD COLUMN archived_at BIGINT;

-- For the list of all that live, the latest used first.
CREATE INDEX sessions_last_used_at ON sessions (last_used_at, key) WHERE ended_at IS NULL;
