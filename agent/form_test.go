package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// form waits for the code window with an error, "" for none.
func (r *rig) form(want string) machine.CodeForm {
	r.t.Helper()
	return *r.until("code window "+want, func(s sim.Snapshot) bool {
		return s.Form != nil && strings.Contains(s.Form.Error, want) && (want == "") == (s.Form.Error == "")
	}).Form
}

// TestCodeWindow: whatever is wrong is said, and what was typed is kept.
func TestCodeWindow(t *testing.T) {
	in(t, func(r *rig) {
		r.cfg = func(c *Config) { c.Code, c.Server = "", "" }
		r.ok(r.pc.StartAgent())
		f := r.form("")
		if f.ServerLabel == "" || f.Code != "" || f.Server != "" {
			t.Errorf("form %+v", f)
		}
		r.ok(r.pc.EnterCode("123", "http://localhost"))
		if f = r.form("has 10 digits"); f.Code != "123" || f.Server != "http://localhost" {
			t.Errorf("form %+v", f)
		}
		r.ok(r.pc.EnterCode("123-456-7890", "http://help.example.com"))
		if f = r.form("encrypted"); f.Code != "123-456-7890" {
			t.Errorf("form %+v", f)
		}
		r.ok(r.pc.EnterCode("123-456-7890", "a b"))
		r.form("not a server address")
		r.ok(r.pc.EnterCode("123-456-7890", "http://localhost"))
		p := r.s.next()
		p.prove()
		if p.join.Code != testCode {
			t.Errorf("joined with %q", p.join.Code)
		}
		p.write(wire.Refused{Code: wire.RefusedCode}, 0, 0)
		if f = r.form("wrong, has been used or has expired"); f.Code != "123-456-7890" || f.Server != "http://localhost" {
			t.Errorf("form %+v", f)
		}
		p.hangUp()
		r.ok(r.pc.EnterCode("0987654321", "http://localhost"))
		p = r.s.next()
		p.prove()
		p.write(wire.Refused{Code: wire.RefusedBusy, RetryAfter: 60}, 0, 0)
		r.form("wait 60 seconds")
		p.hangUp()
		r.ok(r.pc.EnterCode("0987654321", "http://localhost"))
		first := p.join.PublicKey
		p = r.s.next().admit()
		if p.join.Code != "0987654321" || p.join.PublicKey.Equal(first) {
			t.Error("a key was used for two joins")
		}
	})
}

// TestCodeWindowClosed: nothing is left of a session that was not begun.
func TestCodeWindowClosed(t *testing.T) {
	in(t, func(r *rig) {
		r.cfg = func(c *Config) { c.Code = "12" }
		r.ok(r.pc.StartAgent())
		if f := r.form("has 10 digits"); f.Code != "12" || f.ServerLabel != "" {
			t.Errorf("form %+v", f)
		}
		r.ok(r.pc.CancelCode())
		if err := r.returned(); err != nil {
			t.Errorf("Run returned %v", err)
		}
		r.clean()
	})
}

// TestCodeWindowWhileWindowsEnds: Windows does not have to wait for it.
func TestCodeWindowWhileWindowsEnds(t *testing.T) {
	in(t, func(r *rig) {
		r.cfg = func(c *Config) { c.Code = "" }
		r.ok(r.pc.StartAgent())
		r.form("")
		began := time.Now()
		r.ok(r.pc.ShutDown())
		if err := r.returned(); err != ErrGoingDown || time.Since(began) > 2*time.Second {
			t.Errorf("Run returned %v after %v", err, time.Since(began))
		}
	})
}

// TestMistypedServer: a typed address that leads nowhere is asked for again; a configured one is tried for ever.
func TestMistypedServer(t *testing.T) {
	in(t, func(r *rig) {
		r.s.setDown(true)
		r.cfg = func(c *Config) { c.Server = "" }
		r.ok(r.pc.StartAgent())
		r.form("")
		r.ok(r.pc.EnterCode(testCode, "localhost:1"))
		r.form("localhost:1 cannot be reached")
		r.s.setDown(false)
		r.ok(r.pc.EnterCode(testCode, "http://localhost"))
		r.s.next().admit()
	})
	in(t, func(r *rig) {
		r.s.setDown(true)
		r.ok(r.pc.StartAgent())
		r.until("said", func(s sim.Snapshot) bool {
			return s.View != nil && strings.Contains(s.View.Status, "localhost cannot be reached")
		})
		r.s.none(time.Minute)
		r.s.setDown(false)
		r.s.next().admit()
	})
}

