package agent

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

var errRefusedForTest = syscall.ECONNREFUSED

// ask sends a question about a restart.
func (p *peer) ask(id string) {
	p.command(wire.AskReboot{Reboot: id, Kind: "normal", BootID: p.s.bootID, By: "Jonas Weber", Message: "Please save.", Seconds: 60})
}

// agreed brings a reboot to the point where everything is prepared.
func (r *rig) agreed(p *peer, id string) {
	r.t.Helper()
	p.ask(id)
	r.agree(p, id)
}

func (r *rig) agree(p *peer, id string) {
	r.t.Helper()
	r.answer("reboot/"+id, machine.AnswerYes)
	if got := event[*wire.ConsentAnswered](p); got.Reboot != id || got.Answer != "yes" || got.Source != "customer" {
		r.t.Fatalf("answer %+v", got)
	}
	p.command(wire.PrepareReboot{Reboot: id, BootID: r.s.bootID, WindowMinutes: 10})
	if got := event[*wire.RebootPrepared](p); got.Reboot != id {
		r.t.Fatalf("prepared %+v", got)
	}
}

func TestJoin(t *testing.T) {
	in(t, func(r *rig) {
		r.s.history = []wire.ChatLine{{From: "Jonas Weber", Text: "Hello", At: time.Now().Add(-time.Minute)}}
		p := r.joined()
		if p.join.Code != testCode || !p.join.SignedIn || p.join.PC.Name != "DEMO-PC" || !p.join.PC.Reboot.Available {
			t.Errorf("join %+v", p.join)
		}
		s := r.until("connected", func(s sim.Snapshot) bool { return s.View != nil && s.View.Tone == toneOK })
		if s.View.Status != "Connected to Jonas Weber" || s.View.Title != "Nordlicht IT – Jonas Weber" || !s.View.CanSend || !s.Autostart {
			t.Errorf("view %+v, autostart %t", s.View, s.Autostart)
		}
		if got := []string{s.View.Lines[0].Text, s.View.Lines[1].Text}; !slices.Equal(got, []string{"Hello", "You are connected to Jonas Weber (Nordlicht IT)."}) {
			t.Errorf("lines %q", got)
		}
		d := r.document()
		if d.Code != "" || d.Session != "s1" || d.Generation != 1 || !r.s.key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(d.ServerKey)) {
			t.Errorf("document %+v", d)
		}
	})
}

// TestReboot is the whole story, from the question to the conversation that goes on.
func TestReboot(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		boot := r.s.bootID
		p.ask("r1")
		q := r.prompt("reboot/r1")
		want := machine.Prompt{
			ID: "reboot/r1", Title: "Nordlicht IT", Heading: "Jonas Weber asks to restart your PC", Quote: "Please save.",
			Body: q.Body, AtZero: "Without an answer, nothing is restarted.", Yes: "Yes, restart", No: "No", For: 60 * time.Second,
		}
		if q != want {
			t.Errorf("prompt %+v, want %+v", q, want)
		}
		r.agree(p, "r1")
		if d := r.document(); d.Ticket == nil || d.Ticket.Reboot != "r1" || d.Ticket.BootID != boot || !d.Ticket.Commanded.IsZero() {
			t.Errorf("ticket %+v", d.Ticket)
		}
		p.command(wire.GoReboot{Reboot: "r1", BootID: boot})
		if got := event[*wire.GoingDown](p); got.Reboot != "r1" {
			t.Errorf("going down %+v", got)
		}
		if _, _, err := p.read(); err == nil {
			t.Error("the link is still there after the PC went down")
		}
		if err := r.returned(); !errors.Is(err, ErrGoingDown) {
			t.Errorf("Run returned %v", err)
		}
		p = r.s.next().admit()
		if p.re.BootID == boot || p.re.Generation != 1 || !p.re.SignedIn || p.re.Acked != r.s.cmd {
			t.Errorf("rejoin %+v", p.re)
		}
		r.line("Your PC was restarted and is connected again.")
		if r.pc.Restarts() != 1 {
			t.Errorf("%d restarts", r.pc.Restarts())
		}
		s, _ := r.pc.Snapshot()
		if !s.Autostart {
			t.Error("the start registration was not renewed")
		}
		if d := r.document(); d.Ticket != nil || d.Going != nil || d.Consent.Reboot != nil {
			t.Errorf("left over: %+v %+v %+v", d.Ticket, d.Going, d.Consent.Reboot)
		}
		r.ok(r.pc.Send("I am back"))
		if got := event[*wire.CustomerChat](p); got.Text != "I am back" {
			t.Errorf("chat %+v", got)
		}
	})
}

