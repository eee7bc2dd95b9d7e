package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// pc is a Windows PC with an agent on it. doc is on its disk; everything else is gone with the process or the power.
type pc struct {
	w     *world
	index int
	doc   doc

	on       bool
	bootN    int
	bootID   string
	signedIn bool
	service  bool
	network  bool
	going    string // a restart that Windows has accepted: "" none, else what asked for it
	safeFlag bool   // the next boot is in Safe Mode

	running    bool
	proc       int
	instance   string
	conn       *conn
	connected  bool
	connecting bool
	admittedAs int64
	sent       int64 // the last event sent on this connection
}

// doc is the agent's document: what it has saved.
type doc struct {
	over       string // why there is nothing left to do
	joined     bool
	generation int64
	bootID     string
	applied    int64
	emitted    int64
	outbox     []outEvent
	grant      *grant
	commanded  string // the reboot that Windows was told to carry out in this boot
	announced  bool   // that Windows ends this boot
	prompts    []prompt
	sharing    bool
	sharedBy   string // the prompt
	control    bool   // mouse and keyboard, too
	controlBy  string
	controller string // who uses them, as the server says
}

type outEvent struct {
	seq    int64
	event  session.AgentEvent
	bootID string
}

// grant is the customer's Yes to one restart in one boot.
type grant struct {
	reboot, bootID string
	prepared       bool
	safe           bool
}

type prompt struct {
	kind, id string
	seconds  int
	safe     bool
	control  bool // of a share prompt
}

func newPC(w *world, index int) *pc {
	return &pc{w: w, index: index, network: true, service: w.rng.IntN(4) == 0}
}

func (d doc) clone() doc {
	d.outbox, d.prompts = slices.Clone(d.outbox), slices.Clone(d.prompts)
	if d.grant != nil {
		g := *d.grant
		d.grant = &g
	}
	return d
}

func (d *doc) emit(ev session.AgentEvent, bootID string) {
	d.emitted++
	d.outbox = append(d.outbox, outEvent{d.emitted, ev, bootID})
}

// save makes a change durable, or the process dies before or after it.
func (p *pc) save(change func(*doc)) bool {
	if p.w.chance(p.w.faults.agentKill / 4) {
		p.kill("before a save")
		return false
	}
	next := p.doc.clone()
	change(&next)
	if next.emitted != p.doc.emitted {
		p.w.spokeAt = p.w.now
	}
	p.doc = next
	if p.w.chance(p.w.faults.agentKill / 4) {
		p.kill("after a save")
		return false
	}
	return true
}

// emit saves an event and sends it.
func (p *pc) emit(ev session.AgentEvent) bool {
	if !p.save(func(d *doc) { d.emit(ev, p.bootID) }) {
		return false
	}
	p.flush()
	return true
}

func (p *pc) flush() {
	if !p.connected {
		return
	}
	for _, ev := range p.doc.outbox {
		if ev.seq > p.sent {
			p.sent = ev.seq
			p.send(&ev)
		}
	}
}

func (p *pc) send(ev *outEvent) {
	c, applied := p.conn, p.doc.applied
	if p.w.bugs.ackAhead {
		applied = max(applied, p.w.session().CommandSeq)
	}
	c.up(func() {
		p.w.server.take(c, ev, applied)
		if p.w.chance(p.w.faults.repeated) {
			p.w.server.take(c, ev, applied)
		}
	})
}

// boot brings the PC up, in another boot than before.
func (p *pc) boot(signedIn bool) {
	w := p.w
	p.on, p.signedIn, p.going = true, signedIn, ""
	w.troubledAt = w.now
	p.bootN++
	p.bootID = fmt.Sprintf("pc%d-boot%d", p.index, p.bootN)
	p.safeFlag = p.safeFlag && w.bugs.stuckInSafeMode
	p.network = !w.chance(w.faults.late)
	w.note("pc%d is up: %s signed in %v network %v", p.index, p.bootID, p.signedIn, p.network)
	if !p.network {
		w.after(w.between(time.Second, 3*time.Minute), p.networkComes)
	}
	if p.signedIn || p.service {
		p.startAgent()
	}
	if !p.signedIn {
		boot := p.bootN
		w.after(w.between(time.Second, 2*time.Minute), func() {
			if p.on && p.bootN == boot && !p.signedIn {
				p.signedIn = true
				if p.running {
					if p.doc.joined && p.doc.over == "" {
						p.emit(session.SignedIn{BootID: p.bootID})
					}
				} else {
					p.startAgent()
				}
			}
		})
	}
}

func (p *pc) networkComes() {
	p.network = true
	p.tryLater()
}

