-- Logins. A session is alive while it is not revoked, its times are not over, and its account is
-- active and in the session's epoch. Tokens are stored as SHA-256 digests.
CREATE TABLE sessions (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    user_id             TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    epoch               BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    last_used_at        BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    absolute_expires_at BIGINT NOT NULL,
    revoked_at          BIGINT,
    end_reason          TEXT,
    refresh_digest      BYTEA NOT NULL CHECK (length(refresh_digest) = 32),
    -- The refresh token before, when it was replaced, and its replacement, hidden for its holder.
    previous_digest     BYTEA CHECK (length(previous_digest) = 32),
    replaced_at         BIGINT,
    sealed_successor    BYTEA,
    cookie_digest       BYTEA NOT NULL CHECK (length(cookie_digest) = 32),
    client_ip           TEXT NOT NULL,
    user_agent          TEXT,
    CHECK (revoked_at IS NOT NULL OR end_reason IS NULL),
    CHECK ((previous_digest IS NULL) = (replaced_at IS NULL)),
    CHECK ((previous_digest IS NULL) = (sealed_successor IS NULL))
);

CREATE INDEX sessions_user_id ON sessions (user_id);
-- For the sweep.
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
