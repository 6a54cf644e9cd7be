DROP INDEX users_first_name_key;
ALTER TABLE users DROP COLUMN first_name_key;
DROP TABLE room_labels;
DROP INDEX rooms_open;
ALTER TABLE rooms DROP COLUMN is_open;
