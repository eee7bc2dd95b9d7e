package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/rejoin/rejoin/internal/hub"
)

// What can be wrong with the database as a whole. Errors of this package wrap one of these where it applies; use
// [errors.Is]. The first five are the hub's, for those who do not know this package.
var (
	ErrFull     = hub.ErrFull
	ErrReadOnly = hub.ErrReadOnly
	ErrCorrupt  = hub.ErrCorrupt
	ErrBusy     = hub.ErrBusy
	ErrIO       = hub.ErrIO
	// ErrNewer says that a later version of the program has changed the schema: this one must not touch it.
	ErrNewer = errors.New("the database belongs to a newer version of the program")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("the store is closed")
)

// troubles are the sentinels that concern the whole database rather than one statement.
var troubles = []error{ErrFull, ErrReadOnly, ErrCorrupt, ErrBusy, ErrIO}

// isTrouble tells whether err concerns the whole database, so that neighbours in the same transaction fail with it.
func isTrouble(err error) bool {
	for _, t := range troubles {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// wrap says what was being done when err came up, and which of the sentinels it is.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	if t := trouble(err); t != nil {
		return fmt.Errorf("store: %s: %w: %w", doing, t, err)
	}
	return fmt.Errorf("store: %s: %w", doing, err)
}

// trouble finds the sentinel for one of SQLite's result codes (https://www.sqlite.org/rescode.html); nil if there is none.
func trouble(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || isTrouble(err) {
		return nil
	}
	switch e.Code() & 0xff { // the rest refines it
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return ErrReadOnly
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return ErrBusy
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS:
		return ErrIO
	}
	return nil
}

// isUnique tells whether err is a violated UNIQUE or PRIMARY KEY constraint.
func isUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
