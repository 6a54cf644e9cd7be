-- Messages are found by their words.

-- The words of each message, under its key. They are made in Rust, so that both engines split and fold alike; of a
-- word is only kept which messages have it.
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    detail = none,
    prefix = '2 3',
    tokenize = 'ascii'
);
CREATE TRIGGER message_words_gone AFTER DELETE ON messages BEGIN
    DELETE FROM message_words WHERE rowid = old.key;
END;

-- Messages from before, whose words are still to be made. Housekeeping empties it.
CREATE TABLE unsearched (
    message_key INTEGER PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE
);
INSERT INTO unsearched (message_key) SELECT key FROM messages WHERE deleted_at IS NULL;
