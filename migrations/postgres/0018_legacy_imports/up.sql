-- How far the import from the system that was here before has come: a row for each of its tables.
CREATE TABLE legacy_import_steps (
    -- Which database it is from, without user and password.
    source       TEXT COLLATE "C" NOT NULL,
    table_name   TEXT COLLATE "C" NOT NULL,
    -- The key of the last row that was dealt with.
    last_key     BYTEA,
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
    source     TEXT COLLATE "C" NOT NULL,
    table_name TEXT COLLATE "C" NOT NULL,
    number     BIGINT NOT NULL,
    row_id     TEXT COLLATE "C" NOT NULL,
    field      TEXT COLLATE "C",
    kind       TEXT COLLATE "C" NOT NULL,
    fate       TEXT COLLATE "C" NOT NULL,
    other_id   TEXT COLLATE "C",
    PRIMARY KEY (source, table_name, number)
);

-- What was brought and may change on both sides, or be removed here: a digest of each row as it was brought.
CREATE TABLE legacy_import_rows (
    table_name TEXT COLLATE "C" NOT NULL,
    row_id     TEXT COLLATE "C" NOT NULL,
    target_id  TEXT COLLATE "C" NOT NULL,
    digest     BYTEA NOT NULL CHECK (length(digest) = 32),
    -- Of a thread: the time of the newest event that was brought.
    newest     BIGINT,
    PRIMARY KEY (table_name, row_id)
);
