ALTER TABLE audit_log DROP COLUMN actor_id;
ALTER TABLE users DROP COLUMN is_administrator;
