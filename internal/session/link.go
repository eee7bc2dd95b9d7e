package session

import "time"

// rebootAnyway is how long a PC that was going down, and then turns out to be still in the same boot, has to go on with
// it before the reboot counts as one that did not happen. Windows' own patience with hung programs is far shorter.
const rebootAnyway = 90 * time.Second

func (t *transition) join(ev Join) error {
	s := t.s
	switch {
	case s.State == StateEnded:
		return &Refusal{Code: RefusedEnded, Why: string(s.EndReason)}
	case s.State != StateWaiting:
		return &Refusal{Code: RefusedAlreadyJoined}
	case t.now.After(s.CodeExpiresAt):
		return &Refusal{Code: RefusedCodeExpired}
	}
	s.State, s.JoinedAt, s.ActiveAt = StateActive, t.now, t.now
	s.PublicKey, s.PC = ev.PublicKey, ev.PC
	t.admit(0, ev.BootID, ev.Instance)
	t.audit(t.byCustomer(), ActionJoined, "pc", ev.PC.Name, "address", ev.Address)
	return nil
}

// admit notes a new connection of an agent that knows the given generation, and perhaps not yet the new one.
func (t *transition) admit(known int64, bootID, instance string) {
	l := &t.s.Link
	l.Generation++
	l.Admitted, l.Known, l.ConfirmSeq = l.Generation, known, 0
	l.Online, l.Since, l.BootID, l.Instance = true, t.now, bootID, instance
	l.WindowUntil, l.Extended = time.Time{}, 0
}

func (t *transition) rejoin(ev Rejoin) error {
	s := t.s
	switch {
	case s.State == StateEnded:
		return &Refusal{Code: RefusedEnded, Why: string(s.EndReason)}
	case s.State != StateActive:
		return &Refusal{Code: RefusedNotJoined}
	case !t.current(ev):
		return &Refusal{Code: RefusedSuperseded}
	case ev.AckedSeq > s.CommandSeq:
		return &Refusal{Code: RefusedInvalid, Why: "acked"}
	}
	before := s.Link
	away := time.Duration(0)
	if !before.Online {
		away = max(t.now.Sub(before.Since), 0)
	}
	s.ActiveAt = earlier(s.ActiveAt.Add(away), t.now) // an outage is nobody's idleness
	s.PC = ev.PC
	s.AckedSeq = max(s.AckedSeq, ev.AckedSeq)
	t.admit(ev.Generation, ev.BootID, ev.Instance)
	if ev.BootID != before.BootID {
		t.comeBack(before, away, ev)
		return nil
	}
	action := ActionLinkBack
	if ev.Instance != before.Instance {
		action = ActionAgentRestarted
	}
	t.audit(byAgent, action, "away", seconds(away), "address", ev.Address)
	t.stillThere()
	return nil
}

// current tells whether the generation is one that the agent may honestly have: the last that it has shown to know, or
// one that it was given since, for any number of answers may have been lost. After a technician chose between two PCs
// the loser is out even so.
func (t *transition) current(ev Rejoin) bool {
	l, settled := t.s.Link, t.s.Settled
	if settled.Generation != 0 && ev.Generation <= settled.Generation &&
		settled.Instance != ev.Instance && settled.BootID != ev.BootID {
		return false
	}
	return ev.Generation >= l.Known && ev.Generation <= l.Generation
}

// stillThere deals with a PC that rejoins in the boot that was to end. That alone proves nothing: Windows may be about to
// restart still, so the reboot gets some more time.
func (t *transition) stillThere() {
	r := t.s.Reboot
	if !r.Live() {
		return
	}
	switch r.Phase {
	case PhaseArmed:
		r.StepUntil = t.now.Add(rebootAnyway)
	case PhaseGoingDown, PhaseDown:
		if r.Phase == PhaseDown {
			t.enter(PhaseGoingDown)
			t.audit(byAgent, ActionRebootStillThere)
		}
		r.StepUntil = t.now.Add(rebootAnyway)
	}
}

