package session

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestRandomStories lets people, agents and the clock do anything in any order. Each step keeps Apply's contract (see
// story.apply), and from wherever it got to, a session ends by its deadlines alone.
func TestRandomStories(t *testing.T) {
	stories := 500
	if testing.Short() {
		stories = 100
	}
	for seed := range stories {
		randomStory(t, uint64(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

var (
	openings = []string{
		"new", "new mode=phone", "new ask-share=no", "new mode=phone ask-share=no idle=15 window=1", "new no-reply=yes idle=15",
	}
	chances = []string{
		"chat text=hi", "reboot", "reboot kind=safe_mode", "cancel", "extend minutes=5", "share", "unshare",
		"choose keep=current", "choose keep=rival", "join", "rejoin", "rejoin boot=b2", "rejoin boot=b3 signed-in=no",
		"rejoin generation=1", "rejoin instance=i2", "lose", "lose silent=5s", "lose admitted=1", "rival", "rival-gone",
		"agent ack", "agent ack acked=0", "agent consent answer=yes", "agent consent answer=yes", "agent consent answer=no",
		"agent prepared", "agent prepared", "agent failed", "agent going-down", "agent going-down reboot=r1", "agent blocked",
		"agent signed-in", "agent return cancel=no", "agent return cancel=yes", "agent share answer=yes",
		"agent share answer=no", "agent share-stopped", "agent chat text=hi", "agent chat text=hi seq=1", "tick",
		"was-down for=2m", "code",
	}
)

func randomStory(t *testing.T, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	st := &story{t: t, file: "random story"}
	st.tell(openings[rng.IntN(len(openings))])
	st.tell("join")
	for range 60 {
		switch rng.IntN(12) {
		case 0:
			if at := st.s.NextDeadline(); !at.IsZero() {
				st.now = at.Add(time.Duration(rng.IntN(3)-1) * time.Millisecond)
			}
		case 1:
			st.apply(Tick{})
		default:
			st.now = st.now.Add(time.Duration(rng.IntN(20000)) * time.Millisecond)
		}
		st.tell(chances[rng.IntN(len(chances))])
		checkInside(t, st.s)
	}
	for range 20 {
		at := st.s.NextDeadline()
		if at.IsZero() {
			break
		}
		if !at.Before(st.now) {
			st.now = at.Add(time.Millisecond)
		}
		st.apply(Tick{})
		checkInside(t, st.s)
	}
	if st.s.State != StateEnded {
		t.Errorf("after 20 deadlines the session has not ended: %s", st.summary())
	}
}

// checkInside holds what is true of every session.
func checkInside(t *testing.T, s Session) {
	t.Helper()
	fail := func(ok bool, what string) {
		if !ok {
			t.Errorf("%s: %+v", what, s)
		}
	}
	l := s.Link
	fail(l.Known <= l.Generation && l.Admitted <= l.Generation, "a generation that was never given")
	fail(s.AckedSeq <= s.CommandSeq, "an acknowledgement of nothing")
	fail(s.State != StateActive || l.Online == l.WindowUntil.IsZero(), "the window runs exactly while the PC is away")
	fail(s.State != StateEnded || s.NextDeadline().IsZero(), "ended, and waiting")
	fail(s.State == StateEnded || !s.NextDeadline().IsZero(), "nothing would ever end it")
	fail(s.State != StateEnded || !s.Reboot.Live(), "a live reboot in an ended session")
	fail((s.EndReason != "") == (s.State == StateEnded), "an end without a reason, or a reason without an end")
	if r := s.Reboot; r != nil {
		fail(len(r.Steps) <= maxSteps, "too many steps")
		fail((r.Outcome != "") == !r.EndedAt.IsZero(), "an outcome without a time")
		fail(r.Live() || (r.StepUntil.IsZero() && r.Until.IsZero()), "a clock that runs for a reboot that is over")
		fail(r.Phase != PhaseDown || !r.Live() || !l.Online, "down, and connected")
		fail(r.Phase != PhaseAwaitingShareConsent || !r.Live() || s.Sharing.State == SharingAsking, "waiting for no question")
	}
}

// TestRestartLoop: a PC that restarts over and over leaves a bounded record that still tells the beginning and the end.
func TestRestartLoop(t *testing.T) {
	st := &story{t: t, file: "TestRestartLoop"}
	st.tell("new")
	st.tell("join")
	st.tell("reboot")
	for i := range 200 {
		st.now = st.now.Add(time.Second)
		boot := "b" + strings.Repeat("x", i%2+1)
		st.tell("rejoin signed-in=no boot=" + boot)
	}
	r := st.s.Reboot
	if len(r.Steps) != maxSteps || r.Steps[0].Phase != PhaseAwaitingConsent || !r.Steps[maxSteps-1].At.Equal(st.now) {
		t.Errorf("%d steps from %v to %v", len(r.Steps), r.Steps[0], r.Steps[len(r.Steps)-1])
	}
	if r.Restarts != 199 {
		t.Errorf("%d restarts, not 199", r.Restarts)
	}
}

func TestPolicy(t *testing.T) {
	if errs := DefaultPolicy().Check(); errs != nil {
		t.Errorf("the default policy has faults: %v", errs)
	}
	bad := Policy{PromptSeconds: 601, WindowMinutes: 0, IdleMinutes: 2881, OnNoReply: AnswerAbsent}
	want := []FieldError{
		{Field: "prompt_seconds", Code: "range", Min: 10, Max: 600},
		{Field: "window_minutes", Code: "range", Min: 1, Max: 240},
		{Field: "idle_minutes", Code: "range", Min: 15, Max: 2880},
		{Field: "on_no_reply", Code: "choice"},
	}
	if errs := bad.Check(); !reflect.DeepEqual(errs, want) {
		t.Errorf("got %v, want %v", errs, want)
	}
	for _, c := range []struct {
		change func(*Policy)
		want   bool
	}{
		{func(*Policy) {}, false},
		{func(p *Policy) { p.AskBeforeReboot = false }, true},
		{func(p *Policy) { p.AskBeforeSharing = false }, true},
		{func(p *Policy) { p.AskBeforeControl = false }, true},
		{func(p *Policy) { p.OnNoReply = AnswerYes }, true},
	} {
		p := DefaultPolicy()
		c.change(&p)
		if p.NeedsPriorGrant() != c.want {
			t.Errorf("%+v: needs a grant: %v", p, !c.want)
		}
	}
}

func TestCancellable(t *testing.T) {
	var none *Reboot
	if none.Cancellable() || none.Live() {
		t.Error("no reboot can be cancelled")
	}
	for phase, want := range map[Phase]bool{
		PhaseAwaitingConsent: true, PhasePreparing: true, PhaseArmed: true, PhaseGoingDown: false, PhaseDown: false,
		PhaseBack: false, PhaseAwaitingShareConsent: false,
	} {
		if r := (&Reboot{Phase: phase}); r.Cancellable() != want {
			t.Errorf("%s: cancellable %v", phase, !want)
		}
		if r := (&Reboot{Phase: phase, Outcome: OutcomeCancelled}); r.Cancellable() {
			t.Errorf("%s: cancellable although it is over", phase)
		}
	}
}

func TestRefusalWords(t *testing.T) {
	for want, r := range map[string]*Refusal{
		"session: refused: pc_offline":                    {Code: RefusedOffline},
		"session: refused: not_on_this_pc: needs_service": {Code: RefusedCapability, Why: WhyNeedsService},
	} {
		if r.Error() != want {
			t.Errorf("%q, not %q", r.Error(), want)
		}
	}
}

// TestOddLengths: audit parameters without a value, or without a name, are left out.
func TestOddLengths(t *testing.T) {
	tr := transition{s: &Session{}, now: noon}
	tr.audit(byServer, ActionEnded, "a", "", "b", "c", "left over")
	if got := tr.effects[0].(Audit).Line.Params; !reflect.DeepEqual(got, map[string]string{"b": "c"}) {
		t.Errorf("got %v", got)
	}
}
