package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// redeem checks, and uses up, the code that a join brings: one conditional UPDATE. Older unused codes of a session are
// gone, so that an unused one is its newest. The sealed form has no use after that.
func (p *transition) redeem(t *tx) error {
	n, err := t.exec(`UPDATE codes SET used_at = ?, sealed = x'' WHERE hash = ? AND session = ? AND used_at = 0`,
		nanos(p.At), p.RedeemCode, p.row.id)
	if err == nil && n == 0 {
		return hub.ErrCodeGone
	}
	return err
}

// codeFree checks that the code to issue does not stand for another session that a PC could join with it: codes are short,
// so that two may be alike. One that is of no use any more gives way.
func (p *transition) codeFree(t *tx) error {
	var taken int
	err := t.row(`SELECT 1 FROM codes JOIN sessions ON sessions.id = codes.session
		WHERE codes.hash = ? AND codes.session <> ? AND codes.used_at = 0
			AND sessions.state = ? AND sessions.code_expires_at >= ?`,
		[]any{p.IssueCode.Hash, p.row.id, string(session.StateWaiting), nanos(p.At)}, &taken)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return hub.ErrCodeTaken
}

func (p *transition) issueCode(t *tx) error {
	c := p.IssueCode
	if c == nil {
		return nil
	}
	if _, err := t.exec(`DELETE FROM codes WHERE session = ? AND used_at = 0`, p.row.id); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM codes WHERE hash = ?`, c.Hash); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO codes (hash, sealed, session, expires_at, used_at) VALUES (?, ?, ?, ?, 0)`,
		c.Hash, append([]byte{}, c.Sealed...), p.row.id, nanos(c.ExpiresAt))
	return err
}

// Code implements hub.Store.
func (s *Store) Code(ctx context.Context, hash []byte) (hub.CodeRecord, error) {
	return s.code(ctx, `SELECT hash, sealed, session, expires_at, used_at FROM codes WHERE hash = ?`, hash)
}

// SessionCode implements hub.Store.
func (s *Store) SessionCode(ctx context.Context, id session.ID) (hub.CodeRecord, error) {
	return s.code(ctx, `SELECT hash, sealed, session, expires_at, used_at FROM codes WHERE session = ?
		ORDER BY n DESC LIMIT 1`, string(id))
}

func (s *Store) code(ctx context.Context, query string, arg any) (hub.CodeRecord, error) {
	var (
		c             hub.CodeRecord
		id            string
		expires, used int64
	)
	err := s.row(ctx, query, []any{arg}, &c.Hash, &c.Sealed, &id, &expires, &used)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return hub.CodeRecord{}, hub.ErrNotFound
	case err != nil:
		return hub.CodeRecord{}, wrap("read a connect code", err)
	}
	c.Session, c.ExpiresAt, c.UsedAt = session.ID(id), fromNanos(expires), fromNanos(used)
	return c, nil
}
