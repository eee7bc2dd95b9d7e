package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

// gate holds up a store's COMMITs one by one.
type gate struct {
	arrived chan string
	pass    chan struct{}
}

func gated(t *testing.T) (*Store, gate) {
	g := gate{arrived: make(chan string), pass: make(chan struct{})}
	on := false
	s := open(t, Options{BeforeCommit: func(name string) {
		if on {
			g.arrived <- name
			<-g.pass
		}
	}})
	on = true // the writer reads it only for work that is queued after this
	return s, g
}

// whileHeld queues work behind a COMMIT that is held up, in the given order, so that all of it is in the next transaction.
// It returns a function that lets everything go and returns the errors.
func whileHeld(t *testing.T, s *Store, g gate, calls ...func() error) func() []error {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Commit(context.Background(), storetest.New("held")); err != nil {
			t.Error(err)
		}
	})
	if name := <-g.arrived; name != "transition:session.created" {
		t.Errorf("held up %q", name)
	}
	errs := make([]error, len(calls))
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
		waitQueued(t, s, i+1)
	}
	return func() []error {
		g.pass <- struct{}{}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		for {
			select {
			case <-g.arrived:
				g.pass <- struct{}{}
			case <-done:
				return errs
			}
		}
	}
}

// waitQueued waits until n pieces of work are queued.
func waitQueued(t *testing.T, s *Store, n int) {
	t.Helper()
	for t.Context().Err() == nil {
		s.writer.mu.Lock()
		queued := len(s.writer.queue)
		s.writer.mu.Unlock()
		if queued == n {
			return
		}
		runtime.Gosched()
	}
}

func commitCall(s *Store, tr hub.Transition) func() error {
	return func() error { return s.Commit(context.Background(), tr) }
}

func TestGroupCommit(t *testing.T) {
	s, g := gated(t)
	var batches []string
	s.writer.after = func(name string) { batches = append(batches, name) }
	var calls []func() error
	for i := range 50 {
		calls = append(calls, commitCall(s, storetest.New(fmt.Sprint("s", i%40)))) // ten of them conflict
	}
	errs := whileHeld(t, s, g, calls...)()
	for i, err := range errs {
		if want := error(nil); i < 40 && err != want {
			t.Errorf("call %d: %v", i, err)
		}
		if i >= 40 && !errors.Is(err, hub.ErrConflict) {
			t.Errorf("call %d: %v, want a conflict", i, err)
		}
	}
	if len(batches) != 2 {
		t.Errorf("%d transactions, want 2: the one held up and one for all the others", len(batches))
	}
	if n := get[int](t)(s.CountOpen(t.Context())); n != 41 {
		t.Errorf("%d sessions, want 41", n)
	}
	chainHolds(t, s)
}