func (t *transition) loseLink(ev LoseLink) error {
	s := t.s
	if !s.Link.Online || ev.Admitted != s.Link.Admitted {
		return errNothing
	}
	lastSeen := ev.LastSeen
	if lastSeen.After(t.now) {
		lastSeen = t.now
	}
	if lastSeen.Before(s.Link.Since) {
		lastSeen = s.Link.Since
	}
	t.dropLink(lastSeen)
	return nil
}

// dropLink starts an outage: from the last sign of life on, the PC has the policy's window to be back.
func (t *transition) dropLink(lastSeen time.Time) {
	s := t.s
	s.Link.Online, s.Link.Since = false, lastSeen
	if s.State != StateActive {
		return
	}
	s.Link.WindowUntil = lastSeen.Add(s.Policy.Window())
	if s.Link.WindowUntil.Before(t.now) {
		// The window may not be over before anybody was told that it runs.
		s.Link.WindowUntil = t.now
	}
	r := s.Reboot
	if r.Live() && r.Phase == PhaseGoingDown {
		t.enterAt(PhaseDown, lastSeen)
		r.StepUntil = time.Time{}
		t.audit(byServer, ActionRebootDown)
		return
	}
	if r.Live() && r.Phase == PhaseArmed {
		r.StepUntil = time.Time{} // the window decides
	}
	t.audit(byServer, ActionLinkLost)
}

func (t *transition) extendWindow(ev ExtendWindow) error {
	l := &t.s.Link
	switch {
	case t.s.State != StateActive:
		return &Refusal{Code: RefusedNotJoined}
	case l.Online:
		return &Refusal{Code: RefusedOnline}
	case ev.Minutes != 5 && ev.Minutes != 10 && ev.Minutes != 20:
		return &Refusal{Code: RefusedInvalid, Why: "minutes"}
	case l.Extended+ev.Minutes > MaxExtended:
		return &Refusal{Code: RefusedWindowLimit}
	}
	l.Extended += ev.Minutes
	l.WindowUntil = l.WindowUntil.Add(time.Duration(ev.Minutes) * time.Minute)
	t.audit(ev.By, ActionWindowExtended, "minutes", itoa(ev.Minutes))
	return nil
}

// MaxExtended is how many minutes one outage's window can be extended by in all.
const MaxExtended = 240

func (t *transition) meetRival(ev MeetRival) error {
	s := t.s
	switch s.State {
	case StateWaiting:
		return &Refusal{Code: RefusedNotJoined}
	case StateEnded:
		return &Refusal{Code: RefusedEnded, Why: string(s.EndReason)}
	}
	if s.Rival != nil && s.Rival.Instance == ev.Rival.Instance {
		return errNothing
	}
	rival := ev.Rival
	rival.At = t.now
	s.Rival = &rival
	t.audit(byServer, ActionRivalMet, "pc", rival.PC.Name, "address", rival.Address)
	return nil
}

func (t *transition) loseRival(ev LoseRival) error {
	if t.s.Rival == nil || t.s.Rival.Instance != ev.Instance {
		return errNothing
	}
	t.s.Rival = nil
	t.audit(byServer, ActionRivalGone)
	return nil
}

func (t *transition) chooseRival(ev ChooseRival) error {
	s := t.s
	switch {
	case s.Rival == nil:
		return &Refusal{Code: RefusedNoRival}
	case ev.Keep != KeepCurrent && ev.Keep != KeepRival:
		return &Refusal{Code: RefusedInvalid, Why: "keep"}
	case ev.Keep == KeepCurrent && !s.Link.Online:
		return &Refusal{Code: RefusedOffline} // it could not be told the new generation
	}
	rival := *s.Rival
	s.Settled = Settled{Generation: s.Link.Generation, Instance: rival.Instance, BootID: rival.BootID}
	s.Rival = nil
	t.audit(ev.By, ActionRivalChosen, "keep", string(ev.Keep))
	switch ev.Keep {
	case KeepRival:
		s.Link.Known = min(s.Link.Known, rival.Generation) // the present PC may have been given new ones meanwhile
	case KeepCurrent:
		s.Settled.Instance, s.Settled.BootID = s.Link.Instance, s.Link.BootID
		s.Link.Generation++
		s.Link.ConfirmSeq = t.send(Regenerate{Generation: s.Link.Generation})
	}
	return nil
}
