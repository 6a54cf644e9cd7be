DROP INDEX sessions_thanchat;
DROP TABLE session_keys;