// startAgent starts the process; what it left undone is taken up.
func (p *pc) startAgent() {
	if p.running || !p.on || p.doc.over != "" {
		return
	}
	p.proc++
	p.running, p.instance = true, fmt.Sprintf("pc%d-%d", p.index, p.proc)
	p.w.note("pc%d agent %s starts", p.index, p.instance)
	if p.doc.bootID != p.bootID && !p.w.bugs.keepGrants {
		// In memory until the next save; a crash before that does the same again.
		p.doc.grant, p.doc.prompts, p.doc.sharing = nil, nil, false
		p.doc.control, p.doc.controller = false, ""
	}
	if p.doc.bootID != p.bootID {
		p.doc.bootID, p.doc.commanded, p.doc.announced = p.bootID, "", false
	}
	if p.doc.commanded != "" || p.doc.announced {
		p.watch()
	}
	for _, q := range p.doc.prompts {
		p.ask(q)
	}
	p.tryLater()
}

// kill ends the process; somebody starts it again.
func (p *pc) kill(when string) {
	if !p.running {
		return
	}
	p.w.note("pc%d agent killed %s", p.index, when)
	p.stopProcess()
	if p.w.bugs.volatileAgent {
		p.doc.outbox, p.doc.emitted = nil, p.doc.emitted-int64(len(p.doc.outbox))
	}
	if p.w.bugs.tornDocument {
		p.doc.generation = max(1, p.doc.generation-1)
	}
	p.w.after(p.w.between(time.Second, 40*time.Second), p.startAgent)
}

func (p *pc) stopProcess() {
	p.running, p.connected, p.connecting = false, false, false
	if c := p.conn; c != nil {
		p.conn = nil
		c.close()
	}
}

// powerOff ends everything; the PC comes back after a while.
func (p *pc) powerOff(pulled bool) {
	w := p.w
	w.note("pc%d is off", p.index)
	p.on, p.running, p.connected, p.connecting, p.going = false, false, false, false, ""
	if c := p.conn; c != nil {
		p.conn = nil
		if pulled || w.chance(w.faults.blackHole) {
			c.fail(true)
		} else {
			c.close()
		}
	}
	w.troubledAt = w.now
	w.after(p.outage(), func() {
		if !p.on {
			p.boot(w.calm || w.rng.IntN(3) == 0)
		}
	})
}

// outage is how long the PC stays off: seconds to longer than any window, and sometimes exactly the window.
func (p *pc) outage() time.Duration {
	w := p.w
	if w.calm {
		return w.between(time.Second, 20*time.Second)
	}
	switch w.rng.IntN(8) {
	case 0:
		return w.between(5*time.Minute, 15*time.Minute)
	case 1:
		return w.between(10*time.Millisecond, time.Second)
	}
	return w.between(10*time.Second, 2*time.Minute)
}

// restart is what Windows does when asked to, by the agent or by somebody else.
func (p *pc) restart(by string) {
	w := p.w
	if !p.on || p.going != "" {
		return
	}
	w.troubledAt = w.now
	p.going = by
	boot := p.bootN
	same := func() bool { return p.on && p.bootN == boot && p.going != "" }
	w.note("pc%d restarts, by %s", p.index, by)
	w.after(w.between(50*time.Millisecond, 2*time.Second), func() {
		if !same() {
			return
		}
		if p.running && p.save(func(d *doc) {
			d.announced = true
			d.emit(session.GoingDown{RebootID: d.commanded, BootID: p.bootID}, p.bootID)
		}) {
			p.flush()
		}
		if w.chance(w.faults.blocked) {
			w.after(20*time.Second, func() {
				if same() {
					p.stays()
				}
			})
			return
		}
		w.after(w.between(100*time.Millisecond, 4*time.Second), func() {
			if same() {
				p.powerOff(false)
			}
		})
	})
}

// stays is a restart that an application prevented.
func (p *pc) stays() {
	p.w.note("pc%d stays up", p.index)
	p.going = ""
	if p.running {
		p.blocked()
	}
}

func (p *pc) blocked() {
	reboot := p.doc.commanded
	if p.save(func(d *doc) {
		d.commanded, d.announced = "", false
		p.safeFlag = p.safeFlag && p.w.bugs.stuckInSafeMode
		d.emit(session.RestartBlocked{RebootID: reboot, BootID: p.bootID, Apps: []string{"Editor"}}, p.bootID)
	}) {
		p.flush()
	}
}

// watch says after a while that a restart came to nothing.
func (p *pc) watch() {
	proc, reboot := p.proc, p.doc.commanded
	p.w.after(20*time.Second, func() {
		if p.running && p.proc == proc && p.going == "" && (p.doc.commanded != "" || p.doc.announced) && p.doc.commanded == reboot {
			p.blocked()
		}
	})
}

func (p *pc) calmDown() {
	p.network = true
	if p.going != "" {
		p.stays()
	}
	if !p.on {
		p.boot(true)
	}
	if !p.signedIn {
		p.signedIn = true
		if p.running && p.doc.joined && p.doc.over == "" {
			p.emit(session.SignedIn{BootID: p.bootID})
		}
	}
	p.startAgent()
	p.connecting = false // whatever it waits for
	p.tryLater()
}
