package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"github.com/rejoin/rejoin/internal/session"
)

const auditColumns = `seq, session, at, actor_kind, actor_id, actor_name, action, reboot, params`

// AuditEntry is an audit line and the session it is about; Session is empty for what is about none.
type AuditEntry struct {
	Session session.ID
	session.AuditLine
}

func scanAudit(rs *sql.Rows) (AuditEntry, error) {
	var (
		e          AuditEntry
		at         int64
		kind, act  string
		id, params string
	)
	err := rs.Scan(&e.Seq, &id, &at, &kind, &e.Actor.ID, &e.Actor.Name, &act, &e.Reboot, &params)
	if err != nil {
		return e, err
	}
	e.Session, e.At, e.Actor.Kind, e.Action = session.ID(id), fromNanos(at), session.ActorKind(kind), session.Action(act)
	e.Params, err = decodeParams(params)
	return e, err
}

// Timeline returns the audit lines of a session after the given number, oldest first.
func (s *Store) Timeline(ctx context.Context, id session.ID, afterSeq int64) ([]session.AuditLine, error) {
	lines, err := rows(ctx, s, func(rs *sql.Rows) (session.AuditLine, error) {
		e, err := scanAudit(rs)
		return e.AuditLine, err
	}, `SELECT `+auditColumns+` FROM audit WHERE session = ? AND seq > ? ORDER BY seq`, string(id), afterSeq)
	return lines, wrap("read a timeline", err)
}

// SessionAudit returns the last n audit lines of a session, oldest first.
func (s *Store) SessionAudit(ctx context.Context, id session.ID, n int) ([]session.AuditLine, error) {
	lines, err := rows(ctx, s, func(rs *sql.Rows) (session.AuditLine, error) {
		e, err := scanAudit(rs)
		return e.AuditLine, err
	}, `SELECT `+auditColumns+` FROM audit WHERE session = ? ORDER BY seq DESC LIMIT ?`, string(id), n)
	slices.Reverse(lines)
	return lines, wrap("read a timeline", err)
}

// AuditLog returns at most limit lines of the whole audit log before the given number, the newest first; with 0 from the
// end.
func (s *Store) AuditLog(ctx context.Context, before int64, limit int) ([]AuditEntry, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	lines, err := rows(ctx, s, scanAudit,
		`SELECT `+auditColumns+` FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`, before, limit)
	return lines, wrap("read the audit log", err)
}

// AuditCheck is what came of walking the audit log's hash chain.
type AuditCheck struct {
	Lines  int64 // that are as they were written, from the first one on
	Broken int64 // the number of the first line that was changed, or that is missing; 0: none
	Why    string
	Head   []byte // the hash of the last good line: noted elsewhere, it proves later that all before it is unchanged
}

// VerifyAudit walks the audit log from its first line. Any change of any line since it was written breaks the chain, and so
// does a missing one, also at the end.
func (s *Store) VerifyAudit(ctx context.Context) (AuditCheck, error) {
	var c AuditCheck
	err := s.verifyAudit(ctx, &c)
	return c, wrap("verify the audit log", err)
}

func (s *Store) verifyAudit(ctx context.Context, c *AuditCheck) error {
	snapshot, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // lines and head of the same moment
	if err != nil {
		return closedOr(err)
	}
	defer snapshot.Rollback()
	var (
		last int64
		head []byte
	)
	if err := snapshot.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head`).Scan(&last, &head); err != nil {
		return err
	}
	rs, err := snapshot.QueryContext(ctx, `SELECT `+auditColumns+`, hash FROM audit ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() && c.Broken == 0 {
		if err := c.next(rs); err != nil {
			return err
		}
	}
	switch {
	case rs.Err() != nil:
		return rs.Err()
	case c.Broken != 0:
	case c.Lines < last:
		c.Broken, c.Why = c.Lines+1, fmt.Sprintf("lines %d to %d are missing", c.Lines+1, last)
	case c.Lines > last || subtle.ConstantTimeCompare(c.Head, head) != 1:
		c.Broken, c.Why = last+1, "the end of the log was changed"
	}
	return nil
}

// next holds one line against the one before it.
func (c *AuditCheck) next(rs *sql.Rows) error {
	var (
		r    auditRow
		seq  int64
		kind string
		hash []byte
	)
	err := rs.Scan(&seq, &r.session, &r.at, &kind, &r.actor.ID, &r.actor.Name, &r.action, &r.reboot, &r.params, &hash)
	if err != nil {
		return err
	}
	r.actor.Kind = session.ActorKind(kind)
	want := c.Lines + 1
	switch {
	case seq != want:
		c.Broken, c.Why = want, fmt.Sprintf("line %d is missing", want)
	case subtle.ConstantTimeCompare(hash, r.link(c.Head, seq)) != 1:
		c.Broken, c.Why = seq, fmt.Sprintf("line %d was changed", seq)
	default:
		c.Lines, c.Head = seq, hash
	}
	return nil
}
