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
		r.agreed(p, "r1")
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
