DROP TABLE unsearched;
DROP INDEX messages_words;
ALTER TABLE messages DROP COLUMN words;
