package session

import "time"

// Kind is how the PC shall come up again.
type Kind string

const (
	KindNormal   Kind = "normal"
	KindSafeMode Kind = "safe_mode" // Safe Mode with Networking
)

// Phase is how far a reboot has come. The order is that of the constants; a reboot may skip phases, and going_down may
// follow down again when the PC turns out to be still there.
type Phase string

const (
	PhaseAwaitingConsent      Phase = "awaiting_consent"
	PhasePreparing            Phase = "preparing"  // the agent writes its ticket and registers its start
	PhaseArmed                Phase = "armed"      // both sides have it on disk; the restart is commanded
	PhaseGoingDown            Phase = "going_down" // Windows is ending the session
	PhaseDown                 Phase = "down"       // the link is lost after going_down
	PhaseBack                 Phase = "back"       // the agent is back under a new boot ID
	PhaseAwaitingShareConsent Phase = "awaiting_share_consent"
	PhaseResumed              Phase = "resumed"
)

// Outcome is how a reboot ended; empty while it is live.
type Outcome string

const (
	OutcomeResumed        Outcome = "resumed"
	OutcomeRefused        Outcome = "refused"         // the customer said No
	OutcomeNoReply        Outcome = "no_reply"        // the prompt ran out
	OutcomeCustomerAbsent Outcome = "customer_absent" // nobody is signed in who could answer
	OutcomeNotShown       Outcome = "not_shown"       // the prompt could not be shown
	OutcomeFailed         Outcome = "failed"          // refused by Windows, rolled back
	OutcomeDidNotHappen   Outcome = "did_not_happen"  // accepted, then blocked
	OutcomeCancelled      Outcome = "cancelled"
	OutcomeExpired        Outcome = "expired"
)

// Step is when a reboot entered a phase.
type Step struct {
	Phase Phase     `json:"phase"`
	At    time.Time `json:"at"`
}

// Reboot is one restart of the PC within the session, asked for or adopted.
type Reboot struct {
	ID          string    `json:"id"` // "r1", "r2", … within the session
	Kind        Kind      `json:"kind"`
	Message     string    `json:"message,omitempty"` // to the customer
	Reason      string    `json:"reason,omitempty"`  // for the ledger only
	By          Actor     `json:"by"`
	RequestedAt time.Time `json:"requested_at"`
	BootID      string    `json:"boot_id"`           // the boot that shall end
	Adopted     bool      `json:"adopted,omitempty"` // Rejoin did not cause this restart
	Phase       Phase     `json:"phase"`
	Steps       []Step    `json:"steps"`
	Consent     Consent   `json:"consent,omitzero"`
	Until       time.Time `json:"until,omitzero"`         // the end of the prompt on the customer's screen, for its countdown
	StepUntil   time.Time `json:"step_until,omitzero"`    // when the present phase is given up
	SignedInAt  time.Time `json:"signed_in_at,omitzero"`  // zero in PhaseBack: at the sign-in screen
	AskedReturn bool      `json:"asked_return,omitempty"` // phone mode: the customer is offered to cancel the reconnection
	Restarts    int       `json:"restarts,omitempty"`     // further boots before it was over
	Blockers    []string  `json:"blockers,omitempty"`     // programs that kept Windows from restarting
	Failure     string    `json:"failure,omitempty"`      // what failed: a stable word
	Detail      string    `json:"detail,omitempty"`       // what Windows said
	Outcome     Outcome   `json:"outcome,omitempty"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	EndedBy     Actor     `json:"ended_by,omitzero"`
}

// Consent is the customer's answer to the reboot.
type Consent struct {
	Answer Answer    `json:"answer,omitempty"`
	Source Source    `json:"source,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Answer is what a consent prompt came to. The four ways of not saying Yes are kept apart.
type Answer string

const (
	AnswerYes      Answer = "yes"
	AnswerNo       Answer = "no"
	AnswerNoReply  Answer = "no_reply"
	AnswerAbsent   Answer = "absent"    // nobody signed in
	AnswerNotShown Answer = "not_shown" // the prompt could not be shown
)

// Source is where a Yes came from.
type Source string

const (
	SourceCustomer Source = "customer" // a click
	SourcePrior    Source = "prior"    // a grant given at the session's start, because the policy does not ask each time
	SourceTimeout  Source = "timeout"  // the prompt ran out and the policy (accepted at the start) says yes
)

// Live tells whether the reboot is still under way. A nil reboot is not.
func (r *Reboot) Live() bool { return r != nil && r.Outcome == "" }

// At returns when the reboot first entered p, and whether it did.
func (r *Reboot) At(p Phase) (time.Time, bool) {
	for _, s := range r.Steps {
		if s.Phase == p {
			return s.At, true
		}
	}
	return time.Time{}, false
}

// Cancellable tells whether a technician can still call it off.
func (r *Reboot) Cancellable() bool {
	if !r.Live() {
		return false
	}
	switch r.Phase {
	case PhaseAwaitingConsent, PhasePreparing, PhaseArmed:
		return true
	}
	return false
}

// OffFor returns how long the PC was away: from the last sign of life to the agent's return. Zero until it is back.
func (r *Reboot) OffFor() time.Duration {
	down, ok := r.At(PhaseDown)
	if !ok {
		return 0
	}
	back, ok := r.At(PhaseBack)
	if !ok {
		return 0
	}
	return back.Sub(down)
}

// Boot is one time that a PC was away for a reboot and came back.
type Boot struct {
	At  time.Time     // when it went down
	Off time.Duration // until the agent was back
}
