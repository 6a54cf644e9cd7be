-- Opaque keys of sessions: ThanChat's tokens and `sessionid` cookies.
CREATE TABLE session_keys (
    -- SHA-256 of the key; the key itself is never stored.
    hash        BYTEA  NOT NULL PRIMARY KEY,
    session_key BIGINT NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX session_keys_session_key ON session_keys (session_key);

-- A person has one ThanChat session, and so one token, at a time.
CREATE UNIQUE INDEX sessions_thanchat ON sessions (user_key) WHERE door = 'thanchat' AND ended_at IS NULL;
