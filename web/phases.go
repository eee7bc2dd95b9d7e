package web

import (
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/session"
)

// step is one stop on the line of phases. Is: "done", "now", "next", "stopped" here, or "never" reached.
type step struct {
	Is    string
	Label string
	Note  templ.Component
}

// stop is a step of the way, before it is known how far the reboot got.
type stop struct {
	phases []session.Phase // it is reached when one of them was entered
	label  string
	next   templ.Component // the note while it lies ahead
}

// steps is the line of phases of a reboot, as far as it applies to this one.
func (l Loc) steps(d SessionPage) []step {
	r := d.Session.Reboot
	stops := l.stops(d)
	at := 0 // where the reboot is, or where it stopped
	for i, st := range stops {
		for _, p := range st.phases {
			if p == r.Phase {
				at = i
			}
		}
	}
	if r.Phase == session.PhaseBack && !r.SignedInAt.IsZero() && d.Session.PC.Service {
		at++
	}
	out := make([]step, len(stops))
	for i, st := range stops {
		out[i] = step{Is: "next", Label: st.label, Note: st.next}
		switch {
		case i < at, r.Outcome == session.OutcomeResumed:
			out[i].Is, out[i].Note = "done", l.doneNote(d.Session, st)
		case i == at && r.Live():
			out[i].Is, out[i].Note = "now", l.nowNote(d, st)
		case i == at:
			out[i].Is, out[i].Note = "stopped", plain(l.outcomeNote(r))
		case !r.Live():
			out[i].Is, out[i].Note = "never", plain(l.T("step.not_reached"))
		}
	}
	return out
}

func (l Loc) stops(d SessionPage) []stop {
	s, r := d.Session, d.Session.Reboot
	var out []stop
	if !r.Adopted {
		out = append(out,
			stop{[]session.Phase{session.PhaseAwaitingConsent}, l.T("step.asked"), nil},
			stop{[]session.Phase{session.PhasePreparing, session.PhaseArmed}, l.T("step.preparing"), nil})
	}
	off := templ.Component(nil)
	if d.ETA.Count > 0 {
		off = plain(l.T("step.about", "Clock", clock(d.ETA.Typical)))
	}
	out = append(out,
		stop{[]session.Phase{session.PhaseGoingDown}, l.T("step.going_down"), nil},
		stop{[]session.Phase{session.PhaseDown}, l.T("step.off"), off})
	if s.PC.Service {
		out = append(out,
			stop{[]session.Phase{session.PhaseBack}, l.T("step.back"), nil},
			stop{nil, l.T("step.signed_in"), plain(l.T("step.signs_in"))})
	} else {
		out = append(out, stop{[]session.Phase{session.PhaseBack}, l.T("step.back_signed_in"), plain(l.T("step.signs_in"))})
	}
	if _, asked := r.At(session.PhaseAwaitingShareConsent); asked || (r.Outcome != session.OutcomeResumed && (s.Policy.AskBeforeSharing || s.Sharing.Prior)) {
		out = append(out, stop{[]session.Phase{session.PhaseAwaitingShareConsent}, l.T("step.asked_share"), nil})
	}
	return append(out, stop{[]session.Phase{session.PhaseResumed}, l.T("step.resumed"), nil})
}

// entered is when a stop was reached and when the next phase after it began.
func entered(r *session.Reboot, st stop) (from, to time.Time) {
	in := func(p session.Phase) bool {
		for _, q := range st.phases {
			if p == q {
				return true
			}
		}
		return false
	}
	for _, s := range r.Steps {
		switch {
		case in(s.Phase) && (from.IsZero() || !to.IsZero()):
			from, to = s.At, time.Time{}
		case !in(s.Phase) && !from.IsZero() && to.IsZero():
			to = s.At
		}
	}
	return from, to
}

func (l Loc) doneNote(s session.Session, st stop) templ.Component {
	r := s.Reboot
	if len(st.phases) == 0 { // signed in
		return at(r.SignedInAt, "s")
	}
	from, to := entered(r, st)
	switch {
	case from.IsZero():
		return nil // skipped: an announcement that never came, for instance
	case st.phases[0] == session.PhaseAwaitingConsent:
		return together(at(r.Consent.At, "s"), plain(l.answer(r.Consent)))
	case to.IsZero() || st.phases[0] == session.PhaseResumed:
		return at(from, "s")
	}
	return fixed(to.Sub(from))
}

func (l Loc) nowNote(d SessionPage, st stop) templ.Component {
	r := d.Session.Reboot
	if !r.Until.IsZero() {
		return l.Rich("step.left", "Clock", left(r.Until, d.Now))
	}
	if len(st.phases) == 0 {
		return at(r.SignedInAt, "s")
	}
	from, _ := entered(r, st)
	if from.IsZero() {
		return nil
	}
	return l.Rich("step.since", "At", at(from, "s"))
}

func (l Loc) answer(c session.Consent) string {
	switch {
	case c.Answer == session.AnswerYes && c.Source == session.SourcePrior:
		return l.T("answer.prior")
	case c.Answer == session.AnswerYes && c.Source == session.SourceTimeout:
		return l.T("answer.timeout")
	case c.Answer == session.AnswerYes:
		return l.T("answer.yes")
	case c.Answer == session.AnswerNo:
		return l.T("answer.no")
	case c.Answer == session.AnswerNoReply:
		return l.T("answer.no_reply")
	case c.Answer == session.AnswerAbsent:
		return l.T("answer.absent")
	case c.Answer == session.AnswerNotShown:
		return l.T("answer.not_shown")
	}
	return ""
}

// outcomeNote is why it went no further, in a word or two.
func (l Loc) outcomeNote(r *session.Reboot) string {
	switch r.Outcome {
	case session.OutcomeRefused:
		return l.T("outcome.refused")
	case session.OutcomeNoReply:
		return l.T("outcome.no_reply")
	case session.OutcomeCustomerAbsent:
		return l.T("outcome.absent")
	case session.OutcomeNotShown:
		return l.T("outcome.not_shown")
	case session.OutcomeFailed:
		return l.T("outcome.failed")
	case session.OutcomeDidNotHappen:
		return l.T("outcome.did_not_happen")
	case session.OutcomeExpired:
		return l.T("outcome.expired")
	}
	return l.T("outcome.cancelled")
}
