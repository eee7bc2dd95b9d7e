package simulation

import (
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// tryLater makes the agent connect soon, if it should and can.
func (p *pc) tryLater() {
	if !p.running || p.conn != nil || p.connecting || p.doc.over != "" {
		return
	}
	p.connecting = true
	proc := p.proc
	wait := p.w.between(0, 800*time.Millisecond)
	if d := p.toTheDeadline(); d > 0 {
		wait = d
	}
	p.w.after(wait, func() {
		if p.proc == proc && p.running {
			p.connecting = false
			p.connect()
		}
	})
}

// toTheDeadline is how long to wait so as to arrive within a millisecond of the window's end, where that is asked for.
func (p *pc) toTheDeadline() time.Duration {
	w := p.w
	until := w.session().Link.WindowUntil
	if w.calm || !w.faults.boundary || until.IsZero() || w.rng.IntN(2) == 0 {
		return 0
	}
	return until.Sub(w.server.now()) + time.Duration(w.rng.IntN(3)-1)*time.Millisecond
}

func (p *pc) connect() {
	w := p.w
	if !p.network || !w.server.up || p.doc.over != "" || p.conn != nil {
		return // networkComes and the server's start try again
	}
	c := &conn{w: w, p: p, proc: p.proc, epoch: w.server.epoch, heard: w.server.now()}
	p.conn = c
	describe := session.PC{
		Name: "DESK", Platform: "windows", User: "Ada", Service: p.service, Reboot: session.Capability{Available: true},
		SafeMode: session.Capability{Available: p.service},
	}
	boot, instance, signedIn, d := p.bootID, p.instance, p.signedIn, p.doc
	c.lastUp = w.now
	arrive := func() {
		if !d.joined {
			w.server.join(c, session.Join{PC: describe, PublicKey: []byte("key"), BootID: boot, Instance: instance, SignedIn: signedIn})
			return
		}
		w.server.rejoin(c, session.Rejoin{
			PC: describe, Generation: d.generation, BootID: boot, Instance: instance, SignedIn: signedIn, AckedSeq: d.applied,
		})
	}
	if w.faults.boundary && !w.calm {
		w.after(0, func() { // to the millisecond
			if !c.hole && w.server.up && w.server.epoch == c.epoch {
				c.heard = w.server.now()
				arrive()
			}
		})
	} else {
		c.up(arrive)
	}
	if w.chance(w.faults.lostLink) {
		w.after(w.between(0, 200*time.Millisecond), func() { c.fail(w.rng.Float64() < w.faults.blackHole) })
	}
	w.after(13*time.Second, func() {
		if p.conn == c && p.proc == c.proc && !p.connected && w.server.held != c {
			p.linkLost(c) // no answer
		}
	})
}

func (p *pc) linkLost(c *conn) {
	if p.conn != c {
		return
	}
	p.conn, p.connected = nil, false
	c.close()
	p.tryLater()
}

// receive takes a frame of the server.
func (p *pc) receive(c *conn, f frame) {
	switch {
	case f.hold:
	case f.refused != nil:
		p.refused(*f.refused)
	case f.welcome != nil:
		p.welcomed(*f.welcome)
	case !p.connected:
	default:
		p.trim(f.ack)
		if f.command != nil {
			p.take(*f.command)
		}
	}
}

func (p *pc) refused(no refused) {
	p.w.ghost.refused(p.w, p, no)
	if no.final || !p.doc.joined {
		p.finish(string(no.code))
		return
	}
	p.conn.close()
	p.conn = nil
	p.w.after(2*time.Second, p.tryLater)
}

// finish is the end of the session as the PC sees it: everything is cleaned up.
func (p *pc) finish(why string) {
	p.w.note("pc%d agent is done: %s", p.index, why)
	p.safeFlag = p.safeFlag && p.w.bugs.stuckInSafeMode
	p.doc = doc{over: why, joined: true, generation: p.doc.generation, applied: p.doc.applied}
	p.stopProcess()
}

// welcomed notes the new generation before it says anything.
func (p *pc) welcomed(m welcome) {
	ok := p.save(func(d *doc) {
		d.joined, d.generation = true, m.generation
		if p.w.bugs.forgetGeneration {
			d.generation--
		}
		// A copy that was chosen goes on where the other one was.
		d.applied = max(d.applied, m.applied)
		settle(d, m.acked, p.bootID, p.w.bugs.staleFarewell)
	})
	if !ok {
		return
	}
	p.connected, p.sent = true, m.acked
	p.send(nil)
	p.flush()
}

// settle drops what the server has and what means nothing in this boot, and numbers the rest anew.
func settle(d *doc, acked int64, bootID string, keepAll bool) {
	kept := d.outbox[:0:0]
	for _, ev := range d.outbox {
		_, chat := ev.event.(session.CustomerChat)
		_, ended := ev.event.(session.CustomerEnded)
		if ev.seq > acked && (ev.bootID == bootID || chat || ended || keepAll) {
			kept = append(kept, ev)
		}
	}
	d.outbox, d.emitted = kept, acked
	for i := range d.outbox {
		d.emitted++
		d.outbox[i].seq = d.emitted
	}
}

func (p *pc) trim(acked int64) {
	for len(p.doc.outbox) > 0 && p.doc.outbox[0].seq <= acked {
		p.doc.outbox = p.doc.outbox[1:]
	}
}

// take applies a command once, in order, and acknowledges it when that is saved.
func (p *pc) take(c session.Send) {
	switch {
	case c.Seq <= p.doc.applied && !p.w.bugs.applyTwice:
		p.send(nil)
		return
	case c.Seq > p.doc.applied+1:
		p.w.note("pc%d: command %d after %d", p.index, c.Seq, p.doc.applied)
		p.linkLost(p.conn)
		return
	}
	if p.w.bugs.ackUnsaved {
		conn := p.conn
		conn.up(func() { p.w.server.take(conn, nil, c.Seq) })
	}
	var then func()
	if !p.save(func(d *doc) {
		d.applied = c.Seq
		then = p.apply(d, c.Command)
		p.w.ghost.applied(p.w, p, c)
	}) {
		return
	}
	if !p.connected {
		return
	}
	p.flush()
	p.send(nil)
	if then != nil {
		then()
	}
}

// apply changes the document; what it returns is done once that is saved.
func (p *pc) apply(d *doc, c session.Command) func() {
	switch c := c.(type) {
	case session.AskReboot:
		d.grant = nil
		if c.BootID != p.bootID {
			d.emit(session.RebootFailed{RebootID: c.RebootID, Step: session.FailureBootID}, p.bootID)
			return nil
		}
		q := prompt{kind: "reboot", id: c.RebootID, seconds: c.Seconds, safe: c.Kind == session.KindSafeMode}
		if !p.w.session().Policy.AskBeforeReboot {
			p.answerReboot(d, q, session.AnswerYes, session.SourcePrior)
			return nil
		}
		d.prompts = append(d.prompts, q)
		return func() { p.ask(q) }
	case session.ClosePrompt:
		if !d.closePrompt(c.ID) { // it was answered: the answer came too late, or crossed this
			d.revoke(c.ID)
		}
	case session.PrepareReboot:
		if !p.w.bugs.noGuard && !d.granted(c.RebootID, c.BootID, p.bootID) {
			d.emit(session.RebootFailed{RebootID: c.RebootID, Step: session.FailureGrant}, p.bootID)
			return nil
		}
		if d.grant != nil {
			d.grant.prepared = true
		}
		d.emit(session.RebootPrepared{RebootID: c.RebootID}, p.bootID)
	case session.GoReboot:
		return p.goReboot(d, c)
	case session.AbortReboot:
		if d.grant != nil && d.grant.reboot == c.RebootID {
			d.grant = nil
		}
	case session.AskReturn:
		q := prompt{kind: "return", id: c.RebootID, seconds: c.Seconds}
		d.prompts = append(d.prompts, q)
		return func() { p.ask(q) }
	case session.AskShare:
		q := prompt{kind: "share", id: c.PromptID, seconds: c.Seconds, control: c.Control}
		if policy := p.w.session().Policy; !policy.AskBeforeSharing && !(c.Control && policy.AskBeforeControl) {
			p.answerShare(d, q, session.AnswerYes, session.SourcePrior)
			return nil
		}
		d.prompts = append(d.prompts, q)
		return func() { p.ask(q) }
	case session.EndShare:
		d.sharing, d.control = false, p.w.bugs.keepControl && d.control
	case session.AskControl:
		q := prompt{kind: "control", id: c.PromptID, seconds: c.Seconds}
		if !p.w.session().Policy.AskBeforeControl || !d.sharing {
			p.answerControl(d, q, session.AnswerYes, session.SourcePrior)
			return nil
		}
		d.prompts = append(d.prompts, q)
		return func() { p.ask(q) }
	case session.SetControl:
		d.controller = c.ID
	case session.Regenerate:
		d.generation = max(d.generation, c.Generation)
		if p.w.bugs.lowerGeneration {
			d.generation = c.Generation
		}
	case session.EndSession:
		return func() { p.finish("ended") }
	}
	return nil
}

// granted is what the guard asks: this reboot, this boot, a Yes that was not used.
func (d *doc) granted(reboot, meant, boot string) bool {
	return meant == boot && d.grant != nil && d.grant.reboot == reboot && d.grant.bootID == boot
}

func (p *pc) goReboot(d *doc, c session.GoReboot) func() {
	w := p.w
	switch {
	case w.bugs.noGuard:
	case w.bugs.noBootCheck && d.grant != nil:
	case !d.granted(c.RebootID, c.BootID, p.bootID) || !d.grant.prepared:
		step := session.FailureGrant
		if c.BootID != p.bootID {
			step = session.FailureBootID
		}
		d.emit(session.RebootFailed{RebootID: c.RebootID, Step: step}, p.bootID)
		return nil
	}
	safe := d.grant != nil && d.grant.safe
	if !w.bugs.keepGrants {
		d.grant = nil
	}
	d.commanded = c.RebootID
	return func() {
		p.safeFlag = safe
		if w.chance(0.03) {
			w.note("pc%d: Windows refuses", p.index)
			if p.save(func(d *doc) {
				d.commanded = ""
				p.safeFlag = false
				d.emit(session.RebootFailed{RebootID: c.RebootID, Step: session.FailureRestart}, p.bootID)
			}) {
				p.flush()
			}
			return
		}
		w.ghost.commanded(w, p, c)
		p.watch()
		p.restart(c.RebootID)
	}
}

// revoke takes back what was granted in answer to a question.
func (d *doc) revoke(id string) {
	if d.grant != nil && d.grant.reboot == id {
		d.grant = nil
	}
	if d.sharedBy == id {
		d.sharing, d.control = false, false
	}
	if d.controlBy == id {
		d.control = false
	}
}

func (d *doc) closePrompt(id string) (found bool) {
	kept := d.prompts[:0:0]
	for _, q := range d.prompts {
		if q.id == id {
			found = true
			continue
		}
		kept = append(kept, q)
	}
	d.prompts = kept
	return found
}
