-- The keys that sign access tokens, encrypted under the master key.
CREATE TABLE signing_keys (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    state      TEXT NOT NULL CHECK (state IN ('next', 'current', 'retired')),
    sealed     BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- One key signs, and one is announced to sign next.
CREATE UNIQUE INDEX signing_keys_current ON signing_keys (state) WHERE state = 'current';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (state) WHERE state = 'next';
