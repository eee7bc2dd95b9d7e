package store

import (
	"context"
	"time"
)

// SpendGuess implements hub.Store. A key is always used with the same limit and per. A try over the limit costs one read;
// only a try that counts is written. Tries that a clock running ahead has dated later than now+per do not count.
func (s *Store) SpendGuess(ctx context.Context, key string, now time.Time, limit int, per time.Duration) (bool, error) {
	from, to := nanos(now.Add(-per)), nanos(now.Add(per))
	const count = `SELECT count(*) FROM guesses WHERE key = ? AND at > ? AND at <= ?`
	var n int
	if err := s.row(ctx, count, []any{key, from, to}, &n); err != nil {
		return false, wrap("count the tries", err)
	}
	if n >= limit {
		return false, nil // for certain: tries leave the window with time only
	}
	ok := false
	err := s.write(ctx, "guess", func(t *tx) error {
		ok = false
		if err := t.row(count, []any{key, from, to}, &n); err != nil {
			return err
		}
		if n >= limit {
			return nil
		}
		if _, err := t.exec(`DELETE FROM guesses WHERE until <= ?`, nanos(now)); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO guesses (key, at, until) VALUES (?, ?, ?)`, key, nanos(now), to)
		ok = err == nil
		return err
	})
	return ok && err == nil, err
}
