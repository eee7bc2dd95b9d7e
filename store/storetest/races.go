package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// race runs n calls at once and returns how many of them returned nil; every other error must be one of the allowed.
func race(t *testing.T, n int, call func(i int) error, allowed ...error) int {
	t.Helper()
	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
		errs  = make([]error, n)
	)
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !slices.ContainsFunc(allowed, func(a error) bool { return errors.Is(err, a) }):
			t.Errorf("unexpected: %v", err)
		}
	}
	return won
}

func testRedeemRace(t *testing.T, st hub.Store) {
	tr := commit(t, st, withCode("s1", "h1", T0.Add(time.Minute)))
	won := race(t, 100, func(i int) error {
		join := joinWith(tr, "h1", T0)
		join.After.PublicKey = []byte{byte(i)}
		return st.Commit(t.Context(), join)
	}, hub.ErrConflict, hub.ErrCodeGone)
	if won != 1 {
		t.Errorf("%d joined with one code", won)
	}
}

// testRevisionRace: many callers that retry on conflict lose no step of each other.
func testRevisionRace(t *testing.T, st hub.Store) {
	const callers, steps = 20, 10
	commit(t, st, New("s1"))
	commit(t, st, New("s2"))
	ctx := context.Background()
	step := func(id session.ID) error {
		for {
			s, err := st.Session(ctx, id)
			if err != nil {
				return err
			}
			tr := hub.Transition{Before: s.Revision, After: s, At: T0}
			tr.After.Revision++
			tr.After.CommandSeq++
			tr.Commands = []hub.Command{{Seq: tr.After.CommandSeq, Type: "chat", Body: []byte(`{}`)}}
			tr.Chat = []session.ChatMessage{{Text: "x", At: T0}}
			if err := st.Commit(ctx, tr); !errors.Is(err, hub.ErrConflict) {
				return err
			}
		}
	}
	race(t, callers, func(i int) error {
		for range steps {
			if err := step([]session.ID{"s1", "s2"}[i%2]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range []session.ID{"s1", "s2"} {
		const want = callers / 2 * steps
		out := must[[]hub.Command](t)(st.Outbox(ctx, id, 0))
		lines := must[[]session.ChatMessage](t)(st.LastChat(ctx, id, 10*want))
		if got := load(t, st, id); got.Revision != 1+want || len(out) != want || len(lines) != want {
			t.Errorf("%s: revision %d, %d commands, %d lines, want %d steps", id, got.Revision, len(out), len(lines), want)
		}
	}
}

func testGuesses(t *testing.T, st hub.Store) {
	spend := func(key string, at time.Duration, want bool) {
		t.Helper()
		ok, err := st.SpendGuess(t.Context(), key, T0.Add(at), 3, time.Minute)
		if err != nil || ok != want {
			t.Errorf("guess of %q at %v: %v %v, want %v", key, at, ok, err, want)
		}
	}
	spend("a", 0, true)
	spend("a", 20*time.Second, true)
	spend("a", 40*time.Second, true)
	spend("a", 41*time.Second, false)
	spend("b", 41*time.Second, true) // another key has its own
	spend("", 41*time.Second, true)
	spend("a", time.Minute-1, false)
	spend("a", time.Minute, true) // the first has left; the tries over the limit did not count
	spend("a", time.Minute+1, false)
	spend("a", 80*time.Second, true)
	spend("a", 10*time.Minute, true)
	if ok, err := st.SpendGuess(t.Context(), "none", T0, 0, time.Minute); ok || err != nil {
		t.Errorf("a limit of none let one through: %v", err)
	}
}

// testGuessClock: a clock that ran ahead and was put right locks nobody out for longer than per.
func testGuessClock(t *testing.T, st hub.Store) {
	for range 3 {
		if ok, err := st.SpendGuess(t.Context(), "a", T0.Add(24*time.Hour), 3, time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if ok, err := st.SpendGuess(t.Context(), "a", T0.Add(24*time.Hour-30*time.Second), 3, time.Minute); ok || err != nil {
		t.Errorf("half a minute back: %v %v, want refused", ok, err)
	}
	if ok, err := st.SpendGuess(t.Context(), "a", T0, 3, time.Minute); !ok || err != nil {
		t.Errorf("a day back: %v %v, want let through", ok, err)
	}
}

func testGuessRace(t *testing.T, st hub.Store) {
	const limit = 5
	over := errors.New("over")
	won := race(t, 10_000, func(i int) error {
		ok, err := st.SpendGuess(context.Background(), "a", T0.Add(time.Duration(i)), limit, time.Minute)
		if err == nil && !ok {
			return over
		}
		return err
	}, over)
	if won != limit {
		t.Errorf("%d guesses let through, want %d", won, limit)
	}
}
