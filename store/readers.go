package store

import (
	"context"
	"errors"
	"sync"
)

// readers are the connections that read, opened as they are needed. Its methods are safe for concurrent use.
type readers struct {
	path  string
	slots chan struct{} // one token per connection in use

	mu     sync.Mutex
	idle   []*conn // the last one used is the next to be used: its cache is warm
	closed bool
}

func newReaders(path string, n int) *readers {
	return &readers{path: path, slots: make(chan struct{}, n)}
}

// use lends a connection to read.
func (r *readers) use(ctx context.Context, read func(*conn) error) error {
	select {
	case r.slots <- struct{}{}:
	default:
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-r.slots }()
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer r.put(c)
	return read(c)
}

func (r *readers) take(ctx context.Context) (*conn, error) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, ErrClosed
	}
	if last := len(r.idle) - 1; last >= 0 {
		c := r.idle[last]
		r.idle = r.idle[:last]
		r.mu.Unlock()
		return c, nil
	}
	r.mu.Unlock()
	return connect(ctx, r.path, readerPragmas)
}

func (r *readers) put(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, c)
}

// close waits for those who read, and closes the connections.
func (r *readers) close() error {
	r.mu.Lock()
	was := r.closed
	r.closed = true
	r.mu.Unlock()
	if was {
		return nil
	}
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	var errs []error
	for _, c := range r.idle {
		errs = append(errs, c.close())
	}
	for range cap(r.slots) { // whoever comes now hears ErrClosed
		<-r.slots
	}
	return errors.Join(errs...)
}

// row reads one row; sql.ErrNoRows if there is none. It is for small queries: they are not interrupted when ctx is over.
func (s *Store) row(ctx context.Context, query string, args []any, dest ...any) error {
	return s.readers.use(ctx, func(c *conn) error { return c.row(query, args, dest...) })
}

// rows reads all rows of a query, one value each.
func rows[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := s.readers.use(ctx, func(c *conn) error {
		return c.each(ctx, query, args, func(row scanner) (bool, error) {
			v, err := scan(row)
			if err == nil {
				all = append(all, v)
			}
			return true, err
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
