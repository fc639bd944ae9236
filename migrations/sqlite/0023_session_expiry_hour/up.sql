-- The same as on PostgreSQL, which gains by it.
ALTER TABLE sessions ADD COLUMN expiry_hour BIGINT GENERATED ALWAYS AS (expires_at / 3600000000) VIRTUAL;
CREATE INDEX sessions_expiry_hour ON sessions (expiry_hour);
DROP INDEX sessions_expires_at;
