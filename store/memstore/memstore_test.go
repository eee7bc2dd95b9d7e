package memstore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/memstore"
	"github.com/rejoin/rejoin/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Contract(t, func(*testing.T) hub.Store { return memstore.New() })
}

// TestQueue holds the heap of deadlines against a sorted list, through many changes.
func TestQueue(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	st := memstore.New()
	last := map[session.ID]hub.Transition{}
	for range 2000 {
		id := fmt.Sprintf("s%d", rng.IntN(60))
		tr, ok := last[session.ID(id)]
		if ok {
			tr = storetest.Next(tr, nil)
		} else {
			tr = storetest.New(id)
		}
		tr.Deadline = time.Time{}
		if rng.IntN(4) > 0 {
			tr.Deadline = storetest.T0.Add(time.Duration(1 + rng.IntN(1_000_000)))
		}
		if err := st.Commit(t.Context(), tr); err != nil {
			t.Fatal(err)
		}
		last[tr.After.ID] = tr
		if rng.IntN(20) == 0 {
			st.Forget(tr.After.ID)
			delete(last, tr.After.ID)
		}
		now := storetest.T0.Add(time.Duration(rng.IntN(1_000_000)))
		var want []session.ID
		for id, tr := range last {
			if !tr.Deadline.IsZero() && tr.Deadline.Before(now) {
				want = append(want, id)
			}
		}
		slices.SortFunc(want, func(a, b session.ID) int { return last[a].Deadline.Compare(last[b].Deadline) })
		got, err := st.Overdue(t.Context(), now, 1000)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("overdue %v (%v), want %v", got, err, want)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	st := memstore.New()
	tr := storetest.Next(storetest.New("s"), func(s *session.Session) { storetest.Joined(s); storetest.Rebooting(s) })
	tr.Before, tr.After.Revision = 0, 1
	for b.Loop() {
		if err := st.Commit(b.Context(), tr); err != nil {
			b.Fatal(err)
		}
		tr = storetest.Next(tr, nil)
	}
}
