package web

import "github.com/rejoin/rejoin/internal/session"

// RefusalText says what a session's state does not allow, and what to do about it.
func (l Loc) RefusalText(r session.Refusal) string {
	switch r.Code {
	case session.RefusedEnded:
		return l.T("refused.session_ended")
	case session.RefusedNotJoined:
		return l.T("refused.not_joined")
	case session.RefusedAlreadyJoined:
		return l.T("refused.already_joined")
	case session.RefusedCodeExpired:
		return l.T("refused.code_expired")
	case session.RefusedOffline:
		return l.T("refused.pc_offline")
	case session.RefusedOnline:
		return l.T("refused.pc_online")
	case session.RefusedRebootRunning:
		return l.T("refused.reboot_running")
	case session.RefusedNoReboot:
		return l.T("refused.no_reboot")
	case session.RefusedTooLate:
		return l.T("refused.too_late")
	case session.RefusedCapability:
		return l.capability(session.Capability{Why: r.Why})
	case session.RefusedSharing:
		return l.T("refused.sharing_already")
	case session.RefusedNotSharing:
		return l.T("refused.not_sharing")
	case session.RefusedControlling:
		return l.T("refused.controlling_already")
	case session.RefusedControlAsked:
		return l.T("refused.control_asked", "Name", r.Why)
	case session.RefusedNotControlling:
		if r.Why != "" {
			return l.T("refused.not_controlling_other", "Name", r.Why)
		}
		return l.T("refused.not_controlling")
	case session.RefusedNotWanted:
		return l.T("refused.control_not_wanted")
	case session.RefusedRival:
		return l.T("refused.two_pcs")
	case session.RefusedNoRival:
		return l.T("refused.no_rival")
	case session.RefusedWindowLimit:
		return l.T("refused.window_limit")
	case session.RefusedInvalid:
		return l.T("refused.invalid")
	}
	return l.T("refused.other")
}
