-- Messages are found by their words.

-- They are made in Rust, so that both engines split and fold alike, whatever the database's locale.
ALTER TABLE messages ADD COLUMN words TSVECTOR NOT NULL DEFAULT '';
-- What waits to go into the index is kept small, so that no send pays for thousands of others.
CREATE INDEX messages_words ON messages USING gin (words) WITH (gin_pending_list_limit = 512);

-- Messages from before, whose words are still to be made. Housekeeping empties it.
CREATE TABLE unsearched (
    message_key BIGINT PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE
);
INSERT INTO unsearched (message_key) SELECT key FROM messages WHERE deleted_at IS NULL;
