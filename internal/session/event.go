package session

import "time"

// Event is something that happened. Those of technicians and of joining PCs may be refused (see [Refusal]); those of an
// admitted agent never are: what comes too late is noted and has no effect.
type Event interface{ event() }

// From technicians.
type (
	// IssueCode replaces the connect code of a waiting session. The caller stores the new one in the same transaction.
	IssueCode struct {
		By        Actor
		ExpiresAt time.Time
	}
	// SendChat is a technician's line to the customer.
	SendChat struct {
		By   Actor
		Text string
	}
	// RequestReboot is OK in the reboot dialog.
	RequestReboot struct {
		By      Actor
		Kind    Kind
		Message string // to the customer, at most MaxMessage characters
		Reason  string // for the ledger, at most MaxReason characters
	}
	// CancelReboot calls a reboot off while that is still possible. RebootID guards against a stale page.
	CancelReboot struct {
		By       Actor
		RebootID string
	}
	// ExtendWindow gives an absent PC more time.
	ExtendWindow struct {
		By      Actor
		Minutes int // 5, 10 or 20
	}
	// RequestShare asks the customer to show the screen.
	RequestShare struct{ By Actor }
	// StopShare ends it from the technician's side.
	StopShare struct{ By Actor }
	// RequestControl asks for mouse and keyboard: the customer, or the colleague who has them.
	RequestControl struct{ By Actor }
	// YieldControl hands them to the colleague who asked, or lets go of them.
	YieldControl struct{ By Actor }
	// KeepControl says no to the colleague who asked.
	KeepControl struct{ By Actor }
	// Watch notes that a technician began or ended to look at the screen.
	Watch struct {
		By Actor
		On bool
	}
	// End ends the session.
	End struct{ By Actor }
	// ChooseRival settles which of two PCs with one key is the customer's.
	ChooseRival struct {
		By   Actor
		Keep RivalChoice
	}
)

// RivalChoice is a side of [ChooseRival].
type RivalChoice string

const (
	KeepCurrent RivalChoice = "current"
	KeepRival   RivalChoice = "rival" // the caller follows up with the rival's Rejoin
)

// From the link.
type (
	// Join is a PC that presented a valid connect code and proved its new key. The caller redeems the code in the same
	// transaction.
	Join struct {
		PC        PC
		PublicKey []byte
		BootID    string
		Instance  string
		SignedIn  bool
		Address   string
	}
	// Rejoin is a PC that proved the session's key.
	Rejoin struct {
		PC         PC
		Generation int64 // the last one it noted; 0: none yet, a Join whose answer got lost
		BootID     string
		Instance   string
		SignedIn   bool
		AckedSeq   int64 // the last command it applied
		Address    string
	}
	// LoseLink is a connection that is gone or silent. Admitted is the generation it was let in with; if that is no longer
	// the last one, the PC is back already and nothing happens.
	LoseLink struct {
		Admitted int64
		LastSeen time.Time // when something was last received
	}
	// MeetRival is a second live connection with the session's key.
	MeetRival struct{ Rival Rival }
	// LoseRival is the end of that connection.
	LoseRival struct{ Instance string }
	// FromAgent is a numbered message of the admitted agent. Seq is one more than the last, or 0 for a bare
	// acknowledgement; a repeated one is ignored, as is one from an earlier connection; a gap is [ErrGap].
	FromAgent struct {
		Admitted int64 // the generation its connection was let in with
		Seq      int64
		Acked    int64 // the last command the agent has durably applied
		Event    AgentEvent
	}
)

// From the server itself.
type (
	// Tick says that time has passed; it carries out whatever deadline is over.
	Tick struct{}
	// ServerWasDown says that no server ran between From and To (or that its clock jumped over that span). Deadlines
	// that were still open at From move by that much, and the link counts as lost at To.
	ServerWasDown struct{ From, To time.Time }
)

// AgentEvent is what the agent tells.
type AgentEvent interface{ agentEvent() }

