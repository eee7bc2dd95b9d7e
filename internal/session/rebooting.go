package session

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// How long each step may take before it is given up. The agent enforces its prompts' time itself; the server waits a
// little longer for the answer to arrive.
const (
	answerGrace   = 15 * time.Second
	prepareWithin = 60 * time.Second
	restartWithin = 3 * time.Minute  // from the command to the link's end, while the PC stays connected
	returnPrompt  = 15 * time.Second // the offer to cancel the reconnection
)

// maxSteps bounds the record of a PC that restarts over and over, or says so: the first and the last steps are kept.
const maxSteps = 64

func (t *transition) requestReboot(ev RequestReboot) error {
	s := t.s
	if err := t.mayReboot(ev); err != nil {
		return err
	}
	t.startReboot(Reboot{Kind: ev.Kind, Message: ev.Message, Reason: ev.Reason, By: ev.By}, PhaseAwaitingConsent)
	s.Reboot.Until = t.now.Add(s.Policy.Prompt())
	s.Reboot.StepUntil = s.Reboot.Until.Add(answerGrace)
	t.audit(ev.By, ActionRebootRequested, "kind", string(ev.Kind), "message", ev.Message, "reason", ev.Reason)
	t.send(AskReboot{
		RebootID: s.Reboot.ID, Kind: ev.Kind, BootID: s.Link.BootID, By: ev.By.Name, Message: ev.Message,
		Seconds: s.Policy.PromptSeconds,
	})
	return nil
}

func (t *transition) mayReboot(ev RequestReboot) error {
	s := t.s
	switch {
	case s.State != StateActive:
		return &Refusal{Code: RefusedNotJoined}
	case s.Rival != nil:
		return &Refusal{Code: RefusedRival}
	case s.Reboot.Live():
		return &Refusal{Code: RefusedRebootRunning}
	case !s.Link.Online:
		return &Refusal{Code: RefusedOffline}
	case ev.Kind != KindNormal && ev.Kind != KindSafeMode:
		return &Refusal{Code: RefusedInvalid, Why: "kind"}
	case !s.PC.Reboot.Available:
		return &Refusal{Code: RefusedCapability, Why: s.PC.Reboot.Why}
	case ev.Kind == KindSafeMode && !s.PC.SafeMode.Available:
		return &Refusal{Code: RefusedCapability, Why: s.PC.SafeMode.Why}
	case tooLong(ev.Message, MaxMessage):
		return &Refusal{Code: RefusedInvalid, Why: "message"}
	case tooLong(ev.Reason, MaxReason):
		return &Refusal{Code: RefusedInvalid, Why: "reason"}
	}
	return nil
}

// startReboot makes r the session's live reboot.
func (t *transition) startReboot(r Reboot, phase Phase) {
	s := t.s
	s.Reboots++
	r.ID, r.RequestedAt, r.BootID = "r"+strconv.Itoa(s.Reboots), t.now, s.Link.BootID
	s.Reboot = &r
	t.enter(phase)
}

// enter moves the live reboot into a phase; the countdown and the time limit of the last one are over.
func (t *transition) enter(p Phase) { t.enterAt(p, t.now) }

func (t *transition) enterAt(p Phase, at time.Time) {
	r := t.s.Reboot
	r.Phase, r.Until, r.StepUntil = p, time.Time{}, time.Time{}
	if len(r.Steps) == maxSteps {
		r.Steps = slices.Delete(r.Steps, maxSteps/2, maxSteps/2+1)
	}
	r.Steps = append(r.Steps, Step{Phase: p, At: at})
}

func (t *transition) finishReboot(o Outcome, by Actor) {
	r := t.s.Reboot
	r.Outcome, r.EndedAt, r.EndedBy, r.Until, r.StepUntil = o, t.now, by, time.Time{}, time.Time{}
}

func (t *transition) cancelReboot(ev CancelReboot) error {
	r := t.s.Reboot
	switch {
	case !r.Live() || r.ID != ev.RebootID:
		return &Refusal{Code: RefusedNoReboot}
	case !r.Cancellable():
		return &Refusal{Code: RefusedTooLate}
	}
	t.callOff()
	t.finishReboot(OutcomeCancelled, ev.By)
	t.audit(ev.By, ActionRebootCancelled)
	return nil
}

// callOff tells the agent to forget the live reboot.
func (t *transition) callOff() {
	if r := t.s.Reboot; r.Phase == PhaseAwaitingConsent {
		t.send(ClosePrompt{ID: r.ID})
	} else {
		t.send(AbortReboot{RebootID: r.ID})
	}
}

