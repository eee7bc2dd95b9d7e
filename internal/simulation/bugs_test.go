package simulation

import (
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// bugs are mistakes that can be planted, to prove that they would be caught.
type bugs struct {
	// In the hub and its store:
	publishFirst, ackFirst, ignoreRevision, forgetAudit, volatileStore, volatileOutbox, forgetTimers, seenLate bool
	// In the agent:
	applyTwice, noGuard, noBootCheck, keepGrants, volatileAgent, tornDocument, forgetGeneration, lowerGeneration bool
	ackAhead, ackUnsaved, staleFarewell, stuckInSafeMode, keepControl                                            bool
	// In the state machine: what is applied instead.
	machine func(s session.Session, ev session.Event, now time.Time) (session.Session, []session.Effect, error)
}

func (b *bugs) apply(s session.Session, ev session.Event, now time.Time) (session.Session, []session.Effect, error) {
	if b.machine != nil {
		return b.machine(s, ev, now)
	}
	return session.Apply(s, ev, now)
}

// wrongEvent is a machine that takes an event for another one.
func wrongEvent(change func(session.Session, session.Event) session.Event) bugs {
	return bugs{machine: func(s session.Session, ev session.Event, now time.Time) (session.Session, []session.Effect, error) {
		return session.Apply(s, change(s, ev), now)
	}}
}

// wrongTime is a machine that is off by some time for one kind of event.
func wrongTime[E session.Event](by time.Duration) bugs {
	return bugs{machine: func(s session.Session, ev session.Event, now time.Time) (session.Session, []session.Effect, error) {
		if _, ok := ev.(E); ok {
			now = now.Add(by)
		}
		return session.Apply(s, ev, now)
	}}
}

// wrongResult is a machine that gets something wrong at the end.
func wrongResult(change func(before session.Session, ev session.Event, next *session.Session, effects []session.Effect) []session.Effect) bugs {
	return bugs{machine: func(s session.Session, ev session.Event, now time.Time) (session.Session, []session.Effect, error) {
		next, effects, err := session.Apply(s, ev, now)
		if err == nil && next.Revision != s.Revision {
			effects = change(s, ev, &next, effects)
		}
		return next, effects, err
	}}
}

func keepsWindow(s session.Session, ev session.Event, next *session.Session, effects []session.Effect) []session.Effect {
	if _, ok := ev.(session.Rejoin); ok {
		next.Link.WindowUntil = s.Link.WindowUntil
	}
	return effects
}

func withGrantless(b bugs) bugs {
	b.noGuard = true
	return b
}

// planted are the mistakes, and how many sessions they may go unnoticed.
var planted = []struct {
	name   string
	bugs   bugs
	within int
}{
	{"the hub publishes before it commits", bugs{publishFirst: true}, 2000},
	{"the hub acknowledges before it commits", bugs{ackFirst: true}, 5000},
	{"the store ignores the revision", bugs{ignoreRevision: true}, 2000},
	{"the store forgets audit lines", bugs{forgetAudit: true}, 10},
	{"the store loses its last commit in a crash", bugs{volatileStore: true}, 2000},
	{"the store keeps the outbox in memory", bugs{volatileOutbox: true}, 3000},
	{"deadlines are not taken up after a restart", bugs{forgetTimers: true}, 5000},
	{"the window counts from when the loss was noticed", bugs{seenLate: true}, 20000},
	{"the agent applies a repeated command again", bugs{applyTwice: true}, 2000},
	{"the agent acknowledges what it has not applied", bugs{ackAhead: true}, 1000},
	{"the agent acknowledges before it saves", bugs{ackUnsaved: true}, 2000},
	{"the agent has no guard, and the server asks nobody", withGrantless(wrongResult(
		func(s session.Session, ev session.Event, next *session.Session, effects []session.Effect) []session.Effect {
			return slices.Clone(mapCommands(effects, func(c session.Command) session.Command {
				if ask, ok := c.(session.AskReboot); ok {
					return session.GoReboot{RebootID: ask.RebootID, BootID: ask.BootID}
				}
				return c
			}))
		})), 100},
	{"grants outlive the boot, and are not compared with it", bugs{keepGrants: true, noBootCheck: true}, 20000},
	{"the agent's outbox dies with its process", bugs{volatileAgent: true}, 3000},
	{"the agent's document is an old one after a crash", bugs{tornDocument: true}, 2000},
	{"the agent notes the generation before", bugs{forgetGeneration: true}, 200},
	{"a late regenerate takes the agent back", bugs{lowerGeneration: true}, 20000},
	{"Safe Mode sticks", bugs{stuckInSafeMode: true}, 3000},
	{"the window ends a millisecond late", wrongTime[session.Rejoin](-time.Millisecond), 10000},
	{"the window ends a millisecond early", wrongTime[session.Tick](time.Millisecond), 20000},
	{"a rejoin is due a second early", wrongTime[session.Rejoin](time.Second), 10000},
	{"downtime is not credited", wrongEvent(func(_ session.Session, ev session.Event) session.Event {
		if down, ok := ev.(session.ServerWasDown); ok {
			return session.ServerWasDown{From: down.To.Add(-time.Millisecond), To: down.To}
		}
		return ev
	}), 5000},
	{"downtime is credited again and again", wrongResult(
		func(_ session.Session, _ session.Event, next *session.Session, effects []session.Effect) []session.Effect {
			next.CreditedUntil = time.Time{}
			return effects
		}), 60000},
	{"any generation will do", wrongEvent(func(s session.Session, ev session.Event) session.Event {
		if rejoin, ok := ev.(session.Rejoin); ok {
			rejoin.Generation = s.Link.Generation
			return rejoin
		}
		return ev
	}), 10000},
	{"only the last two generations will do", bugs{machine: onlyTwoGenerations}, 5000},
	{"a lost socket is taken for a reboot", wrongEvent(func(s session.Session, ev session.Event) session.Event {
		if rejoin, ok := ev.(session.Rejoin); ok && !s.Link.Online {
			rejoin.BootID += "'"
			return rejoin
		}
		return ev
	}), 100},
	{"a reboot is taken for a lost socket", wrongEvent(func(s session.Session, ev session.Event) session.Event {
		if rejoin, ok := ev.(session.Rejoin); ok {
			rejoin.BootID = s.Link.BootID
			return rejoin
		}
		return ev
	}), 100},
	{"repeated messages count again", wrongEvent(func(s session.Session, ev session.Event) session.Event {
		if m, ok := ev.(session.FromAgent); ok && m.Seq > 0 && m.Seq <= s.EventSeq {
			m.Seq = s.EventSeq + 1
			return m
		}
		return ev
	}), 5000},
	{"the loss of an old link is the loss of the new one", wrongEvent(func(s session.Session, ev session.Event) session.Event {
		if lost, ok := ev.(session.LoseLink); ok {
			lost.Admitted = s.Link.Admitted
			return lost
		}
		return ev
	}), 5000},
	{"the window runs on after the return", wrongResult(keepsWindow), 2000},
	{"an extension is confirmed and forgotten", wrongResult(
		func(s session.Session, ev session.Event, next *session.Session, effects []session.Effect) []session.Effect {
			if _, ok := ev.(session.ExtendWindow); ok {
				next.Link.WindowUntil = s.Link.WindowUntil
			}
			return effects
		}), 3000},
	{"a transition is not audited", wrongResult(
		func(_ session.Session, ev session.Event, _ *session.Session, effects []session.Effect) []session.Effect {
			if _, ok := ev.(session.LoseLink); ok {
				return slices.DeleteFunc(effects, func(e session.Effect) bool { _, ok := e.(session.Audit); return ok })
			}
			return effects
		}), 100},
	{"mouse and keyboard outlive the screen on the PC", bugs{keepControl: true}, 20000},
	{"mouse and keyboard outlive the screen at the server", wrongResult(
		func(s session.Session, _ session.Event, next *session.Session, effects []session.Effect) []session.Effect {
			if s.Control.State == session.SharingOn && next.Sharing.State == session.SharingStopped {
				next.Control = s.Control
			}
			return effects
		}), 5000},
	{"control passes on without a word to the agent", wrongResult(
		func(s session.Session, ev session.Event, next *session.Session, effects []session.Effect) []session.Effect {
			if _, ok := ev.(session.Tick); !ok {
				return effects
			}
			return mapCommands(effects, func(c session.Command) session.Command {
				if set, ok := c.(session.SetControl); ok {
					set.ID = "u9"
					return set
				}
				return c
			})
		}), 20000},
	{"an old farewell is taken for a new one", staleFarewell(), 5000},
}

func mapCommands(effects []session.Effect, change func(session.Command) session.Command) []session.Effect {
	out := slices.Clone(effects)
	for i, e := range out {
		if send, ok := e.(session.Send); ok {
			send.Command = change(send.Command)
			out[i] = send
		}
	}
	return out
}

// onlyTwoGenerations is what the machine once did: an agent that lost two welcomes in a row was turned away for good.
func onlyTwoGenerations(s session.Session, ev session.Event, now time.Time) (session.Session, []session.Effect, error) {
	if rejoin, ok := ev.(session.Rejoin); ok && rejoin.Generation < s.Link.Generation-1 && s.State == session.StateActive {
		return s, nil, &session.Refusal{Code: session.RefusedSuperseded}
	}
	return session.Apply(s, ev, now)
}

// staleFarewell: the agent sends what it said in an earlier boot, and the machine does not ask in which.
func staleFarewell() bugs {
	b := wrongEvent(func(s session.Session, ev session.Event) session.Event {
		m, ok := ev.(session.FromAgent)
		if !ok {
			return ev
		}
		if down, ok := m.Event.(session.GoingDown); ok {
			down.BootID = s.Link.BootID
			m.Event = down
		}
		return m
	})
	b.staleFarewell = true
	return b
}

// TestPlantedBugs proves the harness: each mistake is caught within a bounded number of sessions.
func TestPlantedBugs(t *testing.T) {
	if len(planted) < 20 {
		t.Errorf("only %d bugs are planted", len(planted))
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	for _, p := range planted {
		t.Run(strings.ReplaceAll(p.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			for seed := range p.within {
				w := newWorld(uint64(seed), p.bugs, false)
				if w.run(); w.failure != "" {
					t.Logf("caught in session %d: %s", seed+1, w.failure)
					return
				}
			}
			t.Errorf("not caught in %d sessions", p.within)
		})
	}
}
