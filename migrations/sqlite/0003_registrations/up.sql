-- Registrations between their two steps. A finished one is deleted.
CREATE TABLE registrations (
    id            TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    token_digest  BLOB NOT NULL CHECK (length(token_digest) = 32),
    email         TEXT NOT NULL CHECK (length(email) <= 254),
    password_hash TEXT NOT NULL,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('Customer', 'Developer')),
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);

-- For the sweep.
CREATE INDEX registrations_expires_at ON registrations (expires_at);
