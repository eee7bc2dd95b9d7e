package agent

import (
	"fmt"
	"testing"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
)

// TestGuardControlPolicy: mouse and keyboard in advance only where the policy says so, the customer agreed, and the screen is
// shown; along with the screen only where both need no question.
func TestGuardControlPolicy(t *testing.T) {
	both := []bool{false, true}
	for _, askShare := range both {
		for _, askControl := range both {
			for _, standing := range []machine.Answer{"", machine.AnswerYes, machine.AnswerNo, machine.AnswerTimeout} {
				p := wire.Policy{AskBeforeReboot: true, AskBeforeSharing: askShare, AskBeforeControl: askControl}
				agreed := standing == machine.AnswerYes
				fresh := func() guard {
					_, g := guarded(p)
					if standing != "" {
						g.answerStanding(standing)
					}
					return g
				}
				name := fmt.Sprintf("%+v, standing %q", p, standing)
				if g := fresh(); g.controlledBefore("p1") || g.mayControl() {
					t.Errorf("%s: control without the screen", name)
				}
				g := fresh()
				g.answerShare("p1", false, machine.AnswerYes)
				if want := agreed && !askControl; g.mayControl() || g.controlledBefore("p2") != want || g.mayControl() != want {
					t.Errorf("%s: control in advance", name)
				}
				g = fresh()
				if want := agreed && !askShare && !askControl; g.sharedBefore("p1", true) != want || g.mayControl() != want || g.mayShare() != want {
					t.Errorf("%s: both in advance", name)
				}
			}
		}
	}
}

// TestGuardControl: a Yes to control counts while the screen is shown, in this session and boot, unpaused, for whom the
// server names; and is gone with whatever ends it.
func TestGuardControl(t *testing.T) {
	for name, spoil := range map[string]func(*document, guard){
		"nothing":         func(*document, guard) {},
		"other session":   func(d *document, _ guard) { d.Consent.Control.Session = "s0" },
		"other boot":      func(d *document, _ guard) { d.Consent.Control.BootID = "boot0" },
		"nobody":          func(d *document, _ guard) { d.Controller = nil },
		"paused":          func(d *document, _ guard) { d.Consent.Share.Paused = true },
		"leaving":         func(d *document, _ guard) { d.Leaving = true },
		"stopped":         func(_ *document, g guard) { g.endControl(true) },
		"taken back":      func(_ *document, g guard) { g.endControl(false) },
		"sharing stopped": func(_ *document, g guard) { g.endShare(true) },
		"shared anew":     func(_ *document, g guard) { g.answerShare("p9", false, machine.AnswerYes) },
		"share refused":   func(_ *document, g guard) { g.answerShare("p9", true, machine.AnswerNo) },
	} {
		d, g := guarded(defaultPolicy())
		d.Controller = &controller{ID: "u1", Name: "Jonas"}
		if g.permit() != (permit{}) {
			t.Errorf("%s: %+v before any answer", name, g.permit())
		}
		g.answerShare("p1", false, machine.AnswerYes)
		if g.permit() != (permit{share: true}) {
			t.Errorf("%s: %+v with the screen alone", name, g.permit())
		}
		if answer, source := g.answerControl("p2", machine.AnswerYes); answer != answerYes || source != sourceCustomer {
			t.Errorf("%s: %s %s", name, answer, source)
		}
		spoil(d, g)
		if got := g.permit().holder == "u1"; got != (name == "nothing") {
			t.Errorf("%s: %+v", name, g.permit())
		}
	}
	for _, a := range []machine.Answer{machine.AnswerNo, machine.AnswerTimeout, machine.AnswerClosed, machine.AnswerAbsent, "nonsense", ""} {
		_, g := guarded(defaultPolicy())
		g.answerShare("p1", false, machine.AnswerYes)
		if answer, _ := g.answerControl("p2", a); answer == answerYes || g.mayControl() {
			t.Errorf("%q is taken for a Yes", a)
		}
	}
	_, g := guarded(defaultPolicy())
	if answer, _ := g.answerControl("p2", machine.AnswerYes); answer != answerNotShown || g.mayControl() {
		t.Errorf("a Yes without a screen: %s", answer)
	}
}

// TestGuardControlStopped: what the customer stops is asked for again, whatever was agreed in advance.
func TestGuardControlStopped(t *testing.T) {
	_, g := guarded(wire.Policy{AskBeforeReboot: true})
	g.answerStanding(machine.AnswerYes)
	g.sharedBefore("p1", false)
	if !g.controlledBefore("p2") {
		t.Fatal("not in advance")
	}
	g.endControl(false)
	if !g.controlledBefore("p3") {
		t.Error("the technician's end revoked the standing Yes")
	}
	g.endControl(true)
	if g.controlledBefore("p4") || g.sharedBefore("p5", true) {
		t.Error("controlled in advance after the customer stopped it")
	}
	if !g.sharedBefore("p6", false) {
		t.Error("the screen alone was not taken back")
	}
}
