-- Times are Unix nanoseconds, so that a deadline is compared exactly as Go compares it; 0 is "not yet" or "none".

-- +goose Up
CREATE TABLE sessions (
    n               INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    revision        INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    technician      TEXT    NOT NULL, -- who started it: a user's id
    machine         TEXT    NOT NULL, -- the PC's, as it says itself
    created_at      INTEGER NOT NULL,
    joined_at       INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL,
    code_expires_at INTEGER NOT NULL,
    search          TEXT    NOT NULL, -- names of customer, PC and technician, folded
    face            INTEGER NOT NULL, -- digest of the columns above and of the reboot's row: as long as it stays, they do
    acked_seq       INTEGER NOT NULL, -- commands up to here don't count as in the outbox any more
    deadline        INTEGER NOT NULL,
    doc             TEXT    NOT NULL  -- the whole session as JSON: the truth; the columns above are drawn from it
) STRICT;
CREATE INDEX sessions_list ON sessions (state, created_at, id, technician, search);
CREATE INDEX sessions_machine ON sessions (machine, created_at) WHERE machine <> '';
CREATE INDEX sessions_deadline ON sessions (deadline) WHERE deadline > 0;

-- One hash chain over everything that happened. hash covers the row before and all of this one.
CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY,
    session    TEXT    NOT NULL, -- '' if it is about no session
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    actor_name TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    reboot     TEXT    NOT NULL,
    params     TEXT    NOT NULL, -- a JSON object with sorted names, or ''
    hash       BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_session ON audit (session); -- and seq, which is the row's number

-- The chain's end, so that lines missing there are noticed too.
CREATE TABLE audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB    NOT NULL
) STRICT;
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, x'');

CREATE TABLE chat (
    session    TEXT    NOT NULL REFERENCES sessions (id),
    seq        INTEGER NOT NULL, -- from 1 within the session
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    actor_name TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT;

-- Commands that the agent has not acknowledged, and a few that it has: those are swept out now and then. It has no
-- foreign key since it is written with its session only, and most often of all tables.
CREATE TABLE outbox (
    session TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    body    BLOB    NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;

-- Connect codes, never in clear.
CREATE TABLE codes (
    n          INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE,
    sealed     BLOB    NOT NULL, -- emptied when it is used
    session    TEXT    NOT NULL REFERENCES sessions (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX codes_session ON codes (session);

-- The reboot ledger.
CREATE TABLE reboots (
    session      TEXT    NOT NULL REFERENCES sessions (id),
    id           TEXT    NOT NULL,
    machine      TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    adopted      INTEGER NOT NULL,
    phase        TEXT    NOT NULL,
    outcome      TEXT    NOT NULL, -- '' while it is under way
    requested_at INTEGER NOT NULL,
    back_at      INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    off_for      INTEGER NOT NULL, -- nanoseconds
    doc          TEXT    NOT NULL,
    PRIMARY KEY (session, id)
) STRICT;
CREATE INDEX reboots_machine ON reboots (machine, back_at) WHERE off_for > 0;

-- Tries to use a connect code that counted, until they no longer matter.
CREATE TABLE guesses (
    key   TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX guesses_key ON guesses (key, at);
CREATE INDEX guesses_until ON guesses (until);

CREATE TABLE marks (
    name TEXT    PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE marks;
DROP TABLE guesses;
DROP TABLE reboots;
DROP TABLE codes;
DROP TABLE outbox;
DROP TABLE chat;
DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE sessions;
