package simulation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/memstore"
)

// TestReal is tier B (see the package comment). REJOIN_SIMULATION_REAL says how many sessions.
func TestReal(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 50
	}
	if asked, err := strconv.Atoi(os.Getenv("REJOIN_SIMULATION_REAL")); err == nil && asked > 0 {
		n = asked
	}
	began := time.Now()
	var next, reboots, transitions atomic.Int64
	t.Run("sessions", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1) - 1; i < int64(n) && !t.Failed(); i = next.Add(1) - 1 {
					r := liveOnce(t, firstSeed()+uint64(i))
					reboots.Add(int64(r.reboots))
					transitions.Add(r.session().Revision)
				}
			})
		}
	})
	took := time.Since(began)
	t.Logf("%d sessions with %d reboots and %d transitions in %s: %.0f sessions a second", n, reboots.Load(),
		transitions.Load(), took.Round(time.Millisecond), float64(n)/took.Seconds())
}

func liveOnce(t *testing.T, seed uint64) (r *real) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r = &real{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0xb0a7)), store: memstore.New(), boots: map[string]bool{}}
		defer r.close()
		r.live()
		if r.failure != "" {
			t.Errorf("seed %d: %s\n%s", seed, r.failure, r.history())
		}
	})
	return r
}

// pause lets virtual time pass.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *real) draw(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.rng.Int64N(int64(hi-lo)+1))
}

// live tells the whole life of a session.
func (r *real) live() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.startServer(0)
	r.create(ctx)
	r.newPC()
	r.note()
	if err := r.pc.StartAgent(); err != nil {
		r.t.Fatal(err)
	}
	go r.customer(ctx, rand.New(rand.NewPCG(r.seed, 0xc057)))
	if !r.wait(ctx, time.Minute, func(s session.Session) bool { return s.State == session.StateActive && s.Link.Known > 0 }) {
		r.fail("the PC did not join")
		return
	}
	m := r.server.store
	m.mu.Lock()
	m.risk = []float64{0, 0, 0.02, 0.06}[r.rng.IntN(4)]
	m.mu.Unlock()
	for range 8 + r.rng.IntN(8) {
		pause(ctx, r.draw(0, 40*time.Second))
		r.happens(ctx)
	}
	r.calmDown(ctx)
	r.checkSettled(ctx)
	r.finish(ctx)
}

