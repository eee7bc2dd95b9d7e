package agent

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
)

func guarded(p wire.Policy) (*document, guard) {
	d := &document{Session: "s1", Policy: p}
	return d, d.guard("boot1")
}

// TestGuardEveryWay walks through every sequence of up to four steps of a server that does what it likes and a customer
// who answers, and holds the guard against the rule told in other words: a restart is allowed if the last word about that
// very reboot in this boot was a Yes, it was prepared after that, and it has not been used.
func TestGuardEveryWay(t *testing.T) {
	type model struct{ granted, prepared string } // the reboot it is for
	type step struct {
		name string
		do   func(g guard, m *model) (spent bool)
	}
	var steps []step
	for _, id := range []string{"r1", "r2"} {
		for _, a := range []machine.Answer{machine.AnswerYes, machine.AnswerNo, machine.AnswerTimeout, machine.AnswerClosed, machine.AnswerAbsent} {
			steps = append(steps, step{fmt.Sprintf("%s answered %s", id, a), func(g guard, m *model) bool {
				g.answerReboot(id, "normal", a)
				*m = model{}
				if a == machine.AnswerYes {
					m.granted = id
				}
				return false
			}})
		}
		for _, boot := range []string{"boot1", "boot2"} {
			steps = append(steps, step{"prepare " + id + " " + boot, func(g guard, m *model) bool {
				err := g.prepare(id, boot)
				ok := boot == "boot1" && m.granted == id
				if ok {
					m.prepared = id
				}
				if ok != (err == nil) {
					panic(fmt.Sprint("prepare: ", err))
				}
				return false
			}}, step{"go " + id + " " + boot, func(g guard, m *model) bool {
				_, err := g.spend(id, boot)
				ok := boot == "boot1" && m.granted == id && m.prepared == id
				if ok != (err == nil) {
					panic(fmt.Sprintf("go: %v, granted %q, prepared %q", err, m.granted, m.prepared))
				}
				if ok {
					*m = model{}
				}
				return ok
			}})
		}
		steps = append(steps,
			step{"revoke " + id, func(g guard, m *model) bool {
				g.revokeReboot(id)
				if m.granted == id {
					*m = model{}
				}
				return false
			}},
			step{"ask in advance " + id, func(g guard, m *model) bool {
				if g.grantedBefore(id, "normal") {
					panic("granted in advance under the default policy")
				}
				*m = model{}
				return false
			}},
		)
	}
	var walk func(d document, m model, path []string, depth int)
	count, spent := 0, 0
	walk = func(d document, m model, path []string, depth int) {
		for _, s := range steps {
			next, nm := *d.clone(), m
			func() {
				defer func() {
					if x := recover(); x != nil {
						t.Fatalf("after %v, %s: %v", path, s.name, x)
					}
				}()
				if s.do(next.guard("boot1"), &nm) {
					spent++
				}
			}()
			count++
			if depth > 1 {
				walk(next, nm, append(path, s.name), depth-1)
			}
		}
	}
	d, _ := guarded(defaultPolicy())
	walk(*d, model{}, nil, 4)
	if spent == 0 {
		t.Error("no way led to a restart: the test is blind")
	}
	t.Logf("%d steps, %d restarts", count, spent)
}