// TestRebootAnswers: only a Yes leads on, and the ways of not saying it are kept apart.
func TestRebootAnswers(t *testing.T) {
	for _, c := range []struct {
		answer machine.Answer // "" lets the time run out
		want   string
	}{{machine.AnswerNo, "no"}, {"", "no_reply"}, {machine.AnswerAbsent, "absent"}} {
		t.Run(c.want, func(t *testing.T) {
			in(t, func(r *rig) {
				p := r.joined()
				p.ask("r1")
				if c.answer != "" {
					r.answer("reboot/r1", c.answer)
				}
				began := time.Now()
				if got := event[*wire.ConsentAnswered](p); got.Answer != c.want || got.Source != "" {
					t.Errorf("answer %+v", got)
				}
				if took := time.Since(began); c.answer == "" && took != time.Minute {
					t.Errorf("no reply after %v", took)
				}
				// A server that goes on all the same gets nowhere.
				p.command(wire.PrepareReboot{Reboot: "r1", BootID: r.s.bootID, WindowMinutes: 10})
				if got := event[*wire.RebootFailed](p); got.Step != "grant" {
					t.Errorf("prepare: %+v", got)
				}
				p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
				if got := event[*wire.RebootFailed](p); got.Step != "grant" {
					t.Errorf("go: %+v", got)
				}
				if r.pc.Restarts() != 0 {
					t.Error("restarted")
				}
			})
		})
	}
}

func TestRebootCalledOff(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.ask("r1")
		r.prompt("reboot/r1")
		p.command(wire.ClosePrompt{ID: "r1"})
		r.until("the prompt gone", func(s sim.Snapshot) bool { return s.Prompt == nil })
		r.line("The restart was called off.")
		p.acks()

		r.agreed(p, "r2")
		p.command(wire.AbortReboot{Reboot: "r2"})
		p.acks()
		p.command(wire.PrepareReboot{Reboot: "r2", BootID: r.s.bootID, WindowMinutes: 10})
		if got := event[*wire.RebootFailed](p); got.Step != "grant" {
			t.Errorf("prepare after abort: %+v", got)
		}
		p.command(wire.GoReboot{Reboot: "r2", BootID: r.s.bootID})
		if got := event[*wire.RebootFailed](p); got.Step != "grant" || got.Reboot != "r2" {
			t.Errorf("go after abort: %+v", got)
		}
		if r.pc.Restarts() != 0 {
			t.Error("restarted")
		}
	})
}

func TestWindowsRefuses(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.agreed(p, "r1")
		r.pc.RefuseRestarts(errOfTest)
		p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
		if got := event[*wire.RebootFailed](p); got.Step != "restart" || got.Detail != errOfTest.Error() {
			t.Errorf("failed: %+v", got)
		}
		r.line("Windows refused to restart. The session goes on.")
		if d := r.document(); d.Ticket != nil || d.Consent.Reboot != nil {
			t.Errorf("not rolled back: %+v %+v", d.Ticket, d.Consent.Reboot)
		}
		// The next try needs a new Yes.
		r.pc.RefuseRestarts(nil)
		p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
		if got := event[*wire.RebootFailed](p); got.Step != "grant" {
			t.Errorf("again: %+v", got)
		}
		if r.pc.Restarts() != 1 {
			t.Errorf("%d restarts", r.pc.Restarts())
		}
	})
}

// TestBlocked: a program says no, and Windows gives up; or nothing comes of it at all.
func TestBlocked(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.pc.Block("Word\u202e – Rechnung.docx")
		r.agreed(p, "r1")
		p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
		if got := event[*wire.GoingDown](p); got.Reboot != "r1" {
			t.Errorf("going down: %+v", got)
		}
		if got := event[*wire.RestartBlocked](p); got.Reboot != "r1" || !slices.Equal(got.Apps, []string{"Word – Rechnung.docx"}) {
			t.Errorf("blocked: %+v", got)
		}
		r.line("Your PC did not restart, because of: Word – Rechnung.docx. The session goes on.")
		// The customer closes the program and restarts by themselves: that is another restart, not asked for.
		r.pc.Unblock()
		r.until("at the desktop", func(s sim.Snapshot) bool { return s.Power == sim.Desktop })
		r.ok(r.pc.SystemRestart())
		if got := event[*wire.GoingDown](p); got.Reboot != "" {
			t.Errorf("going down: %+v", got)
		}
		r.s.next().admit()
	})
}

