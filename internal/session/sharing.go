package session

import (
	"strconv"
	"time"
)

func (t *transition) requestShare(ev RequestShare) error {
	if err := t.maySee(); err != nil {
		return err
	}
	if state := t.s.Sharing.State; state == SharingOn || state == SharingAsking {
		return &Refusal{Code: RefusedSharing}
	}
	t.askShare(ev.By)
	return nil
}

// maySee tells whether the customer can be asked now.
func (t *transition) maySee() error {
	s := t.s
	switch {
	case s.State != StateActive:
		return &Refusal{Code: RefusedNotJoined}
	case s.Rival != nil:
		return &Refusal{Code: RefusedRival}
	case !s.Link.Online:
		return &Refusal{Code: RefusedOffline}
	case s.Reboot.Live():
		return &Refusal{Code: RefusedRebootRunning}
	}
	return nil
}

// askShare puts the question; the prompt is named by the number of the command that shows it.
func (t *transition) askShare(by Actor) {
	s := t.s
	again := s.Sharing.Prior
	control := again && s.Control.Prior.ID != ""
	id := "p" + strconv.FormatInt(s.CommandSeq+1, 10)
	s.Sharing = Sharing{State: SharingAsking, PromptID: id, Since: t.now, Until: t.now.Add(s.Policy.Prompt()), Prior: again, Control: control}
	t.audit(by, ActionShareAsked)
	t.send(AskShare{PromptID: id, By: by.Name, Seconds: s.Policy.PromptSeconds, Again: again, Control: control})
}

func (t *transition) stopShare(ev StopShare) error {
	s := t.s
	switch s.Sharing.State {
	case SharingOn:
		t.send(EndShare{})
	case SharingAsking:
		t.send(ClosePrompt{ID: s.Sharing.PromptID})
	default:
		return &Refusal{Code: RefusedNotSharing}
	}
	t.setSharing(SharingStopped)
	t.audit(ev.By, ActionShareStopped)
	t.resumeIfAsking(ev.By)
	return nil
}

// setSharing changes the state; mouse and keyboard go with the screen.
func (t *transition) setSharing(state SharingState) {
	if t.s.Control.State == SharingAsking {
		t.send(ClosePrompt{ID: t.s.Control.PromptID})
	}
	t.s.Sharing = Sharing{State: state, Since: t.now}
	t.s.Control = Control{}
}

// resumeIfAsking ends a reboot that only waited for the answer about sharing: whatever it was, the session goes on.
func (t *transition) resumeIfAsking(by Actor) {
	if r := t.s.Reboot; r.Live() && r.Phase == PhaseAwaitingShareConsent {
		t.resume(by)
	}
}

func (t *transition) shareAnswered(ev ShareAnswered) bool {
	s := t.s
	if s.Sharing.State != SharingAsking || s.Sharing.PromptID != ev.PromptID {
		return false
	}
	holder := Actor{}
	if s.Sharing.Control {
		holder = s.Control.Prior
	}
	by, state := t.answered(ev.Answer)
	t.setSharing(state)
	t.audit(by, ActionShareAnswered, "answer", string(ev.Answer), "source", string(ev.Source))
	if state == SharingOn && holder.ID != "" {
		t.passControl(by, holder)
	}
	t.resumeIfAsking(by)
	return true
}

// answered tells who gave an answer, and what state it makes.
func (t *transition) answered(a Answer) (by Actor, state SharingState) {
	switch a {
	case AnswerYes:
		return t.byCustomer(), SharingOn
	case AnswerNo:
		return t.byCustomer(), SharingRefused
	case AnswerNoReply:
		return byAgent, SharingNoReply
	case AnswerAbsent:
		return byAgent, SharingAbsent
	}
	return byAgent, SharingNotShown
}

func (t *transition) shareStopped() bool {
	if t.s.Sharing.State != SharingOn {
		return false
	}
	t.setSharing(SharingStopped)
	t.audit(t.byCustomer(), ActionShareStopped)
	return true
}

// sharePaused is the customer holding the picture back for a while, or showing it again.
func (t *transition) sharePaused(ev SharePaused) bool {
	s := t.s
	if s.Sharing.State != SharingOn || s.Sharing.Paused == ev.Paused {
		return false
	}
	s.Sharing.Paused = ev.Paused
	action := ActionShareUnpaused
	if ev.Paused {
		action = ActionSharePaused
	}
	t.audit(t.byCustomer(), action)
	return true
}

// shareUnanswered is the end of a share prompt that the agent never reported on.
func (t *transition) shareUnanswered() {
	t.send(ClosePrompt{ID: t.s.Sharing.PromptID})
	t.setSharing(SharingNoReply)
	t.audit(byServer, ActionShareAnswered, "answer", string(AnswerNoReply))
	t.resumeIfAsking(byServer)
}

// shareUntil is when a share prompt is given up.
func (s Session) shareUntil() time.Time {
	if s.Sharing.State != SharingAsking {
		return time.Time{}
	}
	return s.Sharing.Until.Add(answerGrace)
}
