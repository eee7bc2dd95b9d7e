package store

import (
	"context"
	"database/sql"
	"errors"
)

// tx is the transaction that the writer has open. It belongs to the writing goroutine.
type tx struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	written int64 // rows changed in this transaction
	chain   chain
}

var background = context.Background() // without a Done channel: the driver then starts no goroutine per statement

func (t *tx) prepared(query string) (*sql.Stmt, error) {
	if st := t.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.conn.PrepareContext(background, query)
	if err != nil {
		return nil, wrap("prepare a statement", err)
	}
	t.stmts[query] = st
	return st, nil
}

// exec runs a statement and tells how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	st, err := t.prepared(query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(background, args...)
	if err != nil {
		return 0, wrap("write", err)
	}
	n, err := r.RowsAffected()
	t.written += n
	return n, err
}

// row reads one row, as this transaction sees it; sql.ErrNoRows if there is none.
func (t *tx) row(query string, args []any, dest ...any) error {
	st, err := t.prepared(query)
	if err != nil {
		return err
	}
	err = st.QueryRowContext(background, args...).Scan(dest...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return wrap("read before writing", err)
	}
	return err
}

// begin opens the transaction and takes the write lock at once, so that what is read in it holds until COMMIT.
func (t *tx) begin() error {
	t.written, t.chain = 0, chain{}
	return t.control("BEGIN IMMEDIATE", "begin a transaction")
}

// commit returns when the log is on disk.
func (t *tx) commit() error { return t.control("COMMIT", "commit") }

func (t *tx) control(statement, doing string) error {
	st, err := t.prepared(statement)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(background)
	return wrap(doing, err)
}

// rollback undoes everything. It fails where SQLite has rolled back by itself (full disk), which is as good.
func (t *tx) rollback() { _ = t.control("ROLLBACK", "roll back") }

func (t *tx) close() {
	for _, st := range t.stmts {
		st.Close()
	}
}
