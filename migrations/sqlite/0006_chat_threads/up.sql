-- Conversations.
CREATE TABLE chat_threads (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    placement  TEXT NOT NULL CHECK (length(placement) BETWEEN 2 AND 64),
    title      TEXT,
    -- When something was first said; NULL while nothing was.
    started_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A user has at most one thread a placement in which nothing was said.
CREATE UNIQUE INDEX chat_threads_unstarted ON chat_threads (user_id, placement) WHERE started_at IS NULL;
CREATE INDEX chat_threads_user_id ON chat_threads (user_id, updated_at);
