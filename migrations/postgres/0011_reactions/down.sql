DELETE FROM room_events WHERE kind = 8;
DROP TABLE reactions;
ALTER TABLE messages DROP COLUMN reactions;
