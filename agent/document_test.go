package agent

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// badDisk is a PC whose disk can be made to fail.
type badDisk struct {
	*sim.Process
	full   *atomic.Bool
	stored []byte // instead of what is there, if not nil
	load   error
}

func (b badDisk) Sealed() machine.Sealed { return badSealed{b.Process.Sealed(), b} }

type badSealed struct {
	machine.Sealed
	b badDisk
}

func (s badSealed) Load(name string) ([]byte, error) {
	if s.b.load != nil || s.b.stored != nil {
		return s.b.stored, s.b.load
	}
	return s.Sealed.Load(name)
}

func (s badSealed) Save(name string, data []byte) error {
	if s.b.full != nil && s.b.full.Load() {
		return errors.New("There is not enough space on the disk.")
	}
	return s.Sealed.Save(name, data)
}

// TestFullDisk: nothing is acknowledged that is not saved, nothing is lost, and it goes on by itself.
func TestFullDisk(t *testing.T) {
	in(t, func(r *rig) {
		var full atomic.Bool
		r.cfg = func(c *Config) { c.Machine = badDisk{Process: c.Machine.(*sim.Process), full: &full} }
		p := r.joined()
		full.Store(true)
		r.ok(r.pc.Send("typed on a full disk"))
		r.until("said", func(s sim.Snapshot) bool { return strings.Contains(s.View.Status, "not enough space") })
		r.line("typed on a full disk")
		r.ok(r.pc.Send("and more"))
		r.line("and more")
		p.ask("r1")
		if m, _, err := p.read(); err == nil {
			t.Fatalf("the agent sent %s from a full disk", m.Type())
		}
		p.hangUp()
		for range 3 { // it can't even take the welcome
			p = r.s.next()
			p.prove()
			p.welcome()
			if m, _, err := p.read(); err == nil {
				t.Fatalf("the agent sent %s from a full disk", m.Type())
			}
			p.hangUp()
			r.s.gen-- // not confirmed
		}
		full.Store(false)
		p = r.s.next().admit()
		p.write(wire.AskReboot{Reboot: "r1", Kind: "normal", BootID: r.s.bootID, Seconds: 60}, 1, 0)
		if got := event[*wire.CustomerChat](p); got.Text != "typed on a full disk" {
			t.Errorf("chat %+v", got)
		}
		if got := event[*wire.CustomerChat](p); got.Text != "and more" {
			t.Errorf("chat %+v", got)
		}
		r.answer("reboot/r1", machine.AnswerNo)
		event[*wire.ConsentAnswered](p)
		if s, _ := r.pc.Snapshot(); strings.Contains(s.View.Status, "space") {
			t.Errorf("status %q", s.View.Status)
		}
	})
}

// TestFullDiskAtJoin: said in the code window, with what was typed.
func TestFullDiskAtJoin(t *testing.T) {
	in(t, func(r *rig) {
		var full atomic.Bool
		full.Store(true)
		r.cfg = func(c *Config) { c.Machine = badDisk{Process: c.Machine.(*sim.Process), full: &full} }
		r.ok(r.pc.StartAgent())
		if f := r.form("not enough space"); f.Code != testCode {
			t.Errorf("form %+v", f)
		}
		full.Store(false)
		r.ok(r.pc.EnterCode(testCode, ""))
		r.s.next().admit()
	})
}

func TestUnusableState(t *testing.T) {
	good, err := json.Marshal(document{Version: documentVersion, Server: "http://localhost", Key: make([]byte, keySize), Session: "s1", Generation: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseDocument(good); err != nil {
		t.Fatal(err)
	}
	newer := []byte(strings.Replace(string(good), `"version":1`, `"version":2,"more":true`, 1))
	for _, c := range []struct {
		name, code string
		b          badDisk
		heading    string // "": it joins
		body       string
	}{
		{"newer", testCode, badDisk{stored: newer}, "Rejoin cannot start", "another version of this program"},
		{"unreadable", "", badDisk{load: errors.New("key not valid for use in specified state")}, "Rejoin cannot start", "key not valid"},
		{"unreadable, but a new code", testCode, badDisk{load: errors.New("key not valid")}, "", ""},
		{"garbage", "", badDisk{stored: []byte("garbage")}, "Rejoin cannot start", "saved session"},
		{"garbage, but a new code", testCode, badDisk{stored: []byte(`{"version":1}`)}, "", ""},
		{"unknown member", "", badDisk{stored: []byte(strings.Replace(string(good), `{`, `{"x":1,`, 1))}, "Rejoin cannot start", "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.cfg = func(cfg *Config) {
					b := c.b
					b.Process = cfg.Machine.(*sim.Process)
					cfg.Machine, cfg.Code = b, c.code
				}
				r.ok(r.pc.StartAgent())
				if c.heading == "" {
					r.s.next().admit()
					return
				}
				s := r.until("told", func(s sim.Snapshot) bool { return s.Notice != nil })
				if s.Notice.Heading != c.heading || !strings.Contains(s.Notice.Body, c.body) {
					t.Errorf("notice %+v", s.Notice)
				}
				r.ok(r.pc.Dismiss())
				if err := r.returned(); err == nil {
					t.Error("Run returned no error")
				}
			})
		})
	}
}

// TestInterruptedCleanUp: a process that was ended while it cleaned up is followed by one that finishes the work.
func TestInterruptedCleanUp(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.cfg = func(c *Config) { c.Code = "" }
		p.command(wire.EndSession{Reason: "idle"})
		p.acks()
		r.ok(r.pc.KillAgent())
		p.hangUp()
		if r.document().Over != overIdle {
			t.Fatalf("document %+v", r.document())
		}
		r.ok(r.pc.StartAgent())
		r.returned() // the killed one
		r.dismissed("Nobody used the session for a long time. If you still need help, ask for a new code.")
		r.s.none(time.Minute)
	})
}

// TestOutboxIsBounded: what can't be kept is not taken, and said.
func TestOutboxIsBounded(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.s.setDown(true)
		p.hangUp()
		long := strings.Repeat("x", wire.MaxChat)
		sent := 0
		for {
			s, _ := r.pc.Snapshot()
			if !s.View.CanSend {
				break
			}
			r.ok(r.pc.Send(long))
			if sent++; sent > maxOutbox {
				t.Fatal("no limit")
			}
		}
		if n := len(r.pc.Document(documentName)); n > maxOutboxBytes+64<<10 {
			t.Errorf("a document of %d bytes", n)
		}
		r.s.setDown(false)
		p = r.s.next().admit()
		for range len(r.document().Outbox) {
			event[*wire.CustomerChat](p)
		}
		r.until("can send", func(s sim.Snapshot) bool { return s.View.CanSend && s.View.Tone == toneOK })
	})
}
