package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

// add commits a session in the given state, created i seconds after t0.
func add(t *testing.T, s *Store, id string, i int, state session.State, edit func(*session.Session)) {
	t.Helper()
	tr := storetest.New(id)
	tr.After.CreatedAt = t0.Add(time.Duration(i) * time.Second)
	if edit != nil {
		edit(&tr.After)
	}
	is(t, s.Commit(t.Context(), tr), nil)
	if state == session.StateWaiting {
		return
	}
	tr = storetest.Next(tr, storetest.Joined)
	is(t, s.Commit(t.Context(), tr), nil)
	if state == session.StateEnded {
		is(t, s.Commit(t.Context(), storetest.Next(tr, func(s *session.Session) {
			s.State, s.EndedAt, s.EndReason = session.StateEnded, t0.Add(time.Hour), session.EndByTechnician
		})), nil)
	}
}

func ids(all []session.Session) string {
	var out []string
	for _, s := range all {
		out = append(out, string(s.ID))
	}
	return strings.Join(out, " ")
}

func TestSessionLists(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	add(t, s, "a", 1, session.StateEnded, func(s *session.Session) { s.Customer = "Hélène Œuvrard" })
	add(t, s, "b", 2, session.StateActive, func(s *session.Session) { s.Customer, s.Technician.Name = "Ben 100%", "Zoë" })
	add(t, s, "c", 3, session.StateWaiting, func(s *session.Session) { s.Customer, s.Technician.ID = "Carl", "u2" })
	add(t, s, "d", 4, session.StateEnded, func(s *session.Session) { s.Customer = "HELENE" })
	waiting, active, ended := session.StateWaiting, session.StateActive, session.StateEnded
	tests := []struct {
		name string
		f    SessionFilter
		want string
	}{
		{"all", SessionFilter{}, "d c b a"},
		{"open", SessionFilter{States: []session.State{waiting, active}}, "c b"},
		{"ended", SessionFilter{States: []session.State{ended}}, "d a"},
		{"accents and case", SessionFilter{Text: "hélène"}, "d b a"}, // b's Windows user is "helene"
		{"capitals", SessionFilter{Text: "HÉLÈNE", States: []session.State{ended}}, "d a"},
		{"decomposed", SessionFilter{Text: "he\u0301le\u0300ne œuv"}, "a"},
		{"PC", SessionFilter{Text: "pc-7"}, "d b a"},
		{"technician", SessionFilter{Text: "zoe"}, "b"},
		{"words in any order", SessionFilter{Text: " pc-7  ben "}, "b"},
		{"all words", SessionFilter{Text: "ben carl"}, ""},
		{"no pattern", SessionFilter{Text: "%"}, "b"},
		{"no pattern either", SessionFilter{Text: "_"}, ""},
		{"not SQL", SessionFilter{Text: `' OR 1=1 --`}, ""},
		{"not JSON", SessionFilter{Text: `"],["`}, ""},
		{"not UTF-8", SessionFilter{Text: "be\xff"}, "b"},
		{"by technician", SessionFilter{Technician: "u2"}, "c"},
		{"limit", SessionFilter{Limit: 2}, "d c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ids(get[SessionPage](t)(s.Sessions(t.Context(), tt.f)).Sessions); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
	counts := get[map[session.State]int](t)(s.SessionCounts(ctx, SessionFilter{}))
	if fmt.Sprint(counts) != fmt.Sprint(map[session.State]int{waiting: 1, active: 1, ended: 2}) {
		t.Errorf("counts %v", counts)
	}
	if counts = get[map[session.State]int](t)(s.SessionCounts(ctx, SessionFilter{Text: "helene", Technician: "u1"})); counts[ended] != 2 || counts[active] != 1 {
		t.Errorf("counts of a search %v", counts)
	}
	if n := get[int](t)(s.CountOpen(ctx)); n != 2 {
		t.Errorf("%d open", n)
	}
	if got := ids(get[[]session.Session](t)(s.OpenSessions(ctx, "carl", 10))); got != "c" {
		t.Errorf("open %q", got)
	}
	if got := ids(get[[]session.Session](t)(s.EndedSessions(ctx, "", 1))); got != "d" {
		t.Errorf("ended %q", got)
	}
}

// TestPaging walks all pages while sessions are started: none is shown twice or left out, also those of one moment.
func TestPaging(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	states := []session.State{session.StateWaiting, session.StateActive, session.StateEnded}
	const n = 40
	for i := range n {
		add(t, s, fmt.Sprintf("s%02d", i), i/7, states[i%3], nil)
	}
	var seen []string
	f := SessionFilter{Limit: 6}
	for page := 0; ; page++ {
		p := get[SessionPage](t)(s.Sessions(ctx, f))
		for _, one := range p.Sessions {
			seen = append(seen, string(one.ID))
		}
		if f.After = p.Next; p.Next == "" {
			break
		}
		add(t, s, fmt.Sprint("new", page), 100+page, session.StateWaiting, nil)
	}
	if len(seen) != n || !slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("%d sessions: %v", len(seen), seen)
	}
	for _, bad := range []Cursor{"x", "1", "1.", ".a", "9999999999999999999999.a"} {
		_, err := s.Sessions(ctx, SessionFilter{After: bad})
		is(t, err, ErrCursor)
	}
}

// TestListsUseIndexes: a list must not get slower with the number of sessions that have ended.
func TestListsUseIndexes(t *testing.T) {
	s := open(t, Options{})
	queries := map[string]string{
		`SELECT doc FROM sessions WHERE state = 'x' AND (created_at, id) < (1, 'a') ORDER BY created_at DESC, id DESC LIMIT 9`: "sessions_list",
		`SELECT count(*) FROM sessions WHERE state IN ('a', 'b')`:                                                              "sessions_list",
		`SELECT id FROM sessions WHERE deadline > 0 AND deadline < 9 ORDER BY deadline, n LIMIT 9`:                             "sessions_deadline",
		`SELECT deadline FROM sessions WHERE deadline > 0 ORDER BY deadline LIMIT 1`:                                           "sessions_deadline",
		`SELECT * FROM audit WHERE session = 'a' AND seq > 9 ORDER BY seq`:                                                     "audit_session",
		`SELECT * FROM audit WHERE session = 'a' ORDER BY seq DESC LIMIT 9`:                                                    "audit_session",
		`SELECT off_for FROM reboots WHERE machine = 'a' AND machine <> '' AND off_for > 0 ORDER BY back_at DESC LIMIT 9`:      "reboots_machine",
		`SELECT count(*) FROM guesses WHERE key = 'a' AND at > 1 AND at <= 9`:                                                  "guesses_key",
	}
	for query, index := range queries {
		plan := strings.Join(get[[]string](t)(planOf(t, s, query)), "; ")
		if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN sessions ") {
			t.Errorf("%s\n\t%s", query, plan)
		}
	}
}

