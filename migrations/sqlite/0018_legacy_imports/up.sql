-- How far the import from the system that was here before has come: a row for each of its tables.
CREATE TABLE legacy_import_steps (
    -- Which database it is from, without user and password.
    source       TEXT NOT NULL,
    table_name   TEXT NOT NULL,
    -- The key of the last row that was dealt with.
    last_key     BLOB,
    is_done      BOOLEAN NOT NULL,
    rows_read    BIGINT NOT NULL,
    rows_brought BIGINT NOT NULL,
    rows_updated BIGINT NOT NULL,
    rows_there   BIGINT NOT NULL,
    rows_left    BIGINT NOT NULL,
    PRIMARY KEY (source, table_name)
);

-- What that run found, one by one; never a value.
CREATE TABLE legacy_import_findings (
    source     TEXT NOT NULL,
    table_name TEXT NOT NULL,
    number     BIGINT NOT NULL,
    row_id     TEXT NOT NULL,
    field      TEXT,
    kind       TEXT NOT NULL,
    fate       TEXT NOT NULL,
    other_id   TEXT,
    PRIMARY KEY (source, table_name, number)
);

-- What was brought and may change on both sides, or be removed here: a digest of each row as it was brought.
CREATE TABLE legacy_import_rows (
    table_name TEXT NOT NULL,
    row_id     TEXT NOT NULL,
    target_id  TEXT NOT NULL,
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    -- Of a thread: the time of the newest event that was brought.
    newest     BIGINT,
    PRIMARY KEY (table_name, row_id)
);
