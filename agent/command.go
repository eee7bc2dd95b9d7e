package agent

import (
	"context"
	"slices"
	"time"

	"github.com/rejoin/rejoin/agent/text"
	"github.com/rejoin/rejoin/internal/wire"
)

// Limits of what a server may ask.
const (
	minPrompt, maxPrompt = 10, 600 // seconds
	maxPrompts           = 4       // questions that are open at once
)

// apply does what a command says to a document that is about to be saved; what it returns is done once that has
// happened. Nothing here trusts the server: see [guard].
func (e *engine) apply(ctx context.Context, d *document, m wire.Message) (then func()) {
	switch m := m.(type) {
	case *wire.EndSession:
		return e.endSession(d, m)
	case *wire.Regenerate:
		d.Generation = max(d.Generation, m.Generation)
		return nil
	case *wire.Chat:
		return func() { e.heard(m) }
	}
	if d.Leaving || d.Over != "" {
		return nil // the customer has left: nothing is asked or done any more
	}
	switch m := m.(type) {
	case *wire.AskReboot:
		e.askReboot(d, m)
	case *wire.ClosePrompt:
		e.closePrompt(d, m)
	case *wire.PrepareReboot:
		e.prepareReboot(d, m)
	case *wire.GoReboot:
		return e.goReboot(ctx, d, m)
	case *wire.AbortReboot:
		e.abortReboot(d, m)
	case *wire.AskReturn:
		e.askReturn(d, m)
	case *wire.AskShare:
		e.askShare(d, m)
	case *wire.EndShare:
		e.endShare(d, false)
	case *wire.AskControl:
		e.askControl(d, m)
	case *wire.SetControl:
		d.Controller = nil
		if validID(m.ID) {
			d.Controller = &controller{ID: m.ID, Name: cleanName(m.Name)}
		}
	}
	return nil
}

// seconds brings a prompt's time into its range.
func seconds(n int) time.Duration {
	return time.Duration(min(max(n, minPrompt), maxPrompt)) * time.Second
}

func (e *engine) endSession(d *document, m *wire.EndSession) func() {
	d.Over = overEnded
	switch r := overReason(m.Reason); r {
	case overByTechnician, overByCustomer, overExpired, overCancelled, overIdle:
		d.Over = r
	}
	d.Prompts, d.Ticket, d.Consent = nil, nil, consent{}
	return func() { e.sayGoodbye(d.Over) }
}

func (e *engine) closePrompt(d *document, m *wire.ClosePrompt) {
	g := e.guard(d)
	g.revokeReboot(m.ID)
	if s := d.Consent.Share; s != nil && s.Prompt == m.ID {
		e.endShare(d, false)
	}
	if c := d.Consent.Control; c != nil && c.Prompt == m.ID {
		e.endControl(d, false)
	}
	if d.Ticket != nil && d.Ticket.Reboot == m.ID && d.Ticket.Commanded.IsZero() {
		d.Ticket = nil
	}
	for _, p := range d.Prompts {
		if p.ID == m.ID && p.Kind == promptReboot {
			d.addNote(e.noteNow(text.NoteCalledOff, "", time.Now()))
		}
	}
	d.Prompts = slices.DeleteFunc(d.Prompts, func(p openPrompt) bool { return p.ID == m.ID && !p.Kind.own() })
}

func (e *engine) askReturn(d *document, m *wire.AskReturn) {
	if !validID(m.Reboot) {
		e.log.Warn("ignored a question with a bad identifier", "type", m.Type())
		return
	}
	now := time.Now()
	if !e.desc.SignedIn || d.crowded() {
		d.emit(wire.ReturnAnswered{Reboot: m.Reboot}, now) // nobody objects: the session goes on
		return
	}
	d.ask(openPrompt{Kind: promptReturn, ID: m.Reboot, By: cleanName(m.By), Until: now.Add(seconds(m.Seconds))})
}

func (e *engine) askShare(d *document, m *wire.AskShare) {
	if !validID(m.Prompt) {
		e.log.Warn("ignored a question with a bad identifier", "type", m.Type())
		return
	}
	now := time.Now()
	answer := wire.ShareAnswered{Prompt: m.Prompt}
	switch {
	case e.guard(d).sharedBefore(m.Prompt, m.Control):
		answer.Answer, answer.Source = answerYes, sourcePrior
		d.addNote(e.noteNow(text.NoteSharingOn, "", now))
	case !e.desc.SignedIn:
		answer.Answer = answerAbsent
	case d.crowded():
		answer.Answer = answerNotShown
	default:
		d.ask(openPrompt{
			Kind: promptShare, ID: m.Prompt, By: cleanName(m.By), Again: m.Again, Control: m.Control, Until: now.Add(seconds(m.Seconds)),
		})
		return
	}
	d.emit(answer, now)
}

func (e *engine) askControl(d *document, m *wire.AskControl) {
	if !validID(m.Prompt) {
		e.log.Warn("ignored a question with a bad identifier", "type", m.Type())
		return
	}
	now, g := time.Now(), e.guard(d)
	answer := wire.ControlAnswered{Prompt: m.Prompt}
	switch {
	case !g.mayShare(): // stopped before the question arrived
		answer.Answer = answerNotShown
	case g.controlledBefore(m.Prompt):
		answer.Answer, answer.Source = answerYes, sourcePrior
		d.addNote(e.noteNow(text.NoteControlOn, "", now))
	case !e.desc.SignedIn:
		answer.Answer = answerAbsent
	case d.crowded():
		answer.Answer = answerNotShown
	default:
		d.ask(openPrompt{Kind: promptControl, ID: m.Prompt, By: cleanName(m.By), Until: now.Add(seconds(m.Seconds))})
		return
	}
	d.emit(answer, now)
}

// endControl takes mouse and keyboard back.
func (e *engine) endControl(d *document, byCustomer bool) {
	g := e.guard(d)
	if d.Consent.Control == nil {
		return
	}
	standing := !g.policy().AskBeforeControl
	g.endControl(byCustomer)
	key := text.NoteControlOff
	if byCustomer && standing {
		key = text.NoteControlGone
	}
	d.addNote(e.noteNow(key, "", time.Now()))
}

// endShare takes back what was shared.
func (e *engine) endShare(d *document, byCustomer bool) {
	g := e.guard(d)
	if !g.mayShare() {
		return
	}
	standing := !g.policy().AskBeforeSharing
	g.endShare(byCustomer)
	key := text.NoteSharingOff
	if byCustomer && standing {
		key = text.NoteStandingGone
	}
	d.addNote(e.noteNow(key, "", time.Now()))
}
