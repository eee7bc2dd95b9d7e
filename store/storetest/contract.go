// Package storetest holds what every implementation of hub.Store must do, as tests.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// T0 is when the stories of these tests begin: not a whole second, so that nothing gets away with rounding.
var T0 = time.Date(2026, 11, 23, 10, 0, 0, 123_456_789, time.UTC)

// Contract runs the whole contract against stores made by open. Each call must return an empty one.
func Contract(t *testing.T, open func(t *testing.T) hub.Store) {
	tests := []struct {
		name string
		run  func(*testing.T, hub.Store)
	}{
		{"session", testSession},
		{"revisions", testRevisions},
		{"rounding", testRounding},
		{"not shared", testNotShared},
		{"deadlines", testDeadlines},
		{"unfinished", testUnfinished},
		{"outbox", testOutbox},
		{"chat", testChat},
		{"code", testCode},
		{"code replaced", testCodeReplaced},
		{"code taken", testCodeTaken},
		{"nothing by halves", testNothingByHalves},
		{"redeem race", testRedeemRace},
		{"revision race", testRevisionRace},
		{"guesses", testGuesses},
		{"guess clock", testGuessClock},
		{"guess race", testGuessRace},
		{"alive", testAlive},
		{"cancelled", testCancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

// New is a transition that creates a session.
func New(id string) hub.Transition {
	s := session.Session{
		ID: session.ID(id), Revision: 1, State: session.StateWaiting, Mode: session.ModeStandard,
		Policy: session.DefaultPolicy(), Technician: session.Actor{Kind: session.ActorTechnician, ID: "u1", Name: "Ana"},
		Company: "Example Ltd", Customer: "Hélène", CreatedAt: T0, CodeExpiresAt: T0.Add(10 * time.Minute), ActiveAt: T0,
	}
	return hub.Transition{
		After: s, Deadline: s.NextDeadline(), At: T0,
		Audit: []session.AuditLine{{At: T0, Actor: s.Technician, Action: session.ActionCreated, Params: map[string]string{"mode": "standard"}}},
	}
}

// Next is the transition after t, changed by edit.
func Next(t hub.Transition, edit func(*session.Session)) hub.Transition {
	s := t.After
	if edit != nil {
		edit(&s)
	}
	s.Revision++
	at := t.At.Add(time.Second)
	return hub.Transition{Before: t.After.Revision, After: s, Deadline: s.NextDeadline(), At: at}
}

// Joined edits a session into one with a PC.
func Joined(s *session.Session) {
	s.State, s.JoinedAt = session.StateActive, T0.Add(time.Minute)
	s.PC = session.PC{Name: "PC-7", OS: "Windows 11", Platform: "windows", User: "helene", MachineID: "m1"}
	s.PublicKey = []byte{1, 2, 3}
	s.Link = session.Link{Online: true, Since: s.JoinedAt, Generation: 1, BootID: "b1", Instance: "i1"}
	s.CodeExpiresAt = time.Time{}
}

// Rebooting gives a joined session a live reboot.
func Rebooting(s *session.Session) {
	s.Reboots = 1
	s.Reboot = &session.Reboot{
		ID: "r1", Kind: session.KindNormal, By: s.Technician, RequestedAt: T0.Add(2 * time.Minute), BootID: "b1",
		Phase: session.PhaseAwaitingConsent, StepUntil: T0.Add(4 * time.Minute),
		Steps: []session.Step{{Phase: session.PhaseAwaitingConsent, At: T0.Add(2 * time.Minute)}},
	}
}

func commit(t *testing.T, st hub.Store, tr hub.Transition) hub.Transition {
	t.Helper()
	if err := st.Commit(t.Context(), tr); err != nil {
		t.Fatalf("commit %s revision %d: %v", tr.After.ID, tr.After.Revision, err)
	}
	return tr
}

func refused(t *testing.T, st hub.Store, tr hub.Transition, want error) {
	t.Helper()
	if err := st.Commit(t.Context(), tr); !errors.Is(err, want) {
		t.Fatalf("commit %s revision %d: %v, want %v", tr.After.ID, tr.After.Revision, err, want)
	}
}

func load(t *testing.T, st hub.Store, id session.ID) session.Session {
	t.Helper()
	s, err := st.Session(t.Context(), id)
	if err != nil {
		t.Fatalf("session %s: %v", id, err)
	}
	return s
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func testSession(t *testing.T, st hub.Store) {
	if _, err := st.Session(t.Context(), "none"); !errors.Is(err, hub.ErrNotFound) {
		t.Fatalf("unknown session: %v", err)
	}
	tr := commit(t, st, New("s1"))
	if got := load(t, st, "s1"); !reflect.DeepEqual(got, tr.After) {
		t.Fatalf("read\n%+v\nwrote\n%+v", got, tr.After)
	}
	tr = commit(t, st, Next(tr, func(s *session.Session) {
		Joined(s)
		Rebooting(s)
		s.Rival = &session.Rival{Address: "192.0.2.1", BootID: "b9", Instance: "i9", At: T0}
		s.Reboot.Blockers = []string{"a.exe", "\x00 <b>\u202e"}
	}))
	if got := load(t, st, "s1"); !reflect.DeepEqual(got, tr.After) {
		t.Fatalf("read\n%+v\nwrote\n%+v", got, tr.After)
	}
}

func testRevisions(t *testing.T, st hub.Store) {
	first := commit(t, st, New("s1"))
	refused(t, st, New("s1"), hub.ErrConflict) // there already
	second := commit(t, st, Next(first, Joined))
	refused(t, st, Next(first, Joined), hub.ErrConflict) // stale
	ahead := Next(second, nil)
	ahead.Before++
	ahead.After.Revision++
	refused(t, st, ahead, hub.ErrConflict) // from the future
	refused(t, st, Next(New("none"), nil), hub.ErrConflict)
	if got := load(t, st, "s1").Revision; got != 2 {
		t.Fatalf("revision %d, want 2", got)
	}
}

// testRounding: what is stored is as exact as what was decided.
func testRounding(t *testing.T, st hub.Store) {
	tr := New("s1")
	tr.After.CreatedAt = T0.Add(1)
	tr.Deadline = T0.Add(7)
	commit(t, st, tr)
	if got := load(t, st, "s1").CreatedAt; !got.Equal(T0.Add(1)) {
		t.Errorf("created at %v, want %v", got, T0.Add(1))
	}
	at, ok, err := st.NextDeadline(t.Context())
	if err != nil || !ok || !at.Equal(T0.Add(7)) {
		t.Errorf("deadline %v %v %v, want %v", at, ok, err, T0.Add(7))
	}
}

// testNotShared: what a caller does to its copy afterwards is its own affair.
func testNotShared(t *testing.T, st hub.Store) {
	tr := Next(commit(t, st, New("s1")), func(s *session.Session) { Joined(s); Rebooting(s) })
	body := []byte(`{"a":1}`)
	tr.Commands = []hub.Command{{Seq: 1, Type: "chat", Body: body}}
	commit(t, st, tr)
	tr.After.Reboot.Phase, tr.After.Reboot.Steps[0].Phase, tr.After.PublicKey[0], body[0] = "x", "x", 9, 'x'
	got := load(t, st, "s1")
	if got.Reboot.Phase == "x" || got.Reboot.Steps[0].Phase == "x" || got.PublicKey[0] == 9 {
		t.Error("the store shares memory with a writer")
	}
	got.Reboot.Phase, got.Reboot.Steps[0].Phase, got.PublicKey[0] = "y", "y", 8
	got = load(t, st, "s1")
	if got.Reboot.Phase == "y" || got.Reboot.Steps[0].Phase == "y" || got.PublicKey[0] == 8 {
		t.Error("the store shares memory with a reader")
	}
	if out := must[[]hub.Command](t)(st.Outbox(t.Context(), "s1", 0)); out[0].Body[0] != '{' {
		t.Error("the store shares a command's body")
	}
}

func testDeadlines(t *testing.T, st hub.Store) {
	if _, ok, err := st.NextDeadline(t.Context()); ok || err != nil {
		t.Fatalf("deadline of an empty store: %v %v", ok, err)
	}
	deadline := map[string]time.Duration{"a": 3, "b": time.Hour, "c": 1, "d": 2}
	trs := map[string]hub.Transition{}
	for _, id := range []string{"a", "b", "c", "d"} {
		tr := New(id)
		tr.Deadline = T0.Add(deadline[id])
		trs[id] = commit(t, st, tr)
	}
	overdue := func(now time.Time, limit int, want ...session.ID) {
		t.Helper()
		got := must[[]session.ID](t)(st.Overdue(t.Context(), now, limit))
		if !slices.Equal(got, want) {
			t.Errorf("overdue at T0+%d: %q, want %q", now.Sub(T0), got, want)
		}
	}
	overdue(T0, 10)
	overdue(T0.Add(1), 10) // the deadline itself is still in time
	overdue(T0.Add(2), 10, "c")
	overdue(T0.Add(4), 10, "c", "d", "a")
	overdue(T0.Add(4), 2, "c", "d")
	overdue(T0.Add(time.Hour), 10, "c", "d", "a")
	overdue(T0.Add(time.Hour+1), 10, "c", "d", "a", "b")

	moved := Next(trs["c"], nil)
	moved.Deadline = T0.Add(5)
	commit(t, st, moved)
	overdue(T0.Add(6), 10, "d", "a", "c")
	ended := Next(moved, func(s *session.Session) { s.State, s.EndedAt = session.StateEnded, T0 })
	ended.Deadline = time.Time{}
	commit(t, st, ended)
	overdue(T0.Add(6), 10, "d", "a")
	if at, ok, err := st.NextDeadline(t.Context()); err != nil || !ok || !at.Equal(T0.Add(2)) {
		t.Errorf("next deadline %v %v %v", at, ok, err)
	}
}

func testUnfinished(t *testing.T, st hub.Store) {
	for i, id := range []string{"a", "b", "c"} {
		tr := New(id)
		tr.After.CreatedAt = T0.Add(time.Duration(i) * time.Second)
		commit(t, st, tr)
		if id == "b" {
			commit(t, st, Next(tr, func(s *session.Session) { s.State, s.EndedAt = session.StateEnded, T0 }))
		}
		if id == "c" {
			commit(t, st, Next(tr, Joined))
		}
	}
	if got := must[[]session.ID](t)(st.Unfinished(t.Context())); !slices.Equal(got, []session.ID{"a", "c"}) {
		t.Errorf("unfinished %q", got)
	}
}

func testOutbox(t *testing.T, st hub.Store) {
	ids := func(after int64) []int64 {
		t.Helper()
		var seqs []int64
		for _, c := range must[[]hub.Command](t)(st.Outbox(t.Context(), "s1", after)) {
			if want := fmt.Sprintf(`{"n":%d}`, c.Seq); string(c.Body) != want || c.Type != "chat" {
				t.Errorf("command %d is %s %s", c.Seq, c.Type, c.Body)
			}
			seqs = append(seqs, c.Seq)
		}
		return seqs
	}
	send := func(tr *hub.Transition, seqs ...int64) {
		for _, n := range seqs {
			tr.After.CommandSeq = n
			tr.Commands = append(tr.Commands, hub.Command{Seq: n, Type: "chat", Body: fmt.Appendf(nil, `{"n":%d}`, n)})
		}
	}
	want := func(after int64, want ...int64) {
		t.Helper()
		if got := ids(after); !slices.Equal(got, want) {
			t.Errorf("outbox after %d: %v, want %v", after, got, want)
		}
	}
	commit(t, st, New("s2"))
	tr := Next(commit(t, st, New("s1")), Joined)
	send(&tr, 1, 2, 3)
	commit(t, st, tr)
	want(0, 1, 2, 3)
	want(2, 3)
	want(3)
	tr = Next(tr, func(s *session.Session) { s.AckedSeq = 2 })
	send(&tr, 4)
	commit(t, st, tr)
	want(0, 3, 4)
	tr = commit(t, st, Next(tr, nil)) // no news of the acknowledgement
	want(0, 3, 4)
	commit(t, st, Next(tr, func(s *session.Session) { s.AckedSeq = 4 }))
	want(0)
	if got := must[[]hub.Command](t)(st.Outbox(t.Context(), "s2", 0)); len(got) != 0 {
		t.Errorf("commands of another session: %v", got)
	}
}

func testChat(t *testing.T, st hub.Store) {
	say := func(tr *hub.Transition, texts ...string) {
		for _, text := range texts {
			tr.Chat = append(tr.Chat, session.ChatMessage{From: tr.After.Technician, Text: text, At: tr.At})
		}
	}
	other := New("s2")
	say(&other, "elsewhere")
	commit(t, st, other)
	tr := Next(commit(t, st, New("s1")), Joined)
	say(&tr, "one", "two\x00\r\n\x1b[31m")
	commit(t, st, tr)
	tr = Next(tr, nil)
	say(&tr, "trois « é »")
	commit(t, st, tr)
	got := must[[]session.ChatMessage](t)(st.LastChat(t.Context(), "s1", 2))
	want := []session.ChatMessage{
		{Seq: 2, From: tr.After.Technician, Text: "two\x00\r\n\x1b[31m", At: tr.At.Add(-time.Second)},
		{Seq: 3, From: tr.After.Technician, Text: "trois « é »", At: tr.At},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("last lines\n%+v, want\n%+v", got, want)
	}
	if got := must[[]session.ChatMessage](t)(st.LastChat(t.Context(), "s1", 50)); len(got) != 3 || got[0].Seq != 1 || got[0].Text != "one" {
		t.Errorf("all lines %+v", got)
	}
	if got := must[[]session.ChatMessage](t)(st.LastChat(t.Context(), "none", 50)); len(got) != 0 {
		t.Errorf("lines of no session %+v", got)
	}
}

// testNothingByHalves: a refused transition leaves nothing of itself, whatever it carried.
func testNothingByHalves(t *testing.T, st hub.Store) {
	tr := commit(t, st, withCode("s1", "h1", T0.Add(time.Minute)))
	loaded := func(tr hub.Transition) hub.Transition {
		tr.Chat = []session.ChatMessage{{From: tr.After.Technician, Text: "lost", At: T0}}
		tr.Commands = []hub.Command{{Seq: 1, Type: "chat", Body: []byte(`{}`)}}
		tr.Audit = []session.AuditLine{{At: T0, Action: session.ActionJoined}}
		tr.Deadline = T0.Add(1)
		return tr
	}
	refused(t, st, loaded(joinWith(tr, "wrong", T0)), hub.ErrCodeGone)
	stale := loaded(joinWith(tr, "h1", T0))
	stale.Before, stale.After.Revision = 7, 8
	refused(t, st, stale, hub.ErrConflict)
	if got := load(t, st, "s1"); got.Revision != 1 || got.State != session.StateWaiting {
		t.Errorf("session %+v", got)
	}
	if out := must[[]hub.Command](t)(st.Outbox(t.Context(), "s1", 0)); len(out) != 0 {
		t.Errorf("outbox %v", out)
	}
	if lines := must[[]session.ChatMessage](t)(st.LastChat(t.Context(), "s1", 9)); len(lines) != 0 {
		t.Errorf("chat %v", lines)
	}
	if ids := must[[]session.ID](t)(st.Overdue(t.Context(), T0.Add(2), 9)); len(ids) != 0 {
		t.Errorf("overdue %v", ids)
	}
	if c := must[hub.CodeRecord](t)(st.Code(t.Context(), []byte("h1"))); !c.UsedAt.IsZero() {
		t.Errorf("code %+v", c)
	}
	commit(t, st, loaded(joinWith(tr, "h1", T0)))
}

func testAlive(t *testing.T, st hub.Store) {
	if _, ok, err := st.AliveMark(t.Context()); ok || err != nil {
		t.Fatalf("mark of an empty store: %v %v", ok, err)
	}
	for _, at := range []time.Time{T0, T0.Add(time.Minute + 3), T0.Add(-time.Hour)} { // clocks are put back, too
		if err := st.SetAliveMark(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := st.AliveMark(t.Context()); err != nil || !ok || !got.Equal(at) {
			t.Errorf("mark %v %v %v, want %v", got, ok, err, at)
		}
	}
}

// testCancelled: a call whose context is over changes nothing.
func testCancelled(t *testing.T, st hub.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := st.Commit(ctx, New("s1")); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
	if _, err := st.Session(t.Context(), "s1"); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("session: %v", err)
	}
}
