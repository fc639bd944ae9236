-- How much was used: a row for each user and one for all ('all'), each for a day and one for ever ('').
CREATE TABLE chat_usage (
    owner  TEXT COLLATE "C" NOT NULL,
    usage  TEXT COLLATE "C" NOT NULL,
    -- The day in UTC, as 2026-01-31.
    day    TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (owner, usage, day)
);

CREATE INDEX chat_usage_day ON chat_usage (day);
