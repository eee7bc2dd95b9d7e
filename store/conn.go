package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// conn is a connection and its prepared statements, used by one goroutine at a time. It is the driver's own: what
// database/sql does between (locks, conversions, a goroutine per query to watch its context) costs as much as a small query.
type conn struct {
	driver driver.Conn
	stmts  map[string]stmt
	args   []driver.NamedValue // reused by every statement
	values []driver.Value      // reused by every row
}

// stmt is a prepared statement of the driver.
type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// scanner is a row that can be read.
type scanner interface{ Scan(dest ...any) error }

var background = context.Background() // without a Done channel: the driver then starts no goroutine per statement

// connect opens a connection to the database at path, which is an absolute one.
func connect(ctx context.Context, path string, pragmas []string) (*conn, error) {
	c, err := sqlite.NewConnector(dsn(path, pragmas))
	if err != nil {
		return nil, wrap("open "+path, err)
	}
	dc, err := c.Connect(ctx)
	if err != nil {
		return nil, wrap("open "+path, err)
	}
	return &conn{driver: dc, stmts: make(map[string]stmt)}, nil
}

func (c *conn) prepared(query string) (stmt, error) {
	if st := c.stmts[query]; st != nil {
		return st, nil
	}
	st, err := c.driver.Prepare(query)
	if err != nil {
		return nil, wrap("prepare a statement", err)
	}
	c.stmts[query] = st.(stmt)
	return st.(stmt), nil
}

// bind turns arguments into what the driver takes: int64, string, []byte, bool or nil.
func (c *conn) bind(args []any) ([]driver.NamedValue, error) {
	c.args = c.args[:0]
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
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args, nil
}

// exec runs a statement and tells how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	st, err := c.prepared(query)
	if err != nil {
		return 0, err
	}
	bound, err := c.bind(args)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(background, bound)
	if err != nil {
		return 0, wrap("write", err)
	}
	return r.RowsAffected()
}

// control runs a statement that is about the transaction.
func (c *conn) control(statement, doing string) error {
	st, err := c.prepared(statement)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(background, nil)
	return wrap(doing, err)
}

// row reads one row; sql.ErrNoRows if there is none.
func (c *conn) row(query string, args []any, dest ...any) error {
	found := false
	err := c.each(background, query, args, func(row scanner) (bool, error) {
		found = true
		return false, row.Scan(dest...)
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// each reads the rows of a query until visit has enough of them. When ctx is over it stops with ctx's error.
func (c *conn) each(ctx context.Context, query string, args []any, visit func(scanner) (more bool, err error)) (err error) {
	st, err := c.prepared(query)
	if err != nil {
		return err
	}
	bound, err := c.bind(args)
	if err != nil {
		return err
	}
	rs, err := st.QueryContext(ctx, bound)
	if err != nil {
		return wrap("read", err)
	}
	defer func() {
		if e := rs.Close(); err == nil {
			err = wrap("read", e)
		}
	}()
	row := values(c.values[:0])
	for range rs.Columns() {
		row = append(row, nil)
	}
	c.values = row
	for more := true; more; {
		switch err := rs.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return wrap("read", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if more, err = visit(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) close() error {
	var errs []error
	for _, st := range c.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.driver.Close())...)
}

// values is a row as the driver gives it.
type values []driver.Value

// Scan implements scanner for the types that occur in this package.
func (v values) Scan(dest ...any) error {
	if len(dest) != len(v) {
		return fmt.Errorf("store: %d columns into %d variables", len(v), len(dest))
	}
	for i := range dest {
		if err := assign(dest[i], v[i]); err != nil {
			return fmt.Errorf("store: column %d: %w", i+1, err)
		}
	}
	return nil
}

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
		switch b := v.(type) {
		case []byte:
			*d = append([]byte{}, b...)
			return nil
		case string:
			*d = []byte(b)
			return nil
		case nil:
			*d = nil
			return nil
		}
	case *any:
		*d = v
		return nil
	case sql.Scanner:
		return d.Scan(v)
	}
	return fmt.Errorf("%T into %T: %w", v, dest, ErrCorrupt)
}
