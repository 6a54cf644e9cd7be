-- What `tertulia import` brought, so that it can be run again: the row of an original server, and ours.
CREATE TABLE imports (
    -- The original database: its server's name, and when it was made.
    source   TEXT   NOT NULL,
    -- person, room, member, message, avatar or attachment.
    kind     TEXT   NOT NULL,
    original TEXT   NOT NULL,
    -- The key here. What it names may be gone by now.
    ours     BIGINT NOT NULL,
    PRIMARY KEY (source, kind, original)
) WITHOUT ROWID;