func planOf(t *testing.T, s *Store, query string) ([]string, error) {
	return rows(t.Context(), s, func(row scanner) (detail string, err error) {
		var a, b, c int
		err = row.Scan(&a, &b, &c, &detail)
		return detail, err
	}, `EXPLAIN QUERY PLAN `+query)
}

func TestLedger(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	reboots := func(id session.ID) []session.Reboot {
		t.Helper()
		return get[[]session.Reboot](t)(s.Reboots(ctx, id))
	}
	tr := storetest.New("s1")
	is(t, s.Commit(ctx, tr), nil)
	tr = storetest.Next(tr, func(s *session.Session) { storetest.Joined(s); storetest.Rebooting(s) })
	is(t, s.Commit(ctx, tr), nil)
	if got := reboots("s1"); len(got) != 1 || got[0].Phase != session.PhaseAwaitingConsent {
		t.Fatalf("ledger %+v", got)
	}
	if got := get[[]session.Boot](t)(s.Boots(ctx, "m1", 9)); len(got) != 0 {
		t.Errorf("boots of a PC that is not back: %v", got)
	}
	phase := func(id string, steps map[session.Phase]time.Duration, outcome session.Outcome) func(*session.Session) {
		return func(s *session.Session) {
			r := *s.Reboot
			r.ID, r.Outcome, r.Steps, r.RequestedAt = id, outcome, nil, t0.Add(steps[session.PhaseDown])
			for _, p := range []session.Phase{session.PhaseDown, session.PhaseBack} {
				if at, ok := steps[p]; ok {
					r.Phase, r.Steps = p, append(r.Steps, session.Step{Phase: p, At: t0.Add(at)})
				}
			}
			s.Reboot = &r
		}
	}
	down, back := session.PhaseDown, session.PhaseBack
	for _, edit := range []func(*session.Session){
		phase("r1", map[session.Phase]time.Duration{down: 10 * time.Second}, ""),
		phase("r1", map[session.Phase]time.Duration{down: 10 * time.Second, back: 52 * time.Second}, ""),
		phase("r1", map[session.Phase]time.Duration{down: 10 * time.Second, back: 52 * time.Second}, session.OutcomeResumed),
		nil, // no news of the reboot
		phase("r2", map[session.Phase]time.Duration{down: 100 * time.Second, back: 130 * time.Second}, session.OutcomeResumed),
	} {
		tr = storetest.Next(tr, edit)
		is(t, s.Commit(ctx, tr), nil)
	}
	got := reboots("s1")
	if len(got) != 2 || got[0].ID != "r1" || got[0].Outcome != session.OutcomeResumed || got[0].OffFor() != 42*time.Second || got[1].ID != "r2" {
		t.Errorf("ledger %+v", got)
	}
	boots := get[[]session.Boot](t)(s.Boots(ctx, "m1", 9))
	want := []session.Boot{{At: t0.Add(100 * time.Second), Off: 30 * time.Second}, {At: t0.Add(10 * time.Second), Off: 42 * time.Second}}
	if !slices.Equal(boots, want) {
		t.Errorf("boots %v, want %v", boots, want)
	}
	if got := get[[]session.Boot](t)(s.Boots(ctx, "m1", 1)); len(got) != 1 {
		t.Errorf("limited %v", got)
	}
	for _, other := range []string{"", "m2"} {
		if got := get[[]session.Boot](t)(s.Boots(ctx, other, 9)); len(got) != 0 {
			t.Errorf("boots of %q: %v", other, got)
		}
	}
}

