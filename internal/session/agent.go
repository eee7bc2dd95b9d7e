package session

// fromAgent takes a numbered message of the admitted agent: once, and in order.
func (t *transition) fromAgent(ev FromAgent) error {
	s := t.s
	if s.State == StateWaiting || ev.Admitted != s.Link.Admitted || !s.Link.Online {
		return errNothing // from a connection that has been replaced or given up; it will be sent again over the next one
	}
	if ev.Acked > s.CommandSeq || ev.Seq > s.EventSeq+1 {
		return ErrGap
	}
	changed := t.acknowledge(ev.Acked)
	if ev.Seq <= s.EventSeq {
		if !changed {
			return errNothing
		}
		return nil
	}
	s.EventSeq = ev.Seq
	if s.State == StateEnded || !t.agentEvent(ev.Event) {
		t.audit(byAgent, ActionLateMessage, "message", agentEventName(ev.Event))
	}
	return nil
}

// acknowledge notes what the agent has durably applied. That it speaks at all proves that it knows the generation it was
// admitted with; a newer one that it was given meanwhile it knows once it has acknowledged that command.
func (t *transition) acknowledge(seq int64) (changed bool) {
	s := t.s
	if seq > s.AckedSeq {
		s.AckedSeq, changed = seq, true
	}
	knows := s.Link.Admitted
	if s.AckedSeq >= s.Link.ConfirmSeq {
		knows = s.Link.Generation
	}
	if knows > s.Link.Known {
		s.Link.Known, changed = knows, true
	}
	return changed
}

// agentEvent hands a message to its handler; false means that it came too late to matter.
func (t *transition) agentEvent(ev AgentEvent) bool {
	switch ev := ev.(type) {
	case ConsentAnswered:
		return t.consentAnswered(ev)
	case RebootPrepared:
		return t.rebootPrepared(ev)
	case RebootFailed:
		return t.rebootFailed(ev)
	case GoingDown:
		return t.goingDown(ev)
	case RestartBlocked:
		return t.restartBlocked(ev)
	case SignedIn:
		return t.signedIn(ev)
	case ReturnAnswered:
		return t.returnAnswered(ev)
	case ShareAnswered:
		return t.shareAnswered(ev)
	case ShareStopped:
		return t.shareStopped()
	case SharePaused:
		return t.sharePaused(ev)
	case ControlAnswered:
		return t.controlAnswered(ev)
	case ControlStopped:
		return t.controlStopped()
	case CustomerChat:
		t.s.ActiveAt = t.now
		t.say(t.byCustomer(), ev.Text)
		return true
	case CustomerEnded:
		t.end(EndByCustomer, t.byCustomer(), OutcomeCancelled)
		return true
	}
	panic("session: unknown agent event") // the set is closed: a test walks it
}

// agentEventName names a message in the audit log.
func agentEventName(ev AgentEvent) string {
	switch ev.(type) {
	case ConsentAnswered:
		return "reboot.consent"
	case RebootPrepared:
		return "reboot.prepared"
	case RebootFailed:
		return "reboot.failed"
	case GoingDown:
		return "reboot.going_down"
	case RestartBlocked:
		return "reboot.blocked"
	case SignedIn:
		return "signed_in"
	case ReturnAnswered:
		return "return.answer"
	case ShareAnswered:
		return "share.answer"
	case ShareStopped:
		return "share.stopped"
	case SharePaused:
		return "share.paused"
	case ControlAnswered:
		return "control.answer"
	case ControlStopped:
		return "control.stopped"
	case CustomerChat:
		return "customer.chat"
	}
	return "customer.ended"
}
