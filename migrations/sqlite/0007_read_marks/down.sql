DROP INDEX room_events_user_key;
CREATE INDEX room_events_user_key ON room_events (user_key);
ALTER TABLE room_events DROP COLUMN read_seq;
ALTER TABLE members DROP COLUMN last_read_seq;
