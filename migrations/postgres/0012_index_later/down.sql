CREATE TABLE unsearched (
    message_key BIGINT PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE
);
INSERT INTO unsearched (message_key)
    SELECT message_key FROM unindexed WHERE message_key IN (SELECT key FROM messages);
DROP TABLE unindexed;
ALTER TABLE messages ADD COLUMN words TSVECTOR NOT NULL DEFAULT '';
UPDATE messages SET words = message_words.words FROM message_words WHERE message_key = key;
CREATE INDEX messages_words ON messages USING gin (words) WITH (gin_pending_list_limit = 512);
DROP TABLE message_words;
