package web

import (
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/session"
)

// card is what the stage says about a reboot, an outage or the session's end: what happened, and what to do next.
type card struct {
	ID      string // of the element: another reboot is another card
	Tone    string
	Ring    ring
	Title   templ.Component
	Body    templ.Component
	Notices []templ.Component
	Steps   []step
	Axis    *axis
	Next    templ.Component
	Away    bool // the PC is gone: the card stands over the stage
	Over    bool // it is history: the viewer may fold it away
	Folded  bool // and it comes so: the picture needs the room
	Do      actions
}

// ring is the round clock: with an icon, or running from Since, or down to Until.
type ring struct {
	Icon         string
	Since, Until time.Time
	Total        time.Duration // of the full circle
}

// axis is the window as a bar: what is gone of it, and when this PC is usually back.
type axis struct {
	Since, Until time.Time     // Until: the deadline
	Past         time.Duration // fixed; 0: it runs
	ETA          ETA
	Words        templ.Component // on the right
	Running      bool
}

func (a axis) total() time.Duration { return a.Until.Sub(a.Since) }

// actions are the buttons of a card.
type actions struct {
	Say, Cancel, Extend, StopWaiting, Notify, Unshare, Ask, Try, Fresh bool
}

// cardOf is the card of a session, or nil where there is nothing to say.
func (l Loc) cardOf(d SessionPage) *card {
	s := d.Session
	r := s.Reboot
	var c *card
	switch {
	case s.State == session.StateWaiting || s.Rival != nil:
		return nil
	case s.State == session.StateEnded:
		c = l.endedCard(d)
	case r.Live() && r.Phase == session.PhaseDown:
		c = l.downCard(d)
	case !s.Link.Online:
		c = l.lostCard(d)
	case r.Live():
		c = l.liveCard(d)
	case r != nil:
		c = l.outcomeCard(d)
	default:
		return nil
	}
	if r != nil && c.Steps == nil && (r.Live() || s.State == session.StateActive) {
		c.Steps = l.steps(d)
	}
	c.Notices = append(c.Notices, l.downtimeNotice(d)...)
	return c
}

// downtimeNotice tells of time that the server was down and that does not count, if that was within what is going on.
func (l Loc) downtimeNotice(d SessionPage) []templ.Component {
	s := d.Session
	from := s.Link.Since
	if s.Reboot.Live() {
		from = s.Reboot.RequestedAt
	}
	if s.State != session.StateActive || (s.Link.Online && !s.Reboot.Live()) {
		return nil
	}
	for i := len(d.Audit) - 1; i >= 0; i-- {
		line := d.Audit[i]
		if line.Action == session.ActionServerDown && !line.At.Before(from.Add(-time.Second)) {
			return []templ.Component{l.Rich("card.server_down", "Span", spanParam(line, "seconds"))}
		}
	}
	return nil
}

// liveCard is a reboot under way, the PC connected.
func (l Loc) liveCard(d SessionPage) *card {
	switch d.Session.Reboot.Phase {
	case session.PhaseAwaitingConsent:
		return l.askingCard(d)
	case session.PhasePreparing:
		return l.preparingCard(d)
	case session.PhaseArmed:
		return l.plainCard(d, "live", "restart", "armed", actions{Cancel: true, Notify: true})
	case session.PhaseGoingDown:
		return l.goingDownCard(d)
	case session.PhaseAwaitingShareConsent:
		return l.askingShareCard(d)
	}
	return l.backCard(d)
}

// plainCard is a card about a reboot, whose words are all in the catalogues.
func (l Loc) plainCard(d SessionPage, tone, symbol, key string, do actions) *card {
	s, r := d.Session, d.Session.Reboot
	values := l.names(s,
		"Window", span(s.Policy.Window()), "Span", span(s.Policy.Prompt()), "Off", fixed(r.OffFor()),
		"Since", running(lastBack(r), d.Now), "By", l.actor(r.EndedBy), "At", at(r.EndedAt, "s"))
	c := &card{ID: cardID(s), Tone: tone, Ring: ring{Icon: symbol}, Do: do, Title: l.Rich("card."+key+".title", values...)}
	if id := "card." + key + ".body"; l.Has(id) { // others say it in their own way
		c.Body = l.Rich(id, values...)
	}
	if id := "card." + key + ".next"; l.Has(id) {
		c.Next = l.Rich(id, values...)
	}
	return c
}

func cardID(s session.Session) string {
	if s.Reboot != nil && (s.Reboot.Live() || s.Link.Online) {
		return "card-" + s.Reboot.ID
	}
	return "card-link"
}

func (l Loc) askingCard(d SessionPage) *card {
	s, r := d.Session, d.Session.Reboot
	zero := l.Rich("card.asking.zero_no")
	if s.Policy.OnNoReply == session.AnswerYes {
		zero = l.Rich("card.asking.zero_yes")
	}
	c := &card{
		ID: cardID(s), Tone: "live", Do: actions{Say: true, Cancel: true, Notify: true},
		Ring:  ring{Until: r.Until, Total: s.Policy.Prompt()},
		Title: l.Rich("card.asking.title", l.names(s)...),
		Next:  l.Rich("card.asking.next"),
	}
	if !s.Policy.AskBeforeReboot {
		c.Title, c.Body = l.Rich("card.agreed.title"), l.Rich("card.agreed.body", l.names(s)...)
		return c
	}
	c.Body = together(l.Rich("card.asking.body", "At", at(r.RequestedAt, "s")), zero)
	return c
}

