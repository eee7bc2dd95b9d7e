package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with the database as a whole. Errors of this package wrap one of these where it applies; use
// [errors.Is]. A write that fails with one of them has changed nothing, and writing works again when the cause is gone.
var (
	// ErrFull says that the disk (or its quota) is full.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly says that file, folder or disk can't be written to.
	ErrReadOnly = errors.New("the database can't be written to")
	// ErrCorrupt says that the file is damaged or no database: it must be restored from a backup.
	ErrCorrupt = errors.New("the database is damaged")
	// ErrBusy says that another process kept the database locked for too long.
	ErrBusy = errors.New("the database is locked by another process")
	// ErrIO says that the disk failed otherwise.
	ErrIO = errors.New("the disk failed")
	// ErrNewer says that a later version of the program has changed the schema: this one must not touch it.
	ErrNewer = errors.New("the database belongs to a newer version of the program")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("the store is closed")
)

// What a caller may have got wrong, or lost to somebody else.
var (
	// ErrNotFound says that there is no such row. Methods of hub.Store return hub.ErrNotFound instead.
	ErrNotFound = errors.New("store: not found")
	// ErrStale says that the row was changed by somebody else meanwhile.
	ErrStale = errors.New("store: changed meanwhile")
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