func TestNothingComesOfIt(t *testing.T) {
	in(t, func(r *rig) {
		r.cfg = func(c *Config) { c.RestartPatience = 5 * time.Second }
		p := r.joined()
		r.pc.Block("Setup")
		r.agreed(p, "r1")
		p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
		event[*wire.GoingDown](p)
		began := time.Now()
		if got := event[*wire.RestartBlocked](p); got.Reboot != "r1" || time.Since(began) > 5*time.Second {
			t.Errorf("blocked: %+v after %v", got, time.Since(began))
		}
		r.pc.Unblock() // and yet it goes on
		if got := event[*wire.GoingDown](p); got.Reboot != "" {
			t.Errorf("going down: %+v", got)
		}
		r.s.next().admit()
	})
}

// TestForeignRestarts: whatever makes the PC go, the session comes back.
func TestForeignRestarts(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		boot := r.s.bootID
		r.ok(r.pc.SystemRestart())
		if got := event[*wire.GoingDown](p); got.Reboot != "" || got.BootID != boot {
			t.Errorf("going down: %+v", got)
		}
		p = r.s.next().admit()
		if r.s.bootID == boot {
			t.Error("the same boot")
		}

		boot = r.s.bootID
		r.ok(r.pc.PullThePlug())
		r.s.none(30 * time.Second)
		r.ok(r.pc.PowerOn())
		p.hangUp() // the old connection never said anything
		p = r.s.next().admit()
		if r.s.bootID == boot {
			t.Error("the same boot")
		}

		boot = r.s.bootID
		r.ok(r.pc.KillAgent())
		instance := p.re.Instance
		r.ok(r.pc.StartAgent())
		p = r.s.next().admit()
		if r.s.bootID != boot || p.re.Instance == instance {
			t.Errorf("boot %s after %s, instance %s after %s", r.s.bootID, boot, p.re.Instance, instance)
		}
		s, _ := r.pc.Snapshot()
		if got := len(s.View.Lines); got != 3 { // joined, two restarts: a killed agent is no restart
			t.Errorf("%d lines: %+v", got, s.View.Lines)
		}
	})
}

func TestShare(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.command(wire.AskShare{Prompt: "p1", By: "Jonas Weber", Seconds: 30})
		r.answer("share/p1", machine.AnswerYes)
		if got := event[*wire.ShareAnswered](p); got.Prompt != "p1" || got.Answer != "yes" || got.Source != "customer" {
			t.Errorf("answer %+v", got)
		}
		s := r.until("shared", func(s sim.Snapshot) bool { return s.View.Sharing != "" })
		if s.View.Sharing != "Jonas Weber sees your screen" || s.View.StopShare == "" || s.View.Tone != toneLive {
			t.Errorf("view %+v", s.View)
		}
		r.ok(r.pc.StopShare())
		event[*wire.ShareStopped](p)
		r.until("not shared", func(s sim.Snapshot) bool { return s.View.Sharing == "" })

		p.command(wire.AskShare{Prompt: "p2", By: "Jonas Weber", Seconds: 30})
		r.answer("share/p2", machine.AnswerYes)
		event[*wire.ShareAnswered](p)
		p.command(wire.EndShare{})
		r.until("not shared", func(s sim.Snapshot) bool { return s.View.Sharing == "" })
		p.acks()

		// The grant is void after a restart.
		p.command(wire.AskShare{Prompt: "p3", By: "Jonas Weber", Seconds: 30})
		r.answer("share/p3", machine.AnswerYes)
		event[*wire.ShareAnswered](p)
		r.ok(r.pc.SystemRestart())
		event[*wire.GoingDown](p)
		p = r.s.next().admit()
		if s := r.until("back", func(s sim.Snapshot) bool { return s.View != nil }); s.View.Sharing != "" {
			t.Error("shared without a question after a restart")
		}
		p.command(wire.AskShare{Prompt: "p4", By: "Jonas Weber", Seconds: 30, Again: true})
		if q := r.prompt("share/p4"); q.Heading != "Show your screen to Jonas Weber again?" {
			t.Errorf("prompt %+v", q)
		}
		if got := event[*wire.ShareAnswered](p); got.Answer != "no_reply" {
			t.Errorf("answer %+v", got)
		}
	})
}

// TestReturn is the offer to cancel the reconnection.
func TestReturn(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.command(wire.AskReturn{Reboot: "r1", By: "Jonas Weber", Seconds: 15})
		if q := r.prompt("return/r1"); q.For != 15*time.Second {
			t.Errorf("prompt %+v", q)
		}
		if got := event[*wire.ReturnAnswered](p); got.Cancel {
			t.Error("no answer cancelled the return")
		}
		p.command(wire.AskReturn{Reboot: "r2", By: "Jonas Weber", Seconds: 15})
		r.answer("return/r2", machine.AnswerNo)
		if got := event[*wire.ReturnAnswered](p); !got.Cancel || got.Reboot != "r2" {
			t.Errorf("answer %+v", got)
		}
		p.command(wire.EndSession{Reason: "reconnect_cancelled"})
		p.acks()
		p.hangUp()
		r.dismissed("You cancelled the reconnection. This program has removed what it had stored on your PC.")
	})
}

