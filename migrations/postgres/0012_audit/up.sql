-- What happened to accounts and sessions, each row bound to the one before it by its hash.
CREATE TABLE audit_log (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C",
    session_id TEXT COLLATE "C",
    client_ip  TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL
);

CREATE INDEX audit_log_account ON audit_log (account_id, seq);

-- One row: where the chain begins, once its oldest rows were swept, and where it ends.
CREATE TABLE audit_head (
    id          BIGINT NOT NULL PRIMARY KEY,
    first_seq   BIGINT NOT NULL,
    first_hash  BYTEA NOT NULL,
    last_seq    BIGINT NOT NULL,
    last_hash   BYTEA NOT NULL
);

INSERT INTO audit_head (id, first_seq, first_hash, last_seq, last_hash)
VALUES (1, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'));
