-- Who may sign in, and what an installation has decided for itself.

-- +goose Up
CREATE TABLE users (
    id            TEXT    PRIMARY KEY,
    login         TEXT    NOT NULL UNIQUE, -- in its normal form: lower case
    name          TEXT    NOT NULL,
    admin         INTEGER NOT NULL CHECK (admin IN (0, 1)),
    disabled      INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    password_hash TEXT    NOT NULL, -- Argon2id; '' if none is set
    epoch         INTEGER NOT NULL, -- sign-ins of an earlier one are over
    created_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One-time links: SHA-256 of the token, never itself.
CREATE TABLE tokens (
    hash       BLOB    PRIMARY KEY,
    purpose    TEXT    NOT NULL,
    user       TEXT    REFERENCES users (id), -- NULL where there is no user yet
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_user ON tokens (user);

-- Sign-ins of browsers; the token comes hashed.
CREATE TABLE web_sessions (
    token      TEXT    PRIMARY KEY,
    data       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_sessions_expiry ON web_sessions (expires_at);

-- The consent policy for new sessions: each row is a version, the last one counts. Versions are kept.
CREATE TABLE policies (
    revision   INTEGER PRIMARY KEY,
    doc        TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    actor_name TEXT    NOT NULL
) STRICT;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO settings (name, value) VALUES ('server_id', lower(hex(randomblob(16))));

-- +goose Down
DROP TABLE settings;
DROP TABLE policies;
DROP TABLE web_sessions;
DROP TABLE tokens;
DROP TABLE users;
