package session

import (
	"strconv"
	"time"
)

func (t *transition) requestShare(ev RequestShare) error {
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
	case s.Sharing.State == SharingOn || s.Sharing.State == SharingAsking:
		return &Refusal{Code: RefusedSharing}
	}
	t.askShare(ev.By)
	return nil
}

// askShare puts the question; the prompt is named by the number of the command that shows it.
func (t *transition) askShare(by Actor) {
	s := t.s
	again := s.Sharing.Prior
	id := "p" + strconv.FormatInt(s.CommandSeq+1, 10)
	s.Sharing = Sharing{State: SharingAsking, PromptID: id, Since: t.now, Until: t.now.Add(s.Policy.Prompt()), Prior: again}
	t.audit(by, ActionShareAsked)
	t.send(AskShare{PromptID: id, By: by.Name, Seconds: s.Policy.PromptSeconds, Again: again})
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

func (t *transition) setSharing(state SharingState) {
	t.s.Sharing = Sharing{State: state, Since: t.now}
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
	by := t.byCustomer()
	switch ev.Answer {
	case AnswerYes:
		t.setSharing(SharingOn)
	case AnswerNo:
		t.setSharing(SharingRefused)
	case AnswerNoReply:
		by = byAgent
		t.setSharing(SharingNoReply)
	case AnswerAbsent:
		by = byAgent
		t.setSharing(SharingAbsent)
	default:
		by = byAgent
		t.setSharing(SharingNotShown)
	}
	t.audit(by, ActionShareAnswered, "answer", string(ev.Answer), "source", string(ev.Source))
	t.resumeIfAsking(by)
	return true
}

func (t *transition) shareStopped() bool {
	if t.s.Sharing.State != SharingOn {
		return false
	}
	t.setSharing(SharingStopped)
	t.audit(t.byCustomer(), ActionShareStopped)
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
