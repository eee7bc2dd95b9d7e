package store

import (
	"context"
	"time"
)

// write is the way of all of the store's writes.
func (s *Store) write(ctx context.Context, name string, run func(*tx) error) error {
	return s.writer.write(ctx, name, run)
}

// Trouble is why the last write failed, for the console and the log: nil if it did not. It is gone after the next write
// that succeeds.
func (s *Store) Trouble() error {
	if err := s.writer.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// freshFor is how long a write that succeeded stands for the next ones, so that asking for readiness costs nothing.
const freshFor = 5 * time.Second

// Ready tells whether the store can be written to: a write succeeded a moment ago, or one succeeds now. The error says
// what is wrong, as those of all writes do.
func (s *Store) Ready(ctx context.Context) error {
	if at := s.writer.wroteAt.Load(); s.Trouble() == nil && at != nil && time.Since(*at) < freshFor {
		return nil
	}
	return s.write(ctx, "ready", func(t *tx) error {
		_, err := t.exec(`INSERT INTO marks (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at`,
			"ready", nanos(s.opts.Now()))
		return err
	})
}
