package agent

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
	"github.com/rejoin/rejoin/internal/wire"
)

// promptKind says what a question is about.
type promptKind string

const (
	promptReboot   promptKind = "reboot"
	promptReturn   promptKind = "return"
	promptShare    promptKind = "share"
	promptControl  promptKind = "control"
	promptStanding promptKind = "standing" // accept a policy that asks less
	promptSwitch   promptKind = "switch"   // leave this session for the one with the new code
)

// own tells whether the question is the agent's, so that the server can't take it away.
func (k promptKind) own() bool { return k == promptStanding || k == promptSwitch }

// standingFor is how long the question about the policy stays.
const standingFor = 2 * time.Minute

// asking is the question on the screen: one at a time.
type asking struct {
	prompt    openPrompt
	cancel    context.CancelFunc
	withdrawn bool
}

// answered is what came of a question.
type answered struct {
	asking *asking
	answer machine.Answer
	err    error // it could not be shown
}

// ask adds a question; those of the server come before the agent's own, which can wait.
func (d *document) ask(p openPrompt) {
	if d.asks(p.Kind, p.ID) {
		return
	}
	at := len(d.Prompts)
	if !p.Kind.own() {
		if i := slices.IndexFunc(d.Prompts, func(p openPrompt) bool { return p.Kind.own() }); i >= 0 {
			at = i
		}
	}
	d.Prompts = slices.Insert(d.Prompts, at, p)
}

func (d *document) asks(kind promptKind, id string) bool {
	return slices.ContainsFunc(d.Prompts, func(p openPrompt) bool { return p.Kind == kind && p.ID == id })
}

// answer takes a question out; false means that it was taken away meanwhile.
func (d *document) answer(p openPrompt) bool {
	n := len(d.Prompts)
	d.Prompts = slices.DeleteFunc(d.Prompts, func(q openPrompt) bool { return q.Kind == p.Kind && q.ID == p.ID })
	return len(d.Prompts) < n
}

// crowded tells whether there are too many questions already.
func (d *document) crowded() bool { return len(d.Prompts) >= maxPrompts }

// pumpPrompts shows the first open question, and takes away one that is no longer it.
func (e *engine) pumpPrompts(ctx context.Context) {
	var first *openPrompt
	if len(e.doc.Prompts) > 0 && e.described && e.ending == nil && !e.doc.Leaving {
		first = &e.doc.Prompts[0]
	}
	switch a := e.asking; {
	case a == nil && first != nil:
		e.askNow(ctx, *first)
	case a != nil && !a.withdrawn && (first == nil || first.Kind != a.prompt.Kind || first.ID != a.prompt.ID):
		a.withdrawn = true
		a.cancel() // the next one waits until the window is gone
	}
}

// askNow shows a question in a goroutine. One whose time has run out while it waited is not shown at all.
func (e *engine) askNow(ctx context.Context, p openPrompt) {
	shown := e.promptText(p)
	left := time.Duration(0)
	if !p.Until.IsZero() {
		left = min(time.Until(p.Until), maxPrompt*time.Second) // the clock may have been set back
		shown.For = max(left, 0)
	}
	pctx, cancel := context.WithCancel(ctx)
	if left > 0 {
		cancel()
		pctx, cancel = context.WithTimeout(ctx, left+10*time.Second) // a window that forgets its countdown
	}
	a := &asking{prompt: p, cancel: cancel}
	e.asking = a
	go func() {
		defer cancel()
		got := answered{asking: a, answer: machine.AnswerTimeout}
		if p.Until.IsZero() || left > 0 {
			got.answer, got.err = e.m.UI().Ask(pctx, shown)
		}
		select {
		case e.answers <- got:
		case <-e.quit:
		}
	}()
}

// answered takes the customer's answer. It counts if the question is still open.
func (e *engine) answered(ctx context.Context, a answered) {
	e.asking = nil
	p := a.asking.prompt
	switch {
	case a.asking.withdrawn && a.answer != machine.AnswerYes && a.answer != machine.AnswerNo:
		return // taken away; if it is still open, it is asked again
	case a.err != nil:
		e.log.Error("could not show a question", "kind", p.Kind, "err", a.err)
		a.answer = machine.AnswerClosed
	}
	e.must("answer."+string(p.Kind), func(d *document) {
		if d.answer(p) {
			e.settlePrompt(d, p, a.answer)
		}
	}, func() {
		if p.Kind == promptSwitch && a.answer == machine.AnswerYes {
			e.switching = true
			e.depart(ctx)
		}
	})
}

