CREATE TABLE unsearched (
    message_key INTEGER PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE
);
INSERT INTO unsearched (message_key)
    SELECT message_key FROM unindexed WHERE message_key IN (SELECT key FROM messages);
DROP TABLE unindexed;
