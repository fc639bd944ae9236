-- What threads are made of, and who may answer in them.
ALTER TABLE chat_threads ADD COLUMN status TEXT NOT NULL DEFAULT '{"type":"active"}';
-- What the server keeps with a thread, as JSON.
ALTER TABLE chat_threads ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
-- The hosts that images may come from, as JSON; NULL for any.
ALTER TABLE chat_threads ADD COLUMN image_domains TEXT;
-- The number of the newest item.
ALTER TABLE chat_threads ADD COLUMN last_number BIGINT NOT NULL DEFAULT 0;
-- The answer that is being given, and until when it is held without being extended.
ALTER TABLE chat_threads ADD COLUMN answer_id TEXT COLLATE "C";
ALTER TABLE chat_threads ADD COLUMN answer_until BIGINT;

CREATE INDEX chat_threads_listed ON chat_threads (user_id, created_at, id);
CREATE INDEX chat_threads_updated_at ON chat_threads (updated_at);

CREATE TABLE chat_items (
    thread_id  TEXT COLLATE "C" NOT NULL REFERENCES chat_threads (id) ON DELETE CASCADE,
    -- Grows within the thread, and is the order of its items.
    number     BIGINT NOT NULL,
    item_id    TEXT COLLATE "C" NOT NULL CHECK (length(item_id) BETWEEN 1 AND 80),
    -- Whether no client may see it.
    hidden     BOOLEAN NOT NULL,
    -- The item as JSON.
    body       TEXT NOT NULL,
    -- What the user thinks of it.
    feedback   TEXT COLLATE "C",
    PRIMARY KEY (thread_id, number)
);

CREATE UNIQUE INDEX chat_items_item_id ON chat_items (thread_id, item_id);
