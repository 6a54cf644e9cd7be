-- Messages get into the index of words after they are stored, many at a time.

-- Apart from the messages, whose rows would otherwise be written a second time with all their indexes.
CREATE TABLE message_words (
    message_key BIGINT PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE,
    words       TSVECTOR NOT NULL
);
INSERT INTO message_words (message_key, words) SELECT key, words FROM messages WHERE words <> '';
-- What waits inside the index is kept small, so that no search goes through thousands.
CREATE INDEX message_words_words ON message_words USING gin (words) WITH (gin_pending_list_limit = 512);
DROP INDEX messages_words;
ALTER TABLE messages DROP COLUMN words;

-- Every message is noted here when it is stored, and until it is indexed. It refers to nothing, which would cost each send
-- a look-up; a key whose message is gone by then is passed over.
CREATE TABLE unindexed (
    message_key BIGINT PRIMARY KEY
);
INSERT INTO unindexed (message_key) SELECT message_key FROM unsearched;
DROP TABLE unsearched;
