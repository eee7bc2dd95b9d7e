package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// tx is the transaction that the writer has open. It belongs to the writing goroutine. It uses the driver's connection
// without database/sql between: its locks and conversions cost a third of a transition's time, and there is nothing to
// share.
type tx struct {
	conn    driver.Conn
	stmts   map[string]stmt
	args    []driver.NamedValue // reused by every statement
	written int64               // rows changed in this transaction
	chain   chain
}

// stmt is a prepared statement of the driver.
type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

var background = context.Background() // without a Done channel: the driver then starts no goroutine per statement

func newTx(conn driver.Conn) tx { return tx{conn: conn, stmts: make(map[string]stmt)} }

func (t *tx) prepared(query string) (stmt, error) {
	if st := t.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.conn.Prepare(query)
	if err != nil {
		return nil, wrap("prepare a statement", err)
	}
	t.stmts[query] = st.(stmt)
	return st.(stmt), nil
}

// bind turns arguments into what the driver takes: int64, string, []byte, bool or nil.
func (t *tx) bind(args []any) ([]driver.NamedValue, error) {
	t.args = t.args[:0]
	for i, a := range args {
		switch v := a.(type) {
		case int:
			a = int64(v)
		case driver.Valuer:
			var err error
			if a, err = v.Value(); err != nil {
				return nil, fmt.Errorf("store: argument %d: %w", i+1, err)
			}
		case []byte:
			if v == nil {
				a = []byte{} // no column of ours takes NULL for it
			}
		}
		t.args = append(t.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return t.args, nil
}

// exec runs a statement and tells how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	st, err := t.prepared(query)
	if err != nil {
		return 0, err
	}
	bound, err := t.bind(args)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(background, bound)
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
	bound, err := t.bind(args)
	if err != nil {
		return err
	}
	rs, err := st.QueryContext(background, bound)
	if err != nil {
		return wrap("read before writing", err)
	}
	defer rs.Close()
	values := make([]driver.Value, len(dest))
	switch err := rs.Next(values); {
	case errors.Is(err, io.EOF):
		return sql.ErrNoRows
	case err != nil:
		return wrap("read before writing", err)
	}
	for i, v := range values {
		if err := assign(dest[i], v); err != nil {
			return fmt.Errorf("store: column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign is what Scan does, for the types that occur in transactions.
func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case *bool:
		if n, ok := v.(int64); ok {
			*d = n != 0
			return nil
		}
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	case *[]byte:
		if b, ok := v.([]byte); ok {
			*d = append([]byte(nil), b...)
			return nil
		}
	case sql.Scanner:
		return d.Scan(v)
	}
	return fmt.Errorf("%T into %T", v, dest)
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
	_, err = st.ExecContext(background, nil)
	return wrap(doing, err)
}

// rollback undoes everything. It fails where SQLite has rolled back by itself (full disk), which is as good.
func (t *tx) rollback() {
	t.written = 0
	_ = t.control("ROLLBACK", "roll back")
}

func (t *tx) close() error {
	var errs []error
	for _, st := range t.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, t.conn.Close())...)
}
