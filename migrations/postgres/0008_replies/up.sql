-- Messages answer messages.

-- The message that this one answers, of the same room.
ALTER TABLE messages ADD COLUMN reply_to BIGINT REFERENCES messages (key) ON DELETE SET NULL;
CREATE INDEX messages_reply_to ON messages (reply_to, position) WHERE reply_to IS NOT NULL;
