package web

import (
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/session"
)

// hand is how mouse and keyboard stand, as one technician sees it. Scripts compare the words.
type hand string

const (
	handOff         hand = "off"          // the screen is not shared, so there is nothing to control
	handFree        hand = "free"         // nobody has them
	handAsking      hand = "asking"       // the customer is being asked, for this technician
	handAskingOther hand = "asking_other" // and for a colleague
	handMine        hand = "mine"
	handWanted      hand = "wanted" // mine, and a colleague asks for them
	handOther       hand = "other"  // a colleague has them
	handWanting     hand = "wanting"
	handWantedOther hand = "wanted_other" // a second colleague asks the one who has them
)

// handOf is the viewer's hand.
func handOf(d SessionPage) hand {
	s, c := d.Session, d.Session.Control
	me := ""
	if d.Viewer != nil {
		me = d.Viewer.ID
	}
	switch {
	case s.State != session.StateActive || s.Sharing.State != session.SharingOn:
		return handOff
	case c.State == session.SharingAsking && c.Holder.ID == me:
		return handAsking
	case c.State == session.SharingAsking:
		return handAskingOther
	case c.State != session.SharingOn || c.Holder.ID == "":
		return handFree
	case c.Holder.ID == me && c.Wanted.ID != "":
		return handWanted
	case c.Holder.ID == me:
		return handMine
	case c.Wanted.ID == me:
		return handWanting
	case c.Wanted.ID != "":
		return handWantedOther
	}
	return handOther
}

// holds tells whether the technician has mouse and keyboard.
func (h hand) holds() bool { return h == handMine || h == handWanted }

// whyNoControl says why mouse and keyboard can't be asked for now; empty if they can.
func (l Loc) whyNoControl(d SessionPage) string {
	s := d.Session
	if why := l.whyNoShare(s); why != "" {
		return why
	}
	switch handOf(d) {
	case handOff:
		return l.T("why.not_sharing")
	case handAskingOther:
		return l.T("why.control_asked", "Name", s.Control.Holder.Name)
	case handWantedOther:
		return l.T("why.control_asked", "Name", s.Control.Wanted.Name)
	case handAsking:
		return l.T("control.asking.body")
	case handWanting:
		return l.T("control.wanting.title", "Name", s.Control.Holder.Name)
	case handMine, handWanted:
		return l.T("why.controlling")
	}
	return ""
}

// controlLabel is what the button that asks for mouse and keyboard does.
func (l Loc) controlLabel(d SessionPage) string {
	if handOf(d) == handOther {
		return l.T("toolbar.control_of", "Name", d.Session.Control.Holder.Name)
	}
	return l.T("toolbar.control")
}

// viewLabel is what the button that goes back to looking only does.
func (l Loc) viewLabel(h hand) string {
	switch {
	case h.holds():
		return l.T("toolbar.let_go")
	case h == handAsking:
		return l.T("toolbar.withdraw_control")
	}
	return l.T("toolbar.view")
}

// strip is what the page says about mouse and keyboard above the screen, while there is something to say.
type strip struct {
	ID    string // another question is another strip: what was dismissed stays so
	Tone  string
	Icon  string
	Title string
	Body  templ.Component
	Until time.Time // a countdown beside it
	Do    stripActions
}

type stripActions struct{ Withdraw, HandOver, AskAgain, Dismiss bool }

// stripOf is the strip of a session, or nil.
func (l Loc) stripOf(d SessionPage) *strip {
	s, c := d.Session, d.Session.Control
	in := left(c.WantedUntil, d.Now)
	st := &strip{ID: "strip-" + millis(c.Since), Tone: "live", Icon: "pointer"}
	names := l.names(s, "Name", c.Holder.Name, "Wanted", c.Wanted.Name)
	switch handOf(d) {
	case handOff, handMine, handOther:
		return nil
	case handAsking:
		st.Title, st.Body = l.T("control.asking.title", names...), l.Rich("control.asking.body")
		st.Until, st.Do.Withdraw = c.Until, true
	case handAskingOther:
		st.Title, st.Until = l.T("control.asking_other.title", names...), c.Until
	case handWanted:
		st.Tone, st.Do.HandOver = "warn", true
		st.Title = l.T("control.wanted.title", "Name", c.Wanted.Name)
		st.Body = l.Rich("control.wanted.body", "Name", c.Wanted.Name, "In", in)
	case handWanting:
		st.Title, st.Body = l.T("control.wanting.title", names...), l.Rich("control.wanting.body", "In", in)
	case handWantedOther:
		st.Title = l.T("control.wanted_other.title", names...)
	default:
		return l.outcomeStrip(d, st)
	}
	return st
}

// outcomeStrip says why nobody has mouse and keyboard, after a question that led to nothing.
func (l Loc) outcomeStrip(d SessionPage, st *strip) *strip {
	key := ""
	switch d.Session.Control.State {
	case session.SharingRefused:
		key, st.Icon = "refused", "user"
	case session.SharingNoReply:
		key, st.Icon = "no_reply", "clock"
	case session.SharingNotShown:
		key, st.Icon = "not_shown", "warn"
	case session.SharingAbsent:
		key, st.Icon = "absent", "user"
	case session.SharingStopped:
		key, st.Icon = "stopped", "pointer"
	default:
		return nil
	}
	st.Tone = "warn"
	st.Title = l.T("control."+key+".title", l.names(d.Session)...)
	st.Body = l.Rich("control." + key + ".body")
	st.Do = stripActions{AskAgain: l.whyNoControl(d) == "", Dismiss: true}
	return st
}

// announcement is what a screen reader says when the page changes: the state, and what there is about mouse and keyboard.
// It has no clock in it.
func (l Loc) announcement(d SessionPage) string {
	text := l.stateOf(d.Session, d.Now).Text
	if st := l.stripOf(d); st != nil {
		return text + ". " + st.Title
	}
	return text
}
