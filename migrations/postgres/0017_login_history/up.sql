-- Logins at the system that was here before. They are no part of the audit, whose rows are its own.
CREATE TABLE login_history (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 36),
    -- As it was typed.
    email      TEXT COLLATE "C" NOT NULL,
    success    BOOLEAN NOT NULL,
    client_ip  TEXT COLLATE "C",
    user_agent TEXT COLLATE "C",
    details    TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);

CREATE INDEX login_history_email ON login_history (email, created_at);
-- For the sweep.
CREATE INDEX login_history_created_at ON login_history (created_at);
