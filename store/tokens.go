package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

// IssueToken stores a one-time token; earlier unused ones of the same user and purpose become worthless.
func (s *Store) IssueToken(ctx context.Context, token account.Token, line session.AuditLine) error {
	return s.write(ctx, "token", func(t *tx) error {
		if err := t.issueToken(token, line.At); err != nil {
			return err
		}
		return t.record(line)
	})
}

func (t *tx) issueToken(token account.Token, at time.Time) error {
	if len(token.Hash) != 32 || token.Purpose == "" {
		return errors.New("store: a token must come as its SHA-256, and for a purpose")
	}
	user := sql.NullString{String: token.User, Valid: token.User != ""}
	if _, err := t.exec(`DELETE FROM tokens WHERE user IS ? AND purpose = ? AND used_at = 0`, user, string(token.Purpose)); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM tokens WHERE expires_at < ?`, nanos(at)); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO tokens (hash, purpose, user, expires_at, used_at) VALUES (?, ?, ?, ?, 0)`,
		token.Hash, string(token.Purpose), user, nanos(token.ExpiresAt))
	return err
}

// UseToken uses a token up, once, if it is for one of the purposes, good at the given time (the moment of expiry is) and
// its user is not disabled. It fills in the line's Actor and the login among its Params. Errors: account.ErrTokenGone.
func (s *Store) UseToken(ctx context.Context, hash []byte, purposes []account.Purpose, at time.Time, line session.AuditLine,
) (account.User, account.Purpose, error) {
	var (
		user    account.User
		purpose string
	)
	err := s.write(ctx, "token", func(t *tx) error {
		if err := t.useToken(hash, purposes, at); err != nil {
			return err
		}
		var id sql.NullString
		if err := t.row(`SELECT user, purpose FROM tokens WHERE hash = ?`, []any{hash}, &id, &purpose); err != nil {
			return err
		}
		if !id.Valid {
			return account.ErrTokenGone // not for signing anybody in; undone
		}
		var err error
		if user, err = t.user(id.String); err != nil {
			return err
		}
		return t.record(naming(line, user))
	})
	if err != nil {
		return account.User{}, "", err
	}
	return user, account.Purpose(purpose), nil
}

// useToken is the one conditional UPDATE by which a token is won or lost.
func (t *tx) useToken(hash []byte, purposes []account.Purpose, at time.Time) error {
	allowed, err := json.Marshal(purposes)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE tokens SET used_at = ?1 WHERE hash = ?2 AND used_at = 0 AND expires_at >= ?1
			AND purpose IN (SELECT value FROM json_each(?3))
			AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = tokens.user AND users.disabled = 1)`,
		nanos(at), hash, string(allowed))
	if err == nil && n == 0 {
		return account.ErrTokenGone
	}
	return err
}

// TokenGood tells whether a token could be used at the given time, without using it: for the page that it opens.
func (s *Store) TokenGood(ctx context.Context, hash []byte, purpose account.Purpose, at time.Time) (bool, error) {
	var good bool
	err := s.row(ctx, `SELECT EXISTS (SELECT 1 FROM tokens WHERE hash = ? AND purpose = ? AND used_at = 0 AND expires_at >= ?
			AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = tokens.user AND users.disabled = 1))`,
		[]any{hash, string(purpose), nanos(at)}, &good)
	return good, wrap("look at a token", err)
}
