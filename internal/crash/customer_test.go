package crash

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
)

// customer is a person at the PC. They start the program, once more if it vanishes; say Yes to what they are asked; say one
// thing in the chat; and close the last window.
type customer struct {
	w    *world
	code string
	line string

	clicks  map[string]int // on Yes, for each prompt
	clicked window         // the last one
	said    bool           // the line was in the chat box: it must not get lost
	saidTo  int64          // the process of the agent that was told last
}

// window is one that was on the screen: the same question asked again is another one.
type window struct {
	id    string
	until time.Time
}

// attend lives beside the technician's story until ctx ends.
func (c *customer) attend(ctx context.Context) {
	c.clicks = make(map[string]int)
	started := false
	for {
		snap, changed := c.w.pc.Snapshot()
		if snap.Power == sim.Desktop && !snap.Running && (!started || c.vanished(snap)) {
			started = true
			c.start()
		}
		c.look(snap)
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// vanished tells whether the agent was killed before it was done: what it leaves behind says so.
func (c *customer) vanished(snap sim.Snapshot) bool {
	return c.w.recorder.hasKilled() && (snap.Autostart || c.w.hasDocument() || !c.w.over.Load())
}

// start double-clicks the program.
func (c *customer) start() {
	c.w.starts <- c.code
	if err := c.w.pc.StartAgent(); err != nil {
		<-c.w.starts // the PC has other plans
	}
}

// look does what there is to do on the screen. What is gone by then comes again, or does not matter.
func (c *customer) look(snap sim.Snapshot) {
	switch {
	case snap.Notice != nil:
		_ = c.w.pc.Dismiss()
	case snap.Form != nil:
		if !c.w.over.Load() {
			c.w.breaks("the agent asked for the code again: %+v", *snap.Form)
		}
		_ = c.w.pc.CancelCode()
	case snap.Prompt != nil:
		c.answer(window{snap.Prompt.ID, snap.Until})
	case snap.View != nil:
		c.say(*snap.View)
	}
}

func (c *customer) answer(w window) {
	if w == c.clicked {
		return
	}
	kind, _, _ := strings.Cut(w.id, "/")
	if saved := c.w.recorder.hasSaved("answer." + kind); c.clicks[w.id] > 0 && saved > c.others(kind, w.id) {
		c.w.breaks("the customer was asked about %s again, though the answer was on disk", w.id)
	}
	if c.clicks[w.id] > 1 {
		c.w.breaks("the customer was asked about %s %d times", w.id, c.clicks[w.id]+1)
	}
	if c.w.pc.Answer(w.id, machine.AnswerYes) == nil {
		c.clicks[w.id]++
		c.clicked = w
	}
}

// others counts the other questions of a kind that were answered.
func (c *customer) others(kind, id string) int {
	n := 0
	for other := range c.clicks {
		if other != id && strings.HasPrefix(other, kind+"/") {
			n++
		}
	}
	return n
}

// say types the line, unless it is in the chat box. A chat box that has just come up waits for the server's word on what
// was said before.
func (c *customer) say(v machine.View) {
	shown := slices.ContainsFunc(v.Lines, func(l machine.Line) bool { return l.Text == c.line })
	process := c.w.agents.Load()
	switch {
	case shown:
		c.said = true
	case v.Tone != "ok" || !v.CanSend:
	case c.said:
		c.w.breaks("the customer's line is gone from the chat box")
	case process != c.saidTo:
		if c.w.pc.Send(c.line) == nil {
			c.saidTo = process
		}
	}
}
