package handlers

import (
	"context"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// Store is what handlers read and write beside the hub. Each method that changes something writes its audit line in the
// same transaction; the line's Seq is the store's to give. All methods are safe for concurrent use.
type Store interface {
	// User and UserByLogin return account.ErrNotFound. Users lists all, by name.
	User(ctx context.Context, id string) (account.User, error)
	UserByLogin(ctx context.Context, login string) (account.User, error)
	Users(ctx context.Context) ([]account.User, error)

	// HasAdmin tells whether setup is over.
	HasAdmin(ctx context.Context) (bool, error)
	// CreateFirstAdmin uses up a PurposeSetup token and creates u, on the condition that there is no admin (ErrSetUp) and
	// that the token is good at the given time (ErrTokenGone).
	CreateFirstAdmin(ctx context.Context, token []byte, u account.User, company string, at time.Time, line session.AuditLine) error
	// CreateUser creates u, with a one-time token. Errors: ErrTaken.
	CreateUser(ctx context.Context, u account.User, t account.Token, line session.AuditLine) error
	// SetPassword stores a hash and counts the epoch up; the user after it is returned.
	SetPassword(ctx context.Context, id, hash string, line session.AuditLine) (account.User, error)
	// SetDisabled disables or enables and counts the epoch up. Disabling removes unused tokens. Errors: ErrNotFound, ErrLastAdmin.
	SetDisabled(ctx context.Context, id string, disabled bool, line session.AuditLine) error
	// IssueToken stores a token; earlier unused ones of the same user and purpose become worthless.
	IssueToken(ctx context.Context, t account.Token, line session.AuditLine) error
	// UseToken uses a token up, once, if it is one of the purposes, good at the given time and its user is not disabled. The
	// line's Actor and the login in its Params are filled in. Errors: ErrTokenGone.
	UseToken(ctx context.Context, hash []byte, purposes []account.Purpose, at time.Time, line session.AuditLine) (account.User, account.Purpose, error)
	// NoteSignIn sets SeenAt.
	NoteSignIn(ctx context.Context, id string, at time.Time, line session.AuditLine) error
	// Record writes an audit line by itself.
	Record(ctx context.Context, line session.AuditLine) error

	Settings(ctx context.Context) (account.Settings, error)
	SetCompany(ctx context.Context, company string, line session.AuditLine) error
	// Policy is the policy for new sessions. SetPolicy replaces it if revision is still the present one, else ErrConflict.
	Policy(ctx context.Context) (account.PolicyRecord, error)
	SetPolicy(ctx context.Context, p session.Policy, revision int64, line session.AuditLine) error

	// OpenSessions and EndedSessions list at most limit sessions, the newest first, whose customer, PC or technician
	// contains the query (empty: all). CountOpen counts those that have not ended.
	OpenSessions(ctx context.Context, query string, limit int) ([]session.Session, error)
	EndedSessions(ctx context.Context, query string, limit int) ([]session.Session, error)
	CountOpen(ctx context.Context) (int, error)
	// LastChat returns the last n lines of a conversation, oldest first; SessionAudit the last n audit lines.
	LastChat(ctx context.Context, id session.ID, n int) ([]session.ChatMessage, error)
	SessionAudit(ctx context.Context, id session.ID, n int) ([]session.AuditLine, error)
	// Outbox lists a session's commands after the given number.
	Outbox(ctx context.Context, id session.ID, after int64) ([]hub.Command, error)
	// Boots lists a PC's last reboots that it came back from, the newest first.
	Boots(ctx context.Context, machine string, limit int) ([]session.Boot, error)
	// AuditBefore lists at most limit audit lines of everything with a number below before (0: the newest), newest first.
	AuditBefore(ctx context.Context, before int64, limit int) ([]account.AuditEntry, error)
	// VerifyAudit checks the audit log's hash chain; AuditChain is what the last check of the hash chain said.
	VerifyAudit(ctx context.Context) (account.ChainState, error)
	AuditChain(ctx context.Context) (account.ChainState, error)

	// Ready tells whether the store can be written to.
	Ready(ctx context.Context) error
}
