package agent

import (
	"testing"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// TestStanding: a policy that asks less counts only if the customer accepts it.
func TestStanding(t *testing.T) {
	less := wire.Policy{RebootOnNoReply: true, PromptSeconds: 60, WindowMinutes: 10}
	in(t, func(r *rig) {
		r.s.policy = less
		p := r.joined()
		q := r.prompt("standing/standing")
		if q.Heading != "Nordlicht IT asks for your permission in advance" {
			t.Errorf("prompt %+v", q)
		}
		// Before the answer the default holds.
		p.ask("r0")
		r.answer("reboot/r0", machine.AnswerNo)
		if got := event[*wire.ConsentAnswered](p); got.Answer != "no" {
			t.Errorf("answer %+v", got)
		}
		r.answer("standing/standing", machine.AnswerYes)
		r.line("You gave Nordlicht IT your permission for this session.")
		p.ask("r1")
		if got := event[*wire.ConsentAnswered](p); got.Answer != "yes" || got.Source != "prior" {
			t.Errorf("answer %+v", got)
		}
		p.command(wire.AskShare{Prompt: "p1", Seconds: 30})
		if got := event[*wire.ShareAnswered](p); got.Answer != "yes" || got.Source != "prior" {
			t.Errorf("answer %+v", got)
		}
		// Who stops the sharing wants to be asked the next time.
		r.until("shared", func(s sim.Snapshot) bool { return s.View.Sharing != "" })
		r.ok(r.pc.StopShare())
		event[*wire.ShareStopped](p)
		p.command(wire.AskShare{Prompt: "p2", Seconds: 30})
		r.answer("share/p2", machine.AnswerNo)
		if got := event[*wire.ShareAnswered](p); got.Answer != "no" {
			t.Errorf("answer %+v", got)
		}
	})
	for _, answer := range []machine.Answer{machine.AnswerNo, machine.AnswerTimeout, machine.AnswerClosed} {
		in(t, func(r *rig) {
			r.s.policy = less
			p := r.joined()
			r.answer("standing/standing", answer)
			r.line("You will be asked each time.")
			p.ask("r1")
			if got := event[*wire.ConsentAnswered](p); got.Answer != "no_reply" {
				t.Errorf("after %s: answer %+v", answer, got)
			}
		})
	}
	// No reply means Yes only where that was accepted.
	in(t, func(r *rig) {
		r.s.policy = wire.Policy{AskBeforeReboot: true, RebootOnNoReply: true, AskBeforeSharing: true, AskBeforeControl: true, PromptSeconds: 60, WindowMinutes: 10}
		p := r.joined()
		r.answer("standing/standing", machine.AnswerYes)
		p.ask("r1")
		if q := r.prompt("reboot/r1"); q.AtZero != "Without an answer, your PC restarts, as you agreed at the start." {
			t.Errorf("prompt %+v", q)
		}
		if got := event[*wire.ConsentAnswered](p); got.Answer != "yes" || got.Source != "timeout" {
			t.Errorf("answer %+v", got)
		}
	})
}

// TestPolicyIsPinned: what a later welcome says about the policy changes nothing, whatever the customer agreed to at the
// start.
func TestPolicyIsPinned(t *testing.T) {
	in(t, func(r *rig) {
		r.s.policy.AskBeforeSharing = false
		p := r.joined()
		r.answer("standing/standing", machine.AnswerYes)
		r.line("You gave Nordlicht IT your permission for this session.")
		r.s.policy = wire.Policy{RebootOnNoReply: true}
		p.hangUp()
		p = r.s.next().admit()
		p.ask("r1")
		r.prompt("reboot/r1")
		if got := event[*wire.ConsentAnswered](p); got.Answer != "no_reply" {
			t.Errorf("answer %+v", got)
		}
	})
}