func (r *real) create(ctx context.Context) {
	policy := session.DefaultPolicy()
	policy.PromptSeconds = []int{10, 30, 60}[r.rng.IntN(3)]
	policy.AskBeforeSharing = r.rng.IntN(2) == 0
	mode := session.ModeStandard
	if r.rng.IntN(3) == 0 {
		mode = session.ModePhone
	}
	s, err := r.server.hub.Create(ctx, hub.NewSession{By: technician, Mode: mode, Policy: policy, Company: "Bits AG"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.id = s.ID
	if r.code, _, err = r.server.hub.Code(ctx, s.ID); err != nil {
		r.t.Fatal(err)
	}
}

// happens is one thing that somebody does, or nature.
func (r *real) happens(ctx context.Context) {
	switch n := r.rng.IntN(30); {
	case n < 9:
		if r.do(session.RequestReboot{By: technician, Kind: session.KindNormal}) {
			r.reboots++
		}
	case n < 11:
		r.spoken++
		text := fmt.Sprintf("technician %d", r.spoken)
		if r.do(session.SendChat{By: technician, Text: text}) {
			r.told = append(r.told, text)
		}
	case n < 13:
		r.customerSays()
	case n < 14:
		if s := r.session(); s.Reboot.Live() {
			r.do(session.CancelReboot{By: technician, RebootID: s.Reboot.ID})
		}
	case n < 15:
		r.do(session.ExtendWindow{By: technician, Minutes: 5})
	case n < 17:
		r.do(session.RequestShare{By: technician})
	case n < 18:
		r.do(session.StopShare{By: technician})
	case n < 20:
		r.pc.Unplug(true)
		pause(ctx, r.draw(0, 90*time.Second))
		r.pc.Unplug(false)
	case n < 22:
		r.pc.Lose(true)
		pause(ctx, r.draw(0, 90*time.Second))
		r.pc.Lose(false)
	case n < 24:
		_ = r.pc.KillAgent() // it may not run
	case n < 25:
		_ = r.pc.SystemRestart() // the PC may be on its way already
	case n < 26:
		_ = r.pc.PullThePlug()
	case n < 27:
		r.pc.Block("Editor")
		pause(ctx, r.draw(0, 60*time.Second))
		r.pc.Unblock()
	default:
		r.mu.Lock()
		in := r.server
		r.mu.Unlock()
		if in != nil {
			in.kill()
		}
	}
	if r.rng.IntN(2) == 0 {
		r.startServer(0.02)
	}
}

// do is a click of the technician; true says that it was confirmed.
func (r *real) do(ev session.Event) bool {
	r.mu.Lock()
	in := r.server
	r.mu.Unlock()
	if in == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := in.hub.Dispatch(ctx, r.id, ev)
	return err == nil
}

func (r *real) customerSays() {
	r.spoken++
	text := fmt.Sprintf("customer %d", r.spoken)
	if snap, _ := r.pc.Snapshot(); snap.View == nil || !snap.View.CanSend {
		return
	}
	if r.pc.Send(text) != nil {
		return
	}
	synctest.Wait()
	// What a killed process had not saved is not counted as said: its chat box did not show it either.
	if strings.Contains(string(r.pc.Document("session")), text) || r.arrived(text) {
		r.said = append(r.said, text)
	}
}

func (r *real) arrived(text string) bool {
	lines, _ := r.store.LastChat(context.Background(), r.id, 1000)
	for _, m := range lines {
		if m.Text == text {
			return true
		}
	}
	return false
}

// customer answers what is on the screen, switches the PC on and starts the program again.
func (r *real) customer(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		snap, changed := r.pc.Snapshot()
		r.note()
		wait := time.Duration(rng.IntN(8000)) * time.Millisecond
		switch {
		case snap.Prompt != nil:
			pause(ctx, time.Second+wait)
			r.answer(snap.Prompt.ID, rng)
			continue
		case snap.Notice != nil:
			pause(ctx, wait)
			_ = r.pc.Dismiss()
		case snap.Form != nil:
			_ = r.pc.CancelCode()
		case snap.Power == sim.Off && rng.IntN(3) == 0:
			_ = r.pc.PowerOn() // the restart may have come first
		case snap.Power == sim.SignInScreen:
			pause(ctx, 3*wait)
			_ = r.pc.SignIn()
			continue
		case snap.Power == sim.Desktop && !snap.Running && r.pc.Document("session") != nil:
			pause(ctx, wait)
			_ = r.pc.StartAgent()
		}
		timer := time.NewTimer(5 * time.Second)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (r *real) answer(id string, rng *rand.Rand) {
	answer := machine.AnswerYes
	if n := rng.IntN(10); n == 0 {
		return // lets it run out
	} else if n < 3 {
		answer = machine.AnswerNo
	}
	if strings.HasPrefix(id, "return/") {
		answer = machine.AnswerNo // goes on
		if rng.IntN(8) == 0 {
			answer = machine.AnswerYes
		}
	}
	if strings.HasPrefix(id, "reboot/") && answer == machine.AnswerYes {
		r.mu.Lock()
		r.yes++
		r.mu.Unlock()
	}
	_ = r.pc.Answer(id, answer) // the window may have gone
}

// note remembers the PC's boots.
func (r *real) note() {
	snap, _ := r.pc.Snapshot()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.boots[snap.BootID] = true
}

func (r *real) session() session.Session {
	s, err := r.store.Session(context.Background(), r.id)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *real) wait(ctx context.Context, d time.Duration, ok func(session.Session) bool) bool {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if ok(r.session()) {
			return true
		}
		pause(ctx, 100*time.Millisecond)
	}
	return ok(r.session())
}

func (r *real) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == "" {
		r.failure = fmt.Sprintf(format, args...)
	}
}

func (r *real) close() {
	r.mu.Lock()
	in := r.server
	r.mu.Unlock()
	if r.pc != nil {
		r.pc.Close()
	}
	if in != nil {
		in.kill()
	}
}

// calmDown ends what is wrong, and waits until the PC has been up for a minute.
func (r *real) calmDown(ctx context.Context) {
	r.mu.Lock()
	r.calm = true
	r.mu.Unlock()
	pause(ctx, time.Second) // a server that is about to die does
	r.startServer(0)
	r.pc.Unplug(false)
	r.pc.Lose(false)
	r.pc.Unblock()
	for range 60 {
		pause(ctx, 10*time.Second)
		snap, _ := r.pc.Snapshot()
		switch {
		case snap.Power == sim.Off:
			_ = r.pc.PowerOn()
		case snap.Power == sim.Desktop && snap.Running && time.Since(snap.Since) > settleWithin && snap.Prompt == nil:
			return
		case snap.Power == sim.Desktop && r.pc.Document("session") == nil:
			return // the session is over
		}
	}
	snap, _ := r.pc.Snapshot()
	r.fail("11 convergence: the PC does not come to rest: %+v", snap)
}

// committed holds each transaction to the invariants that can be seen in it.
func (r *real) committed(before session.Session, t hub.Transition) {
	after := t.After
	if before.ID == "" {
		return
	}
	if missing := unaudited(before, after, len(t.Audit)); missing != "" {
		r.fail("8 audited: %s", missing)
	}
	r.mu.Lock()
	known := r.boots[after.Link.BootID] || after.Link.BootID == ""
	yes := r.yes
	r.mu.Unlock()
	admitted := after.Link.Generation > before.Link.Generation
	snap, _ := r.pc.Snapshot()
	switch {
	case admitted && !known && snap.BootID != after.Link.BootID:
		r.fail("boot IDs decide: there was no boot %s", after.Link.BootID)
	case admitted && !before.Link.Online && !before.Link.WindowUntil.IsZero() && t.At.After(before.Link.WindowUntil):
		r.fail("3 no rejoin after the deadline: let in at %s, the window ended at %s", t.At, before.Link.WindowUntil)
	case admitted && before.State == session.StateActive && before.Link.BootID == after.Link.BootID && after.Reboots > before.Reboots:
		r.fail("boot IDs decide: a lost socket is taken for a reboot")
	case after.EndReason == session.EndExpired && before.State == session.StateActive && (before.Link.Online || !t.At.After(before.Link.WindowUntil)):
		r.fail("3 the window: expired at %s, the window runs until %s", t.At, before.Link.WindowUntil)
	case r.pc.Restarts() > yes:
		r.fail("5 local consent: %d restarts, %d times yes", r.pc.Restarts(), yes)
	case after.AckedSeq < before.AckedSeq || after.EventSeq < before.EventSeq:
		r.fail("1 nothing acknowledged is lost: acknowledgements went back")
	}
}

// document is what the checks read of the agent's state.
type document struct {
	Generation int64 `json:"generation"`
	Applied    int64 `json:"applied"`
	Outbox     []any `json:"outbox"`
}

// checkSettled is invariants 1, 7 and 11, on what is stored on both sides.
func (r *real) checkSettled(ctx context.Context) {
	pause(ctx, 5*time.Second)
	synctest.Wait()
	s := r.session()
	if s.State == session.StateEnded {
		if !r.gone(ctx) {
			r.fail("11 convergence: the session has ended (%s), and the agent goes on", s.EndReason)
		}
		return
	}
	var d document
	if err := json.Unmarshal(r.pc.Document("session"), &d); err != nil {
		r.fail("1 nothing acknowledged is lost: the agent's document: %v", err)
		return
	}
	switch {
	case !s.Link.Online || s.Link.Known != s.Link.Generation || d.Generation != s.Link.Generation:
		r.fail("11 convergence: link %+v, the agent has generation %d", s.Link, d.Generation)
	case s.AckedSeq != s.CommandSeq || d.Applied != s.CommandSeq:
		r.fail("11 convergence: command %d, acknowledged %d, applied %d", s.CommandSeq, s.AckedSeq, d.Applied)
	case s.Reboot.Live() && (s.Reboot.Phase == session.PhaseGoingDown || s.Reboot.Phase == session.PhaseDown || s.Reboot.Phase == session.PhasePreparing):
		r.fail("11 convergence: %s is %s, and the PC is up", s.Reboot.ID, s.Reboot.Phase)
	}
	for _, text := range append(append([]string(nil), r.said...), r.told...) {
		if n := r.count(text); n != 1 {
			r.fail("1 nothing acknowledged is lost: %q is there %d times", text, n)
		}
	}
	snap, _ := r.pc.Snapshot()
	for _, text := range r.told {
		if snap.View == nil || !shows(snap.View, text) {
			r.fail("7 commands: the PC does not show %q", text)
		}
	}
}

func shows(v *machine.View, text string) bool {
	n := 0
	for _, l := range v.Lines {
		if l.Text == text {
			n++
		}
	}
	return n == 1
}

func (r *real) count(text string) (n int) {
	lines, err := r.store.LastChat(context.Background(), r.id, 1000)
	if err != nil {
		r.fail("%v", err)
	}
	for _, m := range lines {
		if m.Text == text {
			n++
		}
	}
	return n
}

// gone waits until the agent has cleaned up after itself.
func (r *real) gone(ctx context.Context) bool {
	for range 120 {
		snap, _ := r.pc.Snapshot()
		if r.pc.Document("session") == nil && !snap.Autostart && !snap.Running {
			return true
		}
		pause(ctx, time.Second)
	}
	return false
}

// finish ends the session: the agent cleans up (invariant 4).
func (r *real) finish(ctx context.Context) {
	if r.session().State == session.StateEnded {
		return
	}
	if !r.do(session.End{By: technician}) {
		r.fail("4 everything ends: it can't be ended")
		return
	}
	if !r.gone(ctx) {
		snap, _ := r.pc.Snapshot()
		r.fail("4 everything ends: the agent does not clean up: %+v document %s", snap, r.pc.Document("session"))
	}
}

// history is the session's audit log, for a failure.
func (r *real) history() string {
	s := r.session()
	data, err := json.Marshal(s)
	if err != nil {
		return errors.Join(errors.New("the session"), err).Error()
	}
	var b strings.Builder
	lines, err := r.store.Timeline(context.Background(), r.id, 0)
	if err != nil {
		return err.Error()
	}
	for _, line := range lines {
		fmt.Fprintf(&b, "%s %s %s %s %v\n", line.At.Format("15:04:05.000"), line.Actor.Kind, line.Action, line.Reboot, line.Params)
	}
	return b.String() + string(data)
}
