package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// TestPromptOutlivesTheLink: it stays, is not shown twice, and its answer arrives later.
func TestPromptOutlivesTheLink(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.ask("r1")
		r.prompt("reboot/r1")
		p.acks()
		p.hangUp()
		p = r.s.next().admit()
		p.write(wire.AskReboot{Reboot: "r1", Kind: "normal", BootID: r.s.bootID, By: "Jonas Weber", Seconds: 60}, r.s.cmd, 0) // repeated
		expect[*wire.Ack](p)
		p.hangUp()
		r.s.setDown(true)
		r.answer("reboot/r1", machine.AnswerYes)
		r.until("answered", func(s sim.Snapshot) bool { return s.Prompt == nil })
		r.s.setDown(false)
		p = r.s.next().admit()
		if got := event[*wire.ConsentAnswered](p); got.Answer != "yes" {
			t.Errorf("answer %+v", got)
		}
		if n := len(r.pc.Shown()); n != 1 {
			t.Errorf("%d prompts shown", n)
		}
	})
}

// TestPromptOutlivesTheProcess: a killed agent asks again, with the time that is left; in another boot it does not.
func TestPromptOutlivesTheProcess(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.ask("r1")
		r.prompt("reboot/r1")
		p.acks()
		r.ok(r.pc.KillAgent())
		p.hangUp()
		r.s.none(20 * time.Second)
		r.ok(r.pc.StartAgent())
		p = r.s.next().admit()
		if q := r.prompt("reboot/r1"); q.For > 40*time.Second || q.For < 39*time.Second {
			t.Errorf("left %v", q.For)
		}
		r.ok(r.pc.PullThePlug())
		p.hangUp()
		r.ok(r.pc.PowerOn())
		r.s.next().admit()
		synctest.Wait()
		if s, _ := r.pc.Snapshot(); s.Prompt != nil {
			t.Errorf("asked in another boot: %+v", s.Prompt)
		}
		if len(r.document().Prompts) != 0 {
			t.Error("kept in another boot")
		}
	})
}

// TestCrowdedPrompts: one at a time; what is too much is not shown, and said so.
func TestCrowdedPrompts(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		for _, id := range []string{"p1", "p2", "p3", "p4", "p5"} {
			p.command(wire.AskShare{Prompt: id, Seconds: 600})
		}
		if got := event[*wire.ShareAnswered](p); got.Prompt != "p5" || got.Answer != "not_shown" {
			t.Errorf("answer %+v", got)
		}
		r.prompt("share/p1")
		if n := len(r.pc.Shown()); n != 1 {
			t.Errorf("%d windows", n)
		}
		p.command(wire.ClosePrompt{ID: "p1"})
		r.answer("share/p2", machine.AnswerNo)
		if got := event[*wire.ShareAnswered](p); got.Prompt != "p2" || got.Answer != "no" {
			t.Errorf("answer %+v", got)
		}
	})
}

// lateUI is a screen where the customer's Yes crosses with the window being taken away.
type lateUI struct{ machine.UI }

func (u lateUI) Ask(ctx context.Context, p machine.Prompt) (machine.Answer, error) {
	_, _ = u.UI.Ask(ctx, p)
	return machine.AnswerYes, nil
}

type latePC struct{ *sim.Process }

func (m latePC) UI() machine.UI { return lateUI{m.Process.UI()} }

// TestYesTooLate: a Yes to a question that was taken back is none.
func TestYesTooLate(t *testing.T) {
	in(t, func(r *rig) {
		r.cfg = func(c *Config) { c.Machine = latePC{c.Machine.(*sim.Process)} }
		p := r.joined()
		p.ask("r1")
		p.command(wire.AskShare{Prompt: "p1", Seconds: 60})
		r.prompt("reboot/r1")
		p.command(wire.ClosePrompt{ID: "p1"})
		p.command(wire.ClosePrompt{ID: "r1"})
		p.acks()
		synctest.Wait()
		p.command(wire.PrepareReboot{Reboot: "r1", BootID: r.s.bootID, WindowMinutes: 10})
		if got := event[*wire.RebootFailed](p); got.Step != "grant" {
			t.Errorf("prepare: %+v", got)
		}
	})
}
