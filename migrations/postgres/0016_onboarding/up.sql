-- What each user has still to do to get going.
CREATE TABLE onboarding_checklists (
    user_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- The thread that it was made in, as the front end names it.
    thread_id  TEXT COLLATE "C" CHECK (length(thread_id) <= 64),
    -- A JSON object: by the id of the task its label, and whether it is done.
    tasks      TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL
);
