-- Sessions that are open on OpenAI's side, until they were cancelled there or ended by themselves. They
-- refer to no account and no login: when those are gone, what is open is still to be cancelled.
CREATE TABLE hosted_sessions (
    -- As the other side calls it.
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL,
    -- The login that it hangs on.
    session_id  TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    -- Nobody cancels it before then: somebody is at it, or it failed.
    next_try_at BIGINT NOT NULL,
    tries       BIGINT NOT NULL
);

-- For the sweep, and for whoever looks for those that are still open.
CREATE INDEX hosted_sessions_expires_at ON hosted_sessions (expires_at);
