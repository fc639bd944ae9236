CREATE INDEX sessions_expires_at ON sessions (expires_at);
DROP INDEX sessions_expiry_hour;
ALTER TABLE sessions DROP COLUMN expiry_hour;
