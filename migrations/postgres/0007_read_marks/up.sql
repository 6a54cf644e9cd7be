-- How far each member has read.

-- Number of the newest message that the member has read; 0 is none. Whoever was in a room has read it.
ALTER TABLE members ADD COLUMN last_read_seq BIGINT NOT NULL DEFAULT 0;
UPDATE members SET last_read_seq = (SELECT last_seq FROM rooms WHERE rooms.key = members.room_key);

-- How far someone had read when they read further.
ALTER TABLE room_events ADD COLUMN read_seq BIGINT;
-- When someone came into a room is looked up past the many times that they read further there.
DROP INDEX room_events_user_key;
CREATE INDEX room_events_user_key ON room_events (user_key, room_key, position);
