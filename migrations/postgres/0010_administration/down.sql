DROP INDEX sessions_last_used_at;
ALTER TABLE rooms DROP COLUMN archived_at;
DROP INDEX users_admins;
DROP TABLE audit_entries;
