package agent

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
)

// Tones of the status line.
const (
	toneOK   = "ok"
	toneLive = "live"
	toneWarn = "warn"
	toneOff  = "off"
)

// show brings the chat box up to date if anything in it changed.
func (e *engine) show() {
	if !e.described || e.ending != nil || e.doc.Leaving {
		return
	}
	v := e.makeView()
	if !reflect.DeepEqual(v, e.view) {
		e.view = v
		e.m.UI().Show(v)
	}
}

// technician is whom the customer talks to, by the best name there is.
func (d *document) technician() string {
	for _, name := range []string{d.Technician, d.Company} {
		if name != "" {
			return name
		}
	}
	return serverName(d.Server)
}

func (e *engine) technician() string { return e.doc.technician() }

func (e *engine) company() string {
	if e.doc.Company != "" {
		return e.doc.Company
	}
	return serverName(e.doc.Server)
}

func (e *engine) phrase(k text.Key, more ...string) string {
	return e.words.Say(k, append([]string{
		"technician", e.technician(), "company", e.company(), "server", serverName(e.doc.Server),
	}, more...)...)
}

func (e *engine) makeView() machine.View {
	key, tone := e.status()
	v := machine.View{
		Title:  e.phrase(text.Title),
		Status: e.phrase(key, "time", e.lostAt.Local().Format("15:04"), "detail", e.saveErr),
		Tone:   tone, Lines: e.lines(), Input: e.phrase(text.Input), Send: e.phrase(text.Send), End: e.phrase(text.EndSession),
		EndAsk: machine.Prompt{
			ID: "end", Title: e.company(), Heading: e.phrase(text.EndHeading), Body: e.phrase(text.EndBody),
			Yes: e.phrase(text.EndYes), No: e.phrase(text.EndNo),
		},
		CanSend: e.doc.Session != "" && !e.doc.full(),
	}
	if e.doc.Session == "" {
		v.Title = e.phrase(text.TitleEarly)
	}
	if e.guard(e.doc).mayShare() {
		v.Sharing, v.StopShare = e.phrase(text.Sharing), e.phrase(text.StopSharing)
		v.Banner = e.banner()
	}
	return v
}

// banner says who sees the screen and who uses mouse and keyboard.
func (e *engine) banner() *machine.Banner {
	p, names := e.guard(e.doc).permit(), e.viewers.looking()
	b := &machine.Banner{
		Text: e.phrase(text.BannerIdle), Tone: toneOff, Hide: e.phrase(text.BannerHide), HideAsk: e.phrase(text.BannerHideAsk),
		Hidden: e.doc.Hidden, Screens: e.screens(),
	}
	pause := machine.BannerButton{Label: e.phrase(text.BannerPause), Action: machine.ActionPause}
	switch {
	case p.paused:
		b.Text, b.Tone = e.phrase(text.BannerPaused), toneWarn
		pause = machine.BannerButton{Label: e.phrase(text.BannerResume), Action: machine.ActionResume}
	case len(names) > 0:
		key := text.BannerSees
		if len(names) > 1 {
			key = text.BannerSee
		}
		b.Text, b.Tone = e.phrase(key, "names", e.list(names)), toneLive
	}
	b.Buttons = append(b.Buttons, pause)
	if e.guard(e.doc).mayControl() {
		if p.holder != "" && !p.paused {
			b.Text += " · " + e.phrase(text.BannerControls, "holder", e.doc.Controller.Name)
			b.Tone = toneLive
		}
		b.Buttons = append(b.Buttons, machine.BannerButton{Label: e.phrase(text.BannerStopControl), Action: machine.ActionStopControl})
	}
	b.Buttons = append(b.Buttons, machine.BannerButton{Label: e.phrase(text.StopSharing), Action: machine.ActionStopShare})
	return b
}

// screens are the monitors that the customer may keep to themselves; none if there is only one.
func (e *engine) screens() []machine.Window {
	all, err := e.m.Screen().Monitors()
	if err != nil || len(all) < 2 {
		return nil
	}
	out := make([]machine.Window, len(all))
	for i, m := range all {
		out[i] = machine.Window{ID: hiddenMonitor + m.ID, Title: e.phrase(text.BannerScreen, "number", strconv.Itoa(i+1),
			"width", strconv.Itoa(m.Bounds.Dx()), "height", strconv.Itoa(m.Bounds.Dy()))}
	}
	return out
}

// list joins names as people say them.
func (e *engine) list(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " " + e.phrase(text.And) + " " + names[last]
}

// status is the line under the title: the first thing that is worth saying.
func (e *engine) status() (text.Key, string) {
	d := e.doc
	switch {
	case e.trouble == text.StatusDisk:
		return text.StatusDisk, toneWarn
	case d.Going != nil, d.Ticket != nil && !d.Ticket.Commanded.IsZero():
		return text.StatusRestarting, toneWarn
	case e.link == nil:
		return e.offline()
	case d.full():
		return text.StatusFull, toneWarn
	case d.Ticket != nil:
		return text.StatusPreparing, toneWarn
	case len(d.Prompts) > 0 && d.Prompts[0].Kind == promptReboot:
		return text.StatusAsked, toneWarn
	case e.guard(d).mayShare():
		return text.StatusConnected, toneLive
	}
	return text.StatusConnected, toneOK
}

func (e *engine) offline() (text.Key, string) {
	switch {
	case e.trying != nil && e.trying.held:
		return text.StatusHeld, toneWarn
	case e.trouble != "":
		return e.trouble, toneWarn
	case e.doc.Session == "" && e.joinFail > 1:
		return text.StatusNoServer, toneWarn
	case e.lostAt.IsZero():
		return text.StatusConnecting, toneOff
	}
	return text.StatusLost, toneWarn
}

// lines is the conversation: what the server has, what it has not got yet, and notes in between.
func (e *engine) lines() []machine.Line {
	you := e.phrase(text.You)
	var out []machine.Line
	notes := e.doc.Notes
	for _, item := range e.history {
		for len(notes) > 0 && notes[0].precedes(item) {
			out = append(out, e.noteLine(notes[0]))
			notes = notes[1:]
		}
		from := item.from
		if from == "" {
			from = you
		}
		out = append(out, machine.Line{From: from, Text: item.text, At: item.at})
	}
	for _, n := range notes {
		out = append(out, e.noteLine(n))
	}
	for _, ev := range e.doc.Outbox {
		if line, ok := chatOf(ev); ok {
			out = append(out, machine.Line{From: you, Text: line, At: ev.At})
		}
	}
	for _, c := range e.later {
		if c.line != "" {
			out = append(out, machine.Line{From: you, Text: c.line, At: c.at})
		}
	}
	return out
}

// precedes tells where a note belongs. The clocks of server and PC are never compared with each other.
func (n note) precedes(item chatItem) bool {
	if item.local && n.After.Equal(item.key) {
		return !n.At.After(item.at)
	}
	return n.After.Before(item.key)
}

func (e *engine) noteLine(n note) machine.Line {
	return machine.Line{Text: e.phrase(text.Key(n.Kind), "apps", n.Arg), At: n.At, Note: true}
}
