DROP INDEX users_leaving;
ALTER TABLE users DROP COLUMN leaving_at;
DROP INDEX room_events_message_key;
ALTER TABLE room_events DROP COLUMN message_key;
DROP TABLE message_edits;
DROP INDEX messages_sender_key;
ALTER TABLE messages DROP COLUMN revision;
ALTER TABLE messages DROP COLUMN deleted_at;
ALTER TABLE messages DROP COLUMN edited_at;