// TestBrokenWork: what fails after it has written something takes nobody with it and leaves nothing.
func TestBrokenWork(t *testing.T) {
	s, g := gated(t)
	broken := errors.New("broken")
	fails := func(id string) func() error {
		return func() error {
			return s.write(context.Background(), "broken", func(tx *tx) error {
				p, err := newTransition(storetest.New(id))
				if err != nil {
					return err
				}
				return errors.Join(p.write(tx), broken)
			})
		}
	}
	errs := whileHeld(t, s, g,
		commitCall(s, storetest.New("a")), fails("x"), commitCall(s, storetest.New("b")), fails("y"),
		commitCall(s, storetest.New("a")), commitCall(s, storetest.New("c")))()
	for i, want := range []error{nil, broken, nil, broken, hub.ErrConflict, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("call %d: %v, want %v", i, errs[i], want)
		}
	}
	for _, id := range []session.ID{"a", "b", "c"} {
		if _, err := s.Session(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []session.ID{"x", "y"} {
		if _, err := s.Session(t.Context(), id); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	chainHolds(t, s)
}

// TestTroubleIsShared: when the disk is at fault nothing of the transaction is there, and everybody in it hears why.
func TestTroubleIsShared(t *testing.T) {
	s, g := gated(t)
	full := func() error {
		return s.write(context.Background(), "full", func(*tx) error { return wrap("write", ErrFull) })
	}
	errs := whileHeld(t, s, g, commitCall(s, storetest.New("a")), full, commitCall(s, storetest.New("b")))()
	for i, err := range errs {
		if !errors.Is(err, ErrFull) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if err := s.Trouble(); !errors.Is(err, ErrFull) {
		t.Errorf("trouble: %v", err)
	}
	if n := get[int](t)(s.CountOpen(t.Context())); n != 1 {
		t.Errorf("%d sessions, want the one held up", n)
	}
	s.writer.before = nil
	is(t, s.Commit(t.Context(), storetest.New("a")), nil)
	is(t, s.Trouble(), nil)
}

func TestCancelQueued(t *testing.T) {
	s, g := gated(t)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan struct{})
	finish := whileHeld(t, s, g,
		commitCall(s, storetest.New("a")),
		func() error { defer close(answered); return s.Commit(ctx, storetest.New("b")) },
		commitCall(s, storetest.New("c")))
	cancel()
	<-answered // without waiting for the COMMIT that is held up
	errs := finish()
	if errs[0] != nil || errs[2] != nil || !errors.Is(errs[1], context.Canceled) {
		t.Errorf("answers %v", errs)
	}
	if _, err := s.Session(t.Context(), "b"); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("withdrawn, and there: %v", err)
	}
}

// TestCancelTaken: what is being written is answered with the truth.
func TestCancelTaken(t *testing.T) {
	s, g := gated(t)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Commit(ctx, storetest.New("a")) }()
	<-g.arrived
	cancel()
	g.pass <- struct{}{}
	is(t, <-result, nil)
	get[session.Session](t)(s.Session(t.Context(), "a"))
}

func TestClose(t *testing.T) {
	s, g := gated(t)
	path := ""
	is(t, s.row(t.Context(), `SELECT file FROM pragma_database_list`, nil, &path), nil)
	finish := whileHeld(t, s, g, commitCall(s, storetest.New("a")))
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for _, err := range finish() {
		is(t, err, nil)
	}
	is(t, <-closed, nil)
	is(t, s.Close(), nil)
	is(t, s.Commit(t.Context(), storetest.New("b")), ErrClosed)
	_, err := s.Session(t.Context(), "a")
	is(t, err, ErrClosed)
	get[session.Session](t)(openAt(t, path, Options{}).Session(t.Context(), "a")) // it was queued when the store closed
}

func TestHooks(t *testing.T) {
	var names []string
	s := open(t, Options{
		BeforeCommit: func(name string) { names = append(names, "before "+name) },
		AfterCommit:  func(name string) { names = append(names, "after "+name) },
	})
	is(t, s.SetAliveMark(t.Context(), t0), nil)
	is(t, s.Commit(t.Context(), storetest.New("a")), nil)
	is(t, s.Commit(t.Context(), storetest.New("a")), hub.ErrConflict) // writes nothing
	want := []string{"before alive", "after alive", "before transition:session.created", "after transition:session.created"}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("hooks %q, want %q", names, want)
	}
}

// TestOverLimitNeverWaits: tries over the limit do not come near the writer, so that a flood of them holds nobody up.
func TestOverLimitNeverWaits(t *testing.T) {
	s, g := gated(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	spend := func() bool {
		ok, err := s.SpendGuess(ctx, "192.0.2.1", t0, 1, time.Minute)
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	go func() { <-g.arrived; g.pass <- struct{}{} }()
	if !spend() {
		t.Fatal("the first try was refused")
	}
	finish := whileHeld(t, s, g)
	if spend() { // would wait for the COMMIT that is held up
		t.Error("the second try was let through")
	}
	finish()
}