// TestGuardGrantIsForOneThing: a stored grant that is for anything else is none.
func TestGuardGrantIsForOneThing(t *testing.T) {
	for name, spoil := range map[string]func(*document){
		"nothing":         func(d *document) {},
		"other session":   func(d *document) { d.Consent.Reboot.Session = "s2" },
		"no session":      func(d *document) { d.Consent.Reboot.Session, d.Session = "", "" },
		"session changed": func(d *document) { d.Session = "s2" },
		"other reboot":    func(d *document) { d.Consent.Reboot.Reboot = "r2" },
		"other boot":      func(d *document) { d.Consent.Reboot.BootID = "boot0" },
		"not prepared":    func(d *document) { d.Consent.Reboot.Prepared = false },
		"gone":            func(d *document) { d.Consent.Reboot = nil },
	} {
		d, g := guarded(defaultPolicy())
		g.answerReboot("r1", "normal", machine.AnswerYes)
		if err := g.prepare("r1", "boot1"); err != nil {
			t.Fatal(err)
		}
		spoil(d)
		if _, err := g.spend("r1", "boot1"); (err == nil) != (name == "nothing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGuardKind: the Yes was for one kind of restart.
func TestGuardKind(t *testing.T) {
	for _, kind := range []machine.RestartKind{machine.RestartNormal, machine.RestartSafeMode} {
		_, g := guarded(defaultPolicy())
		g.answerReboot("r1", string(kind), machine.AnswerYes)
		g.prepare("r1", "boot1")
		if got, err := g.spend("r1", "boot1"); err != nil || got != kind {
			t.Errorf("%s: %s, %v", kind, got, err)
		}
	}
}

// TestGuardPolicy: every policy × every standing answer × every answer to the prompt.
func TestGuardPolicy(t *testing.T) {
	both := []bool{false, true}
	for _, ask := range both {
		for _, onNoReply := range both {
			for _, askShare := range both {
				for _, standing := range []machine.Answer{"", machine.AnswerYes, machine.AnswerNo, machine.AnswerTimeout, machine.AnswerClosed, machine.AnswerAbsent} {
					p := wire.Policy{AskBeforeReboot: ask, RebootOnNoReply: onNoReply, AskBeforeSharing: askShare, AskBeforeControl: true}
					agreed := standing == machine.AnswerYes
					fresh := func() (*document, guard) {
						d, g := guarded(p)
						if standing != "" {
							g.answerStanding(standing)
						}
						return d, g
					}
					name := fmt.Sprintf("%+v, standing %q", p, standing)
					if d, g := fresh(); g.grantedBefore("r1", "normal") != (agreed && !ask) || (d.Consent.Reboot != nil) != (agreed && !ask) {
						t.Errorf("%s: reboot in advance", name)
					}
					if _, g := fresh(); g.sharedBefore("p1", false) != (agreed && !askShare) || g.mayShare() != (agreed && !askShare) {
						t.Errorf("%s: sharing in advance", name)
					}
					d, g := fresh()
					answer, source := g.answerReboot("r1", "normal", machine.AnswerTimeout)
					if yes := agreed && onNoReply; (answer == "yes") != yes || (source == "timeout") != yes || (d.Consent.Reboot != nil) != yes {
						t.Errorf("%s: no reply: %s %s", name, answer, source)
					}
					for _, a := range []machine.Answer{machine.AnswerNo, machine.AnswerClosed, machine.AnswerAbsent, "nonsense", ""} {
						d, g := fresh()
						if answer, source := g.answerReboot("r1", "normal", a); answer == "yes" || source != "" || d.Consent.Reboot != nil {
							t.Errorf("%s: %q is taken for a Yes to a restart", name, a)
						}
						if answer, _ := g.answerShare("p1", false, a); answer == "yes" || g.mayShare() {
							t.Errorf("%s: %q is taken for a Yes to sharing", name, a)
						}
					}
					if _, g := fresh(); true {
						if answer, _ := g.answerShare("p1", false, machine.AnswerTimeout); answer != "no_reply" || g.mayShare() {
							t.Errorf("%s: no reply shares the screen", name)
						}
					}
				}
			}
		}
	}
}

func TestGuardShare(t *testing.T) {
	for name, spoil := range map[string]func(*document){
		"nothing":       func(*document) {},
		"other session": func(d *document) { d.Session = "s2" },
		"no session":    func(d *document) { d.Session, d.Consent.Share.Session = "", "" },
		"other boot":    func(d *document) { d.Consent.Share.BootID = "boot0" },
		"leaving":       func(d *document) { d.Leaving = true },
		"over":          func(d *document) { d.Over = overEnded },
		"ended":         func(d *document) { d.guard("boot1").endShare(false) },
		"stopped":       func(d *document) { d.guard("boot1").endShare(true) },
		"arrived":       func(d *document) { d.arrive("boot1") },
	} {
		d, g := guarded(defaultPolicy())
		g.answerShare("p1", false, machine.AnswerYes)
		spoil(d)
		if g.mayShare() != (name == "nothing") {
			t.Errorf("%s: shared %t", name, g.mayShare())
		}
	}
	// A stop by the customer outlives a standing Yes; one by the technician does not.
	p := wire.Policy{AskBeforeReboot: true, AskBeforeControl: true}
	_, g := guarded(p)
	g.answerStanding(machine.AnswerYes)
	g.sharedBefore("p1", false)
	g.endShare(false)
	if !g.sharedBefore("p2", false) {
		t.Error("the technician's stop revoked the standing Yes")
	}
	g.endShare(true)
	if g.sharedBefore("p3", false) {
		t.Error("shared in advance after the customer stopped it")
	}
}

// TestArriveVoidsGrants: nothing that was granted survives into another boot, also through the disk.
func TestArriveVoidsGrants(t *testing.T) {
	d, g := guarded(defaultPolicy())
	d.BootID = "boot1"
	g.answerReboot("r1", "normal", machine.AnswerYes)
	g.prepare("r1", "boot1")
	g.answerShare("p1", true, machine.AnswerYes)
	d.Controller, d.Hidden = &controller{ID: "u1"}, []string{"w1"}
	d.Ticket, d.Going = &ticket{Reboot: "r1"}, &going{}
	d.ask(openPrompt{Kind: promptReboot, ID: "r2"})
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back document
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if back.arrive("boot1") {
		t.Error("the same boot is taken for another one")
	}
	if !back.guard("boot1").mayControl() || back.guard("boot1").permit() != (permit{share: true, holder: "u1"}) {
		t.Error("the grant did not survive the disk")
	}
	if !back.arrive("boot2") || back.Consent.Reboot != nil || back.Consent.Share != nil || back.Consent.Control != nil || back.Controller != nil ||
		back.Hidden != nil || back.Ticket != nil || back.Going != nil || len(back.Prompts) != 0 {
		t.Errorf("left over in another boot: %+v", back)
	}
}
