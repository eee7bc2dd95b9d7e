package hub

import (
	"context"
	"errors"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// Errors of a [Store].
var (
	ErrNotFound = errors.New("hub: not found")
	// ErrConflict says that the session's stored revision is not Transition.Before.
	ErrConflict = errors.New("hub: the session changed meanwhile")
	// ErrCodeGone says that the code to redeem is unknown, used or replaced by a newer one (a store does not look at its
	// expiry: the session's CodeExpiresAt decides, which moves with the server's downtime).
	ErrCodeGone = errors.New("hub: the connect code is unknown, used, replaced or expired")
	// ErrCodeTaken says that the code to issue is out for another waiting session already: draw another one.
	ErrCodeTaken = errors.New("hub: the connect code is out for another session")
)

// What can be wrong with a store as a whole. A write that fails with one of these has changed nothing, and writing works
// again when the cause is gone: somebody has to see to the machine, and should be told what is the matter.
var (
	ErrFull     = errors.New("the disk is full")
	ErrReadOnly = errors.New("the database can't be written to") // file, folder or disk
	ErrCorrupt  = errors.New("the database is damaged")          // or no database: to be restored from a backup
	ErrBusy     = errors.New("the database is locked by another process")
	ErrIO       = errors.New("the disk failed")
)

// Store keeps what the hub decides. All methods are safe for concurrent use.
type Store interface {
	// Session loads a session, or returns ErrNotFound.
	Session(ctx context.Context, id session.ID) (session.Session, error)
	// Commit writes a transition in one durable transaction, or nothing: it returns only when the data would survive a
	// power loss. Errors: ErrConflict, ErrCodeGone, ErrCodeTaken, and others that mean the store is in trouble.
	Commit(ctx context.Context, t Transition) error
	// Overdue lists sessions whose deadline is before now, the oldest deadline first.
	Overdue(ctx context.Context, now time.Time, limit int) ([]session.ID, error)
	// NextDeadline is the earliest deadline of all sessions; ok is false if there is none.
	NextDeadline(ctx context.Context) (at time.Time, ok bool, err error)
	// Unfinished lists the sessions that have not ended.
	Unfinished(ctx context.Context) ([]session.ID, error)
	// Outbox lists a session's commands after the given number, in order.
	Outbox(ctx context.Context, id session.ID, after int64) ([]Command, error)
	// LastChat returns the last n lines of a session's conversation, oldest first.
	LastChat(ctx context.Context, id session.ID, n int) ([]session.ChatMessage, error)
	// Code finds a connect code by its hash, used and expired ones included, or returns ErrNotFound.
	Code(ctx context.Context, hash []byte) (CodeRecord, error)
	// SessionCode is a session's newest code, or ErrNotFound.
	SessionCode(ctx context.Context, id session.ID) (CodeRecord, error)
	// SpendGuess counts one try to use a code against key (an address or prefix, or "" for the whole server) and tells
	// whether it is within limit tries in the last per. Tries over the limit are not counted. It survives restarts.
	SpendGuess(ctx context.Context, key string, now time.Time, limit int, per time.Duration) (ok bool, err error)
	// AliveMark is when a server last said that it was running; ok is false before the first.
	AliveMark(ctx context.Context) (at time.Time, ok bool, err error)
	// SetAliveMark says so.
	SetAliveMark(ctx context.Context, at time.Time) error
}

// Transition is a session's step and everything that belongs to it.
type Transition struct {
	Before   int64 // the revision it was applied to; 0 creates the session
	After    session.Session
	Deadline time.Time // After.NextDeadline, zero if none: indexed
	Audit    []session.AuditLine
	Chat     []session.ChatMessage
	Commands []Command // for the outbox; those up to After.AckedSeq are dropped from it

	IssueCode  *CodeRecord // a new connect code; earlier ones of the session become unusable
	RedeemCode []byte      // hash of the code that Join uses up, on the condition that it is unused and the session's newest
	At         time.Time
}

// Command is a command as it is stored and sent: its number, its wire type and its JSON body.
type Command struct {
	Seq  int64
	Type string
	Body []byte
}

// CodeRecord is a connect code as it is stored: never in clear.
type CodeRecord struct {
	Hash      []byte // keyed; finds it
	Sealed    []byte // encrypted; shows it to the technician while it is valid
	Session   session.ID
	ExpiresAt time.Time // as issued; Session.CodeExpiresAt is what counts
	UsedAt    time.Time // zero: unused
}
