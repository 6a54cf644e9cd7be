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
CREATE INDEX audit_entries_action ON audit_entries (action, key);
CREATE INDEX audit_entries_created_at ON audit_entries (created_at);
