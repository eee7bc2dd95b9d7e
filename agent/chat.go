package agent

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
	"github.com/rejoin/rejoin/internal/wire"
)

// maxShown is how many lines of the conversation the chat box keeps.
const maxShown = 200

// chatItem is a line that the server has.
type chatItem struct {
	from  string // empty: the customer
	text  string
	at    time.Time
	key   time.Time // the server's time of it, or of the last line before it
	local bool      // at is by this PC's clock
}

// takeHistory takes the conversation from a welcome.
func (e *engine) takeHistory(w *wire.Welcome) {
	e.history = e.history[:0]
	for _, line := range w.History {
		from := ""
		if !line.Mine {
			if from = cleanName(line.From); from == "" {
				from = e.technician()
			}
		}
		e.addLine(chatItem{from: from, text: cleanText(line.Text, wire.MaxChat), at: line.At, key: line.At})
	}
}

func (e *engine) addLine(item chatItem) {
	e.history = append(e.history, item)
	if over := len(e.history) - maxShown; over > 0 {
		e.history = append(e.history[:0], e.history[over:]...)
	}
}

// lastKey is the server's time of the last line.
func (e *engine) lastKey() time.Time {
	if n := len(e.history); n > 0 {
		return e.history[n-1].key
	}
	return time.Time{}
}

// heard adds a technician's line, unless the welcome's history had it already.
func (e *engine) heard(m *wire.Chat) {
	from, line := cleanName(m.From), cleanText(m.Text, wire.MaxChat)
	if from == "" {
		from = e.technician()
	}
	if line == "" {
		return
	}
	for _, item := range e.history {
		if item.from == from && item.text == line && item.at.UnixMilli() == m.At.UnixMilli() {
			return
		}
	}
	e.addLine(chatItem{from: from, text: line, at: m.At, key: m.At})
}

// keepLine keeps a customer's line that leaves the outbox because the server has it.
func (e *engine) keepLine(ev outEvent) {
	if line, ok := chatOf(ev); ok {
		e.addLine(chatItem{text: line, at: ev.At, key: e.lastKey(), local: true})
	}
}

func chatOf(ev outEvent) (string, bool) {
	var m wire.CustomerChat
	if ev.Type != m.Type() || json.Unmarshal(ev.Body, &m) != nil {
		return "", false
	}
	return m.Text, true
}

// acted does what the customer did in the chat box.
func (e *engine) acted(ctx context.Context, act machine.Action) {
	if e.ending != nil || e.doc.Leaving {
		return
	}
	switch act.Kind {
	case machine.ActionSend:
		e.say(ctx, act.Text)
	case machine.ActionEnd:
		if e.doc.Session == "" {
			e.result = &result{over: overByCustomer}
			return
		}
		e.depart(ctx)
	case machine.ActionStopShare:
		e.must("share.stopped", func(d *document) {
			if !e.guard(d).mayShare() {
				return
			}
			e.endShare(d, true)
			d.emit(wire.ShareStopped{}, time.Now())
		}, nil)
	case machine.ActionStopControl:
		e.must("control.stopped", func(d *document) {
			if d.Consent.Control == nil {
				return
			}
			e.endControl(d, true)
			d.emit(wire.ControlStopped{}, time.Now())
		}, nil)
	case machine.ActionPause, machine.ActionResume:
		e.pause(act.Kind == machine.ActionPause)
	case machine.ActionHide:
		e.hide(act.Windows)
	}
}

// pause holds the picture back, or shows it again.
func (e *engine) pause(on bool) {
	e.must("share.paused", func(d *document) {
		if !e.guard(d).mayShare() || d.Consent.Share.Paused == on {
			return
		}
		d.Consent.Share.Paused = on
		now := time.Now()
		d.emit(wire.SharePaused{Paused: on}, now)
		key := text.NoteUnpaused
		if on {
			key = text.NotePaused
		}
		d.addNote(e.noteNow(key, "", now))
	}, nil)
}

// maxHidden bounds how many windows are remembered as hidden.
const maxHidden = 64

// hide keeps windows out of the picture, from this moment on, and remembers them for the agent's next process.
func (e *engine) hide(windows []string) {
	windows = windows[:min(len(windows), maxHidden)]
	e.viewers.exclude(windows)
	e.must("hide", func(d *document) { d.Hidden = slices.Clone(windows) }, nil)
}

// say sends the customer's text. What does not fit into the outbox was not offered to be sent: see View.CanSend.
func (e *engine) say(ctx context.Context, s string) {
	if e.doc.Session == "" || e.doc.full() {
		return
	}
	for _, line := range splitChat(s) {
		e.put(change{name: "customer.chat", apply: e.emits(wire.CustomerChat{Text: line}), line: line, at: time.Now()})
	}
}

// depart ends the session for the customer: at once on this PC, and on the server as soon as it can be told.
func (e *engine) depart(ctx context.Context) {
	e.must("customer.ended", func(d *document) {
		d.Leaving = true
		d.Prompts, d.Ticket, d.Consent = nil, nil, consent{Standing: answerNo}
		d.emit(wire.CustomerEnded{}, time.Now())
	}, func() {
		e.m.UI().Close()
		e.leave.Reset(leaveWithin)
	})
}

// noteNow makes a note for this place in the conversation.
func (e *engine) noteNow(key text.Key, arg string, now time.Time) note {
	return note{Kind: string(key), Arg: arg, At: now, After: e.lastKey()}
}
