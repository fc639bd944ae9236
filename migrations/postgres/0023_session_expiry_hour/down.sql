-- no transaction: an index is made beside the work of others
DROP INDEX CONCURRENTLY IF EXISTS sessions_expires_at;
CREATE INDEX CONCURRENTLY sessions_expires_at ON sessions (expires_at);
DROP INDEX CONCURRENTLY IF EXISTS sessions_expiry_hour;
ALTER TABLE sessions RESET (fillfactor);
ALTER TABLE sessions DROP COLUMN IF EXISTS expiry_hour;
