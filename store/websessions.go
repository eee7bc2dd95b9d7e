package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"
)

// WebSessions keeps browsers' sign-ins for scs, which must be set to hash its tokens (HashTokenInStore). All methods are
// safe for concurrent use.
type WebSessions struct{ store *Store }

var _ scs.CtxStore = WebSessions{}

// WebSessions returns the store of browsers' sign-ins.
func (s *Store) WebSessions() WebSessions { return WebSessions{s} }

// touchEvery is how stale a web session's expiry may get: scs writes on every request when sign-ins expire by idleness,
// and a durable write for each picture of a page would be a waste. Sign-ins may so end that much early.
const touchEvery = 20 * time.Second

// FindCtx implements scs.CtxStore.
func (w WebSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, _, found, err := w.find(ctx, token)
	return data, found, err
}

func (w WebSessions) find(ctx context.Context, token string) (data []byte, expires int64, found bool, err error) {
	err = w.store.row(ctx, `SELECT data, expires_at FROM web_sessions WHERE token = ? AND expires_at > ?`,
		[]any{token, nanos(w.store.opts.Now())}, &data, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, false, nil
	}
	return data, expires, err == nil, wrap("read a sign-in", err)
}

// CommitCtx implements scs.CtxStore. Expired sign-ins are dropped on the way.
func (w WebSessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	old, expires, found, err := w.find(ctx, token)
	if err != nil {
		return err
	}
	if ahead := nanos(expiry) - expires; found && bytes.Equal(old, data) && ahead >= 0 && ahead < int64(touchEvery) {
		return nil
	}
	now := nanos(w.store.opts.Now())
	return w.store.write(ctx, "web", func(t *tx) error {
		if _, err := t.exec(`DELETE FROM web_sessions WHERE expires_at <= ?`, now); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO web_sessions (token, data, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			token, append([]byte{}, data...), nanos(expiry))
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
func (w WebSessions) DeleteCtx(ctx context.Context, token string) error {
	return w.store.write(ctx, "web", func(t *tx) error {
		_, err := t.exec(`DELETE FROM web_sessions WHERE token = ?`, token)
		return err
	})
}

// Find implements scs.Store.
func (w WebSessions) Find(token string) ([]byte, bool, error) { return w.FindCtx(background, token) }

// Commit implements scs.Store.
func (w WebSessions) Commit(token string, data []byte, expiry time.Time) error {
	return w.CommitCtx(background, token, data, expiry)
}

// Delete implements scs.Store.
func (w WebSessions) Delete(token string) error { return w.DeleteCtx(background, token) }
