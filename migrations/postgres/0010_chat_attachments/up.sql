-- Files that users add to messages.
CREATE TABLE chat_attachments (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The thread of the message that it belongs to; NULL while it belongs to none.
    thread_id   TEXT COLLATE "C" REFERENCES chat_threads (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    mime_type   TEXT COLLATE "C" NOT NULL,
    -- In bytes.
    size        BIGINT NOT NULL,
    is_uploaded BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE INDEX chat_attachments_user_id ON chat_attachments (user_id);
CREATE INDEX chat_attachments_thread_id ON chat_attachments (thread_id);
CREATE INDEX chat_attachments_free ON chat_attachments (created_at) WHERE thread_id IS NULL;

-- Their bytes, in parts.
CREATE TABLE chat_attachment_parts (
    attachment_id TEXT COLLATE "C" NOT NULL REFERENCES chat_attachments (id) ON DELETE CASCADE,
    part          BIGINT NOT NULL,
    bytes         BYTEA NOT NULL,
    PRIMARY KEY (attachment_id, part)
);