// TestSweep: commands that were acknowledged do not pile up.
func TestSweep(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	tr := storetest.New("s1")
	is(t, s.Commit(ctx, tr), nil)
	stored := func() (n int) {
		t.Helper()
		is(t, s.row(ctx, `SELECT count(*) FROM outbox`, nil, &n), nil)
		return n
	}
	for i := range 100 {
		tr = storetest.Next(tr, func(s *session.Session) { s.CommandSeq, s.AckedSeq = int64(i+1), int64(i) })
		tr.Commands = []hub.Command{{Seq: int64(i + 1), Type: "chat"}}
		is(t, s.Commit(ctx, tr), nil)
		if n := stored(); n > sweepEvery+1 {
			t.Fatalf("%d rows after %d commands", n, i+1)
		}
	}
	if out := get[[]hub.Command](t)(s.Outbox(ctx, "s1", 0)); len(out) != 1 || out[0].Seq != 100 {
		t.Errorf("outbox %+v", out)
	}
	is(t, s.Commit(ctx, storetest.Next(tr, func(s *session.Session) { s.AckedSeq, s.State = 100, session.StateEnded })), nil)
	if n := stored(); n != 0 {
		t.Errorf("%d rows at the end", n)
	}
}

// TestGuessesAreKept: over a restart the limit stays used up, and what no longer matters is dropped.
func TestGuessesAreKept(t *testing.T) {
	path := t.TempDir() + "/rejoin.db"
	s := openAt(t, path, Options{})
	spend := func(key string, now time.Time) bool {
		t.Helper()
		return get[bool](t)(s.SpendGuess(t.Context(), key, now, 5, time.Minute))
	}
	for range 5 {
		spend("192.0.2.1", t0)
	}
	is(t, s.Close(), nil)
	s = openAt(t, path, Options{})
	if spend("192.0.2.1", t0.Add(time.Second)) {
		t.Error("a restart gave new tries")
	}
	commits := 0
	s.writer.after = func(string) { commits++ }
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			if ok, err := s.SpendGuess(context.Background(), "192.0.2.1", t0, 5, time.Minute); ok || err != nil {
				t.Error(ok, err)
			}
		})
	}
	wg.Wait()
	if commits != 0 {
		t.Errorf("tries over the limit were written %d times", commits)
	}
	spend("192.0.2.2", t0.Add(time.Minute))
	var n int
	is(t, s.row(t.Context(), `SELECT count(*) FROM guesses`, nil, &n), nil)
	if n != 1 {
		t.Errorf("%d tries kept, want the one that still counts", n)
	}
}
