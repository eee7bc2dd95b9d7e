package session

import "time"

// comeBack deals with a PC that rejoins under another boot ID, whatever made it restart. before is the link as it was.
func (t *transition) comeBack(before Link, away time.Duration, ev Rejoin) {
	s := t.s
	r := s.Reboot
	switch {
	case !r.Live():
		t.startReboot(Reboot{Kind: KindNormal, By: byAgent, Adopted: true}, PhaseDown)
		s.Reboot.Steps[0].At = t.now.Add(-away)
		s.Reboot.BootID = before.BootID
		t.audit(byAgent, ActionRebootAdopted, "how", "found")
	case r.Phase == PhaseAwaitingConsent || r.Phase == PhasePreparing:
		r.Adopted = true
		t.enterAt(PhaseDown, t.now.Add(-away))
		t.audit(byAgent, ActionRebootAdopted, "how", "found")
	case r.Phase == PhaseArmed || r.Phase == PhaseGoingDown:
		t.enterAt(PhaseDown, t.now.Add(-away)) // it overtook the loss of its old connection, or its farewell was lost
	case r.Phase == PhaseBack || r.Phase == PhaseAwaitingShareConsent:
		t.audit(byAgent, ActionRebootAgain)
	}
	r = s.Reboot
	if _, wasBack := r.At(PhaseBack); wasBack {
		r.Restarts++
		r.SignedInAt = time.Time{}
	}
	if s.Sharing.State == SharingAsking {
		t.send(ClosePrompt{ID: s.Sharing.PromptID}) // it may have been asked while the PC was away
	}
	if s.Control.State == SharingAsking {
		t.send(ClosePrompt{ID: s.Control.PromptID})
	}
	s.Sharing = Sharing{Prior: s.Sharing.Prior || s.Sharing.State == SharingOn}
	prior := s.Control.Prior
	if s.Control.State == SharingOn {
		prior = s.Control.Holder
	}
	s.Control = Control{Prior: prior}
	t.enter(PhaseBack)
	t.audit(byAgent, ActionRebootBack, "away", seconds(away), "address", ev.Address)
	if ev.SignedIn {
		t.arrive()
	}
}

// signedIn is a sign-in that comes after the agent's return (an agent that runs as a service).
func (t *transition) signedIn(ev SignedIn) bool {
	r := t.s.Reboot
	if ev.BootID != t.s.Link.BootID || !r.Live() || r.Phase != PhaseBack || !r.SignedInAt.IsZero() {
		return false
	}
	t.arrive()
	return true
}

// arrive goes on once somebody is there to answer.
func (t *transition) arrive() {
	s, r := t.s, t.s.Reboot
	r.SignedInAt, s.ActiveAt = t.now, t.now
	t.audit(byAgent, ActionRebootSignedIn)
	if s.Mode == ModePhone && s.Policy.PhoneCancel {
		r.AskedReturn = true
		r.Until = t.now.Add(returnPrompt)
		r.StepUntil = r.Until.Add(answerGrace)
		t.audit(byServer, ActionReturnAsked)
		t.send(AskReturn{RebootID: r.ID, By: s.Technician.Name, Seconds: int(returnPrompt / time.Second)})
		return
	}
	t.askToShareAgain()
}

// returnAnswered is the customer's answer to the offer to cancel the reconnection. A cancellation counts however late it
// is heard of: on the PC it has been carried out.
func (t *transition) returnAnswered(ev ReturnAnswered) bool {
	r := t.s.Reboot
	if r == nil || r.ID != ev.RebootID || !r.AskedReturn {
		return false
	}
	if ev.Cancel {
		t.audit(t.byCustomer(), ActionReturnCancelled)
		t.end(EndReconnectCancelled, t.byCustomer(), OutcomeCancelled)
		return true
	}
	if !t.inPhase(ev.RebootID, PhaseBack) || r.SignedInAt.IsZero() {
		return false
	}
	t.askToShareAgain()
	return true
}

// goOn takes up the return where a further restart interrupted it that then did not come about.
func (t *transition) goOn() {
	s := t.s
	t.enter(PhaseBack)
	switch {
	case s.Reboot.SignedInAt.IsZero(): // at the sign-in screen still
	case s.Sharing.State == SharingOff:
		t.askToShareAgain()
	case s.Sharing.State == SharingAsking:
		t.enter(PhaseAwaitingShareConsent)
		s.Reboot.Until = s.Sharing.Until
	default: // answered meanwhile
		t.resume(byServer)
	}
}

// askToShareAgain asks for the screen if the policy says so, or if it was shared before: then the agent may have a grant
// that still holds and answers by itself.
func (t *transition) askToShareAgain() {
	s := t.s
	if !s.Policy.AskBeforeSharing && !s.Sharing.Prior {
		t.resume(byServer)
		return
	}
	t.enter(PhaseAwaitingShareConsent)
	t.askShare(s.Technician)
	s.Reboot.Until = s.Sharing.Until // given up by shareUntil
}

func (t *transition) resume(by Actor) {
	t.enter(PhaseResumed)
	t.finishReboot(OutcomeResumed, by)
	t.audit(by, ActionRebootResumed, "off", seconds(t.s.Reboot.OffFor()))
}
