package session

// Effect is something the caller carries out: written with the session in one transaction, then acted upon.
type Effect interface{ effect() }

type (
	// Audit appends a line to the hash-chained audit log, which is also the session's timeline.
	Audit struct{ Line AuditLine } // Line.Seq is the store's to give
	// Send puts a command into the agent's outbox.
	Send struct {
		Seq     int64
		Command Command
	}
	// SaveChat appends a line to the conversation.
	SaveChat struct{ Message ChatMessage } // Message.Seq is the store's to give
)

func (Audit) effect()    {}
func (Send) effect()     {}
func (SaveChat) effect() {}

// Command is what the agent is asked to do. It can refuse anything: consent is its to check.
type Command interface{ command() }

type (
	// AskReboot shows the consent prompt, or answers at once from a grant given at the start.
	AskReboot struct {
		RebootID string
		Kind     Kind
		BootID   string // the boot it is meant for
		By       string // the technician's name
		Message  string
		Seconds  int
	}
	// ClosePrompt takes a prompt away without an answer: a RebootID or a PromptID.
	ClosePrompt struct{ ID string }
	// PrepareReboot makes everything ready and says RebootPrepared.
	PrepareReboot struct {
		RebootID      string
		BootID        string
		WindowMinutes int
	}
	// GoReboot restarts the PC, once, if it is still in that boot.
	GoReboot struct{ RebootID, BootID string }
	// AbortReboot forgets a prepared reboot.
	AbortReboot struct{ RebootID string }
	// AskReturn offers to cancel the reconnection (phone mode).
	AskReturn struct {
		RebootID string
		By       string
		Seconds  int
	}
	// AskShare asks whether the screen may be shown.
	AskShare struct {
		PromptID string
		By       string
		Seconds  int
		Again    bool // it was shared before the restart
		Control  bool // and mouse and keyboard were used: the question is about them too
	}
	// EndShare stops showing the screen.
	EndShare struct{}
	// AskControl asks whether mouse and keyboard may be used.
	AskControl struct {
		PromptID string
		By       string
		Seconds  int
	}
	// SetControl says which technician uses them; nobody, if ID is empty.
	SetControl struct{ ID, Name string }
	// Chat shows a technician's line.
	Chat struct {
		From string
		Text string
		At   int64 // Unix milliseconds
	}
	// Regenerate gives the agent a new generation, so that a copy of its state is worth nothing any more.
	Regenerate struct{ Generation int64 }
	// EndSession says goodbye; the agent cleans up after itself.
	EndSession struct{ Reason EndReason }
)

func (AskReboot) command()     {}
func (ClosePrompt) command()   {}
func (PrepareReboot) command() {}
func (GoReboot) command()      {}
func (AbortReboot) command()   {}
func (AskReturn) command()     {}
func (AskShare) command()      {}
func (EndShare) command()      {}
func (AskControl) command()    {}
func (SetControl) command()    {}
func (Chat) command()          {}
func (Regenerate) command()    {}
func (EndSession) command()    {}

// Action names what an audit line tells. The catalogues have a sentence for each.
type Action string

const (
	ActionCreated          Action = "session.created"
	ActionCodeIssued       Action = "session.code_issued"
	ActionJoined           Action = "session.joined"
	ActionEnded            Action = "session.ended"
	ActionExpired          Action = "session.expired"
	ActionIdle             Action = "session.idle"
	ActionLinkLost         Action = "link.lost"
	ActionLinkBack         Action = "link.back"            // same boot: params away (seconds)
	ActionAgentRestarted   Action = "link.agent_restarted" // same boot, new process: params away
	ActionWindowExtended   Action = "link.window_extended" // params minutes
	ActionRivalMet         Action = "link.rival_met"       // params pc, address
	ActionRivalGone        Action = "link.rival_gone"
	ActionRivalChosen      Action = "link.rival_chosen" // params keep
	ActionServerDown       Action = "server.was_down"   // params seconds
	ActionRebootRequested  Action = "reboot.requested"  // params kind, message, reason
	ActionRebootConsent    Action = "reboot.consent"    // params answer, source
	ActionRebootPreparing  Action = "reboot.preparing"
	ActionRebootArmed      Action = "reboot.armed"
	ActionRebootGoingDown  Action = "reboot.going_down"
	ActionRebootAdopted    Action = "reboot.adopted" // params how: announced, found
	ActionRebootDown       Action = "reboot.down"
	ActionRebootStillThere Action = "reboot.still_there" // same boot after going down
	ActionRebootBack       Action = "reboot.back"        // params away
	ActionRebootAgain      Action = "reboot.again"       // a further boot before it was over
	ActionRebootSignedIn   Action = "reboot.signed_in"
	ActionRebootResumed    Action = "reboot.resumed"
	ActionRebootFailed     Action = "reboot.failed"         // params step, detail
	ActionRebootBlocked    Action = "reboot.did_not_happen" // params apps
	ActionRebootCancelled  Action = "reboot.cancelled"
	ActionRebootExpired    Action = "reboot.expired"
	ActionReturnAsked      Action = "reboot.return_asked"
	ActionReturnCancelled  Action = "reboot.return_cancelled"
	ActionShareAsked       Action = "share.asked"
	ActionShareAnswered    Action = "share.answered" // params answer, source
	ActionShareStopped     Action = "share.stopped"
	ActionSharePaused      Action = "share.paused"
	ActionShareUnpaused    Action = "share.unpaused"
	ActionWatchBegan       Action = "share.watch_began"
	ActionWatchEnded       Action = "share.watch_ended"
	ActionControlAsked     Action = "control.asked"
	ActionControlAnswered  Action = "control.answered" // params answer, source
	ActionControlStopped   Action = "control.stopped"
	ActionControlWanted    Action = "control.wanted" // params of: who has it
	ActionControlKept      Action = "control.kept"   // params from: who asked
	ActionControlPassed    Action = "control.passed" // params to
	ActionControlReleased  Action = "control.released"
	ActionLateMessage      Action = "agent.late" // params message: arrived too late to matter
)
