package web

import (
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// outcomeShown is how long the list and the page's head speak of a reboot that came to nothing.
const outcomeShown = 10 * time.Minute

// stateOf is a session's state in one badge.
func (l Loc) stateOf(s session.Session, now time.Time) badge {
	switch s.State {
	case session.StateWaiting:
		if now.After(s.CodeExpiresAt) {
			return badge{"warn", "clock", l.T("state.code_expired")}
		}
		return badge{"live", "queue", l.T("state.waiting")}
	case session.StateEnded:
		return l.endedState(s)
	}
	switch r := s.Reboot; {
	case s.Rival != nil:
		return badge{"warn", "warn", l.T("state.rival")}
	case r.Live() && r.Phase == session.PhaseDown:
		return badge{"warn", "power", l.T("state.down")}
	case !s.Link.Online:
		return badge{"warn", "wifi", l.T("state.lost")}
	case r.Live():
		return l.rebootState(r)
	case r != nil && now.Sub(r.EndedAt) < outcomeShown:
		return l.outcomeState(r.Outcome)
	}
	return badge{"ok", "done", l.T("state.connected")}
}

func (l Loc) endedState(s session.Session) badge {
	switch s.EndReason {
	case session.EndExpired:
		return badge{"bad", "stop", l.T("state.expired")}
	case session.EndByCustomer:
		return badge{"off", "user", l.T("state.ended_by_customer")}
	case session.EndReconnectCancelled:
		return badge{"off", "user", l.T("state.reconnect_cancelled")}
	case session.EndIdle:
		return badge{"off", "clock", l.T("state.idle")}
	}
	return badge{"off", "done", l.T("state.ended")}
}

// rebootState is a live reboot of a PC that is connected.
func (l Loc) rebootState(r *session.Reboot) badge {
	switch r.Phase {
	case session.PhaseAwaitingConsent:
		return badge{"live", "clock", l.T("state.asking")}
	case session.PhasePreparing:
		return badge{"live", "now", l.T("state.preparing")}
	case session.PhaseArmed:
		return badge{"live", "restart", l.T("state.armed")}
	case session.PhaseGoingDown:
		return badge{"live", "power", l.T("state.going_down")}
	case session.PhaseAwaitingShareConsent:
		return badge{"live", "eye", l.T("state.asking_share")}
	}
	if r.SignedInAt.IsZero() {
		return badge{"live", "signin", l.T("state.sign_in_screen")}
	}
	return badge{"live", "user", l.T("state.signed_in")}
}

func (l Loc) outcomeState(o session.Outcome) badge {
	switch o {
	case session.OutcomeRefused:
		return badge{"warn", "user", l.T("state.refused")}
	case session.OutcomeNoReply:
		return badge{"warn", "clock", l.T("state.no_reply")}
	case session.OutcomeCustomerAbsent:
		return badge{"warn", "user", l.T("state.absent")}
	case session.OutcomeNotShown:
		return badge{"warn", "warn", l.T("state.not_shown")}
	case session.OutcomeFailed, session.OutcomeDidNotHappen:
		return badge{"warn", "warn", l.T("state.did_not_reboot")}
	}
	return badge{"ok", "done", l.T("state.connected")}
}

// phaseWord is the state as a word that scripts compare, to tell the viewer when the PC is back.
func phaseWord(s session.Session) string {
	switch {
	case s.State != session.StateActive:
		return string(s.State)
	case !s.Link.Online:
		return "away"
	case s.Reboot.Live():
		return string(s.Reboot.Phase)
	}
	return "connected"
}

// whyNoReboot says why the PC can't be rebooted now; empty if it can.
func (l Loc) whyNoReboot(s session.Session) string {
	switch {
	case s.State == session.StateWaiting:
		return l.T("why.not_joined")
	case s.State == session.StateEnded:
		return l.T("why.ended")
	case s.Rival != nil:
		return l.T("why.rival")
	case s.Reboot.Live():
		return l.T("why.reboot_running")
	case !s.Link.Online:
		return l.T("why.offline")
	case !s.PC.Reboot.Available:
		return l.capability(s.PC.Reboot)
	}
	return ""
}

// whyNoSafeMode says why Safe Mode can't be had; empty if it can.
func (l Loc) whyNoSafeMode(s session.Session) string {
	if s.State == session.StateActive && !s.PC.SafeMode.Available {
		return l.capability(s.PC.SafeMode)
	}
	return l.whyNoReboot(s)
}

func (l Loc) capability(c session.Capability) string {
	switch c.Why {
	case session.WhyNeedsService:
		return l.T("why.needs_service")
	case session.WhyPlatform:
		return l.T("why.platform")
	}
	return l.T("why.not_on_this_pc")
}

// whyNoShare says why the screen can't be asked for now; empty if it can.
func (l Loc) whyNoShare(s session.Session) string {
	switch {
	case s.State == session.StateWaiting:
		return l.T("why.not_joined")
	case s.State == session.StateEnded:
		return l.T("why.ended")
	case s.Rival != nil:
		return l.T("why.rival")
	case s.Reboot.Live():
		return l.T("why.share_reboot")
	case !s.Link.Online:
		return l.T("why.offline")
	}
	return ""
}
