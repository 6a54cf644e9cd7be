-- Messages are edited and deleted, and accounts leave.

ALTER TABLE messages ADD COLUMN edited_at TIMESTAMPTZ;
-- Once deleted a message keeps its row, place and number, without its text.
ALTER TABLE messages ADD COLUMN deleted_at TIMESTAMPTZ;
-- How often it was edited or deleted; the higher of two copies is the newer one.
ALTER TABLE messages ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
-- For those whose account goes.
CREATE INDEX messages_sender_key ON messages (sender_key, key);
-- What a room's lists leave out is counted by it.
CREATE INDEX messages_deleted ON messages (room_key) WHERE deleted_at IS NOT NULL;

-- What messages said before, each text under the revision it was.
CREATE TABLE message_edits (
    message_key BIGINT  NOT NULL REFERENCES messages (key) ON DELETE CASCADE,
    revision    INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    -- When another text took its place.
    edited_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (message_key, revision)
);

-- The message that an event is about; the event goes with it.
ALTER TABLE room_events ADD COLUMN message_key BIGINT REFERENCES messages (key) ON DELETE CASCADE;
CREATE INDEX room_events_message_key ON room_events (message_key) WHERE message_key IS NOT NULL;

-- Set while an account is being removed, which takes several steps.
ALTER TABLE users ADD COLUMN leaving_at TIMESTAMPTZ;
CREATE INDEX users_leaving ON users (key) WHERE leaving_at IS NOT NULL;
