package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"modernc.org/sqlite"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/hub"
)

// Options are the choices of [Open]. The zero value is right for production.
type Options struct {
	// Readers is how many connections read at the same time; 4 if zero.
	Readers int
	// Now is the clock that web sessions expire by; time.Now if nil.
	Now func() time.Time
	// OnTrouble is called when writing stops working, with the reason, and when it works again, with nil; on the writing
	// goroutine, so that it must not write itself. It is for the log.
	OnTrouble func(error)
	// BeforeCommit and AfterCommit are called around each COMMIT that writes something, on the writing goroutine: what
	// they hold up, all writers wait for. The name tells what is written: the parts of the transaction, joined by "+".
	// They are for tests that stop the process there.
	BeforeCommit, AfterCommit func(name string)
}

// Store is an open database. All methods are safe for concurrent use.
type Store struct {
	opts    Options
	readers *readers
	writer  *writer
	recent  recent
	chain   atomic.Pointer[account.ChainState] // of the last VerifyAudit
}

var _ hub.Store = (*Store)(nil)

const busyTimeout = 5 * time.Second

// The settings of each connection. FULL makes COMMIT wait for fsync of the log, so that a power loss takes nothing back that
// was acknowledged; NORMAL would not (https://www.sqlite.org/pragma.html#pragma_synchronous).
var (
	commonPragmas = []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "foreign_keys(1)", "trusted_schema(0)",
		"temp_store(memory)",
	}
	writerPragmas = append([]string{
		"journal_mode(wal)", "synchronous(full)", "cache_size(-8000)", "wal_autocheckpoint(4000)",
		"journal_size_limit(33554432)",
	}, commonPragmas...)
	readerPragmas = append([]string{"query_only(1)", "cache_size(-2000)"}, commonPragmas...)
)

// Open opens the database at path, making it and bringing its schema up to date where needed. The folder must be there.
// Errors: ErrReadOnly, ErrCorrupt, ErrFull, ErrBusy, ErrNewer.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	if opts.Readers <= 0 {
		opts.Readers = 4
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if _, err := Migrate(ctx, path); err != nil {
		return nil, err
	}
	c, err := connect(ctx, path, writerPragmas)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(c, opts)
	if err != nil {
		return nil, err
	}
	return &Store{
		opts: opts, readers: newReaders(path, opts.Readers), writer: w, recent: recent{seed: maphash.MakeSeed()},
	}, nil
}

// Close commits what is queued and closes the file. Writes after it fail with ErrClosed.
func (s *Store) Close() error {
	return wrap("close", errors.Join(s.readers.close(), s.writer.close()))
}

// openDB opens path and checks that it is a database. The file is made readable for its owner only; SQLite gives its
// companions (-wal, -shm) the same mode.
func openDB(ctx context.Context, path string, pragmas []string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := create(path); err != nil {
		return nil, err
	}
	c, err := sqlite.NewConnector(dsn(path, pragmas))
	if err != nil {
		return nil, wrap("open "+path, err)
	}
	db := sql.OpenDB(c)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, wrap("open "+path, err)
	}
	return db, nil
}

// create makes an empty file, if there is none. A file that is there is never opened here: closing it would take away the
// locks that SQLite holds on it in this process (https://www.sqlite.org/howtocorrupt.html, section 2.2).
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store: make the database: %w", err) // the folder is missing
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("store: make the database: %w: %w", ErrFull, err)
	case err != nil:
		return fmt.Errorf("store: make the database: %w: %w", ErrReadOnly, err)
	}
	return f.Close()
}

func dsn(path string, pragmas []string) string {
	q := url.Values{"_pragma": pragmas, "_dqs": {"0"}, "_defensive": {"1"}, "_error_rc": {"1"}}
	// SQLite decodes %XX in the path part of a URI (https://www.sqlite.org/uri.html).
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	return "file:" + escaped + "?" + q.Encode()
}

// nanos is a time as it is stored.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// fromNanos is its inverse, in UTC.
func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
