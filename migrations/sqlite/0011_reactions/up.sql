-- People react to messages.

-- How many different emoji a message has; those of accounts that are gone may still be counted.
ALTER TABLE messages ADD COLUMN reactions SMALLINT NOT NULL DEFAULT 0;

CREATE TABLE reactions (
    key         INTEGER PRIMARY KEY AUTOINCREMENT,
    message_key BIGINT  NOT NULL REFERENCES messages (key) ON DELETE CASCADE,
    emoji       TEXT    NOT NULL,
    user_key    BIGINT  NOT NULL REFERENCES users (key) ON DELETE CASCADE
);
CREATE UNIQUE INDEX reactions_message_key ON reactions (message_key, emoji, user_key);
CREATE INDEX reactions_user_key ON reactions (user_key, key);
