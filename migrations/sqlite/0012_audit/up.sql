-- What happened to accounts and sessions, each row bound to the one before it by its hash.
CREATE TABLE audit_log (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    action     TEXT NOT NULL,
    account_id TEXT,
    session_id TEXT,
    client_ip  TEXT NOT NULL,
    request_id TEXT NOT NULL,
    hash       BLOB NOT NULL
);

CREATE INDEX audit_log_account ON audit_log (account_id, seq);

-- One row: where the chain begins, once its oldest rows were swept, and where it ends.
CREATE TABLE audit_head (
    id          BIGINT NOT NULL PRIMARY KEY,
    first_seq   BIGINT NOT NULL,
    first_hash  BLOB NOT NULL,
    last_seq    BIGINT NOT NULL,
    last_hash   BLOB NOT NULL
);

INSERT INTO audit_head (id, first_seq, first_hash, last_seq, last_hash)
VALUES (1, 0, zeroblob(32), 0, zeroblob(32));
