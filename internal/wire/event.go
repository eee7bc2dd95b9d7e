package wire

import (
	"fmt"
	"unicode/utf8"
)

// The events, from agent to server. The agent writes each to disk before it sends it.
type (
	// ConsentAnswered is what came of AskReboot.
	ConsentAnswered struct {
		Reboot string `json:"reboot"`
		Answer string `json:"answer"`          // "yes", "no", "no_reply", "absent", "not_shown"
		Source string `json:"source,omitzero"` // of a yes: "customer", "prior", "timeout"
	}
	// RebootPrepared says that everything is on disk.
	RebootPrepared struct {
		Reboot string `json:"reboot"`
	}
	// RebootFailed says what failed; everything is rolled back.
	RebootFailed struct {
		Reboot string `json:"reboot"`
		Step   string `json:"step"`
		Detail string `json:"detail,omitzero"`
	}
	// GoingDown announces that Windows ends the session; Reboot is empty if the agent did not ask for it. BootID, here and
	// below, is the boot it happened in: the message may be sent only after the restart.
	GoingDown struct {
		Reboot string `json:"reboot,omitzero"`
		BootID string `json:"boot_id"`
	}
	// RestartBlocked says that an announced restart did not come about.
	RestartBlocked struct {
		Reboot string   `json:"reboot,omitzero"`
		BootID string   `json:"boot_id"`
		Apps   []string `json:"apps"`
	}
	// SignedIn says that somebody signed in to Windows.
	SignedIn struct {
		BootID string `json:"boot_id"`
	}
	// ReturnAnswered is what came of AskReturn.
	ReturnAnswered struct {
		Reboot string `json:"reboot"`
		Cancel bool   `json:"cancel"`
	}
	// ShareAnswered is what came of AskShare.
	ShareAnswered struct {
		Prompt string `json:"prompt"`
		Answer string `json:"answer"`
		Source string `json:"source,omitzero"`
	}
	// ShareStopped says that the customer stopped sharing.
	ShareStopped struct{}
	// SharePaused says that the customer holds the picture back, or shows it again.
	SharePaused struct {
		Paused bool `json:"paused"`
	}
	// ControlAnswered is what came of AskControl.
	ControlAnswered struct {
		Prompt string `json:"prompt"`
		Answer string `json:"answer"`
		Source string `json:"source,omitzero"`
	}
	// ControlStopped says that the customer took mouse and keyboard back.
	ControlStopped struct{}
	// CustomerChat is the customer's line.
	CustomerChat struct {
		Text string `json:"text"`
	}
	// CustomerEnded says that the customer ended the session.
	CustomerEnded struct{}
)

func (ConsentAnswered) isEvent() {}
func (RebootPrepared) isEvent()  {}
func (RebootFailed) isEvent()    {}
func (GoingDown) isEvent()       {}
func (RestartBlocked) isEvent()  {}
func (SignedIn) isEvent()        {}
func (ReturnAnswered) isEvent()  {}
func (ShareAnswered) isEvent()   {}
func (ShareStopped) isEvent()    {}
func (SharePaused) isEvent()     {}
func (ControlAnswered) isEvent() {}
func (ControlStopped) isEvent()  {}
func (CustomerChat) isEvent()    {}
func (CustomerEnded) isEvent()   {}

func (m *ConsentAnswered) check() error { return checkAnswer(m.Answer, m.Source) }
func (m *ShareAnswered) check() error   { return checkAnswer(m.Answer, m.Source) }
func (m *ControlAnswered) check() error { return checkAnswer(m.Answer, m.Source) }

func checkAnswer(answer, source string) error {
	switch answer {
	case "yes", "no", "no_reply", "absent", "not_shown":
	default:
		return fmt.Errorf("answer %.20q", answer)
	}
	switch source {
	case "", "customer", "prior", "timeout":
		return nil
	}
	return fmt.Errorf("source %.20q", source)
}

func (m *CustomerChat) check() error {
	if m.Text == "" || utf8.RuneCountInString(m.Text) > MaxChat {
		return fmt.Errorf("text of %d characters, not 1 to %d", utf8.RuneCountInString(m.Text), MaxChat)
	}
	return nil
}

func (m *RestartBlocked) check() error {
	if len(m.Apps) > 20 {
		return fmt.Errorf("%d apps", len(m.Apps))
	}
	return checkIDs(m.BootID)
}

func (m *GoingDown) check() error { return checkIDs(m.BootID) }
func (m *SignedIn) check() error  { return checkIDs(m.BootID) }
