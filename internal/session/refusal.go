package session

import "errors"

// ErrOverdue says that a deadline is over: apply [Tick] first, then the event again.
var ErrOverdue = errors.New("session: a deadline is over, apply Tick first")

// ErrGap says that an agent's message skipped a number or acknowledged what was never sent: the link must be closed; an
// honest agent comes back and sends again.
var ErrGap = errors.New("session: agent message out of order")

// Refusal is an event that the session's state does not allow. Nothing has changed.
type Refusal struct {
	Code RefusalCode
	Why  string // a further stable word, e.g. a Capability's
}

// RefusalCode is a stable word; the catalogues say it in a sentence, with what to do about it.
type RefusalCode string

const (
	RefusedEnded          RefusalCode = "session_ended"  // Why: the EndReason
	RefusedNotJoined      RefusalCode = "not_joined"     // no PC yet
	RefusedAlreadyJoined  RefusalCode = "already_joined" // the code was for one PC
	RefusedCodeExpired    RefusalCode = "code_expired"
	RefusedOffline        RefusalCode = "pc_offline"
	RefusedOnline         RefusalCode = "pc_online" // the window is extended only while the PC is away
	RefusedRebootRunning  RefusalCode = "reboot_running"
	RefusedNoReboot       RefusalCode = "no_reboot"      // nothing to cancel
	RefusedTooLate        RefusalCode = "too_late"       // the PC is going down already
	RefusedCapability     RefusalCode = "not_on_this_pc" // Why: the Capability's
	RefusedInvalid        RefusalCode = "invalid"        // Why: the field
	RefusedSharing        RefusalCode = "sharing_already"
	RefusedNotSharing     RefusalCode = "not_sharing"
	RefusedControlling    RefusalCode = "controlling_already"
	RefusedControlAsked   RefusalCode = "control_asked"   // Why: the name of who asked
	RefusedNotControlling RefusalCode = "not_controlling" // Why: the name of who does, if anybody
	RefusedNotWanted      RefusalCode = "control_not_wanted"
	RefusedRival          RefusalCode = "two_pcs" // choose between them first
	RefusedNoRival        RefusalCode = "no_rival"
	RefusedSuperseded     RefusalCode = "superseded"   // a generation that is no longer current
	RefusedWindowLimit    RefusalCode = "window_limit" // extended far enough
)

func (r *Refusal) Error() string {
	if r.Why == "" {
		return "session: refused: " + string(r.Code)
	}
	return "session: refused: " + string(r.Code) + ": " + r.Why
}