// settlePrompt does what an answer says.
func (e *engine) settlePrompt(d *document, p openPrompt, a machine.Answer) {
	now, g := time.Now(), e.guard(d)
	switch p.Kind {
	case promptReboot:
		answer, source := g.answerReboot(p.ID, p.Restart, a)
		d.emit(wire.ConsentAnswered{Reboot: p.ID, Answer: answer, Source: source}, now)
	case promptShare:
		answer, source := g.answerShare(p.ID, p.Control, a)
		d.emit(wire.ShareAnswered{Prompt: p.ID, Answer: answer, Source: source}, now)
		if answer == answerYes {
			d.addNote(e.noteNow(text.NoteSharingOn, "", now))
		}
	case promptControl:
		answer, source := g.answerControl(p.ID, a)
		d.emit(wire.ControlAnswered{Prompt: p.ID, Answer: answer, Source: source}, now)
		if answer == answerYes {
			d.addNote(e.noteNow(text.NoteControlOn, "", now))
		}
	case promptReturn:
		d.emit(wire.ReturnAnswered{Reboot: p.ID, Cancel: a == machine.AnswerNo}, now)
	case promptStanding:
		g.answerStanding(a)
		key := text.NoteStandingNo
		if a == machine.AnswerYes {
			key = text.NoteStandingYes
		}
		d.addNote(e.noteNow(key, "", now))
	}
}

// promptText puts a question into words.
func (e *engine) promptText(p openPrompt) machine.Prompt {
	by := p.By
	if by == "" {
		by = e.technician()
	}
	say := func(k text.Key) string {
		return e.words.Say(k, "technician", by, "company", e.company())
	}
	out := machine.Prompt{ID: string(p.Kind) + "/" + p.ID, Title: e.company()}
	switch p.Kind {
	case promptReboot:
		out.Heading, out.Quote, out.Body = say(text.RebootHeading), p.Message, say(text.RebootBody)
		out.AtZero, out.Yes, out.No = say(text.RebootZeroNo), say(text.RebootYes), say(text.RebootNo)
		if p.Restart == string(machine.RestartSafeMode) {
			out.Body = say(text.RebootSafeBody)
		}
		if e.guard(e.doc).policy().RebootOnNoReply {
			out.AtZero = say(text.RebootZeroYes)
		}
	case promptReturn:
		out.Heading, out.Body = say(text.ReturnHeading), say(text.ReturnBody)
		out.AtZero, out.Yes, out.No = say(text.ReturnZero), say(text.ReturnYes), say(text.ReturnNo)
	case promptShare:
		out.Heading, out.Body = say(text.ShareHeading), say(text.ShareBody)
		out.AtZero, out.Yes, out.No = say(text.ShareZero), say(text.ShareYes), say(text.ShareNo)
		switch {
		case p.Control:
			out.Heading, out.Body, out.Yes = say(text.ShareControlHeading), say(text.ShareControlBody), say(text.ShareControlYes)
		case p.Again:
			out.Heading = say(text.ShareAgainHeading)
		}
	case promptControl:
		out.Heading, out.Body = say(text.ControlHeading), say(text.ControlBody)
		out.AtZero, out.Yes, out.No = say(text.ControlZero), say(text.ControlYes), say(text.ControlNo)
	case promptStanding:
		out.Heading, out.Body = say(text.StandingHeading), e.standingBody(say)
		out.AtZero, out.Yes, out.No = say(text.StandingZero), say(text.StandingYes), say(text.StandingNo)
	case promptSwitch:
		out.Heading, out.Body = say(text.SwitchHeading), say(text.SwitchBody)
		out.Yes, out.No = say(text.SwitchYes), say(text.SwitchNo)
	}
	return out
}

// standingBody lists what the policy does not ask about.
func (e *engine) standingBody(say func(text.Key) string) string {
	lines := []string{say(text.StandingIntro)}
	p := e.doc.Policy
	if !p.AskBeforeReboot {
		lines = append(lines, "• "+say(text.StandingReboot))
	}
	if p.RebootOnNoReply {
		lines = append(lines, "• "+say(text.StandingNoReply))
	}
	if !p.AskBeforeSharing {
		lines = append(lines, "• "+say(text.StandingSharing))
	}
	if !p.AskBeforeControl {
		lines = append(lines, "• "+say(text.StandingControl))
	}
	return strings.Join(lines, "\n")
}
