-- Accounts, and what their owners said of themselves.
-- Times are microseconds since 1970-01-01T00:00:00Z. Ids are UUIDs as text.
CREATE TABLE users (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    email               TEXT COLLATE "C" NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (length(email) <= 254),
    email_verified      BOOLEAN NOT NULL,
    first_name          TEXT NOT NULL,
    last_name           TEXT NOT NULL,
    company_name        TEXT NOT NULL,
    password_hash       TEXT NOT NULL,
    role                TEXT NOT NULL CHECK (role IN ('Customer', 'Developer')),
    is_active           BOOLEAN NOT NULL,
    -- Sessions that began under another epoch are dead: one write ends them all.
    session_epoch       BIGINT NOT NULL CHECK (session_epoch >= 0),
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    last_login_at       BIGINT,
    password_changed_at BIGINT
);

CREATE TABLE user_profiles (
    user_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- The text of a JSON object.
    profile    TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
