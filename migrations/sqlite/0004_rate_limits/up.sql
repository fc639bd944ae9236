-- What the limits remember, by the digest of what is limited.
CREATE TABLE rate_limits (
    key           BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    -- When the counted tries happened, oldest first: 8 bytes each, big end first.
    tries         BLOB NOT NULL CHECK (length(tries) % 8 = 0),
    blocked_until BIGINT,
    -- From then on the row no longer matters.
    stale_at      BIGINT NOT NULL
);

-- For the sweep.
CREATE INDEX rate_limits_stale_at ON rate_limits (stale_at);
