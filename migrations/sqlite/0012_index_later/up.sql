-- Messages get into the index of words after they are stored, many at a time.

-- Every message is noted here when it is stored, and until it is indexed. It refers to nothing, which would cost each send
-- a look-up; a key whose message is gone by then is passed over.
CREATE TABLE unindexed (
    message_key INTEGER PRIMARY KEY
);
INSERT INTO unindexed (message_key) SELECT message_key FROM unsearched;
DROP TABLE unsearched;