// dismissed waits for a last message, dismisses it, and checks that nothing is left.
func (r *rig) dismissed(body string) {
	r.t.Helper()
	s := r.until("notice", func(s sim.Snapshot) bool { return s.Notice != nil })
	if s.Notice.Body != body {
		r.t.Errorf("notice %q, want %q", s.Notice.Body, body)
	}
	r.ok(r.pc.Dismiss())
	if err := r.returned(); err != nil {
		r.t.Errorf("Run returned %v", err)
	}
	r.clean()
}

func TestEnds(t *testing.T) {
	for reason, body := range map[string]string{
		"by_technician": "Jonas Weber has ended the session. This program has removed what it had stored on your PC.",
		"idle":          "Nobody used the session for a long time. If you still need help, ask for a new code.",
		"expired":       "Your PC was not back in time, so the session has expired. If you still need help, ask for a new code.",
		"whatever":      "The session is over. If you still need help, ask for a new code.",
	} {
		t.Run(reason, func(t *testing.T) {
			in(t, func(r *rig) {
				p := r.joined()
				p.ask("r1")
				r.prompt("reboot/r1")
				p.command(wire.EndSession{Reason: reason})
				p.acks() // it is told before the program goes
				r.dismissed(body)
			})
		})
	}
}

// TestRefusedForGood: the agent that turns up too late is told so and cleans up after itself.
func TestRefusedForGood(t *testing.T) {
	for code, body := range map[wire.RefusalCode]string{
		wire.RefusedExpired:    "Your PC was not back in time, so the session has expired. If you still need help, ask for a new code.",
		wire.RefusedEnded:      "The session is over. If you still need help, ask for a new code.",
		wire.RefusedSuperseded: "The session went on with another PC, so this one is no longer part of it. If you still need help, ask for a new code.",
		wire.RefusedUnknown:    "The server does not know this session any more. If you still need help, ask for a new code.",
	} {
		t.Run(string(code), func(t *testing.T) {
			in(t, func(r *rig) {
				p := r.joined()
				r.ok(r.pc.SystemRestart())
				event[*wire.GoingDown](p)
				if err := r.returned(); !errors.Is(err, ErrGoingDown) {
					t.Errorf("Run returned %v", err)
				}
				p = r.s.next()
				p.prove()
				p.write(wire.Refused{Code: code}, 0, 0)
				r.dismissed(body)
			})
		})
	}
}

func TestCustomerEnds(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.ask("r1")
		r.prompt("reboot/r1")
		r.ok(r.pc.End())
		event[*wire.CustomerEnded](p)
		r.until("closed", func(s sim.Snapshot) bool { return s.View == nil && s.Prompt == nil })
		p.command(wire.EndSession{Reason: "by_customer"})
		p.acks()
		p.hangUp()
		if err := r.returned(); err != nil {
			t.Errorf("Run returned %v", err)
		}
		r.clean()
	})
}

// TestCustomerEndsOffline: the PC is free at once, whether the server can be told or not.
func TestCustomerEndsOffline(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.s.setDown(true)
		p.hangUp()
		r.until("offline", func(s sim.Snapshot) bool { return s.View != nil && s.View.Tone == toneWarn })
		r.ok(r.pc.End())
		began := time.Now()
		if err := r.returned(); err != nil || time.Since(began) > leaveWithin {
			t.Errorf("Run returned %v after %v", err, time.Since(began))
		}
		r.clean()
	})
}

// TestRestartComesAfterTheSave: when Windows is told, the used-up grant is on disk.
func TestRestartComesAfterTheSave(t *testing.T) {
	in(t, func(r *rig) {
		saved := false
		r.cfg = func(c *Config) {
			c.Hooks.BeforeSave = func(name string) {
				if name != "reboot.go" {
					return
				}
				saved = true
				<-time.After(time.Second) // whoever would be early, is
				if n := r.pc.Restarts(); n != 0 {
					t.Errorf("%d restarts before the grant was used up", n)
				}
			}
			c.Hooks.AfterSave = func(name string) {
				if d := r.document(); name == "reboot.go" && (d.Consent.Reboot != nil || d.Ticket.Commanded.IsZero()) {
					t.Errorf("saved %+v, ticket %+v", d.Consent.Reboot, d.Ticket)
				}
			}
		}
		p := r.joined()
		r.agreed(p, "r1")
		p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
		event[*wire.GoingDown](p)
		if n := r.pc.Restarts(); n != 1 || !saved {
			t.Errorf("%d restarts, saved %t", n, saved)
		}
	})
}
