package session

import "time"

// NextDeadline is the earliest moment after which [Tick] has something to do; zero if there is none. Deadlines are part
// of the session rather than effects, so that none can be lost or left behind.
func (s Session) NextDeadline() time.Time {
	if s.State == StateEnded {
		return time.Time{}
	}
	var next time.Time
	for _, at := range []time.Time{s.Link.WindowUntil, s.stepUntil(), s.shareUntil(), s.controlUntil(), s.idleUntil()} {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// stepUntil is when the live reboot's phase is given up.
func (s Session) stepUntil() time.Time {
	if !s.Reboot.Live() {
		return time.Time{}
	}
	return s.Reboot.StepUntil
}

// idleUntil is when the session ends because nobody uses it. While the PC is away its window decides instead.
func (s Session) idleUntil() time.Time {
	if s.State == StateActive && !s.Link.Online {
		return time.Time{}
	}
	return s.ActiveAt.Add(s.Policy.Idle())
}

// tick carries out every deadline that is over.
func (t *transition) tick() error {
	s := t.s
	over := func(at time.Time) bool { return s.State != StateEnded && !at.IsZero() && t.now.After(at) }
	done := false
	if over(s.Link.WindowUntil) {
		t.expire()
		done = true
	}
	if over(s.stepUntil()) {
		t.giveUpStep()
		done = true
	}
	if over(s.shareUntil()) {
		t.shareUnanswered()
		done = true
	}
	if over(s.controlUntil()) {
		t.controlOver()
		done = true
	}
	if over(s.idleUntil()) {
		t.end(EndIdle, byServer, OutcomeCancelled)
		done = true
	}
	if !done {
		return errNothing
	}
	return nil
}

// expire ends a session whose PC was not back in time.
func (t *transition) expire() {
	if t.s.Reboot.Live() {
		t.finishReboot(OutcomeExpired, byServer)
		t.audit(byServer, ActionRebootExpired)
	}
	t.end(EndExpired, byServer, OutcomeExpired)
}

// giveUpStep ends the waiting for the live reboot's next step.
func (t *transition) giveUpStep() {
	r := t.s.Reboot
	switch r.Phase {
	case PhaseAwaitingConsent:
		t.callOff()
		r.Consent = Consent{Answer: AnswerNoReply, At: t.now}
		t.finishReboot(OutcomeNoReply, byServer)
		t.audit(byServer, ActionRebootConsent, "answer", string(AnswerNoReply))
	case PhasePreparing:
		t.callOff()
		t.failReboot(byServer, FailureTimeout, "")
	case PhaseArmed, PhaseGoingDown:
		t.callOff()
		t.didNotHappen(byServer, nil)
	case PhaseBack:
		t.askToShareAgain() // no answer to the offer to cancel means that the session goes on
	}
}

// serverWasDown gives back the time that no server was there to be reached, and takes the link for lost: the agents of
// a stopped server all have to come back.
func (t *transition) serverWasDown(ev ServerWasDown) error {
	s := t.s
	from := ev.From
	if s.CreditedUntil.After(from) {
		from = s.CreditedUntil
	}
	if s.State == StateEnded || !ev.To.After(from) {
		return errNothing
	}
	s.CreditedUntil = ev.To
	t.credit(from, ev.To.Sub(from))
	t.audit(byServer, ActionServerDown, "seconds", seconds(ev.To.Sub(from)))
	s.Rival = nil // its connection went with the server
	if s.Link.Online && s.Link.Since.Before(ev.To) {
		t.dropLink(ev.To)
	}
	return nil
}

// credit moves every deadline that was still open at from by d.
func (t *transition) credit(from time.Time, d time.Duration) {
	s := t.s
	ats := []*time.Time{&s.CodeExpiresAt, &s.Link.WindowUntil, &s.Sharing.Until, &s.Control.Until, &s.Control.WantedUntil}
	if s.Reboot.Live() {
		ats = append(ats, &s.Reboot.Until, &s.Reboot.StepUntil)
	}
	for _, at := range ats {
		if !at.Before(from) { // also leaves the zero time alone
			*at = at.Add(d)
		}
	}
	s.ActiveAt = earlier(s.ActiveAt.Add(d), t.now)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
