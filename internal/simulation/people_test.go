package simulation

import (
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

var (
	technician = session.Actor{Kind: session.ActorTechnician, ID: "u1", Name: "Jonas"}
	colleague  = session.Actor{Kind: session.ActorTechnician, ID: "u2", Name: "Mia"}
)

// people keeps everybody busy until the world calms down.
func (w *world) people() {
	var work func()
	work = func() {
		if w.calm || w.session().State == session.StateEnded {
			return
		}
		w.technicianActs()
		w.after(w.between(time.Second, 90*time.Second), work)
	}
	w.after(w.between(time.Second, 20*time.Second), work)
	w.after(w.between(time.Second, 3*time.Minute), w.nature)
	// Whatever else happens, a reboot is asked for.
	w.after(w.between(2*time.Second, time.Minute), func() { w.askReboot() })
}

func (w *world) askReboot() {
	kind := session.KindNormal
	if w.rng.IntN(5) == 0 {
		kind = session.KindSafeMode
	}
	if w.act(session.RequestReboot{By: technician, Kind: kind}) {
		w.reboots++
	}
}

// act is a click of the technician; true means that the console said it was done.
func (w *world) act(ev session.Event) bool {
	if !w.server.up {
		return false
	}
	err := w.server.dispatch(ev, nil)
	if err == nil {
		w.note("technician: %T %+v", ev, ev)
		w.ghost.promised = max(w.ghost.promised, w.session().Revision)
		if chat, ok := ev.(session.SendChat); ok {
			w.ghost.chatToAgent = append(w.ghost.chatToAgent, chat.Text)
		}
	}
	return err == nil
}

func (w *world) technicianActs() {
	s := w.session()
	switch n := w.rng.IntN(40); {
	case n < 14:
		w.askReboot()
	case n < 16 && s.Reboot.Live():
		w.act(session.CancelReboot{By: technician, RebootID: s.Reboot.ID})
	case n < 20:
		w.act(session.ExtendWindow{By: technician, Minutes: []int{5, 10, 20}[w.rng.IntN(3)]})
	case n < 26:
		w.act(session.RequestShare{By: technician})
	case n < 28:
		w.act(session.StopShare{By: technician})
	case n < 31:
		w.controlActs()
	case n < 36:
		w.act(session.SendChat{By: technician, Text: w.ghost.technicianSays()})
	case n == 36 && w.rng.IntN(4) == 0:
		w.act(session.End{By: technician})
	case n == 37 && s.Rival != nil:
		w.server.choose()
	case n > 37:
		w.customerActs()
	}
}

// controlActs is a technician, or a colleague, who wants mouse and keyboard, or has had enough of them.
func (w *world) controlActs() {
	by := []session.Actor{technician, colleague}[w.rng.IntN(2)]
	switch w.rng.IntN(6) {
	case 0:
		w.act(session.YieldControl{By: by})
	case 1:
		w.act(session.KeepControl{By: by})
	default:
		w.act(session.RequestControl{By: by})
	}
}

// customerActs is the customer at the chat box.
func (w *world) customerActs() {
	p := w.pcs[0]
	if !p.running || !p.doc.joined || p.doc.over != "" {
		return
	}
	switch n := w.rng.IntN(20); {
	case n < 14:
		w.ghost.said++
		text := chatText(w.ghost.said)
		if p.save(func(d *doc) { d.emit(session.CustomerChat{Text: text}, p.bootID) }) {
			w.ghost.chatFromAgent = append(w.ghost.chatFromAgent, text)
			p.flush()
		} else {
			w.ghost.maybe = append(w.ghost.maybe, text)
		}
	case n < 16 && p.doc.control:
		if p.save(func(d *doc) { d.control = false; d.emit(session.ControlStopped{}, p.bootID) }) {
			p.flush()
		}
	case n < 17 && p.doc.sharing:
		p.emit(session.SharePaused{Paused: w.rng.IntN(2) == 0})
	case n < 18 && p.doc.sharing:
		if p.save(func(d *doc) { d.sharing, d.control = false, false; d.emit(session.ShareStopped{}, p.bootID) }) {
			p.flush()
		}
	case n == 19 && w.rng.IntN(5) == 0:
		p.emit(session.CustomerEnded{})
	}
}

// nature is what nobody asked for.
func (w *world) nature() {
	if w.calm {
		return
	}
	w.after(w.between(5*time.Second, 4*time.Minute), w.nature)
	p := w.pcs[0]
	if w.chance(w.faults.lostLink*4) && p.conn != nil {
		p.conn.fail(w.rng.Float64() < w.faults.blackHole)
	}
	if w.chance(w.faults.rogueReboot) && p.on {
		if w.rng.IntN(3) == 0 {
			p.powerOff(true)
		} else {
			p.restart("somebody")
		}
	}
	if w.chance(w.faults.agentKill * 3) {
		p.kill("by somebody")
	}
	if w.chance(w.faults.clockJump) {
		w.server.jump(w.between(6*time.Second, 20*time.Minute))
	}
	if w.chance(w.faults.serverCrash*2) && w.server.up {
		w.server.crash("for no reason")
	}
	if w.chance(w.faults.late/4) && p.network {
		p.network = false
		if p.conn != nil {
			p.conn.fail(true)
		}
		w.after(w.between(time.Second, 4*time.Minute), p.networkComes)
	}
	if w.chance(w.faults.copied) && len(w.pcs) == 1 && p.doc.joined && p.doc.over == "" {
		w.copyState(p)
	}
}

// copyState is somebody who has got hold of the agent's disk.
func (w *world) copyState(p *pc) {
	w.note("the agent's state is copied")
	w.ghost.copied = true
	thief := newPC(w, 1)
	thief.doc = p.doc.clone()
	w.pcs = append(w.pcs, thief)
	w.after(w.between(time.Second, 5*time.Minute), func() {
		if thief.doc.over == "" && !thief.on {
			thief.boot(true)
		}
	})
}

// ask shows a prompt; the customer answers, or not.
func (p *pc) ask(q prompt) {
	w, proc := p.w, p.proc
	within := time.Duration(q.seconds) * time.Second
	wait, answer := within, session.AnswerNoReply
	switch n := w.rng.IntN(20); {
	case n < 13:
		wait, answer = w.between(600*time.Millisecond, within), session.AnswerYes
	case n < 15:
		wait, answer = w.between(600*time.Millisecond, within), session.AnswerNo
	case n == 15:
		wait, answer = 10*time.Millisecond, session.AnswerAbsent
	case n == 16:
		wait, answer = 10*time.Millisecond, session.AnswerNotShown
	}
	w.after(wait, func() {
		if !p.running || p.proc != proc {
			return
		}
		p.answered(q, answer)
	})
}

func (p *pc) answered(q prompt, answer session.Answer) {
	open := false
	for _, other := range p.doc.prompts {
		open = open || other == q
	}
	if !open {
		return // taken away
	}
	p.w.note("customer at pc%d: %s to %s %s", p.index, answer, q.kind, q.id)
	if p.save(func(d *doc) {
		d.closePrompt(q.id)
		switch q.kind {
		case "reboot":
			source := session.SourceCustomer
			if answer == session.AnswerNoReply && p.w.session().Policy.OnNoReply == session.AnswerYes {
				answer, source = session.AnswerYes, session.SourceTimeout
			}
			p.answerReboot(d, q, answer, source)
		case "control":
			p.answerControl(d, q, answer, session.SourceCustomer)
		case "share":
			p.answerShare(d, q, answer, session.SourceCustomer)
		case "return":
			d.emit(session.ReturnAnswered{RebootID: q.id, Cancel: answer == session.AnswerNo}, p.bootID)
		}
	}) {
		p.flush()
	}
}

func (p *pc) answerReboot(d *doc, q prompt, answer session.Answer, source session.Source) {
	ev := session.ConsentAnswered{RebootID: q.id, Answer: answer}
	if answer == session.AnswerYes {
		ev.Source = source
		d.grant = &grant{reboot: q.id, bootID: p.bootID, safe: q.safe}
		p.w.ghost.agreed(q.id, p.bootID)
	}
	d.emit(ev, p.bootID)
}

func (p *pc) answerShare(d *doc, q prompt, answer session.Answer, source session.Source) {
	ev := session.ShareAnswered{PromptID: q.id, Answer: answer}
	d.sharing, d.sharedBy = answer == session.AnswerYes, q.id
	d.control, d.controlBy = d.sharing && q.control, q.id
	if d.sharing {
		ev.Source = source
	}
	d.emit(ev, p.bootID)
}

// answerControl is answerShare for mouse and keyboard; without the screen there is no Yes.
func (p *pc) answerControl(d *doc, q prompt, answer session.Answer, source session.Source) {
	if answer == session.AnswerYes && !d.sharing {
		answer = session.AnswerNotShown
	}
	ev := session.ControlAnswered{PromptID: q.id, Answer: answer}
	d.control, d.controlBy = answer == session.AnswerYes, q.id
	if d.control {
		ev.Source = source
	}
	d.emit(ev, p.bootID)
}
