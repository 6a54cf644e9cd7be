DROP TABLE unsearched;
DROP TRIGGER message_words_gone;
DROP TABLE message_words;
