package session

import (
	"strconv"
	"time"
)

// handOver is how long the technician who controls has to say that they keep it, once a colleague asks for it.
const handOver = 15 * time.Second

// Control is the consent to use the PC's mouse and keyboard, and who uses them: one technician at a time. It holds only
// while the screen is shared.
type Control struct {
	State    SharingState `json:"state,omitempty"`
	Holder   Actor        `json:"holder,omitzero"` // who has it; while asking, for whom it is asked. On without a holder: anybody may take it
	PromptID string       `json:"prompt_id,omitempty"`
	Until    time.Time    `json:"until,omitzero"` // the prompt's end, while asking
	Since    time.Time    `json:"since,omitzero"`

	Wanted      Actor     `json:"wanted,omitzero"`       // a colleague who asks the holder for it
	WantedUntil time.Time `json:"wanted_until,omitzero"` // then it passes to them

	Prior Actor `json:"prior,omitzero"` // had it when the PC went down; it is asked for again along with the screen
}

func (t *transition) requestControl(ev RequestControl) error {
	s, c := t.s, &t.s.Control
	if err := t.maySee(); err != nil {
		return err
	}
	switch {
	case s.Sharing.State != SharingOn:
		return &Refusal{Code: RefusedNotSharing}
	case c.State == SharingAsking:
		return &Refusal{Code: RefusedControlAsked, Why: c.Holder.Name}
	case c.State != SharingOn:
		t.askControl(ev.By)
	case c.Holder.ID == ev.By.ID:
		return &Refusal{Code: RefusedControlling}
	case c.Holder.ID == "":
		t.passControl(ev.By, ev.By)
	case c.Wanted.ID != "":
		return &Refusal{Code: RefusedControlAsked, Why: c.Wanted.Name}
	default:
		c.Wanted, c.WantedUntil = ev.By, t.now.Add(handOver)
		t.audit(ev.By, ActionControlWanted, "of", c.Holder.Name)
	}
	return nil
}

// askControl puts the question to the customer.
func (t *transition) askControl(by Actor) {
	s := t.s
	id := "p" + strconv.FormatInt(s.CommandSeq+1, 10)
	s.Control = Control{State: SharingAsking, Holder: by, PromptID: id, Since: t.now, Until: t.now.Add(s.Policy.Prompt())}
	t.audit(by, ActionControlAsked)
	t.send(AskControl{PromptID: id, By: by.Name, Seconds: s.Policy.PromptSeconds})
}

// passControl makes to the one who controls; nobody, if to is empty.
func (t *transition) passControl(by, to Actor) {
	t.s.Control = Control{State: SharingOn, Holder: to, Since: t.now}
	action := ActionControlPassed
	if to.ID == "" {
		action = ActionControlReleased
	}
	t.audit(by, action, "to", to.Name)
	t.send(SetControl{ID: to.ID, Name: to.Name})
}

// yieldControl hands it to the colleague who asked for it, or lets go of it; while the customer is being asked it takes the
// question back.
func (t *transition) yieldControl(ev YieldControl) error {
	c := t.s.Control
	switch {
	case c.Holder.ID != ev.By.ID:
		return &Refusal{Code: RefusedNotControlling, Why: c.Holder.Name}
	case c.State == SharingAsking:
		t.send(ClosePrompt{ID: c.PromptID})
		t.setControl(SharingStopped)
		t.audit(ev.By, ActionControlStopped)
	default:
		t.passControl(ev.By, c.Wanted)
	}
	return nil
}

func (t *transition) keepControl(ev KeepControl) error {
	c := &t.s.Control
	switch {
	case c.Holder.ID != ev.By.ID:
		return &Refusal{Code: RefusedNotControlling, Why: c.Holder.Name}
	case c.Wanted.ID == "":
		return &Refusal{Code: RefusedNotWanted}
	}
	t.audit(ev.By, ActionControlKept, "from", c.Wanted.Name)
	c.Wanted, c.WantedUntil = Actor{}, time.Time{}
	return nil
}

func (t *transition) setControl(state SharingState) {
	t.s.Control = Control{State: state, Since: t.now}
}

func (t *transition) controlAnswered(ev ControlAnswered) bool {
	c := t.s.Control
	if c.State != SharingAsking || c.PromptID != ev.PromptID {
		return false
	}
	by, state := t.answered(ev.Answer)
	t.setControl(state)
	t.audit(by, ActionControlAnswered, "answer", string(ev.Answer), "source", string(ev.Source))
	if state == SharingOn {
		t.passControl(by, c.Holder)
	}
	return true
}

// controlStopped is the customer taking mouse and keyboard back.
func (t *transition) controlStopped() bool {
	if t.s.Control.State != SharingOn {
		return false
	}
	t.setControl(SharingStopped)
	t.audit(t.byCustomer(), ActionControlStopped)
	return true
}

// controlOver carries out whichever of its two deadlines is over.
func (t *transition) controlOver() {
	c := t.s.Control
	if c.State == SharingOn {
		t.passControl(byServer, c.Wanted)
		return
	}
	t.send(ClosePrompt{ID: c.PromptID})
	t.setControl(SharingNoReply)
	t.audit(byServer, ActionControlAnswered, "answer", string(AnswerNoReply))
}

// controlUntil is when a question about control is given up, or when control passes to the colleague who asked for it.
func (s Session) controlUntil() time.Time {
	switch s.Control.State {
	case SharingAsking:
		return s.Control.Until.Add(answerGrace)
	case SharingOn:
		return s.Control.WantedUntil
	}
	return time.Time{}
}

// watch notes who looks at the screen, for the record.
func (t *transition) watch(ev Watch) error {
	if t.s.State != StateActive {
		return &Refusal{Code: RefusedNotJoined}
	}
	action := ActionWatchEnded
	if ev.On {
		action = ActionWatchBegan
	}
	t.audit(ev.By, action)
	return nil
}