// TestOutdated: before there is a session, another version means another download.
func TestOutdated(t *testing.T) {
	in(t, func(r *rig) {
		r.ok(r.pc.StartAgent())
		p := r.s.next()
		p.prove()
		p.write(wire.Refused{Code: wire.RefusedVersion}, 0, 0)
		r.dismissed("The server needs another version of this program. Please download it again from localhost.")
	})
}

// TestAlone: a second process says so and goes, and does no harm to the first.
func TestAlone(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.ok(r.pc.StartAgent())
		s := r.until("told", func(s sim.Snapshot) bool { return s.Notice != nil })
		if s.Notice.Heading != "Already running" {
			t.Errorf("notice %+v", s.Notice)
		}
		r.ok(r.pc.Dismiss())
		if err := r.returned(); err != ErrAlreadyRunning {
			t.Errorf("Run returned %v", err)
		}
		r.ok(r.pc.Send("still here"))
		event[*wire.CustomerChat](p)
	})
}

// TestNewCode: the program is started with another session's code.
func TestNewCode(t *testing.T) {
	newCode := func(c *Config) { c.Code = "555-555-5555" }
	t.Run("the old session is over", func(t *testing.T) {
		in(t, func(r *rig) {
			p := r.joined()
			r.ok(r.pc.KillAgent())
			p.hangUp()
			r.cfg = newCode
			r.ok(r.pc.StartAgent())
			p = r.s.next()
			p.prove()
			p.write(wire.Refused{Code: wire.RefusedExpired}, 0, 0)
			p.hangUp()
			r.s.session, r.s.gen, r.s.got, r.s.cmd = "s2", 0, 0, 0
			p = r.s.next().admit()
			if p.join.Code != "5555555555" || r.document().Session != "s2" {
				t.Errorf("join %+v", p.join)
			}
		})
	})
	for _, answer := range []machine.Answer{machine.AnswerYes, machine.AnswerNo} {
		t.Run("the old session lives, "+string(answer), func(t *testing.T) {
			in(t, func(r *rig) {
				p := r.joined()
				r.ok(r.pc.KillAgent())
				p.hangUp()
				r.cfg = newCode
				r.ok(r.pc.StartAgent())
				p = r.s.next().admit()
				r.answer("switch/switch", answer)
				if answer == machine.AnswerNo {
					r.until("stayed", func(s sim.Snapshot) bool { return s.Prompt == nil && s.View != nil })
					r.ok(r.pc.Send("hello"))
					event[*wire.CustomerChat](p)
					return
				}
				event[*wire.CustomerEnded](p)
				p.command(wire.EndSession{Reason: "by_customer"})
				p.acks()
				p.hangUp()
				r.s.session, r.s.gen, r.s.got, r.s.cmd = "s2", 0, 0, 0
				if p = r.s.next().admit(); p.join.Code != "5555555555" {
					t.Errorf("join %+v", p.join)
				}
			})
		})
	}
	t.Run("the same code", func(t *testing.T) {
		in(t, func(r *rig) {
			p := r.joined()
			r.ok(r.pc.KillAgent())
			p.hangUp()
			r.ok(r.pc.StartAgent())
			r.s.next().admit()
			if len(r.document().Prompts) != 0 {
				t.Error("asked whether to switch to the same session")
			}
		})
	})
}

// TestFrench: the customer's Windows decides.
func TestFrench(t *testing.T) {
	in(t, func(r *rig) {
		r.pc.SetLocale("fr-CH")
		p := r.joined()
		p.ask("r1")
		if q := r.prompt("reboot/r1"); q.Heading != "Jonas Weber demande à redémarrer votre PC" || q.Yes != "Oui, redémarrer" {
			t.Errorf("prompt %+v", q)
		}
		s := r.until("asked", func(s sim.Snapshot) bool { return s.View.Tone == toneWarn })
		if s.View.Status != "Jonas Weber demande à redémarrer votre PC" || s.View.End != "Terminer la session" {
			t.Errorf("view %+v", s.View)
		}
	})
}
