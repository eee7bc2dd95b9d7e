package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // the driver that the store uses too
)

// bareDB is the least that a durable transition can be: one UPDATE and two INSERTs of the same sizes as the store's rows,
// with the store's settings, committed by one goroutine that takes whatever is queued. It decides nothing.
type bareDB struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	queue chan bareWork
	done  chan struct{}
	err   error // why it ended; read after done
}

type bareWork struct {
	id     string
	answer chan error
}

// Sizes of the rows, as the store's are on average.
const (
	bareDoc    = 1300
	bareLine   = 160
	bareBody   = 120
	bareBatch  = 256
	barePragma = "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=wal_autocheckpoint(2000)&_pragma=cache_size(-8000)"
)

var (
	docOfSize  = strings.Repeat("d", bareDoc)
	lineOfSize = strings.Repeat("l", bareLine)
	bodyOfSize = bytes.Repeat([]byte{'b'}, bareBody)
)

// What a bare transition does.
const (
	bareBegin  = `BEGIN IMMEDIATE`
	bareUpdate = `UPDATE sessions SET revision = revision + 1, doc = ? WHERE id = ?`
	bareAudit  = `INSERT INTO audit (seq, session, line) VALUES (?, ?, ?)`
	bareOutbox = `INSERT INTO outbox (session, seq, body) VALUES (?, ?, ?)`
	bareCommit = `COMMIT`
)

// openBareDB makes a database at path with n rows to update.
func openBareDB(ctx context.Context, path string, n int) (*bareDB, error) {
	db, err := sql.Open("sqlite", "file:"+path+barePragma)
	if err != nil {
		return nil, fmt.Errorf("open the bare database: %w", err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the bare database: %w", err), db.Close())
	}
	b := &bareDB{db: db, conn: conn, queue: make(chan bareWork, bareBatch), done: make(chan struct{})}
	if err := b.fill(ctx, n); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	b.stmts = make(map[string]*sql.Stmt)
	for _, q := range []string{bareBegin, bareUpdate, bareAudit, bareOutbox, bareCommit} {
		if b.stmts[q], err = conn.PrepareContext(ctx, q); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare for the bare database: %w", err), db.Close())
		}
	}
	go b.loop()
	return b, nil
}

func (b *bareDB) fill(ctx context.Context, n int) error {
	for _, q := range []string{
		`CREATE TABLE sessions (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, doc TEXT NOT NULL) STRICT`,
		`CREATE TABLE audit (seq INTEGER PRIMARY KEY, session TEXT NOT NULL, line TEXT NOT NULL) STRICT`,
		`CREATE TABLE outbox (session TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (session, seq)) STRICT, WITHOUT ROWID`,
	} {
		if _, err := b.conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("make the bare tables: %w", err)
		}
	}
	_, err := b.conn.ExecContext(ctx, `WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ?)
		INSERT INTO sessions (id, revision, doc) SELECT 's' || i, 1, ? FROM c`, n, docOfSize)
	if err != nil {
		return fmt.Errorf("fill the bare table: %w", err)
	}
	return nil
}

// commit makes one transition durable.
func (b *bareDB) commit(id string) error {
	w := bareWork{id: id, answer: make(chan error, 1)}
	select {
	case b.queue <- w:
		return <-w.answer
	case <-b.done:
		return b.err
	}
}

func (b *bareDB) loop() {
	defer close(b.done)
	batch := make([]bareWork, 0, bareBatch)
	var seq int64
	for w := range b.queue {
		batch = append(batch[:0], w)
		for len(batch) < bareBatch && len(b.queue) > 0 {
			batch = append(batch, <-b.queue)
		}
		if b.err = b.write(batch, &seq); b.err != nil {
			for _, w := range batch {
				w.answer <- b.err
			}
			return
		}
		for _, w := range batch {
			w.answer <- nil
		}
	}
}

func (b *bareDB) write(batch []bareWork, seq *int64) error {
	exec := func(q string, args ...any) error {
		_, err := b.stmts[q].ExecContext(context.Background(), args...)
		return err
	}
	if err := exec(bareBegin); err != nil {
		return err
	}
	for _, w := range batch {
		*seq++
		if err := errors.Join(
			exec(bareUpdate, docOfSize, w.id),
			exec(bareAudit, *seq, w.id, lineOfSize),
			exec(bareOutbox, w.id, *seq, bodyOfSize),
		); err != nil {
			return err
		}
	}
	return exec(bareCommit)
}

func (b *bareDB) close() error {
	close(b.queue)
	<-b.done
	return errors.Join(b.conn.Close(), b.db.Close())
}
