-- Who may see and change the accounts of others. Operators say so, on the command line.
ALTER TABLE users ADD COLUMN is_administrator BOOLEAN NOT NULL DEFAULT FALSE;
-- The account of the administrator who did it or looked, if one did.
ALTER TABLE audit_log ADD COLUMN actor_id TEXT COLLATE "C";
