-- What people and the server did, for reports: what front ends track, and what happens in chats.
CREATE TABLE analytics_events (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 36),
    event_type TEXT COLLATE "C" NOT NULL CHECK (length(event_type) BETWEEN 1 AND 64),
    -- Where in a flow, and as what, as front ends name it.
    step       TEXT COLLATE "C" CHECK (length(step) <= 32),
    role       TEXT COLLATE "C" CHECK (length(role) <= 32),
    -- Where the chat is, if it happened in one.
    placement  TEXT COLLATE "C" CHECK (length(placement) <= 64),
    -- JSON.
    details    TEXT COLLATE "C",
    -- The day in UTC, as 2026-01-31.
    day        TEXT COLLATE "C" NOT NULL CHECK (length(day) = 10),
    created_at BIGINT NOT NULL
);

-- For reports.
CREATE INDEX analytics_events_day ON analytics_events (day, event_type, placement);
-- For the sweep.
CREATE INDEX analytics_events_created_at ON analytics_events (created_at);