type (
	// ConsentAnswered is the result of AskReboot.
	ConsentAnswered struct {
		RebootID string
		Answer   Answer
		Source   Source
	}
	// RebootPrepared says that ticket and start registration are on disk.
	RebootPrepared struct{ RebootID string }
	// RebootFailed says that the restart was refused and everything rolled back.
	RebootFailed struct {
		RebootID string
		Step     string // FailureTicket, FailureAutostart, FailureRestart, FailureBootID, FailureGrant
		Detail   string // what Windows said
	}
	// GoingDown announces that Windows is ending the session; RebootID is empty if Rejoin did not ask for it. BootID, here
	// and below, is the boot it happened in: a message may wait in the agent's outbox until after the restart.
	GoingDown struct{ RebootID, BootID string }
	// RestartBlocked says that an announced or commanded restart did not come about.
	RestartBlocked struct {
		RebootID string
		BootID   string
		Apps     []string // who blocked it, as far as Windows tells
	}
	// SignedIn says that somebody signed in to Windows.
	SignedIn struct{ BootID string }
	// ReturnAnswered is the result of AskReturn.
	ReturnAnswered struct {
		RebootID string
		Cancel   bool
	}
	// ShareAnswered is the result of AskShare.
	ShareAnswered struct {
		PromptID string
		Answer   Answer
		Source   Source
	}
	// ShareStopped says that the customer stopped sharing.
	ShareStopped struct{}
	// SharePaused says that the customer holds the picture back, or shows it again.
	SharePaused struct{ Paused bool }
	// ControlAnswered is the result of AskControl.
	ControlAnswered struct {
		PromptID string
		Answer   Answer
		Source   Source
	}
	// ControlStopped says that the customer took mouse and keyboard back.
	ControlStopped struct{}
	// CustomerChat is the customer's line.
	CustomerChat struct{ Text string }
	// CustomerEnded says that the customer ended the session.
	CustomerEnded struct{}
)

// What can fail on the way to a restart ([RebootFailed].Step).
const (
	FailureTicket    = "ticket"    // the resume ticket could not be written
	FailureAutostart = "autostart" // the start after sign-in could not be registered
	FailureRestart   = "restart"   // Windows refused the restart
	FailureBootID    = "boot_id"   // the command was meant for an earlier boot
	FailureGrant     = "grant"     // there is no local consent for it
	FailureTimeout   = "timeout"   // the agent did not get that far in time
	FailureSafeMode  = "safe_mode" // the Safe Mode start could not be prepared
)

func (IssueCode) event()      {}
func (SendChat) event()       {}
func (RequestReboot) event()  {}
func (CancelReboot) event()   {}
func (ExtendWindow) event()   {}
func (RequestShare) event()   {}
func (StopShare) event()      {}
func (RequestControl) event() {}
func (YieldControl) event()   {}
func (KeepControl) event()    {}
func (Watch) event()          {}
func (End) event()            {}
func (ChooseRival) event()    {}
func (Join) event()           {}
func (Rejoin) event()         {}
func (LoseLink) event()       {}
func (MeetRival) event()      {}
func (LoseRival) event()      {}
func (FromAgent) event()      {}
func (Tick) event()           {}
func (ServerWasDown) event()  {}

func (ConsentAnswered) agentEvent() {}
func (RebootPrepared) agentEvent()  {}
func (RebootFailed) agentEvent()    {}
func (GoingDown) agentEvent()       {}
func (RestartBlocked) agentEvent()  {}
func (SignedIn) agentEvent()        {}
func (ReturnAnswered) agentEvent()  {}
func (ShareAnswered) agentEvent()   {}
func (ShareStopped) agentEvent()    {}
func (SharePaused) agentEvent()     {}
func (ControlAnswered) agentEvent() {}
func (ControlStopped) agentEvent()  {}
func (CustomerChat) agentEvent()    {}
func (CustomerEnded) agentEvent()   {}
