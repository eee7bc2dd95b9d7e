package simulation

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// noon is when every world begins.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is one session with everybody in it, and the only source of time and chance.
type world struct {
	seed  uint64
	rng   *rand.Rand
	now   time.Time
	queue timers
	order int

	bugs   bugs
	faults faults
	calm   bool // nothing goes wrong any more
	quiet  bool // and nobody does anything any more

	server *server
	pcs    []*pc // the customer's, and a copy of it if somebody made one
	ghost  ghost

	reboots int    // that were asked for
	failure string // the first violation

	troubledAt time.Time // when the PC last went down or came up
	spokeAt    time.Time // when there was last something to send
	tracing    bool
	trace      []string
}

// faults are how likely things go wrong in this world; each is a chance per occasion.
type faults struct {
	serverCrash, agentKill, conflict float64
	lostLink, blackHole              float64
	rogueReboot, blocked, late       float64
	clockJump, copied, repeated      float64
	boundary                         bool // the PC comes back at the deadline, to the millisecond
}

func newWorld(seed uint64, b bugs, tracing bool) *world {
	w := &world{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x5eed)), now: noon, bugs: b, tracing: tracing}
	w.faults = w.drawFaults()
	w.server = &server{w: w, epoch: 1, up: true, ready: true, startedAt: noon}
	w.pcs = []*pc{newPC(w, 0)}
	return w
}

// drawFaults makes each world troubled in some ways and healthy in others, so that rare things also meet alone.
func (w *world) drawFaults() faults {
	some := func(p float64) float64 {
		if w.rng.IntN(3) == 0 {
			return p
		}
		return 0
	}
	return faults{
		serverCrash: some(0.04), agentKill: some(0.05), conflict: some(0.1), lostLink: some(0.08), blackHole: some(0.5),
		rogueReboot: some(0.25), blocked: some(0.3), late: some(0.5), clockJump: some(0.5), copied: some(0.15), repeated: some(0.05),
		boundary: w.rng.IntN(4) == 0,
	}
}

// timer is something that will happen.
type timer struct {
	at    time.Time
	order int
	do    func()
}

type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return t[i].at.Before(t[j].at) || t[i].at.Equal(t[j].at) && t[i].order < t[j].order
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	old := *t
	x := old[len(old)-1]
	*t = old[:len(old)-1]
	return x
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

func (w *world) at(at time.Time, do func()) {
	if at.Before(w.now) {
		at = w.now
	}
	w.order++
	heap.Push(&w.queue, timer{at, w.order, do})
}

// step lets the next thing happen; false means that nothing will.
func (w *world) step() bool {
	if len(w.queue) == 0 || w.failure != "" {
		return false
	}
	next := heap.Pop(&w.queue).(timer)
	w.now = next.at
	next.do()
	w.check()
	return w.failure == ""
}

// until lets everything happen up to a moment.
func (w *world) until(at time.Time) {
	for len(w.queue) > 0 && !w.queue[0].at.After(at) {
		if !w.step() {
			return
		}
	}
	if w.failure == "" {
		w.now = at
	}
}

// chance draws; once calm, nothing goes wrong.
func (w *world) chance(p float64) bool { return !w.calm && p > 0 && w.rng.Float64() < p }

// between draws a duration, in milliseconds.
func (w *world) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64((hi-lo)/time.Millisecond)+1))*time.Millisecond
}

func (w *world) violated(invariant, format string, args ...any) {
	if w.failure == "" {
		w.failure = invariant + ": " + fmt.Sprintf(format, args...)
		w.note("VIOLATED %s", w.failure)
	}
}

func (w *world) note(format string, args ...any) {
	if !w.tracing {
		return
	}
	w.trace = append(w.trace, fmt.Sprintf("%9.3f ", w.now.Sub(noon).Seconds())+fmt.Sprintf(format, args...))
}

// run tells a whole life: joining, some twenty minutes of trouble, calm, the end.
func (w *world) run() {
	w.server.create()
	w.pcs[0].boot(true)
	w.people()
	w.until(noon.Add(25 * time.Minute))
	w.calmDown()
	w.troubledAt = w.now
	for range 100 {
		w.until(later(w.troubledAt.Add(settleWithin), w.spokeAt.Add(underWay)))
		if w.now.After(w.spokeAt.Add(underWay-time.Second)) && !w.now.Before(w.troubledAt.Add(settleWithin)) {
			break
		}
	}
	w.checkSettled()
	w.quiet = true
	for w.failure == "" && w.session().State != session.StateEnded {
		if !w.step() || w.now.After(noon.Add(24*time.Hour)) {
			break
		}
	}
	w.checkEnd()
}

// calmDown ends all faults: what is off comes on, what is blocked is free, whoever has to choose chooses.
func (w *world) calmDown() {
	w.note("--- calm")
	w.calm = true
	w.server.start()
	w.server.choose()
	for _, p := range w.pcs {
		p.calmDown()
	}
}

// session is as stored.
func (w *world) session() session.Session { return w.server.store.s }