func (l Loc) preparingCard(d SessionPage) *card {
	r := d.Session.Reboot
	c := l.plainCard(d, "live", "now", "preparing", actions{Cancel: true, Notify: true})
	said := l.Rich("card.preparing.yes", l.names(d.Session)...)
	switch r.Consent.Source {
	case session.SourcePrior:
		said = l.Rich("card.preparing.prior")
	case session.SourceTimeout:
		said = l.Rich("card.preparing.timeout")
	}
	c.Body = together(said, c.Body)
	return c
}

func (l Loc) goingDownCard(d SessionPage) *card {
	r := d.Session.Reboot
	key := "going_down"
	if r.Adopted {
		key = "going_down_adopted"
	}
	if n := len(r.Steps); n > 1 {
		switch r.Steps[n-2].Phase {
		case session.PhaseDown: // it seemed to be gone
			key = "still_there"
		case session.PhaseBack, session.PhaseAwaitingShareConsent: // once more, unasked
			key = "going_down_adopted"
		}
	}
	return l.plainCard(d, "live", "power", key, actions{Notify: true, Say: true})
}

func (l Loc) askingShareCard(d SessionPage) *card {
	s := d.Session
	c := l.plainCard(d, "live", "eye", "asking_share", actions{Say: true, Unshare: true})
	c.Ring = ring{Until: s.Sharing.Until, Total: s.Policy.Prompt()}
	c.Axis = l.backAxis(d)
	return c
}

func (l Loc) backCard(d SessionPage) *card {
	r := d.Session.Reboot
	key := "signed_in"
	switch {
	case r.SignedInAt.IsZero():
		key = "sign_in_screen"
	case r.AskedReturn:
		key = "may_cancel"
	}
	c := l.plainCard(d, "ok", "signin", key, actions{Say: true})
	if key == "may_cancel" {
		c.Ring = ring{Until: r.Until, Total: r.Until.Sub(r.SignedInAt)}
	}
	c.Axis = l.backAxis(d)
	return c
}

// lastBack is the latest return, when the PC restarted more than once.
func lastBack(r *session.Reboot) time.Time {
	for i := len(r.Steps) - 1; i >= 0; i-- {
		if r.Steps[i].Phase == session.PhaseBack {
			return r.Steps[i].At
		}
	}
	return time.Time{}
}

// backAxis shows how much of the window was used.
func (l Loc) backAxis(d SessionPage) *axis {
	r := d.Session.Reboot
	down, ok := r.At(session.PhaseDown)
	if !ok {
		return nil
	}
	window := max(d.Session.Policy.Window(), r.OffFor())
	return &axis{
		Since: down, Until: down.Add(window), Past: r.OffFor(),
		Words: l.Rich("axis.stopped"),
	}
}

func (l Loc) downCard(d SessionPage) *card {
	s, r := d.Session, d.Session.Reboot
	c := l.awayCard(d, "live")
	c.Title = l.Rich("card.down.title")
	body := l.offBody(d)
	if r.Adopted {
		c.Title = l.Rich("card.down_adopted.title")
		body = together(l.Rich("card.down_adopted.body"), body)
	}
	c.Body = body
	next := "card.down.next_user"
	if s.PC.Service {
		next = "card.down.next_service"
	}
	c.Next = l.Rich(next, l.names(s)...)
	return c
}

// awayCard is the frame of a card for a PC that is gone: clock, window and ways to go on.
func (l Loc) awayCard(d SessionPage, tone string) *card {
	s := d.Session
	total := s.Link.WindowUntil.Sub(s.Link.Since)
	around := total
	if d.ETA.Count > 0 {
		around = d.ETA.Typical
	}
	return &card{
		ID: cardID(s), Tone: tone, Away: true,
		Ring: ring{Since: s.Link.Since, Total: around},
		Do:   actions{Extend: true, StopWaiting: true, Notify: true},
		Axis: &axis{
			Since: s.Link.Since, Until: s.Link.WindowUntil, ETA: d.ETA, Running: true,
			Words: l.Rich("axis.expires", "At", at(s.Link.WindowUntil, "s"), "In", left(s.Link.WindowUntil, d.Now), "Total", fixed(total)),
		},
	}
}

// offBody says when this PC is usually back, as far as that is known.
func (l Loc) offBody(d SessionPage) templ.Component {
	s, eta := d.Session, d.ETA
	seen := at(s.Link.Since, "s")
	switch off := d.Now.Sub(s.Link.Since); {
	case eta.Count == 0:
		return l.Rich("card.down.first", "At", seen)
	case off > eta.Hi:
		return l.Rich("card.down.late", "Typical", span(eta.Typical), "Hi", clock(eta.Hi), "At", seen)
	case off > eta.Typical:
		return l.Rich("card.down.any_moment", "Typical", span(eta.Typical), "At", seen)
	}
	return l.Rich("card.down.usual", "Typical", span(eta.Typical), "In", left(s.Link.Since.Add(eta.Typical), d.Now), "At", seen)
}

// lostCard is a connection that is gone without a restart that anybody knows of.
func (l Loc) lostCard(d SessionPage) *card {
	s, r := d.Session, d.Session.Reboot
	key := "card.lost.plain"
	switch {
	case !r.Live():
	case r.Phase == session.PhaseArmed:
		key = "card.lost.armed"
	case r.Phase == session.PhaseAwaitingConsent || r.Phase == session.PhasePreparing:
		key = "card.lost.asking"
	default:
		key = "card.lost.back"
	}
	c := l.awayCard(d, "warn")
	if key != "card.lost.armed" {
		c.Ring.Total = c.Axis.total()
		c.Axis.ETA = ETA{}
	}
	if r.Live() && r.Cancellable() {
		c.Do.Cancel = true
	}
	c.Title = l.Rich("card.lost.title")
	c.Body = together(l.Rich(key), l.Rich("card.lost.seen", "At", at(s.Link.Since, "s")))
	c.Next = l.Rich("card.lost.next")
	return c
}
