package wire

import "time"

// The commands, from server to agent. The agent may refuse any of them: consent is its own to check.
type (
	// AskReboot shows the consent prompt for a restart.
	AskReboot struct {
		Reboot  string `json:"reboot"`
		Kind    string `json:"kind"`    // "normal", "safe_mode"
		BootID  string `json:"boot_id"` // the boot it is meant for
		By      string `json:"by"`
		Message string `json:"message,omitzero"`
		Seconds int    `json:"seconds"`
	}
	// ClosePrompt takes a prompt away.
	ClosePrompt struct {
		ID string `json:"id"` // of a reboot or a prompt
	}
	// PrepareReboot makes ticket and start registration durable.
	PrepareReboot struct {
		Reboot        string `json:"reboot"`
		BootID        string `json:"boot_id"`
		WindowMinutes int    `json:"window_minutes"`
	}
	// GoReboot restarts the PC, once.
	GoReboot struct {
		Reboot string `json:"reboot"`
		BootID string `json:"boot_id"`
	}
	// AbortReboot forgets a prepared reboot.
	AbortReboot struct {
		Reboot string `json:"reboot"`
	}
	// AskReturn offers to cancel the reconnection (phone mode).
	AskReturn struct {
		Reboot  string `json:"reboot"`
		By      string `json:"by"`
		Seconds int    `json:"seconds"`
	}
	// AskShare asks whether the screen may be shown.
	AskShare struct {
		Prompt  string `json:"prompt"`
		By      string `json:"by"`
		Seconds int    `json:"seconds"`
		Again   bool   `json:"again"`
		Control bool   `json:"control"` // the question is about mouse and keyboard too
	}
	// EndShare stops showing the screen.
	EndShare struct{}
	// AskControl asks whether mouse and keyboard may be used.
	AskControl struct {
		Prompt  string `json:"prompt"`
		By      string `json:"by"`
		Seconds int    `json:"seconds"`
	}
	// SetControl says which technician's viewer uses them, where the customer agreed; nobody's, if ID is empty.
	SetControl struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	// Chat is a technician's line.
	Chat struct {
		From string    `json:"from"`
		Text string    `json:"text"`
		At   time.Time `json:"at"`
	}
	// Regenerate gives the agent a new generation, after another PC with its key was turned away. Acknowledging it says that
	// the generation is on disk.
	Regenerate struct {
		Generation int64 `json:"generation"`
	}
	// EndSession says goodbye.
	EndSession struct {
		Reason string `json:"reason"` // a session.EndReason
	}
)

func (AskReboot) isCommand()     {}
func (ClosePrompt) isCommand()   {}
func (PrepareReboot) isCommand() {}
func (GoReboot) isCommand()      {}
func (AbortReboot) isCommand()   {}
func (AskReturn) isCommand()     {}
func (AskShare) isCommand()      {}
func (EndShare) isCommand()      {}
func (AskControl) isCommand()    {}
func (SetControl) isCommand()    {}
func (Chat) isCommand()          {}
func (Regenerate) isCommand()    {}
func (EndSession) isCommand()    {}
