package store

import (
	"context"
	"crypto/subtle"
	"fmt"
	"math"
	"slices"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

const auditColumns = `seq, session, at, actor_kind, actor_id, actor_name, action, reboot, params`

func scanAudit(row scanner) (account.AuditEntry, error) {
	var (
		e          account.AuditEntry
		l          = &e.Line
		at         int64
		kind, act  string
		id, params string
	)
	err := row.Scan(&l.Seq, &id, &at, &kind, &l.Actor.ID, &l.Actor.Name, &act, &l.Reboot, &params)
	if err != nil {
		return e, err
	}
	e.Session, l.At, l.Actor.Kind, l.Action = session.ID(id), fromNanos(at), session.ActorKind(kind), session.Action(act)
	l.Params, err = decodeParams(params)
	return e, err
}

// Timeline returns the audit lines of a session after the given number, oldest first.
func (s *Store) Timeline(ctx context.Context, id session.ID, afterSeq int64) ([]session.AuditLine, error) {
	lines, err := rows(ctx, s, func(row scanner) (session.AuditLine, error) {
		e, err := scanAudit(row)
		return e.Line, err
	}, `SELECT `+auditColumns+` FROM audit WHERE session = ? AND seq > ? ORDER BY seq`, string(id), afterSeq)
	return lines, wrap("read a timeline", err)
}

// SessionAudit returns the last n audit lines of a session, oldest first.
func (s *Store) SessionAudit(ctx context.Context, id session.ID, n int) ([]session.AuditLine, error) {
	lines, err := rows(ctx, s, func(row scanner) (session.AuditLine, error) {
		e, err := scanAudit(row)
		return e.Line, err
	}, `SELECT `+auditColumns+` FROM audit WHERE session = ? ORDER BY seq DESC LIMIT ?`, string(id), n)
	slices.Reverse(lines)
	return lines, wrap("read a timeline", err)
}

// AuditBefore returns at most limit lines of the whole audit log with a number below before, the newest first; with 0 from
// the end.
func (s *Store) AuditBefore(ctx context.Context, before int64, limit int) ([]account.AuditEntry, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	lines, err := rows(ctx, s, scanAudit,
		`SELECT `+auditColumns+` FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`, before, limit)
	return lines, wrap("read the audit log", err)
}

// VerifyAudit walks the audit log from its first line, some 200 000 lines a second. Any change of any line since it was
// written breaks the chain, and so does a missing one, also at the end.
func (s *Store) VerifyAudit(ctx context.Context) (account.ChainState, error) {
	c := chainWalk{ChainState: account.ChainState{CheckedAt: s.opts.Now()}}
	if err := s.verifyAudit(ctx, &c); err != nil {
		return account.ChainState{}, wrap("verify the audit log", err)
	}
	s.chain.Store(&c.ChainState)
	return c.ChainState, nil
}

// AuditChain is what the last VerifyAudit found. If there was none since the store was opened, it is done now.
func (s *Store) AuditChain(ctx context.Context) (account.ChainState, error) {
	if c := s.chain.Load(); c != nil {
		return *c, nil
	}
	return s.VerifyAudit(ctx)
}

type chainWalk struct{ account.ChainState }

func (s *Store) verifyAudit(ctx context.Context, c *chainWalk) error {
	var (
		last int64
		head []byte
	)
	err := s.readers.use(ctx, func(r *conn) error {
		if err := r.control("BEGIN", "begin a snapshot"); err != nil { // lines and head of the same moment
			return err
		}
		defer r.control("ROLLBACK", "end a snapshot")
		if err := r.row(`SELECT seq, hash FROM audit_head`, nil, &last, &head); err != nil {
			return err
		}
		return r.each(ctx, `SELECT `+auditColumns+`, hash FROM audit ORDER BY seq`, nil, func(row scanner) (bool, error) {
			err := c.next(row)
			return c.BrokenAt == 0, err
		})
	})
	switch {
	case err != nil:
		return err
	case c.BrokenAt != 0:
	case c.Lines < last:
		c.BrokenAt, c.Why = c.Lines+1, fmt.Sprintf("lines %d to %d are missing", c.Lines+1, last)
	case c.Lines > last || subtle.ConstantTimeCompare(c.Head, head) != 1:
		c.BrokenAt, c.Why = last+1, "the end of the log was changed"
	}
	return nil
}

// next holds one line against the one before it.
func (c *chainWalk) next(row scanner) error {
	var (
		r    auditRow
		seq  int64
		kind string
		hash []byte
	)
	err := row.Scan(&seq, &r.session, &r.at, &kind, &r.actor.ID, &r.actor.Name, &r.action, &r.reboot, &r.params, &hash)
	if err != nil {
		return err
	}
	r.actor.Kind = session.ActorKind(kind)
	want := c.Lines + 1
	switch {
	case seq != want:
		c.BrokenAt, c.Why = want, fmt.Sprintf("line %d is missing", want)
	case subtle.ConstantTimeCompare(hash, r.link(c.Head, seq)) != 1:
		c.BrokenAt, c.Why = seq, fmt.Sprintf("line %d was changed", seq)
	default:
		c.Lines, c.Head = seq, hash
	}
	return nil
}