func (t *transition) consentAnswered(ev ConsentAnswered) bool {
	r := t.s.Reboot
	if !t.inPhase(ev.RebootID, PhaseAwaitingConsent) {
		return false
	}
	r.Consent = Consent{Answer: ev.Answer, Source: ev.Source, At: t.now}
	if ev.Answer == AnswerYes {
		t.audit(t.byCustomer(), ActionRebootConsent, "answer", string(ev.Answer), "source", string(ev.Source))
		t.enter(PhasePreparing)
		r.StepUntil = t.now.Add(prepareWithin)
		t.audit(byAgent, ActionRebootPreparing)
		t.send(PrepareReboot{RebootID: r.ID, BootID: r.BootID, WindowMinutes: t.s.Policy.WindowMinutes})
		return true
	}
	by, outcome := byAgent, OutcomeNotShown
	switch ev.Answer {
	case AnswerNo:
		by, outcome = t.byCustomer(), OutcomeRefused
	case AnswerNoReply:
		outcome = OutcomeNoReply
	case AnswerAbsent:
		outcome = OutcomeCustomerAbsent
	}
	t.finishReboot(outcome, by)
	t.audit(by, ActionRebootConsent, "answer", string(ev.Answer))
	return true
}

// inPhase tells whether the live reboot is the named one and in one of the phases.
func (t *transition) inPhase(id string, phases ...Phase) bool {
	r := t.s.Reboot
	if !r.Live() || r.ID != id {
		return false
	}
	for _, p := range phases {
		if r.Phase == p {
			return true
		}
	}
	return false
}

func (t *transition) rebootPrepared(ev RebootPrepared) bool {
	if !t.inPhase(ev.RebootID, PhasePreparing) {
		return false
	}
	r := t.s.Reboot
	t.enter(PhaseArmed)
	r.StepUntil = t.now.Add(restartWithin)
	t.audit(byAgent, ActionRebootArmed)
	t.send(GoReboot{RebootID: r.ID, BootID: r.BootID})
	return true
}

func (t *transition) rebootFailed(ev RebootFailed) bool {
	if !t.inPhase(ev.RebootID, PhaseAwaitingConsent, PhasePreparing, PhaseArmed, PhaseGoingDown) {
		return false
	}
	t.failReboot(byAgent, ev.Step, ev.Detail)
	return true
}

func (t *transition) failReboot(by Actor, step, detail string) {
	r := t.s.Reboot
	r.Failure, r.Detail = step, detail
	t.finishReboot(OutcomeFailed, by)
	t.audit(by, ActionRebootFailed, "step", step, "detail", detail)
}

// goingDown is Windows ending its session. Whatever was asked for, the PC restarts now: a reboot that had not been
// commanded yet, or none at all, becomes an adopted one.
func (t *transition) goingDown(ev GoingDown) bool {
	r := t.s.Reboot
	switch {
	case ev.BootID != t.s.Link.BootID:
		return false // said in the boot that has ended since, heard only now
	case t.inPhase(ev.RebootID, PhaseArmed):
		t.enter(PhaseGoingDown)
		t.audit(byAgent, ActionRebootGoingDown)
	case r.Live() && (r.Phase == PhaseAwaitingConsent || r.Phase == PhasePreparing || r.Phase == PhaseArmed):
		r.Adopted = true
		t.enter(PhaseGoingDown)
		t.audit(byAgent, ActionRebootAdopted, "how", "announced")
	case r.Live() && r.Phase == PhaseGoingDown:
		return false
	case r.Live(): // on its way back, and down once more
		t.enter(PhaseGoingDown)
		t.audit(byAgent, ActionRebootAgain)
	default:
		t.startReboot(Reboot{Kind: KindNormal, By: byAgent, Adopted: true}, PhaseGoingDown)
		t.audit(byAgent, ActionRebootAdopted, "how", "announced")
	}
	t.s.Reboot.StepUntil = t.now.Add(restartWithin)
	return true
}

func (t *transition) restartBlocked(ev RestartBlocked) bool {
	r := t.s.Reboot
	if ev.BootID != t.s.Link.BootID || !r.Live() {
		return false
	}
	switch {
	case r.Phase == PhaseGoingDown: // whatever name it goes by: one that was cancelled too late goes on as an adopted one
	case r.Phase == PhaseArmed && (ev.RebootID == "" || ev.RebootID == r.ID):
	default:
		return false
	}
	t.didNotHappen(byAgent, ev.Apps)
	return true
}

func (t *transition) didNotHappen(by Actor, apps []string) {
	r := t.s.Reboot
	r.Blockers = apps
	if _, wasBack := r.At(PhaseBack); wasBack {
		t.audit(by, ActionRebootBlocked, "apps", strings.Join(apps, ", "))
		t.goOn()
		return
	}
	t.finishReboot(OutcomeDidNotHappen, by)
	t.audit(by, ActionRebootBlocked, "apps", strings.Join(apps, ", "))
}

func itoa(n int) string { return strconv.Itoa(n) }
