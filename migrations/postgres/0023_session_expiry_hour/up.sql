-- no transaction: an index is made beside the work of others
-- Each renewal moves a session's idle limit. While that had an index, PostgreSQL wrote to all indexes of the
-- table at each of them; the hour stays the same for most, and the new row beside the old one in its page.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS expiry_hour BIGINT GENERATED ALWAYS AS (expires_at / 3600000000) STORED;
ALTER TABLE sessions SET (fillfactor = 90);
DROP INDEX CONCURRENTLY IF EXISTS sessions_expiry_hour;
CREATE INDEX CONCURRENTLY sessions_expiry_hour ON sessions (expiry_hour);
DROP INDEX CONCURRENTLY IF EXISTS sessions_expires_at;
